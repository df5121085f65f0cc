"""Which columns bend, step or depend on another, in words and as JSON."""

from collections.abc import Iterable

from placement.arrays import Document
from placement.data.encoding.encoder import Encoder
from placement.model.scorer import InteractionColumn, SplineColumn, StepColumn


def number_kind(encoder: Encoder, column: str) -> str:
    """Say how a number is used: `number, spline of 5 knots at 5, 6, 7, 8, 9, step at 6.5`."""
    said = ["number"]
    for own in encoder.columns:
        if own.column != column:
            continue
        if isinstance(own, SplineColumn):
            said.append(f"spline of {len(own.knots)} knots at {_listed(own.knots)}")
        elif isinstance(own, StepColumn):
            steps = "step" if len(own.thresholds) == 1 else "steps"
            said.append(f"{steps} at {_listed(own.thresholds)}")
    return ", ".join(said)


def interaction_rows(encoder: Encoder) -> list[tuple[str, str, str]]:
    """Return name, kind and remark of each pair of columns that depend on another."""
    return [
        (own.column, f"interaction, {_count(len(own.pairs), 'product')}", "")
        for own in encoder.columns
        if isinstance(own, InteractionColumn)
    ]


def curve_rows(encoder: Encoder) -> list[Document]:
    """Return what is more than a straight line, for the JSON documents."""
    rows: list[Document] = []
    for own in encoder.columns:
        if isinstance(own, SplineColumn):
            rows.append({"column": own.column, "kind": "spline", "knots": list(own.knots)})
        elif isinstance(own, StepColumn):
            steps = list(own.thresholds)
            rows.append({"column": own.column, "kind": "step", "thresholds": steps})
        elif isinstance(own, InteractionColumn):
            products = list(own.names)
            rows.append({"column": own.column, "kind": "interaction", "products": products})
    return rows


def curve_notes(encoder: Encoder) -> list[str]:
    """Say how the coefficients of columns that are more than a straight line are to be read."""
    notes = []
    bent = [own.column for own in encoder.columns if isinstance(own, SplineColumn)]
    if bent:
        notes.append(
            f"The coefficients of a spline ({', '.join(bent)}) say something together only: its "
            "first is the slope below the first knot."
        )
    if any(isinstance(own, InteractionColumn) for own in encoder.columns):
        notes.append("A:B is what A counts more for each unit of B; A alone is where B is 0.")
    return notes


def _listed(values: Iterable[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
