"""Names of columns in a file, one a line: those of a form are long, with commas in them."""

from pathlib import Path

from placement.errors import UsageError


def names_of_file(path: str, option: str) -> tuple[str, ...]:
    """Return the names that a file lists; `UsageError` naming the option where it lists none."""
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{option} {path}: cannot be read ({problem})") from problem
    names = tuple(" ".join(line.split()) for line in lines if line.strip())
    if not names:
        raise UsageError(f"{option} {path}: it names no column; write one on each line")
    return names
