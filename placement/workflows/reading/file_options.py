"""How a file is read that a request names."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FileOptions:
    """The column names of a file without a header, and the sheet of a workbook."""

    names: tuple[str, ...] = ()
    sheet: str | None = None
