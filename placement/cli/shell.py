"""`placement completion`: the shell's completion script."""

import click


@click.command(short_help="Print a completion script for bash, zsh or fish.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a script that completes `placement` in your shell.

    \b
    Example:
      placement completion bash > ~/.placement-completion && . ~/.placement-completion
    """
    from click.shell_completion import get_completion_class

    root = click.get_current_context().find_root()
    kind = get_completion_class(shell)
    if kind is None:  # click knows all three
        raise click.UsageError(f"no completion for {shell}")
    click.echo(kind(root.command, {}, "placement", "_PLACEMENT_COMPLETE").source())
