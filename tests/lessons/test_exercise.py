"""The exercises: each has an answer that its lesson computes, and a way there."""

import shlex

import pytest

from placement import UsageError, lesson
from placement.lessons.catalog import LESSONS
from placement.lessons.exercise import command, last_number, question


@pytest.mark.parametrize("name", LESSONS)
def test_the_answer_is_what_the_lesson_computes_and_others_are_wrong(name):
    exercise = LESSONS[name].exercise
    result = lesson(name, **exercise.inputs)
    expected = last_number(result[exercise.step])
    assert expected != 0
    for answer in (expected, str(expected), expected * 1.009):
        assert result.check(answer).right is True
    for answer in (-expected, expected * 1.02 + 0.01, 0):
        checked = result.check(answer)
        assert checked.right is False
        assert "{" not in checked.text
        assert f"{exercise.step} is {expected}" in str(checked)
    assert "the sign is the other one" in result.check(-expected).text


@pytest.mark.parametrize("name", LESSONS)
def test_an_exercise_is_asked_with_numbers_that_the_lesson_itself_does_not_show(name):
    chosen = LESSONS[name]
    shown, asked = lesson(name), lesson(name, **chosen.exercise.inputs)
    assert asked.check().text == question(chosen)
    assert asked.check().right is None
    step = chosen.exercise.step
    assert last_number(shown[step]) != pytest.approx(last_number(asked[step]), rel=0.02)


@pytest.mark.parametrize("name", LESSONS)
def test_the_line_that_is_offered_checks_the_answer_to_the_question_asked(name, run):
    chosen = LESSONS[name]
    expected = last_number(lesson(name, **chosen.exercise.inputs)[chosen.exercise.step])
    words = shlex.split(command(chosen).replace("NUMBER", repr(expected)))
    assert words[:3] == ["placement", "lesson", name]
    done = run(*words[1:])
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Right: ")


def test_the_value_of_another_step_is_named():
    wrong = lesson("perceptron", x=2, y=1).check(lesson("perceptron", x=2, y=1)["dL_db"])
    assert wrong.text.startswith(
        "Not yet: -0.119203 is dL_db (the product ∂L/∂ŷ · ∂ŷ/∂z · ∂z/∂b); "
    )


@pytest.mark.parametrize("answer", ["two", "", "inf", [1, 2]])
def test_what_is_no_number_is_no_answer(answer):
    with pytest.raises(UsageError, match="answer"):
        lesson("square").check(answer)
