"""One table of several files: each file's columns under the table's names, and `--rename`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from placement.data.formats.blocks import Block, BlockRequest, FilePart, Part
from placement.data.formats.delimited.csv_table import TextPart
from placement.data.names.equivalents import equivalents
from placement.data.schema import quoted
from placement.errors import DataError, did_you_mean, listed
from placement.model.scorer import fold_name, match_columns


@dataclass(frozen=True)
class Matched(Part):
    """A file of a table: its columns under the table's names, in the order of the first file.

    `keep`: its records stand exactly as the first file's do, so they may be copied.
    """

    part: FilePart
    part_names: tuple[str, ...]
    keep: bool

    def tasks(self, request: BlockRequest) -> Iterator[Callable[[], Block]]:
        """Yield what makes each of its blocks."""
        name_in_part = dict(zip(self.names, self.part_names, strict=True))
        columns = request.columns and frozenset(name_in_part[name] for name in request.columns)
        as_text = frozenset(name_in_part[name] for name in request.as_text)
        # Text may be copied only where it is written as the first file's; what has types, always.
        records = request.records and (self.keep or not isinstance(self.part, TextPart))
        request = replace(request, columns=columns, as_text=as_text, records=records)
        for task in self.part.tasks(request):
            yield partial(self._renamed, task)

    def _renamed(self, task: Callable[[], Block]) -> Block:
        block = task()
        pairs = zip(self.names, self.part_names, strict=True)
        columns = {
            name: block.columns[part_name]
            for name, part_name in pairs
            if part_name in block.columns
        }
        raw = block.raw
        if self.part_names != self.part.names:
            indexes = [self.part.names.index(name) for name in self.part_names]
            if isinstance(raw, list):  # the rows of a sheet
                raw = [[row[index] for index in indexes] for row in raw]
            else:
                raw = raw.select(indexes) if hasattr(raw, "select") else None
        return replace(block, names=self.names, columns=columns, raw=raw)


def match_part(
    first: FilePart, names: tuple[str, ...], part: FilePart, new_names: Mapping[str, str]
) -> Part:
    """Put a file's columns under the table's names, whatever their case and white space."""
    if part is first and part.names == names:
        return part
    name_in_part = {new_names.get(name, name): name for name in part.names}
    matches = match_columns(name_in_part, names)
    spare = [name for name in name_in_part if name not in matches.values()]
    for name in names:
        if name not in matches:
            pair = f"{name}={equivalents([name], spare).get(name, 'COLUMN')}"
            raise DataError(
                f"{part.name}: no column {name!r}, which {first.name} has: the files must have the "
                f"same columns; where it has another name: --rename {quoted(pair)}"
            )
    if spare:
        raise DataError(
            f"{part.name}: column {spare[0]!r} is not in {first.name}: "
            "the files must have the same columns"
        )
    part_names = tuple(name_in_part[matches[name]] for name in names)
    keep = _written_alike(first, part) and part_names == part.names
    return Matched(part.name, names, part.likely_rows, part.origin, part, part_names, keep)


def _written_alike(first: FilePart, part: FilePart) -> bool:
    if not (isinstance(first, TextPart) and isinstance(part, TextPart)):
        return False
    one, other = first.dialect, part.dialect
    marks = (one.delimiter, one.quote, one.escape)
    return marks == (other.delimiter, other.quote, other.escape)


def rename_columns(names: Sequence[str], renames: Sequence[str], file: str) -> Mapping[str, str]:
    """Map the file's own names of the columns that get others to those."""
    name_of = {fold_name(name): name for name in names}
    new_names: dict[str, str] = {}
    for text in renames:
        new, old = next(((n, o) for n, o in name_pairs(text) if fold_name(o) in name_of), ("", ""))
        if new:
            new_names[name_of[fold_name(old)]] = new
    final = [fold_name(new_names.get(name, name)) for name in names]
    for old, new in new_names.items():
        if final.count(fold_name(new)) > 1:
            raise DataError(
                f"{file}: --rename {quoted(f'{new}={old}')} would make two columns {new!r}: "
                "leave it out, or rename the other one as well"
            )
    return new_names


def refuse_unused_renames(renames: Sequence[str], names: Sequence[str], file: str) -> None:
    """Raise `DataError` for a rename of no column, unless its new name is there anyhow."""
    there = set(map(fold_name, names))
    for text in renames:
        readings = list(name_pairs(text))
        if not any(fold_name(name) in there for reading in readings for name in reading):
            old = readings[0][1]
            hint = did_you_mean(old, names) or f": it has {listed(names, 12)}"
            raise DataError(f"{file}: there is no column {old!r} (--rename {quoted(text)}){hint}")


def name_pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the ways to part `NEW=OLD`, as a name may have the sign in it."""
    for position, character in enumerate(text):
        new, old = text[:position], text[position + 1 :]
        if character == "=" and new.strip() and old.strip():
            yield " ".join(new.split()), " ".join(old.split())
