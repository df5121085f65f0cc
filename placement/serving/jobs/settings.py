"""What may be asked of a job: the settings of the commands but for paths and addresses.

The fields are those of the commands' own requests, so a setting that is new there is here too.
"""

import dataclasses
import re
import typing
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, create_model

from placement.config.train_config import UNUSED_IN_TUNING, TrainConfig
from placement.errors import UsageError
from placement.workflows.monitoring.report import PAGE, ReportRequest
from placement.workflows.scoring.predict_request import PredictRequest
from placement.workflows.selection.tune import TuneRequest

Kind = Literal["train", "predict", "tune", "report"]
Role = Literal["data", "labels", "test"]
Settings = Mapping[str, Any]
Inputs = Mapping[str, list[str]]  # the names of the files of each role

SCORED = "scored"
_FORMATS = Literal["csv", "tsv", "parquet", "xlsx"]
_ROLES: Mapping[Kind, tuple[Role, ...]] = {
    "train": ("data", "labels", "test"),
    "predict": ("data",),
    "tune": ("data", "labels"),
    "report": ("data",),
}
# Files come as uploads; where things are kept is the operator's to say; rows are not logged.
_NEVER = {
    "data", "out", "as_json", "about", "config",
    "cache", "keep_cache", "stream", "track", "log_data", "experiment",
    "workers", "rank_timeout", "device", "resume",
}  # fmt: skip
_PATHS = {"FILE", "DIR"}  # what the help calls the value of a setting that is a path
_MODEL = re.compile(r"champion|challenger|models:/[\w-]{1,100}(/\d{1,9}|@[\w-]{1,100})")
_NAME = re.compile(r"[\w-]{1,100}")
_OURS = ("placement.", "mlflow.")  # what the tags begin with that say what a run is


def settings_of(kind: Kind, document: str) -> dict[str, Any]:
    """Read the settings of a job, a JSON object. Raises UsageError where one may not be set."""
    try:
        given = settings_model(kind).model_validate_json(document or "{}")
    except ValidationError as problem:
        raise UsageError("; ".join(_said(problem, kind))) from problem
    return given.model_dump(mode="json", by_alias=True, exclude_unset=True)


def check_request(kind: Kind, settings: Settings, inputs: Inputs) -> None:
    """Refuse files that a kind of job has no use for, and what its command would refuse."""
    for role, names in inputs.items():
        if role not in _ROLES[kind]:
            raise UsageError(f"a job of kind {kind} has no file {role!r}")
        many = role == "data" and kind in {"train", "tune"}
        if len(names) > 1 and not many:
            raise UsageError(f"a job of kind {kind} has one file {role!r}, not {len(names)}")
    if "data" not in inputs and kind != "report":
        raise UsageError(f"a job of kind {kind} needs a file 'data'")
    _REQUESTS[kind](settings, inputs)


def train_config(settings: Settings, inputs: Inputs) -> TrainConfig:
    """Return the configuration of a training, or of a tuning."""
    files: dict[str, Any] = {role: names[0] for role, names in inputs.items() if role != "data"}
    return TrainConfig(**_given(settings), **files)


def tune_request(settings: Settings, inputs: Inputs) -> TuneRequest:
    """Return what a tuning is asked."""
    given = dict(settings)
    times = {name: given.pop(name) for name in ("folds", "repeats") if name in given}
    return TuneRequest(inputs["data"], train_config(given, inputs), **times)


def predict_request(settings: Settings, inputs: Inputs) -> PredictRequest:
    """Return what a prediction is asked; it writes to the folder above its input."""
    given = _given(settings)
    out = f"../{SCORED}.{given.pop('format', 'csv')}"
    return PredictRequest(**given, data=inputs["data"][0], out=out, about=True)


def report_request(settings: Settings, inputs: Inputs) -> ReportRequest:
    """Return what a report is asked; it is written to the folder above its input."""
    data = inputs["data"][0] if "data" in inputs else None
    return ReportRequest(**_given(settings), data=data, out=f"../{PAGE}")


def _given(settings: Settings) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}


_REQUESTS: Mapping[Kind, Callable[[Settings, Inputs], object]] = {
    "train": train_config,
    "tune": tune_request,
    "predict": predict_request,
    "report": report_request,
}


@cache
def settings_model(kind: Kind) -> type[BaseModel]:
    """Return the settings that a kind of job may have, as a model that checks them."""
    fields: dict[str, Any] = {}
    match kind:
        case "train":
            fields = _fields(TrainConfig)
        case "tune":
            fields = _fields(TrainConfig, UNUSED_IN_TUNING) | _fields(TuneRequest)
        case "predict":
            fields = _fields(PredictRequest) | {"format_": (_FORMATS, Field("csv", alias="format"))}
        case "report":
            fields = _fields(ReportRequest)
    strict = ConfigDict(extra="forbid", strict=True)
    return create_model(f"{kind.capitalize()}Settings", __config__=strict, **fields)


def _fields(request: type[Any], without: Iterable[str] = ()) -> dict[str, Any]:
    hints, fields = typing.get_type_hints(request), {}
    for item in dataclasses.fields(request):
        is_path = item.metadata.get("metavar") in _PATHS
        if is_path or item.name in _NEVER or item.name in set(without):
            continue
        check = _CHECKS.get((request, item.name)) or _CHECKS.get((None, item.name))
        hint = hints[item.name]
        checked = hint if check is None else typing.Annotated[hint, check]
        # A field called `register` would hide a method of the model.
        fields[f"{item.name}_"] = (checked, Field(item.default, alias=item.name))
    return fields


def _registered_model(name: str) -> str:
    if not _MODEL.fullmatch(name):
        raise ValueError("name champion, challenger, models:/NAME/VERSION or models:/NAME@ALIAS")
    return name


def _plain_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("a name has letters, digits, - and _ only")
    return name


def _foreign_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    for tag in tags:
        if tag.casefold().startswith(_OURS):
            raise ValueError(f"the tag {tag.partition('=')[0]!r} is not yours to set")
    return tags


_CHECKS = {
    (None, "model"): AfterValidator(_registered_model),
    (ReportRequest, "run"): AfterValidator(_registered_model),
    (None, "register"): AfterValidator(_plain_name),
    (None, "tag"): AfterValidator(_foreign_tags),
}


def _said(problem: ValidationError, kind: Kind) -> Iterable[str]:
    """Say what is wrong with settings; the values are not repeated."""
    for error in problem.errors(include_url=False, include_input=False)[:5]:
        where = ".".join(map(str, error["loc"]))
        if error["type"] == "extra_forbidden":
            yield f"settings: {where!r} cannot be set for a job of kind {kind}"
        else:
            said = error["msg"].removeprefix("Value error, ")
            yield ": ".join(filter(None, ["settings", where, said]))
