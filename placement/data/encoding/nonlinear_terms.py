"""`NonlinearTerms`: the splines, steps and interactions that options request for a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from placement.config.nonlinear_terms import DEFAULT_KNOTS, spline_of, step_of
from placement.config.train_config import TrainConfig
from placement.data.schema import Schema, matching_column
from placement.errors import DataError
from placement.model.scorer import match_columns


@dataclass(frozen=True)
class NonlinearTerms:
    """What `--spline`, `--step` and `--interaction` ask for, in the file's own spelling.

    `splines`: knots by column; `steps`: thresholds, ascending, by column; `interactions`: pairs.
    """

    splines: Mapping[str, int] = field(default_factory=dict)
    steps: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    interactions: tuple[tuple[str, str], ...] = ()


NO_TERMS = NonlinearTerms()


def nonlinear_terms_of(config: TrainConfig, schema: Schema, *, file: str = "") -> NonlinearTerms:
    """Find the requested columns among the features of a table.

    Raises DataError where one is not there, is no feature, or holds words where numbers are needed.
    """
    columns = _Columns(schema, f"{file}: " if file else "")
    splines, steps = _splines(config, columns), _steps(config, columns)
    pairs: dict[frozenset[str], tuple[str, str]] = {}
    for text in config.interaction:
        pair = columns.pair(text)
        pairs.setdefault(frozenset(pair), pair)
    return NonlinearTerms(splines, steps, tuple(pairs.values()))


def _splines(config: TrainConfig, columns: "_Columns") -> dict[str, int]:
    knots_of: dict[str, int] = {}
    for text in config.spline:
        # A name may itself end in a colon and a number; then it is meant as a whole.
        whole = match_columns(columns.names, [text])
        requested, knots = (text, DEFAULT_KNOTS) if whole else spline_of(text)
        name = columns.number(requested, "--spline", "words have no curve")
        if knots_of.setdefault(name, knots) != knots:
            raise DataError(
                f"--spline {name} is given {knots_of[name]} and {knots} knots; choose one"
            )
    return knots_of


def _steps(config: TrainConfig, columns: "_Columns") -> dict[str, tuple[float, ...]]:
    thresholds_of: dict[str, set[float]] = {}
    for text in config.step:
        requested, threshold = step_of(text)
        name = columns.number(requested, "--step", "words reach no value")
        thresholds_of.setdefault(name, set()).add(threshold + 0.0)  # one zero, not two
    return {name: tuple(sorted(values)) for name, values in thresholds_of.items()}


class _Columns:
    """The columns of a table by the names that a user gives them."""

    def __init__(self, schema: Schema, where: str) -> None:
        self._kinds = {feature.name: feature.kind for feature in schema.features}
        self._dropped = {item.column: item.reason for item in schema.dropped}
        self._target, self._where = schema.target.name, where
        self.names = (*self._kinds, *self._dropped, self._target)

    def number(self, requested: str, option: str, why: str) -> str:
        """Return the file's own name of a feature that is a number."""
        name = self._feature(requested, option)
        if self._kinds[name] != "number":
            raise DataError(
                f"{self._where}{option} {name}: the column is a category, and {why}; its levels "
                "have a coefficient each already"
            )
        return name

    def pair(self, text: str) -> tuple[str, str]:
        """Return the two features that `A:B` names, where names may hold colons too."""
        option, parts = "--interaction", text.split(":")
        cuts = [(":".join(parts[:cut]), ":".join(parts[cut:])) for cut in range(1, len(parts))]
        fitting = [cut for cut in cuts if len(match_columns(self.names, cut)) == len(set(cut))]
        if len(fitting) > 1:
            raise DataError(
                f"{self._where}{option} {text!r} can be read in {len(fitting)} ways, as the names "
                "of the columns hold colons; rename one of them"
            )
        one, other = (self._feature(requested, option) for requested in (fitting or cuts)[0])
        if one == other:
            raise DataError(
                f"{self._where}{option} {text!r}: a column with itself; --spline {one} bends it"
            )
        return one, other

    def _feature(self, requested: str, option: str) -> str:
        file = self._where.removesuffix(": ")
        name = matching_column(self.names, requested, option=option, file=file)
        if name == self._target:
            raise DataError(f"{self._where}{option} {name}: that is the outcome, not a feature")
        if name in self._dropped:
            raise DataError(
                f"{self._where}{option} {name}: the column is not used ({self._dropped[name]}); "
                f"leave out {option} {name}, or bring the column in first"
            )
        return name
