"""The answer of `export`: how far the file is from the model, what it takes, and where it is."""

from collections.abc import Iterator

from placement.arrays import Document
from placement.errors import counted
from placement.reporting.export.result import ExportResult


def export_answer(result: ExportResult) -> Iterator[str]:
    """Yield the sentences, the proof first."""
    for proof in result.proofs:
        rows = counted(proof.rows, "row")
        if 0 < result.students < proof.rows:
            rows += f", {counted(result.students, 'student')} of the file among them"
        yield (
            f"Run by {proof.referee} on {rows}: the largest "
            f"difference from the model is {_size(proof.difference)}."
        )
    yield from result.remarks
    yield f"Written: {result.file}"


def export_document(result: ExportResult) -> Document:
    """What `export --json` prints."""
    return {
        "format": 1,
        "file": result.file,
        "to": result.to,
        "model": result.model,
        "largest_difference": result.difference,
        "proofs": [
            {
                "referee": proof.referee,
                "rows": proof.rows,
                "largest_difference": proof.difference,
                "where": proof.where,
            }
            for proof in result.proofs
        ],
        "remarks": list(result.remarks),
        "warnings": list(result.warnings),
    }


def _size(difference: float) -> str:
    return f"{difference:.1e}" if difference else "0"
