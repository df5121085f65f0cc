"""From a checked table to encoded rows, and from a solution to a model: what surrounds the loop."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from placement.config import TrainConfig
from placement.data.chunks import ArrayChunks
from placement.data.encoding import Encoder, learn_encoder
from placement.data.split import Split, hold_out
from placement.data.table import Table
from placement.errors import DataError, UsageError
from placement.model.fitted import Fitted
from placement.training.fitting import solve
from placement.training.options import Options
from placement.training.problem import Problem
from placement.training.problem import prepare as look_at
from placement.training.solution import Solution

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Prepared:
    """Encoded rows, looked at and ready for the loop. `test` is None where nothing is held out."""

    table: Table
    config: TrainConfig
    split: Split
    encoder: Encoder
    problem: Problem
    validation: ArrayChunks | None
    test: ArrayChunks | None

    @property
    def base_rate(self) -> float:
        """Weighted share of the positive outcome in training, class weights aside."""
        weight = self.table.weight[self.split.train]
        return float((weight * self.table.label[self.split.train]).sum() / weight.sum())


def prepare(
    table: Table,
    config: TrainConfig,
    *,
    test: Table | None = None,
    everything: bool = False,
    chunk_rows: int | None = None,
) -> Prepared:
    """Hold rows out, learn the encoding from the training rows, encode.

    `test`: a table of its own to test on. `everything`: train on all rows. Raises DataError where
    the training rows are separable at `--l2 0`.
    """
    split = hold_out(table, config, everything=everything or test is not None)
    columns = {name: table.columns[name][split.train] for name in table.schema.feature_names}
    encoder = learn_encoder(columns, table.schema, table.weight[split.train])
    train = _chunks(table, split.train, encoder, chunk_rows)
    validation = held_out = None
    if len(split.validation):
        validation = _chunks(table, split.validation, encoder, chunk_rows)
    if test is not None:
        held_out = _chunks(test, np.arange(len(test.label)), encoder, chunk_rows)
        split = replace(split, note=f"tested on {test.name}")
    elif len(split.test):
        held_out = _chunks(table, split.test, encoder, chunk_rows)
    try:
        problem = look_at(_class_weighted(train, config), Options.of(config), encoder.names)
    except DataError as fault:
        raise DataError(f"{table.name}: {fault}") from fault
    return Prepared(table, config, split, encoder, problem, validation, held_out)


def _chunks(table: Table, rows: Rows, encoder: Encoder, chunk_rows: int | None) -> ArrayChunks:
    x = encoder.encode({name: table.columns[name][rows] for name in table.schema.feature_names})
    return ArrayChunks(x, table.label[rows], table.weight[rows], chunk_rows)


def _class_weighted(train: ArrayChunks, config: TrainConfig) -> ArrayChunks:
    """Give both classes half of the weight where that was asked for."""
    if config.class_weight != "balanced":
        return train
    total, positive = train.weight.sum(), (train.weight * train.y).sum()
    factor = np.where(train.y >= 0.5, total / (2 * positive), total / (2 * (total - positive)))
    return replace(train, weight=train.weight * factor)


def fit(
    table: Table,
    config: TrainConfig = TrainConfig(),
    *,
    chunk_rows: int | None = None,
    threads: int | None = None,
) -> Fitted:
    """Train a perceptron on a table: hold out, encode, minimise.

    How the file is read was settled by `read_table`, where the run goes by the command line:
    settings of those kinds in `config` are a UsageError, not silently ignored. `chunk_rows` and
    `threads` decide memory and speed, never the result.
    """
    refuse_foreign_settings(config)
    prepared = prepare(table, config, chunk_rows=chunk_rows)
    found = solve(
        prepared.problem, validation=prepared.validation, held_out=prepared.test, threads=threads
    )
    return finish(prepared, found)


def refuse_foreign_settings(config: TrainConfig) -> None:
    """Raise UsageError for settings that `fit` could only ignore."""
    by_command = {"refit": config.refit, "gradcheck_every": config.gradcheck_every}
    asked = {
        "give it to read_table": config.of_scope("read"),
        "use the command line": config.of_scope("run") | by_command,
    }
    plain = TrainConfig()
    for cure, settings in asked.items():
        for name, value in settings.items():
            # The group column was set aside by read_table and is needed again to split.
            if name != "group" and value != getattr(plain, name):
                raise UsageError(f"fit does not use {name}={value!r}: {cure}")


def finish(prepared: Prepared, solution: Solution) -> Fitted:
    """Make the model of a solution."""
    names = prepared.encoder.names
    return Fitted(
        weights=solution.weights,
        intercept=solution.intercept,
        aliased=tuple(names[place] for place in solution.aliased),
        encoder=prepared.encoder,
        schema=prepared.table.schema,
        config=prepared.config.of_scope("fit"),
        figures=_figures(prepared, solution),
        history=tuple(solution.history),
    )


def _figures(prepared: Prepared, solution: Solution) -> dict[str, Any]:
    held_out = prepared.test.rows if prepared.test else 0
    return {
        "rows": {
            "train": prepared.problem.source.rows,
            "test": held_out,
            "left_out": sum(number for _, number in prepared.table.left_out),
        },
        "data_digest": prepared.table.digest,
        "base_rate": prepared.base_rate,
        "optimizer": solution.optimizer,
        "lr": solution.lr,
        "converged": solution.converged,
        "stopped": solution.stopped,
        "epochs": solution.epochs,
        "lambda": solution.distance,
        "dtype": prepared.config.dtype,
        "epsilon": solution.epsilon,
        "clamped_rows": solution.clamped_rows,
        "train_loss": solution.loss,
        "penalised_loss": solution.penalised_loss,
    }


def cross_fit(
    table: Table, config: TrainConfig, fold: Rows
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return out-of-fold probabilities and base rates, (n,) each; `fold` (n,) numbers the folds.

    Where the rest of a fold is separable at `--l2 0`, though the whole is not, the fold is fitted
    with the default penalty: it has no unpenalised optimum.
    """
    config = replace(config, patience=None)
    probability, base = np.empty(len(table)), np.empty(len(table))
    for number in np.unique(fold):
        rows, rest = np.flatnonzero(fold == number), table.take(np.flatnonzero(fold != number))
        try:
            prepared = prepare(rest, config, everything=True)
        except DataError:
            prepared = prepare(rest, replace(config, l2=TrainConfig().l2), everything=True)
        columns = {name: table.columns[name][rows] for name in table.schema.feature_names}
        probability[rows] = finish(prepared, solve(prepared.problem)).predict_proba(columns)
        base[rows] = prepared.base_rate
    return probability, base
