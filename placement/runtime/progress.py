"""What a workflow reports while it works: the command line listens, a test need not."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Progressing(Protocol):
    """Where a workflow reports how far it is."""

    def update(self, done: int, detail: str = "") -> None:
        """Say that `done` units are done."""


class ProgressListener(Protocol):
    """Receives what a workflow reports while it works; results are returned, not reported."""

    def note(self, text: str) -> None:
        """Report a fact."""

    def warn(self, text: str) -> None:
        """Report a warning."""

    def progress(
        self, label: str, unit: str, total: int | None = None
    ) -> AbstractContextManager[Progressing]:
        """Show progress while the context is open."""


class NoProgress:
    """A listener that shows nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""

    def warn(self, text: str) -> None:
        """Show nothing."""

    def progress(
        self,
        label: str,  # noqa: ARG002
        unit: str,  # noqa: ARG002
        total: int | None = None,  # noqa: ARG002
    ) -> AbstractContextManager[Progressing]:
        """Show nothing."""
        return nullcontext(_NoProgress())


class _NoProgress:
    def update(self, done: int, detail: str = "") -> None:
        """Show nothing."""
