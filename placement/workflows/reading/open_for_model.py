"""Open a table that a model is to score."""

from collections.abc import Callable

from placement.data.formats.table_reader import Reader, open_table
from placement.errors import DataError, did_you_mean
from placement.model.scorer import TableLike, fold
from placement.runtime.progress import ProgressListener
from placement.workflows.reading.find_model import Model


def open_for(
    model: Model,
    source: str,
    watcher: ProgressListener,
    *,
    names: tuple[str, ...],
    sheet: str | None,
) -> Reader:
    """Open a table, choose its sheet and say what was found; `DataError` if it lacks a column."""
    reader = open_table(source, names=names, sheet=sheet, wants_sheet=_wants(model))
    for text in reader.notes:
        watcher.note(text)
    _require_columns(model, reader)
    return reader


def _wants(model: Model) -> Callable[[tuple[str, ...], TableLike], bool]:
    """Want a sheet that has every column the model needs."""

    def wants(names: tuple[str, ...], _cells: TableLike) -> bool:
        have = {fold(name) for name in names}
        return all(fold(name) in have for name in model.scorer.feature_columns)

    return wants


def _require_columns(model: Model, reader: Reader) -> None:
    have = {fold(name) for name in reader.names}
    lacking = [name for name in model.scorer.feature_columns if fold(name) not in have]
    if lacking:
        hint = did_you_mean(lacking[0], reader.names)
        what = "column" if len(lacking) == 1 else "columns"
        raise DataError(
            f"{reader.name}: lacks the {what} {', '.join(map(repr, lacking))} that the model needs"
            f"{hint}; add it, or train without it"
        )
