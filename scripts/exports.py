"""Export models of real placement files to every format, and say how far each is from the model.

    python scripts/exports.py DIR [--to sql,python] [--only NAME]

DIR holds one folder a file, as for `real_files.py`, whose cases say with which options a file
trains. Every export is run on the corners of its model and on every row of its file; the table
shows the largest difference that any referee found. Exit 1 if an export was refused.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from real_files import CASES, Case, Options, placement

FORMATS = ("sql", "python", "onnx", "xlsx", "nomogram")
# Curves, steps, products and calibrations beside what `train` makes of a file by itself.
CURVED: dict[str, Options] = {
    "college-place": ("--spline", "CGPA", "--calibrate", "isotonic"),
    "campus-recruitment": ("--spline", "mba_p", "--calibrate", "platt"),
    "placement-2500": ("--interaction", "cgpa:internships", "--step", "coding_score:60"),
}
READING = ("--names",)


@dataclass(frozen=True)
class Row:
    """One model of one file: the rows it was run on, and what became of each export."""

    name: str
    rows: int
    cells: tuple[str, ...]
    refused: bool
    seconds: float


def exported(path: Path, name: str, case: Case, more: Options, formats: Options) -> Row:
    """Train on a file and export the model to every format."""
    start = time.perf_counter()
    trained = placement("train", str(path), *case.options, *more, "--no-track", "--out", name)
    if trained.code:
        return Row(name, 0, (f"does not train: {trained.err.strip()[-60:]}",), True, 0.0)
    cells, rows, refused = [], 0, False
    for kind in formats:
        given = ("--to", kind, "--data", str(path), *reading(case), "--json", "--quiet")
        done = placement("export", name, *given)
        if done.code:
            cells.append(f"exit {done.code}: {done.err.strip().splitlines()[-1][:70]}")
            refused |= done.code != 2
            continue
        proofs = done.document["proofs"]
        rows = max(rows, *(proof["rows"] for proof in proofs))
        cells.append(f"{done.document['largest_difference']:.1e}")
    return Row(name, rows, tuple(cells), refused, time.perf_counter() - start)


def reading(case: Case) -> Options:
    """Return those of a case's options that say how its file is read."""
    pairs = zip(case.options[::2], case.options[1::2], strict=True)
    return tuple(word for pair in pairs if pair[0] in READING for word in pair)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("directory", type=Path, help="the folder of real files")
    parser.add_argument("--to", default=",".join(FORMATS), help="formats, by commas")
    parser.add_argument("--only", default="", help="files whose folder has this in its name")
    asked = parser.parse_args()
    formats = tuple(asked.to.split(","))
    print("| file | rows |", " | ".join(formats), "| s |")
    print("|---|---:|" + "---|" * len(formats) + "---:|", flush=True)
    refused = False
    with tempfile.TemporaryDirectory() as scratch:
        for case in CASES:
            name = case.path.partition("/")[0]
            if case.refused or asked.only not in name:
                continue
            variants = [("", ()), *([(" curved", CURVED[name])] if name in CURVED else [])]
            for suffix, more in variants:
                path = (asked.directory / case.path).resolve()
                row = exported(path, f"{scratch}/{name}{suffix}", case, more, formats)
                refused |= row.refused
                shown = " | ".join(row.cells)
                line = f"{name}{suffix} | {row.rows:,} | {shown} | {row.seconds:.0f}"
                print(f"| {line} |", flush=True)
    return int(refused)


if __name__ == "__main__":
    sys.exit(main())
