"""Figures of a model that was not trained, for tests that need some."""

from placement.model.figures import EvaluationFigures, GradcheckSummary, ModelFigures, RowCounts
from placement.stats.figures import Skill
from placement.stats.metrics import NAMES, Metrics
from placement.stats.verdict import Verdict

SKILL = Skill(0.7, 0.2, 0.1, 0.3, better_than_base_rate=True)


def model_figures(**changes):
    """Return figures of a training that converged, but for what is given."""
    given = {
        "rows": RowCounts(100, 0, 0), "data_digest": "", "base_rate": 0.5, "optimizer": "newton",
        "lr": None, "converged": True, "stopped": "tolerance", "epochs": 1,
        "newton_decrement": 0.0, "dtype": "float64", "epsilon": 1e-8, "clamped_rows": 0,
        "train_loss": 0.5, "penalised_loss": 0.5,
    }  # fmt: skip
    return ModelFigures(**given | changes)


def evaluation_figures(metrics_on="test", **metrics):
    """Return figures of held-out rows, with these metrics and no others."""
    return EvaluationFigures(
        metrics_on=metrics_on,
        metrics=Metrics(**dict.fromkeys(NAMES) | metrics),
        metrics_method=None,
        skill=SKILL,
        verdict=Verdict("better", "test", 300, 300, SKILL),
        gradcheck=GradcheckSummary(passed=True, max_abs_error=0.0, max_rel_error=0.0),
    )
