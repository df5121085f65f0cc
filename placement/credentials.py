"""Passwords and tokens are written as *** in whatever is printed, raised or recorded.

They are known by their form (the password of an address, what stands behind `token=`), and by what
the environment holds under names such as MLFLOW_TRACKING_PASSWORD, wherever that turns up.
"""

import json
import os
import re
from collections.abc import Iterator
from urllib.parse import quote

MASK = "***"
_SHORTEST = 6  # a shorter word may be a part of anything
_SHORTEST_OF_LETTERS = 12  # and one as "placement" a label, a column, a model, a command
_WORDS = (
    r"(?:passw(?:or)?d|passphrase|secret|token|credentials?|signature"
    r"|(?:api|access|account|secret)[_.-]?key(?:[_.-]?id)?)"
)
_NAME = re.compile(rf"{_WORDS}$", re.IGNORECASE)
_VARIABLE = re.compile(r"(?:PASSWORD|PASSWD|TOKEN|SECRET|_KEY|_KEY_ID)$")
# As SQLAlchemy reads it: a password may hold a slash.
_PASSWORD_OF_ADDRESS = re.compile(r"^[\w+.-]+://[^\s/:@]*:([^\s@]+)@")
# Up to what ends it, or a sign of the sentence before that.
_VALUE = r"[^\s&;,'\"]+?(?=[.:)]?(?:[\s&;,'\"]|$))"
# What a text must hold for a form to be in it, and the form: its first group stays, the rest goes.
_FORMS = (
    ("://", re.compile(r"(://[^\s/@:'\"]*:)[^\s/'\"]+(?=@)")),
    ("://", re.compile(r"(://)[^\s/@:'\"]{20,}(?=@)")),  # no user has such a name, a token has
    ("=", re.compile(rf"([?&]sig=){_VALUE}")),
    ("=", re.compile(rf"((?<![\w.-])[\w.-]*{_WORDS}=){_VALUE}", re.IGNORECASE)),
    ("earer ", re.compile(r"(\b[Bb]earer )[\w.~+/=-]{8,}")),
    ("asic ", re.compile(rf"(\b[Aa]uthorization: ?[Bb]asic ){_VALUE}")),
    ("A", re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b")),
)


def masked(text: str) -> str:
    """Return a text without passwords and tokens.

    >>> masked("postgresql://ana:s3cret@db/runs")
    'postgresql://ana:***@db/runs'
    """
    for hint, form in _FORMS:
        if hint in text:
            text = form.sub(rf"\1{MASK}", text)
    for secret in _held_by_environment():
        if secret in text:
            # Within a longer word or number it is another one.
            text = re.sub(rf"(?<![\w.]){re.escape(secret)}(?!\w)", MASK, text)
    return text


def masked_value(name: str, value: object) -> str:
    """Return the text of a named value; all of it is masked where the name says what it is."""
    return MASK if _NAME.search(name) else masked(str(value))


def _held_by_environment() -> Iterator[str]:
    """Yield the secrets of the environment, each as it may be written."""
    for name, value in os.environ.items():
        secrets = [value] if _VARIABLE.search(name) else _PASSWORD_OF_ADDRESS.findall(value)
        for secret in secrets:
            least = _SHORTEST_OF_LETTERS if secret.isalpha() else _SHORTEST
            if len(secret) >= least and not secret.isdecimal():
                yield from {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]}
