"""What drifted, as text for a terminal and as a JSON document."""

from dataclasses import asdict, dataclass

from placement.arrays import Document
from placement.data.profiles.column_profile import Profile
from placement.errors import counted
from placement.evaluation.drift.distribution_tests import LARGE, MODERATE, SURE, Psi
from placement.evaluation.drift.drift import ColumnDrift, Drift, PredictionDrift
from placement.evaluation.drift.performance_drift import Performance
from placement.reporting.format.text_table import Cell, table
from placement.reporting.json_documents import FORMAT
from placement.reporting.text.summaries import METRIC_WORDS

_UNSEEN = ("levels", "rows", "examples")
_LEGEND = f"""\
  PSI: missing cells are a bin of their own; moderate above {MODERATE:.2f}, large above {LARGE:.2f}
       (a convention of credit scoring); by chance: on average, had nothing changed
       and only where p is below {SURE:g}: of unchanged files, 5 in 100 at most have any such column
  within chance: as much as moderate or large, but the file as a whole may be unchanged
  too few rows: chance alone may look like a large change
  KS: at least the largest gap between the shares below a number
  p: of the column and its missing cells, for all columns and the predictions at once (Holm)"""


@dataclass(frozen=True)
class DriftResult:
    """A file beside the training rows of a model; `fail_above` is the limit of the gate."""

    data: str
    model: Document
    profile: Profile
    drift: Drift
    performance: Performance | None
    fail_above: float | None
    warnings: tuple[str, ...]

    @property
    def refusal(self) -> str:
        """What is beyond the limit, in words; empty where nothing is."""
        if self.fail_above is None:
            return ""
        beyond, _ = self.drift.above(self.fail_above)
        named = ", ".join(f"{name} {value:.3f}" for name, value in beyond.items())
        return f"{self.data}: PSI above {self.fail_above:g}: {named}" if beyond else ""


def drift_document(result: DriftResult) -> Document:
    """What `drift --json` prints."""
    drift, scores = result.drift, result.drift.predictions
    return {
        "format": FORMAT,
        "model": dict(result.model),
        "data": result.data,
        "rows": drift.rows,
        "rows_train": result.profile.rows,
        "columns": [_column(column) for column in drift.columns],
        "predictions": {
            **_psi(scores.psi),
            "level": scores.level,
            "test": "ks",
            "statistic": scores.statistic,
            "p_value": scores.p_value,
            "p_adjusted": scores.p_adjusted,
            "mean_train": scores.mean_train,
            "mean_now": scores.mean_now,
            "change_low": scores.low,
            "change_high": scores.high,
        },
        "performance": result.performance and asdict(result.performance),
        "worst": drift.worst
        and {"column": drift.worst.column, "psi": drift.worst.psi and drift.worst.psi.value},
        "fail_above": result.fail_above,
        "failed": bool(result.refusal),
        "warnings": list(result.warnings),
    }


def _psi(psi: Psi | None) -> dict[str, float | None]:
    names = {"psi": "value", "psi_expected": "expected", "psi_chance": "chance"}
    return {name: getattr(psi, field, None) for name, field in names.items()}


def _column(column: ColumnDrift) -> Document:
    missing = column.missing
    return {
        "column": column.column,
        "kind": column.kind,
        **_psi(column.psi),
        "level": column.level,
        "test": column.test,
        "statistic": column.statistic,
        "p_value": column.p_value,
        "p_adjusted": column.p_adjusted,
        "missing_train": missing.train,
        "missing_now": missing.now,
        "missing_change_low": missing.low,
        "missing_change_high": missing.high,
        "missing_p_value": missing.p_value,
        **{f"unseen_{name}": getattr(column.unseen, name, None) for name in _UNSEEN},
        "out_of_range": column.out_of_range,
    }


def drift_text(result: DriftResult) -> str:
    """The columns by falling PSI, what is odd about some, predictions, and how well they fit."""
    drift, profile = result.drift, result.profile
    sampled = profile.binned < profile.rows
    of = f" (numbers: of a sample of {profile.binned:,})" if sampled else ""
    columns = sorted(drift.columns, key=lambda c: -(c.psi.value if c.psi else -1.0))
    header = ("column", "PSI", "by chance", "level", "test", "p", "missing then", "now")
    lines = [
        f"{result.data}: {drift.rows:,} rows beside {profile.rows:,} rows of training{of}",
        "",
        table(header, [_row(column) for column in columns], numeric=(1, 2, 4, 5, 6, 7)),
        _LEGEND,
        "",
        *(f"- {text}" for column in columns for text in _unusual_cells(column, profile)),
        *_prediction_lines(drift.predictions),
    ]
    if result.performance is not None:
        lines += ["", *_performance_lines(result.performance)]
    return "\n".join([*lines, "", _verdict(result)])


def _row(column: ColumnDrift) -> tuple[Cell, ...]:
    psi, missing = column.psi, column.missing
    return (
        column.column,
        None if psi is None else f"{psi.value:.3f}",
        None if psi is None else f"{psi.expected:.3f}",
        column.level,
        _test(column.test, column.statistic),
        _p(column.p_adjusted),
        f"{missing.train:.1%}",
        f"{missing.now:.1%}",
    )


def _test(test: str, statistic: float | None) -> str | None:
    if statistic is None:
        return None
    return f"KS {statistic:.3f}" if test == "ks" else f"χ² {statistic:.1f}"


def _p(p: float | None) -> str | None:
    if p is None:
        return None
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"


def _unusual_cells(column: ColumnDrift, profile: Profile) -> list[str]:
    """Tell what the PSI does not: missing cells, new levels, numbers beyond the range."""
    texts, missing, unseen = [], column.missing, column.unseen
    if missing.p_value < SURE:
        shares = f"{missing.train:.1%} of training and {missing.now:.1%} now"
        texts.append(f"missing in {shares} (change {_points(missing.low, missing.high)})")
    if unseen is not None and unseen.levels:
        words = ", ".join(map(repr, unseen.examples))
        more = ", …" if unseen.levels > len(unseen.examples) else ""
        what = f"{counted(unseen.rows, 'row')} with {counted(unseen.levels, 'level')}"
        texts.append(f"{what} that training had fewer than 5 times, or never ({words}{more})")
    if column.out_of_range:
        (profiled,) = (c for c in profile.columns if c.column == column.column)
        span = f"{getattr(profiled, 'low', 0):g} to {getattr(profiled, 'high', 0):g}"
        rows = counted(column.out_of_range, "row")
        texts.append(f"{rows} outside {span}, about the range of training")
    return [f"{column.column}: {text}" for text in texts]


def _points(low: float, high: float) -> str:
    return f"{100 * low:+.1f} to {100 * high:+.1f} points, 95 %"


def _prediction_lines(scores: PredictionDrift) -> list[str]:
    if scores.psi is None:
        size = "too few rows for a PSI"
    else:
        size = (
            f"PSI {scores.psi.value:.3f} ({scores.level}; by chance {scores.psi.expected:.3f}), "
            f"{_test('ks', scores.statistic)}, p {_p(scores.p_adjusted)}"
        )
    means = f"{scores.mean_now:.1%} on average, {scores.mean_train:.1%} in training"
    change = f"(change {_points(scores.low, scores.high)})"
    return [f"Predicted probability: {means} {change}", f"  {size}"]


def _performance_lines(outcomes: Performance) -> list[str]:
    rows = []
    for name, figure in outcomes.figures.items():
        change = None
        if figure.change is not None:
            change = f"{figure.change:+.4f} ({figure.change_low:+.4f} to {figure.change_high:+.4f})"
        verdict = "worse" if figure.worse else "" if change is None else "no worse beyond chance"
        rows.append(
            (METRIC_WORDS[name], figure.now, figure.low, figure.high, figure.then, change, verdict)
        )
    then = "held out then" if outcomes.then == "test" else "training then"
    header = ("figure", "now", "95 % from", "to", then, "change (95 %)", "")
    lines = [
        f"Outcomes are known of {counted(outcomes.rows, 'row')}",
        table(header, rows, numeric=range(1, 6)),
    ]
    if outcomes.then == "train":
        lines.append("  Nothing was held out then: the figures of training flatter.")
    observed, predicted = outcomes.observed, outcomes.predicted
    limits = "fewer than 5 rows of an outcome: too few to tell"
    if outcomes.low is not None and outcomes.high is not None:
        limits = _points(outcomes.low, outcomes.high)
    lines.append(
        f"  {observed:.1%} had the positive outcome, {predicted:.1%} were predicted: "
        f"{100 * (observed - predicted):+.1f} points ({limits})"
    )
    return lines


def _verdict(result: DriftResult) -> str:
    drift = result.drift
    levels = [column.level for column in drift.columns]
    counted = [f"{levels.count(level)} {level}" for level in dict.fromkeys(levels)]
    line = f"Columns: {', '.join(counted)}"
    if drift.worst is not None and drift.worst.psi is not None:
        line += f"; the largest PSI is that of {drift.worst.column}, {drift.worst.psi.value:.3f}"
    if result.performance is not None:
        figures = result.performance.figures
        worse = [METRIC_WORDS[name] for name, figure in figures.items() if figure.worse]
        line += f". Worse than when it was trained: {', '.join(worse) or 'no figure'}"
    if result.fail_above is None:
        return f"{line}."
    _, within = drift.above(result.fail_above)
    if within:
        named = ", ".join(f"{name} {value:.3f}" for name, value in within.items())
        line += f". Above {result.fail_above:g}, but within chance, so not counted: {named}"
    return (
        f"{line}.\n--fail-above compared the PSI of each column and of the predictions with "
        f"{result.fail_above:g}, where p is below {SURE:g}."
    )
