"""Import modules on another thread while something else is waited for."""

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


def _import(names: tuple[str, ...]) -> None:
    for name in names:
        with suppress(Exception):  # raised again where the module is imported for use
            importlib.import_module(name)
