"""Open a table that a model is to score."""

from placement.config.file_options import FileOptions
from placement.data.formats.table_reader import Reader, open_table
from placement.model.scorer import TableLike, match_columns
from placement.runtime.progress import ProgressListener
from placement.workflows.reading.find_model import Model
from placement.workflows.reading.lacking_columns import refuse_lacking


def open_for(model: Model, source: str, options: FileOptions, listener: ProgressListener) -> Reader:
    """Open a table, choose its sheet and say what was found; `DataError` if it lacks a column."""
    needed = model.scorer.feature_columns

    def has_all_columns(names: tuple[str, ...], _cells: TableLike) -> bool:
        return len(match_columns(names, needed)) == len(set(needed))

    reader = open_table(source, options, wants_sheet=has_all_columns)
    listener.notes(reader.notes)
    refuse_lacking(reader.name, reader.names, needed, model.schema)
    return reader
