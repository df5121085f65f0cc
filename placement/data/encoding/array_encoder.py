"""Encoders of arrays and frames, whose columns have no schema."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from placement.arrays import CellArray, FloatArray
from placement.data.encoding.encoder import Encoder, LevelCounts, NumberSums
from placement.data.schema import Feature
from placement.model.scorer import Coded, NumberColumn

Samples = Any  # numbers (n, d) of any kind, or a pandas frame


def category_columns(frame: Samples) -> frozenset[str]:
    """Return the names of a pandas frame's columns that hold words rather than numbers."""
    if not (hasattr(frame, "columns") and hasattr(frame, "select_dtypes")):
        return frozenset()
    candidates = frame.select_dtypes(include=["object", "string", "category"])
    return frozenset(
        name
        for name in candidates.columns
        if str(candidates[name].dtype) == "category"
        or any(isinstance(cell, str) for cell in candidates[name].tolist())
    )


def columns_by_name(x: FloatArray, names: list[str]) -> dict[str, CellArray | Coded]:
    """Return the columns of numbers (n, d), each (n,) in one piece of memory."""
    return {name: np.ascontiguousarray(x[:, j]) for j, name in enumerate(names)}


def learn_array_encoder(columns: Mapping[str, CellArray | Coded], weight: FloatArray) -> Encoder:
    """Learn the encoding of columns (n,), those of objects as categories, from weighted rows."""
    # Weights may be shares of 1, so levels are counted in rows: else all would be too rare.
    rows = (weight > 0).astype(np.float64)
    encoded = (
        LevelCounts.of(cells, rows).column(Feature(name, "category"))
        if isinstance(cells, Coded) or cells.dtype == object
        else NumberSums.of(cells, weight).column(Feature(name, "number"))
        for name, cells in columns.items()
    )
    return Encoder(tuple(encoded))


def number_encoder(names: Sequence[str], mean: FloatArray, std: FloatArray) -> Encoder:
    """Return the encoder of numbers of known mean and standard deviation (d,)."""
    columns = (
        NumberColumn(name, float(m), float(s), -np.inf, np.inf, None, None)
        for name, m, s in zip(names, mean, std, strict=True)
    )
    return Encoder(tuple(columns))
