"""Sessions of browsers: a token is typed once, then a cookie stands for it, and forms for the page.

They are held in memory: a server that starts anew asks for the token again.
"""

import hmac
import secrets
import time
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from placement.serving.security.tokens import Role

COOKIE = "placement_session"
LIFETIME = 12 * 3600.0
_MOST = 1000


@dataclass(frozen=True)
class Session:
    """Somebody at a browser: what they may do, and what each form of theirs must repeat."""

    id: str
    role: Role
    csrf: str
    expires: float


class Sessions:
    """The sessions of a server, by the cookie's value."""

    def __init__(self) -> None:
        self._by_id: dict[str, Session] = {}

    def begin(self, role: Role) -> Session:
        """Begin a session; the oldest ends where there are very many."""
        session = Session(
            secrets.token_urlsafe(32), role, secrets.token_urlsafe(32), time.monotonic() + LIFETIME
        )
        while len(self._by_id) >= _MOST:
            del self._by_id[next(iter(self._by_id))]
        self._by_id[session.id] = session
        return session

    def find(self, cookies: str) -> Session | None:
        """Return the session of a `Cookie` header."""
        try:
            morsel = SimpleCookie(cookies).get(COOKIE)
        except CookieError:
            return None
        session = None if morsel is None else self._by_id.get(morsel.value)
        if session is not None and session.expires < time.monotonic():
            self.end(session)
            return None
        return session

    def end(self, session: Session) -> None:
        """End a session: its cookie opens nothing any more."""
        self._by_id.pop(session.id, None)


def is_csrf(session: Session, text: str) -> bool:
    """Whether a form repeats what only a page of this session knows."""
    return hmac.compare_digest(session.csrf.encode(), text.encode("utf-8", "replace"))


def cookie_of(session: Session, *, secure: bool) -> str:
    """Return the `Set-Cookie` header of a session."""
    parts = f"{COOKIE}={session.id}; Path=/; HttpOnly; SameSite=Strict; Max-Age={int(LIFETIME)}"
    return parts + ("; Secure" if secure else "")


NO_COOKIE = f"{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
