"""What a server is told when it is started: the model, where to listen, who may ask, how much."""

import ipaddress
from dataclasses import dataclass

from placement.errors import UsageError
from placement.serving.security.tokens import Token

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """How much one request may be.

    `body` and `upload` are bytes of a request and of an uploaded file; `decompressed` and
    `unpacked` those of what is in a packed body and in an uploaded workbook. `header` counts the
    bytes before the body, which may take `header_seconds`. `seconds` is the time to send a request
    and to answer it, `upload_seconds` that of a file.
    """

    body: int = 32 * MIB
    upload: int = 1024 * MIB
    decompressed: int = 64 * MIB
    unpacked: int = 2048 * MIB
    rows: int = 100_000
    header: int = 32 * 1024
    header_seconds: float = 10.0
    seconds: float = 60.0
    upload_seconds: float = 1800.0
    connections: int = 512


@dataclass(frozen=True)
class WorkerOptions:
    """How many jobs at once, with how much memory each, and for how many seconds files are kept.

    `memory` is in bytes; None is a job's share of what is free.
    """

    jobs_at_once: int = 1
    memory: int | None = None
    keep_uploads: float = 30 * 86400.0


@dataclass(frozen=True)
class ServerSettings:
    """Which model is served to whom. Without `tokens` everybody who gets through may do all.

    `poll` is every how many seconds an alias is looked up. `model` may be missing in the store,
    where `may_lack_model`: it is served as soon as it is there.
    """

    model: str = "champion"
    host: str = "127.0.0.1"
    port: int = 8000
    tokens: tuple[Token, ...] = ()
    insecure: bool = False
    allowed_hosts: tuple[str, ...] = ()
    may_lack_model: bool = False
    poll: float = 2.0
    limits: Limits = Limits()
    jobs: WorkerOptions = WorkerOptions()

    def __post_init__(self) -> None:
        if not (self.is_local or self.tokens or self.insecure):
            raise UsageError(
                f"--host {self.host} lets other machines in: give --token-file FILE (or set "
                "PLACEMENT_TOKEN), or say --insecure"
            )
        if "*" in "".join(self.allowed_hosts):
            raise UsageError("--allowed-host: name each host, without *")

    @property
    def is_local(self) -> bool:
        """Whether only this machine can connect."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False
