from pathlib import Path

import pytest

from placement.data.output.part_names import file_names, sheet_names

WORDS = [
    "CSE", "cse ", "", "  ", "CON", "a/b:c*?[d]\\", "History", "Summary", "list", "é" * 90,
    "x" * 300, "x" * 301, "'quoted'", "end. ", "𝒜" * 40,
]  # fmt: skip


def test_no_two_groups_share_a_file_whatever_the_system_folds():
    names = file_names(Path("out/list.csv"))
    made = [names.file(Path("out/list.csv"), word).name for word in WORDS]
    assert len({name.casefold() for name in made} | {"list.csv"}) == len(WORDS) + 1
    assert made[:6] == [
        "list-CSE.csv", "list-cse (2).csv", "list-blank.csv", "list-blank (2).csv",
        "list-CON.csv", "list-a_b_c__[d]_.csv",
    ]  # fmt: skip
    assert all(len(name.encode()) <= 220 for name in made)
    assert not any(set('<>:"/\\|?*') & set(name) for name in made)


def test_a_packed_file_keeps_both_of_its_endings():
    assert file_names(Path("l.csv.gz")).file(Path("l.csv.gz"), "ECE") == Path("l-ECE.csv.gz")


def test_no_two_groups_share_a_sheet_and_none_is_called_like_ours():
    names = sheet_names()
    made = [names.sheet(word) for word in WORDS]
    taken = {name.casefold() for name in made} | {"summary", "list", "about", "history"}
    assert len(taken) == len(WORDS) + 4
    assert all(1 <= len(name.encode("utf-16-le")) // 2 <= 31 for name in made)
    assert not any(set("[]:*?/\\") & set(name) for name in made)
    assert (made[2], made[6], made[12]) == ("(blank)", "History (2)", "quoted")


@pytest.mark.parametrize("word", ["..", "../x", "C:\\x"])
def test_a_word_never_leaves_the_folder(word):
    out = Path("folder/list.csv")
    assert file_names(out).file(out, word).parent == Path("folder")
