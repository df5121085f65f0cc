"""`placement gradcheck`: does the chain rule by hand agree with autograd?"""

from collections.abc import Iterable
from typing import Any

import click
from click.core import ParameterSource

from placement.cli.common import echo, output_options
from placement.cli.console import Console
from placement.errors import GradientCheckError, UsageError

LINKS = ("dL_dyhat", "dyhat_dz", "dz_dw", "dz_db")


@click.command(short_help="Compare the gradient by hand, by autograd and by differences.")
@click.argument("data", required=False)
@click.option("--x", type=float, help="Input of the scalar example.  [default: 6.7]")
@click.option("--y", type=float, help="Target of the scalar example, 0 to 1.  [default: 0]")
@click.option("--w", type=float, help="Weight of the scalar example.  [default: 1]")
@click.option("--b", type=float, help="Intercept of the scalar example.  [default: 0]")
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float64"]),
    help="Precision.  [default: float32; with DATA float64]",
)
@click.option(
    "--epsilon", type=float, default=1e-8, show_default=True, help="Clamp of the probability."
)
@click.option("--target", metavar="COL", help="Column with the outcome in DATA.")
@click.option("--positive", metavar="VALUE|RULE", help="Value that counts as positive in DATA.")
@click.option(
    "--break",
    "broken",
    type=click.Choice(LINKS),
    help="Spoil this derivative by hand and see the check fail.",
)
@click.option("--row", type=click.IntRange(1), help="With --graph or --draw: this row of DATA.")
@click.option(
    "--graph", is_flag=True, help="Draw the loss of a row by a model, forward and backward."
)
@click.option("--draw", metavar="FILE", help="Write that graph to FILE: .svg, or .dot.")
@click.option("--model", metavar="MODEL", help="The model of --graph.  [default: champion]")
@output_options
def gradcheck(
    data: str | None,
    row: int | None,
    graph: bool,
    draw: str | None,
    model: str | None,
    as_json: bool,
    console: Console,
    **options: Any,
) -> None:
    """Check the gradient by four witnesses: by hand, autograd, difference, torch's gradcheck.

    Without DATA: one student, every link of the chain shown and multiplied. With DATA: the first
    256 rows of the file. Exit code 4 where they disagree.

    \b
    Example:
      placement gradcheck
      placement gradcheck --x 7.2 --y 1 --dtype float64
      placement gradcheck data/students.csv
      placement gradcheck --break dyhat_dz
      placement gradcheck data/students.csv --row 3 --graph
    """
    if graph or draw:
        _refuse_others(options)
        if data is None or row is None:
            raise UsageError("--graph draws a row of a file: name DATA and --row N")
        from placement.lessons.console import run_row_graph

        echo(run_row_graph(data, row, model or "champion", draw, console, as_json=as_json))
        return
    if row is not None or model is not None:
        raise UsageError("--row and --model are for --graph or --draw")
    from placement.reporting.json_documents import as_json as document
    from placement.reporting.json_documents import gradcheck_document
    from placement.reporting.text.summaries import gradcheck_text
    from placement.workflows.training.gradcheck import GradcheckRequest
    from placement.workflows.training.gradcheck import gradcheck as work

    check = work(GradcheckRequest(data, **options))
    console.detail(f"{check.rows} rows, {check.corner_rows} of them at a corner of the clamp")
    echo(document(gradcheck_document(check)) if as_json else gradcheck_text(check))
    if not check.passed:
        raise GradientCheckError(check.failure)


def _refuse_others(options: Iterable[str]) -> None:
    """Refuse options that a graph cannot use: the model has its own."""
    context = click.get_current_context()
    for name in options:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option = "break" if name == "broken" else name
            raise UsageError(f"--{option} is not used by --graph, which takes all from the model")
