"""What is said in the lessons: in a few sentences, what each number is, and what to try next."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Text:
    """The words of a lesson. `numbers` says of each step what it is; `after` what they show."""

    title: str
    about: str
    numbers: Mapping[str, str]
    after: str
    next: tuple[str, ...] = field(default=())


TEXTS: Mapping[str, Text] = {
    "square": Text(
        "The slope of a square",
        "A derivative says how fast a result moves when its input does. For y = x² the rule by "
        "hand is dy/dx = 2x. torch finds the same number without knowing the rule: it writes down "
        "every operation as it runs, and backward() walks that record from the result to the "
        "input.",
        {"y": "x²", "dy_dx": "2x, by the rule"},
        "Nobody gave torch the formula 2x. It knows the derivative of one squaring, and that is "
        "all it needs.",
        ("placement lesson square --x 3", "placement lesson square --x 0   # a flat spot"),
    ),
    "chain": Text(
        "A chain of two links",
        "z = sin(x²) is two steps: u = x², then z = sin u. The chain rule multiplies the slopes of "
        "the links: how z moves with u, times how u moves with x. Autograd does just this, link by "
        "link, from the end to the beginning.",
        {
            "u": "x²",
            "z": "sin u",
            "dz_du": "cos u, the outer link",
            "du_dx": "2x, the inner link",
            "dz_dx": "cos(x²) · 2x, their product",
        },
        "However long the chain, each step needs only its own small derivative and the number that "
        "arrives from above.",
        ("placement lesson chain --x 3", "placement lesson chain --graph"),
    ),
    "perceptron": Text(
        "One perceptron, one student",
        "A student with x (here a CGPA) gets a score z = w·x + b, and the sigmoid turns it into a "
        "probability ŷ. The cross-entropy loss says how wrong that was, given what happened (y is "
        "1 for placed, 0 for not). Learning needs the slope of the loss by w and by b; the chain "
        "rule gives both from four links: ∂L/∂ŷ, ∂ŷ/∂z, ∂z/∂w and ∂z/∂b.",
        {
            "effective_epsilon": "the ε that float32 allows: never less than it can tell from 0",
            "z": "w·x + b",
            "yhat": "σ(z), the probability of being placed",
            "loss": "−[y·log p + (1 − y)·log(1 − p)], where p is ŷ clamped to [ε, 1 − ε]",
            "dL_dyhat": "−y/p + (1 − y)/(1 − p), but 0 where ŷ is beyond the clamp",
            "dyhat_dz": "ŷ(1 − ŷ)",
            "dz_dw": "x",
            "dz_db": "1",
            "dL_dw": "the product ∂L/∂ŷ · ∂ŷ/∂z · ∂z/∂w",
            "dL_db": "the product ∂L/∂ŷ · ∂ŷ/∂z · ∂z/∂b",
            "autograd_dw": "what backward() left in w.grad",
            "autograd_db": "what backward() left in b.grad",
            "z_float64": "the same in float64",
            "yhat_float64": "",
            "loss_float64": "",
            "dL_dyhat_float64": "",
            "dyhat_dz_float64": "",
            "dz_dw_float64": "",
            "dz_db_float64": "",
            "dL_dw_float64": "",
            "dL_db_float64": "",
            "autograd_dw_float64": "",
            "autograd_db_float64": "",
        },
        "The formulas are the same in both precisions, the digits are not. float32 keeps about "
        "seven, and where ŷ is near 1 the difference 1 − ŷ keeps fewer: its first digits cancel. "
        "Hand and autograd round at different places, so they may part in the last digits; in "
        "float64 they agree to fifteen. The clamp of float32 bites sooner, and beyond it there is "
        "no slope.",
        (
            "placement lesson perceptron --graph",
            "placement lesson perceptron --y 1   # he was placed: almost nothing to learn",
            "placement gradcheck --break dyhat_dz   # spoil a link, and see the check fail",
        ),
    ),
    "vector": Text(
        "Many numbers, one result",
        "y = mean(x²) makes one number of several. The gradient has a number for each of them: how "
        "much y moves when only that one does. Each is 2x divided by how many there are, since "
        "each has only its share in the mean.",
        {"y": "the mean of the squares", "dy_dx": "2x/n, one for each"},
        "backward() starts from one number. That is why a loss is summed or averaged over the "
        "students before it.",
        ("placement lesson vector --x 1,2,3,4,5,6", "placement lesson vector --graph"),
    ),
    "accumulate": Text(
        "Gradients add up",
        "backward() does not write into .grad, it adds to it. Go backward twice and the gradient "
        "is doubled, unless it was zeroed in between. That is a trap for who forgets zero_grad(), "
        "and a gift to who has more rows than fit into memory: the chunks of a batch, each with "
        "its own backward(), add up to the gradient of the whole.",
        {
            "first": "x.grad after one backward() through y = x²",
            "second": "after another, without zeroing",
            "zeroed": "after grad.zero_()",
            "after_zeroing": "after backward() again",
            "set_to_none": "after zero_grad(set_to_none=True): no number at all, and no memory",
            "whole_batch": "gradient of a batch's loss by w, at w = 0.5; above 0 was placed",
            "in_two_chunks": "the same of its two halves, added up in .grad",
        },
        "Training in this package uses just that: .grad is where the sums of chunks, threads and "
        "machines meet, and it is zeroed before every step.",
        (
            "placement lesson accumulate --x 5",
            "placement lesson descend   # what happens if one never zeroes",
        ),
    ),
    "no-grad": Text(
        "Three ways to leave no trace",
        "Whoever only wants predictions needs no record of the operations. requires_grad_(False) "
        "stops a tensor from asking for one; detach() gives a second view of the same numbers that "
        "is cut off from the record; torch.no_grad() records nothing while it lasts. The record "
        "holds tensors for backward(), and that is the memory which is saved.",
        {
            "plain_requires_grad": "x², as it is: does it ask for a gradient?",
            "plain_grad_fn": "and which step backward does it remember?",
            "plain_kept_bytes": "bytes kept for backward() by ten operations on the large tensor",
            "frozen_requires_grad": "after requires_grad_(False)",
            "frozen_grad_fn": "",
            "frozen_shares_memory": "it is the very tensor, changed where it lies",
            "frozen_kept_bytes": "",
            "detached_requires_grad": "after detach()",
            "detached_grad_fn": "",
            "detached_shares_memory": "a second tensor, but no second copy of the numbers",
            "detached_kept_bytes": "",
            "no_grad_requires_grad": "inside torch.no_grad()",
            "no_grad_grad_fn": "",
            "no_grad_shares_memory": "the tensor is left as it is; only the record is off",
            "no_grad_kept_bytes": "",
            "ways_refused": "in how many of the three ways backward() is refused",
            "error": "what it says then",
        },
        "The error means what it says: the result remembers no step, so there is no way back. "
        "Either the input never asked for a gradient, or the record was switched off on the way.",
        ("placement lesson no-grad --size 5000000", "placement lesson no-grad --graph"),
    ),
    "target": Text(
        "A target that is no probability",
        "The first lesson had y = x². Put that y into the cross-entropy as the target. Where it is "
        "above 1, as 4 is, the formula does not object: it returns a number. But a target says "
        "which share of students like this were placed, so it lies between 0 and 1.",
        {
            "y": "x², used as a target",
            "yhat": "σ(w·x + b)",
            "loss": "what the formula returns",
            "error": "what this package says of such a target; none where it is one",
        },
        "A loss below zero would reward a prediction for being impossible: the further ŷ is pushed "
        "to 1, the lower it falls. The check costs nothing and catches a mistaken column.",
        ("placement lesson target --x 0.5   # y = 0.25: a target again",),
    ),
    "clamp": Text(
        "What the clamp does, and what it costs",
        "log 0 is minus infinity, so ŷ is kept within [ε, 1 − ε]. In float32 there is a catch: 1 − "
        "1e-8 is 1, and an upper clamp of that does nothing. The table walks z from −200 to 200: "
        "the loss with ε as it was asked for; with ε as this package uses it, never smaller than "
        "what the precision can tell from nothing; and computed from the logit, where nothing "
        "needs to be clamped. Beyond the clamp the slope is 0: a confidently wrong row costs much "
        "and teaches nothing. 400 students and one such row show what that does to a training.",
        {
            "one_minus_epsilon_is_one": "in float32, is 1 − ε still 1?",
            "effective_epsilon": "the ε that is used",
            "largest_loss": "−log of it: no row can cost more",
            "weight_clamped": "the weight that training (in float64) finds with the clamp",
            "stopped_clamped": "why it stopped there",
            "dead_rows_clamped": "rows beyond the clamp, which teach nothing",
            "weight_logits": "the weight from the logit",
            "stopped_logits": "",
            "dead_rows_logits": "",
        },
        "Rows beyond the clamp are as good as absent, so a training that ends with wrong ones "
        "among them is never called converged; --loss logits is the same loss without dead rows. "
        "(In float32 its value is rounded to the digits of z, its slope is not.)",
        (
            "placement lesson clamp --y 1",
            "placement lesson clamp --epsilon 0.01   # many more dead rows",
        ),
    ),
    "descend": Text(
        "The perceptron learns",
        "Gradient descent repeats one thing: compute the loss, go backward, and take a step "
        "against the slope. Ten students with their CGPA are enough to see it. The right column "
        "forgets zero_grad(), so each step is made with the sum of all slopes so far, like a ball "
        "that nothing brakes: at first it gains on the other, then it rolls past the bottom.",
        {
            "start": "the loss at w = 0, b = 0: log 2, a coin's",
            "after_2_with": "after two steps, zeroing",
            "after_2_without": "after two steps, never zeroing",
            "end_with": "at the end, zeroing",
            "end_without": "at the end, never zeroing",
            "rises_with": "zeroing: does the loss ever rise?",
            "rises_without": "never zeroing: does it?",
        },
        "Old slopes point to where the descent came from, not to where it should go. Momentum uses "
        "the idea on purpose, but lets the old slopes fade. The graph is the first student's, "
        "before the first step.",
        (
            "placement lesson descend --lr 20   # too long a step, even with zero_grad",
            "placement train data/students.csv --optimizer gd",
        ),
    ),
}
