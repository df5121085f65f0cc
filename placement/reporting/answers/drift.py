"""The short answer of `drift`: what has changed, whether that matters, and what to do."""

from collections.abc import Iterator

from placement.data.profiles.column_profile import Profile
from placement.errors import counted
from placement.evaluation.drift.distribution_tests import SURE, Level
from placement.evaluation.drift.drift import ColumnDrift, PredictionDrift
from placement.evaluation.drift.performance_drift import Performance
from placement.reporting.format.probability_words import in_100
from placement.reporting.format.prose import Paste, distinct, name_list, shortened
from placement.reporting.text.drift import DriftResult
from placement.reporting.text.summaries import METRIC_WORDS

_MOST_CELLS = 4
_MOST_COLUMNS = 60
_CHANGED: dict[Level, str] = {"large": "Much changed", "moderate": "Somewhat changed"}


def drift_answer(result: DriftResult) -> Iterator[str]:
    """Yield the sentences, the changes first."""
    drift, profile = result.drift, result.profile
    columns: dict[Level, list[str]] = {}
    for column in drift.columns:
        columns.setdefault(column.level, []).append(column.column)
    yield (
        f"{result.data}: {counted(drift.rows, 'student')} beside the {profile.rows:,} that the "
        "model learnt from."
    )
    changed = [level for level in _CHANGED if level in columns]
    for level in changed:
        yield f"{_CHANGED[level]}: {name_list(columns[level], _MOST_COLUMNS)}."
    if not changed and {"stable", "within chance"} & columns.keys():
        yield "No column has changed by more than chance may do."
    if few := columns.get("too few rows"):
        yield f"Too few students to tell: {name_list(few, _MOST_COLUMNS)}."
    short = distinct(column.column for column in drift.columns)
    cells = [
        f"{short[column.column]}: {text}"
        for column in drift.columns
        for text in _unusual_cells(column, profile)
    ]
    yield from (f"  {text}" for text in cells[:_MOST_CELLS])
    if (more := len(cells) - _MOST_CELLS) > 0:
        yield f"  and {more:,} more such: -v"
    yield _chances(drift.predictions)
    worse = result.performance is not None and (
        _shifted(result.performance) != ""
        or any(figure.worse for figure in result.performance.figures.values())
    )
    if result.performance is not None:
        yield _outcomes(result.performance)
    if result.fail_above is not None and not result.refusal:
        yield f"Nothing has changed by more than --fail-above {result.fail_above:g}."
    if columns.keys() == {"too few rows"}:
        yield "Next: nothing can be said of so few; ask again when there are more."
    else:
        yield from _next(changed=bool(changed), worse=worse)


def _unusual_cells(column: ColumnDrift, profile: Profile) -> Iterator[str]:
    """Yield what is odd about the cells of a column: new words, numbers beyond, gaps."""
    missing, unseen = column.missing, column.unseen
    if unseen is not None and unseen.levels:
        words = ", ".join(repr(shortened(word)) for word in unseen.examples)
        more = " …" if unseen.levels > len(unseen.examples) else ""
        students = counted(unseen.rows, "student")
        yield f"{students} with words new to the model: {words}{more}"
    if column.out_of_range:
        (profiled,) = (c for c in profile.columns if c.column == column.column)
        span = f"{getattr(profiled, 'low', 0):g} to {getattr(profiled, 'high', 0):g}"
        yield f"{counted(column.out_of_range, 'student')} outside {span}"
    if missing.p_value < SURE:
        yield f"blank for {in_100(missing.now)} in 100, {in_100(missing.train)} in training"


def _chances(scores: PredictionDrift) -> str:
    """Say by how much the chances have moved."""
    sure = scores.low > 0 or scores.high < 0
    ending = "" if sure else ", no more apart than chance may do"
    return (
        f"Its chances: {in_100(scores.mean_now)} in 100 on average, {in_100(scores.mean_train)} "
        f"in training{ending}."
    )


def _outcomes(outcomes: Performance) -> str:
    """Say whether the chances came true, and what is worse than when the model was tested."""
    worse = [METRIC_WORDS[name] for name, figure in outcomes.figures.items() if figure.worse]
    known = f"Outcomes are known of {counted(outcomes.rows, 'student')}: it expected "
    text = f"{known}{in_100(outcomes.predicted)} in 100, {in_100(outcomes.observed)} happened"
    if shifted := _shifted(outcomes):
        text += f": its chances are too {shifted}"
    if worse:
        return f"{text}. It does worse than when it was trained ({name_list(worse)})."
    if outcomes.low is None:
        return f"{text}: too few to tell whether it does worse than when it was trained."
    no_worse = "does no worse than when it was trained, as far as they can tell"
    return f"{text}. Otherwise it {no_worse}." if shifted else f"{text}; it {no_worse}."


def _shifted(outcomes: Performance) -> str:
    """Which way the chances are wrong on average, by more than luck; empty where they are not."""
    if outcomes.low is None or outcomes.high is None or outcomes.low <= 0 <= outcomes.high:
        return ""
    return "low" if outcomes.low > 0 else "high"


def _next(*, changed: bool, worse: bool) -> Iterator[str]:
    if worse:
        yield "Next: train again with these students, and let the better model win:"
        yield Paste("placement train OLD.csv NEW.csv")
    elif changed:
        yield (
            "Next: look at these columns in the file: another scale, other words? If the students "
            "themselves are others, trust the model less, and train again once their outcomes are "
            "known."
        )
    else:
        yield "Next: the model may be used as before. All figures: -v"
