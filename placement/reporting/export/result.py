"""What an export came to: the file, and how far it is from the model on the rows it was run on."""

from dataclasses import dataclass

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
