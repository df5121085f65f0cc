"""The file that `predict` keeps beside a list: `list.csv.about.json`."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from placement.arrays import Document
from placement.data.schema import PROBABILITY, SEAT
from placement.data.table.roles.earlier_lists import HELPED
from placement.data.table.table import Table
from placement.errors import Grave, StoreError, counted
from placement.model.scorer import match_columns


def about_path(path: Path, *, exact: bool = False) -> Path | None:
    """Return the about file: that of the list, or of the same list saved in another format.

    `exact`: of this very name alone.
    """
    own = path.parent / f"{path.name}.about.json"  # of "." too, which has no name
    try:
        found = own.exists()
    except OSError:  # no file can have such a name
        return None
    if found or exact:
        return own if found else None
    others = sorted(path.parent.glob("*.about.json"))
    saved = [other for other in others if other.name.split(".")[0] == path.name.split(".")[0]]
    return saved[0] if len(saved) == 1 else None


def warn_of_lists(sources: Sequence[str], table: Table) -> Iterator[Grave]:
    """Yield a warning for each source that is a list whose column of seats is gone."""
    if match_columns(table.chunked_columns, [SEAT]):
        return  # whose students are counted by the column
    # A sheet may have the name of a list that was made from it, and differ in the ending alone.
    exact = not match_columns(table.chunked_columns, [PROBABILITY])
    for source in sources:
        beside = about_path(Path(source), exact=exact)
        seats = 0 if beside is None else _seats(beside)
        if beside is not None and seats:
            text = (
                f"{source}: was a list of {counted(seats, 'seat')}, as {beside.name} says, and its "
                f"column {SEAT} is gone: what became of those who had one is what the list did as "
                "well, and nobody can tell who they are; take the file as predict wrote it"
            )
            yield Grave(text, f"{source} was a list of {counted(seats, 'seat')}: {SEAT} is gone.")


def refuse_to_replace_draw(path: Path) -> None:
    """Raise `StoreError` where a file is, or is part of, a list that lots were drawn for."""
    if not path.exists():
        return
    beside = about_path(path, exact=True)
    kept = {} if beside is None else _kept(beside)
    for about in [] if kept else sorted(path.parent.glob("*.about.json")):
        if path.name in _document(about).get("files", ()):
            kept = _kept(about)
    if lottery := kept.get("lottery"):
        raise StoreError(
            f"--out {path}: is a list with a lottery (seed {lottery.get('seed')}), which may have "
            "been acted on, and annotated since; give another --out, or remove it first"
        )


def _seats(path: Path) -> int:
    """Return how many seats a list gave, 0 where the file keeps none, or is something else's."""
    try:
        return sum(int(_kept(path)["seats"][word]) for word in HELPED)
    except (LookupError, TypeError, ValueError):
        return 0


def _kept(path: Path) -> Document:
    """Return what an about file keeps of a list; nothing where it is none."""
    kept = _document(path).get("list")
    return kept if isinstance(kept, dict) else {}


def _document(path: Path) -> Document:
    """Return what an about file holds; nothing where it is something else's."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
