"""Write a bundle directory whole or not at all; the same model gives the same bytes."""

import contextlib
import ctypes
import hashlib
import json
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save as save_safetensors

from placement.errors import ModelError, StoreError
from placement.model.scorer import (
    DOCUMENT,
    FORMAT,
    WEIGHTS,
    Bundle,
    ScorerError,
    digest_of,
    read_bundle,
)

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def write_bundle(
    directory: str | Path,
    document: Mapping[str, Any],
    weights: npt.NDArray[np.float64],
    intercept: float,
) -> Path:
    """Write document and weights to a directory, replacing a bundle that is there.

    Raises StoreError where the directory holds anything but a bundle, or cannot be written.
    """
    target = Path(directory).absolute()
    # Metadata would differ between processes, so the tensors carry none.
    raw = save_safetensors({"weights": weights, "intercept": np.array([intercept])})
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
        raise StoreError(
            f"{directory}: cannot be written ({problem.strerror or problem})"
        ) from problem
    return target


def check_replaceable(target: Path) -> None:
    """Raise StoreError where `target` is something else than a bundle, an empty folder or nothing."""
    if not target.exists():
        return
    if not target.is_dir():
        raise StoreError(f"{target}: is a file; name a directory for the bundle")
    strangers = sorted(p.name for p in target.iterdir() if p.name not in {DOCUMENT, WEIGHTS})
    if strangers:
        raise StoreError(
            f"{target}: holds {strangers[0]!r} and is no bundle; name a new or empty directory"
        )


def open_bundle(directory: str | Path) -> Bundle:
    """Read a bundle; raises ModelError (exit 5) where it is missing, damaged or too new."""
    target = Path(directory)
    aside = target.parent / f".{target.name}.old"
    if not target.exists() and aside.exists():
        target = aside  # a writer without atomic exchange was stopped between its two renames
    if not target.is_dir():
        raise ModelError(f"{directory}: no such model; `placement runs` lists what there is")
    try:
        return read_bundle(target)
    except ScorerError as problem:
        cure = "upgrade placement" if problem.reason == "format" else "train or copy it again"
        raise ModelError(f"{problem}; {cure}") from problem
    except (KeyError, TypeError, ValueError, IndexError) as problem:
        raise ModelError(
            f"{directory}: the bundle lacks or garbles {problem}; train it again"
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
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.new-", dir=target.parent))
    fresh.chmod(0o755)
    try:
        yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _sweep(target: Path) -> None:
    aside = target.parent / f".{target.name}.old"
    if target.exists():
        shutil.rmtree(aside, ignore_errors=True)
    elif aside.exists():
        aside.rename(target)


def _swap(fresh: Path, target: Path) -> None:
    if not target.exists():
        fresh.rename(target)
    elif not _exchange(fresh, target):
        aside = target.parent / f".{target.name}.old"
        target.rename(aside)
        fresh.rename(target)
        shutil.rmtree(aside, ignore_errors=True)


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
