"""The short answer of `explain`: what counts most, or why a student has this chance."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from placement.evaluation.explanation.counterfactual import Counterfactual
from placement.evaluation.explanation.evidence import column_p_values
from placement.evaluation.explanation.importance import column_importance
from placement.model.fitted import Fitted
from placement.model.scorer import CategoryColumn, InteractionColumn, NumberColumn
from placement.reporting.format.probability_words import chance, in_100
from placement.reporting.format.prose import Paste, distinct, shortened
from placement.reporting.results import ExplainedStudents, ExplainResult, Student
from placement.reporting.text.explanation import more_students, who

_MOST_COLUMNS = 8
_MOST_CHANGES = 3
_EVIDENCE = {0.001: "very strong evidence", 0.01: "strong evidence", 0.05: "some evidence"}
_NO_EVIDENCE = "may be chance"


def explanation_answer(result: ExplainResult) -> Iterator[str]:
    """Yield the sentences about a model or, where a file was named, about its students."""
    explained = result.explained
    if explained is None:
        yield from _model_answer(result.fitted)
    elif len(explained.students) == 1:
        yield from _student_answer(explained.students[0], explained, result.fitted)
    else:
        for student in explained.students:
            yield _line(student, explained)
        if len(explained.students) < explained.chosen:
            yield more_students(explained)
        else:
            yield "All about one of them: --row N or --id VALUE"


def _model_answer(fitted: Fitted) -> Iterator[str]:
    outcome, rows = fitted.schema.target.outcome, fitted.figures.rows.train
    yield f"What goes with {outcome}, learnt from {rows:,} students; what counts most first:"
    importance, evidence = column_importance(fitted), column_p_values(fitted)
    short = distinct(importance)
    for name in list(importance)[:_MOST_COLUMNS]:
        strength = "" if name not in evidence else f" ({_strength(evidence[name])})"
        yield f"  {short[name]}: {_direction(fitted, name)}{strength}"
    if (more := len(importance) - _MOST_COLUMNS) > 0:
        yield f"  and {more:,} more that count{'s' if more == 1 else ''} less: -v"
    yield (
        "Of students who are alike in the other columns. It says what goes together, not what "
        "causes what."
    )
    yield Paste("Why one student has this chance: placement explain FILE --id NUMBER")


def _strength(p_value: float) -> str:
    return next((words for limit, words in _EVIDENCE.items() if p_value < limit), _NO_EVIDENCE)


def _direction(fitted: Fitted, name: str) -> str:
    """Say which way a column goes: more of a number, the highest and lowest level of a category."""
    start, pieces = 0, []
    for column in fitted.encoder.columns:
        weights = fitted.weights[start : start + len(column.names)].tolist()
        start += len(column.names)
        if column.column == name:
            pieces.append((column, weights))
    column, weights = pieces[0]
    if isinstance(column, CategoryColumn):
        level_of = dict(zip(column.slots, [0.0, *weights], strict=True))
        best, worst = (shortened(pick(level_of, key=level_of.__getitem__)) for pick in (max, min))
        return f"the chance is highest for {best}, lowest for {worst}"
    if isinstance(column, InteractionColumn):
        return "one changes what the other says"
    gap = isinstance(column, NumberColumn) and column.missing is not None
    if len(pieces) > 1 or len(weights) > 1 + gap:
        return "not in a straight line"
    if weights[0] == 0:
        return "says nothing that the others do not"
    return f"the more, the {'higher' if weights[0] > 0 else 'lower'} the chance"


def _line(student: Student, explained: ExplainedStudents) -> str:
    """Say of one of several students the chance and the strongest reason."""
    reason = f"; {student.reasons[0]}" if student.reasons else ""
    return f"{who(student, explained)}: {in_100(student.probability)} in 100{reason}"


def _student_answer(
    student: Student, explained: ExplainedStudents, fitted: Fitted
) -> Iterator[str]:
    target = fitted.schema.target
    yield f"{who(student, explained)}:"
    words = chance(target.outcome, asdict(student))
    yield f"{words[0].upper()}{words[1:]}."
    yield from (f"  {text}" for text in student.reasons)
    yield from _what_if(student.what_if, target.outcome)
    yield "All columns' parts, and what may be reached for sure: -v"


def _what_if(changes: Sequence[Counterfactual], outcome: str) -> Iterator[str]:
    """Say with which figures such students reach the chance that was asked for."""
    if not changes:
        return
    goal = in_100(changes[0].target)
    reached = [change for change in changes if change.verdict == "reached"]
    if reached:
        yield f"Other students like this were {outcome} so often (it is no promise to one):"
    elif all(change.verdict == "already" for change in changes):
        yield f"Their chance is {goal} in 100 or more already: --reach sets another goal."
    else:
        yield f"No figure that a student can change brings such students to {goal} in 100 alone."
    for change in reached[:_MOST_CHANGES]:
        value = change.value if isinstance(change.value, str) else f"{change.value:g}"
        limits = ""
        if change.low is not None and change.high is not None:
            limits = f" ({in_100(change.low)} to {in_100(change.high)})"
        share = in_100(change.probability or 0.0)
        yield f"  with {shortened(change.column)} {value}: {share} in 100{limits}"
