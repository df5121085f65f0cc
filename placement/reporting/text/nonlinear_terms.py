"""Which columns bend, step or depend on another, in words and as JSON."""

from collections.abc import Iterable

from placement.arrays import Document
from placement.data.encoding.encoder import Encoder
from placement.errors import counted
from placement.model.scorer import InteractionColumn, SplineColumn, StepColumn


def number_kind(encoder: Encoder, column: str) -> str:
    """Say how a number is used: `number, spline of 5 knots at 5, 6, 7, 8, 9, step at 6.5`."""
    parts = ["number"]
    for encoded in encoder.columns:
        if encoded.column != column:
            continue
        if isinstance(encoded, SplineColumn):
            parts.append(f"spline of {len(encoded.knots)} knots at {_listed(encoded.knots)}")
        elif isinstance(encoded, StepColumn):
            steps = "step" if len(encoded.thresholds) == 1 else "steps"
            parts.append(f"{steps} at {_listed(encoded.thresholds)}")
    return ", ".join(parts)


def interaction_rows(encoder: Encoder) -> list[tuple[str, str, str]]:
    """Return name, kind and remark of each pair of columns that depend on another."""
    return [
        (column.column, f"interaction, {counted(len(column.pairs), 'product')}", "")
        for column in encoder.columns
        if isinstance(column, InteractionColumn)
    ]


def curve_rows(encoder: Encoder) -> list[Document]:
    """Return what is more than a straight line, for the JSON documents."""
    rows: list[Document] = []
    for column in encoder.columns:
        row: Document = {"column": column.column}
        if isinstance(column, SplineColumn):
            rows.append({**row, "kind": "spline", "knots": list(column.knots)})
        elif isinstance(column, StepColumn):
            rows.append({**row, "kind": "step", "thresholds": list(column.thresholds)})
        elif isinstance(column, InteractionColumn):
            rows.append({**row, "kind": "interaction", "products": list(column.names)})
    return rows


def curve_notes(encoder: Encoder) -> list[str]:
    """Say how the coefficients of columns that are more than a straight line are to be read."""
    notes = []
    bent = [column.column for column in encoder.columns if isinstance(column, SplineColumn)]
    if bent:
        notes.append(
            f"The coefficients of a spline ({', '.join(bent)}) say something together only: its "
            "first is the slope below the first knot."
        )
    if any(isinstance(column, InteractionColumn) for column in encoder.columns):
        notes.append("A:B is what A counts more for each unit of B; A alone is where B is 0.")
    return notes


def _listed(values: Iterable[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)
