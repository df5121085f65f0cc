"""By which names the server may be asked, and from which pages.

A page of another site can have a browser of this machine ask the server (and, by DNS rebinding,
under a name of its own): the name must be known, and what writes must come from our own pages.
"""

import ipaddress
from collections.abc import Mapping

from placement.serving.errors import Refused
from placement.serving.settings import ServerSettings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_MOST_REMEMBERED = 64
Headers = Mapping[bytes, bytes]


class HostCheck:
    """Refuses what is asked under a name that is not allowed, or written from another's page."""

    def __init__(self, settings: ServerSettings) -> None:
        own = {_bracketed(settings.host), *settings.allowed_hosts}
        self._names = frozenset(name.casefold() for name in own) | _LOOPBACK
        self._any_address = settings.host in ("0.0.0.0", "::")  # noqa: S104
        self._allowed: set[bytes] = set()  # as they were written, so that each is parsed once

    def check(self, method: str, headers: Headers) -> None:
        """Raise `Refused` unless the request may go on."""
        host = headers.get(b"host", b"")
        if host not in self._allowed:
            self._check_host(host)
        if method not in SAFE:
            _check_origin(host, headers)

    def _check_host(self, host: bytes) -> None:
        name = host_name(host.decode("latin-1"))
        if name not in self._names and not (self._any_address and _is_address(name)):
            raise Refused(421, "this server is not asked by that name: --allowed-host NAME")
        if len(self._allowed) < _MOST_REMEMBERED:
            self._allowed.add(host)


def host_name(host: str) -> str:
    """Return the name of a `Host` header, without its port."""
    end = host.find("]") + 1 if host.startswith("[") else host.find(":")
    return (host if end <= 0 else host[:end]).rstrip(".").casefold()


def _check_origin(host: bytes, headers: Headers) -> None:
    """Refuse a write that a page of another origin asked for; programs send no origin."""
    origin = headers.get(b"origin")
    if origin is not None and origin.partition(b"://")[2].lower() != host.lower():
        raise Refused(403, "a page of another site may not write here")
    if headers.get(b"sec-fetch-site", b"none") not in (b"same-origin", b"none"):
        raise Refused(403, "a page of another site may not write here")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_address(name: str) -> bool:
    """Whether a name is an address: nobody can have a foreign one answered by this machine."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
