"""The result of a gradient check, as data and as a table for notebooks."""

from dataclasses import asdict, dataclass

from placement.arrays import Document
from placement.errors import counted
from placement.runtime.notebook import html_table, paragraph


@dataclass(frozen=True)
class ParameterCheck:
    """One parameter: its gradient by three methods, and the largest difference."""

    parameter: str
    manual: float
    autograd: float
    finite_difference: float
    abs_error: float
    rel_error: float
    passed: bool


@dataclass(frozen=True)
class GradientCheck:
    """The verdict.

    `loss` is the mean over the rows and `form` its kind, clamped or logits; `epsilon` is the clamp
    in effect. `links` are those of the scalar example's chain, else None. `corner_rows` lay so near
    to a corner of the clamp that they were left out of the difference.
    """

    passed: bool
    dtype: str
    epsilon: float
    loss: float
    form: str
    links: dict[str, float] | None
    gradients: tuple[ParameterCheck, ...]
    torch_gradcheck: bool
    clamped_rows: int
    corner_rows: int
    rows: int

    @property
    def max_abs_error(self) -> float:
        """The largest difference between two methods."""
        return max(gradient.abs_error for gradient in self.gradients)

    @property
    def max_rel_error(self) -> float:
        """The largest difference relative to its gradient."""
        return max(gradient.rel_error for gradient in self.gradients)

    @property
    def failure(self) -> str:
        """One sentence that shows both numbers of the worst parameter; empty where passed."""
        if self.passed:
            return ""
        failed = [gradient for gradient in self.gradients if not gradient.passed]
        if not failed:
            return "gradient check failed: torch.autograd.gradcheck disagrees with autograd"
        worst = max(failed, key=lambda gradient: gradient.abs_error)
        return (
            f"gradient check failed at {worst.parameter}: by hand {worst.manual!r}, "
            f"autograd {worst.autograd!r}, difference quotient {worst.finite_difference!r}"
        )

    def to_dict(self) -> Document:
        """Return the document that `placement gradcheck --json` prints, without its format."""
        document = asdict(self)
        gradients = document.pop("gradients")
        for name in ("corner_rows", "rows", "form"):
            del document[name]
        for gradient in gradients:
            del gradient["passed"]
        return {**document, "gradients": gradients}

    def __repr__(self) -> str:
        verdict = "passed" if self.passed else "FAILED"
        checked = f"{counted(len(self.gradients), 'gradient')}, largest error"
        return f"GradientCheck({verdict} in {self.dtype}: {checked} {self.max_abs_error:.2g})"

    def _repr_html_(self) -> str:
        verdict = "passed" if self.passed else "FAILED"
        about = (
            f"in {self.dtype}, ε = {self.epsilon:g}, {counted(self.clamped_rows, 'clamped row')}"
        )
        header = ("parameter", "manual", "autograd", "finite difference", "error")
        rows = [
            (
                g.parameter,
                f"{g.manual:.9g}",
                f"{g.autograd:.9g}",
                f"{g.finite_difference:.9g}",
                f"{g.abs_error:.2g}{'' if g.passed else ' ✗'}",
            )
            for g in self.gradients
        ]
        return paragraph(f"Gradient check {verdict} {about}") + html_table(header, rows)
