"""An explained model, and explained students, as text and JSON."""

from dataclasses import asdict

from placement.arrays import Document
from placement.evaluation.explanation.counterfactual import Counterfactual
from placement.model.fitted import Fitted
from placement.reporting.format.probability_words import chance, in_100
from placement.reporting.format.text_table import table
from placement.reporting.json_documents import FORMAT
from placement.reporting.results import ExplainedStudents, ExplainResult, Student
from placement.reporting.text.coefficients import model_document, model_text


def explanation_text(result: ExplainResult) -> str:
    """What `explain -v` prints."""
    fitted, explained = result.fitted, result.explained
    texts = [model_text(fitted, result.coefficients, maximised=result.maximised)]
    if explained is None:
        return texts[0]
    texts += [_student_text(student, explained, fitted) for student in explained.students]
    if len(explained.students) < explained.chosen:
        texts.append(more_students(explained))
    return "\n\n".join(texts)


def more_students(explained: ExplainedStudents) -> str:
    """Say of how many students these are the first."""
    return (
        f"The first {len(explained.students)} of {explained.chosen:,} students; --row N or --id "
        "VALUE explains another, --json all."
    )


def who(student: Student, explained: ExplainedStudents) -> str:
    """Say who a student is: `Row 3 (row 6 of the sheet), Register No 731022103003, Name Asha`."""
    what = "row {} of the sheet" if explained.in_sheet else "line {}"
    where = "" if student.line is None else f" ({what.format(student.line)})"
    named = (f"{column} {cell}" for column, cell in student.identity.items())
    return ", ".join([f"Row {student.row}{where}", *named])


def _student_text(student: Student, explained: ExplainedStudents, fitted: Fitted) -> str:
    positive = fitted.schema.target.outcome
    lines = [f"{who(student, explained)}: {chance(positive, asdict(student))}"]
    parts = sorted(student.contributions, key=lambda part: -abs(part[1]))
    rows = [("(average student)", student.average), *parts, ("logit", student.logit)]
    lines.append(table(("column", "log-odds"), rows, numeric=(1,)))
    if fitted.calibration is not None:
        lines.append("  The chance is what the calibration makes of the logit.")
    lines += [f"  {text}" for text in student.reasons]
    lines += [f"  {text}" for change in student.what_if if (text := what_if_text(change, positive))]
    return "\n".join(lines)


def what_if_text(advice: Counterfactual, positive: str) -> str:
    """Say what one column would have to be; never as advice to a person."""
    goal = f"{in_100(advice.target)} in 100"
    if advice.verdict == "no advice":
        why = (
            "no value of it is known to be the better one"
            if isinstance(advice.now, str)
            else "in this model more of it does not go with a higher chance"
        )
        return f"{advice.column}: no advice; {why}"
    if advice.verdict == "not known":
        return f"{advice.column}: not known of this student, so nothing is said"
    if advice.verdict == "out of reach" and advice.best is not None:
        return f"{advice.column}: alone it does not reach {goal} (at most {in_100(advice.best)})"
    if advice.verdict != "reached" or advice.probability is None:
        return ""
    value = advice.value if isinstance(advice.value, str) else f"{advice.value:g}"
    had = "were" if positive.startswith("'") else "had"
    text = (
        f"{advice.column}: students like this with {advice.column} {value} {had} {positive} "
        f"{in_100(advice.probability)} in 100"
    )
    if advice.low is not None and advice.high is not None:
        text += f" ({in_100(advice.low)} to {in_100(advice.high)})"
    if isinstance(advice.earliest, float):
        until = f"{advice.latest:g}" if isinstance(advice.latest, float) else "beyond what was seen"
        text += f"; {goal} lies between {advice.earliest:g} and {until}"
    return text


def explanation_document(result: ExplainResult) -> Document:
    """What `explain --json` prints."""
    calibration = result.fitted.calibration
    document: Document = {
        "format": FORMAT,
        "model": dict(result.model),
        **model_document(result.fitted, result.coefficients, maximised=result.maximised),
        "calibration": None if calibration is None else calibration.document,
    }
    if result.explained is not None:
        document["rows"] = [_student_document(student) for student in result.explained.students]
    return {**document, "warnings": list(result.warnings)}


def _student_document(student: Student) -> Document:
    return {
        **asdict(student),
        "contributions": [
            {"feature": name, "contribution": value} for name, value in student.contributions
        ],
    }
