"""A folder for the temporary files of this process, and the removal of what killed ones left.

MLflow and others put their files where `tempfile` says; after kill -9 nobody removes them.
"""

import atexit
import hashlib
import os
import platform
import shutil
import tempfile
import uuid
from contextlib import suppress
from functools import cache
from pathlib import Path


def use_scratch_folder() -> None:
    """Have the temporary files of this process in a folder of its own that goes at its exit.

    The folders of processes that are gone are removed first. Where nothing can be written, all
    stays as it is: who needs a temporary file will say so.
    """
    with suppress(OSError):
        _use_folder_in(_root())


def _use_folder_in(parent: Path) -> None:
    for folder in parent.glob(f"{_prefix()}*-*"):
        process = folder.name.removeprefix(_prefix()).partition("-")[0]
        if is_gone(process):
            remove_scratch_folder(int(process))
    tempfile.tempdir = tempfile.mkdtemp(prefix=f"{_prefix()}{os.getpid()}-", dir=parent)
    atexit.register(remove_scratch_folder, os.getpid())


def remove_scratch_folder(process: int) -> None:
    """Remove the folder of a process, if it has one."""
    for folder in _root().glob(f"{_prefix()}{process}-*"):
        shutil.rmtree(folder, ignore_errors=True)


def _root() -> Path:
    """Where such folders are, also once this process has one."""
    folder = Path(tempfile.gettempdir())
    return folder.parent if folder.name.startswith(_prefix()) else folder


def _prefix() -> str:
    return f"placement-{process_namespace()}-"


def is_gone(process: str) -> bool:
    """Whether this is the number of a process of this machine, and none has it now."""
    import psutil  # rarely needed, and slow to import

    return process.isdecimal() and not psutil.pid_exists(int(process))


@cache
def process_namespace() -> str:
    """Name among which processes a number is one's own: those of this machine, or container.

    Machines that have their temporary files in one place, or their runs on one server, may have a
    name in common, and all that are no containers have the same number of the namespace.
    """
    address = uuid.getnode()
    if address >> 40 & 1:  # made up, for this process alone
        address = 0
    try:
        number = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        number = 0
    text = f"{platform.node()} {address} {number}"
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
