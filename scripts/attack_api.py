"""Send made-up requests to the service by its OpenAPI document, and by that of the v2 protocol.

    python scripts/attack_api.py [--examples 100]

schemathesis makes them, good ones and bad ones, of every endpoint. No answer may be a 5xx, none
other than the documents say, and what they forbid must be refused. The application runs in this
process; a model is trained for it first.

Exit 1 where an answer is wrong; each kind is printed with a request that shows it.
"""

import argparse
import contextlib
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
PROTOCOL = Path(__file__).with_name("open_inference.yaml")
HOST = "testserver"  # by which schemathesis asks
CHECKS = {
    # A body of the right form may still lack a column of the model.
    "positive_data_acceptance": {"enabled": False},
    # Starlette names the methods of one of the routes of a path.
    "allow_header_conformance": {"enabled": False},
}
# The bodies are MLflow's: a line break, a bare version, both said to be JSON.
NO_JSON = {"GET /ping", "GET /health", "GET /version"}
Document = dict[str, Any]


@dataclass
class Found:
    """What came of it: answers by their status, faults, each with a request that shows it."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def cases(self) -> int:
        """How many requests were answered."""
        return self.statuses.total()


def attack(
    app: Any, document: Document, examples: int, phases: Sequence[str] = ("coverage", "fuzzing")
) -> Found:
    """Attack the operations of a document; `examples` is how many are drawn for each."""
    import schemathesis
    from schemathesis.config import SchemathesisConfig
    from schemathesis.engine import events, from_schema

    kinds = ("examples", "coverage", "fuzzing", "stateful")
    settings = {
        "seed": 7,
        "request-timeout": 120,
        "continue-on-failure": True,
        "checks": CHECKS,
        "phases": {kind: {"enabled": kind in (*phases, "examples")} for kind in kinds},
        "generation": {"max-examples": examples, "no-shrink": True, "database": "none"},
    }
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict(settings))
    schema.app = app
    found = Found()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _count(event, found)
        elif isinstance(event, events.NonFatalError):
            found.faults[f"{event.label}: cannot be asked"] = repr(event.value)[:300]
        elif isinstance(event, events.FatalError):
            raise event.exception
    return found


def _count(event: Any, found: Found) -> None:
    """Add the answers and faults of one scenario."""
    for interaction in event.recorder.interactions.values():
        if interaction.response is not None:
            found.statuses[interaction.response.status_code] += 1
    for checks in event.recorder.checks.values():
        for check in checks:
            if check.failure_info is None:
                continue
            if event.label in NO_JSON and check.name == "response_schema_conformance":
                continue
            failure = check.failure_info.failure
            name = f"{event.label}: {check.name}: {failure.title}"
            said = f"{failure.message}\n{check.failure_info.code_sample}"
            found.faults.setdefault(name, said[:1500])


def protocol_document(inputs: Sequence[Mapping[str, Any]], model: str, version: str) -> Document:
    """Return the document of the protocol; its example asks this model."""
    import yaml

    document: Document = yaml.safe_load(PROTOCOL.read_text(encoding="utf-8"))
    components = document["components"]
    for name, value in (("model", model), ("version", version)):
        # Half of what is made up would ask for no model at all.
        components["parameters"][name]["schema"] = {"enum": [value]}
    components["schemas"]["Request"]["examples"] = [{"id": "7", "inputs": list(inputs)}]
    return document


def documents(app: Any) -> dict[str, Document]:
    """Return the documents of an application that has a model, by name."""
    ours = app.openapi()
    model = app.state.models.model
    body = ours["paths"]["/v2/models/{name}/infer"]["post"]["requestBody"]
    (example,) = body["content"]["application/json"]["examples"].values()
    protocol = protocol_document(example["value"]["inputs"], model.name, model.version)
    return {"our document": ours, "Open Inference Protocol": protocol}


def main() -> int:
    """Attack; return 1 where an answer is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--examples", type=int, default=100, help="drawn for each operation")
    asked = parser.parse_args()
    from fastapi.testclient import TestClient

    from placement.config.train_config import TrainConfig
    from placement.serving.app import create_app
    from placement.serving.settings import ServerSettings
    from placement.workflows.training.train import train

    total, faults = 0, 0
    with tempfile.TemporaryDirectory(prefix="api-") as folder, contextlib.chdir(folder):
        train([str(ROOT / "data" / "students.csv")], TrainConfig(track=False, out="model"))
        app = create_app(ServerSettings(model="model", allowed_hosts=(HOST,)))
        with (
            Path("log").open("w", encoding="utf-8") as log,
            contextlib.redirect_stderr(log),
            TestClient(app, f"http://{HOST}"),
        ):
            for name, document in documents(app).items():
                found = attack(app, document, asked.examples)
                counts = ", ".join(f"{n} × {s}" for s, n in sorted(found.statuses.items()))
                print(f"{name}: {found.cases} cases ({counts})", flush=True)
                for fault, said in found.faults.items():
                    print(f"  {fault}\n    {said}".replace("\n", "\n    "))
                total, faults = total + found.cases, faults + len(found.faults)
    print(f"{total} cases, {faults} kinds of faults")
    return int(faults > 0)


if __name__ == "__main__":
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    sys.exit(main())
