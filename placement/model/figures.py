"""The figures of a training, as a model keeps them: typed, to and from the bundle's document."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from placement.arrays import Document
from placement.data.profiles.column_profile import Profile, profile_of_document
from placement.model.document_codec import decode
from placement.model.fairness_figures import Fairness, MeasuredOn
from placement.stats.capture import Capture
from placement.stats.figures import CalibrationFigures, Skill
from placement.stats.metrics import Confusion, Metrics
from placement.stats.verdict import UNDECIDED, DecidedOn, Verdict, decide


@dataclass(frozen=True)
class CoefficientEstimate:
    """One coefficient on the log-odds scale, per natural unit, with its 95 % interval.

    Everything but the name is None for an aliased column; all but the coefficient where the
    covariance is not known; z and p_value where there was a penalty.
    """

    feature: str
    coefficient: float | None
    std_error: float | None = None
    z: float | None = None
    p_value: float | None = None
    low: float | None = None
    high: float | None = None
    odds_ratio: float | None = None
    odds_ratio_low: float | None = None
    odds_ratio_high: float | None = None


@dataclass(frozen=True)
class RowCounts:
    """Rows that trained, that were held out to test on, and that were left out."""

    train: int
    test: int
    left_out: int


@dataclass(frozen=True)
class GradcheckSummary:
    """All gradient checks of a training together."""

    passed: bool
    max_abs_error: float
    max_rel_error: float


@dataclass(frozen=True)
class TradeOff:
    """What a threshold policy weighed, on the rows it was chosen on; None where undefined.

    Recall and precision are those of every policy; `expected_cost` a row and
    `theoretical_threshold` of cost, `youden` of its index, seats and those `tied` of capacity.
    """

    recall: float | None
    precision: float | None
    expected_cost: float | None = None
    theoretical_threshold: float | None = None
    seats: float | None = None
    seats_taken: float | None = None
    tied: float | None = None
    youden: float | None = None


@dataclass(frozen=True)
class DecisionFigures:
    """The threshold of a model, by which `policy` it was chosen, and what it did on `rows` rows.

    `confusion` and `trade_off` are None where it was not tried on rows.
    """

    policy: str
    in_words: str
    threshold: float
    rows: int = 0
    confusion: Confusion | None = None
    trade_off: TradeOff | None = None


@dataclass(frozen=True)
class ProbabilityFigures:
    """How well probabilities fit, before or after they are calibrated."""

    log_loss: float | None
    brier: float | None
    ece: float | None
    slope: float | None
    predicted: float
    observed: float


@dataclass(frozen=True)
class RecalibrationFigures:
    """What `--calibrate` came to on rows out of fold; not `kept` where nothing was to be learnt."""

    method: str
    kept: bool
    rows: int
    folds: int
    before: ProbabilityFigures
    after: ProbabilityFigures | None


@dataclass(frozen=True)
class OutOfSampleFigures:
    """What was said of rows that the model was not trained on, and what happened to them.

    `measured_on`: the held-out rows; where there are none, all rows, each predicted by a model of
    the other folds; the training rows where these are too few for folds. `confusion` is at the
    threshold of the model; `calibration` is without its bins.
    """

    measured_on: MeasuredOn
    confusion: Confusion
    calibration: CalibrationFigures


@dataclass(frozen=True)
class EvaluationFigures:
    """The figures of the rows a model was measured on, and of what was chosen for it.

    `rows_digest` is that of all rows, `held_out_digest` that of those held out of the training
    table; where they came from several files, `file_digests` are those of the files that it learnt
    from.
    A model that is fitted again on all rows keeps those of the held-out ones. What an earlier
    version did not record, or was not asked for, is None.
    """

    metrics_on: Literal["train", "test"]
    metrics: Metrics
    metrics_method: str | None
    skill: Skill
    gradcheck: GradcheckSummary
    calibration: CalibrationFigures | None = None
    recalibration: RecalibrationFigures | None = None
    decision: DecisionFigures | None = None
    fairness: Fairness | None = None
    rows_digest: str | None = None
    file_digests: tuple[str, ...] = ()
    held_out_digest: str | None = None
    out_of_sample: OutOfSampleFigures | None = None
    capture: Capture | None = None
    verdict: Verdict = UNDECIDED


@dataclass(frozen=True)
class LikelihoodSums:
    """The log-likelihood of the training rows, and of the null model; how much both stand on.

    `weight` is the sum of the rows' weights, `events` that of the rarer outcome, `parameters`
    counts the intercept.
    """

    log_likelihood: float
    null_log_likelihood: float
    parameters: int
    weight: float
    events: float


@dataclass(frozen=True)
class ProfileLimits:
    """The 95 % interval of a coefficient in the file's own units, from the profile likelihood.

    `z` is the root of the likelihood-ratio statistic of "no effect", with the coefficient's sign.
    """

    feature: str
    z: float
    low: float
    high: float


@dataclass(frozen=True)
class ClusterCount:
    """What the standard errors are clustered by: a `column`, or the different rows (None)."""

    column: str | None
    clusters: int
    rows: int


@dataclass(frozen=True)
class InferenceFigures:
    """What is known beside the covariance: the likelihood, and variance inflation by column.

    `profile`, of Firth's correction alone, has limits of the coefficients; None where they were
    too costly, or rows are clustered, which it knows nothing of. `clusters` is None where every row
    is on its own.
    """

    likelihood: LikelihoodSums
    vif: Mapping[str, float | None] | None = None
    profile: tuple[ProfileLimits, ...] | None = None
    clusters: ClusterCount | None = None


@dataclass(frozen=True)
class UnpenalisedFigures:
    """The maximum-likelihood fit beside a penalised one, or `why` there is none.

    `likelihood` is None where the model itself is that fit.
    """

    why: str | None = None
    coefficients: tuple[CoefficientEstimate, ...] | None = None
    likelihood: LikelihoodSums | None = None


@dataclass(frozen=True)
class ColumnRanking:
    """A ranking by one file column: the weights of its encoded columns, in their order."""

    column: str
    weights: tuple[float, ...]


@dataclass(frozen=True)
class ModelFigures:
    """What a training came to.

    `base_rate` is the positive share of the training rows; losses are means over them, `train_loss`
    without the penalty. `newton_decrement` is λ, the distance to the optimum in standard errors.
    `evaluation`, `inference` and `unpenalised` are None where they were not recorded, as by `fit`;
    `inference` also where the columns are too many. `rankings` are those by the best single column
    of the training rows and by branch, for a model to be compared with.
    """

    rows: RowCounts
    data_digest: str
    base_rate: float
    optimizer: str
    lr: float | None
    converged: bool
    stopped: str
    epochs: int
    newton_decrement: float | None
    dtype: str
    epsilon: float
    clamped_rows: int
    train_loss: float
    penalised_loss: float
    evaluation: EvaluationFigures | None = None
    inference: InferenceFigures | None = None
    unpenalised: UnpenalisedFigures | None = None
    profile: Profile | None = None
    rankings: tuple[ColumnRanking, ...] = ()

    @property
    def evaluated(self) -> EvaluationFigures:
        """The figures of the rows measured on; ValueError where none were recorded."""
        if self.evaluation is None:
            raise ValueError("the model was not measured on rows")
        return self.evaluation


def figures_document(figures: ModelFigures) -> Document:
    """Return the figures as a bundle keeps them."""
    profile = figures.profile
    document = dataclasses.asdict(dataclasses.replace(figures, profile=None))
    return {**document, "profile": None if profile is None else profile.document}


def figures_of(document: Document) -> ModelFigures:
    """Read the figures of a bundle's document."""
    figures, profile = decode(ModelFigures, {**document, "profile": None}), document.get("profile")
    if figures.evaluation is not None:
        evaluation = _with_verdict(figures.evaluation, figures.rows)
        figures = dataclasses.replace(figures, evaluation=evaluation)
    return dataclasses.replace(figures, profile=profile and profile_of_document(profile))


def _with_verdict(evaluation: EvaluationFigures, rows: RowCounts) -> EvaluationFigures:
    """Return the figures with the verdict, which an earlier version did not record."""
    skill, verdict = _bounded(evaluation.skill), evaluation.verdict
    if verdict is UNDECIDED:
        on: DecidedOn = "test" if evaluation.metrics_on == "test" else "out_of_fold"
        count = rows.test if on == "test" else rows.train
        auc = evaluation.metrics.roc_auc
        verdict = Verdict(decide(skill), on, count, rows.test, skill, roc_auc=auc)
    verdict = dataclasses.replace(verdict, skill=_bounded(verdict.skill))
    return dataclasses.replace(evaluation, skill=skill, verdict=verdict)


def _bounded(skill: Skill) -> Skill:
    """JSON has no infinity: null are the limits of a gain whose spread is not known."""
    if not math.isnan(skill.low):
        return skill
    return dataclasses.replace(skill, low=-math.inf, high=math.inf)
