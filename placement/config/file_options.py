"""How a file of students is read, whichever command meets it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from placement.config.option import option
from placement.errors import UsageError

_read = partial(option, "read")


@dataclass(frozen=True, kw_only=True)
class FileOptions:
    """What one may have to say of a file before it can be read as it is meant.

    `TrainConfig` and the request of every other command that opens a file have these fields; the
    command line makes its options of them.
    """

    names: tuple[str, ...] = _read((), "Column names of a file without a header.", metavar="A,B,C")
    header_row: int | None = _read(
        None,
        "Row that holds the column names, as the sheet or the file's lines are numbered, where "
        "another one is taken for it.",
        metavar="N",
    )
    sheet: tuple[str, ...] = _read(
        (),
        "Sheet of a workbook; repeatable: one table of all of them.",
        metavar="NAME",
        separate=True,
    )
    encoding: str | None = _read(
        None,
        "How a text file is encoded (cp1252, gb18030 …), where it is not seen.",
        metavar="NAME",
    )
    mixed_scale: tuple[str, ...] = _read(
        (),
        "Column with grades of two scales: its cells up to 10 are out of 10 and are brought to the "
        "scale of the others; repeatable.",
        metavar="COL:10",
        separate=True,
    )
    bad_rows: str | None = _read(
        None,
        "What becomes of rows whose cells cannot be told apart: refuse, leave-out (up to 1 %, or "
        "three), leave-out=5%. Unless told, they are left out; by predict and explain, refused.",
        metavar="refuse|leave-out[=SHARE]",
    )
    left_out: str | None = option(
        "run", None, "List the rows left out, and why, in this CSV file.", metavar="FILE"
    )
    rename: tuple[str, ...] = _read(
        (),
        "Read the file's column OLD as NEW, as a model calls it; repeatable.",
        metavar="NEW=OLD",
        separate=True,
    )

    def __post_init__(self) -> None:
        """Refuse an encoding that there is none of, and a rename that names no two columns."""
        row: object = self.header_row
        if row is not None and not (isinstance(row, int) and row >= 1):
            raise UsageError(f"--header-row {self.header_row}: rows are counted from 1")
        if self.header_row is not None and self.names:
            raise UsageError("--names is for files without a header: leave out --header-row")
        if self.encoding is not None and not _is_encoding(self.encoding):
            raise UsageError(
                f"--encoding {self.encoding}: there is no such encoding; one of utf-8, utf-16, "
                "cp1250, cp1251, cp1252, cp1256, gb18030, big5, cp932 (Shift-JIS) and others that "
                "Python has"
            )
        for text in self.rename:
            new, sign, old = text.partition("=")
            if not (new.strip() and sign and old.strip()):
                raise UsageError(f"--rename {text!r}: write it as NEW=OLD, such as 'cgpa=UG CGPA'")

    def file_options(self) -> dict[str, Any]:
        """Return these fields alone, by name, for another that has them."""
        return {item.name: getattr(self, item.name) for item in fields(FileOptions)}

    @staticmethod
    def of(options: Mapping[str, Any]) -> "FileOptions":
        """Return those of the fields that are among some options; lists become tuples."""
        given = {i.name: options[i.name] for i in fields(FileOptions) if i.name in options}
        lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
        if isinstance(sheet := given.get("sheet", ()), str):
            lists["sheet"] = (sheet,)
        return FileOptions(**(given | lists))


def _is_encoding(name: str) -> bool:
    """Whether a name is that of an encoding; Python has codecs that are none, such as rot13."""
    try:
        "".encode(name)
    except (LookupError, UnicodeError, ValueError):
        return False
    return True


PLAIN_FILE = FileOptions()
