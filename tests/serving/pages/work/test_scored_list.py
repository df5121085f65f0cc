import shlex

import pytest

from placement.serving.pages.work.results import ListChoice
from placement.serving.pages.work.scored_list import list_command, scored_list, write_list

FEATURES = ("stream", "cgpa", "backlogs", "aptitude")


@pytest.fixture
def sheet(students, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return students(tmp_path / "new.csv", rows=60, seed=3)


def test_those_most_at_risk_stand_first_with_their_reasons(sheet, trained):
    found = scored_list(sheet, str(trained), FEATURES, ListChoice())
    chances = [one.probability for one in found.students]
    assert chances == sorted(chances)
    assert len(chances) == 60
    assert found.choice.rows == "all"  # no cell of the outcome is blank
    assert found.identity == ("register_no", "name")
    assert all(1 <= len(one.reasons) <= 3 for one in found.students[:20])


def test_students_without_an_outcome_are_listed_alone_where_there_are_some(sheet, trained):
    lines = sheet.read_text().splitlines()
    lines[1:11] = [line.rpartition(",")[0] + "," for line in lines[1:11]]
    sheet.write_text("\n".join(lines))
    found = scored_list(sheet, str(trained), FEATURES, ListChoice())
    assert (len(found.students), found.choice.rows) == (10, "blank")


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_shown_command_writes_the_same_bytes(sheet, trained, run, ending):
    choice = ListChoice(rows="all", seats=20, lottery=10, seed=4)
    command = shlex.split(list_command(sheet, choice, ending))
    assert command[:3] == ["placement", "predict", "new.csv"]
    assert run(*command[1:], "--model", trained).code == 0
    out = sheet.parent / "page" / f"list.{ending}"
    out.parent.mkdir()
    write_list(sheet, str(trained), choice, out)
    assert out.read_bytes() == (sheet.parent / f"list.{ending}").read_bytes()
    about = f"list.{ending}.about.json"
    assert (out.parent / about).exists()
    assert (sheet.parent / about).exists()


def test_a_list_can_be_looked_at_twice(sheet, trained):
    choice = ListChoice(rows="all", seats=20, lottery=10)
    first, again = (scored_list(sheet, str(trained), FEATURES, choice) for _ in range(2))
    assert first == again
    assert [path.name for path in sheet.parent.iterdir()] == ["new.csv"]
    assert sum(one.seat == "has a seat, by lot" for one in first.students) == 5
