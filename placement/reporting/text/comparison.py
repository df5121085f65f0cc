"""Models side by side on the same rows, as text and as a JSON document."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from placement.arrays import Document
from placement.evaluation.comparison import Comparison, PairedDifference
from placement.evaluation.evaluate import Evaluation
from placement.evaluation.paired_tests import McNemar
from placement.reporting.format.text_table import cell, table
from placement.reporting.json_documents import FORMAT, intervals_document
from placement.reporting.text.summaries import METRIC_WORDS

_LONGEST_NAME = 28


@dataclass(frozen=True)
class Compared:
    """One of the models: `name` as it was typed, `model` where it is from, and its settings."""

    name: str
    model: Document
    evaluation: Evaluation
    trained_here: bool
    parameters: Document


@dataclass(frozen=True)
class CompareResult:
    """Several models on the same rows; `pairs` compare each of the others with the first.

    `outcome` is the positive one, as a sentence names it.
    """

    source: str
    outcome: str
    models: tuple[Compared, ...]
    pairs: tuple[Comparison, ...]
    warnings: tuple[str, ...]

    @property
    def differing(self) -> list[tuple[str, list[Any]]]:
        """The parameters that are not the same for all, with the value of each model."""
        names = dict.fromkeys(name for model in self.models for name in model.parameters)
        values = {name: [model.parameters.get(name) for model in self.models] for name in names}
        return [item for item in values.items() if any(one != item[1][0] for one in item[1])]


def comparison_text(result: CompareResult) -> str:
    """Figures side by side, what differs, and a verdict for each pair."""
    names = [short_name(model.name) for model in result.models]
    first = result.models[0].evaluation
    figures = [
        (words, *(_figure(model.evaluation, name) for model in result.models))
        for name, words in METRIC_WORDS.items()
    ]
    lines = [
        f"{result.source}: {first.rows:,} rows with an outcome, {first.base_rate:.1%} positive",
        "",
        table(("metric", *names), figures, numeric=range(1, len(names) + 1)),
        f"  (in brackets: {first.method})",
    ]
    verdicts = []
    for name, pair in zip(names[1:], result.pairs, strict=True):
        title = f"{name} against {names[0]}"
        lines += ["", title, *_pair_lines(pair, name, names[0])]
        verdicts.append(f"{title}: {log_loss_sentence(pair)}.")
    lines += ["", "Parameters that differ"]
    rows = [(name, *_option_cells(name, values)) for name, values in result.differing]
    lines.append(table(("parameter", *names), rows) if rows else "  none")
    return "\n".join([*lines, "", *verdicts])


def log_loss_sentence(pair: Comparison) -> str:
    """Say how the log-loss of the other differs, and whether that is more than chance."""
    verdict = pair.verdict if pair.verdict.startswith("no") else f"{pair.verdict} beyond chance"
    return f"its log-loss is {difference_words(pair.log_loss)}: {verdict}"


def difference_words(pair: PairedDifference) -> str:
    """Say a difference in words: 0.0120 lower (95 % from 0.0040 to 0.0210 lower)."""
    if pair.difference == pair.low == pair.high == 0:
        return "the same on every row"
    side = "lower" if pair.difference < 0 else "higher"
    ends = (pair.low, pair.high) if pair.difference >= 0 else (pair.high, pair.low)
    size, *reach = (abs(value) for value in (pair.difference, *ends))
    if pair.low * pair.high > 0:
        return f"{size:.4f} {side} (95 % from {reach[0]:.4f} to {reach[1]:.4f} {side})"
    return f"{size:.4f} {side} (95 % from {abs(pair.low):.4f} lower to {abs(pair.high):.4f} higher)"


def comparison_document(result: CompareResult) -> Document:
    """What `compare --json` prints."""
    first = result.models[0]
    return {
        "format": FORMAT,
        "source": result.source,
        "rows": first.evaluation.rows,
        "base_rate": first.evaluation.base_rate,
        "method": first.evaluation.method,
        "models": [_model_document(model) for model in result.models],
        "pairs": [
            {"first": first.name, "other": other.name, **pair_document(pair)}
            for other, pair in zip(result.models[1:], result.pairs, strict=True)
        ],
        "differing": [{"parameter": name, "values": each} for name, each in result.differing],
        "warnings": list(result.warnings),
    }


def pair_document(pair: Comparison) -> Document:
    """The differences, other minus first, and the tests."""
    return {**asdict(pair), "verdict": pair.verdict, "text": log_loss_sentence(pair)}


def short_name(name: str) -> str:
    """A model's name, shortened in the middle where it would make a table too wide."""
    if len(name) <= _LONGEST_NAME:
        return name
    half = (_LONGEST_NAME - 1) // 2
    return f"{name[:half]}…{name[-half:]}"


def _model_document(compared: Compared) -> Document:
    evaluation = compared.evaluation
    return {
        "name": compared.name,
        "model": dict(compared.model),
        "trained_here": compared.trained_here,
        "threshold": evaluation.threshold,
        "metrics": evaluation.metrics.as_dict(),
        "intervals": intervals_document(evaluation.intervals),
        "confusion": evaluation.confusion.as_dict(),
        "skill": evaluation.skill and asdict(evaluation.skill),
    }


def _figure(evaluation: Evaluation, name: str) -> str:
    value, interval = evaluation.metrics.as_dict()[name], evaluation.intervals.get(name)
    if value is None or interval is None:
        return cell(value)
    return f"{value:.4f} [{interval[0]:.4f}, {interval[1]:.4f}]"


def _pair_lines(pair: Comparison, name: str, first: str) -> list[str]:
    gaps = {"log-loss": pair.log_loss, "Brier score": pair.brier, "ROC AUC": pair.roc_auc}
    rows = [
        (words, f"{gap.difference:+.4f}", f"{gap.low:+.4f}", f"{gap.high:+.4f}")
        for words, gap in gaps.items()
        if gap is not None
    ]
    return [
        table(("difference", "value", "95 % from", "to"), rows, numeric=(1, 2, 3)),
        f"  ({pair.method})",
        _delong_line(pair),
        _mcnemar_line(pair.mcnemar, name, first),
    ]


def _mcnemar_line(mcnemar: McNemar, name: str, first: str) -> str:
    return (
        f"  McNemar, each at its own threshold: {first} alone is right on {mcnemar.first_only:g} "
        f"rows, {name} alone on {mcnemar.other_only:g}; p {_p(mcnemar.p_value)} ({mcnemar.method})"
    )


def _delong_line(pair: Comparison) -> str:
    test = pair.delong
    if test is None or test.p_value is None or test.z is None:
        return "  DeLong's test of the ROC areas: needs more rows of both outcomes"
    return f"  DeLong's test of the ROC areas: z {test.z:+.2f}, p {_p(test.p_value)}"


def _p(value: float) -> str:
    return "below 0.0001" if value < 0.0001 else f"{value:.4f}"


def _option_cells(name: str, values: Sequence[Any]) -> list[str]:
    """A parameter's values; of lists of columns only what differs from the first."""
    if name == "features":
        first, *others = values
        return [", ".join(first), *(_against(first, other) for other in others)]
    return [_value(value) for value in values]


def _against(first: Sequence[str], other: Sequence[str]) -> str:
    more = [f"+{name}" for name in other if name not in first]
    less = [f"-{name}" for name in first if name not in other]
    return ", ".join([*more, *less]) or "the same"


def _value(value: Any) -> str:
    if value is None:
        return "–"
    return value[:12] if isinstance(value, str) else f"{value}"
