"""Reading a workbook in another process first, as calamine may take the process with it.

A damaged file can make it allocate what no machine has, which aborts, or panic. What it prints
then stays with that process.
"""

import subprocess
import sys
from pathlib import Path

_SECONDS = 60
# An error that calamine reports comes again where the file is read.
_READ = """
import contextlib, sys, python_calamine as calamine
with contextlib.suppress(ImportError):  # not on every system
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (1 << 33, 1 << 33))
try:
    with open(sys.argv[1], "rb") as stream:
        book = calamine.CalamineWorkbook.from_filelike(stream)
        for name in book.sheet_names:
            try:
                book.get_sheet_by_name(name)
            except calamine.WorksheetNotFound:
                pass
except calamine.CalamineError:
    pass
"""


def can_be_read(path: Path) -> bool:
    """Whether calamine survives a workbook."""
    command = [sys.executable, "-I", "-c", _READ, str(path)]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS)  # noqa: S603 - ours
    except subprocess.TimeoutExpired:  # a damaged one may read itself in a circle
        return False
    return done.returncode == 0
