"""`/v1/jobs`: jobs are sent in, looked at, ended, and their results fetched.

The functions block, and are run in threads: the loop that scores never waits for the store.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Header, Path, Query, Request, UploadFile
from fastapi.responses import FileResponse

from placement.errors import StoreError
from placement.serving.errors import Refused
from placement.serving.jobs.folder import JobFolder, safe_name
from placement.serving.jobs.process import RESULT
from placement.serving.jobs.service import JobService, JobsUnavailable
from placement.serving.jobs.settings import (
    SCORED,
    Kind,
    Role,
    check_request,
    settings_of,
)
from placement.serving.jobs.store_process import StoreProcess
from placement.serving.observability.logs import audit
from placement.tracking.jobs import FINISHED, JobRequest, Upload
from placement.workflows.monitoring.report import PAGE

JobId = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="What a job is known by.")]
Key = Annotated[str | None, Header(min_length=1, max_length=255)]
_MOST_FILES = 20


def jobs_router(service: JobService) -> APIRouter:
    """Return the endpoints on the jobs of a service."""
    router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

    @router.post("", status_code=202, summary="Send in a job")
    def submit(
        request: Request,
        kind: Annotated[Kind, Form()] = "train",
        settings: Annotated[str, Form(description="A JSON object of settings.")] = "{}",
        data: Annotated[list[UploadFile] | None, File()] = None,
        labels: Annotated[UploadFile | None, File()] = None,
        test: Annotated[UploadFile | None, File()] = None,
        idempotency_key: Key = None,
    ) -> dict[str, Any]:
        """Keep the files and the settings, and answer once they are on the disk."""
        files: list[tuple[Role, UploadFile]] = [("data", file) for file in data or []]
        files += [("labels", labels)] if labels is not None else []
        files += [("test", test)] if test is not None else []
        with _answered():
            wanted = _request(service.folder, kind, settings, files, idempotency_key)
            job = service.call(StoreProcess.accept, wanted)
        digests = [upload.digest for upload in wanted.uploads]
        promote = bool(wanted.settings.get("promote"))
        _audit(request, "send_job", job, kind=kind, data_digests=digests, promote=promote)
        return job

    @router.get("", summary="The jobs, the newest first")
    def listing(limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> dict[str, Any]:
        """Return the jobs with what became of them."""
        with _answered():
            return {"format": 1, "jobs": service.call(StoreProcess.jobs)[:limit]}

    @router.get("/{job}", summary="One job")
    def one(job: JobId) -> dict[str, Any]:
        """Return one job: its status is SCHEDULED, RUNNING, FINISHED, FAILED or KILLED."""
        with _answered():
            return service.call(StoreProcess.job, job)

    @router.get("/{job}/epochs", summary="How its training goes")
    def epochs(job: JobId, after: Annotated[int, Query(ge=-1)] = -1) -> dict[str, Any]:
        """Return the epochs beyond a number, of the attempt that goes on: ask again with the last.

        Of a long training not every epoch is kept.
        """
        with _answered():
            found = service.call(StoreProcess.epochs, job, after)
        return {
            "format": 1,
            "attempt": found.attempt,
            "status": found.status,
            "epochs": found.epochs,
        }

    @router.get("/{job}/result", summary="What it came to", response_class=FileResponse)
    def result(job: JobId, name: Annotated[str | None, Query(max_length=120)] = None) -> Any:
        """Return its file: of train and tune a document, of predict the table, of report the page.

        `name` asks for another of its `files`.
        """
        with _answered():
            found = service.call(StoreProcess.job, job)
        return _file(service.folder, found, name)

    @router.delete("/{job}", status_code=202, summary="End a job")
    def cancel(request: Request, job: JobId) -> dict[str, Any]:
        """End a job that waits or goes on; its status is KILLED then."""
        with _answered():
            found = service.call(StoreProcess.cancel, job)
        _audit(request, "end_job", found)
        return found

    @router.delete("/{job}/files", summary="Remove its files")
    def remove(request: Request, job: JobId) -> dict[str, Any]:
        """Remove the uploads and the results of a job that is over, now."""
        with _answered():
            found = service.call(StoreProcess.remove_files, job)
        _audit(request, "remove_files", found)
        return found

    return router


def _request(
    folder: JobFolder,
    kind: Kind,
    settings: str,
    files: list[tuple[Role, UploadFile]],
    key: str | None,
) -> JobRequest:
    """Check what is asked for, then keep its files."""
    if len(files) > _MOST_FILES:
        raise Refused(422, f"a job has at most {_MOST_FILES} files")
    given = settings_of(kind, settings)
    names: dict[str, list[str]] = {}
    for role, file in files:
        names.setdefault(role, []).append(safe_name(file.filename or ""))
    check_request(kind, given, names)
    folder.make()
    uploads: tuple[Upload, ...] = tuple(
        folder.store_upload(role, file.filename or "", file.file) for role, file in files
    )
    digest = None if key is None else hashlib.sha256(key.encode()).hexdigest()
    return JobRequest(kind, given, uploads, digest)


def _file(folder: JobFolder, job: dict[str, Any], name: str | None) -> FileResponse:
    if job["files_removed"]:
        raise Refused(410, "its files were removed")
    if name is None and job["status"] != FINISHED:
        raise Refused(409, f"the job is {job['status']}: it has no result")
    files: list[str] = job["files"]
    if name is None:
        scored = (file for file in files if file.startswith(f"{SCORED}.") and "about" not in file)
        name = {"predict": next(scored, RESULT), "report": PAGE}.get(job["kind"], RESULT)
    if name not in files:
        raise Refused(404, "the job has no such file")
    return FileResponse(
        folder.of_job(job["id"]) / name,
        filename=name,
        content_disposition_type="attachment",
        headers={"X-Content-Type-Options": "nosniff"},
    )


def _audit(request: Request, action: str, job: Mapping[str, Any], **facts: object) -> None:
    """Write down who did what; `job` is as it is shown."""
    role, name = request.state.caller.role.name.lower(), request.state.request_id
    audit(action, role=role, request=name, job=job["id"], run_id=job["run_id"], **facts)


@contextmanager
def _answered() -> Iterator[None]:
    """Say that the store is away, but not where it is and how it fails."""
    try:
        yield
    except (StoreError, JobsUnavailable) as problem:
        raise Refused(503, "the store of the jobs does not answer: try again") from problem
