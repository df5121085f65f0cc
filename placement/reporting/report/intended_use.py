"""What a model of placements is for, and what must not be done with it."""

from placement.reporting.format.blocks import Points, Section, State

DRIFT = "placement drift FILE tells how far a file is from the students it has seen"


def intended_use(positive: str) -> Section:
    """Return the section; `positive` is the outcome's own word."""
    uses: tuple[tuple[State, str], ...] = (
        ("good", "To see early which students may need help, and to offer it to them."),
        ("good", "To see which figures go with the outcome, and how sure that is."),
        ("bad", "Not to shut a student out of a drive, a course or a loan."),
        ("bad", "Not to judge one student: an interval is of the average of such students."),
        ("bad", f"Not for students of another college or course: {DRIFT}."),
        ("bad", f"Not as a cause: who raises a figure need not have {positive} for it."),
        ("bad", "Not without somebody who may say no to it."),
    )
    return Section("What it is for, and what must not be done with it", (Points(uses),))
