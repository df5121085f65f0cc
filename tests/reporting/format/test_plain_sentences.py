import pytest

from placement.reporting.format.plain_sentences import plain, plain_sentences
from placement.reporting.format.prose import Paste


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cells in doubt: none.", "Cells in doubt: none."),
        ("Branch: probably one; if so, make them one by --same A", "Branch: probably one"),
        ("Two sheets could be meant: choose one with --sheet A", "Two sheets could be meant"),
        ("12 have an outcome already (--unknown leaves them out)", "12 have an outcome already"),
        ("None is called so. To see more: predict --top 20.", "None is called so."),
        ("Status has Placed (162); leave it out: --ignore-label X", "Status has Placed (162)"),
        ("row 5, column CGPA: '--' is no number", "row 5, column CGPA: '--' is no number"),
        (
            "column CGPA: '-nil-' is no number (or '--')",
            "column CGPA: '-nil-' is no number (or '--')",
        ),
        ("my -final.xlsx: no column 'cgpa' (--by)", "my -final.xlsx: no column 'cgpa'"),
        ("--lottery 7: give an even number", "7: give an even number"),
        ("--positive '>= x': >= needs a number", "'>= x': >= needs a number"),
        ("-0.76 to +1.02 in log-odds", "-0.76 to +1.02 in log-odds"),
    ],
)
def test_what_speaks_of_options_is_left_out(text, expected):
    assert plain(text) == expected


def test_lines_to_copy_and_sentences_of_options_alone_are_not_shown():
    said = ["It helped.", "All figures: -v.", "Next: draw again.", Paste("placement predict A")]
    assert list(plain_sentences(said)) == ["It helped."]
