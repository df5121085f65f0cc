"""The loss of one row of a learner's own file, by a model, as a graph."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from placement.data.columns.storage import IN_MEMORY
from placement.errors import DataError
from placement.lessons.graph.common_graphs import logit, loss_of
from placement.lessons.graph.graph import Graph, Tape
from placement.model.fitted import load_fitted
from placement.model.loss import effective_epsilon
from placement.model.scorer import match_columns
from placement.runtime.progress import NoProgress, ProgressListener
from placement.workflows.reading.find_model import find_model
from placement.workflows.reading.read_labelled import read_like
from placement.workflows.scoring.predict_one import phrase


def graph_of_row(
    source: str, row: int, model: str = "champion", watcher: ProgressListener = NoProgress()
) -> tuple[Graph, tuple[str, ...]]:
    """Return the graph of a data row (from 1), and the encoded columns that are 0 there.

    The loss is the one the model was trained with. Columns that are 0 add nothing to the score, and
    the gradient of their weights is 0. Raises DataError where there is no such row with an outcome.
    """
    found = find_model(model, watcher)
    fitted = load_fitted(found.directory)
    table = read_like(source, fitted.schema, IN_MEMORY, watcher, one_outcome=True)
    places = np.flatnonzero(table.rows == row)
    if not len(places):
        raise DataError(
            f"{table.name} has no row {row} with an outcome: its rows are {table.rows.min()} to "
            f"{table.rows.max()}, but for those left out"
        )
    own = table.take(places[:1])
    columns: Mapping[str, Any] = own.columns
    names = match_columns(columns.keys(), fitted.schema.feature_names)
    cells = fitted.encoder.encode({name: columns[there] for name, there in names.items()})[0]
    for problem in fitted.encoder.problems(own.piece(0, fitted.schema.feature_names)):
        watcher.warn(f"{table.name}, row {row}, column {problem.column}: {phrase(problem)}")
    weights = np.nan_to_num(np.array(fitted.weights, dtype=np.float64))
    used = {
        name: (float(weight), float(cell))
        for name, weight, cell in zip(fitted.encoder.names, weights, cells, strict=True)
        if cell != 0
    }
    zero = tuple(name for name in fitted.encoder.names if name not in used)
    tape = Tape()
    z = logit(tape, used, float(fitted.intercept))
    how = fitted.config
    dtype = torch.float32 if how["dtype"] == "float32" else torch.float64
    epsilon = effective_epsilon(dtype, float(how["epsilon"]))
    return loss_of(tape, z, float(own.label[0]), epsilon, how["loss"]), zero
