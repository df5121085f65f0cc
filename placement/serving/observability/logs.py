"""Log lines as JSON on standard error: what happened, never a value of a student."""

import sys
import time
from datetime import UTC, datetime

from placement.serving.json_codec import encode_json


def log(event: str, *, level: str = "info", **facts: object) -> None:
    """Write one line."""
    moment = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds")
    line = {"time": moment.replace("+00:00", "Z"), "level": level, "event": event, **facts}
    sys.stderr.buffer.write(encode_json(line) + b"\n")
    sys.stderr.buffer.flush()


def audit(action: str, *, role: str | None, **facts: object) -> None:
    """Write who did what for the record: digests and counts, never a student's value."""
    log("audit", action=action, role=role, **facts)
