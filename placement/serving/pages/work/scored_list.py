"""A sheet that is scored: its students in the order of their risk, and the file of them."""

import math
import shlex
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pyarrow import parquet

from placement.data.names.equivalents import means
from placement.data.names.identifiers import identity_columns
from placement.data.schema import SEAT
from placement.errors import DataError
from placement.model.scorer import match_columns
from placement.reporting.answers.predict import prediction_answer
from placement.reporting.format.plain_sentences import plain, plain_sentences
from placement.reporting.results import PredictResult
from placement.runtime.atomic_write import replacing
from placement.serving.pages.work.results import ListChoice, ScoredList, ScoredStudent
from placement.workflows.scoring.predict import predict
from placement.workflows.scoring.predict_request import PredictRequest
from placement.workflows.scoring.score_blocks import REASON

_MOST_GROUPS = 40
_SEATS = {
    "certain": "has a seat",
    "drawn": "has a seat, by lot",
    "not drawn": "drew, without luck",
    "none": "no seat",
}


def scored_list(
    path: Path, model: str, features: tuple[str, ...], choice: ListChoice
) -> ScoredList:
    """Score a sheet. With rows `auto`, those without an outcome, or all where there are none."""
    if choice.rows != "auto":
        return _scored(path, model, features, choice)
    try:
        blank = _scored(path, model, features, replace(choice, rows="blank"))
    except DataError as problem:
        if "--unknown" not in str(problem):
            raise
        blank = None
    if blank is not None and blank.students:
        return blank
    return _scored(path, model, features, replace(choice, rows="all"))


def _scored(path: Path, model: str, features: tuple[str, ...], choice: ListChoice) -> ScoredList:
    with tempfile.TemporaryDirectory(prefix="shown-", dir=path.parent) as folder:
        out = Path(folder) / "list.parquet"
        return _shown(predict(_request(path, model, choice, out)), features, choice, out)


def write_list(path: Path, model: str, choice: ListChoice, out: Path) -> None:
    """Write the file of a list, as the command that the page shows does."""
    if not out.exists():  # somebody else may have asked for it at the same time
        predict(_request(path, model, choice, out))


def write_invitations(path: Path, model: str, choice: ListChoice, out: Path) -> None:
    """Write the file of invitations to those of a list, as `--mail-merge` does."""
    with tempfile.TemporaryDirectory(prefix="list-", dir=out.parent) as folder:
        request = _request(path, model, choice, Path(folder) / "list.csv")
        predict(replace(request, mail_merge=str(out)))


def write_groups(path: Path, model: str, choice: ListChoice, out: Path, group: str) -> None:
    """Write an archive of a workbook for each value of a column, as `--one-file-each` makes."""
    with tempfile.TemporaryDirectory(prefix="list-", dir=out.parent) as folder:
        whole = Path(folder) / "list.xlsx"
        predict(replace(_request(path, model, choice, whole), one_file_each=group))
        with replacing(out) as temporary, ZipFile(temporary, "w", ZIP_DEFLATED) as archive:
            for part in sorted(whole.parent.glob("list-*.xlsx")):
                # An entry without a time of its own: the same list makes the same bytes.
                archive.writestr(ZipInfo(part.name), part.read_bytes(), ZIP_DEFLATED)


def list_command(path: Path, choice: ListChoice, ending: str = "xlsx") -> str:
    """Return the line that writes the same list."""
    words = ["placement", "predict", path.name]
    words += ["--sheet", choice.sheet] if choice.sheet else []
    words += ["--header-row", str(choice.header_row)] if choice.header_row else []
    words += ["--unknown"] if choice.rows == "blank" else []
    words += ["--rank", "risk"]
    if choice.seats:
        words += ["--top", str(choice.seats)]
        words += ["--by", choice.by] if choice.by else []
        lottery = ["--lottery", str(choice.lottery), "--seed", str(choice.seed)]
        words += lottery if choice.lottery else ["--everybody"]
    words += ["--accept-doubts"] if choice.accept_doubts else []
    return shlex.join([*words, "--reasons", "--out", f"list.{ending}"])


def _request(path: Path, model: str, choice: ListChoice, out: Path) -> PredictRequest:
    return PredictRequest(
        data=str(path),
        model=model,
        sheet=(choice.sheet,) if choice.sheet else (),
        header_row=choice.header_row,
        out=str(out),
        unknown=choice.rows == "blank",
        reasons=True,
        rank="risk",
        top=choice.seats,
        by=choice.by if choice.seats else None,
        lottery=choice.lottery if choice.seats else None,
        seed=choice.seed if choice.seats and choice.lottery else None,
        everybody=bool(choice.seats) and not choice.lottery,
        accept_doubts=choice.accept_doubts,
    )


def _shown(
    result: PredictResult, features: tuple[str, ...], choice: ListChoice, out: Path
) -> ScoredList:
    table = parquet.read_table(out)
    added = {name for name in table.column_names if name in result.added}
    own = [name for name in table.column_names if name not in added]
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    shown = identity_columns(own)
    group = next((name for name in own if means(name, "branch")), None)
    spelled = match_columns(own, list(features))
    students = tuple(
        _student(columns, row, shown, group, spelled)
        for row in range(table.num_rows)
        if columns["placement_probability"][row] is not None
    )
    kinds = [name for name in own if 2 <= len(set(map(str, columns[name]))) <= _MOST_GROUPS]
    return ScoredList(
        choice=choice,
        command=list_command(Path(result.source), choice),
        identity=tuple(shown),
        group=group,
        groups=tuple(sorted({one.group.casefold(): one.group for one in students}.values())),
        kinds=tuple(name for name in kinds if name in spelled.values() or name == group),
        students=students,
        sentences=tuple(_sentences(result)),
        warnings=tuple(plain(str(warning)) for warning in result.warnings),
        has_seats=SEAT in added,
    )


def _student(
    columns: dict[str, list[Any]],
    row: int,
    shown: list[str],
    group: str | None,
    spelled: dict[str, str],
) -> ScoredStudent:
    def cell(name: str) -> Any:
        return columns[name][row] if name in columns else None

    return ScoredStudent(
        identity=tuple(_text(cell(name)) for name in shown),
        group="" if group is None else _text(cell(group)),
        probability=float(cell("placement_probability")),
        low=cell("placement_low"),
        high=cell("placement_high"),
        reasons=tuple(str(cell(name)) for name in REASON if cell(name)),
        notes=_text(cell("placement_notes")),
        seat=_SEATS.get(_text(cell(SEAT)), ""),
        cells={name: _text(cell(spelling)) for name, spelling in spelled.items()},
    )


def _text(cell: Any) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    return f"{cell:.15g}" if isinstance(cell, float) else str(cell)


def _sentences(result: PredictResult) -> Iterator[str]:
    """Yield what is said of the list, without where its file is."""
    for sentence in list(plain_sentences(prediction_answer(result)))[1:]:
        if not sentence.startswith("In the file"):
            yield sentence
