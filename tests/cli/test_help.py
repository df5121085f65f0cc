"""The help of every command, and what a mistyped word is told."""

import dataclasses
import os
import pty
import re
import shlex
import subprocess
import sys

import click
import pytest

from placement.cli import SECTIONS, cli
from placement.config.option import flag
from placement.config.train_config import TrainConfig

COMMANDS = sorted(cli.commands)
BOOLS = [f.name for f in dataclasses.fields(TrainConfig) if isinstance(f.default, bool)]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_with_an_example_that_names_it(run, command):
    shown = run(command, "--help")
    assert shown.code == 0
    assert shown.err == ""
    _, _, example = shown.out.partition("Example:\n")
    assert f"placement {command}" in example


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_has_a_help_text(command):
    options = [p for p in cli.commands[command].params if isinstance(p, click.Option)]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_of_every_command_parses(command):
    text = cli.commands[command].help.partition("Example:\n")[2]
    for line in re.findall(r"placement (.*)", text):
        words = shlex.split(line.partition(" > ")[0])
        with cli.commands[command].make_context(command, words[1:]) as context:
            assert context.command.name == command


def test_the_help_groups_the_commands_and_lists_each_once(run):
    text = run("--help").out
    assert text.index("\nUse:") < text.index("\nOperate:") < text.index("\nCheck:")
    for command in COMMANDS:
        assert len(re.findall(rf"^  {command}  ", text, re.MULTILINE)) == 1
    assert sorted(c.name for group in SECTIONS.values() for c in group) == COMMANDS


def test_the_help_states_every_exit_code(run):
    assert re.search(r"0 done.*1 .*2 .*3 .*4 .*5 .*6 .*7 .*130 .*143", run("--help").out, re.DOTALL)


def test_no_command_at_all_is_wrong_usage_and_shows_the_help(run):
    shown = run()
    assert shown.code == 2
    assert "Use:" in shown.err


def test_the_version_is_the_package_s(run):
    from placement import __version__

    assert run("--version").out == f"placement, version {__version__}\n"


def test_train_has_one_option_for_every_setting_and_nothing_that_is_none():
    own = {"data", "config_file", "print_config", "dry_run", "as_json", "quiet", "verbose"}
    assert {p.name for p in cli.commands["train"].params} - own == {
        f.name for f in dataclasses.fields(TrainConfig)
    }


@pytest.mark.parametrize("name", BOOLS)
def test_every_switch_can_be_turned_both_ways(name):
    spelled = {p.name: p for p in cli.commands["train"].params}[name]
    assert spelled.opts == [flag(name)]
    assert spelled.secondary_opts == [flag(f"no_{name}")]


def test_an_unknown_command_names_the_nearest_one(run):
    shown = run("tran", "x.csv")
    assert shown.code == 2
    assert "did you mean 'train'?" in shown.err


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["train", "x.csv", "--promot"], "--promote"),
        (["predict", "x.csv", "--treshold", "1"], "--threshold"),
        (["evaluate", "x.csv", "--modle", "m"], "--model"),
    ],
)
def test_an_unknown_option_names_the_nearest_one(run, words, near):
    shown = run(*words)
    assert shown.code == 2
    assert near in shown.err
    assert "Traceback" not in shown.err


@pytest.mark.parametrize(
    "words",
    [
        ["train", "x.csv", "--target", "a", "--target=b"],
        ["predict", "x.csv", "--out", "a.csv", "--out", "b.csv"],
        ["evaluate", "x.csv", "--model", "m", "--model", "m"],
        ["lesson", "--x", "1", "--x", "2"],
    ],
)
def test_an_option_of_one_value_that_is_given_twice_is_refused(run, words):
    shown = run(*words)
    assert shown.code == 2
    assert f"{words[2 if words[0] != 'lesson' else 1]} is given twice" in shown.err


def test_an_option_of_several_values_may_be_given_several_times(run):
    shown = run("train", "no.csv", "--drop", "a", "--drop", "b", "--sheet", "a", "--sheet", "b")
    assert "no.csv: no such file" in shown.err


def test_a_wrong_choice_lists_the_right_ones(run):
    shown = run("train", "x.csv", "--optimizer", "newtn")
    assert shown.code == 2
    assert "newton" in shown.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_each_shell(run, shell):
    shown = run("completion", shell)
    assert shown.code == 0
    assert "_PLACEMENT_COMPLETE" in shown.out


def test_completion_completes_options():
    env = os.environ | {
        "_PLACEMENT_COMPLETE": "bash_complete",
        "COMP_WORDS": "placement train --opt",
        "COMP_CWORD": "2",
    }
    code = "from placement.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False
    )
    assert "--optimizer" in done.stdout


def on_a_terminal(environment, tmp_path):
    """What `predict` of a missing file says on a terminal, with its escape sequences."""
    mine, theirs = pty.openpty()
    words = [sys.executable, "-m", "placement", "predict", "none.csv", "--model", "none/x"]
    subprocess.run(words, stderr=theirs, cwd=tmp_path, env=environment, check=False)
    os.close(theirs)
    text = b""
    try:
        while chunk := os.read(mine, 4096):
            text += chunk
    except OSError:  # the other end is closed
        pass
    os.close(mine)
    return text


def test_no_color_keeps_a_terminal_free_of_colours(tmp_path, code_path):
    plain = {k: v for k, v in code_path.items() if k != "NO_COLOR"}
    assert b"\x1b[31m" in on_a_terminal(plain, tmp_path)
    assert b"\x1b" not in on_a_terminal(plain | {"NO_COLOR": "1"}, tmp_path)
    assert b"\x1b[31m" in on_a_terminal(plain | {"NO_COLOR": ""}, tmp_path)
