"""What the process of the desk answers: plain, frozen data that a page shows as it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from placement.reporting.format.blocks import Section


@dataclass(frozen=True)
class ColumnChoice:
    """A column of the sheet: whether it is learnt from, as what or why not, and what was chosen.

    `is_used` is None while the sheet cannot be learnt from.
    """

    name: str
    is_used: bool | None
    about: str
    chosen: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Look:
    """What a sheet was understood as; `problem` is why it cannot be learnt from as it is chosen.

    `outcomes` are the columns of few values, `limited` the numbers, of which a limit makes an
    outcome. `values` are those of the outcome: each with its rows, and whether it is left out.
    `settings` are those of the training that would be started, `command` is its line; `names` are
    all columns.
    """

    name: str
    sheets: tuple[str, ...]
    settings: Mapping[str, Any]
    command: str
    problem: str | None
    names: tuple[str, ...]
    outcomes: tuple[str, ...]
    limited: tuple[str, ...]
    target: str | None
    values: tuple[tuple[str, int, bool], ...]
    positive: str | None
    columns: tuple[ColumnChoice, ...]
    batch: str | None
    batches: tuple[str, ...]
    sentences: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def can_start(self) -> bool:
        """Whether it can be learnt from."""
        return self.problem is None

    @property
    def limit(self) -> str:
        """The rule that says who is placed, such as `>=3`; empty where a value does."""
        positive = str(self.settings.get("positive", ""))
        return "" if positive in [name for name, _, _ in self.values] else positive

    @property
    def takes_limit(self) -> bool:
        """Whether a limit may say who is placed: the outcome has numbers, other than two."""
        are_numbers = all(name.replace(".", "", 1).isdecimal() for name, _, _ in self.values)
        return bool(self.limit or (self.target and len(self.values) != 2 and are_numbers))


@dataclass(frozen=True)
class ModelReport:
    """The report on a model: `page` and `card` are its files, as `placement report` writes them."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    odds: tuple[str, ...]
    page: str
    card: str


@dataclass(frozen=True)
class Promotion:
    """What came of an attempt to make a version champion, in sentences."""

    promoted: bool
    sentences: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class ListChoice:
    """Which students are listed, and who gets a seat: `seats` for those most at risk, or none.

    `rows`: `all`, `blank` (those without an outcome) or `auto`. `by`: so many seats in each group
    of a column. `lottery`: so many students nearest to the cut-off draw lots, by `seed`. `sheet` of
    the workbook and `header_row` where the right ones are not found.
    """

    rows: str = "auto"
    seats: int | None = None
    by: str | None = None
    lottery: int | None = None
    seed: int = 1
    accept_doubts: bool = False
    sheet: str | None = None
    header_row: int | None = None


@dataclass(frozen=True)
class ScoredStudent:
    """A student of a list; `cells` are those that the model reads, by its own names of columns."""

    identity: tuple[str, ...]
    group: str
    probability: float
    low: float | None
    high: float | None
    reasons: tuple[str, ...]
    notes: str
    seat: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class ScoredList:
    """A list as a page shows it. `identity` names the columns that say who a student is.

    `group` is the column of branches with its `groups`, `kinds` are columns of few values, by which
    seats can be given.
    """

    choice: ListChoice
    command: str
    identity: tuple[str, ...]
    group: str | None
    groups: tuple[str, ...]
    kinds: tuple[str, ...]
    students: tuple[ScoredStudent, ...]
    sentences: tuple[str, ...]
    warnings: tuple[str, ...]
    has_seats: bool


@dataclass(frozen=True)
class EffectQuestion:
    """Lists with what is kept of them, the outcomes, and how the two are joined."""

    files: tuple[Path, ...]
    outcomes: Path
    model: str
    on: str | None
    absent: str | None
    attended: str | None


@dataclass(frozen=True)
class EffectView:
    """What a list led to, in sentences; `shares` are those placed, of who drew a seat and who not.

    `as_told` says how well the chances in the list came true.
    """

    sentences: tuple[str, ...]
    verdict: str
    shares: tuple[tuple[str, int, int], ...]
    as_told: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class LessonView:
    """A lesson that was run. `checks` are gradients by several witnesses, `is_right` their verdict.

    `links` are the derivatives that can be spoilt, empty in a lesson without that switch.
    """

    title: str
    about: str
    inputs: tuple[tuple[str, str], ...]
    header: tuple[str, ...]
    steps: tuple[tuple[str, ...], ...]
    checks: tuple[tuple[str, ...], ...]
    verdict: str
    is_right: bool
    after: str
    exercise: str
    answered: str | None
    links: tuple[str, ...]
    code: str
    graph: str
