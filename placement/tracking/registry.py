"""The registered model: its versions, and who is champion."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from placement.tracking.limits import short_tag
from placement.tracking.store import Store, as_default, translated

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from placement.model.fitted import Fitted
    from placement.tracking.pyfunc_model import LoggedModel

CHAMPION, CHALLENGER = "champion", "challenger"
REGISTERED_MODEL = "placement"
UNKNOWN_CODES = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "NOT_FOUND"})
TAKEN_CODES = frozenset({"RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS"})


@dataclass(frozen=True)
class Registered:
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
) -> Registered:
    """Register a logged model as a new version with an alias.

    It becomes champion with `promote`, or where there is no champion and it `may_be_champion`;
    else challenger.
    """
    client = store.client()
    texts = {key: short_tag(value) for key, value in (tags or {}).items()}
    with translated(store, f"register the model {name!r}"), store.lock(), as_default(store):
        _make_registered_model(client, name)
        made = client.create_model_version(
            name,
            logged.uri,
            logged.run_id,
            tags=texts,
            model_id=logged.model_id,
            await_creation_for=0,
        )
        vacant = may_be_champion and aliased_version(client, name, CHAMPION) is None
        alias = CHAMPION if promote or vacant else CHALLENGER
        client.set_registered_model_alias(name, alias, made.version)
    return Registered(name, int(made.version), alias)


def aliased_version(client: "MlflowClient", name: str, alias: str) -> int | None:
    """Return the version that bears an alias, None where no version does."""
    from mlflow.exceptions import MlflowException

    try:
        return int(client.get_model_version_by_alias(name, alias).version)
    except MlflowException as error:
        if error.error_code in UNKNOWN_CODES:
            return None
        raise


def load(model: str | Path) -> "Fitted":
    """Load a trained model: a bundle directory, `runs:/…`, `models:/…`, a run id or an alias."""
    from placement.model.fitted import load_fitted
    from placement.tracking.lookup import resolve

    return load_fitted(resolve(str(model)).path)


def _make_registered_model(client: "MlflowClient", name: str) -> None:
    from mlflow.exceptions import MlflowException

    with contextlib.suppress(MlflowException):
        client.get_registered_model(name)
        return
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code not in TAKEN_CODES:  # somebody else was faster
            raise
