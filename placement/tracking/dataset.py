"""The data of a run as MLflow shows it: digest, columns, number of rows. Never a row."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

DIGEST_LENGTH = 36
_TYPES = {"number": "double", "category": "string"}


def dataset_input(
    name: str, digest: str, columns: Mapping[str, str], rows: int, *, source: str, context: str
) -> "DatasetInput":
    """Describe a table for `log_inputs`; `columns` gives each column's kind.

    MLflow keeps 36 characters of a digest. The source is the file's name without its folder.
    """
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.entities import Dataset, DatasetInput, InputTag

    origin = CodeDatasetSource({"file": source})
    specification = [
        {"name": column, "type": _TYPES.get(kind, "string"), "required": False}
        for column, kind in columns.items()
    ]
    described = Dataset(
        name=name[:500],
        digest=digest[:DIGEST_LENGTH],
        source_type=origin._get_source_type(),  # noqa: SLF001 - no public way to it
        source=json.dumps(origin.to_dict()),
        schema=json.dumps({"mlflow_colspec": specification}, ensure_ascii=False),
        profile=json.dumps({"num_rows": rows}),
    )
    return DatasetInput(described, [InputTag("mlflow.data.context", context)])
