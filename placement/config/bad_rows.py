"""How many rows whose cells cannot be told apart may be left out."""

import re
from dataclasses import dataclass

from placement.errors import UsageError

MOST_SHARE = 0.1
_FEW_ROWS, _FEW_SHARE = 3, 0.01
_SHARE = re.compile(r"leave-out=(\d+(?:\.\d+)?)(%?)")


@dataclass(frozen=True)
class BadRows:
    """Up to a `share` of the rows are left out; where None, 1 % or three; never over 10 %."""

    share: float | None = None

    def limit(self, rows: int) -> int:
        """Return how many of so many rows may be left out."""
        usual = max(_FEW_ROWS, int(rows * _FEW_SHARE))
        wanted = usual if self.share is None else int(rows * self.share)
        return min(wanted, int(rows * MOST_SHARE))

    @staticmethod
    def of(text: str | None) -> "BadRows | None":
        """Read `--bad-rows`; None where it is not given, and the command decides."""
        if text is None or text == "leave-out":
            return None if text is None else BadRows()
        if text == "refuse":
            return BadRows(0.0)
        match = _SHARE.fullmatch(text)
        share = float(match[1]) / (100 if match[2] else 1) if match else 1.0
        if share > MOST_SHARE:
            raise UsageError(
                f"--bad-rows {text}: write refuse, leave-out, or leave-out=5% "
                f"(never over {MOST_SHARE:.0%} of the rows)"
            )
        return BadRows(share)
