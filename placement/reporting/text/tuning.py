"""A tuning in words, as a document, and in two pictures: log-loss and weights by penalty."""

import dataclasses
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from placement.arrays import Document
from placement.config.option import option_words
from placement.config.train_config import TrainConfig
from placement.evaluation.alternatives.alternatives import ModelComparison
from placement.reporting.format.prose import shortened
from placement.reporting.format.text_table import table
from placement.reporting.json_documents import FORMAT
from placement.reporting.plots.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    VERMILION,
    Canvas,
    canvas,
)
from placement.reporting.plots.fonts import Png
from placement.reporting.plots.training_plots import write_pictures
from placement.reporting.text.alternatives import (
    alternatives_document,
    alternatives_text,
    candidates,
)
from placement.reporting.text.summaries import ui_lines
from placement.training.validation.l2_path import PenaltyPath

RULE = "the strongest penalty within one standard error of the least log-loss"
_LINES = 8  # of weights, that are named
_COLOURS = (BLUE, ORANGE, GREEN, VERMILION, "#CC79A7", "#56B4E9", "#7B6D00", INK)


@dataclass(frozen=True)
class TuneResult:
    """A tuning of some files: the path, the rivals on the same folds, and what to do next.

    `rows` are those of training and of testing, which took no part. `options` are the words to
    give `train` beside the files; `run` is the id, name and store line of the run, if any.
    """

    sources: tuple[str, ...]
    name: str
    rows: Mapping[str, int]
    path: PenaltyPath
    alternatives: ModelComparison
    options: tuple[str, ...]
    warnings: tuple[str, ...]
    run: tuple[str, str, str] | None


def options_of(config: TrainConfig, l2: float, without: Collection[str]) -> tuple[str, ...]:
    """Return the words that give `train` these settings and a penalty.

    Defaults are left out, and so are settings `without` which a tuning was done.
    """
    relevant = [
        item
        for item in dataclasses.fields(config)
        if item.name not in without
        and (item.metadata["scope"] in {"read", "fit"} or item.name == "experiment")
    ]
    return (*option_words(config, relevant), "--l2", f"{l2:g}")


def train_line(result: TuneResult, command: str = "placement") -> str:
    """Return the line that trains with the chosen penalty, as one types it."""
    return shlex.join([*command.split(), "train", *result.sources, *result.options])


def tune_text(result: TuneResult, command: str = "placement") -> str:
    """Return the path as a table, the choice, the rivals, and the line to type."""
    path, best = result.path, result.path.penalties[result.path.best]
    held = result.rows.get("test", 0)
    untouched = f"; {held:,} held-out rows took no part" if held else ""
    times = "" if path.repeats == 1 else f", {path.repeats} times with other folds"
    what = f"{path.folds}-fold cross-validation{times}"
    lines = [
        f"{result.name}: {what}, of {path.rows:,} training rows{untouched}",
        "",
        _path_table(path),
        "",
        f"Chosen: --l2 {path.l2:g}, {RULE}",
        f"({best.log_loss:.4f} at --l2 {best.l2:g}, standard error {best.standard_error:.4f}).",
    ]
    if path.is_inconclusive:
        lines.append(
            "Careful: even the strongest penalty, next to the base rate, is within that error: "
            "these columns say little."
        )
    lines += ["", alternatives_text(result.alternatives)]
    if result.path.repeats > 1:
        lines.append("(in the folds of the first repeat; the path above is the mean of all)")
    lines += ["", "Next:", f"  {train_line(result, command)}"]
    if result.run:
        run_id, name, export = result.run
        lines += ["", f"Run: {name} ({run_id}), with a nested run for each penalty"]
        lines += ui_lines(export, command)
    return "\n".join(lines)


def _path_table(path: PenaltyPath) -> str:
    same = path.best == path.chosen
    marks = {path.best: "least", path.chosen: "least, chosen" if same else "chosen"}
    rows = [
        (f"{penalty.l2:g}", penalty.log_loss, penalty.standard_error, marks.get(index, ""))
        for index, penalty in enumerate(path.penalties)
    ]
    return table(("--l2", "log-loss", "standard error", ""), rows, numeric=(0, 1, 2))


def path_rows(path: PenaltyPath) -> list[Document]:
    """The path as records, from the strongest penalty to the weakest."""
    return [
        {**dataclasses.asdict(penalty), "best": index == path.best, "chosen": index == path.chosen}
        for index, penalty in enumerate(path.penalties)
    ]


def alternative_metrics(comparison: ModelComparison) -> dict[str, float]:
    """The log-losses of the candidates by the names they are logged under."""
    return {
        f"alternatives/{one.name.replace(' ', '_')}": one.log_loss for one in candidates(comparison)
    }


def tune_document(result: TuneResult, command: str = "placement") -> Document:
    """What `tune --json` prints."""
    path = result.path
    return {
        "format": FORMAT,
        "run_id": result.run[0] if result.run else None,
        "source": result.name,
        "rows": dict(result.rows),
        "folds": path.folds,
        "repeats": path.repeats,
        "path": path_rows(path),
        "best_l2": path.penalties[path.best].l2,
        "l2": path.l2,
        "rule": RULE,
        "rivals": alternatives_document(result.alternatives),
        "command": train_line(result, command),
        "warnings": list(result.warnings),
    }


def draw_path(directory: str | Path, path: PenaltyPath) -> list[Path]:
    """Write the pictures of a path; return their paths."""
    pictures = {"l2_path": path_plot(path), "weights_by_l2": weights_plot(path)}
    return write_pictures(directory, pictures)


def path_plot(path: PenaltyPath) -> Png:
    """Draw the held-out log-loss by penalty, with one standard error to each side."""
    l2 = [penalty.l2 for penalty in path.penalties]
    loss = np.array([penalty.log_loss for penalty in path.penalties])
    error = [penalty.standard_error for penalty in path.penalties]
    best = path.penalties[path.best]
    with canvas(fit=True) as page:
        axes = page.axes
        limit = best.log_loss + best.standard_error
        axes.axhline(limit, color=GREY, lw=1, ls=":", label="least + one standard error")
        axes.errorbar(
            l2, loss, yerr=error, color=BLUE, ecolor="#8FBBD9", elinewidth=1.3, capsize=2,
            marker="o", ms=4, lw=1.3, label="held-out rows, ± one standard error",
        )  # fmt: skip
        _mark(page, path)
        axes.legend(loc="best")
        page.name(f"Log-loss by penalty: --l2 {path.l2:g} chosen", "--l2", "mean log-loss")
    return page.png


def weights_plot(path: PenaltyPath) -> Png | None:
    """Draw the weights by penalty, the largest by name; None where there are no columns."""
    if not path.names:
        return None
    l2 = [penalty.l2 for penalty in path.penalties]
    largest = np.argsort(-np.abs(path.weights[path.chosen]), kind="stable")[:_LINES].tolist()
    with canvas(fit=True) as page:
        page.axes.axhline(0, color=INK, lw=0.8)
        for index in sorted(set(range(len(path.names))) - set(largest))[:200]:
            page.axes.plot(l2, path.weights[:, index], color="#C8C8C8", lw=0.8)
        for colour, index in zip(_COLOURS, largest, strict=False):
            name = path.names[index]
            page.axes.plot(
                l2, path.weights[:, index], color=colour, lw=1.6, label=shortened(name, 28)
            )
        _mark(page, path)
        page.axes.legend(loc="best")
        units = "weight (numbers: per standard deviation)"
        page.name("Weights by penalty", "--l2", units)
    return page.png


def _mark(page: Canvas, path: PenaltyPath) -> None:
    from matplotlib.ticker import NullFormatter, StrMethodFormatter

    page.axes.set_xscale("log")
    page.axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    page.axes.xaxis.set_minor_formatter(NullFormatter())
    least = path.penalties[path.best].l2
    page.axes.axvline(least, color=GREY, lw=1, ls="--", label=f"least, {least:g}")
    page.axes.axvline(path.l2, color=VERMILION, lw=1, ls="--", label=f"chosen, {path.l2:g}")
