"""The settings of a training run: names, defaults, bounds and help texts, once for all.

The command line, `placement.toml`, the environment (`PLACEMENT_<FIELD>`), the parameters
logged to MLflow and the Python interface all read the fields of `TrainConfig`.
"""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from placement.errors import UsageError, did_you_mean

Scope = Literal["read", "fit", "run"]

DEFAULT_MOMENTUM = 0.9
DEFAULT_KNOTS, LEAST_KNOTS, MOST_KNOTS = 5, 3, 20  # of a spline


@dataclass(frozen=True)
class OptimizerSpec:
    """What the settings say of an optimizer: its defaults, and the options it uses.

    Another option is refused. `batch_size` None: all rows at once. `lr` None: 1/L of the data,
    where it uses a step size at all.
    """

    epochs: int
    options: tuple[str, ...] = ()
    lr: float | None = None
    batch_size: int | None = None

    @property
    def uses_lr(self) -> bool:
        """Whether it steps along a gradient, by a step size."""
        return "lr" in self.options


# A new optimizer is an entry here and a step in training/solver/optimizers.py.
OPTIMIZERS = {
    "auto": OptimizerSpec(epochs=300),
    "gd": OptimizerSpec(epochs=1000, options=("lr",)),
    "sgd": OptimizerSpec(epochs=100, options=("lr", "batch_size", "momentum"), batch_size=256),
    "adam": OptimizerSpec(epochs=1000, options=("lr", "batch_size"), lr=0.05),
    "lbfgs": OptimizerSpec(epochs=500),
    "newton": OptimizerSpec(epochs=100),
}

DEFAULT_THRESHOLD = 0.5
ThresholdKind = Literal["fixed", "youden", "recall", "precision", "capacity", "cost"]

# What decides a training and not a tuning, which seeks --l2 by Newton's method and fits no model.
UNUSED_IN_TUNING = (
    "l2", "refit", "optimizer", "epochs", "lr", "batch_size", "momentum", "patience",
    "gradcheck_every", "test", "register", "promote", "log_data", "out", "firth", "calibrate",
    "sensitive", "threshold",
)  # fmt: skip


class Bounds(NamedTuple):
    """The numbers that a setting may have, in words and as a test."""

    words: str
    hold: Callable[[float], bool]


_SHARE = Bounds("at least 0 and below 1", lambda value: 0 <= value < 1)
_COUNT = Bounds("1 or more", lambda value: value >= 1)


def _option(
    default: Any,
    help: str,
    scope: Scope,
    *,
    choices: tuple[str, ...] = (),
    bounds: Bounds | None = None,
    metavar: str = "",
    separate: bool = False,
    flags: str = "",
) -> Any:
    """Describe one setting. `separate`: given once per value; other tuples are one CSV record.

    `flags`: how yes and no are spelled, where that is not `--name/--no-name`.
    """
    metadata = {
        "help": help,
        "scope": scope,
        "choices": choices,
        "bounds": bounds,
        "metavar": metavar,
        "separate": separate,
        "flags": flags,
    }
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides a training run; checked when it is made.

    Fields of scope `read` say how the file is understood (`read_table` takes them as
    keywords), `fit` how the perceptron is trained, `run` where the result goes.
    """

    # What the file means
    target: str | None = _option(None, "Column with the outcome.", "read", metavar="COL")
    positive: str | None = _option(
        None, "Value that counts as placed, or a rule such as '>=3'.", "read", metavar="VALUE|RULE"
    )
    negative: str | None = _option(
        None,
        "Value that counts as not placed; rows with neither are left out.",
        "read",
        metavar="VALUE",
    )
    ignore_label: tuple[str, ...] = _option(
        (),
        "Outcome to leave out, such as 'Higher Studies'; repeatable.",
        "read",
        metavar="VALUE",
        separate=True,
    )
    features: tuple[str, ...] = _option(
        (), "Use these columns and no others.", "read", metavar="A,B"
    )
    drop: tuple[str, ...] = _option(
        (), "Leave this column out; repeatable.", "read", metavar="COL", separate=True
    )
    categorical: tuple[str, ...] = _option(
        (),
        "Read this column of numbers as categories; repeatable.",
        "read",
        metavar="COL",
        separate=True,
    )
    allow_leak: tuple[str, ...] = _option(
        (),
        "Keep a column that would be dropped as a leak or identifier; repeatable.",
        "read",
        metavar="COL",
        separate=True,
    )
    allow_sensitive: tuple[str, ...] = _option(
        (),
        "Keep a sensitive column as a feature; repeatable.",
        "read",
        metavar="COL",
        separate=True,
    )
    weight: str | None = _option(
        None, "Column of frequency weights (0 or more).", "read", metavar="COL"
    )
    names: tuple[str, ...] = _option(
        (), "Column names of a file without a header.", "read", metavar="A,B,C"
    )
    sheet: str | None = _option(None, "Sheet of a workbook.", "read", metavar="NAME")
    labels: str | None = _option(
        None, "File that holds the outcomes of these rows.", "read", metavar="FILE"
    )
    on: str | None = _option(
        None, "Identifier common to the data and --labels.", "read", metavar="COL"
    )
    absent: str | None = _option(
        None,
        "What a row without a match in --labels means.",
        "read",
        choices=("not-placed", "unknown"),
    )
    missing: str = _option(
        "fill",
        "Rows with a missing cell: fill in the average, or leave them out.",
        "read",
        choices=("fill", "drop"),
    )
    group: str | None = _option(
        None, "Hold out whole groups of this column (it is then no feature).", "read", metavar="COL"
    )
    sensitive: tuple[str, ...] | None = _option(
        None,
        "Compare the groups of these columns, features or not ('' for none)"
        "  [default: gender and the like, by name]",
        "read",
        metavar="A,B",
    )

    # How it is fitted
    test_size: float = _option(
        0.2, "Share of each class held out for testing.", "fit", bounds=_SHARE
    )
    test_where: str | None = _option(
        None, "Hold out the rows of this rule, such as 'batch==2025'.", "fit", metavar="RULE"
    )
    seed: int = _option(
        0,
        "Seed of the split and of mini-batches.",
        "fit",
        bounds=Bounds("a whole number of 0 or more", lambda value: 0 <= value < 2**63),
    )
    refit: bool = _option(False, "After testing, fit again on all rows.", "fit")
    optimizer: str = _option("auto", "How the minimum is sought.", "fit", choices=tuple(OPTIMIZERS))
    epochs: int | None = _option(None, "Most passes over the training rows.", "fit", bounds=_COUNT)
    lr: float | None = _option(
        None,
        "Step size; for gd the default is 1/L.",
        "fit",
        bounds=Bounds("above 0", lambda value: 0 < value < math.inf),
    )
    batch_size: int | None = _option(None, "Rows of a mini-batch.", "fit", bounds=_COUNT)
    momentum: float | None = _option(None, "Momentum of sgd.", "fit", bounds=_SHARE)
    l2: float = _option(
        1.0,
        "L2 penalty; 1.0 equals C=1.0 in scikit-learn.",
        "fit",
        bounds=Bounds("a finite number of 0 or more", lambda value: 0 <= value < math.inf),
    )
    firth: bool = _option(
        False,
        "Firth's correction instead of a penalty, for small or separable samples; the intercept "
        "is FLIC's.",
        "fit",
    )
    loss: str = _option(
        "clamped",
        "Cross-entropy of the clamped probability, or of the logit.",
        "fit",
        choices=("clamped", "logits"),
    )
    epsilon: float = _option(
        1e-8,
        "Clamp of the probability, at least the dtype's epsilon.",
        "fit",
        bounds=Bounds("above 0 and below 0.5", lambda value: 0 < value < 0.5),
    )
    class_weight: str = _option(
        "none", "Weigh the two classes alike.", "fit", choices=("none", "balanced")
    )
    calibrate: str = _option(
        "none",
        "Correct the probabilities by cross-validation on the training rows.",
        "fit",
        choices=("none", "platt", "isotonic"),
    )
    dtype: str = _option(
        "float64", "Precision of the training.", "fit", choices=("float64", "float32")
    )
    spline: tuple[str, ...] = _option(
        (),
        "Let the log-odds bend with this number, as a restricted cubic spline (5 knots unless "
        "told); repeatable.",
        "fit",
        metavar="COL[:KNOTS]",
        separate=True,
    )
    step: tuple[str, ...] = _option(
        (),
        "Let the log-odds step where this number reaches a value, as in cgpa:6.5; repeatable.",
        "fit",
        metavar="COL:VALUE",
        separate=True,
    )
    interaction: tuple[str, ...] = _option(
        (),
        "Let what one column counts depend on another; repeatable.",
        "fit",
        metavar="A:B",
        separate=True,
    )
    patience: int | None = _option(
        None,
        "Stop after so many epochs without progress on a slice of the training rows.",
        "fit",
        bounds=_COUNT,
    )
    gradcheck_every: int | None = _option(
        None, "Check the gradients every so many epochs as well.", "fit", bounds=_COUNT
    )

    threshold: str | float | None = _option(
        None,
        "Predict the positive outcome from this probability on (0.5 unless told), or choose it on "
        "predictions for rows not trained on: by the largest TPR - FPR, by the recall or precision "
        "to reach, for N seats for the students most at risk, or by the cost of a false positive "
        "and a false negative.",
        "fit",
        metavar="F|youden|recall=F|precision=F|capacity=N|cost=FP:FN",
    )

    # Where it goes
    test: str | None = _option(
        None, "File of rows to test on, instead of a held-out share.", "run", metavar="FILE"
    )
    experiment: str = _option("placement", "MLflow experiment.", "run", metavar="NAME")
    run_name: str | None = _option(None, "Name of the MLflow run.", "run", metavar="NAME")
    tag: tuple[str, ...] = _option(
        (), "Tag of the run, key=value; repeatable.", "run", metavar="K=V", separate=True
    )
    register: str = _option("placement", "Name of the registered model.", "run", metavar="NAME")
    promote: bool = _option(False, "Give the new version the alias champion.", "run")
    log_data: bool = _option(False, "Log the rows themselves to the run.", "run")
    out: str | None = _option(None, "Directory for the model bundle.", "run", metavar="DIR")
    track: bool = _option(True, "Record the run in MLflow.", "run")
    stream: bool | None = _option(
        None,
        "Work on rows kept on the disk (not with --labels), or in memory; unless told, as the size "
        "of the table asks.",
        "run",
        flags="--stream/--in-memory",
    )
    cache: str | None = _option(
        None,
        "Folder for rows when they are kept on the disk; unless told, placement in your cache "
        "(~/.cache).",
        "run",
        metavar="DIR",
    )
    keep_cache: bool = _option(
        False, "Leave the columns on the disk for the next run on these files.", "run"
    )
    strict: bool = _option(False, "Treat every warning as an error.", "run")

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):
            self._check_value(item)
        self._check_optimizer()
        self._settle_firth()
        if self.threshold is not None:
            object.__setattr__(self, "threshold", normal_threshold(self.threshold))
        self._check_contradictions()
        self._check_curves()
        for tag in self.tag:
            if "=" not in tag or tag.startswith("="):
                raise UsageError(f"--tag {tag!r}: write it as key=value")

    def _check_value(self, item: "dataclasses.Field[Any]") -> None:
        value, choices = getattr(self, item.name), item.metadata["choices"]
        bounds: Bounds | None = item.metadata["bounds"]
        if value is None:
            return
        if choices and value not in choices:
            raise UsageError(f"{flag(item.name)} {value!r}: choose one of {', '.join(choices)}")
        if bounds is not None and not bounds.hold(value):
            raise UsageError(f"{flag(item.name)} {value}: must be {bounds.words}")

    def _check_contradictions(self) -> None:
        splits = (self.test, self.test_where, self.group)
        contradictions = (
            ((self.on or self.absent) and not self.labels, "--on and --absent need --labels FILE"),
            (
                sum(map(bool, splits)) > 1,
                "--test, --test-where and --group exclude each other: choose one",
            ),
            (
                self.refit and self.test,
                "--refit: with --test FILE all of DATA is trained on already",
            ),
            (
                (self.stream or self.keep_cache) and self.labels,
                "--labels are joined in memory: leave out --stream and --keep-cache",
            ),
            (
                self.keep_cache and self.stream is False,
                "--keep-cache keeps what --stream writes: leave out --in-memory",
            ),
        )
        for contradicts, message in contradictions:
            if contradicts:
                raise UsageError(message)

    def _check_optimizer(self) -> None:
        for name in ("lr", "batch_size", "momentum"):
            users = [key for key, spec in OPTIMIZERS.items() if name in spec.options]
            if getattr(self, name) is not None and self.resolved_optimizer not in users:
                raise UsageError(
                    f"{flag(name)} is not used by --optimizer {self.optimizer}: "
                    f"leave it out or choose {' or '.join(users)}"
                )

    def _settle_firth(self) -> None:
        if not self.firth:
            return
        if self.l2 not in (0.0, TrainConfig.l2):
            raise UsageError("--firth is a penalty of its own: leave out --l2")
        plain = {"optimizer": ("auto",), "loss": ("clamped", "logits"), "class_weight": ("none",)}
        for name, values in {**plain, "patience": (None,)}.items():
            if getattr(self, name) not in values:
                raise UsageError(f"--firth fits in its own way: leave out {flag(name)}")
        if self.resolved_optimizer != "auto":
            raise UsageError("--firth fits in its own way: leave out --lr and its like")
        # What is fitted is unpenalised, and of the logit: nothing is dead beyond a clamp.
        object.__setattr__(self, "l2", 0.0)
        object.__setattr__(self, "loss", "logits")

    def _check_curves(self) -> None:
        for text in self.spline:
            spline_of(text)
        for text in self.step:
            step_of(text)
        for text in self.interaction:
            parts = text.split(":")
            if len(parts) < 2 or not (parts[0].strip() and parts[-1].strip()):
                raise UsageError(f"--interaction {text!r}: write two columns as A:B")

    @property
    def resolved_optimizer(self) -> str:
        """The optimizer that runs: `--lr`, `--batch-size` or `--momentum` alone choose it."""
        if self.optimizer != "auto":
            return self.optimizer
        if self.batch_size is not None or self.momentum is not None:
            return "sgd"
        return "gd" if self.lr is not None else "auto"

    @property
    def resolved_epochs(self) -> int:
        """Most passes over the rows: as asked, or the optimizer's default."""
        return self.epochs or OPTIMIZERS[self.resolved_optimizer].epochs

    @property
    def fixed_threshold(self) -> float:
        """The threshold that was given as a number, or else the default."""
        return self.threshold if isinstance(self.threshold, float) else DEFAULT_THRESHOLD

    def of_scope(self, scope: Scope) -> dict[str, Any]:
        """The fields of one scope with their values, in the order of declaration."""
        return {
            f.name: getattr(self, f.name)
            for f in dataclasses.fields(self)
            if f.metadata["scope"] == scope
        }


class ThresholdForm(NamedTuple):
    """One form of `--threshold`: whether its numbers hold, what they must be, and an example."""

    hold: Callable[[tuple[float, ...]], bool]
    words: str
    example: str


_RATE = (lambda numbers: len(numbers) == 1 and 0 < numbers[0] <= 1, "above 0 and at most 1")
_THRESHOLD_FORMS: dict[ThresholdKind, ThresholdForm] = {
    "fixed": ThresholdForm(
        lambda numbers: len(numbers) == 1 and 0 <= numbers[0] <= 1, "between 0 and 1", "0.7"
    ),
    "youden": ThresholdForm(lambda numbers: not numbers, "without a number", "youden"),
    "recall": ThresholdForm(*_RATE, "recall=0.9"),
    "precision": ThresholdForm(*_RATE, "precision=0.9"),
    "capacity": ThresholdForm(
        lambda numbers: len(numbers) == 1 and numbers[0] >= 1 and numbers[0] % 1 == 0,
        "a whole number of 1 or more",
        "capacity=40",
    ),
    "cost": ThresholdForm(
        lambda numbers: (
            len(numbers) == 2 and all(0 <= number < math.inf for number in numbers) and any(numbers)
        ),
        "FP:FN, two numbers of 0 or more and not both 0",
        "cost=3:1",
    ),
}


def parse_threshold(given: str | float) -> tuple[ThresholdKind, tuple[float, ...]]:
    """Return the form of a `--threshold` and its numbers, such as `("cost", (3.0, 1.0))`."""
    text = str(given).strip().casefold()
    word, equals, rest = ("fixed", "=", text) if _numbers(text) else text.partition("=")
    kind = next((kind for kind in _THRESHOLD_FORMS if kind == word.strip()), None)
    if kind is None:
        *examples, last = (form.example for form in _THRESHOLD_FORMS.values())
        raise UsageError(
            f"--threshold {given}{did_you_mean(word, _THRESHOLD_FORMS)}: write a form such as "
            f"{', '.join(examples)} or {last}"
        )
    form, numbers = _THRESHOLD_FORMS[kind], _numbers(rest) if equals else ()
    if numbers is None or not form.hold(numbers):
        what = "the threshold" if kind == "fixed" else kind
        raise UsageError(f"--threshold {given}: {what} must be {form.words}, as in {form.example}")
    return kind, (int(numbers[0]),) if kind == "capacity" else numbers


def normal_threshold(given: str | float) -> str | float:
    """Return a `--threshold` in its one spelling: `"0.70"` is 0.7, `"Cost=3.0:1"` `"cost=3:1"`."""
    kind, numbers = parse_threshold(given)
    written = ":".join(str(number).removesuffix(".0") for number in numbers)
    return numbers[0] if kind == "fixed" else f"{kind}={written}" if written else kind


def _numbers(text: str) -> tuple[float, ...] | None:
    """Return the numbers of `3:1`; None where a piece is none."""
    try:
        return tuple(map(float, text.split(":")))
    except ValueError:
        return None


def spline_of(text: str) -> tuple[str, int]:
    """Return the column and the number of knots of a `--spline COL[:KNOTS]`."""
    column, knots = _split_number(text)
    if knots is None:
        column, knots = text, DEFAULT_KNOTS
    if not column.strip() or not text.strip(" :"):
        raise UsageError(f"--spline {text!r}: name a column, as in cgpa or cgpa:5")
    if not (LEAST_KNOTS <= knots <= MOST_KNOTS and knots == int(knots)):
        raise UsageError(
            f"--spline {text!r}: the knots must be a whole number from {LEAST_KNOTS} to "
            f"{MOST_KNOTS} (of a column that is named {text!r}: {text}:{DEFAULT_KNOTS})"
        )
    return column.strip(), int(knots)


def step_of(text: str) -> tuple[str, float]:
    """Return the column and the value of a `--step COL:VALUE`."""
    column, value = _split_number(text)
    if value is None or not column.strip() or not math.isfinite(value):
        raise UsageError(f"--step {text!r}: write a column and the value it reaches, as cgpa:6.5")
    return column.strip(), value


def _split_number(text: str) -> tuple[str, float | None]:
    """Split at the last colon, where a number follows it: names may hold colons too."""
    column, colon, number = text.rpartition(":")
    try:
        return (column, float(number)) if colon else (text, None)
    except ValueError:
        return text, None


def flag(name: str) -> str:
    """Return the option of a field: `test_size` → `--test-size`."""
    return "--" + name.replace("_", "-")
