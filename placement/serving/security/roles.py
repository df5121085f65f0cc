"""Which role a request needs: what is not listed needs the highest."""

import re

from placement.serving.security.hosts import SAFE
from placement.serving.security.tokens import Role

# Whether the server lives, and the way in.
_FOR_ALL = re.compile(
    r"/(?:ping|health|version|v2/?|v2/health/(?:live|ready)|login|logout|static/.*)"
)
_SCORING = re.compile(
    r"/(?:invocations|v1/(?:predictions(?:/file)?|what-if)|v2/models/.*/infer|students(?:/.*)?)"
)
_STUDENTS = re.compile(r"/v1/jobs/[^/]*/result")  # lists of students
_SHEETS = re.compile(r"/train/[0-9a-f]{16}")  # what is in a sheet that was given


def needed_role(method: str, path: str) -> Role | None:
    """Return the role that a request needs, None where anybody may ask."""
    if _FOR_ALL.fullmatch(path):
        return None
    if _SCORING.fullmatch(path):
        return Role.SCORE
    is_harmless = method in SAFE and not (_STUDENTS.fullmatch(path) or _SHEETS.fullmatch(path))
    return Role.SEE if is_harmless else Role.TRAIN
