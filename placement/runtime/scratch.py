"""A folder for the temporary files of this process, and the removal of what killed ones left.

MLflow and others put their files where `tempfile` says; after kill -9 nobody removes them.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path


def use_scratch_folder() -> None:
    """Have the temporary files of this process in a folder of its own that goes at its exit.

    The folders of processes that are gone are removed first.
    """
    parent = _root()
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


def process_namespace() -> str:
    """Among which processes a number is one's own: in a container it is another's outside."""
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return "0"
