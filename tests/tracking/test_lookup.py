import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import placement
from placement.errors import ModelError
from placement.tracking.lookup import load, resolve
from placement.tracking.pyfunc_model import log_bundle, write_model
from placement.tracking.registry import register
from placement.tracking.runs import tracked_run


def train(store, bundle, **options):
    with tracked_run(store, "placement") as run:
        return run, register(store, log_bundle(run, bundle), **options)


def test_the_first_version_is_champion_the_next_challenger_and_promotion_changes_that(
    store, bundle
):
    _, first = train(store, bundle)
    _, second = train(store, bundle)
    assert (first.alias, second.alias) == ("champion", "challenger")
    _, third = train(store, bundle, promote=True)
    assert third.alias == "champion"
    assert resolve("champion").version == 3
    assert resolve("challenger").version == 2
    assert resolve("models:/placement/1").aliases == ("previous",)
    assert resolve("previous").version == 1
    assert resolve("models:/placement/1").newer_version == 3
    assert resolve("models:/placement/latest").newer_version is None


def test_a_model_that_may_not_be_champion_leaves_the_place_empty(store, bundle):
    _, weak = train(store, bundle, may_be_champion=False)
    assert weak.alias == "challenger"
    with pytest.raises(ModelError):
        resolve("champion")


def test_every_name_of_a_model_leads_to_the_same_bundle(store, bundle):
    run, made = train(store, bundle, tags={"verdict": "better than the base rate"})
    names = [
        "champion",
        run.run_id,
        f"runs:/{run.run_id}/model",
        made.uri,
        "models:/placement@champion",
    ]
    found = [resolve(name, store) for name in names]
    assert len(set(map(str, found))) == 1
    assert found[0].run_id == run.run_id
    assert found[0].tags == {"verdict": "better than the base rate"}
    assert found[0].created.endswith("+00:00")
    assert found[0].uri == "models:/placement/1"
    assert load("champion").intercept == load(bundle).intercept


def test_a_model_that_was_not_registered_is_found_by_its_run(store, bundle):
    with tracked_run(store, "placement") as run:
        log_bundle(run, bundle)
    found = resolve(run.run_id)
    assert found.version is None
    assert found.uri == f"runs:/{run.run_id}/model"
    assert resolve(found.uri).path == found.path


def test_what_is_unknown_is_a_model_error_with_the_nearest_that_is_known(store, bundle):
    run, _ = train(store, bundle)
    wrong = run.run_id[:-1] + ("0" if run.run_id[-1] != "0" else "1")
    with pytest.raises(ModelError, match=run.run_id) as caught:
        resolve(wrong)
    assert caught.value.exit_code == 5
    with pytest.raises(ModelError, match="did you mean 'champion'"):
        resolve("chmpion")
    with pytest.raises(ModelError, match="did you mean 'models:/placement@champion'"):
        resolve("models:/placment@champion")
    for nothing in ("models:/placement/77", "./no/such/folder", "s3://elsewhere", "models:/"):
        with pytest.raises(ModelError, match="no model"):
            resolve(nothing)


@pytest.mark.parametrize("unknown", ["foo", "models:/placement/77", "s3://elsewhere"])
def test_an_unknown_word_is_answered_with_what_there_is(store, bundle, unknown):
    train(store, bundle)
    shutil.copytree(bundle, "mymodel")
    there = "there is champion (models:/placement/1), the directory mymodel, the models of 1 run ("
    with pytest.raises(ModelError, match=re.escape(there)):
        resolve(unknown)
    with pytest.raises(ModelError, match="did you mean 'mymodel'"):
        resolve("my-model")


def test_a_run_without_a_model_is_told_so(store):
    with tracked_run(store, "placement") as run:
        pass
    with pytest.raises(ModelError, match="holds no model"):
        resolve(run.run_id)


def test_without_a_store_the_error_says_where_it_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match=r"mlflow\.db yet"):
        resolve("champion")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_without_a_bundle_is_told_so(tmp_path):
    with pytest.raises(ModelError, match=r"fitted\.json is missing"):
        resolve(str(tmp_path))


def test_deleted_files_of_a_registered_model_are_told(store, bundle):
    train(store, bundle)
    shutil.rmtree(resolve("champion").path.parents[1])
    with pytest.raises(ModelError, match="are not at"):
        resolve("champion")


def test_an_mlflow_model_directory_is_a_bundle_directory_too(bundle, tmp_path):
    write_model(bundle, tmp_path / "exported")
    assert resolve(str(tmp_path / "exported")).path == tmp_path / "exported" / "data" / "bundle"


def test_a_bundle_directory_is_found_without_mlflow(bundle):
    code = textwrap.dedent(f"""
        import sys
        from placement.tracking.lookup import resolve
        resolve({str(bundle)!r})
        print(sorted({{"mlflow", "torch", "pandas"}} & set(sys.modules)))
    """)
    env = {**os.environ, "PYTHONPATH": str(Path(placement.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True
    )
    assert done.stdout.strip() == "[]"
