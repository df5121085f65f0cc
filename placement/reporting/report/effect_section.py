"""The report's section on what lists of the model changed, as lotteries showed."""

from placement.reporting.format.blocks import Section, Text, table
from placement.reporting.format.probability_words import points
from placement.reporting.report.verdicts import Report
from placement.tracking.runs import RunInfo

_MOST = 5


def effect_section(report: Report) -> Section | None:
    """Return each lottery that was counted, the newest first; None where there was none."""
    if not report.effects:
        return None
    outcome = report.fitted.schema.target.outcome
    titles = ["counted on", "drawn", "not drawn", "effect of a seat (95 % interval)", "so it"]
    note = (
        f"Students near the cut-off drew lots for the last seats; counted is who ended {outcome}. "
        "The effect is in percentage points and of those who drew; whether a seat helps others is "
        "not known. Not shown does not mean that it did not help."
    )
    more = len(report.effects) - _MOST
    older = [Text(f"{more:,} older results: placement runs.")] if more > 0 else []
    rows = [_row(run) for run in report.effects[:_MOST]]
    return Section("Did a seat on its list help?", (Text(note), table(titles, rows), *older))


def _row(run: RunInfo) -> tuple[str, ...]:
    metrics = run.metrics
    counts = (
        f"{metrics[f'{name}_positive']:,.0f} of {metrics[name]:,.0f}"
        for name in ("drawn", "not_drawn")
    )
    limits = f"{points(metrics['low'])} to {points(metrics['high'])}"
    verdict = {"not shown": "is not shown to help"}.get(
        run.params["verdict"], run.params["verdict"]
    )
    return (
        (run.start_time or "")[:10],
        *counts,
        f"{points(metrics['estimate'])} ({limits})",
        verdict,
    )
