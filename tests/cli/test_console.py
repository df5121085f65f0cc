"""Warnings on standard error: the gravest eight first, wrapped."""

import os

from placement.cli.console import Console
from placement.errors import Grave

MANY = [*(f"cell {n} is odd" for n in range(11)), Grave("nothing is as it seems")]


def test_of_more_than_eight_warnings_the_gravest_eight_are_shown(capsys):
    Console().warn_all(MANY)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "warning: nothing is as it seems"
    assert lines[1] == "warning: cell 0 is odd"
    assert len(lines) == 9
    assert lines[-1] == "and 4 more: -v"


def test_verbose_shows_all_warnings_once_each(capsys):
    Console(verbose=True).warn_all([*MANY, MANY[0]])
    lines = capsys.readouterr().err.splitlines()
    assert sorted(lines) == sorted(f"warning: {text}" for text in MANY)


def test_of_many_facts_about_a_file_two_are_stated(capsys):
    facts = [f"fact {number}" for number in range(5)]
    Console().notes(facts)
    assert capsys.readouterr().err.splitlines() == ["fact 0", "fact 1", "and 3 more: -v"]
    Console(verbose=True).notes(facts)
    assert capsys.readouterr().err.splitlines() == facts


def test_what_was_said_before_is_not_said_again(capsys):
    console = Console()
    console.warn("cell 3 is odd")
    console.warn_all(MANY[:4])
    assert capsys.readouterr().err.count("cell 3 is odd") == 1


def test_a_warning_wraps_and_the_lines_it_lists_do_not(capsys):
    copied = "  placement train " + "students.csv " * 12
    Console().warn(f"{'many words ' * 12}\n{copied}")
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == copied
    assert len(lines) > 2
    assert max(map(len, lines[:-1])) <= 80


def test_no_name_of_a_file_or_column_steers_the_terminal(capfd, run, workdir):
    (workdir / "t.csv").write_text(
        "\x1b[31mcgpa\x1b]0;owned\x07,br\u202eanch,status\n"
        + "".join(f"{6 + n % 4},B\x9b31m{n % 2},{(n // 3) % 2}\n" for n in range(90))
    )
    done = run("train", "t.csv", "--no-track", "-v")
    assert done.code == 0
    for text in (done.out, done.err):
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(text)
    assert "B\\u009b31m0" in done.out


def test_no_process_that_is_started_imports_from_the_current_folder(run, monkeypatch):
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    run("--version")
    assert os.environ["PYTHONSAFEPATH"] == "1"


def test_no_warning_steers_the_terminal(capsys):
    Console().warn("the cell \x1b[31m7.5\u202e")
    assert capsys.readouterr().err == "warning: the cell \\u001b[31m7.5\\u202e\n"
