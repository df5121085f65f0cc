"""Which sheets of a workbook are read: those that are named, else the only one that is wanted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from placement.config.file_options import FileOptions
from placement.data.formats.blocks import Cells
from placement.data.formats.sources import Source
from placement.data.formats.workbooks.sheet_part import Sheet, SheetPart, sheet_part
from placement.data.schema import ABOUT, LIST, SUMMARY
from placement.errors import DataError, PlacementError, did_you_mean

WantsSheet = Callable[[tuple[str, ...], Mapping[str, Cells]], bool]


@dataclass(frozen=True)
class _Workbook:
    """The sheets of a file, and what it takes to read one."""

    source: Source
    sheets: Sequence[Sheet]
    options: FileOptions

    def part(self, sheet: Sheet, *notes: str) -> SheetPart:
        part = sheet_part(self.source, sheet, self.options)
        hidden = (f"sheet {sheet.title!r} is hidden, and read",) if sheet.is_hidden else ()
        return replace(part, notes=(*notes, *hidden, *part.notes))

    @property
    def titles(self) -> str:
        return ", ".join(repr(sheet.title) for sheet in self.sheets)


def choose_sheets(
    source: Source, sheets: Sequence[Sheet], options: FileOptions, wants: WantsSheet | None
) -> tuple[SheetPart, ...]:
    """Return the sheets that `--sheet` names, else the only one that `wants` accepts.

    Without one that is accepted, it is the first that is filled and not hidden.
    """
    parts = _parts(_Workbook(source, sheets, options), wants)
    for part in parts:
        if part.never_calculated is not None:
            raise DataError(f"{source.name}: {part.never_calculated}")
    return parts


def _parts(book: _Workbook, wants: WantsSheet | None) -> tuple[SheetPart, ...]:
    if book.options.sheet:
        named = [_named(book, title) for title in book.options.sheet]
        if len(named) == 1:
            return (book.part(named[0]),)
        return _joined(book, named)
    filled = [sheet for sheet in book.sheets if sheet.grid]
    if not filled:
        raise DataError(f"{book.source.name}: the workbook is empty")
    hidden = [sheet.title for sheet in filled if sheet.is_hidden]
    if len(filled) == 1:
        return (book.part(filled[0]),)
    part = _choose(replace(book, sheets=filled), wants)
    unread = [title for title in hidden if title != part.sheet]
    if unread:
        what = "a hidden sheet is" if len(unread) == 1 else f"{len(unread)} hidden sheets are"
        note = f"{what} not read: {', '.join(map(repr, unread))}"
        part = replace(part, notes=(*part.notes, note))
    return (part,)


def _joined(book: _Workbook, named: list[Sheet]) -> tuple[SheetPart, ...]:
    """Return several sheets as the parts of one table."""
    parts = [replace(part, name=_of_sheet(book, part.sheet)) for part in map(book.part, named)]
    counts = ", ".join(f"{part.sheet!r} ({part.likely_rows:,})" for part in parts)
    note = f"one table of the rows of sheets {counts}: columns are matched by name"
    return (replace(parts[0], notes=(note, *parts[0].notes)), *parts[1:])


def _of_sheet(book: _Workbook, title: str) -> str:
    return f"{book.source.name}, sheet {title!r}"


def _choose(book: _Workbook, wants: WantsSheet | None) -> SheetPart:
    titles = [sheet.title for sheet in book.sheets]
    if titles[:2] == [SUMMARY, LIST] and titles[-1] == ABOUT:  # as predict writes a list
        return book.part(book.sheets[1], f"sheet {LIST!r}, the list, chosen among {book.titles}")
    for is_hidden in (False, True):
        matching = _matching(book, wants, is_hidden=is_hidden)
        if len(matching) > 1:
            named = ", ".join(repr(part.sheet) for part in matching)
            lines = " ".join(f"--sheet {part.sheet!r}" for part in matching)
            raise DataError(
                f"{book.source.name}: sheets {named} could each be meant: choose one with "
                f"--sheet {matching[0].sheet!r}, or read them as one table with {lines}"
            )
        if matching:
            return matching[0]
    first = next((sheet for sheet in book.sheets if not sheet.is_hidden), book.sheets[0])
    part = book.part(first, f"sheet {first.title!r}, the first of {book.titles}, is read")
    return replace(part, name=_of_sheet(book, first.title))


def _matching(book: _Workbook, wants: WantsSheet | None, *, is_hidden: bool) -> list[SheetPart]:
    matching = []
    for sheet in book.sheets if wants is not None else ():
        if sheet.is_hidden != is_hidden:
            continue
        note = f"sheet {sheet.title!r} chosen among {book.titles}"
        try:
            part = book.part(sheet, note)
        except PlacementError:
            continue  # a cover page need not be a table
        if wants is not None and wants(part.names, part.columns):
            matching.append(part)
    return matching


def _named(book: _Workbook, title: str) -> Sheet:
    folded = {sheet.title.strip().casefold(): sheet for sheet in book.sheets}
    exact = {sheet.title: sheet for sheet in book.sheets}
    sheet = exact.get(title) or folded.get(title.strip().casefold())
    if sheet is None:
        raise DataError(
            f"{book.source.name}: no sheet {title!r}{did_you_mean(title, list(exact))}; "
            f"it has {book.titles}"
        )
    if not sheet.grid:
        raise DataError(f"{book.source.name}: sheet {sheet.title!r} is empty")
    return sheet
