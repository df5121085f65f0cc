"""`placement train`: from a file of students to a model that can be trusted."""

from functools import partial
from typing import TYPE_CHECKING

import click

from placement.cli.common import WORDS, command_word, echo, output_options, show
from placement.cli.console import Console
from placement.cli.settings import config_options, config_toml
from placement.config.train_config import TrainConfig
from placement.runtime.ranks import started

if TYPE_CHECKING:
    from placement.reporting.results import TrainResult


@click.command(short_help="Train a model on a table of students.")
@click.argument("data", nargs=-1, required=False)
@config_options()
@click.option("--print-config", is_flag=True, help="Print the effective settings as TOML and stop.")
@click.option(
    "--dry-run", is_flag=True, help="Say what is understood of the file; fit and write nothing."
)
@output_options
def train(
    data: tuple[str, ...],
    config: TrainConfig,
    print_config: bool,
    dry_run: bool,
    as_json: bool,
    console: Console,
) -> None:
    """Train a perceptron on DATA: files, globs, or - for standard input.

    CSV, Excel, .ods, JSON and Parquet are read. Several files form one table. The outcome column is
    found by its name or its words, and columns that would give the answer away are left out;
    --dry-run shows what was understood.

    \b
    Example:
      placement train data/students.csv
      placement train marks.xlsx --sheet 2025 --target Result --ignore-label 'Higher Studies'
      placement train students.csv --l2 0 --test-where 'batch==2025' --out model
    """
    if (print_config or dry_run) and started() > 1:
        raise click.UsageError(
            "--print-config and --dry-run need no other processes: leave out torchrun."
        )
    if print_config:
        echo(config_toml(config).rstrip("\n"))
        return
    if not data:
        raise click.UsageError("Missing argument 'DATA...': name a file of students.")
    if dry_run:
        _show_understanding(data, config, as_json, console)
        return
    result, command = _trained(data, config, console), command_word()
    if result is None:
        return
    from placement.reporting.answers.train import train_answer
    from placement.reporting.json_documents import train_document
    from placement.reporting.text.summaries import train_text

    show(
        result,
        train_document,
        partial(train_text, command=command),
        as_json,
        console,
        answer=partial(train_answer, command=command),
    )


def _trained(data: tuple[str, ...], config: TrainConfig, console: Console) -> "TrainResult | None":
    """Train, alone or as a rank or by ranks; None where another rank answers."""
    if started() > 1:
        from placement.workflows.training.train_on_ranks import train_on_ranks

        return train_on_ranks(data, config, console)
    if config.workers > 1:
        from placement.training.launch import check_shareable, launch

        check_shareable(data, config)
        raise click.exceptions.Exit(launch(click.get_current_context().meta[WORDS], config.workers))
    from placement.workflows.training.train import train as work

    return work(data, config, console)


def _show_understanding(
    data: tuple[str, ...], config: TrainConfig, as_json: bool, console: Console
) -> None:
    from placement.reporting.answers.understanding import understanding_answer
    from placement.reporting.json_documents import understanding_document
    from placement.reporting.text.summaries import understanding_text
    from placement.workflows.reading.read_training_tables import read, storage_of
    from placement.workflows.training.fit_and_test import understand

    with storage_of(config) as storage:
        _, summary = understand(read(data, config, storage, console), config, console)
    show(
        summary,
        understanding_document,
        understanding_text,
        as_json,
        console,
        answer=partial(understanding_answer, sources=data, config=config, command=command_word()),
    )
