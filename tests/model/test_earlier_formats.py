"""Bundles of earlier formats, as they were written then: what they answer stays what it was.

`tests/golden/expected.json` holds what the programs that wrote formats 1 to 3 last said of them.
How sure a figure is may be told by a better method today; that and additions are not compared.
"""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from placement.model.bundle import finite, open_bundle
from placement.model.figures import figures_document, figures_of
from placement.model.fitted import load_fitted
from placement.reporting.json_documents import FORMAT

GOLDEN = Path(__file__).parent.parent / "golden"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text("utf-8"))
NO_REPORT = {"format1/plain", "format1/refitted", "format2/python"}
HOW_SURE = {"intervals", "method", "level", "p_adjusted", "performance", "warnings"}
EVERY = pytest.mark.parametrize("name", EXPECTED)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def as_then(expected, found):
    """The part of a document of today that was said then, and is no matter of how sure."""
    if isinstance(expected, dict) and isinstance(found, dict):
        names = expected.keys() - HOW_SURE
        return {name: as_then(expected[name], found[name]) for name in names}
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [as_then(*pair) for pair in zip(expected, found, strict=True)]
    return found


def nearly(found):
    """Numbers of a document within what another processor makes of them."""
    if isinstance(found, dict):
        return {name: nearly(value) for name, value in found.items()}
    if isinstance(found, list):
        return [nearly(value) for value in found]
    return pytest.approx(found, rel=1e-9, abs=1e-12) if isinstance(found, float) else found


@EVERY
def test_a_bundle_of_an_earlier_format_predicts_the_very_same_numbers(name):
    frame = pd.read_csv(GOLDEN / "students.csv").head(40)
    probability = load_fitted(GOLDEN / name).predict_proba(frame)
    assert probability.tolist() == pytest.approx(EXPECTED[name]["probability"], rel=1e-14)


@EVERY
@pytest.mark.parametrize("command", ["explain", "evaluate", "drift"])
def test_a_bundle_of_an_earlier_format_is_explained_evaluated_and_compared(run, name, command):
    expected = EXPECTED[name][command]
    rows = pd.read_csv(GOLDEN / "students.csv")
    (rows.head(40) if command == "drift" else rows).to_csv("rows.csv", index=False)
    data = [] if command == "explain" else ["rows.csv"]
    data += ["--all-rows"] if command == "evaluate" else []
    done = run(command, *data, "--model", GOLDEN / name, "--json")
    if expected is None:
        assert done.code == 5
        assert "train it again" in done.err
        return
    assert done.json["format"] == FORMAT
    assert expected.keys() <= done.json.keys()
    assert as_then(expected, done.json) == nearly(as_then(expected, expected))


@EVERY
def test_a_report_is_of_the_figures_that_the_bundle_has(run, name):
    done = run("report", GOLDEN / name)
    assert done.code == (5 if name in NO_REPORT else 0), done.err


@EVERY
def test_a_bundle_of_an_earlier_format_is_saved_in_the_current_one(name, tmp_path):
    fitted = load_fitted(GOLDEN / name)
    again = load_fitted(fitted.save(tmp_path / "model"))
    assert again.figures == fitted.figures
    assert again.history == tuple(
        replace(epoch, weights=again.history[0].weights, intercept=own.intercept)
        for epoch, own in zip(fitted.history, again.history, strict=True)
    )
    assert open_bundle(tmp_path / "model").document["format"] == 4


def test_figures_go_to_their_document_and_back():
    figures = load_fitted(GOLDEN / "format2/curves").figures
    document = json.loads(json.dumps(finite(figures_document(figures))))
    assert figures_of(document) == figures
    assert document["evaluation"]["fairness"]["columns"][0]["groups"][0]["tpr"].keys() == {
        "value", "low", "high",
    }  # fmt: skip
    unknown = document | {"evaluation": document["evaluation"] | {"rows_digest": None}}
    assert figures_of(unknown).evaluation.rows_digest is None
    del unknown["evaluation"]["rows_digest"]
    assert figures_of(unknown).evaluation.rows_digest is None
