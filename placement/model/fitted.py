"""The trained perceptron as data: what is saved, served, explained and logged."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from placement.arrays import Document, FloatArray, IntArray
from placement.config.train_config import TrainConfig
from placement.data.encoding.encoder import Encoder
from placement.data.formats.parquet import to_pandas
from placement.data.schema import Schema
from placement.data.table.table import Table
from placement.errors import DataError, counted, listed
from placement.model.bundle import garbled, open_bundle, write_bundle
from placement.model.document_codec import decode
from placement.model.figures import ModelFigures, figures_document, figures_of
from placement.model.history import Epoch
from placement.model.scorer import (
    READ,
    Bundle,
    Calibration,
    Scorer,
    ScorerError,
    file_columns,
    match_columns,
)
from placement.runtime.notebook import html_table, paragraph

T = TypeVar("T")

MOST_EPOCHS_KEPT = 500
_NO_WEIGHTS = np.empty(0)


@dataclass(frozen=True)
class Coefficient:
    """One row of the model's table: log-odds per natural unit, and per standard deviation.

    A column that is a linear combination of earlier ones has no `coefficient_standardised`, and no
    `coefficient` either, unless another column that is standardised by it needs one.
    """

    feature: str
    coefficient: float | None
    coefficient_standardised: float | None


@dataclass(frozen=True)
class Fitted:
    """A trained perceptron and everything needed to use and question it.

    `weights: (d,)` and `intercept` act on the encoded columns; `aliased` names those left out as
    linear combinations of earlier ones. `config` holds the settings that decided the fit and
    `figures` what it came to (rows, losses, convergence, metrics, skill).
    `factor: (d + 1, d + 1)`, lower triangular, is what the covariance of weights and intercept is
    made of; None where the columns were too many, or the Hessian singular.

    `calibration` turns the logit into the probability where the sigmoid alone does not.
    """

    weights: FloatArray
    intercept: float
    aliased: tuple[str, ...]
    encoder: Encoder
    schema: Schema
    config: Mapping[str, Any]
    figures: ModelFigures
    history: tuple[Epoch, ...] = field(default=(), repr=False)
    threshold: float = 0.5
    factor: FloatArray | None = field(default=None, repr=False)
    calibration: Calibration | None = None

    @property
    def scorer(self) -> Scorer:
        """What turns a table into probabilities."""
        return Scorer(
            self.encoder.columns, self.weights, self.intercept, self.factor, self.calibration
        )

    @property
    def covariance(self) -> FloatArray | None:
        """The covariance `(d + 1, d + 1)` of weights and intercept (the last); 0 where aliased."""
        return None if self.factor is None else self.factor @ self.factor.T

    def predict_proba(self, rows: Any) -> FloatArray:
        """Return the probability (n,) of the positive outcome.

        `rows`: a frame of pandas or polars, a mapping of columns, or a `Table`, whose rows are
        those with an outcome. Raises DataError for a column that is lacking.
        """
        scorer = self.scorer
        try:
            if not isinstance(rows, Table):
                return scorer.score(to_pandas(rows)).probability
            names = [name for name, column in rows.chunked_columns.items() if not column.is_hashed]
            features = tuple(match_columns(names, self.schema.feature_names).values())
            pieces = (rows.piece(piece, features) for piece in range(rows.pieces))
            return np.concatenate([scorer.score(cells, READ).probability for cells in pieces])
        except ScorerError as problem:
            raise DataError(str(problem)) from problem

    def predict(self, rows: Any, *, threshold: float | None = None) -> IntArray:
        """Return 1 for each row (n,) whose probability reaches the threshold, else 0.

        `rows` are those of `predict_proba`; the threshold is the model's unless one is given.
        """
        limit = self.threshold if threshold is None else threshold
        return (self.predict_proba(rows) >= limit).astype(np.int64)

    def __repr__(self) -> str:
        return f"Fitted({self._about})"

    def _repr_html_(self) -> str:
        intercept = ("(intercept)", self.natural_intercept, None)
        rows = [(c.feature, c.coefficient, c.coefficient_standardised) for c in self.coefficients]
        header = ("log-odds", "per unit", "per standard deviation")
        shown = paragraph(self._about) + html_table(header, [intercept, *rows])
        if (evaluation := self.figures.evaluation) is None:
            return shown
        held_out = evaluation.metrics_on == "test"
        where = "on the held-out rows" if held_out else "on the training rows"
        return shown + html_table(("metric", where), evaluation.metrics.as_dict().items())

    @property
    def _about(self) -> str:
        target, figures = self.schema.target, self.figures
        rows = f"trained on {counted(figures.rows.train, 'row')}, {figures.rows.test:,} held out"
        end = "converged" if figures.converged else f"NOT converged ({figures.stopped})"
        columns = f"{target.outcome} by {listed(self.schema.feature_names)}"
        return f"{columns}; {rows}; {figures.optimizer}, {end}"

    @property
    def coefficients(self) -> tuple[Coefficient, ...]:
        """The model as a table in natural units, encoded columns in order."""
        used = np.array([name not in self.aliased for name in self.encoder.names], dtype=bool)
        natural, _ = self.encoder.unstandardise(np.where(used, self.weights, 0.0), self.intercept)
        return tuple(
            Coefficient(name, float(raw) or None, None)
            if name in self.aliased
            else Coefficient(name, float(raw), float(standardised))
            for name, raw, standardised in zip(
                self.encoder.names, natural, self.weights, strict=True
            )
        )

    @property
    def natural_intercept(self) -> float:
        """The intercept that goes with the coefficients in natural units."""
        return self.encoder.unstandardise(self.weights, self.intercept)[1]

    @property
    def document(self) -> Document:
        """The JSON-able part of the bundle: no time, host, path or run."""
        return {
            "schema": dataclasses.asdict(self.schema),
            "encoder": self.encoder.document,
            "aliased": list(self.aliased),
            "config": dict(self.config),
            "figures": figures_document(self.figures),
            "history": [
                _epoch_document(epoch) for epoch in thinned(self.history, MOST_EPOCHS_KEPT)
            ],
            "threshold": self.threshold,
            "calibration": None if self.calibration is None else self.calibration.document,
        }

    def save(self, directory: str | Path) -> Path:
        """Write the bundle to a directory, replacing a bundle there; return its absolute path."""
        more = {} if self.factor is None else {"covariance_factor": self.factor}
        return write_bundle(directory, self.document, self.weights, self.intercept, more)


def load_fitted(directory: str | Path) -> Fitted:
    """Read a bundle directory written by `Fitted.save`."""
    return fitted_of(open_bundle(directory), directory)


def fitted_of(bundle: Bundle, directory: str | Path) -> Fitted:
    """Return the model of a bundle that was read from a directory; ModelError if it is garbled."""
    with garbled(directory):
        return _fitted(bundle)


@dataclass(frozen=True)
class _Parts:
    """What a document says beside encoder, figures and history."""

    schema: Schema
    aliased: tuple[str, ...]
    config: TrainConfig
    threshold: float


def _fitted(bundle: Bundle) -> Fitted:
    document, scorer = bundle.document, bundle.scorer
    parts = decode(_Parts, document)
    fitted = Fitted(
        weights=scorer.weights,
        intercept=scorer.intercept,
        aliased=parts.aliased,
        encoder=Encoder(scorer.columns),
        schema=parts.schema,
        config=parts.config.of_model,
        figures=figures_of(document["figures"]),
        history=tuple(
            decode(Epoch, {**entry, "weights": _NO_WEIGHTS, "intercept": None})
            for entry in document["history"]
        ),
        threshold=parts.threshold,
        factor=scorer.factor,
        calibration=scorer.calibration,
    )
    blank = np.array([None, ""], dtype=object)
    # Both raise where a column is not made as its kind is.
    scorer.score(dict.fromkeys(file_columns(scorer.columns), blank))
    fitted.encoder.unstandardise(fitted.weights, fitted.intercept)
    return fitted


def thinned(items: Sequence[T], most: int) -> list[T]:
    """Return at most `most` items, evenly spread, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[index] for index in np.linspace(0, len(items) - 1, most).round().astype(int)]


def _epoch_document(epoch: Epoch) -> Document:
    # Weights of every epoch would make the bundle large; the last ones are the model itself.
    return {
        item.name: getattr(epoch, item.name)
        for item in dataclasses.fields(epoch)
        if item.name not in {"weights", "intercept"}
    }
