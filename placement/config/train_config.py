"""The settings of a training run: names, defaults, bounds and help texts, once for all.

The command line, `placement.toml`, the environment (`PLACEMENT_<FIELD>`), the parameters
logged to MLflow and the Python interface all read the fields of `TrainConfig`.
"""

import dataclasses
import math
from dataclasses import dataclass
from functools import partial
from numbers import Real
from typing import Any

from placement.config.label_options import LabelOptions
from placement.config.name_list import names_of_file
from placement.config.nonlinear_terms import check_interaction, spline_of, step_of
from placement.config.optimizers import OPTIMIZERS
from placement.config.option import Bounds, Scope, flag, option
from placement.config.threshold import DEFAULT_THRESHOLD, normal_threshold
from placement.errors import UsageError

# What decides a training and not a tuning, which seeks --l2 by Newton's method and fits no model.
UNUSED_IN_TUNING = (
    "l2", "refit", "optimizer", "epochs", "lr", "batch_size", "momentum", "patience",
    "gradcheck_every", "test", "register", "promote", "log_data", "out", "firth", "calibrate",
    "sensitive", "threshold", "workers", "rank_timeout", "resume",
)  # fmt: skip

NO_GROUP = "none"

_SHARE = Bounds("at least 0 and below 1", lambda value: 0 <= value < 1)
_COUNT = Bounds("1 or more", lambda value: value >= 1)
_POSITIVE = Bounds("above 0", lambda value: 0 < value < math.inf)
_PENALTY = Bounds("a finite number of 0 or more", lambda value: 0 <= value < math.inf)
_CLAMP = Bounds("above 0 and below 0.5", lambda value: 0 < value < 0.5)
_SEED = Bounds("a whole number of 0 or more", lambda value: 0 <= value < 2**63)

_read, _fit, _run = partial(option, "read"), partial(option, "fit"), partial(option, "run")
_read_each = partial(option, "read", (), separate=True)
_fit_each = partial(option, "fit", (), separate=True)


@dataclass(frozen=True)
class TrainConfig(LabelOptions):
    """Everything that decides a training run; checked when it is made.

    Fields of scope `read` say how the file is understood (`read_table` takes them as
    keywords), `fit` how the perceptron is trained, `run` where the result goes.
    """

    # What the file means
    target: str | None = _read(None, "Column with the outcome.", metavar="COL")
    positive: str | None = _read(
        None, "Value that counts as placed, or a rule such as '>=3'.", metavar="VALUE|RULE"
    )
    negative: str | None = _read(
        None,
        "Value that counts as not placed (blank: an empty cell). Without --positive, every other "
        "value counts as placed; with it, rows with neither are left out.",
        metavar="VALUE",
    )
    ignore_label: tuple[str, ...] = _read_each(
        "Outcome to leave out ('Higher Studies'); repeatable.", metavar="VALUE"
    )
    features: tuple[str, ...] = _read((), "Use these columns and no others.", metavar="A,B")
    drop: tuple[str, ...] = _read_each("Leave this column out; repeatable.", metavar="COL")
    categorical: tuple[str, ...] = _read_each(
        "Read this column of numbers as categories; repeatable.", metavar="COL"
    )
    allow_leak: tuple[str, ...] = _read_each(
        "Keep a column that would be dropped as a leak or identifier; repeatable.", metavar="COL"
    )
    same: tuple[str, ...] = _read_each(
        "Levels of a category that are one; repeatable.", metavar="COL:A=B"
    )
    allow_sensitive: tuple[str, ...] = _read_each(
        "Keep a sensitive column as a feature; repeatable.", metavar="COL"
    )
    weight: str | None = _read(None, "Column of frequency weights (0 or more).", metavar="COL")
    missing: str = _read(
        "fill",
        "Rows with a missing cell: fill in the average, or leave them out.",
        choices=("fill", "drop"),
    )
    group: str | None = _read(
        None, "Hold out whole groups of this column ('none': not even students).", metavar="COL"
    )
    where: tuple[str, ...] = _read(
        (), "Use only the rows of this rule; repeatable.", metavar="RULE", separate=True
    )
    sensitive: tuple[str, ...] | None = _read(
        None,
        "Compare the groups of these columns, features or not ('' for none)"
        "  [default: gender and the like, by name]",
        metavar="A,B",
    )

    # How it is fitted
    test_size: float = _fit(0.2, "Share of each class held out for testing.", bounds=_SHARE)
    test_where: str | None = _fit(
        None, "Hold out the rows of this rule, such as 'batch==2025'.", metavar="RULE"
    )
    seed: int = _fit(0, "Seed of the split and of mini-batches.", bounds=_SEED)
    refit: bool = _fit(False, "After testing, fit again on all rows.")
    optimizer: str = _fit("auto", "How the minimum is sought.", choices=tuple(OPTIMIZERS))
    epochs: int | None = _fit(None, "Most passes over the training rows.", bounds=_COUNT)
    lr: float | None = _fit(None, "Step size; for gd the default is 1/L.", bounds=_POSITIVE)
    batch_size: int | None = _fit(None, "Rows of a mini-batch.", bounds=_COUNT)
    momentum: float | None = _fit(None, "Momentum of sgd.", bounds=_SHARE)
    l2: float = _fit(1.0, "L2 penalty; 1.0 equals C=1.0 in scikit-learn.", bounds=_PENALTY)
    firth: bool = _fit(
        False,
        "Firth's correction instead of a penalty, for small or separable samples; the intercept "
        "is FLIC's.",
    )
    loss: str = _fit(
        "clamped",
        "Cross-entropy of the clamped probability, or of the logit.",
        choices=("clamped", "logits"),
    )
    epsilon: float = _fit(
        1e-8, "Clamp of the probability, at least the dtype's epsilon.", bounds=_CLAMP
    )
    class_weight: str = _fit("none", "Weigh the two classes alike.", choices=("none", "balanced"))
    calibrate: str = _fit(
        "none",
        "Correct the probabilities by cross-validation on the training rows.",
        choices=("none", "platt", "isotonic"),
    )
    dtype: str = _fit("float64", "Precision of the training.", choices=("float64", "float32"))
    spline: tuple[str, ...] = _fit_each(
        "Let the log-odds bend with this number, as a restricted cubic spline (5 knots unless "
        "told); repeatable.",
        metavar="COL[:KNOTS]",
    )
    step: tuple[str, ...] = _fit_each(
        "Let the log-odds step where this number reaches a value, as in cgpa:6.5; repeatable.",
        metavar="COL:VALUE",
    )
    interaction: tuple[str, ...] = _fit_each(
        "Let what one column counts depend on another; repeatable.", metavar="A:B"
    )
    patience: int | None = _fit(
        None,
        "Stop after so many epochs without progress on a slice of the training rows.",
        bounds=_COUNT,
    )
    gradcheck_every: int | None = _fit(
        None, "Check the gradients every so many epochs as well.", bounds=_COUNT
    )

    threshold: str | float | None = _fit(
        None,
        "Predict the positive outcome from this probability on (0.5 unless told), or choose it on "
        "predictions for rows not trained on: by the largest TPR - FPR, by the recall or precision "
        "to reach, for N seats for the students most at risk, or by the cost of a false positive "
        "and a false negative.",
        metavar="F|youden|recall=F|precision=F|capacity=N|cost=FP:FN",
    )

    # Where it comes from and goes
    features_file: str | None = _run(
        None, "Use the columns that this file names, one a line, and no others.", metavar="FILE"
    )
    test: str | None = _run(
        None, "File of rows to test on, instead of a held-out share.", metavar="FILE"
    )
    experiment: str = _run("placement", "MLflow experiment.", metavar="NAME")
    run_name: str | None = _run(None, "Name of the MLflow run.", metavar="NAME")
    tag: tuple[str, ...] = _run(
        (), "Tag of the run, key=value; repeatable.", metavar="K=V", separate=True
    )
    register: str = _run("placement", "Name of the registered model.", metavar="NAME")
    promote: bool = _run(False, "Give the new version the alias champion.")
    log_data: bool = _run(False, "Log the rows themselves to the run.")
    out: str | None = _run(None, "Directory for the model bundle.", metavar="DIR")
    track: bool = _run(True, "Record the run in MLflow.")
    stream: bool | None = _run(
        None,
        "Work on rows kept on the disk (not with --labels), or in memory; unless told, as the size "
        "of the table asks.",
        flags="--stream/--in-memory",
    )
    device: str = _run(
        "auto",
        "Where the passes of the training run: auto takes a CUDA card where there is one and the "
        "table is large. All else, such as evaluation, is the processor's.",
        choices=("auto", "cpu", "cuda"),
    )
    cache: str | None = _run(
        None,
        "Folder for rows when they are kept on the disk; unless told, placement in your cache "
        "(~/.cache).",
        metavar="DIR",
    )
    keep_cache: bool = _run(False, "Leave the columns on the disk for the next run on these files.")
    workers: int = _run(
        1,
        "Train in so many processes on this machine; torchrun does so on several.",
        bounds=_COUNT,
        metavar="N",
    )
    rank_timeout: float = _run(
        600.0,
        "Seconds that one of several processes waits for another before all give up.",
        bounds=_POSITIVE,
        metavar="SECONDS",
    )
    strict: bool = _run(False, "Treat every warning as an error.")
    resume: str | None = _run(
        None,
        "Go on with a training that was stopped, as its run has the settings; DATA is given again.",
        metavar="RUN",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.features_file is not None:
            names = names_of_file(self.features_file, "--features-file")
            if self.features not in ((), names):
                raise UsageError("--features and --features-file both list them: choose one")
            object.__setattr__(self, "features", names)
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

    def __repr__(self) -> str:
        """Show what differs from the defaults."""
        given = (f"{name}={value!r}" for name, value in self.given.items())
        return f"TrainConfig({', '.join(given)})"

    def _check_value(self, item: "dataclasses.Field[Any]") -> None:
        value, choices = getattr(self, item.name), item.metadata["choices"]
        bounds: Bounds | None = item.metadata["bounds"]
        if value is None:
            return
        if choices and value not in choices:
            raise UsageError(f"{flag(item.name)} {value!r}: choose one of {', '.join(choices)}")
        if bounds is None:
            return
        is_number = isinstance(value, Real)
        if not is_number:
            raise UsageError(f"{flag(item.name)} {value!r}: must be {bounds.words}")
        if not bounds.hold(value):
            raise UsageError(f"{flag(item.name)} {value}: must be {bounds.words}")

    def _check_contradictions(self) -> None:
        group = None if self.group == NO_GROUP else self.group
        rows_given = sum(map(bool, (self.test, self.test_where, group)))
        on_disk = self.stream or self.keep_cache
        contradictions = {
            "--test, --test-where and --group exclude each other: choose one": rows_given > 1,
            "--refit: with --test FILE all of DATA is trained on already": self.refit and self.test,
            "--resume goes on with a run: leave out --no-track": self.resume and not self.track,
            "--labels are joined in memory: leave out --stream and --keep-cache": (
                on_disk and self.labels
            ),
            "--keep-cache keeps what --stream writes: leave out --in-memory": (
                self.keep_cache and self.stream is False
            ),
        }
        for message, contradicts in contradictions.items():
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
            check_interaction(text)

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

    @property
    def of_model(self) -> dict[str, Any]:
        """What a model remembers: how it was fitted, and whose rows were held out together."""
        return {**self.of_scope("fit"), "group": self.group}

    @property
    def given(self) -> dict[str, Any]:
        """The fields that differ from their defaults: another like this one is made of them."""
        fields = ((item, getattr(self, item.name)) for item in dataclasses.fields(self))
        return {item.name: value for item, value in fields if value != item.default}

    def of_scope(self, scope: Scope) -> dict[str, Any]:
        """The fields of one scope with their values, in the order of declaration."""
        return {
            f.name: getattr(self, f.name)
            for f in dataclasses.fields(self)
            if f.metadata["scope"] == scope
        }
