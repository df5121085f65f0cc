"""Uploaded sheets: scored by the workflow of `predict`, in a process that can be ended.

A workbook can bring down whatever reads it, and a large sheet needs memory that a server keeps: so
each upload has a process of its own. Its files are private, and gone when it was answered.
"""

import asyncio
import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from placement.errors import DataError, PlacementError
from placement.runtime.worker_process import ProcessWorker
from placement.serving.errors import Refused, refusal
from placement.serving.observability.logs import audit
from placement.serving.scoring.model_holder import ModelHolder
from placement.serving.scoring.reply import MODEL_HEADER
from placement.serving.scoring.served_model import ServedModel
from placement.serving.settings import Limits
from placement.workflows.scoring.predict import predict
from placement.workflows.scoring.predict_request import PredictRequest

TYPES = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")  # gzip, zstd: what they unpack to has no bound
_AT_ONCE = 2
_CHUNK = 1 << 18


@dataclass(frozen=True)
class Counts:
    """What came of an upload, without a value of it."""

    rows_in: int
    rows_out: int
    in_doubt: int
    warnings: int


class FileScorer:
    """Scores a file; runs in a process beside the server."""

    def warm_up(self) -> None:
        """Nothing is needed that the workflow does not import."""

    def terminate(self) -> None:
        """The files are the server's."""

    def score(self, request: PredictRequest) -> Counts:
        """Do what `placement predict` does."""
        result = predict(request)
        return Counts(result.rows_in, result.rows_out, result.in_doubt, len(result.warnings))


class FileEndpoint:
    """Answers an uploaded sheet with the same sheet, the answers appended to each row."""

    def __init__(self, models: ModelHolder, limits: Limits) -> None:
        self._models, self._limits = models, limits
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def file(self, request: Request) -> Response:
        """Return an uploaded sheet (CSV, Parquet or XLSX) with the answers appended."""
        model = self._models.model
        folder = Path(tempfile.mkdtemp(prefix="upload-"))  # 0700
        try:
            asked, digest = await self._receive(request, model, folder)
            async with self._slots:
                counts = await _scored(asked)
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, PlacementError):
                # The workflow names the file by where it lies here.
                refused = refusal(error)
                text = refused.message.replace(f"{folder}{os.sep}", "")
                raise Refused(refused.status, text, refused.code) from error
            raise
        request.state.rows = counts.rows_out
        audit(
            "predict_file",
            role=request.state.caller.role.name.lower(),
            request=request.state.request_id,
            model=model.label,
            model_digest=model.digest,
            data_digest=digest,
            rows_in=counts.rows_in,
            rows_out=counts.rows_out,
            in_doubt=counts.in_doubt,
        )
        return _streamed(Path(str(asked.out)), folder, model, counts)

    async def _receive(
        self, request: Request, model: ServedModel, folder: Path
    ) -> tuple[PredictRequest, str]:
        """Take the form in; return what to score, and the digest of the file."""
        async with request.form(max_files=1, max_fields=8, max_part_size=4096) as form:
            upload = form.get("file")
            if upload is None or isinstance(upload, str):
                raise Refused(400, "the form needs a file: -F file=@students.csv")
            kind = _ending(upload.filename or "", "the file")
            fields = {name: str(value) for name, value in form.items() if name != "file"}
            sheet, bundle = folder / f"table{kind}", folder / "model"
            digest = await asyncio.to_thread(_keep, upload.file, sheet, self._limits)
            await asyncio.to_thread(model.fitted.save, bundle)
        if unknown := fields.keys() - {"as", "threshold", "reasons", "accept_doubts", "csrf_token"}:
            raise Refused(400, f"the form has an unknown field: {min(unknown)!r}"[:200])
        out = f"scored{_ending('.' + fields['as'], 'as')}" if "as" in fields else f"scored{kind}"
        asked = PredictRequest(
            data=str(sheet),
            model=str(bundle),
            out=str(folder / out),
            threshold=_threshold(model, fields.get("threshold")),
            reasons=_switch("reasons", fields),
            accept_doubts=_switch("accept_doubts", fields),
        )
        return asked, digest


async def _scored(asked: PredictRequest) -> Counts:
    """Score in a process of its own, which ends with the request."""
    worker = await asyncio.to_thread(ProcessWorker, FileScorer)
    try:
        return await asyncio.wrap_future(worker.submit(FileScorer.score, asked))
    except RuntimeError as error:
        raise DataError("the file cannot be read: its reader broke down at it") from error
    finally:
        worker.kill()
        await asyncio.shield(asyncio.to_thread(worker.close))


def _keep(upload: BinaryIO, path: Path, limits: Limits) -> str:
    """Write an upload to a private file; return its digest."""
    digest, first = hashlib.sha256(), True
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        while chunk := upload.read(_CHUNK):
            if first and chunk.startswith(_PACKED):
                raise Refused(415, "send the table itself, not packed")
            first = False
            digest.update(chunk)
            file.write(chunk)
    _refuse_bomb(path, limits.unpacked)
    return digest.hexdigest()


def _refuse_bomb(path: Path, most: int) -> None:
    """Refuse a workbook, which is an archive, that unpacks to very much."""
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError) as problem:
        raise Refused(422, "the workbook is damaged") from problem
    if size > most:
        raise Refused(413, f"the workbook is larger than {most:,} bytes when it is unpacked")


def _ending(name: str, of: str) -> str:
    ending = Path(name).suffix.casefold() if name.count(".") != 1 or name[0] != "." else name
    if ending.casefold() not in TYPES:
        raise Refused(415, f"{of} must end in {', '.join(TYPES)}")
    return ending.casefold()


def _threshold(model: ServedModel, text: str | None) -> float | None:
    if not text:
        return None
    try:
        return model.threshold(float(text))
    except ValueError as problem:
        raise Refused(400, "threshold must be a number between 0 and 1") from problem


def _switch(name: str, fields: dict[str, str]) -> bool:
    text = fields.get(name, "false").casefold()
    if text not in {"true", "false", "1", "0", "on", ""}:
        raise Refused(400, f"{name} must be true or false")
    return text in {"true", "1", "on"}


def _streamed(path: Path, folder: Path, model: ServedModel, counts: Counts) -> Response:
    """Return a file piece by piece, and remove everything after the last one."""
    file = path.open("rb")

    async def pieces() -> AsyncIterator[bytes]:
        try:
            while piece := await asyncio.to_thread(_read, file):
                yield piece
        finally:
            file.close()
            shutil.rmtree(folder, ignore_errors=True)

    headers = {
        MODEL_HEADER: model.label,
        "x-placement-rows": str(counts.rows_out),
        "x-placement-rows-in-doubt": str(counts.in_doubt),
        "x-placement-warnings": str(counts.warnings),
        "content-length": str(path.stat().st_size),
        "content-disposition": f'attachment; filename="{path.name}"',
    }
    return StreamingResponse(pieces(), headers=headers, media_type=TYPES[path.suffix])


def _read(file: IO[bytes]) -> bytes:
    return file.read(_CHUNK)
