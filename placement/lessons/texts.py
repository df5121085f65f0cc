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
            "z": "w·x + b",
            "yhat": "σ(z), the probability of being placed",
            "loss": "−[y·log ŷ + (1 − y)·log(1 − ŷ)], with ŷ clamped to [ε, 1 − ε]",
            "dL_dyhat": "−y/ŷ + (1 − y)/(1 − ŷ)",
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
        "The links are the same in both precisions, the digits are not. float32 keeps about seven, "
        "and where ŷ is near 1 the difference 1 − ŷ keeps fewer: its first digits cancel. Hand and "
        "autograd round at different places, so they part in the last digits. In float64 they "
        "agree to fifteen.",
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
            "whole_batch": "the loss of the whole batch, by the weight",
            "in_two_chunks": "of two chunks, added up in .grad",
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
            "plain_requires_grad": "an ordinary result: does it ask for gradients?",
            "plain_grad_fn": "and which step backward does it remember?",
            "frozen_requires_grad": "after requires_grad_(False)",
            "frozen_grad_fn": "",
            "detached_requires_grad": "after detach()",
            "detached_grad_fn": "",
            "detach_shares_memory": "detach() copies no numbers",
            "no_grad_requires_grad": "inside torch.no_grad()",
            "no_grad_grad_fn": "",
            "plain_kept_bytes": "bytes that ten operations on the large tensor keep for backward()",
            "frozen_kept_bytes": "after requires_grad_(False)",
            "detached_kept_bytes": "after detach()",
            "no_grad_kept_bytes": "inside torch.no_grad()",
            "error": "what backward() says then",
        },
        "The error means what it says: the result remembers no step, so there is no way back. "
        "Either the input never asked for a gradient, or the record was switched off on the way.",
        ("placement lesson no-grad --size 5000000",),
    ),
    "target": Text(
        "A target that is no probability",
        "The first lesson had y = x². Put that y into the cross-entropy as the target, and with x "
        "= 2 it is 4. The formula does not object: it returns a number. But a target says which "
        "share of students like this were placed, so it lies between 0 and 1.",
        {
            "y": "x², used as a target",
            "yhat": "σ(w·x + b)",
            "loss": "what the formula returns",
            "error": "what this package says instead",
        },
        "A loss below zero is nonsense: it would reward a prediction for being impossible, and its "
        "slope pushes ŷ to 1 for ever. The check costs nothing and catches a mistaken column.",
        ("placement lesson target --x 0.5   # y = 0.25: a target again",),
    ),
    "clamp": Text(
        "What the clamp does, and what it costs",
        "log 0 is minus infinity, so ŷ is kept within [ε, 1 − ε]. In float32 there is a catch: 1 − "
        "1e-8 is 1, and the upper clamp does nothing. The table walks z from −200 to 200: the loss "
        "with ε as it was asked for, with the smallest ε that float32 can tell from nothing, and "
        "computed from the logit, where nothing needs to be clamped. Beyond the clamp the slope is "
        "0: a confidently wrong row costs much and teaches nothing. 400 students and one such row "
        "show what that does to a training.",
        {
            "one_minus_epsilon_is_one": "in float32, is 1 − ε still 1?",
            "effective_epsilon": "the ε that is used instead",
            "largest_loss": "−log of it: no row can cost more",
            "weight_clamped": "the weight that training finds with the clamp",
            "stopped_clamped": "why it stopped there",
            "dead_rows_clamped": "rows beyond the clamp, which teach nothing",
            "weight_logits": "the weight from the logit",
            "stopped_logits": "",
            "dead_rows_logits": "",
        },
        "With the clamp the wrong row is as good as absent, so the weight is too steep, and the "
        "summary says 'clamped', never 'converged'. --loss logits is the same loss without dead "
        "rows.",
        (
            "placement lesson clamp --y 1",
            "placement lesson clamp --epsilon 0.01",
        ),
    ),
    "descend": Text(
        "The perceptron learns",
        "Gradient descent repeats one thing: compute the loss, go backward, and take a step "
        "against the slope. Ten students with their CGPA are enough to see it. The right column "
        "forgets zero_grad(), so each step is made with the sum of all slopes so far, like a ball "
        "that nothing brakes.",
        {
            "start": "the loss at w = 0, b = 0: log 2, a coin's",
            "after_2_with": "after two steps, zeroing",
            "after_2_without": "after two steps, never zeroing: faster",
            "end_with": "at the end, zeroing",
            "end_without": "at the end, never zeroing",
            "falls_at_every_step_with": "zeroing: does the loss fall at every step?",
            "first_rise_without": "never zeroing: the first step after which it rises",
        },
        "Old slopes point to where the descent came from, not to where it should go. Momentum uses "
        "the idea on purpose, but lets the old slopes fade.",
        (
            "placement lesson descend --lr 5   # too long a step, even with zero_grad",
            "placement train data/students.csv --optimizer gd",
        ),
    ),
}
