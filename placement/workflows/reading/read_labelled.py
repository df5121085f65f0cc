"""Read rows whose outcome is known in the way a model was trained."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from placement.config.file_options import PLAIN_FILE, FileOptions
from placement.config.label_options import LabelOptions
from placement.config.train_config import TrainConfig
from placement.data.columns.raw_column import MAX_TEXTS
from placement.data.columns.storage import Storage
from placement.data.formats.table_reader import Reader
from placement.data.schema import Schema
from placement.data.table.read_table import (
    Table,
    matching_columns,
    open_labelled_table,
    read_opened_table,
)
from placement.errors import DataError, Grave
from placement.model.scorer import LearntNumbers, match_columns
from placement.runtime.progress import NoProgress, ProgressListener
from placement.workflows.reading.lacking_columns import refuse_lacking


def read_with_progress(
    source: Any, how: Mapping[str, Any], storage: Storage, listener: ProgressListener
) -> Table:
    """Read a table with outcomes as `how` says, opened already or not, and say how far it is."""
    reader = source if isinstance(source, Reader) else open_labelled_table(source, how)
    with listener.progress("reading", "rows", reader.likely_rows) as progress:
        return read_opened_table(reader, how, storage, progress.update)


def storage_for(options: LabelOptions) -> Storage:
    """Return where a table with outcomes is stored: outcomes are joined in memory."""
    return Storage(stream=False if options.labels else None)


def read_like(
    source: Any,
    schema: Schema,
    learnt: Mapping[str, LearntNumbers],
    storage: Storage,
    listener: ProgressListener = NoProgress(),
    options: FileOptions = PLAIN_FILE,
    *,
    weight: str | None = None,
    usual_weight: str | None = None,
    one_outcome: bool = False,
    sensitive: tuple[str, ...] | None = None,
) -> Table:
    """Read a file with the target words and columns of a model's schema, in its spelling.

    `learnt`: its columns of numbers, which say how those of the file are written.
    `weight`: its column of frequency weights; None for `usual_weight`, by default the model's,
    where the file has it. `one_outcome`: all of its rows may have the same one.
    `sensitive`: columns whose groups are to be compared, None for the recognised ones.
    """
    how = TrainConfig().of_scope("read") | options.file_options() | _settings_of(schema)
    how |= {"one_outcome": one_outcome, "weight": weight, "sensitive": sensitive, "learnt": learnt}
    reader = source if isinstance(source, Reader) else open_labelled_table(source, how)
    usual_weight, uncounted = usual_weight or schema.weight, tuple[str, ...]()
    if weight is None and usual_weight is not None:
        how["weight"] = match_columns(reader.names, [usual_weight]).get(usual_weight)
        if how["weight"] is None:
            text = (
                f"{reader.name} has no column {usual_weight}, by which the rows of the training "
                "were counted: each of its lines counts once (or give --weight COL)"
            )
            uncounted = (Grave(text),)
        else:
            listener.note(f"rows are counted by {how['weight']}, as in training")
    refuse_lacking(reader.name, reader.names, schema.feature_names, schema)
    table = read_with_progress(reader, how, storage, listener)
    theirs = matching_columns(table.chunked_columns, schema.feature_names, file=table.name)
    names_of_model = {spelling: name for name, spelling in theirs.items()}
    for spelling in theirs.values():
        if table.chunked_columns[spelling].is_hashed:
            raise DataError(
                f"{table.name}: {spelling} has more than {MAX_TEXTS:,} different words, which is "
                "no category that a model can know"
            )
    return replace(
        table,
        warnings=(*uncounted, *table.warnings),
        chunked_columns={
            names_of_model.get(name, name): column for name, column in table.chunked_columns.items()
        },
        sensitive=tuple(names_of_model.get(name, name) for name in table.sensitive),
    )


def _settings_of(schema: Schema) -> dict[str, Any]:
    """Return what a model's schema says of how a table is read."""
    target, features = schema.target, schema.features
    return {
        "target": target.name,
        "positive": target.rule or target.positive,
        "negative": None if target.rule else target.negative,
        "of_model": True,
        "features": schema.feature_names,
        "categorical": tuple(f.name for f in features if f.kind == "category"),
        "same_of_model": {f.name: dict(f.same) for f in features if f.same},
    }
