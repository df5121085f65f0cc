"""Where the outcomes of students are, if not in the file of the students themselves."""

from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from placement.config.file_options import FileOptions
from placement.config.option import option
from placement.errors import UsageError

_read = partial(option, "read")


@dataclass(frozen=True, kw_only=True)
class LabelOptions(FileOptions):
    """How outcomes are joined from another file; for every command that needs outcomes."""

    labels: str | None = _read(None, "File that holds the outcomes of these rows.", metavar="FILE")
    on: str | None = _read(
        None, "Identifier common to the data (A) and --labels (B).", metavar="A[=B]"
    )
    labels_mean: str | None = _read(
        None,
        "Whoever --labels lists is placed, however often; the others are not, unless --absent "
        "says otherwise.",
        choices=("placed",),
    )
    absent: str | None = _read(
        None, "What a row without a match in --labels means.", choices=("not-placed", "unknown")
    )

    def __post_init__(self) -> None:
        """Refuse what says how to join a file that is not given."""
        super().__post_init__()
        if (self.on or self.absent or self.labels_mean) and not self.labels:
            raise UsageError("--on, --absent and --labels-mean need --labels FILE")

    def file_options(self) -> dict[str, Any]:
        """Return these fields alone, by name, for another that has them."""
        return {item.name: getattr(self, item.name) for item in fields(LabelOptions)}
