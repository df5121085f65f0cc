"""From what a user calls a model to a bundle directory on this machine.

A directory needs no MLflow: it is answered before anything of the store is opened.
"""

import contextlib
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from placement.errors import ModelError, counted, did_you_mean, listed
from placement.model.scorer import DOCUMENT
from placement.tracking.registry import CHALLENGER, CHAMPION, REGISTERED_MODEL, UNKNOWN_CODES
from placement.tracking.relocate import is_elsewhere, local_path
from placement.tracking.runs import iso_utc, list_runs
from placement.tracking.store import ARTIFACTS, Store, open_store, store_errors

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel
    from mlflow.entities.model_registry import ModelVersion

    from placement.model.fitted import Fitted

_RUN_ID = re.compile(r"[0-9a-f]{32}")
_RUNS = re.compile(r"runs:/(?P<run>[^/]+)(?:/.*)?")
_LOGGED = re.compile(r"models:/(?P<id>m-[0-9a-f]{32})/?")
_VERSION = re.compile(r"models:/(?P<name>[^/@]+)/(?P<version>\d+|latest)/?")
_ALIAS = re.compile(r"models:/(?P<name>[^/@]+)@(?P<alias>[\w-]+)/?")
_FORMS = "runs:/RUN_ID/model, models:/NAME/VERSION, a run id, champion or challenger"
_WORD = re.compile(r"[\w-]+")
_OURS = f"models:/{REGISTERED_MODEL}/"
_MOST_RUNS, _MOST_LISTED = 200, 12
# Downloads live as long as the process.
_downloads: list[tempfile.TemporaryDirectory[str]] = []


@dataclass(frozen=True)
class ResolvedModel:
    """A model and its bundle directory, `path`.

    The other fields are None or empty for a bundle directory, and `name` to `newer_version` for a
    run that was never registered. `created` is ISO 8601 in UTC; `newer_version` is the highest
    version of the same registered model if that is above this one.
    """

    path: Path
    name: str | None = None
    version: int | None = None
    aliases: tuple[str, ...] = ()
    run_id: str | None = None
    created: str | None = None
    newer_version: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def uri(self) -> str:
        """What to type to have this very model again."""
        if self.version is not None:
            return f"models:/{self.name}/{self.version}"
        return f"runs:/{self.run_id}/model" if self.run_id else str(self.path)


def resolve(model: str, store: Store | None = None) -> ResolvedModel:
    """Find a model: a directory, `runs:/…`, `models:/…`, a run id, or an alias of `placement`.

    Raises ModelError where there is none of that name. Without `store` it is located.
    """
    if bundle := bundle_directory(model):
        return ResolvedModel(bundle)
    store = store or open_store(create=False)
    if not store.exists:
        hint = did_you_mean(model, _bundles_here())
        raise ModelError(
            f"no model {model!r}{hint}: it is no bundle directory, and there is no store at "
            f"{store.database} yet (placement train makes one)"
        )
    with _suggest_known(store, model):
        return _of_store(store, model)


def load(model: str | Path) -> "Fitted":
    """Load a trained model: a bundle directory, `runs:/…`, `models:/…`, a run id or an alias."""
    from placement.model.fitted import load_fitted

    return load_fitted(resolve(str(model)).path)


def bundle_directory(model: str | Path) -> Path | None:
    """Return the bundle in a directory (also in an MLflow model's), None where there is none."""
    folder = Path(model)
    candidates = (folder, folder / "data" / "bundle")
    bundle = next((c for c in candidates if (c / DOCUMENT).is_file()), None)
    replaced = folder.parent / f".{folder.name}.old" / DOCUMENT
    if bundle is None and not folder.exists() and folder.name and replaced.is_file():
        return folder.absolute()  # its reader knows that a save was stopped half-way
    if bundle is None and folder.is_dir() and model not in {CHAMPION, CHALLENGER}:
        raise ModelError(f"{model}: the directory holds no model bundle ({DOCUMENT} is missing)")
    return bundle.absolute() if bundle else None


def _of_store(store: Store, model: str) -> ResolvedModel:
    client = store.client()
    if match := _ALIAS.fullmatch(model):
        return _of_version(store, client.get_model_version_by_alias(match["name"], match["alias"]))
    if match := _VERSION.fullmatch(model):
        version = match["version"]
        if version == "latest":
            version = str(_newest(store, match["name"]))
        return _of_version(store, client.get_model_version(match["name"], version))
    if match := _LOGGED.fullmatch(model):
        return _of_logged(store, client.get_logged_model(match["id"]))
    match = _RUNS.fullmatch(model)
    if match or _RUN_ID.fullmatch(model):
        return _of_run(store, match["run"] if match else model)
    if _WORD.fullmatch(model):
        return _of_version(store, client.get_model_version_by_alias(REGISTERED_MODEL, model))
    raise _unknown(store, model)


def _of_version(store: Store, version: "ModelVersion") -> ResolvedModel:
    client = store.client()
    location = client.get_model_version_download_uri(version.name, str(version.version))
    newest, number = _newest(store, version.name), int(version.version)
    return ResolvedModel(
        _bundle_at(store, location),
        name=version.name,
        version=number,
        aliases=tuple(version.aliases),
        run_id=version.run_id,
        created=iso_utc(version.creation_timestamp),
        newer_version=newest if newest > number else None,
        tags=dict(version.tags),
    )


def _of_run(store: Store, run_id: str) -> ResolvedModel:
    run = store.client().get_run(run_id)
    outputs = run.outputs.model_outputs if run.outputs else []
    if not outputs:
        status = run.info.status
        raise ModelError(f"run {run_id} ({status}) holds no model; placement runs lists the others")
    return _of_logged(store, store.client().get_logged_model(outputs[-1].model_id))


def _of_logged(store: Store, logged: "LoggedModel") -> ResolvedModel:
    client = store.client()
    run_id = logged.source_run_id
    versions = client.search_model_versions(f"run_id = '{run_id}'") if run_id else []
    versions = sorted(versions, key=lambda v: (v.name == REGISTERED_MODEL, int(v.version)))
    if versions:  # searching leaves the aliases out
        last = versions[-1]
        return _of_version(store, client.get_model_version(last.name, str(last.version)))
    return ResolvedModel(
        _bundle_at(store, logged.artifact_location),
        run_id=run_id,
        created=iso_utc(logged.creation_timestamp),
        tags=dict(logged.tags or {}),
    )


def _newest(store: Store, name: str) -> int:
    versions = store.client().search_model_versions(
        f"name = '{name}'", max_results=1, order_by=["version_number DESC"]
    )
    return int(versions[0].version) if versions else 0


def _bundle_at(store: Store, location: str) -> Path:
    """Return the bundle of a logged model, fetched first where it lies on another machine."""
    folder = local_path(location)
    if folder is None:
        folder = _download(store, location)
    elif not folder.is_dir():
        head, part, _ = location.rpartition(f"/{ARTIFACTS}/models/")
        root = head + part.removesuffix("/models/")
        why = "were they deleted? (after a move: placement runs --relocate)"
        if is_elsewhere(store, root):
            why = "the store was moved; placement runs --relocate corrects its paths"
        raise ModelError(f"the files of the model are not at {folder}: {why}")
    if bundle := bundle_directory(folder):
        return bundle
    raise ModelError(f"{location} is a model of another program: it holds no {DOCUMENT}")


def _download(store: Store, location: str) -> Path:
    from mlflow.artifacts import download_artifacts

    scratch = tempfile.TemporaryDirectory(prefix="placement-model-")
    _downloads.append(scratch)
    uris = {"tracking_uri": store.tracking_uri, "registry_uri": store.registry_uri}
    return Path(download_artifacts(location, dst_path=scratch.name, **uris))


@contextlib.contextmanager
def _suggest_known(store: Store, model: str) -> Iterator[None]:
    """Turn MLflow's "does not exist" into a ModelError with the nearest name that does."""
    from mlflow.exceptions import MlflowException

    with store_errors(store, f"look up {model!r}"):
        try:
            yield
        except MlflowException as error:
            if error.error_code not in UNKNOWN_CODES:
                raise
            raise _unknown(store, model) from error


def _unknown(store: Store, model: str) -> ModelError:
    """Say that there is no such model, which one may be meant, and which there are."""
    versions, runs = _versions(store), list_runs(store, most=_MOST_RUNS)
    if model == CHAMPION and (ours := [uri for uri in versions if uri.startswith(_OURS)]):
        hint = f": none was promoted; give --model {ours[-1]}, or train --promote"
        return ModelError(f"no model {model!r} in {store.tracking_uri}{hint}")
    aliases = [name for names in versions.values() for name in names]
    ids = [info.run_id for info in runs]
    known = [*versions, *aliases, *_bundles_here(), *ids, *(f"runs:/{one}/model" for one in ids)]
    known += [f"models:/{REGISTERED_MODEL}@{alias}" for alias in aliases]
    there = [f"{', '.join(names)} ({uri})" if names else uri for uri, names in versions.items()]
    there += [f"the directory {name}" for name in _bundles_here()]
    if runs:
        more = " or more" if len(runs) == _MOST_RUNS else ""
        there.append(f"the models of {counted(len(runs), 'run')}{more} (placement runs lists them)")
    listing = f"there is {listed(there, _MOST_LISTED)}" if there else f"give {_FORMS}"
    hint = did_you_mean(model, known)
    return ModelError(f"no model {model!r} in {store.tracking_uri}{hint}: {listing}")


def _versions(store: Store) -> dict[str, list[str]]:
    """Return each registered version with its aliases, as they are typed."""
    client = store.client()
    aliases: dict[str, list[str]] = {
        f"models:/{version.name}/{version.version}": []
        for version in reversed(client.search_model_versions(max_results=_MOST_RUNS))
    }
    for registered in client.search_registered_models():
        for alias, version in dict(registered.aliases).items():
            ours = registered.name == REGISTERED_MODEL
            name = alias if ours else f"models:/{registered.name}@{alias}"
            aliases.setdefault(f"models:/{registered.name}/{version}", []).append(name)
    return aliases


def _bundles_here() -> list[str]:
    """Return the directories here that are bundles."""
    return sorted(document.parent.name for document in Path().glob(f"*/{DOCUMENT}"))
