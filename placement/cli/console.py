"""What a person sees beside the result: notes, warnings and progress, all on standard error."""

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import click

from placement.errors import Grave
from placement.reporting.format.prose import printable, wrap
from placement.runtime.progress import Progress

MOST_WARNINGS, MOST_NOTES = 8, 2
_SECONDS_BETWEEN_LINES = 2.0
_HANGING = 4


def coloured(text: str, colour: str | None) -> None:
    """Say something on standard error, in a colour where that is a terminal without NO_COLOR.

    It is wrapped, but for lines that begin with a blank: lists, and lines to copy.
    """
    lines = [
        part
        for line in printable(text).split("\n")
        for part in ([line] if line.startswith(" ") else wrap(line, _HANGING))
    ]
    colours = False if os.environ.get("NO_COLOR") else None
    click.secho("\n".join(lines), err=True, fg=colour, color=colours)


@dataclass
class Console:
    """Notes, warnings and progress for one command; `quiet` silences all but warnings."""

    quiet: bool = False
    verbose: bool = False
    _said: set[str] = field(default_factory=set)

    def note(self, text: str) -> None:
        """State a fact."""
        if not self.quiet:
            coloured(text, None)

    def notes(self, texts: Sequence[str]) -> None:
        """State facts of one kind; without `--verbose`, two of them."""
        most = len(texts) if self.verbose else MOST_NOTES
        for text in texts[:most]:
            self.note(text)
        if len(texts) > most:
            self.note(f"and {len(texts) - most:,} more: -v")

    def detail(self, text: str) -> None:
        """State a fact that only `--verbose` asks for."""
        if self.verbose:
            coloured(text, None)

    def warn(self, text: str) -> None:
        """Warn, once for each text."""
        if text not in self._said:
            self._said.add(text)
            coloured(f"warning: {text}", "yellow")

    def warn_all(self, texts: Iterable[str]) -> None:
        """Warn, the gravest first; without `--verbose`, of eight at most."""
        new = [text for text in dict.fromkeys(texts) if text not in self._said]
        gravest = sorted(new, key=lambda text: not isinstance(text, Grave))
        most = len(gravest) if self.verbose else max(MOST_WARNINGS - len(self._said), 0)
        for text in gravest[:most]:
            self.warn(text)
        if len(gravest) > most:
            coloured(f"and {len(gravest) - most:,} more: -v", "yellow")

    @contextmanager
    def progress(self, label: str, unit: str, total: int | None = None) -> Iterator[Progress]:
        """Show progress: a bar on a terminal, a plain line every two seconds elsewhere."""
        if self.quiet:
            yield Progress()
        elif sys.stderr.isatty():
            with _bar(label, unit, total) as progress:
                yield progress
        else:
            lines = _Lines(label, unit, total)
            yield lines
            lines.end()


class _Pace:
    """How fast work goes, from when it began to move."""

    def __init__(self, unit: str, total: int | None) -> None:
        self._unit, self._total = unit, total
        self._begin: tuple[float, int] | None = None

    def rate(self, done: int) -> tuple[str, str]:
        """Return the rate, and the time left; "" where that is not known."""
        if self._begin is None:
            if done:
                self._begin = time.monotonic(), done
            return "", ""
        start, before = self._begin
        rate = (done - before) / max(time.monotonic() - start, 1e-3)
        left = ""
        # Epochs may end before their limit, and the rows of a text file are an estimate.
        if self._unit == "rows" and self._total and done < self._total and rate > 0:
            left = f"{(self._total - done) / rate:.0f} s left"
        return f"{rate:,.0f} {self._unit}/s", left


class _Lines(Progress):
    def __init__(self, label: str, unit: str, total: int | None) -> None:
        self._label, self._unit, self._total = label, unit, total
        self._last, self._pace = time.monotonic(), _Pace(unit, total)
        self._shown = False
        self._unsaid: tuple[int, str, str, str] | None = None  # done, rate, time left, detail

    def update(self, done: int, detail: str = "") -> None:
        super().update(done)
        self._unsaid = (done, *self._pace.rate(done), detail)
        if time.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self._last, self._shown = time.monotonic(), True
            self._say()

    def end(self) -> None:
        """Say how it ended, where anything was said before."""
        if self._shown:
            self._say()

    def _say(self) -> None:
        if self._unsaid is None:
            return
        done, *details = self._unsaid
        of = f" of {self._total:,}" if self._total and done <= self._total else ""
        count = f"{self._label}: {done:,}{of} {self._unit}"
        click.echo(printable(", ".join(filter(None, [count, *details]))), err=True)
        self._unsaid = None


@contextmanager
def _bar(label: str, unit: str, total: int | None) -> Iterator[Progress]:
    from rich import progress
    from rich.console import Console as RichConsole

    columns: list[progress.ProgressColumn] = [
        progress.TextColumn(f"{printable(label)} {{task.completed:,.0f}} {unit}", markup=False),
        progress.BarColumn(),
        progress.TextColumn("{task.fields[pace]} {task.fields[detail]}"),
        progress.TimeElapsedColumn(),
    ]
    if total:
        columns.append(progress.TimeRemainingColumn())
    with progress.Progress(*columns, console=RichConsole(stderr=True), transient=True) as shown:
        task, pace = shown.add_task(label, total=total, detail="", pace=""), _Pace(unit, total)

        class Bar(Progress):
            def update(self, done: int, detail: str = "") -> None:
                super().update(done)
                shown.update(task, completed=done, detail=detail, pace=pace.rate(done)[0])

        yield Bar()
