"""Files of a run that has ended: read a table, add a text."""

import json
import tempfile
from pathlib import Path

from placement.arrays import Document
from placement.credentials import masked
from placement.tracking.store import Store, store_errors


def read_run_table(store: Store, run_id: str, artifact_file: str) -> list[Document] | None:
    """Return the records of a table that a run logged, None where there is none."""
    client = store.client()
    with store_errors(store, f"read {artifact_file}"), tempfile.TemporaryDirectory() as folder:
        if artifact_file not in {item.path for item in client.list_artifacts(run_id)}:
            return None
        path = client.download_artifacts(run_id, artifact_file, folder)
        table = json.loads(Path(path).read_text(encoding="utf-8"))
    return [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]


def add_text(store: Store, run_id: str, text: str, artifact_file: str) -> None:
    """Add a text to a run's files, in the place of an earlier one."""
    with store_errors(store, f"log {artifact_file}"):
        store.client().log_text(run_id, masked(text), artifact_file)
