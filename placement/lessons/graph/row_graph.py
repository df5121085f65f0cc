"""The loss of one row of a file, by a model, as a graph."""

import numpy as np
import torch

from placement.arrays import Columns, FloatArray
from placement.data.columns.storage import IN_MEMORY
from placement.data.table.table import Table
from placement.errors import DataError
from placement.lessons.graph.common_graphs import add_logit, loss_graph
from placement.lessons.graph.graph import Graph, Tape
from placement.model.fitted import Fitted, load_fitted
from placement.model.loss import effective_epsilon
from placement.model.scorer import match_columns
from placement.runtime.progress import NoProgress, ProgressListener
from placement.workflows.reading.find_model import find_model
from placement.workflows.reading.read_labelled import read_like
from placement.workflows.scoring.predict_one import phrase


def row_graph(
    source: str, row: int, model: str = "champion", progress: ProgressListener = NoProgress()
) -> tuple[Graph, tuple[str, ...]]:
    """Return the graph of a data row (from 1), and the encoded columns that are 0 there.

    The loss is the one the model was trained with. Columns that are 0 add nothing to the score, and
    the gradient of their weights is 0. Raises DataError where there is no such row with an outcome.
    """
    fitted = load_fitted(find_model(model, progress).directory)
    learnt = fitted.scorer.numbers
    table = read_like(source, fitted.schema, learnt, IN_MEMORY, progress, one_outcome=True)
    positions = np.flatnonzero(table.rows == row)
    if not len(positions):
        raise DataError(
            f"{table.name} has no row {row} with an outcome: its rows are {table.rows.min()} to "
            f"{table.rows.max()}, but for those left out"
        )
    table_row = table.take(positions[:1])
    encoded = _encode(table_row, fitted)
    for problem in fitted.encoder.problems(table_row.piece(0, fitted.schema.feature_names)):
        progress.warn(f"{table.name}, row {row}, column {problem.column}: {phrase(problem)}")
    weights = np.nan_to_num(np.array(fitted.weights, dtype=np.float64))
    columns = {
        name: (float(weight), float(value))
        for name, weight, value in zip(fitted.encoder.names, weights, encoded, strict=True)
        if value != 0
    }
    zero_columns = tuple(name for name in fitted.encoder.names if name not in columns)
    tape, config = Tape(), fitted.config
    z = add_logit(tape, columns, float(fitted.intercept))
    dtype = torch.float32 if config["dtype"] == "float32" else torch.float64
    epsilon = effective_epsilon(dtype, float(config["epsilon"]))
    label = float(table_row.label[0])
    return loss_graph(tape, z, label, epsilon, config["loss"]), zero_columns


def _encode(table_row: Table, fitted: Fitted) -> FloatArray:
    columns: Columns = table_row.columns
    names = match_columns(columns.keys(), fitted.schema.feature_names)
    row: FloatArray = fitted.encoder.encode({name: columns[key] for name, key in names.items()})[0]
    return row
