"""What a workflow reports while it works: the command line listens, a test need not."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from placement.runtime.signals import check_signals


class Progress:
    """Where a workflow reports how far it is; this one shows nothing."""

    def update(self, done: int, detail: str = "") -> None:  # noqa: ARG002
        """Say that `done` units are done."""
        check_signals()


class ProgressListener(Protocol):
    """Receives what a workflow reports while it works; results are returned, not reported."""

    def note(self, text: str) -> None:
        """Report a fact."""

    def notes(self, texts: Sequence[str]) -> None:
        """Report facts of one kind, of which the first say most."""

    def warn(self, text: str) -> None:
        """Report a warning."""

    def progress(
        self, label: str, unit: str, total: int | None = None
    ) -> AbstractContextManager[Progress]:
        """Show progress while the context is open."""


class NoProgress:
    """A listener that shows nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""

    def notes(self, texts: Sequence[str]) -> None:
        """Show nothing."""

    def warn(self, text: str) -> None:
        """Show nothing."""

    def progress(
        self,
        label: str,  # noqa: ARG002
        unit: str,  # noqa: ARG002
        total: int | None = None,  # noqa: ARG002
    ) -> AbstractContextManager[Progress]:
        """Show nothing."""
        return nullcontext(Progress())
