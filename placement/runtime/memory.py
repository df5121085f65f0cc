"""How much memory this process may still allocate."""

from collections.abc import Iterator
from pathlib import Path

_CGROUP_ROOT = Path("/sys/fs/cgroup")
_PROCESS_CGROUP = Path("/proc/self/cgroup")


def free_memory() -> int:
    """Return the bytes of memory that are free: on the machine and in this container."""
    import psutil

    free: int = psutil.virtual_memory().available
    return min([free, *_left_in_cgroups(_CGROUP_ROOT, _PROCESS_CGROUP)])


def _left_in_cgroups(root: Path, process_cgroup: Path) -> Iterator[int]:
    """Yield what each control group (version 2) that this process is in leaves of its limit.

    Beyond a limit the process is killed, however much the machine has. Pages of files count
    against it until somebody needs the memory, so those not in use are free.
    """
    try:
        path = process_cgroup.read_text().split("::", 1)[1].strip().lstrip("/")
    except (OSError, IndexError):  # another system, or version 1
        return
    for group in (root / path, *(root / path).parents):
        try:
            limit = (group / "memory.max").read_text().strip()
            used = int((group / "memory.current").read_text())
            stats = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        except (OSError, ValueError):
            continue
        if limit != "max":
            yield max(0, int(limit) - used + int(stats.get("inactive_file", 0)))


def in_words(size: float) -> str:
    """Write a number of bytes as people do: `1.5 GB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if size >= 10 or unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"
