"""Score one student, with as little loaded as possible: this is asked at a desk, many times."""

from collections.abc import Mapping

from placement.arrays import Document
from placement.errors import DataError, UsageError, did_you_mean
from placement.model.scorer import Problem, doubts, fold_name
from placement.workflows.reading.find_model import Model


def phrase(problem: Problem) -> str:
    """Say in words how a cell in doubt was scored."""
    if problem.what == "missing":
        return "blank, which training hardly ever was: scored as the average"
    if problem.what == "unseen level":
        return f"{problem.example!r} was never seen in training: scored as a rare or average one"
    if problem.what == "not a number":
        return f"{problem.example!r} is not a number: scored as missing"
    return f"{problem.example} is {problem.what}: do not trust this row"


def predict_one(
    model: Model, values: Mapping[str, str], threshold: float | None
) -> tuple[Document, tuple[str, ...]]:
    """Score one student given as column=value: the entry of `predict --json`, and warnings."""
    spelling = {fold_name(name): name for name in model.scorer.feature_columns}
    unused = {fold_name(d.column) for d in model.schema.dropped} | {
        fold_name(model.schema.target.name)
    }
    given = {fold_name(name): value for name, value in values.items()}
    for name in values:
        if fold_name(name) not in spelling and fold_name(name) not in unused:
            raise UsageError(
                f"--set {name}=…: the model has no such column"
                f"{did_you_mean(name, spelling.values())}"
            )
    given = {fold_name(name): value for name, value in values.items()}
    missing = [name for key, name in spelling.items() if key not in given]
    if missing:
        raise DataError(
            f"--set: the model also needs {', '.join(missing)} (an empty value is a missing cell)"
        )
    row = {name: [given[key]] for key, name in spelling.items()}
    scores = model.scorer.score(row, errors=True)
    limit = model.threshold if threshold is None else threshold
    prediction = int(scores.probability[0] >= limit)
    target = model.schema.target
    answer = {
        "row": 1,
        "probability": float(scores.probability[0]),
        "prediction": prediction,
        "label": target.positive if prediction else target.negative,
    }
    if scores.interval is not None:
        answer |= {"low": float(scores.interval[0][0]), "high": float(scores.interval[1][0])}
    answer["notes"] = doubts(scores.problems)
    return answer, tuple(f"{p.column}: {phrase(p)}" for p in scores.problems)
