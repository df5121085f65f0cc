"""Read rows whose outcome is known in the way a model was trained."""

from dataclasses import replace
from typing import Any

from placement.data.collecting import MOST_WORDS
from placement.data.schema import Schema
from placement.data.understanding import Table, matching_columns, read_table
from placement.errors import DataError


def read_like(
    source: Any, schema: Schema, *, names: tuple[str, ...] = (), sheet: str | None = None
) -> Table:
    """Read a file with the target words and columns of a model's schema, in its spelling."""
    target = schema.target
    table = read_table(
        source,
        target=target.name,
        positive=target.rule or target.positive,
        negative=None if target.rule else target.negative,
        features=schema.feature_names,
        names=names,
        sheet=sheet,
        categorical=tuple(f.name for f in schema.features if f.kind == "category"),
    )
    theirs = matching_columns(table.kept, schema.feature_names, file=table.name)
    own = {spelling: name for name, spelling in theirs.items()}
    for spelling in theirs.values():
        if table.kept[spelling].is_hashed:
            raise DataError(
                f"{table.name}: {spelling} has more than {MOST_WORDS:,} different words, which is "
                "no category that a model can know"
            )
    return replace(table, kept={own.get(name, name): c for name, c in table.kept.items()})
