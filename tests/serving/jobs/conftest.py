"""A queue on an empty store, and a job to keep in it."""

import io

import pytest

from placement.serving.jobs.folder import JobFolder
from placement.serving.jobs.queue import Queue
from placement.tracking.jobs import JobRequest, JobRuns


@pytest.fixture
def queue(store):
    """The queue of an empty store."""
    folder = JobFolder.of(store)
    return Queue(folder, JobRuns(store, folder.make()))


@pytest.fixture
def wanted(queue):
    """What is asked for: `wanted()` is a training on a sheet of its own."""

    def make(text="cgpa,status\n7,Placed\n", key=None, **settings):
        upload = queue.folder.store_upload("data", "students.csv", io.BytesIO(text.encode()))
        return JobRequest("train", settings, (upload,), key)

    return make
