"""Who is champion, who was before, and what is kept of an attempt to promote."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from placement.errors import GateRefused
from placement.tracking.pyfunc_model import log_bundle
from placement.tracking.registry import (
    SETTLING,
    champion_of,
    record_promotion,
    register,
    roll_back,
)
from placement.tracking.runs import tracked_run
from placement.tracking.store import default_store

NAME = "placement"


@pytest.fixture
def versions(store, bundle):
    """Register so many versions; the first is champion, the last challenger."""

    def made(count, **options):
        with tracked_run(store, NAME) as run:
            logged = log_bundle(run, bundle)
            for _ in range(count):
                register(store, logged, **options)
        return store

    return made


def aliases(store):
    model = store.client().get_registered_model(NAME)
    return {alias: int(version) for alias, version in model.aliases.items()}


def tags(store, version):
    return store.client().get_model_version(NAME, str(version)).tags


def promote(store, version, opponent, **given):
    return record_promotion(store, NAME, version, opponent=opponent, tags=given, promote=True)


def test_a_registration_that_replaces_the_champion_leaves_it_as_previous(versions):
    store = versions(2)
    assert aliases(store) == {"champion": 1, "challenger": 2}
    versions(1, promote=True)
    assert aliases(store) == {"champion": 3, "challenger": 2, "previous": 1}


def test_where_no_file_can_be_locked_one_of_many_at_once_is_champion_and_each_knows_it(
    store, bundle, monkeypatch
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.tracking_uri)
    server = replace(store, database=None)
    with tracked_run(store, NAME) as run:
        logged = log_bundle(run, bundle)
    together = threading.Barrier(3)

    def registered(_):
        together.wait()
        return register(server, logged)

    with ThreadPoolExecutor(3) as threads:
        said = {one.version: one.alias for one in threads.map(registered, range(3))}
    assert sorted(said) == [1, 2, 3]
    assert [version for version, alias in said.items() if alias == "champion"] == [1]
    assert aliases(store) == {"champion": 1, "challenger": 3}
    assert not any(SETTLING in tags(store, version) for version in said)


def test_a_version_whose_process_was_killed_is_not_waited_for_for_ever(
    store, bundle, versions, monkeypatch
):
    versions(1, tags={SETTLING: "yes"})
    monkeypatch.setattr("placement.tracking.registry.PATIENCE", 0.3)
    with tracked_run(store, NAME) as run:
        found = register(replace(store, database=None), log_bundle(run, bundle))
    assert (found.version, found.alias) == (2, "challenger")
    assert SETTLING not in tags(store, 1)


def test_a_logged_model_knows_each_of_its_versions_as_that_of_mlflows_own_way_does(store, bundle):
    import mlflow

    with tracked_run(store, NAME) as run:
        ours, theirs = log_bundle(run, bundle), log_bundle(run, bundle)
    register(store, ours)
    with default_store(store):
        mlflow.register_model(theirs.uri, "theirs")
    register(store, ours)
    known = [
        json.loads(store.client().get_logged_model(one.model_id).tags["mlflow.modelVersions"])
        for one in (ours, theirs)
    ]
    theirs_only = known[1][0]
    assert known[0] == [
        {**theirs_only, "name": NAME, "version": type(theirs_only["version"])(n)} for n in (1, 2)
    ]


def test_a_description_is_the_versions_and_its_first_paragraph_that_of_a_model_without(versions):
    store = versions(1)
    versions(1, description="# First\n\nof two")
    versions(1, description="# Second\n\nof two")
    client = store.client()
    assert client.get_registered_model(NAME).description == "# First"
    assert client.get_model_version(NAME, "3").description == "# Second\n\nof two"


def test_a_promotion_moves_the_champion_and_leaves_no_challenger_that_is_champion(versions):
    store = versions(3)
    assert promote(store, 2, 1, promotion="accepted")
    assert aliases(store) == {"champion": 2, "challenger": 3, "previous": 1}
    assert promote(store, 3, 2, promotion="accepted")
    assert aliases(store) == {"champion": 3, "previous": 2}
    assert tags(store, 3)["promotion"] == "accepted"


def test_nothing_is_written_where_another_is_champion_by_now(versions):
    store = versions(3)
    assert not promote(store, 3, 2, promotion="accepted")
    assert aliases(store) == {"champion": 1, "challenger": 3}
    assert "promotion" not in tags(store, 3)


def test_a_refusal_is_recorded_and_moves_nothing(versions):
    store = versions(2)
    kept = {"promotion": "refused", "promotion_rows": 12}
    assert record_promotion(store, NAME, 2, opponent=1, tags=kept, promote=False)
    assert aliases(store) == {"champion": 1, "challenger": 2}
    assert {key: tags(store, 2)[key] for key in kept} == {
        "promotion": "refused", "promotion_rows": "12",
    }  # fmt: skip


def test_the_tags_of_an_attempt_replace_those_of_the_one_before_and_no_others(versions):
    store = versions(2, tags={"converged": True})
    record_promotion(
        store,
        NAME,
        2,
        opponent=1,
        tags={"promotion": "refused", "promotion_rows": 12},
        promote=False,
    )
    promote(store, 2, 1, promotion="forced")
    assert tags(store, 2) == {"converged": "True", "promotion": "forced"}


def test_a_rollback_gives_the_champion_back_and_both_versions_tell_of_it(versions):
    store = versions(2)
    promote(store, 2, 1, promotion="accepted")
    found = roll_back(store, NAME, expected=None, tags={"rollback_reason": "false alarms"})
    assert found == (2, 1)
    assert aliases(store) == {"champion": 1}
    assert tags(store, 2)["rollback_to"] == "1"
    assert tags(store, 1)["rollback_from"] == "2"
    assert {tags(store, n)["rollback_reason"] for n in (1, 2)} == {"false alarms"}


def test_there_is_no_rollback_without_a_previous_one_nor_of_what_is_not_champion(versions):
    store = versions(3)
    with pytest.raises(GateRefused, match="previous"):
        roll_back(store, NAME, expected=None, tags={})
    promote(store, 2, 1, promotion="accepted")
    with pytest.raises(GateRefused, match=r"version 3 .* is not champion"):
        roll_back(store, NAME, expected=3, tags={})
    assert champion_of(store, NAME) == 2


def test_of_a_model_that_is_not_there_nothing_is_champion(store):
    assert champion_of(store, "nobody") is None


def test_a_job_registers_one_version_however_often_it_is_tried(store, bundle):
    with tracked_run(store, NAME) as run:
        first, again = log_bundle(run, bundle), log_bundle(run, bundle)
    tried = [register(store, one, job="a job") for one in (first, again)]
    assert tried[0] == tried[1]
    other = register(store, again, job="another job")
    assert other.version == 2
    assert register(store, first, job="a job") == tried[0]
    assert aliases(store) == {"champion": 1, "challenger": 2}
    assert tags(store, 1)["placement.job"] == "a job"


def test_a_version_that_a_killed_attempt_left_without_an_alias_gets_it(store, bundle):
    with tracked_run(store, NAME) as run:
        logged = log_bundle(run, bundle)
    register(store, logged, job="a job")
    store.client().delete_registered_model_alias(NAME, "champion")  # it was killed before
    assert register(store, logged, job="a job").alias == "champion"
    assert aliases(store) == {"champion": 1}


def test_a_version_without_an_alias_does_not_take_that_of_a_newer_one(store, bundle):
    with tracked_run(store, NAME) as run:
        logged = log_bundle(run, bundle)
    register(store, logged, job="first")
    register(store, logged, job="second")  # challenger
    register(store, logged, job="third")  # is now
    assert register(store, logged, job="second").alias == "challenger"
    assert aliases(store) == {"champion": 1, "challenger": 3}
