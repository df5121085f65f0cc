"""What an export came to, as its workflow hands it over, as sentences and as a JSON document."""

from collections.abc import Iterator
from dataclasses import dataclass

from placement.arrays import Document
from placement.errors import counted

TOLERANCE = 1e-9  # of probability: an export that differs by more is not written


@dataclass(frozen=True)
class Proof:
    """How far an export is from the model, as `referee` ran it on some rows."""

    referee: str
    rows: int
    difference: float
    where: str

    @property
    def passed(self) -> bool:
        """Whether no row differs by more than the tolerance."""
        return self.difference <= TOLERANCE


@dataclass(frozen=True)
class ExportResult:
    """The file that was written, of which model, and how it was proved.

    `students` of the rows are those of a file, the others made from what the model learnt.
    `remarks` say what a reader of the file must know.
    """

    file: str
    to: str
    model: str
    proofs: tuple[Proof, ...]
    students: int
    remarks: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def difference(self) -> float | None:
        """The largest difference between the file and the model; None where nothing can be run."""
        return max((proof.difference for proof in self.proofs), default=None)


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
