"""What the user points at: a path, a glob, a folder of Parquet, standard input."""

import glob
import gzip
import io
import os
import re
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, BinaryIO, Literal, cast
from urllib.parse import unquote

from placement.errors import DataError, did_you_mean

SAMPLE_BYTES = 1 << 18
_ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://")
_COMPRESSION = 5  # of tables of marks, roughly

Partition = tuple[tuple[str, str | int | None], ...]

_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class Source:
    """One file to read. `keep` holds on to the temporary file behind a pipe.

    `partition`: columns that the folders of a partitioned table say, with their one value.
    """

    name: str
    path: Path
    compression: Literal["", "gzip", "zstd"] = ""
    keep: Any = None
    partition: Partition = ()

    def open(self) -> BinaryIO:
        """Open the bytes of the table, decompressed."""
        if self.compression == "gzip":
            return cast("BinaryIO", gzip.open(self.path, "rb"))
        if self.compression == "zstd":
            import pyarrow as pa

            stream = pa.CompressedInputStream(self.path.open("rb"), "zstd")
            return cast("BinaryIO", io.BufferedReader(stream, 1 << 20))
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
    paths = [path_and_partition for item in given for path_and_partition in _expand(item)]
    base = [path.name for path, _ in paths]
    names = base if len(set(base)) == len(base) else [str(path) for path, _ in paths]
    return [
        replace(_open_path(path, name), partition=partition)
        for (path, partition), name in zip(paths, names, strict=True)
    ]


def _expand(item: Any) -> list[tuple[Path, Partition]]:
    """Return the files that one given name stands for, each with its partition."""
    text = os.fspath(item) if isinstance(item, (str, os.PathLike)) else None
    if not isinstance(text, str):
        raise DataError(f"cannot read a table from {type(item).__name__}: give a path or a frame")
    if _ADDRESS.match(text):
        raise DataError(
            f"{text}: an address, not a file: download it (from Google Sheets: File, Download, "
            "CSV) and give that file"
        )
    if Path(text).is_dir():
        return _dataset(Path(text)) or [(Path(text), ())]
    if text == "-" or not glob.has_magic(text) or Path(text).exists():
        return [(Path(text), ())]
    paths = sorted(Path(path) for path in glob.glob(text, recursive=True))  # noqa: PTH207 - absolute patterns too
    files = [path for path in paths if not path.is_dir()]
    if not files:
        raise DataError(f"{text}: no file matches this pattern")
    return [(path, ()) for path in files]


def _dataset(folder: Path) -> list[tuple[Path, Partition]]:
    """Return the Parquet files of a folder and of folders such as `batch=2025` below it.

    Names that begin with `_` or `.` are notes of the program that wrote the table.
    """
    below = (path.relative_to(folder) for path in sorted(folder.rglob("*.parquet")))
    inner = [path for path in below if not any(part.startswith(("_", ".")) for part in path.parts)]
    partitions = [
        dict(_partition_of(name) for name in path.parts[:-1] if "=" in name) for path in inner
    ]
    pairs = [pair for partition in partitions for pair in partition.items()]
    whole = {name for name, _ in pairs} - {name for name, value in pairs if not _is_whole(value)}
    return [
        (folder / path, tuple((n, int(v) if v and n in whole else v) for n, v in partition.items()))
        for path, partition in zip(inner, partitions, strict=True)
    ]


def _partition_of(folder: str) -> tuple[str, str | None]:
    """Return the column and the value that a folder's name says."""
    name, _, value = folder.partition("=")
    return unquote(name), None if value == _NO_VALUE else unquote(value)


def _is_whole(value: str | None) -> bool:
    return value is None or (value.isascii() and value.isdigit() and str(int(value)) == value)


def _open_path(path: Path, name: str) -> Source:
    if str(path) == "-":
        with reading("standard input"):
            return spool("standard input", sys.stdin.buffer)
    if path.is_dir():
        raise DataError(
            f"{path}: a directory without Parquet files: name its files, such as {path}/*.csv"
        )
    if not path.exists():
        raise DataError(f"{path}: no such file{_nearest(path)}")
    if path.is_file():
        return Source(name, path)
    with reading(name), path.open("rb") as pipe:
        return spool(name, pipe)


def _nearest(path: Path) -> str:
    try:
        return did_you_mean(path.name, (other.name for other in path.parent.iterdir()))
    except OSError:
        return f": there is no folder {path.parent}"


def spool(name: str, stream: IO[bytes]) -> Source:
    """Copy a stream to a temporary file, so that it can be walked more than once."""
    keep = tempfile.NamedTemporaryFile(prefix="placement-")  # noqa: SIM115 - lives as long as the source
    shutil.copyfileobj(stream, keep, 1 << 20)
    keep.flush()
    return Source(name, Path(keep.name), keep=keep)
