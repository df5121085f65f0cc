"""The formats of tables: how each is recognised, whatever its name says, and what opens it."""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from placement.config.file_options import FileOptions
from placement.data.formats.blocks import FilePart
from placement.data.formats.delimited.open_text import open_text
from placement.data.formats.html_tables import open_html
from placement.data.formats.json_records import open_json
from placement.data.formats.parquet import open_parquet
from placement.data.formats.sources import Source, reading, spool
from placement.data.formats.workbooks.choose_sheets import WantsSheet
from placement.data.formats.workbooks.excel import open_workbook
from placement.errors import DataError


@dataclass(frozen=True)
class Format:
    """A format: the first bytes of its files, and what opens one.

    `pattern`: what its text begins with, in any encoding, where the bytes are not always the same.
    `refuse` raises DataError for a file of these first bytes that is no table all the same.
    `seeks`: a compressed file is unpacked before it is opened.
    """

    kind: str
    magic: bytes
    open: Callable[[Source, FileOptions, WantsSheet | None], tuple[FilePart, ...]]
    refuse: Callable[[Source, bytes], None] = lambda _source, _head: None
    seeks: bool = True
    has_sheets: bool = False
    pattern: re.Pattern[bytes] | None = None

    def begins(self, head: bytes) -> bool:
        """Whether some first bytes are those of a file of this format."""
        if self.pattern is None:
            return head.startswith(self.magic)
        return self.pattern.match(_BOM.sub(b"", head).replace(b"\0", b"")) is not None


def _open_parquet(
    source: Source, options: FileOptions, _wants: WantsSheet | None
) -> tuple[FilePart, ...]:
    if options.names or options.header_row is not None:
        option = "--names" if options.names else "--header-row"
        raise DataError(f"{source.name}: {option} is for sheets; Parquet has names of its own")
    return (open_parquet(source),)


def _refuse_other_archive(source: Source, _head: bytes) -> None:
    with reading(source.name), source.open() as stream:
        try:
            content = io.BytesIO(stream.read()) if source.compression else stream
            members = set(zipfile.ZipFile(content).namelist())
        except zipfile.BadZipFile as error:
            raise DataError(
                f"{source.name}: a workbook cut short or damaged: copy it again"
            ) from error
    if not members & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
        what = next((what for name, what in _OTHER_MEMBERS.items() if name in members), None)
        what = what or "a zip archive without a workbook: unpack it first"
        raise DataError(f"{source.name}: {what}")


_OTHER_MEMBERS = {
    "word/document.xml": "a Word document: copy its table to a sheet, and save that",
    "Index/Document.iwa": "an Apple Numbers document: export it as Excel or CSV",
}
# Streams of a compound file, the container of old Office documents, that no .xls has.
_STREAMS = {
    "EncryptedPackage": "protected by a password: open it and save it without one",
    "WordDocument": "a Word document: copy its table to a sheet, and save that",
    "PowerPoint Document": "a PowerPoint file: give the table itself",
    "__substg1.0": "an e-mail: save what is attached to it",
}


def _refuse_other_document(source: Source, _head: bytes) -> None:
    with reading(source.name), source.open() as stream:
        content = stream.read()
    for stream_name, what in _STREAMS.items():
        if stream_name.encode("utf-16-le") in content:
            raise DataError(f"{source.name}: {what}")


_SIGNATURES = (
    (b"%PDF", "a PDF: export the table as CSV or .xlsx"),
    (b"BZh", "a bzip2 archive: unpack it first"),
    (b"\xfd7zXZ\x00", "an xz archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive: unpack it first"),
    (b"$FL2", "an SPSS file: export it as CSV, with labels"),
    (b"$FL3", "an SPSS file: export it as CSV, with labels"),
    (b"<stata_dta>", "a Stata file: export it as CSV, with labels (export delimited)"),
    (b"HEADER RECORD*******", "a SAS transport file: export it as CSV"),
    (b"\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81\x60", "a SAS file: export it as CSV"),
    (b"RDX", "an R workspace: write the table with write.csv"),
    (b"ARROW1", "an Arrow file: write the table as Parquet or CSV"),
    (b"SQLite format 3", "an SQLite database: export the table as CSV"),
    (b"\x89PNG", "a picture: give the table itself"),
    (b"\xff\xd8\xff", "a picture: give the table itself"),
)
_PATTERNS = (
    (
        re.compile(rb"[l-s][\x01\x02]\x01\x00"),
        "a Stata file: export it as CSV, with labels (export delimited)",
    ),
    (re.compile(rb"\x80[\x02-\x05]"), "a Python pickle: write the table as CSV or Parquet"),
)
_HTML = re.compile(
    rb"(?:<!--.*?-->|<!doctype html[^>]*>|<\?xml[^>]*\?>|\s)*"
    rb"<\s*(?:html|head|body|table|style|div|meta|title|center|font|form|span|thead|tbody|tr|link"
    rb"|script|p|b|h[1-6]|br)\b",
    re.IGNORECASE | re.DOTALL,
)
_JSON = re.compile(rb'\s*(?:\[\s*[{[]|\{\s*")')
_BOM = re.compile(rb"\A(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)")
_LFS = b"version https://git-lfs.github.com/spec/"
_CONFLICT = re.compile(rb"^(?:<{7} |>{7} |={7}\r?$)", re.MULTILINE)


def _refuse_other_text(source: Source, head: bytes) -> None:
    for magic, what in _SIGNATURES:
        if head.startswith(magic):
            raise DataError(f"{source.name}: this is {what}")
    for pattern, what in _PATTERNS:
        if pattern.match(head):
            raise DataError(f"{source.name}: this is {what}")
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text.startswith(_LFS):
        raise DataError(f"{source.name}: a Git-LFS pointer, not the data: run `git lfs pull`")
    if text.startswith(b"MIME-Version:"):
        raise DataError(f"{source.name}: a web archive: open it in Excel and save it as .xlsx")
    if text.startswith(b"<?xml"):
        raise DataError(f"{source.name}: an XML file: save the table as CSV or .xlsx")
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
    Format(
        "excel",
        b"\xd0\xcf\x11\xe0",
        open_workbook,
        refuse=_refuse_other_document,
        has_sheets=True,
    ),
    Format("parquet", b"PAR1", _open_parquet),
    Format("html", b"", open_html, seeks=False, has_sheets=True, pattern=_HTML),
    Format("json", b"", open_json, seeks=False, pattern=_JSON),
    Format(
        "text",
        b"",
        lambda source, options, _wants: (open_text(source, options),),
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
    form = next(form for form in FORMATS if form.begins(head))
    form.refuse(source, head)
    if source.compression and form.seeks:
        with reading(source.name), source.open() as stream:
            unpacked = spool(source.name, stream)
        source = replace(unpacked, partition=source.partition)
    return source, form
