import asyncio
import json
import os
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from placement.model.bundle import open_bundle
from placement.model.scorer import _PyfuncModel
from placement.tracking.environment import unwarned
from placement.tracking.lookup import resolve
from placement.tracking.provenance import public_version
from placement.tracking.pyfunc_model import log_bundle, write_model
from placement.tracking.registry import register
from placement.tracking.runs import tracked_run

ROWS = {
    "cgpa": [8.1, 6.4, 9.0, 5.5],
    "backlogs": [0, 2, 1, 3],
    "hostel": [1, 0, 1, 0],
    "stream": ["CSE", "ece ", "MECH", "CSE"],
}


@pytest.fixture
def champion(store, bundle):
    """A registered champion, and what its scorer says of the rows."""
    with tracked_run(store, "placement") as run:
        register(store, log_bundle(run, bundle))
    return open_bundle(bundle).scorer


def elsewhere(store, tmp_path):
    """An environment and a directory in which this package cannot be imported.

    It may be installed beside MLflow: a package of the same name, earlier on the path, hides it.
    """
    away = tmp_path / "away"
    (away / "hidden" / "placement").mkdir(parents=True)
    stub = away / "hidden" / "placement" / "__init__.py"
    stub.write_text("raise ImportError('placement is not installed here')")
    env = {**os.environ, "PYTHONPATH": str(away / "hidden")}
    return {"cwd": away, "env": {**env, "MLFLOW_TRACKING_URI": store.tracking_uri}}


def test_plain_mlflow_and_its_command_score_every_kind_of_column_without_this_package(
    store, champion, tmp_path
):
    """Both in one process: one that imports MLflow takes seconds."""
    rows = tmp_path / "rows.json"
    rows.write_text(json.dumps(ROWS))
    frame = pd.DataFrame(ROWS)
    frame.to_csv(tmp_path / "split.csv", index=False)
    (tmp_path / "split.json").write_text(json.dumps({"dataframe_split": frame.to_dict("split")}))
    code = textwrap.dedent(f"""
        import json, sys
        import pandas as pd, mlflow
        try:
            import placement
        except ImportError:
            pass
        else:
            raise AssertionError("this package can be imported")
        model = mlflow.pyfunc.load_model("models:/placement@champion")
        plain = pd.DataFrame(json.load(open({str(rows)!r})))
        frames = {{
            "plain": plain,
            "one": plain.iloc[[2]],
            "strings": plain.astype(str),
            "bool": plain.assign(hostel=plain.hostel == 1),
            "nullable": plain.astype({{"backlogs": "Int64", "hostel": "boolean"}}),
            "text": plain.astype({{"stream": "string"}}),
            "gap": plain.assign(cgpa=pd.array([8.1, None, 9.0, 5.5], dtype="Float64")),
            "categorical": plain.assign(stream=plain.stream.astype("category")),
            "missing": plain.assign(cgpa=float("nan"), stream=None),
        }}
        said = {{name: model.predict(frame).to_dict("list") for name, frame in frames.items()}}
        assert not {{"torch", "placement"}} & set(sys.modules)
        from mlflow.cli import cli
        for kind in ("csv", "json"):
            model = ("-m", "models:/placement@champion", "--env-manager", "local", "-t", kind)
            files = ("-i", {str(tmp_path)!r} + f"/split.{{kind}}", "-o", f"{{kind}}.answer")
            cli(["models", "predict", *model, *files], standalone_mode=False)
        print(json.dumps(said))
    """)
    away = elsewhere(store, tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        **away,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    expected = champion.score(frame).probability
    assert said["plain"]["placement_notes"] == [None, None, "stream: unseen level", None]
    for name in ("plain", "strings", "bool", "nullable", "text", "categorical"):
        assert said[name]["placement_probability"] == expected.tolist(), name
    assert said["one"]["placement_probability"] == [expected[2]]
    assert said["plain"]["placement_prediction"] == (expected >= 0.5).astype(int).tolist()
    gap = champion.score({**ROWS, "cgpa": [8.1, np.nan, 9.0, 5.5]}).probability
    assert said["gap"]["placement_probability"] == gap.tolist()
    missing = champion.score({**ROWS, "cgpa": [np.nan] * 4, "stream": [None] * 4}).probability
    assert said["missing"]["placement_probability"] == missing.tolist()
    for kind in ("csv", "json"):
        answer = json.loads((away["cwd"] / f"{kind}.answer").read_text())
        given = pd.DataFrame(answer["predictions"])["placement_probability"]
        np.testing.assert_allclose(given, expected, rtol=0, atol=1e-12, err_msg=kind)


@pytest.fixture
def answer(bundle, tmp_path):
    """Ask the application that `mlflow models serve` starts: status and document."""
    write_model(bundle, tmp_path / "model")
    with unwarned():
        from mlflow import pyfunc
        from mlflow.pyfunc.scoring_server import init

    application = init(pyfunc.load_model(str(tmp_path / "model")))

    def post(body, kind="application/json"):
        return asyncio.run(
            posted(
                application, "/invocations", body if kind == "text/csv" else json.dumps(body), kind
            )
        )

    return post


async def posted(application, path, body, kind):
    """Post to an ASGI application as a server would."""
    sent = []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "headers": [(b"content-type", kind.encode())],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip

    async def receive():
        return {"type": "http.request", "body": body.encode(), "more_body": False}

    async def send(message):
        sent.append(message)

    await application(scope, receive, send)
    status = next(m["status"] for m in sent if m["type"] == "http.response.start")
    text = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
    return status, json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


FRAME = pd.DataFrame(ROWS)
FORMS = {
    "dataframe_split": ({"dataframe_split": FRAME.to_dict("split")}, "application/json"),
    "dataframe_records": ({"dataframe_records": FRAME.to_dict("records")}, "application/json"),
    "instances": ({"instances": FRAME.to_dict("records")}, "application/json"),
    "inputs": ({"inputs": ROWS}, "application/json"),
    "csv": (FRAME.to_csv(index=False), "text/csv"),
}


@pytest.mark.parametrize("form", FORMS)
def test_mlflows_scoring_server_takes_every_form(answer, bundle, form):
    status, document = answer(*FORMS[form])
    assert status == 200, document
    expected = open_bundle(bundle).scorer.score(FRAME).probability
    given = pd.DataFrame(document["predictions"])
    # JSON of MLflow's own keeps all digits.
    assert given["placement_probability"].tolist() == expected.tolist()
    assert given["placement_prediction"].tolist() == (expected >= 0.5).astype(int).tolist()


def test_a_cell_in_doubt_is_answered_with_the_note_that_predict_gives(answer):
    rows = {**ROWS, "cgpa": ["good", 6.4, 99, None], "stream": ["CSE", "LAW", "ECE", "CSE"]}
    records = [dict(zip(rows, row, strict=True)) for row in zip(*rows.values(), strict=True)]
    _, document = answer({"dataframe_records": records})
    assert [row["placement_notes"] for row in document["predictions"]] == [
        "cgpa: not a number", "stream: unseen level", "cgpa: far outside training", None,
    ]  # fmt: skip


def test_a_threshold_is_taken_and_one_that_is_none_is_refused_in_words(answer):
    one = {name: cells[0] for name, cells in ROWS.items()}
    for threshold, prediction in ((0, 1), (1, 0)):
        _, document = answer({"inputs": one, "params": {"threshold": threshold}})
        assert document["predictions"][0]["placement_prediction"] == prediction
    status, document = answer({"inputs": one, "params": {"threshold": 1.5}})
    assert (status, document["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "threshold 1.5: must be between 0 and 1" in document["message"]


def test_a_model_that_calls_nobody_positive_answers_all_the_same(bundle):
    opened = open_bundle(bundle)
    strict = replace(opened, document={**opened.document, "threshold": 1.0000000000000002})
    for params in (None, {"threshold": 1.0000000000000002}):
        answered = _PyfuncModel(strict).predict(pd.DataFrame(ROWS), params)
        assert answered["placement_prediction"].tolist() == [0] * len(answered)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"dataframe_records": [{"cgpa": 8}]}, "lacks the column backlogs, hostel, stream"),
        ({"inputs": {**ROWS, "cgpa": [8.1]}}, "not of one length"),
        ({"instances": [[8.1, 0, 1, "CSE"]]}, "lacks the column"),
    ],
)
def test_a_table_that_cannot_be_scored_is_refused_in_words_and_without_a_trace(answer, body, told):
    status, document = answer(body)
    assert status == 400
    assert told in document["message"]
    assert "stack_trace" not in document


def test_the_kinds_of_the_columns_are_in_the_metadata_and_the_threshold_in_the_signature(
    bundle, tmp_path
):
    write_model(bundle, tmp_path / "model")
    from mlflow.models import get_model_info

    info = get_model_info(str(tmp_path / "model"))
    assert info.metadata == {
        "columns": {"cgpa": "number", "backlogs": "number", "hostel": "number", "stream": "text"}
    }
    assert info.signature.inputs is None
    assert info.signature.outputs.input_names() == [
        "placement_probability", "placement_prediction", "placement_notes",
    ]  # fmt: skip
    assert [(p.name, p.default) for p in info.signature.params] == [("threshold", 0.5)]


def test_the_model_folder_names_no_place_of_this_machine_and_holds_no_pickle(bundle, tmp_path):
    target = tmp_path / "model"
    write_model(bundle, target)
    files = [path for path in target.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {"", ".yaml", ".json", ".txt", ".py", ".safetensors"}
    assert not [path for path in files if str(tmp_path).encode() in path.read_bytes()]
    assert (target / "code" / "placement_scorer_4.py").is_file()


def test_requirements_are_pinned_without_local_version_labels(bundle, tmp_path, monkeypatch):
    from importlib import metadata

    assert public_version("torch") == metadata.version("torch").split("+")[0]
    target = tmp_path / "model"
    write_model(bundle, target)
    wanted = (target / "requirements.txt").read_text().split()
    assert [line.partition("==")[0] for line in wanted] == [
        "mlflow",
        "numpy",
        "pandas",
        "safetensors",
    ]
    assert not [line for line in wanted if "+" in line]


def test_the_input_example_comes_from_the_bundle(bundle, tmp_path):
    target = tmp_path / "model"
    write_model(bundle, target)
    example = json.loads((target / "input_example.json").read_text())
    assert example == {
        "columns": ["cgpa", "backlogs", "hostel", "stream"],
        "data": [[7.25, 0.5, 0.5, "CSE"]],
    }


def test_the_logged_bundle_is_the_very_bundle(store, champion, bundle):
    found = resolve("champion").path
    for name in ("fitted.json", "weights.safetensors"):
        assert (found / name).read_bytes() == Path(bundle, name).read_bytes()
