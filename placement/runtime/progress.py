"""Who watches a workflow: the command line does, a test need not."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Progressing(Protocol):
    """Where a workflow says how far it is."""

    def update(self, done: int, detail: str = "") -> None:
        """Say that `done` units are done."""


class ProgressListener(Protocol):
    """What a workflow says while it works; results are returned, not said."""

    def note(self, text: str) -> None:
        """State a fact."""

    def warn(self, text: str) -> None:
        """State a doubt."""

    def progress(
        self, label: str, unit: str, total: int | None = None
    ) -> AbstractContextManager[Progressing]:
        """Show progress while the context is open."""


class NoProgress:
    """A watcher that says nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""

    def warn(self, text: str) -> None:
        """Say nothing."""

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
