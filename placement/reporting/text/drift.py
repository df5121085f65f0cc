"""What drifted, as text for a terminal and as a JSON document."""

from dataclasses import asdict, dataclass

from placement.arrays import Document
from placement.data.profiles.column_profile import Profile
from placement.evaluation.drift.distribution_tests import LARGE, MODERATE, Psi
from placement.evaluation.drift.drift import ColumnDrift, Drift, PredictionDrift
from placement.evaluation.drift.performance_drift import Performance
from placement.reporting.format.text_table import Cell, table
from placement.reporting.json_documents import FORMAT

_FIGURES = {"log_loss": "log-loss", "brier": "Brier score", "roc_auc": "ROC AUC"}
_SURE = 0.05
_LEGEND = f"""\
  PSI: missing cells are a bin of their own; moderate above {MODERATE:.2f}, large above {LARGE:.2f}
       (a convention of credit scoring); by chance: on average, had nothing changed
  within chance: moderate or large, but at least 5 in 100 unchanged files have as much
  too few rows: chance alone may look like a large change
  KS: at least the largest gap between the shares below a number; p: for all columns at once"""


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
    found = result.drift
    return {
        "format": FORMAT,
        "model": dict(result.model),
        "data": result.data,
        "rows": found.rows,
        "rows_train": result.profile.rows,
        "columns": [_column(column) for column in found.columns],
        "predictions": {
            **_psi(found.predictions.psi),
            "level": found.predictions.level,
            "test": "ks",
            "statistic": found.predictions.statistic,
            "p_value": found.predictions.p_value,
            "mean_train": found.predictions.mean_train,
            "mean_now": found.predictions.mean_now,
            "change_low": found.predictions.low,
            "change_high": found.predictions.high,
        },
        "performance": None if result.performance is None else asdict(result.performance),
        "worst": found.worst
        and {"column": found.worst.column, "psi": found.worst.psi and found.worst.psi.value},
        "fail_above": result.fail_above,
        "failed": bool(result.refusal),
        "warnings": list(result.warnings),
    }


def _psi(psi: Psi | None) -> dict[str, float | None]:
    if psi is None:
        return {"psi": None, "psi_expected": None, "psi_chance": None}
    return {"psi": psi.value, "psi_expected": psi.expected, "psi_chance": psi.chance}


def _column(column: ColumnDrift) -> Document:
    unseen, missing = column.unseen, column.missing
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
        "unseen_levels": None if unseen is None else unseen.levels,
        "unseen_rows": None if unseen is None else unseen.rows,
        "unseen_examples": None if unseen is None else list(unseen.examples),
        "out_of_range": column.out_of_range,
    }


def drift_text(result: DriftResult) -> str:
    """The columns by falling PSI, what is odd about some, predictions, and how well they fit."""
    found, profile = result.drift, result.profile
    sampled = profile.binned < profile.rows
    of = f" (numbers: of a sample of {profile.binned:,})" if sampled else ""
    columns = sorted(found.columns, key=lambda c: -(c.psi.value if c.psi else -1.0))
    header = ("column", "PSI", "by chance", "level", "test", "p", "missing then", "now")
    lines = [
        f"{result.data}: {found.rows:,} rows beside {profile.rows:,} rows of training{of}",
        "",
        table(header, [_row(column) for column in columns], numeric=(1, 2, 4, 5, 6, 7)),
        _LEGEND,
        "",
        *(f"- {text}" for column in columns for text in _odd(column, profile)),
        *_prediction_lines(found.predictions),
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


def _odd(column: ColumnDrift, profile: Profile) -> list[str]:
    """Tell what the PSI does not: missing cells, new levels, numbers beyond the range."""
    told, missing, unseen = [], column.missing, column.unseen
    if missing.p_value < _SURE:
        told.append(
            f"{column.column}: missing in {missing.train:.1%} of training and {missing.now:.1%} "
            f"now (change {_points(missing.low, missing.high)})"
        )
    if unseen is not None and unseen.levels:
        words = ", ".join(map(repr, unseen.examples))
        more = ", …" if unseen.levels > len(unseen.examples) else ""
        told.append(
            f"{column.column}: {_number(unseen.rows, 'row')} with {_number(unseen.levels, 'level')}"
            f" that training had fewer than 5 times, or never ({words}{more})"
        )
    if column.out_of_range:
        (own,) = (c for c in profile.columns if c.column == column.column)
        span = f"{getattr(own, 'low', 0):g} to {getattr(own, 'high', 0):g}"
        told.append(
            f"{column.column}: {_number(column.out_of_range, 'row')} outside {span}, about the "
            "range of training"
        )
    return told


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _points(low: float, high: float) -> str:
    return f"{100 * low:+.1f} to {100 * high:+.1f} points, 95 %"


def _prediction_lines(found: PredictionDrift) -> list[str]:
    if found.psi is None:
        size = "too few rows for a PSI"
    else:
        size = (
            f"PSI {found.psi.value:.3f} ({found.level}; by chance {found.psi.expected:.3f}), "
            f"{_test('ks', found.statistic)}, p {_p(found.p_value)}"
        )
    means = f"{found.mean_now:.1%} on average, {found.mean_train:.1%} in training"
    change = f"(change {_points(found.low, found.high)})"
    return [f"Predicted probability: {means} {change}", f"  {size}"]


def _performance_lines(found: Performance) -> list[str]:
    rows = []
    for name, own in found.figures.items():
        change = None
        if own.change is not None:
            change = f"{own.change:+.4f} ({own.change_low:+.4f} to {own.change_high:+.4f})"
        verdict = "worse" if own.worse else "" if change is None else "no worse beyond chance"
        rows.append((_FIGURES[name], own.now, own.low, own.high, own.then, change, verdict))
    then = "held out then" if found.then == "test" else "training then"
    lines = [
        f"Outcomes are known of {_number(found.rows, 'row')}",
        table(
            ("figure", "now", "95 % from", "to", then, "change (95 %)", ""),
            rows,
            numeric=(1, 2, 3, 4, 5),
        ),
    ]
    if found.then == "train":
        lines.append("  Nothing was held out then: the figures of training flatter.")
    gap = found.observed - found.predicted
    lines.append(
        f"  {found.observed:.1%} had the positive outcome, {found.predicted:.1%} were predicted: "
        f"{100 * gap:+.1f} points ({_limits(found)})"
    )
    return lines


def _limits(found: Performance) -> str:
    if found.low is None or found.high is None:
        return "fewer than 5 rows of an outcome: too few to tell"
    return _points(found.low, found.high)


def _verdict(result: DriftResult) -> str:
    found = result.drift
    levels = [column.level for column in found.columns]
    counted = [f"{levels.count(own)} {own}" for own in dict.fromkeys(levels)]
    line = f"Columns: {', '.join(counted)}"
    if found.worst is not None and found.worst.psi is not None:
        line += f"; the largest PSI is that of {found.worst.column}, {found.worst.psi.value:.3f}"
    if result.performance is not None:
        worse = [_FIGURES[name] for name, own in result.performance.figures.items() if own.worse]
        line += f". Worse than when it was trained: {', '.join(worse) or 'no figure'}"
    if result.fail_above is None:
        return f"{line}."
    _, within = found.above(result.fail_above)
    if within:
        named = ", ".join(f"{name} {value:.3f}" for name, value in within.items())
        line += f". Above {result.fail_above:g}, but within chance, so not counted: {named}"
    return f"{line}."
