"""Export: write a model in another format, prove it on rows, and only then let it stand."""

from dataclasses import dataclass
from pathlib import Path

from placement.config.file_options import FileOptions
from placement.errors import GateRefused, UsageError
from placement.model.bundle import open_bundle
from placement.reporting.export.result import TOLERANCE, ExportResult, Proof
from placement.reporting.export.subject import Subject
from placement.runtime.atomic_write import replacing, writing
from placement.runtime.progress import NoProgress, ProgressListener
from placement.workflows.export.cases import Cases, corner_cases, file_cases, joined
from placement.workflows.export.formats import FORMATS, ExportFormat
from placement.workflows.reading.find_model import Model, find_model


@dataclass(frozen=True)
class ExportRequest(FileOptions):
    """Which model to write as what, and where to; `data`: a file of more rows to prove it on."""

    model: str = "champion"
    to: str = "python"
    out: str | None = None
    data: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        target = self.format
        if self.out is not None and Path(self.out).suffix.casefold() != target.ending:
            raise UsageError(
                f"--out {self.out}: --to {self.to} writes a {target.ending} file; "
                f"name it {Path(self.out).stem}{target.ending}"
            )
        if target.lacking:
            raise UsageError(
                f"--to {self.to} needs {' and '.join(target.lacking)}: "
                "pip install 'placement-perceptron[export]'"
            )

    @property
    def format(self) -> ExportFormat:
        """The format to write."""
        return FORMATS[self.to]

    @property
    def file(self) -> str:
        """The file to write."""
        return self.out or self.format.file


def export(request: ExportRequest, listener: ProgressListener = NoProgress()) -> ExportResult:
    """Write a model to a file; raises GateRefused, and leaves nothing, where the file is wrong."""
    model = find_model(request.model, listener)
    corners = corner_cases(model.scorer)
    cases = corners
    if request.data is not None:
        cases = joined([corners, file_cases(model, request.data, request, listener)])
    target, name = model.schema.target, Path(request.file).name
    card = _card(model) if request.to == "card" else ""
    subject = Subject(model.scorer, target, model.threshold, _title(model), name, card)
    with replacing(Path(request.file)) as temporary:
        beside = temporary.with_name(f"{temporary.name}{request.format.ending}")
        try:
            with writing(request.file):
                request.format.write(beside, subject)
            proofs = _proved(request, beside, cases, subject)
            with writing(request.file):
                beside.replace(temporary)
        finally:
            beside.unlink(missing_ok=True)
    students, remarks = len(cases) - len(corners), request.format.remarks
    return ExportResult(request.file, request.to, request.model, proofs, students, remarks)


def _proved(
    request: ExportRequest, path: Path, cases: Cases, subject: Subject
) -> tuple[Proof, ...]:
    proofs = tuple(request.format.prove(path, cases, subject))
    for proof in proofs:
        if not proof.passed:
            raise GateRefused(
                f"{request.file}: not written: {proof.referee} differs from the model by "
                f"{proof.difference:.3g} at {proof.where}, and {TOLERANCE:g} is the most allowed"
            )
    return proofs


def _card(model: Model) -> str:
    from placement.reporting.format.model_card import model_card
    from placement.reporting.report.sections import sections_of, subtitle_of, title_of
    from placement.workflows.monitoring.report import report_of_model

    report = report_of_model(model)
    return model_card(title_of(report), subtitle_of(report), sections_of(report))


def _title(model: Model) -> str:
    digest = open_bundle(model.directory).document["digest"]
    outcome = model.schema.target.outcome
    return f"The probability of {outcome}, by the model of digest {digest[:12]}."
