"""What clients of a running `placement serve` do; run where this package is not.

    python scripts/service_client_code.py FUNCTION JSON FILE

calls a function with the arguments of a JSON object and writes what it returns to FILE as JSON: the
probability and the prediction of each row. The columns are those that the server says it takes.
"""

import asyncio
import csv
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

OUTPUTS = ("probability", "prediction")
Answers = list[tuple[float, int]]


def mlflow(server: str, rows: str) -> Answers:
    """MLflow's client of scoring servers, with a data frame."""
    import pandas as pd
    from mlflow.pyfunc.scoring_server.client import ScoringServerClient

    where = urlsplit(server)
    client = ScoringServerClient(where.hostname, where.port)
    client.wait_server_ready()
    frame = client.invoke(pd.read_csv(rows)).get_predictions()
    return list(zip(frame["placement_probability"], frame["placement_prediction"], strict=True))


def triton(server: str, rows: str, *, binary: bool) -> Answers:
    """Triton's client, with its defaults or with JSON both ways."""
    import numpy as np
    from tritonclient import http

    client = http.InferenceServerClient(urlsplit(server).netloc)
    _require(client.is_server_live() and client.is_server_ready())
    _require(bool(client.get_server_metadata()["extensions"]))
    model = _model_of(server)
    _require(client.is_model_ready(model))
    inputs = []
    for name, datatype, cells in _columns(rows, client.get_model_metadata(model)["inputs"]):
        array = np.array(cells, dtype=np.float64 if datatype == "FP64" else np.object_)
        tensor = http.InferInput(name, list(array.shape), datatype)
        inputs.append(
            tensor.set_data_from_numpy(array, **({} if binary else {"binary_data": False}))
        )
    outputs = (
        None if binary else [http.InferRequestedOutput(name, binary_data=False) for name in OUTPUTS]
    )
    result = client.infer(model, inputs, outputs=outputs, request_id="7")
    _require(result.get_response()["id"] == "7")
    is_binary = "binary_data_size" in result.get_output("probability").get("parameters", {})
    _require(is_binary is binary)
    return _pairs(*(result.as_numpy(name).tolist() for name in OUTPUTS))


def kserve(server: str, rows: str) -> Answers:
    """KServe's client, with JSON and in binary; both must say the same."""
    return asyncio.run(_kserve(server, rows))


async def _kserve(server: str, rows: str) -> Answers:
    import numpy as np
    from kserve import InferenceRESTClient, InferInput, InferRequest
    from kserve.inference_client import RESTConfig

    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    model = _model_of(server)
    _require(await client.is_server_live(server) and await client.is_server_ready(server))
    _require(await client.is_model_ready(server, model))
    said = []
    for binary in (False, True):
        inputs = []
        for name, datatype, cells in _columns(
            rows, _asked(f"{server}/v2/models/{model}")["inputs"]
        ):
            array = np.array(cells, dtype=np.float64 if datatype == "FP64" else np.object_)
            tensor = InferInput(name, list(array.shape), datatype)
            tensor.set_data_from_numpy(array, binary_data=binary)
            inputs.append(tensor)
        asked = InferRequest(model, inputs, parameters={"binary_data_output": binary})
        answer = await client.infer(server, asked, model_name=model)
        outputs = {output.name: output.as_numpy().tolist() for output in answer.outputs}
        said.append(_pairs(*(outputs[name] for name in OUTPUTS)))
    await client.close()
    _require(said[0] == said[1])
    return said[0]


def _columns(rows: str, inputs: list[dict[str, Any]]) -> list[tuple[str, str, list[Any]]]:
    """Read the columns that a model takes; a blank number is NaN, a blank word an empty text."""
    with Path(rows).open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))
    columns = []
    for tensor in inputs:
        texts = [record[tensor["name"]] for record in records]
        is_number = tensor["datatype"] == "FP64"
        cells = [float(text or "nan") for text in texts] if is_number else texts
        columns.append((tensor["name"], tensor["datatype"], cells))
    return columns


def _model_of(server: str) -> str:
    return str(_asked(f"{server}/v1/model")["name"])


def _asked(address: str) -> dict[str, Any]:
    from urllib.request import urlopen

    with urlopen(address, timeout=60) as answer:
        document: dict[str, Any] = json.load(answer)
        return document


def _pairs(probability: list[float], prediction: list[int]) -> Answers:
    return list(zip(probability, prediction, strict=True))


def _require(holds: bool) -> None:
    if not holds:
        raise SystemExit("the server says something else than it must")


if __name__ == "__main__":
    function, arguments, out = sys.argv[1:]
    answers = globals()[function](**json.loads(arguments))
    Path(out).write_text(json.dumps([[float(p), int(y)] for p, y in answers]), encoding="utf-8")
