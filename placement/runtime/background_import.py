"""Import modules on another thread while something else is waited for."""

import gc
import importlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread


@contextmanager
def import_in_background(*names: str) -> Iterator[None]:
    """Import modules on another thread while the block runs; they are there when it is left.

    What the block itself imports should be none of them. An error of the block does not wait.
    """
    thread = Thread(target=_import, args=(names,))
    thread.start()
    yield
    thread.join()


@contextmanager
def without_collecting() -> Iterator[None]:
    """Do not look for garbage while the block imports: a tenth of the time, and there is none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _import(names: tuple[str, ...]) -> None:
    with without_collecting():
        for name in names:
            with suppress(Exception):  # raised again where the module is imported for use
                importlib.import_module(name)
