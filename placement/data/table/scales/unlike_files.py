"""Files of one training, of which one writes a column in another scale or multiple."""

from collections.abc import Mapping, Sequence

from placement.data.columns.column import SCALES, Column
from placement.data.columns.column_summary import ColumnSummary
from placement.data.schema import quoted
from placement.data.table.roles.column_evidence import ColumnEvidence
from placement.data.table.scales.grade_scales import infer_scale
from placement.errors import DataError

_LEAST = 10  # cells of a file, which tell its scale
_RARE = 0.05
_WRITTEN_OUT, _FACTOR = 10_000.0, 100.0


def refuse_unlike_files(
    column: Column,
    evidence: Sequence[Mapping[str, ColumnEvidence]],
    files: Sequence[str],
    source: str,
) -> None:
    """Raise `DataError` where the numbers of one file are not of the others' scale or multiple."""
    name, summaries = column.name, [of_file[column.name].summary for of_file in evidence]
    if len(summaries) < 2 or column.kind != "number":
        return
    small = min(range(len(files)), key=lambda k: summaries[k].high)
    large = max(range(len(files)), key=lambda k: summaries[k].low)
    low, high = summaries[large].low, summaries[small].high
    shown = f"{source}: column {name} is up to {high:g} in {files[small]}"
    if summaries[large].high >= _WRITTEN_OUT and low >= _FACTOR * high > 0:
        raise DataError(
            f"{shown} and from {low:g} in {files[large]}: write both in the same unit, or say it "
            f"in each cell, such as {high:g} lakhs"
        )
    scale = _scale(column, summaries[small])
    for file, summary in zip(files, summaries, strict=True):
        other = _scale(column, summary)
        if scale and other and other >= 2 * scale and _share_up_to(scale, summary) < _RARE:
            raise DataError(
                f"{shown}, on a scale of {scale:g}, but on one of {other:g} in {file}: bring "
                f"those to it by --mixed-scale {quoted(f'{name}:{scale:g}')}, or --drop "
                f"{quoted(name)}"
            )


def _scale(column: Column, summary: ColumnSummary) -> float | None:
    """Return the scale of one file's grades; None where few of them, or none, tell it."""
    *_, finite = summary.counts_up_to
    if finite < _LEAST:
        return None
    if summary.low >= 0 and summary.high <= 1 and not summary.all_integers:
        return 1.0
    return infer_scale(column, summary.counts_up_to, summary.high)


def _share_up_to(scale: float, summary: ColumnSummary) -> float:
    """Return which share of the grades of a file is up to a scale, or the next one known."""
    index = next(k for k, known in enumerate(SCALES) if known >= scale)
    return summary.counts_up_to[index] / summary.counts_up_to[-1]
