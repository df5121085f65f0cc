"""The folder of a queue, beside the store: uploads by their content, files of jobs, file locks.

A lock is held by a process for as long as it lives, however it dies, so nothing has to be renewed
and no clock is asked.
"""

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from placement.runtime.atomic_write import writing
from placement.tracking.jobs import Upload
from placement.tracking.store import FOLDER, Store

JOB_ID = re.compile(r"[0-9a-f]{16}")
_CHUNK = 1 << 20
_NAME_LENGTH = 80
_UNSAFE = re.compile(r"[^\w.\- ]+")


@dataclass(frozen=True)
class JobFolder:
    """Where a queue keeps its files; only its owner may read them."""

    root: Path

    @staticmethod
    def of(store: Store) -> "JobFolder":
        """Return the folder of a store: beside its database, for a server below this one."""
        home = store.directory or Path.cwd() / FOLDER
        return JobFolder(home / "jobs")

    def make(self) -> str:
        """Make the folder, once; return the name that tells its jobs from those of other hosts."""
        for folder in (self.root, self.root / "uploads", self.root / "locks"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = self.root / "queue"
        with self.lock("queue"):
            if not name.exists():
                draft = name.with_suffix(".new")
                draft.write_text(secrets.token_hex(8), "ascii")
                draft.replace(name)
        return name.read_text("ascii")

    @property
    def is_made(self) -> bool:
        """Whether there was ever a job."""
        return (self.root / "queue").exists()

    def lock(self, name: str) -> FileLock:
        """Return a lock, not yet taken."""
        return FileLock(self.root / "locks" / f"{name}.lock", mode=0o600)

    @contextmanager
    def taken(self, job: str) -> Iterator[bool]:
        """Take a job's lock if nobody has it; yield whether that was so."""
        lock = self.lock(job)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def wake(self) -> None:
        """Have the worker look at the queue."""
        (self.root / "wake").write_bytes(b"")

    @property
    def woken(self) -> int:
        """When the worker was last asked to look."""
        with suppress(OSError):
            return (self.root / "wake").stat().st_mtime_ns
        return 0

    def upload(self, digest: str) -> Path:
        """Where the bytes of a digest are."""
        return self.root / "uploads" / digest

    def store_upload(self, role: str, name: str, stream: IO[bytes]) -> Upload:
        """Keep what is uploaded under its digest: it is whole, and on the disk, or not there."""
        draft = self.root / "uploads" / f".{secrets.token_hex(8)}"
        digest, size = hashlib.sha256(), 0
        try:
            with writing("the upload"), open(draft, "xb", opener=_private) as out:
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            draft.replace(self.upload(digest.hexdigest()))
            _sync_folder(draft.parent)
        finally:
            draft.unlink(missing_ok=True)
        return Upload(role, safe_name(name), digest.hexdigest(), size)

    def of_job(self, job: str) -> Path:
        """Where the files of a job are."""
        return self.root / job

    def prepare(self, job: str, uploads: Sequence[Upload]) -> dict[str, list[str]]:
        """Lay out the files of a job anew; return the names of its inputs, by role.

        Inputs are links, in a folder that the job works in, under the names they came with.
        """
        folder = self.of_job(job) / "input"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        names: dict[str, list[str]] = {}
        for number, upload in enumerate(uploads, 1):
            name = upload.name if not (folder / upload.name).exists() else f"{number}-{upload.name}"
            os.link(self.upload(upload.digest), folder / name)
            names.setdefault(upload.role, []).append(name)
        return names

    def results(self, job: str) -> list[str]:
        """Return the names of the files that a job has written."""
        folder = self.of_job(job)
        if not folder.is_dir():
            return []
        return sorted(path.name for path in folder.iterdir() if path.is_file())

    def clear_input(self, job: str) -> None:
        """Take the inputs of a job away, once nobody works on them; the uploads stay."""
        shutil.rmtree(self.of_job(job) / "input", ignore_errors=True)

    def remove(self, job: str, digests: Sequence[str]) -> None:
        """Remove the files of a job, and these uploads."""
        shutil.rmtree(self.of_job(job), ignore_errors=True)
        (self.root / "locks" / f"{job}.lock").unlink(missing_ok=True)
        for digest in digests:
            self.upload(digest).unlink(missing_ok=True)

    def remove_stray_uploads(self, needed: set[str], older_than: float) -> None:
        """Remove uploads that no job needs, where they are older than so many seconds."""
        for path in (self.root / "uploads").iterdir():
            with suppress(FileNotFoundError):
                if path.name not in needed and time.time() - path.stat().st_mtime > older_than:
                    path.unlink()


def safe_name(name: str) -> str:
    """Return what may stand for the name of an upload: no path, no pattern, no option."""
    last = re.split(r"[/\\]", name)[-1]
    return _UNSAFE.sub("_", last).lstrip(".- ")[-_NAME_LENGTH:] or "upload"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
