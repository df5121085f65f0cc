"""The rows of a table that are not used, one by one: where they stand, why, and who they are."""

from collections.abc import Iterator

import numpy as np

from placement.data.columns.outcome_codes import OutcomeCodes
from placement.data.formats.blocks import LeftOutRow, text_of
from placement.data.names.identifiers import identity_columns
from placement.data.table.table_inputs import TableInputs


def rows_left_out(inputs: TableInputs, outcome: OutcomeCodes) -> Iterator[LeftOutRow]:
    """Yield those that cannot be read, those of no student, and those that `outcome` leaves out.

    The text of the last is what the columns say of who it is, unless they are free text.
    """
    yield from inputs.data.left_out
    yield from inputs.data.others
    if outcome.reasons is None:
        return
    locations, before = inputs.data.locations, 0
    known = [name for name, column in inputs.columns.items() if not column.is_hashed]
    identity = identity_columns(known)
    for piece, used in enumerate(outcome.used_masks()):
        reasons = outcome.reasons(piece)
        cells = [inputs.columns[name].piece(piece) for name in identity]
        for row in np.flatnonzero(~used).tolist():
            text = ", ".join(filter(None, (text_of(column[row]) for column in cells)))
            where = before + row
            yield LeftOutRow(locations.line(where), reasons[row], text, locations.file(where))
        before += len(used)
