"""`PlacementClassifier`: the perceptron as a scikit-learn estimator.

It fits all rows and columns of X: there is no leak guard, no split and no tracking. Numbers are
standardised inside, with the mean and standard deviation of the rows (weighted by `sample_weight`),
and categories of a data frame become 0/1 columns as in `placement train`. The L2 penalty acts on
these encoded columns, while `coef_` and `intercept_` are in the units of X.
"""

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import (
    _check_sample_weight,
    assert_all_finite,
    check_array,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from placement.arrays import AnyFloatArray, CellArray, FloatArray
from placement.config.optimizers import OPTIMIZERS
from placement.config.train_config import TrainConfig
from placement.data.encoding.array_encoder import (
    Samples,
    category_columns,
    columns_by_name,
    learn_array_encoder,
    number_encoder,
)
from placement.data.encoding.chunks import ArrayChunks, threads_for, unit_weights
from placement.data.encoding.design_matrix import DesignMatrix
from placement.data.encoding.encoder import Encoder
from placement.data.formats.parquet import to_pandas
from placement.errors import DataError, UsageError, counted, listed
from placement.model.scorer import Coded, column_from_document, sigmoid, words

if TYPE_CHECKING:
    from placement.training.problem.options import Options
    from placement.training.solver.solution import Solution

# What a message says of a parameter's value, and how it names an option that is none here.
_VALUE = rf"'[^']*'|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|{'|'.join(OPTIMIZERS)}|clamped|logits"
_OTHER_OPTION = re.compile(r" \(--[a-z-]+\)")


class PlacementClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """One linear layer and a sigmoid for two classes, trained with autograd's gradients.

    X: (n, d) numbers, or a frame of pandas or polars that may hold columns of text; y: (n,) of two
    labels, the second in sorted order being the positive one. The parameters are those of
    `TrainConfig`; `class_weight` also takes scikit-learn's "balanced" or a mapping of labels to
    weights, and a `dtype` of None is that of X: as in scikit-learn, float32 stays float32.

    After `fit`: `classes_` (2,), `coef_` (1, k) and `intercept_` (1,) in the units of X,
    `coef_standardised_` (1, k), `encoded_feature_names_` (k,) (k = d where all columns are
    numbers), `n_iter_` epochs, `loss_curve_`, `converged_`, `stopped_` and `aliased_`, the names
    of columns that are linear combinations of earlier ones (only at `l2=0`; their weight is 0).

    Its state is numbers and words, so that this class is all that skops and MLflow must trust:
    `skops.io.load(file, trusted=["placement.estimator.PlacementClassifier"])`.

    >>> X, y = [[6.1], [7.4], [8.0], [9.2]], ["no", "no", "yes", "yes"]
    >>> PlacementClassifier().fit(X, y).predict([[9.0]]).tolist()
    ['yes']
    """

    def __init__(
        self,
        l2: float = 1.0,
        *,
        loss: str = "clamped",
        epsilon: float = 1e-8,
        optimizer: str = "newton",
        epochs: int | None = None,
        lr: float | None = None,
        batch_size: int | None = None,
        momentum: float | None = None,
        class_weight: str | Mapping[Any, float] | None = None,
        dtype: str | None = None,
        device: str = "auto",
        seed: int = 0,
    ) -> None:
        self.l2 = l2
        self.loss = loss
        self.epsilon = epsilon
        self.optimizer = optimizer
        self.epochs = epochs
        self.lr = lr
        self.batch_size = batch_size
        self.momentum = momentum
        self.class_weight = class_weight
        self.dtype = dtype
        self.device = device
        self.seed = seed

    def fit(
        self, X: Samples, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> "PlacementClassifier":
        """Fit to X (n, d) and the labels y (n,), each row counting `sample_weight` times."""
        from placement.training.solver.training_loop import solve

        self.__dict__.pop("coef_", None)  # should this fit fail, half of an earlier one is no model
        table, y = self._checked_rows(to_pandas(X), y)
        weight = _checked_weight(sample_weight, y)
        target = self._checked_target(y, weight)
        options = self._options(table)
        weight_of_class = self._weight_of_class(y, weight)
        in_loss = None if weight_of_class is None else weight * weight_of_class[target.astype(int)]
        try:
            if isinstance(table, dict):
                self._encoder = learn_array_encoder(table, np.asarray(weight, dtype=np.float64))
                encoded = self._encoder.design_matrix(table)
                rows = ArrayChunks(encoded, target, weight if in_loss is None else in_loss)
                solution = solve(rows, options, names=self._encoder.names)
            else:
                solution = self._fit_numbers(
                    ArrayChunks(DesignMatrix.of(table), target, weight), in_loss, options
                )
        except DataError as problem:
            raise ValueError(self._in_parameters(problem)) from problem
        self._set_fitted(solution)
        return self

    def _fit_numbers(
        self, rows: ArrayChunks, in_loss: AnyFloatArray | None, options: "Options"
    ) -> "Solution":
        """Fit numbers (n, d) as they stand in memory; the perceptron standardises them."""
        from placement.training.passes.moments import column_totals
        from placement.training.problem.problem import define_problem
        from placement.training.solver.training_loop import solve

        totals = column_totals(rows, threads_for(rows), products=True)
        units = totals.moments.standardising()
        self._encoder = number_encoder(self._names(), units.mean, units.std)
        problem = define_problem(
            rows if in_loss is None else replace(rows, weight=in_loss),
            options,
            self._encoder.names,
            standardising=units,
            totals=totals if in_loss is None else None,
        )
        return solve(problem)

    def decision_function(self, X: Samples) -> FloatArray:
        """Return the log-odds (n,) of the second class."""
        check_is_fitted(self)
        encoded = self._encoder.encode(self._checked_columns(to_pandas(X)))
        logit = np.full(len(encoded), self._intercept)
        for j, weight in enumerate(self.coef_standardised_[0]):
            # Never `@`: BLAS gives other bits for one row than for a batch.
            logit += encoded[:, j] * weight
        return logit

    def predict_proba(self, X: Samples) -> FloatArray:
        """Return the probabilities (n, 2), in the order of `classes_`."""
        positive = sigmoid(self.decision_function(X))
        return np.column_stack([1 - positive, positive])

    def predict(self, X: Samples) -> CellArray:
        """Return the more probable label of each row, (n,)."""
        logit = self.decision_function(X)
        return np.asarray(self.classes_[(logit > 0).astype(int)])

    def __sklearn_is_fitted__(self) -> bool:
        """Whether a fit came to its end: one that failed leaves the names of its columns behind."""
        return hasattr(self, "coef_")

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that there are two classes, no more."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Return the state with the encoder as its document, which readers need not trust."""
        state = dict(super().__getstate__())
        if "_encoder" in state:
            state["_encoder"] = state["_encoder"].document
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a state that `__getstate__` gave."""
        if "_encoder" in state:
            columns = tuple(map(column_from_document, state["_encoder"]))
            state = state | {"_encoder": Encoder(columns)}
        super().__setstate__(state)

    def _in_parameters(self, problem: Exception) -> str:
        """Say what is wrong in the words of the parameters: `l2=0`, not `--l2 0`."""
        options = "|".join(name.replace("_", "-") for name in self.get_params())

        def parameter(option: re.Match[str]) -> str:
            name, value = option["name"].replace("-", "_"), option["value"]
            if value is None:
                return name
            return f"{name}={repr(value) if value[0].isalpha() else value}"

        named = rf"--(?P<name>{options})\b(?: (?P<value>{_VALUE}))?"
        return _OTHER_OPTION.sub("", re.sub(named, parameter, f"{problem}"))

    def _options(self, table: Samples) -> "Options":
        from placement.training.problem.device import check_device
        from placement.training.problem.options import Options

        settings = {k: v for k, v in self.get_params().items() if k != "class_weight"}
        if self.dtype is None:
            settings["dtype"] = str(getattr(table, "dtype", "float64"))
        try:
            check_device(self.device)
            return Options.of(TrainConfig(**settings))
        except UsageError as problem:
            raise ValueError(self._in_parameters(problem)) from problem

    def _checked_rows(
        self, X: Samples, y: npt.ArrayLike
    ) -> tuple[dict[str, CellArray | Coded] | AnyFloatArray, CellArray]:
        """Return X as numbers (n, d), or as columns by name where some hold words; and y (n,)."""
        self._categories = sorted(category_columns(X), key=str)  # skops knows no frozenset
        if self._categories:
            labels = column_or_1d(y, warn=True)
            assert_all_finite(labels, input_name="y")
            columns = self._checked_columns(X, reset=True)
            if len(labels) != len(X):
                raise ValueError(f"X has {len(X)} rows and y has {len(labels)}")
            return columns, labels
        with _naming_columns(X):
            numbers, labels = validate_data(self, X, y, dtype=[np.float64, np.float32])
        return numbers, labels

    def _checked_columns(self, X: Samples, *, reset: bool = False) -> dict[str, CellArray | Coded]:
        if not self._categories:
            with _naming_columns(X):
                x = validate_data(self, X, dtype=np.float64, reset=reset)
            return columns_by_name(x, self._names())
        validate_data(self, X, skip_check_array=True, reset=reset)
        names = self._names()
        columns = [
            X[name] if hasattr(X, "columns") else np.asarray(X)[:, j]
            for j, name in enumerate(names)
        ]
        cells = {name: _cells(column) for name, column in zip(names, columns, strict=True)}
        numbers = [name for name in names if name not in self._categories]
        if numbers:
            x = np.column_stack([cells[name] for name in numbers])
            with _naming_columns(x, numbers):
                checked = check_array(x, dtype=np.float64, input_name="X", estimator=self)
            cells |= columns_by_name(checked, numbers)
        return cells

    def _names(self) -> list[str]:
        named = getattr(self, "feature_names_in_", None)
        return [f"x{j}" for j in range(self.n_features_in_)] if named is None else list(named)

    def _checked_target(self, y: CellArray, weight: AnyFloatArray) -> AnyFloatArray:
        """Return the targets 0 and 1 (n,), and remember the two classes."""
        two_classes = _two_numbers(y)
        if two_classes is None:
            check_classification_targets(y)
            kind = type_of_target(y, input_name="y")
            if kind not in {"binary", "multiclass"} or len(np.unique(y)) > 2:
                raise ValueError(
                    f"Only binary classification is supported. The type of the target is {kind}."
                )
            self.classes_, class_index = np.unique(y, return_inverse=True)
            target = class_index.astype(np.float32)
        else:
            self.classes_, target = two_classes, (y == two_classes[1]).astype(np.float32)
        # Without weights the classes are those of y; to look for them again would take a pass.
        weighed = weight.strides != (0,)
        class_count = len(np.unique(target[weight > 0])) if weighed else len(self.classes_)
        if class_count < 2:
            raise ValueError(
                f"Rows of two classes are needed, those of weight > 0 hold {class_count} class"
            )
        return target

    def _weight_of_class(self, y: CellArray, weight: AnyFloatArray) -> FloatArray | None:
        """Return what a row of each class counts (2,); None where that is 1."""
        class_weight = None if self.class_weight == "none" else self.class_weight
        if class_weight is None:
            return None
        if isinstance(class_weight, Mapping):
            class_weight = dict(class_weight)
        return np.asarray(
            compute_class_weight(class_weight, classes=self.classes_, y=y, sample_weight=weight)
        )

    def _set_fitted(self, solution: "Solution") -> None:
        natural, intercept = self._encoder.unstandardise(solution.weights, solution.intercept)
        names = np.array(self._encoder.names, dtype=object)
        self.coef_ = natural[None, :]
        self.coef_standardised_ = np.array(solution.weights, dtype=np.float64)[None, :]
        self.intercept_ = np.array([intercept])
        self._intercept = float(solution.intercept)
        self.encoded_feature_names_ = names
        self.aliased_ = names[list(solution.aliased)]
        self.n_iter_ = int(solution.epochs)
        self.loss_curve_ = [epoch.loss for epoch in solution.history]
        self.converged_, self.stopped_ = bool(solution.converged), solution.stopped
        if not self.converged_:
            message = _unconverged(solution.stopped, solution.clamped_wrong)
            warnings.warn(message, ConvergenceWarning, 3)


@contextmanager
def _naming_columns(x: Samples, names: Sequence[str] | None = None) -> Iterator[None]:
    """Let scikit-learn's complaint about cells of x (n, d) say in which columns they are."""
    try:
        yield
    except ValueError as problem:
        first = f"{problem}".partition(".")[0]
        if not first.startswith("Input X contains"):
            raise
        is_frame = hasattr(x, "to_numpy")
        cells = x.to_numpy(np.float64, na_value=np.nan) if is_frame else np.asarray(x, np.float64)
        bad = np.flatnonzero(~np.isfinite(cells).all(axis=0))
        if not len(bad):  # finite, but too large for float32
            raise
        if names is None:
            names = list(getattr(x, "columns", [f"x{j}" for j in range(cells.shape[1])]))
        counts = (int((~np.isfinite(cells[:, j])).sum()) for j in bad)
        columns = [
            f"{names[int(j)]!r} ({counted(n, 'cell')})" for j, n in zip(bad, counts, strict=True)
        ]
        raise ValueError(
            f"{first} in column {listed(columns)}: leave these rows out, or fill the cells, as by "
            "SimpleImputer in a pipeline (placement.fit fills them itself)"
        ) from problem


def _cells(column: Samples) -> CellArray | Coded:
    """Return the cells (n,) of a column; those of a pandas category by its codes."""
    dtype = getattr(column, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype.kind in "iuf":
        return np.asarray(column)
    if not isinstance(dtype, np.dtype) and getattr(dtype, "kind", "O") in "biuf":
        return np.asarray(column.to_numpy(np.float64, na_value=np.nan))
    if str(dtype) != "category":
        return np.asarray(column, dtype=object)
    codes = column.cat.codes.to_numpy()
    texts = np.array([*column.cat.categories, None], dtype=object)
    return Coded(np.where(codes < 0, len(texts) - 1, codes), words(texts))


def _checked_weight(sample_weight: npt.ArrayLike | None, y: CellArray) -> AnyFloatArray:
    """Return the weight of each row (n,), not negative."""
    if sample_weight is None:
        return unit_weights(len(y))
    return np.asarray(
        _check_sample_weight(sample_weight, y[:, None], dtype=np.float64, ensure_non_negative=True)
    )


def _two_numbers(y: CellArray) -> CellArray | None:
    """Return the two whole numbers or booleans (2,) that y consists of, None where it does not.

    numpy's `unique` sorts; of millions of labels that takes longer than a pass of the fit.
    """
    if y.dtype.kind not in "iub" or not len(y):
        return None
    two = np.array([y.min(), y.max()], dtype=y.dtype)
    return two if two[0] != two[1] and ((y == two[0]) | (y == two[1])).all() else None


def _unconverged(stopped: str, clamped_wrong: int) -> str:
    if stopped == "clamped":
        return (
            f"not converged: {clamped_wrong} misclassified rows lie beyond the clamp and teach "
            "nothing; loss='logits' is the same loss without dead rows"
        )
    return f"not converged (stopped: {stopped}): raise epochs, or leave optimizer='newton'"
