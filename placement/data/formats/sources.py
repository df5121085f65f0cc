"""What the user points at: a path, a glob, standard input; what it is, whatever its name says."""

import glob
import gzip
import io
import os
import re
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, BinaryIO, Literal, cast
from urllib.parse import unquote

from placement.errors import DataError, did_you_mean

SAMPLE_BYTES = 1 << 18
_COMPRESSION = 5  # of tables of marks, roughly

FileKind = Literal["text", "excel", "parquet"]
Partition = tuple[tuple[str, str | int | None], ...]

_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"

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


@dataclass(frozen=True)
class Source:
    """One file to read. `keep` holds on to the temporary file behind a pipe.

    `partition`: columns that the folders of a partitioned table say, with their one value.
    """

    name: str
    path: Path
    kind: FileKind = "text"
    compression: Literal["", "gzip", "zstd"] = ""
    keep: Any = None
    partition: Partition = ()

    def open(self) -> BinaryIO:
        """Open the bytes of the table, decompressed."""
        if self.compression == "gzip":
            return cast("BinaryIO", gzip.open(self.path, "rb"))
        if self.compression == "zstd":
            return _open_zstd(self.path)
        return self.path.open("rb")

    @property
    def is_file(self) -> bool:
        """Whether the user's own file is read, not what came through a pipe."""
        return self.keep is None

    @property
    def likely_bytes(self) -> int:
        """The size of the table, decompressed; about."""
        return self.path.stat().st_size * (_COMPRESSION if self.compression else 1)

    def sample(self, size: int = SAMPLE_BYTES) -> bytes:
        """Return the first bytes; one more than `size` where the file is longer."""
        with reading(self.name), self.open() as stream:
            return stream.read(size + 1)


class _ZstdStream(io.RawIOBase):
    """The pyarrow stream as an ordinary raw stream, which text wrappers can buffer."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        self._file = path.open("rb")
        self._stream = pa.CompressedInputStream(self._file, "zstd")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._file.close()
        super().close()


def _open_zstd(path: Path) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(_ZstdStream(path), 1 << 20))


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn what the system says about an unreadable file into our error."""
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(f"{name}: no such file") from error
    except PermissionError as error:
        raise DataError(f"{name}: no permission to read it (check its owner and mode)") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{name}: cut short or damaged ({error}): fetch it again") from error
    except OSError as error:
        raise DataError(f"{name}: cannot be read ({error.strerror or error})") from error


def find_sources(source: Any) -> list[Source]:
    """Return the files a path, `"-"`, a folder of Parquet, a glob, or a list of them stands for."""
    given = list(source) if isinstance(source, (list, tuple)) else [source]
    if not given:
        raise DataError("no file given: name at least one")
    paths = [found for item in given for found in _expand(item)]
    base = [path.name for path, _ in paths]
    names = base if len(set(base)) == len(base) else [str(path) for path, _ in paths]
    return [
        replace(
            recognise(_stdin() if str(path) == "-" else _plain(path, name)), partition=partition
        )
        for (path, partition), name in zip(paths, names, strict=True)
    ]


def _expand(item: Any) -> list[tuple[Path, Partition]]:
    """Return the files that one given name stands for, each with its partition."""
    text = os.fspath(item) if isinstance(item, (str, os.PathLike)) else None
    if not isinstance(text, str):
        raise DataError(f"cannot read a table from {type(item).__name__}: give a path or a frame")
    if Path(text).is_dir():
        return _dataset(Path(text)) or [(Path(text), ())]
    if text == "-" or not glob.has_magic(text) or Path(text).exists():
        return [(Path(text), ())]
    found = sorted(Path(path) for path in glob.glob(text, recursive=True))  # noqa: PTH207 - absolute patterns too
    files = [path for path in found if not path.is_dir()]
    if not files:
        raise DataError(f"{text}: no file matches this pattern")
    return [(path, ()) for path in files]


def _dataset(folder: Path) -> list[tuple[Path, Partition]]:
    """Return the Parquet files of a folder and of folders such as `batch=2025` below it.

    Names that begin with `_` or `.` are notes of the program that wrote the table.
    """
    below = (path.relative_to(folder) for path in sorted(folder.rglob("*.parquet")))
    inner = [path for path in below if not any(part.startswith(("_", ".")) for part in path.parts)]
    said = [dict(_said(name) for name in path.parts[:-1] if "=" in name) for path in inner]
    whole = {name for one in said for name in one} - {
        name for one in said for name, value in one.items() if not _is_whole(value)
    }
    return [
        (folder / path, tuple((n, int(v) if v and n in whole else v) for n, v in one.items()))
        for path, one in zip(inner, said, strict=True)
    ]


def _said(folder: str) -> tuple[str, str | None]:
    """Return the column and the value that a folder's name says."""
    name, _, value = folder.partition("=")
    return unquote(name), None if value == _NO_VALUE else unquote(value)


def _is_whole(value: str | None) -> bool:
    return value is None or (value.isascii() and value.isdigit() and str(int(value)) == value)


def _plain(path: Path, name: str) -> Source:
    if path.is_dir():
        raise DataError(
            f"{path}: a directory without Parquet files: name its files, such as {path}/*.csv"
        )
    if not path.exists():
        raise DataError(f"{path}: no such file{_nearest(path)}")
    if path.is_file():
        return Source(name, path)
    with reading(name), path.open("rb") as pipe:
        return _spool(name, pipe)


def _nearest(path: Path) -> str:
    try:
        return did_you_mean(path.name, (other.name for other in path.parent.iterdir()))
    except OSError:
        return f": there is no folder {path.parent}"


def _stdin() -> Source:
    with reading("standard input"):
        return _spool("standard input", sys.stdin.buffer)


def _spool(name: str, stream: IO[bytes]) -> Source:
    """Copy a stream to a temporary file, so that it can be walked more than once."""
    keep = tempfile.NamedTemporaryFile(prefix="placement-")  # noqa: SIM115 - lives as long as the source
    shutil.copyfileobj(stream, keep, 1 << 20)
    keep.flush()
    return Source(name, Path(keep.name), keep=keep)


def recognise(source: Source) -> Source:
    """Look at the content: which kind of file is it? Refuse, by name, what is no table."""
    head = source.sample()
    if head[:2] == b"\x1f\x8b":
        source = replace(source, compression="gzip")
    elif head[:4] == b"\x28\xb5\x2f\xfd":
        source = replace(source, compression="zstd")
    if source.compression:
        head = source.sample()
    if not head.strip():
        raise DataError(f"{source.name}: the file is empty")
    kind = _kind(source, head)
    if source.compression and kind != "text":
        with reading(source.name), source.open() as stream:
            source = _spool(source.name, stream)
    return replace(source, kind=kind)


def _kind(source: Source, head: bytes) -> FileKind:
    if head[:4] == b"PK\x03\x04":
        return _check_workbook(source)
    if head[:4] == b"PAR1":
        return "parquet"
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
    return "text"


def _check_workbook(source: Source) -> FileKind:
    with reading(source.name), source.open() as stream:
        try:
            content = io.BytesIO(stream.read()) if source.compression else stream
            members = set(zipfile.ZipFile(content).namelist())
        except zipfile.BadZipFile as error:
            raise DataError(
                f"{source.name}: a workbook cut short or damaged: copy it again"
            ) from error
    if members & {"xl/workbook.xml", "xl/workbook.bin"}:
        return "excel"
    raise DataError(f"{source.name}: a zip archive without a workbook: unpack it first")
