"""A bundle whose digests are right and whose insides are not is refused before it is used."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load, save

from placement import TrainConfig, fit, read_table
from placement.errors import ModelError
from placement.model.fitted import load_fitted
from placement.model.scorer import digest_of, file_columns


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    rng = np.random.default_rng(0)
    cgpa, stream = rng.uniform(4, 10, 80), rng.choice(["CSE", "ECE"], 80)
    placed = (cgpa + rng.normal(size=80) > 7) * 1
    frame = pd.DataFrame({"cgpa": cgpa, "stream": stream, "placed": placed})
    folder = tmp_path_factory.mktemp("bundle") / "b"
    fit(read_table(frame), TrainConfig(spline=("cgpa",), optimizer="newton")).save(folder)
    return json.loads((folder / "fitted.json").read_text()), (
        folder / "weights.safetensors"
    ).read_bytes()


def write(folder, document, raw):
    document = {**document, "weights_digest": hashlib.sha256(raw).hexdigest()}
    document["digest"] = digest_of(document)
    (folder / "fitted.json").write_text(json.dumps(document))
    (folder / "weights.safetensors").write_bytes(raw)


def test_the_bundle_as_it_is_can_be_read(bundle, tmp_path):
    write(tmp_path, *bundle)
    assert load_fitted(tmp_path).schema.target.name == "placed"


@pytest.mark.parametrize("bad", ["nan", "short", "long", "flat", "lacking", "strange"])
def test_weights_that_do_not_fit_their_columns_are_refused(bundle, tmp_path, bad):
    document, raw = bundle
    tensors = load(raw)
    weights = tensors["weights"]
    crafted = {
        "nan": weights * np.nan,
        "short": weights[:-1].copy(),
        "long": np.append(weights, 1.0),
        "flat": weights.reshape(1, -1).copy(),
    }
    if bad == "lacking":
        del tensors["weights"]
    elif bad == "strange":
        tensors["more"] = weights
    else:
        tensors["weights"] = crafted[bad]
    write(tmp_path, document, save(tensors))
    with pytest.raises(ModelError):
        load_fitted(tmp_path)


@pytest.mark.parametrize("raw", [b"", b"\xff" * 8, b"\x08" + b"\0" * 7 + b"garbage!"])
def test_a_file_that_holds_no_tensors_is_refused(bundle, tmp_path, raw):
    write(tmp_path, bundle[0], raw)
    with pytest.raises(ModelError):
        load_fitted(tmp_path)


def places(value, path=()):
    """Every place in a document, but for lists only their first item."""
    items = value.items() if isinstance(value, dict) else enumerate(value[:1])
    for key, item in items:
        yield (*path, key)
        if isinstance(item, (dict, list)):
            yield from places(item, (*path, key))


@pytest.mark.parametrize("bad", ["x", {}, [], -1, True, None], ids=repr)
def test_a_value_of_another_type_is_refused_or_harmless_wherever_it_stands(bundle, tmp_path, bad):
    refused = 0
    for path in places(bundle[0]):
        document = json.loads(json.dumps(bundle[0]))
        inner = document
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = bad
        write(tmp_path, document, bundle[1])
        try:
            fitted = load_fitted(tmp_path)
        except ModelError:
            refused += 1
            continue
        student = {column: ["7"] for column in file_columns(fitted.encoder.columns)}
        assert np.isfinite(fitted.predict_proba(student)).all()
        assert len(fitted.coefficients) == len(fitted.encoder.names)
    assert refused > 20


def test_nesting_without_end_and_a_name_that_stands_twice_are_refused(bundle, tmp_path):
    for text in (
        '{"format":2,"x":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"format":4,"format":4}',
    ):
        write(tmp_path, *bundle)
        (tmp_path / "fitted.json").write_text(text)
        with pytest.raises(ModelError, match="not a readable model bundle"):
            load_fitted(tmp_path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no device here that has no end")
def test_a_file_without_an_end_is_refused(bundle, tmp_path):
    write(tmp_path, *bundle)
    (tmp_path / "weights.safetensors").unlink()
    (tmp_path / "weights.safetensors").symlink_to("/dev/zero")
    with pytest.raises(ModelError, match="not a readable model bundle"):
        load_fitted(tmp_path)
