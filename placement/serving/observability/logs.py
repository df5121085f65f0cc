"""Log lines as JSON on standard error: what happened, never a value of a student."""

import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from placement.serving.json_codec import encode_json


@lru_cache(2)
def _second(seconds: int) -> str:
    """Return a second as ISO 8601 writes it in UTC; many lines are of the same one."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def log(event: str, *, level: str = "info", **facts: object) -> None:
    """Write one line."""
    _write(event, level, facts)


def audit(action: str, *, role: str | None, **facts: object) -> None:
    """Write who did what for the record: digests and counts, never a student's value."""
    _write("audit", "info", {"action": action, "role": role, **facts})


def _write(event: str, level: str, facts: Mapping[str, object]) -> None:
    now = time.time()
    moment = f"{_second(int(now))}.{int(now % 1 * 1000):03d}Z"
    line = {"time": moment, "level": level, "event": event, **facts}
    stream = sys.stderr.buffer
    stream.write(encode_json(line) + b"\n")
    stream.flush()
