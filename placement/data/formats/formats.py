"""The formats of tables: how each is recognised, whatever its name says, and what opens it."""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from placement.config.file_options import FileOptions
from placement.data.formats.blocks import FilePart
from placement.data.formats.delimited.csv_table import open_text
from placement.data.formats.parquet import open_parquet
from placement.data.formats.sources import Source, reading, spool
from placement.data.formats.workbooks.excel import WantsSheet, open_workbook
from placement.errors import DataError


@dataclass(frozen=True)
class Format:
    """A format: the first bytes of its files, and what opens one.

    `refuse` raises DataError for a file of these first bytes that is no table all the same.
    `seeks`: a compressed file is unpacked before it is opened.
    """

    kind: str
    magic: bytes
    open: Callable[[Source, FileOptions, WantsSheet | None], FilePart]
    refuse: Callable[[Source, bytes], None] = lambda _source, _head: None
    seeks: bool = True
    has_sheets: bool = False


def _open_parquet(source: Source, options: FileOptions, _wants: WantsSheet | None) -> FilePart:
    if options.names:
        raise DataError(f"{source.name}: --names is for files without a header; Parquet has names")
    return open_parquet(source)


def _refuse_other_archive(source: Source, _head: bytes) -> None:
    with reading(source.name), source.open() as stream:
        try:
            content = io.BytesIO(stream.read()) if source.compression else stream
            members = set(zipfile.ZipFile(content).namelist())
        except zipfile.BadZipFile as error:
            raise DataError(
                f"{source.name}: a workbook cut short or damaged: copy it again"
            ) from error
    if not members & {"xl/workbook.xml", "xl/workbook.bin"}:
        raise DataError(f"{source.name}: a zip archive without a workbook: unpack it first")


_SIGNATURES = (
    (b"\xd0\xcf\x11\xe0", "an old .xls or a password-protected workbook: save it as .xlsx"),
    (b"%PDF", "a PDF: export the table as CSV or .xlsx"),
    (b"BZh", "a bzip2 archive: unpack it first"),
    (b"\xfd7zXZ\x00", "an xz archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive: unpack it first"),
    (b"SQLite format 3", "an SQLite database: export the table as CSV"),
    (b"\x89PNG", "a picture: give the table itself"),
    (b"\xff\xd8\xff", "a picture: give the table itself"),
)
_HTML = re.compile(
    rb"(?:<!--.*?-->|\s)*<(?:!doctype html|html|head|body|table)\b", re.IGNORECASE | re.DOTALL
)
_LFS = b"version https://git-lfs.github.com/spec/"
_CONFLICT = re.compile(rb"^(?:<{7} |>{7} |={7}\r?$)", re.MULTILINE)


def _refuse_other_text(source: Source, head: bytes) -> None:
    for magic, what in _SIGNATURES:
        if head.startswith(magic):
            raise DataError(f"{source.name}: this is {what}")
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text.startswith(_LFS):
        raise DataError(f"{source.name}: a Git-LFS pointer, not the data: run `git lfs pull`")
    if _HTML.match(text):
        raise DataError(f"{source.name}: an HTML page, not a table: download the file itself")
    if text.startswith(b"<?xml"):
        raise DataError(f"{source.name}: an XML file: save the table as CSV or .xlsx")
    if text.lstrip()[:2] in {b"[{", b'{"'}:
        raise DataError(f"{source.name}: a JSON file: convert it to CSV or Parquet")
    if conflict := _CONFLICT.search(text):
        line = text.count(b"\n", 0, conflict.start()) + 1
        raise DataError(f"{source.name}, line {line}: a git merge conflict: resolve it first")


# A file is of the first format whose first bytes it has.
FORMATS = (
    Format(
        "excel",
        b"PK\x03\x04",
        open_workbook,
        refuse=_refuse_other_archive,
        has_sheets=True,
    ),
    Format("parquet", b"PAR1", _open_parquet),
    Format(
        "text",
        b"",
        lambda source, options, _wants: open_text(source, options),
        refuse=_refuse_other_text,
        seeks=False,
    ),
)
_COMPRESSIONS: tuple[tuple[bytes, Literal["gzip", "zstd"]], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)


def recognise(source: Source) -> tuple[Source, Format]:
    """Look at the content: which format is it? Refuse, by name, what is no table."""
    head = source.sample()
    for magic, compression in _COMPRESSIONS:
        if head.startswith(magic):
            source = replace(source, compression=compression)
            head = source.sample()
            break
    if not head.strip():
        raise DataError(f"{source.name}: the file is empty")
    form = next(form for form in FORMATS if head.startswith(form.magic))
    form.refuse(source, head)
    if source.compression and form.seeks:
        with reading(source.name), source.open() as stream:
            unpacked = spool(source.name, stream)
        source = replace(unpacked, partition=source.partition)
    return source, form
