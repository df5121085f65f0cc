"""`placement lesson`: the autograd lab."""

from typing import Any

import click

from placement.cli.common import Command, echo, output_options
from placement.cli.console import Console
from placement.errors import UsageError

INPUTS = {
    "x": "Input; several numbers as 1,2,3.",
    "y": "Target, 0 to 1.",
    "w": "Weight.",
    "b": "Intercept.",
    "epsilon": "Clamp of the probability.",
    "batch": "Rows of a batch, as -1,0.5,2.",
    "size": "Numbers in the large tensor.",
    "lr": "Step size.",
    "steps": "Number of steps.",
}


def _input_options(command: Command) -> Command:
    for name, text in reversed(INPUTS.items()):
        command = click.option(f"--{name}", name, metavar="F", help=text)(command)
    return command


@click.command(short_help="Play a lesson on autograd, with numbers of your own.")
@click.argument("name", required=False)
@_input_options
@click.option("--graph", is_flag=True, help="Draw the computation, forward and backward.")
@click.option("--draw", metavar="FILE", help="Write the graph to FILE: .svg, or .dot for Graphviz.")
@click.option("--code", is_flag=True, help="Print the lines of torch that do it.")
@click.option("--log", is_flag=True, help="Record the lesson in MLflow as a run.")
@click.option("--answer", metavar="NUMBER", help="Check an answer to the exercise of the lesson.")
@output_options
def lesson(name: str | None, as_json: bool, console: Console, **options: Any) -> None:
    """Play the lesson NAME; without a name, list the lessons in the order to take them in.

    A lesson explains in a few sentences, shows the number of each step, compares the gradient by
    hand, by autograd and by a small difference, and ends with an exercise. --answer says whether a
    number is right (within 1 %) and shows the way there; the exit code is 0 either way.

    \b
    Example:
      placement lesson
      placement lesson perceptron --x 8.1 --y 1
      placement lesson chain --graph
      placement lesson chain --answer -2.61
      placement lesson perceptron --draw perceptron.svg
    """
    from placement.lessons.console import OutputOptions, list_lessons, run_lesson

    inputs = {key: options.pop(key) for key in INPUTS}
    values = {key: value for key, value in inputs.items() if value is not None}
    output = OutputOptions(as_json=as_json, **options)
    if name is None:
        if values or output != OutputOptions(as_json=as_json):
            raise UsageError(
                "these options are for a lesson: name one, as in placement lesson chain"
            )
        echo(list_lessons(as_json=as_json))
        return
    echo(run_lesson(name, values, output, console.note))
