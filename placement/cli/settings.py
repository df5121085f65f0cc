"""Settings of a run, weakest first: defaults, placement.toml, PLACEMENT_<FIELD>, options."""

import dataclasses
import functools
import json
import os
import tomllib
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from placement.cli.common import Command, csv_words, output_options
from placement.config.file_options import FileOptions
from placement.config.label_options import LabelOptions
from placement.config.option import flag
from placement.config.train_config import TrainConfig
from placement.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from placement.arrays import Document

FIELDS = {item.name: item for item in dataclasses.fields(TrainConfig)}
_TYPES = typing.get_type_hints(TrainConfig)
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def config_options(*unused: str) -> Callable[[Command], Command]:
    """Give a command its `config`, by `--config` and an option per field that is not `unused`."""

    def with_options(command: Command) -> Command:
        @functools.wraps(command)
        def with_config(*args: Any, config_file: str | None, **options: Any) -> Any:
            given = {name: options.pop(name) for name in FIELDS if name in options}
            return command(*args, config=effective_config(given, config_file), **options)

        decorated = _config_file_option(with_config)
        for item in reversed(FIELDS.values()):
            if item.name not in unused:
                decorated = _option(item)(decorated)
        return decorated

    return with_options


def file_options(command: Command) -> Command:
    """Give a command the options of `FileOptions`, by their names, and those of the output."""
    return _with_fields(FileOptions, command)


def label_options(command: Command) -> Command:
    """Give a command the options of `LabelOptions`, by their names, and those of the output."""
    return _with_fields(LabelOptions, command)


def _with_fields(options_type: type[FileOptions], command: Command) -> Command:
    @functools.wraps(command)
    def with_fields(*args: Any, **options: Any) -> Any:
        for item in dataclasses.fields(options_type):
            value = options[item.name]
            if value is None:
                options[item.name] = item.default
            elif isinstance(item.default, tuple) and isinstance(value, str):
                options[item.name] = csv_words(value)
        return command(*args, **options)

    decorated = output_options(with_fields)
    for item in reversed(dataclasses.fields(options_type)):
        decorated = _option(item)(decorated)
    return decorated


_config_file_option = click.option(
    "--config",
    "config_file",
    metavar="FILE",
    help="Read settings from this TOML file, not placement.toml.",
)


def _option(item: "dataclasses.Field[Any]") -> Command:
    name, meta = item.name, item.metadata
    if _types_of(name)[0] is bool:
        yes, no = switch(item)
        shown = "" if item.default is None else f"  [default: {yes if item.default else no}]"
        return click.option(
            f"{yes}/{no}", name, default=None, help=meta["help"] + shown, is_flag=True
        )
    kind: Any = click.Choice(meta["choices"]) if meta["choices"] else _types_of(name)[0]
    if kind is tuple:
        kind = str
    shown = f"  [default: {item.default}]" if item.default not in (None, ()) else ""
    return click.option(
        flag(name),
        name,
        type=kind,
        default=None,
        multiple=bool(meta["separate"]),
        metavar=meta["metavar"] or None,
        help=meta["help"] + shown,
    )


def switch(item: "dataclasses.Field[Any]") -> tuple[str, str]:
    """Return the options that say yes and no: `--track` and `--no-track`.

    There are both, as an option must be able to take back what a file or the environment says.
    """
    yes, _, no = item.metadata["flags"].partition("/")
    return (yes, no) if yes else (flag(item.name), flag("no_" + item.name))


def _types_of(name: str) -> tuple[type, ...]:
    """The types of one value of a field: `int | None` is int, `tuple[str, ...]` is tuple."""
    kind = _TYPES[name]
    kinds = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    return tuple(typing.get_origin(kind) or kind for kind in kinds if kind is not type(None))


def effective_config(given: "Document", file: str | None) -> TrainConfig:
    """Merge the four sources. `given`: options as click left them, None or () where not given.

    A run that is resumed has settings of its own: what is given must be as there.
    """
    options = dict(_from_options(given))
    values = {**_from_file(file), **_from_environment(os.environ), **options}
    if "resume" in given and values.get("resume"):
        from placement.workflows.recording.resume import resumed_config

        return resumed_config(values["resume"], {**(_from_file(file) if file else {}), **options})
    return TrainConfig(**values)


def _from_options(given: "Document") -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        if value is None or value == ():
            continue
        if _types_of(name)[0] is tuple and isinstance(value, str):
            yield name, csv_words(value)
        else:
            # An empty word takes back what a file or the environment says.
            yield name, None if value == "" and FIELDS[name].default is None else value


def _from_file(file: str | None) -> "Document":
    path = Path(file or "placement.toml")
    if not path.exists():
        if file:
            raise UsageError(f"--config {file}: there is no such file")
        return {}
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as problem:
        raise UsageError(f"{path}: not a readable TOML file ({problem})") from problem
    for name in settings:
        if name not in FIELDS:
            raise UsageError(f"{path}: unknown setting {name!r}{did_you_mean(name, FIELDS)}")
    return {name: _checked(str(path), name, value) for name, value in settings.items()}


def _checked(where: str, name: str, value: Any) -> Any:
    kinds = _types_of(name)
    kind = kinds[0]
    if kind is tuple and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    if kind is tuple and isinstance(value, str):
        return csv_words(value)
    if float in kinds and type(value) is int:
        return float(value)
    if type(value) not in kinds:
        words = " or ".join(_WORDS[kind] for kind in kinds)
        raise UsageError(f"{where}: {name} = {value!r} is no {words}")
    return value


def _from_environment(environment: Mapping[str, str]) -> "Document":
    return {
        name: _parsed(variable, name, environment[variable])
        for name in FIELDS
        if environment.get(variable := f"PLACEMENT_{name.upper()}", "") != ""
    }


def _parsed(variable: str, name: str, text: str) -> Any:
    kind = _types_of(name)[0]
    try:
        if kind is tuple:
            return csv_words(text)
        if kind is bool:
            return {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}[text.casefold()]
        return kind(text)
    except (ValueError, KeyError):
        raise UsageError(f"{variable}={text}: is no {_WORDS[kind]}") from None


_WORDS = {
    tuple: "list of words",
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
}


def config_toml(config: TrainConfig) -> str:
    """Return TOML that `--config` accepts and that gives this very configuration."""
    lines = []
    for name in FIELDS:
        value = getattr(config, name)
        if value is None:
            lines.append(f"# {name} is not set")
        else:
            # JSON is TOML as well, but for one character that JSON need not escape.
            written = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
            lines.append(f"{name} = {written}")
    return "\n".join(lines) + "\n"
