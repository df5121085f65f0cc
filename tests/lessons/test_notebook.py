"""The notebook and the page are what the lessons make, and the notebook runs."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from placement import lesson
from placement.lessons.catalog import LESSONS
from placement.lessons.exercise import question
from placement.lessons.notebook import notebook, page

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def make_lessons(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import make_lessons

    return make_lessons


@pytest.fixture(scope="module")
def executed():
    """The notebook as a clean kernel ran it, once for all tests: a kernel costs three seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        import make_lessons
    return make_lessons.execute(notebook())


@pytest.fixture
def once_executed(make_lessons, executed, monkeypatch):
    """Scripts that execute the notebook are given the one of `executed`."""

    def execute(document):
        assert document == notebook()
        return executed

    monkeypatch.setattr(make_lessons, "execute", execute)


def test_the_notebook_runs_from_top_to_bottom_in_a_clean_kernel_and_shows_the_graphs(executed):
    shown = [
        "".join(output["data"].get("text/html", ""))
        for cell in executed["cells"]
        if cell["cell_type"] == "code"
        for output in cell["outputs"]
        if output["output_type"] == "execute_result"
    ]
    assert len(shown) == len(LESSONS)
    assert [html.count("<svg") for html in shown] == [1] * len(LESSONS)
    assert sum("data:image/png" in html for html in shown) == 2


def test_what_lies_in_docs_is_what_the_lessons_make(make_lessons, once_executed):
    assert make_lessons.stale_files() == []


@pytest.mark.parametrize(
    ("which", "word", "other"),
    [
        ("NOTEBOOK", "The answer is a derivative", "The answer is a slope"),
        ("NOTEBOOK", "4.0 4.0", "4.0 4.1"),  # what a cell printed
        ("NOTEBOOK", "<td style=", "<td class="),  # what a lesson showed
        ("NOTEBOOK", "SigmoidBackward", "TanhBackward"),  # in a drawing
        ("PAGE", "slope", "slop"),
        ("PAGE", "6.691762447357178", "6.791762447357178"),
    ],
)
def test_a_stale_page_is_seen(
    make_lessons, once_executed, which, word, other, tmp_path, monkeypatch
):
    path = tmp_path / "stale"
    content = getattr(make_lessons, which).read_text(encoding="utf-8")
    assert word in content
    path.write_text(content.replace(word, other), encoding="utf-8")
    monkeypatch.setattr(make_lessons, which, path)
    assert make_lessons.stale_files() == [path]


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("6.691762447357178", "6.691762447357179"),
        ("3.7792273391974183", "3.77922733919742"),
        ("They agree to", "They  agree to"),
    ],
)
def test_what_another_processor_rounds_otherwise_is_no_drift(make_lessons, word, other):
    text = make_lessons.PAGE.read_text(encoding="utf-8")
    assert word in text
    assert make_lessons.normalise(text.replace(word, other)) == make_lessons.normalise(text)
    assert make_lessons.normalise("They agree to 9.5e-13.") == "They agree to 0."


def test_the_notebook_is_valid_and_says_nothing_of_the_machine_it_ran_on(make_lessons):
    document = json.loads(make_lessons.NOTEBOOK.read_text(encoding="utf-8"))
    nbformat.validate(nbformat.from_dict(document))
    assert not re.search(r"/home/|/root/|/tmp/|[A-Z]:\\\\", json.dumps(document))
    errors = [
        o for c in document["cells"] for o in c.get("outputs", []) if o["output_type"] == "error"
    ]
    assert errors == []


def test_a_lesson_in_the_notebook_begins_with_its_exercise_which_asks_until_it_is_answered():
    cells = {cell["id"]: cell["source"] for cell in notebook()["cells"]}
    names = list(cells)
    for name in LESSONS:
        assert names.index(f"{name}-exercise") < names.index(f"{name}-lesson")
        assert f"`{name}`: {LESSONS[name].title}" in cells["begin"]
        said = []
        for answer in ("None", "1e9"):
            source = cells[f"{name}-exercise"].replace("None", answer)
            exec(source, {"lesson": lesson, "print": said.append})  # noqa: S102
        assert str(said[0]) == question(LESSONS[name])
        assert str(said[1]).startswith("Not yet: ")


def test_every_lesson_is_on_the_page():
    text = page()
    for name in LESSONS:
        assert f"$ placement lesson {name}\n" in text


def test_a_result_in_a_line_is_its_steps_and_nothing_of_this_process():
    assert repr(lesson("square")) == "LessonResult(square: y = 4.0, dy_dx = 4.0)"
