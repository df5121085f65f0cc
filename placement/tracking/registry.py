"""The registered model: its versions, who is champion, and who was before."""

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement.errors import GateRefused
from placement.runtime.signals import hold_signals
from placement.tracking.abandoned import JOB
from placement.tracking.limits import short_texts
from placement.tracking.store import Store, default_store, store_errors

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

    from placement.tracking.pyfunc_model import LoggedModel

CHAMPION, CHALLENGER, PREVIOUS = "champion", "challenger", "previous"
PROMOTION = "promotion"  # what the tags of an attempt to promote begin with
REGISTERED_MODEL = "placement"
SETTLING = "placement.settling"  # the tag of a version that is about to be given an alias
PATIENCE = 60.0  # seconds for one such version; then its process was killed
UNKNOWN_CODES = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "NOT_FOUND"})
TAKEN_CODES = frozenset({"RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS"})


@dataclass(frozen=True)
class RegisteredVersion:
    """A version of a registered model, and the alias that it got."""

    name: str
    version: int
    alias: str

    @property
    def uri(self) -> str:
        """The version for good: `models:/placement/3`."""
        return f"models:/{self.name}/{self.version}"


def register(
    store: Store,
    logged: "LoggedModel",
    name: str = REGISTERED_MODEL,
    *,
    may_be_champion: bool = True,
    promote: bool = False,
    tags: Mapping[str, object] | None = None,
    description: str | None = None,
    job: str | None = None,
) -> RegisteredVersion:
    """Register a logged model as a new version with an alias.

    It becomes champion with `promote`, or where there is no champion and it `may_be_champion`;
    else challenger. A champion that is replaced becomes `previous`. The `description` (Markdown)
    is that of the version; a registered model that has none gets its first paragraph. Of a `job`
    whose earlier attempt was killed after it had registered its model, that version is taken.
    """
    client = store.client()
    texts = short_texts(
        {**(tags or {}), **({} if job is None else {JOB: job}), **_settling_tag(store)}
    )
    with store_errors(store, f"register the model {name!r}"), store.lock(), default_store(store):
        _make_registered_model(client, name, (description or "").partition("\n\n")[0])
        version = _version_of(client, name, job)
        if version is not None and (alias := _settled_alias(client, name, version)):
            return RegisteredVersion(name, version, alias)
        if version is None:
            created = client.create_model_version(
                name,
                logged.uri,
                logged.run_id,
                texts,
                description=description,
                await_creation_for=0,
                model_id=logged.model_id,
            )
            _tell_logged_model(client, logged, created)
            version = int(created.version)
        with _turn(store, name, version):
            former = aliased_version(client, name, CHAMPION)
            if promote or (may_be_champion and former is None):
                _make_champion(client, name, version, former)
                return RegisteredVersion(name, version, CHAMPION)
            client.set_registered_model_alias(name, CHALLENGER, str(version))
            return RegisteredVersion(name, version, CHALLENGER)


def _settling_tag(store: Store) -> dict[str, str]:
    return {} if store.database else {SETTLING: "yes"}


@contextlib.contextmanager
def _turn(store: Store, name: str, version: int) -> Iterator[None]:
    """Give aliases in the order of the versions where no lock of ours reaches everybody.

    A version says from its creation on that it has no alias yet, and a server numbers versions one
    by one: who has a number sees all that stand before it.
    """
    try:
        if store.database is None:
            _await_turn(store.client(), name, version)
        yield
    finally:
        if store.database is None:
            store.client().delete_model_version_tag(name, str(version), SETTLING)


def _await_turn(client: "MlflowClient", name: str, version: int) -> None:
    """Wait until the versions before this one have an alias, or their processes are gone."""
    before: list[str] = []
    end = 0.0
    while True:
        found = client.search_model_versions(f"name = '{name}' and tags.`{SETTLING}` = 'yes'")
        ahead = sorted(str(one.version) for one in found if int(one.version) < version)
        if not ahead:
            return
        if ahead != before:
            before, end = ahead, time.monotonic() + PATIENCE
        elif time.monotonic() > end:
            for abandoned in ahead:
                client.delete_model_version_tag(name, abandoned, SETTLING)
        time.sleep(0.3)


def _version_of(client: "MlflowClient", name: str, job: str | None) -> int | None:
    """Return the version that an earlier attempt of a job registered, None where none did."""
    if job is None:
        return None
    found = client.search_model_versions(f"name = '{name}' and tags.`{JOB}` = '{job}'")
    return int(found[0].version) if found else None


def _settled_alias(client: "MlflowClient", name: str, version: int) -> str | None:
    """Return the alias of a version, or what it was before a newer one took it; None if neither."""
    aliases = client.get_model_version(name, str(version)).aliases
    newest = client.search_model_versions(
        f"name = '{name}'", max_results=1, order_by=["version_number DESC"]
    )
    if aliases:
        return str(CHAMPION if CHAMPION in aliases else aliases[0])
    return CHALLENGER if int(newest[0].version) > version else None


def champion_of(store: Store, name: str) -> int | None:
    """Return the version of a registered model that is champion, None where none is."""
    with store_errors(store, f"look up the champion of {name!r}"):
        return aliased_version(store.client(), name, CHAMPION)


def record_promotion(
    store: Store,
    name: str,
    version: int,
    *,
    opponent: int | None,
    tags: Mapping[str, object],
    promote: bool,
) -> bool:
    """Tag a version with the outcome of trying to promote it; with `promote`, make it champion.

    The `tags` replace those of an earlier attempt. Returns False, with nothing written, where the
    champion is no longer `opponent`: the comparison with that one holds no more.
    """
    client = store.client()
    doing = f"promote version {version} of {name!r}"
    with store_errors(store, doing), store.lock(), hold_signals():
        if aliased_version(client, name, CHAMPION) != opponent:
            return False
        for key in client.get_model_version(name, str(version)).tags:
            if key.startswith(PROMOTION) and key not in tags:
                client.delete_model_version_tag(name, str(version), key)
        _tag(client, name, version, tags)
        if promote:
            _make_champion(client, name, version, opponent)
    return True


def roll_back(
    store: Store, name: str, *, expected: int | None, tags: Mapping[str, object]
) -> tuple[int | None, int]:
    """Give `champion` back to the version that is `previous`; return the old and the new champion.

    `expected`: what must be champion now, None where that does not matter. The `tags` go to both
    versions, with the other's number. Raises GateRefused where no version is `previous`.
    """
    client = store.client()
    with store_errors(store, f"roll back {name!r}"), store.lock(), hold_signals():
        champion = aliased_version(client, name, CHAMPION)
        previous = aliased_version(client, name, PREVIOUS)
        if expected is not None and champion != expected:
            raise GateRefused(f"version {expected} of {name} is not champion: {champion} is")
        if previous is None:
            raise GateRefused(
                f"no version of {name} has the alias {PREVIOUS}, so there is none to go back to (a "
                f"promotion leaves it, a rollback takes it away); to choose a version yourself: "
                f"placement promote models:/{name}/N --force REASON"
            )
        origin = {}
        if champion is not None:
            _tag(client, name, champion, {**tags, "rollback_to": previous})
            origin = {"rollback_from": champion}
        _tag(client, name, previous, {**tags, **origin})
        client.set_registered_model_alias(name, CHAMPION, str(previous))
        client.delete_registered_model_alias(name, PREVIOUS)
    return champion, previous


def _make_champion(client: "MlflowClient", name: str, version: int, former: int | None) -> None:
    """Make a version champion in place of `former`; it is no challenger then."""
    if former is not None and former != version:
        client.set_registered_model_alias(name, PREVIOUS, str(former))
    client.set_registered_model_alias(name, CHAMPION, str(version))
    if aliased_version(client, name, CHALLENGER) == version:
        client.delete_registered_model_alias(name, CHALLENGER)


def _tag(client: "MlflowClient", name: str, version: int, tags: Mapping[str, object]) -> None:
    for key, text in short_texts(tags).items():
        client.set_model_version_tag(name, str(version), key, text)


def aliased_version(client: "MlflowClient", name: str, alias: str) -> int | None:
    """Return the version that bears an alias, None where no version does."""
    from mlflow.exceptions import MlflowException

    try:
        return int(client.get_model_version_by_alias(name, alias).version)
    except MlflowException as error:
        if error.error_code in UNKNOWN_CODES:
            return None
        raise


def _tell_logged_model(
    client: "MlflowClient", logged: "LoggedModel", created: "ModelVersion"
) -> None:
    """Have a logged model know its versions, so that MLflow's pages show it as registered.

    `mlflow.register_model` does so too, but it prints, and takes no description.
    """
    from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

    tags = client.get_logged_model(logged.model_id).tags or {}
    versions = json.loads(tags.get(MLFLOW_MODEL_VERSIONS, "[]"))
    versions.append({"name": created.name, "version": created.version})
    client.set_logged_model_tags(logged.model_id, {MLFLOW_MODEL_VERSIONS: json.dumps(versions)})


def _make_registered_model(client: "MlflowClient", name: str, description: str) -> None:
    from mlflow.exceptions import MlflowException

    with contextlib.suppress(MlflowException):
        registered = client.get_registered_model(name)
        if description and not registered.description:
            client.update_registered_model(name, description)
        return
    try:
        client.create_registered_model(name, description=description)
    except MlflowException as error:
        if error.error_code not in TAKEN_CODES:  # somebody else was faster
            raise
