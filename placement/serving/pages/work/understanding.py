"""What is understood of a sheet before anything is learnt, and the choices that it leaves open."""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from placement.config.train_config import TrainConfig
from placement.data.columns.column_store import MemoryColumnStore
from placement.data.columns.load_columns import load_columns
from placement.data.columns.raw_column import CategoricalColumn, NumericColumn, RawColumn
from placement.data.columns.storage import IN_MEMORY
from placement.data.formats.workbooks.excel import sheet_titles
from placement.data.schema import Feature
from placement.data.table.read_table import open_labelled_table
from placement.data.table.scales.grade_scales import is_graded
from placement.data.table.table import Table
from placement.data.target.label_words import Level, levels_of, may_be_outcome
from placement.data.target.target_column import choose_target, is_continuous, may_be_target
from placement.errors import DataError
from placement.model.scorer import words
from placement.reporting.answers.understanding import train_line, understanding_answer
from placement.reporting.format.plain_sentences import plain, plain_sentences
from placement.reporting.results import Understanding
from placement.runtime.progress import NoProgress
from placement.serving.pages.work.results import ColumnChoice, Look
from placement.workflows.reading.read_training_tables import read
from placement.workflows.training.fit_and_test import understand

MOST_VALUES = 12  # of an outcome, and of a batch, that are offered one by one
# The scale of small marks that may stand among percents.
_SCALES = [(f"mixed:{n}", f"learn from it: cells up to {n} are out of {n}") for n in (10, 4, 5, 20)]
_KINDS = {"number": "a number", "category": "a group"}


def look_at(path: Path, given: Mapping[str, Any], *, is_first: bool) -> Look:
    """Read a sheet as settings say. At the first look, who was not in the race is left out."""
    settings = dict(given)
    look = Look(
        path.name, sheet_titles(path), settings, "",
        None, (), (), (), None, (), None, (), None, (), (), (),
    )  # fmt: skip
    try:
        columns = _columns(path, _config(settings))
        outcomes = tuple(_may_be_outcomes(columns))
        limited = tuple(
            name
            for name, raw in columns.items()
            if name not in outcomes
            and (isinstance(raw, NumericColumn) or name == settings.get("target"))
        )
        look = dataclasses.replace(look, outcomes=outcomes, limited=limited, names=tuple(columns))
        target = choose_target(columns, target=settings.get("target"), file=path.name)
        if target is not None:
            levels = _levels(columns[target])
            if is_first and (others := [one.name for one in levels if not may_be_outcome(one)]):
                settings["ignore_label"] = others
            ignored = settings.get("ignore_label", [])
            values = tuple((one.name, one.rows, one.name in ignored) for one in levels)
            look = dataclasses.replace(look, target=target, values=values)
        return _understood(path, look)
    except DataError as problem:
        line = train_line([path.name], _config(settings), "placement")
        choices = tuple(_undecided(look, settings))
        return dataclasses.replace(look, problem=plain(str(problem)), command=line, columns=choices)


def _understood(path: Path, look: Look) -> Look:
    config = _config(look.settings)
    tables = read([str(path)], config, IN_MEMORY, NoProgress())
    _, understanding = understand(tables, config)
    line = train_line([path.name], config, "placement")
    schema = understanding.schema
    return dataclasses.replace(
        look,
        command=line,
        positive=schema.target.positive,
        columns=tuple(_choices(understanding, look.settings)),
        batch=tables.train.batch,
        batches=_batches(tables.train),
        sentences=tuple(_sentences(path, understanding, config)),
        warnings=tuple(plain(str(warning)) for warning in understanding.warnings),
    )


def _config(settings: Mapping[str, Any]) -> TrainConfig:
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()
    }
    return TrainConfig(**given)


def _columns(path: Path, config: TrainConfig) -> dict[str, RawColumn]:
    """Read all columns, those that may be the outcome as they are written."""
    reader = open_labelled_table(str(path), config.of_scope("read"))
    as_text = {name for name in reader.names if may_be_target(name)}
    if config.target is not None:
        as_text |= {name for name in reader.names if name == config.target}
    return load_columns(reader, MemoryColumnStore(), frozenset(as_text)).columns


def _may_be_outcomes(columns: Mapping[str, RawColumn]) -> Iterator[str]:
    """Yield the columns of few values: one of them is the outcome."""
    for name, raw in columns.items():
        if not is_continuous(raw) and 2 <= len(_levels(raw)) <= MOST_VALUES:
            yield name


def _levels(raw: RawColumn) -> list[Level]:
    if not isinstance(raw, CategoricalColumn):
        return []
    levels = levels_of(raw)
    return levels if len(levels) <= MOST_VALUES else []


def _choices(understanding: Understanding, settings: Mapping[str, Any]) -> Iterator[ColumnChoice]:
    schema = understanding.schema
    for feature in schema.features:
        yield _used(feature, understanding, settings)
    for dropped in schema.dropped:
        reason = plain(dropped.reason)
        is_asked = dropped.column in settings.get("drop", [])
        options = [("", "as it was understood" if is_asked else "leave it out")]
        options.append(
            ("drop", "leave it out") if is_asked else ("keep", "learn from it all the same")
        )
        chosen = "drop" if is_asked else ""
        yield ColumnChoice(dropped.column, False, reason, chosen, tuple(options))


def _undecided(look: Look, settings: Mapping[str, Any]) -> Iterator[ColumnChoice]:
    """Yield what may be chosen of each column while the sheet cannot be learnt from."""
    for name in look.names:
        if name == look.target:
            continue
        options = [("", "as it will be understood"), ("drop", "leave it out")]
        options += _SCALES if is_graded(name) else []
        options.append(("categorical", "learn from it, each value for itself"))
        chosen = _chosen(name, settings)
        if chosen == "keep":
            options.append((chosen, "learn from it all the same"))
        yield ColumnChoice(name, None, "not decided yet", chosen, tuple(options))


def _chosen(name: str, settings: Mapping[str, Any]) -> str:
    """Return what a form said of a column."""
    if scale := _mixed(name, settings):
        return f"mixed:{scale}"
    for choice in ("drop", "categorical"):
        if name in settings.get(choice, []):
            return choice
    kept = (*settings.get("allow_leak", []), *settings.get("allow_sensitive", []))
    return "keep" if name in kept else ""


def _mixed(name: str, settings: Mapping[str, Any]) -> str:
    given = (text.rpartition(":") for text in settings.get("mixed_scale", []))
    return next((scale for column, _, scale in given if column == name), "")


def _used(
    feature: Feature, understanding: Understanding, settings: Mapping[str, Any]
) -> ColumnChoice:
    name, options = feature.name, [("", "learn from it"), ("drop", "leave it out")]
    chosen = ""
    if name in settings.get("categorical", []):
        options[0], chosen = ("", "learn from it, as a number"), "categorical"
    if feature.kind == "number" or chosen:
        options.append(("categorical", "learn from it, each value for itself"))
    if name in (*settings.get("allow_leak", []), *settings.get("allow_sensitive", [])):
        options[0], chosen = ("", "leave it out, as before"), "keep"
        options.append(("keep", "learn from it all the same"))
    if mixed := _mixed(name, settings):
        options[0], chosen = ("", "learn from it, on one scale"), f"mixed:{mixed}"
    if feature.kind == "number" and is_graded(name):
        options += _SCALES
    about = _KINDS[feature.kind]
    if feature.scale is not None:
        about += f", out of {feature.scale:g}"
    if name in understanding.levels:
        about += f", {understanding.levels[name]:,} different"
    return ColumnChoice(name, True, about, chosen, tuple(options))


def _batches(table: Table) -> tuple[str, ...]:
    if table.batch is None:
        return ()
    column = table.chunked_columns[table.batch]
    found = {word for k in range(table.pieces) for word in words(column.piece(k)) if word}
    return tuple(sorted(found)) if 2 <= len(found) <= MOST_VALUES else ()


def _sentences(path: Path, understanding: Understanding, config: TrainConfig) -> Iterator[str]:
    """Yield what is said of the sheet, each a sentence."""
    said = understanding_answer(understanding, [path.name], config, "placement")
    for sentence in plain_sentences(said):
        if not sentence.startswith("Nothing was learnt"):
            fact = sentence.removeprefix("Note: ")
            yield sentence if fact == sentence else f"{fact[:1].upper()}{fact[1:].rstrip('.')}."
