"""What the options say of columns, in the file's own spelling."""

from collections.abc import Mapping, Sequence
from typing import Any

from placement.config.train_config import NO_GROUP
from placement.data.columns.column import Column, infer_kind, with_same_levels
from placement.data.columns.load_columns import LoadedColumns
from placement.data.columns.same_levels import SameLevels, same_levels
from placement.data.schema import matching_columns
from placement.data.table.column_roles import ColumnRequest
from placement.data.table.scales.grade_scales import mixed_scales, on_one_scale
from placement.model.scorer import NumberColumn, fold

MODEL_COLUMN = "a column of the model"  # whose name nobody typed


class ColumnSpelling:
    """The file's own spelling of the columns that options name."""

    def __init__(self, data: LoadedColumns) -> None:
        self.data = data

    def all(self, option: str, names: Sequence[str]) -> tuple[str, ...]:
        """Return the spelling of each; DataError where there is no such column."""
        data = self.data
        spellings = matching_columns(data.columns, tuple(names), option=option, file=data.name)
        return tuple(spellings[name] for name in names)

    def one(self, option: str, name: str | None) -> str | None:
        """Return the spelling of one, if any is named."""
        return None if name is None else self.all(option, (name,))[0]


def column_request(
    spelling: ColumnSpelling, options: Mapping[str, Any], target: str, *, of_model: bool
) -> ColumnRequest:
    """Return what the options say of columns, in the file's spelling."""
    sensitive, group = options["sensitive"], options["group"]
    return ColumnRequest(
        target=target,
        features=spelling.all(MODEL_COLUMN if of_model else "--features", options["features"]),
        drop=spelling.all("--drop", options["drop"]),
        allow_leak=spelling.all("--allow-leak", options["allow_leak"]),
        allow_sensitive=spelling.all("--allow-sensitive", options["allow_sensitive"]),
        weight=spelling.one("--weight", options["weight"]),
        group=spelling.one("--group", None if group == NO_GROUP else group),
        group_is_given=group is not None,
        sensitive=None if sensitive is None else spelling.all("--sensitive", sensitive),
        one_outcome=options.get("one_outcome", False),
        of_model=of_model,
        categorical=spelling.all("--categorical", options["categorical"]),
    )


def columns_by_options(
    spelling: ColumnSpelling, options: Mapping[str, Any], categorical: tuple[str, ...]
) -> dict[str, Column]:
    """Return every column with its kind, on one scale, and its levels as the options join them."""
    mixed = _mixed_scales(spelling, options)
    raw_columns = {
        n: on_one_scale(raw, *mixed[n]) if n in mixed else raw
        for n, raw in spelling.data.columns.items()
    }
    columns = {n: infer_kind(raw, categorical=n in categorical) for n, raw in raw_columns.items()}
    same = same_levels(options["same"], list(spelling.data.columns), spelling.data.name)
    for feature, learnt in options.get("same_of_model", {}).items():
        same[spelling.all(MODEL_COLUMN, (feature,))[0]] = SameLevels(learnt)
    return columns | {n: with_same_levels(columns[n], levels) for n, levels in same.items()}


def _mixed_scales(
    spelling: ColumnSpelling, options: Mapping[str, Any]
) -> dict[str, tuple[float, float | None]]:
    """Return the scale of the smaller cells of columns that mix two, and that of the others.

    A model remembers what it was told in training; what is said now goes before that.
    """
    numbers = [c for c in options["learnt"].values() if isinstance(c, NumberColumn)]
    scale_of = {fold(column.column): column.scale for column in numbers}
    scales: dict[str, tuple[float, float | None]] = {}
    given = {c.column: c.written.mixed for c in numbers if c.written.mixed is not None}
    for name, mixed in (given | mixed_scales(options["mixed_scale"])).items():
        scales[spelling.all("--mixed-scale", (name,))[0]] = mixed, scale_of.get(fold(name))
    return scales
