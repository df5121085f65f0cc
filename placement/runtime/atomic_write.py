"""Atomic writes: a file is written beside its target, synced, then renamed onto it."""

import glob
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from placement.errors import StoreError
from placement.runtime.scratch import is_gone

_IN_MEMORY = 1 << 24  # bytes


@contextmanager
def writing(name: str) -> Iterator[None]:
    """Raise the system's errors of an unwritable file as `StoreError`."""
    try:
        yield
    except BrokenPipeError:
        raise
    except FileNotFoundError as error:
        raise StoreError(f"{name}: its folder does not exist: make it first") from error
    except PermissionError as error:
        raise StoreError(f"{name}: no permission to write there") from error
    except OSError as error:
        raise StoreError(f"{name}: cannot be written ({error.strerror or error})") from error


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """Yield a temporary path to write to; on success it replaces `out`, else it is removed."""
    with writing(str(out)):
        if out.is_dir():
            raise StoreError(f"{out}: a directory is there: name a file")
        special = out.exists() and not out.is_file()
        target = out.resolve()
        unique = f"{os.getpid()}-{secrets.token_hex(4)}"
        temporary = target.with_name(f".{target.name}.{unique}.tmp")
        if not special:
            # Created here, so that a folder without permission shows before any row is scored.
            temporary.touch(0o600, exist_ok=False)
            _sweep(target)
    if special:  # /dev/null, a pipe: nothing to replace
        yield target
        return
    try:
        yield temporary
        with writing(str(out)):
            _sync_and_rename(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def held_back(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """Yield what to write to instead of a stream, which gets it at the end unless one raises."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as held:
        yield cast("IO[bytes]", held)
        held.seek(0)
        shutil.copyfileobj(held, stream)
    stream.flush()


def _sweep(target: Path) -> None:
    """Remove what writers that were killed left beside a file."""
    for leftover in target.parent.glob(f".{glob.escape(target.name)}.*-????????.tmp"):
        if is_gone(leftover.name.rpartition("-")[0].rpartition(".")[2]):
            leftover.unlink(missing_ok=True)


def _sync_and_rename(temporary: Path, target: Path) -> None:
    if target.exists():
        temporary.chmod(target.stat().st_mode & 0o777)
    else:
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
    with temporary.open("rb+") as stream:
        os.fsync(stream.fileno())
    temporary.replace(target)
