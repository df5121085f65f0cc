"""The data of a run as MLflow shows it: digest, columns, number of rows. Never a row."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

NAME_LENGTH, DIGEST_LENGTH = 500, 36
_TYPES = {"number": "double", "category": "string"}


@dataclass(frozen=True)
class DataSet:
    """A table as a run knows it: its rows are not in it.

    `columns` gives each column's kind, `context` what it was for: training, test. `source` is the
    file's name without its folder.
    """

    name: str
    digest: str
    columns: Mapping[str, str]
    rows: int
    context: str
    source: str

    @property
    def key(self) -> tuple[str, str]:
        """Name and digest as MLflow keeps them."""
        return self.name[:NAME_LENGTH], self.digest[:DIGEST_LENGTH]


def dataset_input(data: DataSet) -> "DatasetInput":
    """Describe a table for `log_inputs`."""
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.entities import Dataset, DatasetInput, InputTag

    origin = CodeDatasetSource({"file": data.source})
    specification = [
        {"name": column, "type": _TYPES.get(kind, "string"), "required": False}
        for column, kind in data.columns.items()
    ]
    name, digest = data.key
    described = Dataset(
        name=name,
        digest=digest,
        source_type=origin._get_source_type(),  # noqa: SLF001 - no public way to it
        source=json.dumps(origin.to_dict()),
        schema=json.dumps({"mlflow_colspec": specification}, ensure_ascii=False),
        profile=json.dumps({"num_rows": data.rows}),
    )
    return DatasetInput(described, [InputTag("mlflow.data.context", data.context)])
