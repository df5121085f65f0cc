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

x, y = torch.tensor({x}), torch.tensor({y})
w = torch.tensor({w}, requires_grad=True)
b = torch.tensor({b}, requires_grad=True)
epsilon = max({epsilon}, torch.finfo(torch.float32).eps)  # 1 - 1e-8 is 1 in float32

z = w * x + b
yhat = torch.sigmoid(z)
inside = yhat.clamp(epsilon, 1 - epsilon)
loss = -(y * inside.log() + (1 - y) * (1 - inside).log())
loss.backward()

with torch.no_grad():
    dL_dyhat = (-(y / inside) + (1 - y) / (1 - inside)) * (inside == yhat)
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

x = torch.tensor({x}, dtype=torch.float64, requires_grad=True)
(x**2).backward()
first = x.grad.item()
(x**2).backward()  # adds to what is there
second = x.grad.item()
x.grad.zero_()
zeroed = x.grad.item()
(x**2).backward()
again = x.grad.item()
x.grad = None  # as optimizer.zero_grad() does
print(first, second, zeroed, again, x.grad)

w = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
batch = torch.tensor({batch}, dtype=torch.float64)
half = len(batch) // 2
for chunk in (batch[:half], batch[half:]):
    target = (chunk > 0).double()
    p = torch.sigmoid(w * chunk)
    loss = -(target * p.log() + (1 - target) * (1 - p).log()).sum()
    loss.backward()
print(w.grad.item())
""",
    "no-grad": """\
import torch

x = torch.tensor([{x}], dtype=torch.float64, requires_grad=True)
print((x * 1).requires_grad)
print((x.detach() ** 2).requires_grad)
with torch.no_grad():
    y = x**2
print(y.requires_grad)
try:
    y.backward()
except RuntimeError as problem:
    print(problem)
x.requires_grad_(False)
print((x**2).requires_grad)
""",
    "target": """\
import torch

x = torch.tensor({x}, dtype=torch.float64)
y = x**2  # no probability, unless x lies between -1 and 1
p = torch.sigmoid({w} * x + {b})
loss = -(y * p.log() + (1 - y) * (1 - p).log())
print(y.item(), p.item(), loss.item())
""",
    "clamp": """\
import torch

y, epsilon = {y}, {epsilon}
print(bool(torch.tensor(1.0) - epsilon == 1))
for z in (-200.0, -20.0, 0.0, 20.0, 200.0):
    at = torch.tensor([z], requires_grad=True)
    p = torch.sigmoid(at).clamp(epsilon, 1 - epsilon)
    asked = -(y * p.log() + (1 - y) * (1 - p).log())
    target = torch.full_like(at, y)
    from_logit = torch.nn.functional.binary_cross_entropy_with_logits(at, target)
    print(z, asked.item(), from_logit.item())
""",
    "descend": """\
import torch

cgpa = torch.tensor([5.1, 5.8, 6.2, 6.9, 7.0, 7.4, 7.9, 8.3, 8.8, 9.2], dtype=torch.float64)
placed = torch.tensor([0, 0, 0, 1, 0, 1, 1, 0, 1, 1], dtype=torch.float64)
x = (cgpa - cgpa.mean()) / cgpa.std(correction=0)

for zero_grad in (True, False):
    w = torch.zeros((), dtype=torch.float64, requires_grad=True)
    b = torch.zeros((), dtype=torch.float64, requires_grad=True)
    for step in range({steps} + 1):
        p = torch.sigmoid(w * x + b)
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
