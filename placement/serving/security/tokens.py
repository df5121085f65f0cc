"""Tokens and the role each gives: see, score, or train and promote."""

import hashlib
import hmac
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from placement.errors import UsageError

SHORTEST = 16
VARIABLE = "PLACEMENT_TOKEN"


class Role(IntEnum):
    """What somebody may do; a higher role may do all that a lower one may."""

    SEE = 1
    SCORE = 2
    TRAIN = 3


@dataclass(frozen=True)
class Token:
    """A token as it is kept: the digest of its text, and the role that it gives."""

    role: Role
    digest: bytes

    @staticmethod
    def of(text: str, role: Role = Role.TRAIN) -> "Token":
        """Make a token of its text."""
        return Token(role, _digest(text))


def role_of(tokens: Iterable[Token], text: str) -> Role | None:
    """Return the role that a text gives, None where it is no token.

    Every token is compared, in a time that does not tell how much of it was right.
    """
    digest, found = _digest(text), None
    for token in tokens:
        if hmac.compare_digest(token.digest, digest):
            found = token.role
    return found


def read_tokens(file: str | None) -> tuple[Token, ...]:
    """Read the tokens of a file and of `PLACEMENT_TOKEN`, one a line: `score=…`, `train=…`.

    A token without a role may do all.
    """
    lines: list[tuple[str, str]] = []
    if file is not None:
        lines += [(line, file) for line in _lines(Path(file))]
    lines += [(word, VARIABLE) for word in os.environ.get(VARIABLE, "").split()]
    if file is not None and not lines:
        raise UsageError(f"{file}: holds no token; write one a line: score=… or train=…")
    return tuple(_token(line, source) for line, source in lines)


def _lines(path: Path) -> list[str]:
    try:
        mode = path.stat().st_mode
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"--token-file {path}: cannot be read ({problem})") from problem
    if os.name != "nt" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError(f"--token-file {path}: others can read it; chmod 600 {path}")
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _token(line: str, source: str) -> Token:
    name, equals, text = line.partition("=")
    roles = {role.name.casefold(): role for role in Role}
    role = roles.get(name.strip().casefold()) if equals else None
    text = text.strip() if role is not None else line
    if len(text) < SHORTEST:
        raise UsageError(
            f"{source}: a token is shorter than {SHORTEST} characters; make one with "
            "python -c 'import secrets; print(secrets.token_urlsafe())'"
        )
    return Token.of(text, Role.TRAIN if role is None else role)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
