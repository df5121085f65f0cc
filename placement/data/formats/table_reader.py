"""Opening a table, whatever its format: text, a workbook, Parquet, a frame, several files."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from placement.config.bad_rows import BadRows
from placement.config.file_options import PLAIN_FILE, FileOptions
from placement.data.formats.blocks import (
    Block,
    BlockRequest,
    Cells,
    FilePart,
    Part,
)
from placement.data.formats.delimited.csv_table import TextPart
from placement.data.formats.delimited.dialect import Dialect, has_thousands
from placement.data.formats.formats import recognise
from placement.data.formats.matching import (
    Matched,
    match_part,
    refuse_unused_renames,
    rename_columns,
)
from placement.data.formats.parquet import is_frame, open_frame
from placement.data.formats.sources import Source, find_sources
from placement.data.formats.workbooks.choose_sheets import WantsSheet
from placement.data.formats.workbooks.sheet_part import SheetPart
from placement.errors import DataError
from placement.model.scorer import NumberFormat
from placement.runtime import ranks

__all__ = ["Block", "BlockRequest", "Cells", "Dialect", "Reader", "WantsSheet", "open_table"]

ALL = BlockRequest(records=True)
_BLOCKS_AT_ONCE = 16  # that each of several ranks holds

T = TypeVar("T")


@dataclass(frozen=True)
class Reader:
    """An opened table, to be walked as often as needed.

    `kind` (of its format, or "frame"), `dialect`, `preamble` (title rows) and `header` (the header
    record as it stands) are those of the first file. `number_format` is how numbers are written in
    its columns, where these do not say otherwise. `unnamed` names had an empty header.
    `bad_rows`: what the user wants of rows whose cells cannot be told apart, None if nothing.
    `file_names`: what the first file calls the columns that `--rename` gives other names.
    """

    name: str
    names: tuple[str, ...]
    kind: str
    dialect: Dialect | None
    number_format: NumberFormat
    preamble: str
    header: str | None
    unnamed: frozenset[str]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    parts: tuple[Part, ...]
    bad_rows: BadRows | None = None
    file_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def same_layout(self) -> bool:
        """Whether the records of all files stand as those of the first do."""
        return all(part.keep for part in self.parts if isinstance(part, Matched))

    @property
    def error_cells(self) -> Counter[str]:
        """How many cells of a column are errors of Excel, read as blank."""
        parts = [part.part if isinstance(part, Matched) else part for part in self.parts]
        sheets = [part for part in parts if isinstance(part, SheetPart)]
        return sum((Counter(sheet.error_cells) for sheet in sheets), Counter())

    @property
    def likely_rows(self) -> int:
        """The number of rows of all files, about."""
        return sum(part.likely_rows for part in self.parts)

    def tasks(self, request: BlockRequest = ALL) -> Iterator[Callable[[], Block]]:
        """Yield what makes each block, in the order of the rows; any thread may do it."""
        for part in self.parts:
            yield from part.tasks(request)

    def blocks(
        self,
        request: BlockRequest = ALL,
        threads: int = 1,
        finish: Callable[[Block], Block] = lambda block: block,
    ) -> Iterator[Block]:
        """Walk the rows of all files in order; `finish` is applied to each on its thread.

        Of several ranks each makes its share of the blocks, and all have all of them.
        """
        self._check_shared()
        count = RowCount()
        tasks = self.tasks(replace(request, shared=True))
        for block in ranks.shared_in_order(
            tasks, lambda task: finish(task()), threads, at_once=_BLOCKS_AT_ONCE
        ):
            yield count.numbered(block)

    def _check_shared(self) -> None:
        """Refuse files that are not the same for every rank: their rows would be mixed."""
        seen = ranks.current().exchange((self.names, [part.likely_rows for part in self.parts]))
        if any(other != seen[0] for other in seen):
            raise DataError(
                f"{self.name}: the processes of this training see different files of this name: "
                "give every machine the same ones"
            )


class RowCount:
    """Numbers the rows of blocks that come in order, file by file."""

    def __init__(self) -> None:
        self._file, self._rows = "", 0

    def numbered(self, block: Block) -> Block:
        """Return the block with its first row numbered."""
        if block.file != self._file:
            self._file, self._rows = block.file, 0
        before, self._rows = self._rows, self._rows + block.rows - len(block.not_students)
        return replace(block, first_row=before + 1)


def open_table(
    source: Any, options: FileOptions = PLAIN_FILE, *, wants_sheet: WantsSheet | None = None
) -> Reader:
    """Open a path, `"-"`, a glob, a list of those, or a frame of pandas or polars.

    `wants_sheet(names, columns)` says whether a sheet is one the caller can use; it is called only
    where several sheets are filled.
    """
    sources, parts = list[Source](), list[FilePart]()
    bad_rows = BadRows.of(options.bad_rows)
    if is_frame(source):
        kind, parts = "frame", [open_frame(source)]
    else:
        sources = find_sources(source)
        kind, parts = _open_files(sources, options, _renaming(wants_sheet, options))
    first = parts[0]
    new_names = [rename_columns(part.names, options.rename, part.name) for part in parts]
    names = tuple(new_names[0].get(name, name) for name in first.names)
    refuse_unused_renames(
        options.rename, [*names, *(n for p in parts for n in p.names)], first.name
    )
    text = first if isinstance(first, TextPart) else None
    return Reader(
        name=_name(sources, parts),
        names=names,
        kind=kind,
        dialect=text.dialect if text else None,
        number_format=NumberFormat(grouping="." if any(map(_reads_commas, parts)) else ","),
        preamble=text.preamble if text else "",
        header=text.header if text else None,
        unnamed=first.unnamed - new_names[0].keys(),
        notes=(*_stated([part.notes for part in parts], parts), *_renamed_notes(new_names)),
        warnings=(*_twice(parts), *_stated([part.warnings for part in parts], parts)),
        parts=tuple(
            match_part(first, names, part, of_part)
            for part, of_part in zip(parts, new_names, strict=True)
        ),
        bad_rows=bad_rows,
        file_names={new: old for old, new in new_names[0].items()},
    )


def _renaming(wants: WantsSheet | None, options: FileOptions) -> WantsSheet | None:
    """Show a caller who is to choose a sheet the names that it asked for."""
    if wants is None or not options.rename:
        return wants

    def wants_renamed(names: tuple[str, ...], cells: Mapping[str, Cells]) -> bool:
        new_names = rename_columns(names, options.rename, "")
        columns = {new_names.get(name, name): column for name, column in cells.items()}
        return wants(tuple(columns), columns)

    return wants_renamed


def _renamed_notes(new_names: list[Mapping[str, str]]) -> tuple[str, ...]:
    said = dict.fromkeys(pair for renames in new_names for pair in renames.items())
    return tuple(f"{old!r} is read as {new!r} (--rename)" for old, new in said)


def _name(sources: list[Source], parts: list[FilePart]) -> str:
    if len(parts) == 1:
        return parts[0].name
    return sources[0].name if len(sources) == 1 else f"{len(sources)} files"


def _open_files(
    sources: list[Source], options: FileOptions, wants_sheet: WantsSheet | None
) -> tuple[str, list[FilePart]]:
    """Return the kind of the first file, and each file opened."""
    files = [recognise(source) for source in sources]
    if options.sheet and not any(form.has_sheets for _, form in files):
        raise DataError(f"{sources[0].name}: --sheet is for workbooks, and this is none")
    opened = [form.open(source, options, wants_sheet) for source, form in files]
    return files[0][1].kind, [part for parts in opened for part in parts]


def _reads_commas(part: FilePart) -> bool:
    """Whether 7,125 is 7.125 here; `270,000` beside `6,8` in one file is still thousands."""
    if not isinstance(part, TextPart) or part.dialect.decimal != ",":
        return False
    return part.dialect.delimiter != "," or not has_thousands(part.sample_columns)


def _stated(each: list[tuple[str, ...]], parts: list[FilePart]) -> tuple[str, ...]:
    if len(parts) == 1:
        return each[0]
    return tuple(
        f"{p.name}: {fact}" for p, facts in zip(parts, each, strict=True) for fact in facts
    )


def _twice(parts: list[FilePart]) -> tuple[str, ...]:
    """Warn of files that were given more than once, as by two patterns that both match."""
    given = Counter(
        (p.origin.path.resolve(), p.sheet if isinstance(p, SheetPart) else "")
        for p in parts
        if p.origin and p.origin.is_file
    )
    return tuple(
        f"{path}: given {count} times, so each of its rows counts {count} times"
        for (path, _), count in given.items()
        if count > 1
    )
