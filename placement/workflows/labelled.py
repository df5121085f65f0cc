"""Read rows whose outcome is known in the way a model was trained."""

from typing import Any

from placement.data.schema import Schema
from placement.data.understanding import Table, read_table


def read_like(
    source: Any, schema: Schema, *, names: tuple[str, ...] = (), sheet: str | None = None
) -> Table:
    """Read a file with the target words and columns of a model's schema."""
    target = schema.target
    return read_table(
        source,
        target=target.name,
        positive=target.rule or target.positive,
        negative=None if target.rule else target.negative,
        features=schema.feature_names,
        names=names,
        sheet=sheet,
        categorical=tuple(f.name for f in schema.features if f.kind == "category"),
    )
