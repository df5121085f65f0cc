"""From a checked table to encoded rows: what is held out, and what is to be fitted to the rest."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from placement.arrays import BoolArray, FloatArray
from placement.config.train_config import TrainConfig
from placement.data.encoding.chunks import Chunks
from placement.data.encoding.encode_rows import EncodingRequest, encode_rows
from placement.data.encoding.encoder import Encoder, learn_encoding
from placement.data.encoding.nonlinear_terms import nonlinear_terms_of
from placement.data.splits.row_clusters import RowClusters, row_clusters
from placement.data.splits.split import TEST, TRAIN, VALIDATION, Split, hold_out, rows_of
from placement.data.table.table import Table
from placement.errors import DataError
from placement.training.inference.firth import pseudo_observed
from placement.training.problem.options import Options
from placement.training.problem.problem import Problem, define_problem


@dataclass(frozen=True)
class TestRows:
    """Some rows of a table, to measure a model on; `rows(piece)` marks those (n,) of a piece."""

    table: Table
    rows: Callable[[int], BoolArray]


def every_row(table: Table) -> TestRows:
    """Measure on all rows of a table."""
    return TestRows(table, lambda piece: np.ones(table.labels.sizes[piece], dtype=bool))


@dataclass(frozen=True)
class Prepared:
    """Encoded rows, inspected and ready for the loop. `test` is None where nothing is held out.

    `observed` are the training rows as they are; with Firth's correction, the problem's source has
    the pseudo-observations in it. `test_table` is a table of its own to test on. `weight` is the
    training rows' and `base_rate` their weighted share of the positive outcome, class weights
    aside; `class_weights` (2,) are those of the negative and the positive outcome, None where they
    are 1.
    """

    table: Table
    config: TrainConfig
    split: Split
    encoder: Encoder
    problem: Problem
    observed: Chunks
    validation: Chunks | None
    test: Chunks | None
    test_table: Table | None
    weight: float
    base_rate: float
    class_weights: tuple[float, float] | None = None

    def discard(self) -> None:
        """Free the space of the encoded rows."""
        for source in (self.observed, self.validation, self.test):
            if source is not None:
                source.discard()

    @cached_property
    def clusters(self) -> RowClusters | None:
        """Which training rows are of one student, or copies of one row."""
        return row_clusters(self.table, self.split, self.config)

    @property
    def test_count(self) -> int:
        """The number of rows to measure on."""
        return self.problem.source.rows if self.test is None else self.test.rows

    @property
    def test_rows(self) -> TestRows:
        """The rows to measure on: the test file's, the held-out ones, or else the training rows."""
        if self.test_table is not None:
            return every_row(self.test_table)
        return TestRows(self.table, rows_of(self.split, TRAIN if self.test is None else TEST))


def prepare(
    table: Table,
    config: TrainConfig,
    *,
    test: Table | None = None,
    split: Split | None = None,
    everything: bool = False,
    chunk_rows: int | None = None,
    find_separation: bool = True,
    on_progress: Callable[[int], None] = lambda _rows: None,
) -> Prepared:
    """Hold rows out, learn the encoding from the training rows, encode.

    `test`: a table of its own to test on. `split`: which rows are held out, where that is decided.
    `everything`: train on all rows. `find_separation`: find out whether a hyperplane separates the
    classes. `on_progress` is called with the number of rows just encoded. Raises DataError where
    the training rows are separable at `--l2 0`.
    """
    split = split or hold_out(table, config, everything=everything or test is not None)
    terms = nonlinear_terms_of(config, table.schema, file=table.name)
    encoder = learn_encoding(table, split, terms)
    totals = _class_totals(table, split)
    class_weights = _balanced(totals) if config.class_weight == "balanced" else None
    unweighted = EncodingRequest(
        rows_of(split, TRAIN), encoder, np.dtype(config.dtype), chunk_rows=chunk_rows
    )
    train = encode_rows(table, replace(unweighted, class_weights=class_weights), on_progress)
    validation = held_out = None
    if split.counts[VALIDATION]:
        request = replace(unweighted, rows=rows_of(split, VALIDATION))
        validation = encode_rows(table, request, on_progress)
    if test is not None:
        held_out = encode_rows(test, replace(unweighted, rows=every_row(test).rows), on_progress)
        split = replace(split, note=f"tested on {test.name}")
    elif split.counts[TEST]:
        held_out = encode_rows(table, replace(unweighted, rows=rows_of(split, TEST)), on_progress)
    try:
        problem = define_problem(
            train, Options.of(config), encoder.names, find_separation=find_separation
        )
    except DataError as error:
        raise DataError(f"{table.name}: {error}") from error
    return Prepared(
        table=table,
        config=config,
        split=split,
        encoder=encoder,
        problem=pseudo_observed(problem) if config.firth else problem,
        observed=problem.source,
        validation=validation,
        test=held_out,
        test_table=test,
        weight=float(totals.sum()),
        base_rate=float(totals[1] / totals.sum()),
        class_weights=class_weights,
    )


def _class_totals(table: Table, split: Split) -> FloatArray:
    """Return the weight of the negative and of the positive training rows, (2,)."""
    if not table.is_weighted:
        positive = float(split.positive[TRAIN])
        return np.array([float(split.counts[TRAIN]) - positive, positive])
    total = np.zeros(2)
    for subset, label, weight in zip(split.subsets, table.labels, table.weights, strict=True):
        train = subset == TRAIN
        positive = float((weight[train] * label[train]).sum())
        total += float(weight[train].sum()) - positive, positive
    return total


def _balanced(totals: FloatArray) -> tuple[float, float]:
    """Return the class weights that give both classes half of the weight."""
    negative, positive = (totals.sum() / (2 * totals)).tolist()
    return negative, positive
