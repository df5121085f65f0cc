"""What `predict` is asked: options that go together, where the answers go, and the seats."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from placement.config.file_options import FileOptions
from placement.data.output.csv_writer import output_format
from placement.data.output.parts import Parts
from placement.data.schema import quoted
from placement.errors import StoreError, UsageError
from placement.evaluation.effect.lottery import LotteryRequest
from placement.evaluation.shortlist import Rank
from placement.workflows.reading.about_file import refuse_to_replace_draw
from placement.workflows.scoring.write_results import Destination

_OF_FILES = {"data", "model", "out", "left_out", "about", "mail_merge"}


@dataclass(frozen=True)
class PredictRequest(FileOptions):
    """What to score, and where to. `where`: rows of a rule; `unknown`: those without outcome."""

    data: str
    model: str = "champion"
    out: str | None = None
    threshold: float | None = None
    unknown: bool = False
    where: str | None = None
    about: bool = False
    reasons: bool = False
    as_json: bool = False
    rank: Rank | None = None
    top: int | None = None
    by: str | None = None
    accept_doubts: bool = False
    lottery: int | None = None
    seed: int | None = None
    everybody: bool = False
    excel: bool = False
    one_sheet_each: str | None = None
    one_file_each: str | None = None
    mail_merge: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_seats()
        self._check_parts()
        self._check_mail_merge()
        if self.about and (self.out is None or self.as_json):
            raise UsageError("--about describes a file that is written: give --out FILE as well")
        if self.as_json and self.out is not None:
            raise UsageError("--json prints the predictions: leave --out away, or --json")
        if self.out and Path(self.out).resolve() == Path(self.data).resolve():
            raise UsageError(f"--out {self.out}: is the file to score; give another name")
        if self.rank is None and (self.top is not None or self.by is not None):
            given = f" --top {self.top}" if self.top is not None else ""
            given += f" --by {quoted(self.by)}" if self.by is not None else ""
            raise UsageError(
                f"{given.strip()}: say by which end of the list: --rank risk{given} for those most "
                f"at risk, --rank chance{given} for those with the best chance"
            )
        if self.excel and (self.as_json or output_format(self.out) in {"parquet", "xlsx"}):
            raise UsageError("--excel marks text for Excel: give --out FILE.csv as well")
        output_format(self.out)  # a wrong ending is refused before any data is read

    def _check_seats(self) -> None:
        """Refuse a lottery that cannot be held, or that nothing could be learnt from later."""
        if self.seed is not None and self.lottery is None:
            raise UsageError("--seed is what lots are drawn by: give --lottery N as well")
        if not self.gives_seats:
            return
        given = "--everybody" if self.lottery is None else f"--lottery {self.lottery}"
        if self.rank is None or self.top is None:
            raise UsageError(
                f"{given}: say who has a seat: --rank risk --top 60 {given} gives them to the 60 "
                "most at risk"
            )
        if self.out in (None, "-") and not self.as_json:
            raise UsageError(f"{given} makes a list to be kept: give --out FILE as well")
        if self.lottery is not None and (self.lottery < 2 or self.lottery % 2):
            raise UsageError(
                f"--lottery {self.lottery}: give an even number, as half of them get a seat"
            )
        if self.lottery is not None and self.lottery > 2 * self.top:
            raise UsageError(
                f"--lottery {self.lottery}: half of them get a seat, {self.lottery // 2}, but "
                f"there are only {self.top} (--top)"
            )

    def _check_parts(self) -> None:
        """Refuse groups where there is no file or workbook to divide."""
        if self.one_sheet_each and self.one_file_each:
            raise UsageError("--one-sheet-each and --one-file-each: give one of them")
        if self.one_sheet_each and output_format(self.out) != "xlsx":
            raise UsageError("--one-sheet-each is for a workbook: give --out FILE.xlsx as well")
        if self.one_file_each and (self.out in (None, "-") or self.as_json):
            raise UsageError("--one-file-each writes files: give --out FILE as well")

    def _check_mail_merge(self) -> None:
        if self.mail_merge is None:
            return
        given = f"--mail-merge {self.mail_merge}"
        if self.rank is None or self.top is None:
            raise UsageError(f"{given}: say who is invited: --rank risk --top 60 {given}")
        if self.as_json or Path(self.mail_merge).suffix.casefold() not in (".csv", ".xlsx"):
            raise UsageError(f"{given}: give a file, .csv or .xlsx, and leave --json away")
        others = {Path(path).resolve() for path in (self.data, self.out) if path}
        if Path(self.mail_merge).resolve() in others:
            raise UsageError(f"{given}: is the list or the file to score; give another name")

    @property
    def destination(self) -> Destination:
        """Where the results go."""
        seats = None
        if self.gives_seats and self.rank is not None:
            top, lottery = int(self.top or 0), self.lottery or 0
            seats = LotteryRequest(self.rank, top, lottery, self.seed or 0)
        parts = None
        if self.one_sheet_each:
            parts = Parts("sheet", self.one_sheet_each, self._refuse_to_replace)
        elif self.one_file_each:
            parts = Parts("file", self.one_file_each, self._refuse_to_replace)
        return Destination(
            self.out, self.as_json, self.excel, parts, self.mail_merge, seats, self.everybody
        )

    def _refuse_to_replace(self, part: Path) -> None:
        """Raise where the file of a group would take the place of another that is needed."""
        refuse_to_replace_draw(part)
        needed = (self.data, self.mail_merge, self.left_out)
        if part.resolve() in {Path(path).resolve() for path in needed if path}:
            raise StoreError(
                f"--one-file-each {self.one_file_each}: {part} is the file of a group, and of "
                "another use in this very command; give another --out"
            )

    @property
    def settings(self) -> dict[str, Any]:
        """What was asked of the list beyond the defaults: no names of files."""
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        defaults = {item.name: item.default for item in fields(self)}
        return {
            name: value
            for name, value in given.items()
            if value != defaults[name] and name not in _OF_FILES
        }

    @property
    def gives_seats(self) -> bool:
        """Whether the list says who has a seat."""
        return self.lottery is not None or self.everybody
