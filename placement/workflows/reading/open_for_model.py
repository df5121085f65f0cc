"""Open a table that a model is to score."""

from placement.config.file_options import FileOptions
from placement.data.formats.table_reader import Reader, open_table
from placement.errors import DataError, did_you_mean
from placement.model.scorer import TableLike, fold
from placement.runtime.progress import ProgressListener
from placement.workflows.reading.find_model import Model


def open_for(model: Model, source: str, options: FileOptions, listener: ProgressListener) -> Reader:
    """Open a table, choose its sheet and say what was found; `DataError` if it lacks a column."""

    def has_all_columns(names: tuple[str, ...], _cells: TableLike) -> bool:
        return not _missing_columns(model, names)

    reader = open_table(source, options, wants_sheet=has_all_columns)
    for text in reader.notes:
        listener.note(text)
    lacking = _missing_columns(model, reader.names)
    if lacking:
        hint = did_you_mean(lacking[0], reader.names)
        what = "column" if len(lacking) == 1 else "columns"
        raise DataError(
            f"{reader.name}: lacks the {what} {', '.join(map(repr, lacking))} that the model needs"
            f"{hint}; add it, or train without it"
        )
    return reader


def _missing_columns(model: Model, names: tuple[str, ...]) -> list[str]:
    present = {fold(name) for name in names}
    return [name for name in model.scorer.feature_columns if fold(name) not in present]
