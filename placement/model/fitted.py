"""The trained perceptron as data: what is saved, served, explained and logged."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from placement.arrays import Document, FloatArray
from placement.config.train_config import TrainConfig
from placement.data.encoding.encoder import Encoder
from placement.data.schema import Schema
from placement.errors import DataError
from placement.model.bundle import garbled, open_bundle, write_bundle
from placement.model.document_codec import decode
from placement.model.figures import ModelFigures, figures_document, figures_of
from placement.model.history import Epoch
from placement.model.scorer import Bundle, Calibration, Scorer, ScorerError, file_columns

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

    def predict_proba(self, frame: Any) -> FloatArray:
        """Return the probability (n,) of the positive outcome for rows of a frame or mapping."""
        try:
            return self.scorer.score(frame).probability
        except ScorerError as problem:
            raise DataError(str(problem)) from problem

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
    bundle = open_bundle(directory)
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
        config=parts.config.of_scope("fit"),
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
