"""Sentences of at most 80 columns, while a line to copy stays one line."""

import json

import pytest
from rich.cells import cell_len

from placement.reporting.format.prose import (
    LONGEST_NAME,
    MOST_LINES,
    WIDTH,
    Paste,
    distinct,
    name_list,
    printable,
    screen,
    shortened,
    wrap,
)

COPIED = Paste("placement predict " + "a_long_folder_name/" * 12 + "students.csv --unknown")


@pytest.mark.parametrize("word", ["few ", "फ़ाइल ", "学生", "तकनीकीविश्वविद्यालय"])
def test_a_sentence_wraps_at_80_columns_in_any_script(word):
    lines = wrap(word * 60)
    assert max(map(cell_len, lines)) <= WIDTH
    assert all(line.startswith("  ") for line in lines[1:])
    assert "".join("".join(lines).split()) == "".join((word * 60).split())


def test_options_that_are_copied_together_stay_on_one_line():
    options = "--same 'Branch:civil=Civil Engg' --same Branch:mech=Mechanical,Mech"
    assert any(options in line for line in wrap(f"{'some words ' * 6}make them one by {options}"))
    quoted = "`placement ui --port 5000`"
    assert any(quoted in line for line in wrap("x " * 36 + quoted))


def test_a_screen_has_15_lines_and_ends_with_what_to_do_next():
    shown = screen([*(f"sentence {n}" for n in range(40)), COPIED]).split("\n")
    assert len(shown) == MOST_LINES
    assert shown[:2] == ["sentence 0", "sentence 1"]
    assert shown[-2:] == ["More: -v", COPIED]


def test_a_screen_that_fits_is_left_whole():
    sentences = [f"sentence {n}" for n in range(MOST_LINES - 1)]
    assert screen([*sentences, COPIED]).split("\n") == [*sentences, COPIED]


def test_as_many_names_are_listed_as_fit():
    names = [f"विषय {n}" for n in range(60)]
    assert cell_len(name_list(names, 70)) <= 70
    assert name_list(names, 70).endswith("more")
    assert name_list(["a", "b"]) == "a, b"


def test_a_long_name_keeps_its_beginning_and_its_end():
    name = "specialisation_in_the_final_year=Artificial Intelligence"
    short = shortened(name)
    assert len(short) <= LONGEST_NAME
    assert name.startswith(short.split("…")[0])
    assert name.endswith(short.split("…")[1])


def test_names_that_differ_in_the_middle_are_not_shortened():
    alike = [f"marks of the university, semester {k} (of the university's own)" for k in range(2)]
    long = "the average of all marks that this student had in school before"
    short = distinct([*alike, long, "cgpa"])
    assert [short[name] for name in alike] == alike
    assert len(short[long]) <= 34
    assert short["cgpa"] == "cgpa"


@pytest.mark.parametrize(
    "steering", ["\x1b[31m", "\x1b]0;mine\x07", "\x9b31m", "\u202e", "\r", "\x08"]
)
def test_what_would_steer_a_terminal_is_escaped_as_json_escapes_it(steering):
    shown = printable(f"cgpa{steering}é\tनाम\n")
    assert steering[0] not in shown
    assert shown.endswith("é\tनाम\n")
    assert json.loads(f'"{printable(steering)}"') == steering
