"""How a file of students is read, whichever command meets it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from placement.config.option import option

_read = partial(option, "read")


@dataclass(frozen=True, kw_only=True)
class FileOptions:
    """What one may have to say of a file before it can be read as it is meant.

    `TrainConfig` and the request of every other command that opens a file have these fields; the
    command line makes its options of them.
    """

    names: tuple[str, ...] = _read((), "Column names of a file without a header.", metavar="A,B,C")
    sheet: str | None = _read(None, "Sheet of a workbook.", metavar="NAME")

    def file_options(self) -> dict[str, Any]:
        """Return these fields alone, by name, for another that has them."""
        return {item.name: getattr(self, item.name) for item in fields(FileOptions)}

    @staticmethod
    def of(options: Mapping[str, Any]) -> "FileOptions":
        """Return those of the fields that are among some options; lists become tuples."""
        given = {i.name: options[i.name] for i in fields(FileOptions) if i.name in options}
        lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
        return FileOptions(**(given | lists))


PLAIN_FILE = FileOptions()
