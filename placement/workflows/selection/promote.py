"""Promote: a version becomes champion if it is not worse on held-out rows; a rollback undoes it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from placement.config.label_options import LabelOptions
from placement.errors import ModelError, UsageError
from placement.reporting.text.promotion import (
    Outcome,
    PromoteResult,
    Reason,
    RollbackResult,
    promotion_tags,
)
from placement.runtime.progress import NoProgress, ProgressListener
from placement.tracking.registry import REGISTERED_MODEL, champion_of, record_promotion, roll_back
from placement.tracking.store import open_store
from placement.workflows.reading.find_model import find_model
from placement.workflows.selection import promotion_gate
from placement.workflows.selection.paired_scores import RowSource
from placement.workflows.selection.promotion_gate import Version


@dataclass(frozen=True)
class PromoteRequest(LabelOptions):
    """Which version to make champion, on the evidence of the rows of `data`.

    `seats`: how many of its students can be called in, where the counts of both models are asked
    for. `force`: why it is to be champion whatever speaks against it. `rollback`: why `champion`
    goes back to the version before; `model` then names the champion of another registered model
    than `placement`.
    """

    model: str | None = None
    data: str | None = None
    weight: str | None = None
    seats: int | None = None
    force: str | None = None
    rollback: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rollback is not None:
            for name in ("data", "force", "weight", "seats", *self.file_options()):
                if getattr(self, name) not in (None, ()):
                    raise UsageError(
                        f"--{name} is not used by --rollback, which asks for no evidence"
                    )
        elif self.labels is not None and self.data is None:
            raise UsageError("--labels are of the rows of --data FILE")
        elif self.seats is not None and self.data is None:
            raise UsageError("--seats are given to students of --data FILE")
        elif self.model is None:
            raise UsageError("name the model: placement promote challenger --data FILE")
        elif self.force is not None and not self.force.strip():
            raise UsageError("--force: give the reason, it is kept with the version: --force 'why'")

    @property
    def rows(self) -> RowSource | None:
        """The rows to meet the champion on."""
        if self.data is None:
            return None
        return RowSource(self.data, self.weight, **self.file_options())


def promote(request: PromoteRequest, listener: ProgressListener = NoProgress()) -> PromoteResult:
    """Make a registered version champion, unless something speaks against it.

    Either way the evidence becomes tags of the version. Where another becomes champion meanwhile,
    the version has to meet that one. Raises ModelError where `model` is no registered version,
    UsageError where held-out rows are needed.
    """
    version = _version(str(request.model), listener)
    store = open_store()
    while True:
        opponent = champion_of(store, version.name)
        if opponent == version.number:
            return PromoteResult(
                version.uri, version.uri, "already champion", (), request.force, None, _now(), ()
            )
        result = _decide(version, opponent, request, listener)
        if record_promotion(
            store,
            version.name,
            version.number,
            opponent=opponent,
            tags=promotion_tags(result),
            promote=result.promoted,
        ):
            return result
        listener.note("another version became champion meanwhile: once more, against that one")


def roll_back_champion(
    request: PromoteRequest, listener: ProgressListener = NoProgress()
) -> RollbackResult:
    """Give `champion` back to the version that was champion before.

    Raises GateRefused where there is none to go back to, or `model` is not the champion.
    """
    name, expected, reason = REGISTERED_MODEL, None, request.rollback or ""
    if request.model is not None:
        version = _version(request.model, listener)
        name, expected = version.name, version.number
    store = open_store(create=False)
    if not store.exists:
        raise ModelError(f"there is no store at {store.tracking_uri}: no champion to roll back")
    time = _now()
    tags = {"rollback_time": time, "rollback_reason": reason or "not given"}
    former, champion = roll_back(store, name, expected=expected, tags=tags)
    return RollbackResult(
        None if former is None else f"models:/{name}/{former}",
        f"models:/{name}/{champion}",
        reason,
        time,
    )


def _version(model: str, listener: ProgressListener) -> Version:
    opened = find_model(model, listener)
    number = opened.about["version"]
    if number is None:
        raise ModelError(
            f"{model} is no version of a registered model, so it cannot be champion: "
            "placement train DATA records a run and registers its model (without --no-track)"
        )
    return Version(str(opened.about["model"]), int(number), opened)


def _decide(
    version: Version, opponent: int | None, request: PromoteRequest, listener: ProgressListener
) -> PromoteResult:
    rows, force = request.rows, request.force
    if opponent is not None and rows is None and force is None:
        raise UsageError(
            f"models:/{version.name}/{opponent} is champion: {version.uri} has to meet it on rows "
            f"that neither was trained on: placement promote {version.uri} --data FILE"
        )
    reasons = list(promotion_gate.reasons_of_training(version))
    champion, warnings = None, tuple[str, ...]()
    if opponent is not None:
        champion, differences = _champion(version, opponent, listener, forced=force is not None)
        reasons += differences
    evidence, codes = None, {reason.code for reason in reasons}
    if rows is None:
        reasons += _reasons_without_rows(version, opponent)
    elif force is not None or not codes & promotion_gate.INCOMPATIBLE:
        contender = None if "target" in codes else champion
        evidence, against, warnings = promotion_gate.held_out(
            version, contender, rows, request.seats, listener
        )
        reasons += against
    met = None if opponent is None else f"models:/{version.name}/{opponent}"
    outcome: Outcome = "accepted"
    if reasons:
        outcome = "refused" if force is None else "forced"
    return PromoteResult(
        version.uri, met, outcome, tuple(reasons), force, evidence, _now(), warnings
    )


def _champion(
    version: Version, number: int, listener: ProgressListener, *, forced: bool
) -> tuple[Version | None, list[Reason]]:
    """Open the champion, and say how it is another; one that cannot be opened may be overridden."""
    uri = f"models:/{version.name}/{number}"
    try:
        champion = Version(version.name, number, find_model(uri, listener))
    except ModelError as problem:
        if not forced:
            raise
        text = f"the champion {uri} cannot be read: {problem}"
        return None, [Reason("champion_unreadable", text)]
    return champion, list(promotion_gate.reasons_of_schema(version, champion))


def _reasons_without_rows(version: Version, opponent: int | None) -> list[Reason]:
    reasons = list(promotion_gate.reasons_of_figures(version))
    if opponent is not None:
        uri = f"models:/{version.name}/{opponent}"
        text = f"no held-out rows were given, so it did not meet the champion {uri}"
        reasons.append(Reason("no_data", text))
    return reasons


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
