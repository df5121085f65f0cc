"""Sheets that were given to a page: kept privately under their content's name, for half a day."""

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Path as PathParameter
from fastapi import UploadFile

from placement.serving.errors import Refused
from placement.serving.jobs.folder import safe_name

KEY = re.compile("[0-9a-f]{16}")
SheetKey = Annotated[str, PathParameter(pattern="^[0-9a-f]{16}$")]
_KEPT = 12 * 3600.0  # seconds
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Sheets:
    """The folder of the sheets; only its owner may read them."""

    root: Path

    def keep(self, uploads: Sequence[UploadFile]) -> str:
        """Keep files that came together; return the key of their folder."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.remove_old()
        draft = self.root / f".{secrets.token_hex(8)}"
        draft.mkdir(mode=0o700)
        try:
            digest = hashlib.sha256()
            for upload in uploads:
                name = safe_name(upload.filename or "")
                digest.update(name.encode() + b"\0")
                _write(draft / name, upload, digest)
            key = digest.hexdigest()[:16]
            with suppress(OSError):  # the same files are there already
                draft.rename(self.root / key)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        os.utime(self.root / key)
        return key

    def keep_file(self, path: Path) -> str:
        """Keep a file of this machine."""
        with path.open("rb") as stream:
            return self.keep([UploadFile(stream, filename=path.name)])

    def files(self, key: str) -> list[Path]:
        """Return the files of a key, those that other files describe first."""
        self.remove_old()
        folder = self.root / key
        if not KEY.fullmatch(key) or not folder.is_dir():
            raise Refused(404, "This sheet is no longer kept here: choose the file again.")
        return sorted(path for path in folder.iterdir() if path.is_file())

    def path(self, key: str) -> Path:
        """Return the one file of a key."""
        return self.files(key)[0]

    def folder(self, key: str, name: str) -> Path:
        """Return a folder beside the sheets for what is made of one."""
        folder = self.root / key / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def remove_old(self) -> None:
        """Remove what was given half a day ago; also what is made of it."""
        for folder in self.root.iterdir() if self.root.is_dir() else ():
            with suppress(FileNotFoundError):
                if time.time() - folder.stat().st_mtime > _KEPT:
                    shutil.rmtree(folder, ignore_errors=True)


def _write(path: Path, upload: UploadFile, digest: "hashlib._Hash") -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as out:
        while chunk := upload.file.read(_CHUNK):
            digest.update(chunk)
            out.write(chunk)
