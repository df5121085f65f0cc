"""The refusal of a file that lacks columns of a model, with the lines to type."""

from collections.abc import Iterable, Sequence

from placement.data.names.equivalents import equivalents
from placement.data.schema import Schema, quoted
from placement.errors import DataError, did_you_mean, listed
from placement.model.scorer import fold_name, match_columns


def refuse_lacking(file: str, names: Sequence[str], needed: Iterable[str], schema: Schema) -> None:
    """Raise `DataError` where columns that a model needs are not among a file's names.

    What the model knows as another column is never proposed for one that is lacking.
    """
    columns = list(needed)
    matches = match_columns(names, columns)
    lacking = [name for name in columns if name not in matches]
    if not lacking:
        return
    known = {*schema.feature_names, schema.target.name, *(d.column for d in schema.dropped)}
    spare = [name for name in names if fold_name(name) not in set(map(fold_name, known))]
    others = equivalents(lacking, spare)
    pairs = [f"{name}={others.get(name, 'COLUMN')}" for name in lacking]
    lines = [f"--rename {quoted(pair)}" for pair in pairs]
    message = (
        f"{file}: lacks the {'column' if len(lacking) == 1 else 'columns'} "
        f"{listed([repr(name) for name in lacking], 12)} that the model needs"
        f"{did_you_mean(lacking[0], spare)}"
    )
    if not spare:
        raise DataError(f"{message}; add {'it' if len(lacking) == 1 else 'them'}, or train without")
    if len(others) < len(lacking):
        message += f" (the model does not know {listed([repr(name) for name in spare], 12)})"
    raise DataError(f"{message}; where it has another name: {' '.join(lines)}")
