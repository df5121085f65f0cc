"""Write a bundle directory whole or not at all; the same model gives the same bytes."""

import contextlib
import ctypes
import glob
import hashlib
import json
import math
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save as save_safetensors

from placement.arrays import Document, FloatArray
from placement.errors import ModelError, StoreError, UsageError
from placement.model.document_codec import decode
from placement.model.earlier_formats import current_document
from placement.model.scorer import (
    DOCUMENT,
    FORMAT,
    KINDS,
    WEIGHTS,
    Bundle,
    ScorerError,
    digest_of,
    read_bundle,
)
from placement.runtime.scratch import is_gone

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_LONGEST_SAVE = 3600.0  # seconds; a fresh directory older than this has no writer any more


def write_bundle(
    directory: str | Path,
    document: Document,
    weights: FloatArray,
    intercept: float,
    more: Mapping[str, FloatArray] | None = None,
) -> Path:
    """Write document, weights and `more` arrays to a directory, replacing a bundle that is there.

    Raises StoreError where the directory holds anything but a bundle, or cannot be written.
    """
    target = Path(directory).resolve()  # a link to a bundle keeps pointing at it
    # Metadata would differ between processes, so the tensors carry none.
    raw = save_safetensors({"weights": weights, "intercept": np.array([intercept]), **(more or {})})
    full = {**finite(document), "format": FORMAT, "weights_digest": hashlib.sha256(raw).hexdigest()}
    full["digest"] = digest_of(full)
    text = json.dumps(full, sort_keys=True, ensure_ascii=False, indent=1) + "\n"
    check_replaceable(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _fresh_directory(target) as fresh:
            _write_synced(fresh / WEIGHTS, raw)
            _write_synced(fresh / DOCUMENT, text.encode())
            _sync_directory(fresh)
            _swap(fresh, target)
            _sync_directory(target.parent)
    except OSError as problem:
        raise _unwritable(target, problem) from problem
    return target


def _unwritable(target: Path, problem: OSError) -> StoreError:
    return StoreError(f"{target}: cannot be written ({problem.strerror or problem})")


def check_replaceable(target: Path) -> None:
    """Raise StoreError where `target` is neither a bundle, an empty folder nor nothing."""
    try:
        if not target.exists():
            return
        if not target.is_dir():
            raise StoreError(f"{target}: is a file; name a directory for the bundle")
        strangers = _strangers(target)
    except OSError as problem:
        raise _unwritable(target, problem) from problem
    if strangers:
        raise StoreError(
            f"{target}: holds {strangers[0]!r} and is no bundle; name a new or empty directory"
        )


def _strangers(folder: Path) -> list[str]:
    """Return the names in a folder that do not belong to a bundle."""
    return sorted(p.name for p in folder.iterdir() if p.name not in {DOCUMENT, WEIGHTS})


def open_bundle(directory: str | Path) -> Bundle:
    """Read a bundle; raises ModelError (exit 5) where it is missing, damaged or too new."""
    while True:
        target = _where(Path(directory))
        before = _identity(target)
        try:
            return _read(target)
        except ModelError:
            # A writer that replaces it now may leave us the document of one and weights of another.
            if _identity(_where(Path(directory))) == before:
                raise


def _where(directory: Path) -> Path:
    """The bundle, or what a writer without atomic exchange left between its two renames."""
    backup = directory.parent / f".{directory.name}.old"
    return backup if backup.exists() and not directory.exists() else directory


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_ino, status.st_ctime_ns


def _read(target: Path) -> Bundle:
    if not target.is_dir():
        raise ModelError(f"{target}: no such model; `placement runs` lists what there is")
    try:
        with garbled(target):
            bundle = read_bundle(target)
            for entry in bundle.document["encoder"]:
                decode(KINDS[entry["kind"]], entry)
            return replace(bundle, document=current_document(bundle.document))
    except ScorerError as problem:
        cure = "upgrade placement" if problem.reason == "format" else "train or copy it again"
        raise ModelError(f"{problem}; {cure}") from problem


@contextlib.contextmanager
def garbled(target: str | Path) -> Iterator[None]:
    """Raise a ModelError for what reading a document without some fields raises."""
    try:
        yield
    except ScorerError:
        raise
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        UsageError,
        ValueError,
    ) as problem:
        raise ModelError(
            f"{target}: the bundle lacks or garbles {problem}; train it again"
        ) from problem


def finite(value: Any) -> Any:
    """Return a JSON-able copy: not-finite numbers are None, numpy scalars plain, tuples lists."""
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    if isinstance(value, np.ndarray):
        return finite(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


@contextlib.contextmanager
def _fresh_directory(target: Path) -> Iterator[Path]:
    _sweep(target)
    fresh = target.parent / f".{target.name}.new-{os.getpid()}-{secrets.token_hex(4)}"
    fresh.mkdir()
    try:
        yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _sweep(target: Path) -> None:
    """Clear away what killed writers left beside the target, and nothing that is not a bundle."""
    backup = target.parent / f".{target.name}.old"
    if backup.exists() and not target.exists() and not _strangers(backup):
        backup.rename(target)
    leftovers = [backup, *target.parent.glob(f".{glob.escape(target.name)}.new-*")]
    for folder in leftovers:
        with contextlib.suppress(OSError):  # another writer may sweep it at the same time
            if not _strangers(folder) and (folder == backup or _abandoned(folder)):
                shutil.rmtree(folder)


def _abandoned(fresh: Path) -> bool:
    """Whether the writer of a fresh directory is gone: its process, or all patience with it."""
    if time.time() - fresh.stat().st_mtime > _LONGEST_SAVE:
        return True
    return is_gone(fresh.name.rpartition(".new-")[2].partition("-")[0])


def _swap(fresh: Path, target: Path) -> None:
    if not target.exists():
        fresh.rename(target)
    elif not _exchange(fresh, target):
        backup = target.parent / f".{target.name}.old"
        target.rename(backup)
        fresh.rename(target)
        shutil.rmtree(backup, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two directories in one step where the system can; the old one is left in `one`."""
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    done = rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    return bool(done == 0)


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(path: Path) -> None:
    if os.name == "nt":
        return  # a directory cannot be opened there
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
