"""The lines of torch that do each lesson, with the learner's own numbers in them."""

from collections.abc import Mapping
from typing import Any

_SNIPPETS: Mapping[str, str] = {
    "square": """\
import torch

x = torch.tensor({x}, dtype=torch.float64, requires_grad=True)
y = x**2
y.backward()
print(y.item(), x.grad.item())
""",
    "chain": """\
import torch

x = torch.tensor({x}, dtype=torch.float64, requires_grad=True)
u = x**2
z = torch.sin(u)
z.backward()
by_hand = torch.cos(u) * 2 * x
print(z.item(), x.grad.item(), by_hand.item())
""",
    "perceptron": """\
import torch

for dtype in (torch.float32, torch.float64):
    x, y = torch.tensor({x}, dtype=dtype), torch.tensor({y}, dtype=dtype)
    w = torch.tensor({w}, dtype=dtype, requires_grad=True)
    b = torch.tensor({b}, dtype=dtype, requires_grad=True)
    epsilon = max({epsilon}, torch.finfo(dtype).eps)  # 1 - 1e-8 is 1 in float32

    z = w * x + b
    yhat = torch.sigmoid(z)
    p = yhat.clamp(epsilon, 1 - epsilon)
    loss = -(y * p.log() + (1 - y) * (1 - p).log())
    loss.backward()

    with torch.no_grad():
        dL_dyhat = (-(y / p) + (1 - y) / (1 - p)) * (p == yhat)
        dyhat_dz = yhat * (1 - yhat)
        dL_db = dL_dyhat * dyhat_dz
        dL_dw = dL_db * x
    print(loss.item(), dL_dw.item(), dL_db.item(), w.grad.item(), b.grad.item())
""",
    "vector": """\
import torch

x = torch.tensor({x}, dtype=torch.float64, requires_grad=True)
y = (x**2).mean()
y.backward()
print(y.item(), *x.grad.tolist())
""",
    "accumulate": """\
import torch

x = torch.nn.Parameter(torch.tensor({x}, dtype=torch.float64))
module = torch.nn.ParameterList([x])
(x**2).backward()
first = x.grad.item()
(x**2).backward()  # adds to what is there
second = x.grad.item()
module.zero_grad(set_to_none=False)  # grad.zero_()
zeroed = x.grad.item()
(x**2).backward()
again = x.grad.item()
module.zero_grad()  # set_to_none=True is what torch does unless told
print(first, second, zeroed, again, x.grad)

batch = torch.tensor({batch}, dtype=torch.float64)
half = len(batch) // 2
for chunks in ([batch], [batch[:half], batch[half:]]):
    w = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    for chunk in chunks:
        target = (chunk > 0).double()
        p = torch.sigmoid(w * chunk).clamp(1e-8, 1 - 1e-8)
        loss = -(target * p.log() + (1 - target) * (1 - p).log()).sum()
        loss.backward()
    print(w.grad.item())
""",
    "no-grad": """\
import torch


def leaf():
    return torch.tensor([{x}], dtype=torch.float64, requires_grad=True)


plain = leaf() ** 2
frozen = leaf().requires_grad_(False) ** 2
x = leaf()
detached = x.detach() ** 2
with torch.no_grad():
    unrecorded = x**2
for y in (plain, frozen, detached, unrecorded):
    print(y.requires_grad, type(y.grad_fn).__name__)
print(x.detach().data_ptr() == x.data_ptr())
for y in (frozen, detached, unrecorded):
    try:
        y.backward()
    except RuntimeError as problem:
        print(problem)

large = torch.linspace(-1, 1, {size}, dtype=torch.float64, requires_grad=True)
kept = {{}}


def keep(tensor):
    kept[tensor.data_ptr()] = tensor.nbytes
    return tensor


with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
    result = large
    for _ in range(5):
        result = torch.sigmoid(result) * result
kept.pop(large.data_ptr(), None)  # the input is there anyway
print(sum(kept.values()))
""",
    "target": """\
import torch

x = torch.tensor({x}, dtype=torch.float64)
y = x**2  # no probability, unless x lies between -1 and 1
yhat = torch.sigmoid({w} * x + {b})
epsilon = torch.finfo(torch.float64).eps
p = yhat.clamp(epsilon, 1 - epsilon)
loss = -(y * p.log() + (1 - y) * (1 - p).log())
print(y.item(), yhat.item(), loss.item())
""",
    "clamp": """\
import torch

y, asked = {y}, {epsilon}
ours = max(asked, torch.finfo(torch.float32).eps)
print(bool(torch.tensor(1.0) - asked == 1), ours)
for z in (-200.0, -20.0, 0.0, 1.0, 20.0, 200.0):
    line = [z]
    for epsilon in (asked, ours):
        at = torch.tensor([z], requires_grad=True)
        p = torch.sigmoid(at).clamp(epsilon, 1 - epsilon)
        loss = -(y * p.log() + (1 - y) * (1 - p).log())
        loss.backward()
        line += [loss.item(), at.grad.item()]
    at = torch.tensor([z], requires_grad=True)
    target = torch.full_like(at, y)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(at, target)
    loss.backward()
    print(*line, loss.item(), at.grad.item())
""",
    "descend": """\
import torch

cgpa = torch.tensor([5.1, 5.8, 6.2, 6.9, 7.0, 7.4, 7.9, 8.3, 8.8, 9.2], dtype=torch.float64)
placed = torch.tensor([0, 0, 0, 1, 0, 1, 1, 0, 1, 1], dtype=torch.float64)
x = (cgpa - cgpa.mean()) / cgpa.std(correction=0)

for zero_grad in (True, False):
    w = torch.zeros((), dtype=torch.float64, requires_grad=True)
    b = torch.zeros((), dtype=torch.float64, requires_grad=True)
    for _ in range({steps} + 1):
        p = torch.sigmoid(w * x + b).clamp(1e-8, 1 - 1e-8)
        loss = -(placed * p.log() + (1 - placed) * (1 - p).log()).mean()
        if zero_grad:
            w.grad = b.grad = None
        loss.backward()
        with torch.no_grad():
            w -= {lr} * w.grad
            b -= {lr} * b.grad
    print(loss.item())
""",
}


def code_of(name: str, inputs: Mapping[str, Any]) -> str:
    """Return a lesson's lines of torch, ready to be run."""
    return _SNIPPETS[name].format(**{key: repr(value) for key, value in inputs.items()})
