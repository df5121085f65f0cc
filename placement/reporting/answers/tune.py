"""A tuning in an officer's words: the answer of `tune`."""

from collections.abc import Iterator

from placement.config.train_config import TrainConfig
from placement.reporting.answers.predictions import cautions, dangers, people
from placement.reporting.format.prose import Paste
from placement.reporting.text.alternatives import verdict
from placement.reporting.text.tuning import TuneResult, train_line
from placement.training.validation.l2_path import PenaltyPath

_MOST_TERMS = 3


def tune_answer(result: TuneResult, command: str = "placement") -> Iterator[str]:
    """Yield which setting won, by how much, whether it matters, and the line to type."""
    path, held_out = result.path, result.rows.get("test", 0)
    yield from cautions(dangers(result.warnings))
    if path.is_inconclusive:
        yield (
            "Careful: saying the same of everybody does as well, within what chance makes: these "
            "columns say little."
        )
    times = "" if path.repeats == 1 else f", {path.repeats} times over"
    untouched = f"; {people(held_out)} held out took no part" if held_out else ""
    yield (
        f"{result.name}: {people(path.rows)}, {path.folds} parts tried in turn{times}{untouched}."
    )
    yield from _winner(path)
    yield from verdict(result.alternatives)
    if terms := result.alternatives.suggested_terms:
        options = " ".join(term.option for term in terms[:_MOST_TERMS])
        yield f"What may mend it, each tried on the same students: {options}"
    where = f" Run: {result.run[1]}." if result.run else ""
    yield f"The whole path and all rivals: -v.{where}"
    yield Paste(f"Next: {train_line(result, command)}")


def _winner(path: PenaltyPath) -> Iterator[str]:
    """Say what was chosen, and whether the default would have done as well."""
    best, chosen = path.penalties[path.best], path.penalties[path.chosen]
    default = TrainConfig().l2
    yield (
        f"Chosen: --l2 {chosen.l2:g}. The penalty keeps the model from learning what is chance: "
        f"this is the strongest within one standard error ({best.standard_error:.4f}) of the best, "
        f"--l2 {best.l2:g}."
    )
    losses = f"{chosen.log_loss:.4f} and {best.log_loss:.4f}"
    if chosen is best:
        losses = f"{chosen.log_loss:.4f}"
    yield f"Mean log-loss of students not learnt from: {losses}; the lower, the better."
    usual = next((penalty for penalty in path.penalties if penalty.l2 == default), None)
    if usual is None or chosen is usual:
        return
    if usual.log_loss <= best.log_loss + best.standard_error:
        yield (
            f"It hardly matters: the default, --l2 {default:g}, comes to {usual.log_loss:.4f}, "
            "which is no worse beyond chance."
        )
    else:
        yield (
            f"It matters: the default, --l2 {default:g}, comes to {usual.log_loss:.4f}, more than "
            "one standard error worse than the best."
        )
