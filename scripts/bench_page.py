"""Show the results of `bench.py` as the tables of docs/benchmarks.md."""

import json
import statistics
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.json"


def show(path: Path = RESULTS) -> None:
    """Print when and where it was measured, and a line for each size of each benchmark."""
    document = json.loads(path.read_text(encoding="utf-8"))
    machine = document["machine"]
    print(
        f"Measured on {machine['date']}: {machine['processors']} processors "
        f"({machine['architecture']}), {machine['memory_gb']} GB of memory that is read at "
        f"{machine['memory_bandwidth_gb_s']} GB/s, Python {machine['python']}, "
        f"torch {machine['torch']}, scikit-learn {machine['scikit-learn']}.\n"
    )
    print("| | size | fastest peer | `placement` | peer | ratio (spread) | to reach | limit |")
    print("|---|---|---|---:|---:|---:|---:|---:|")
    for row in document["results"]:
        print(_line(row))
    notes = {
        row["notes"]: f"{row['id']} at {row['size']}" for row in document["results"] if row["notes"]
    }
    if notes:
        print()
        for note, where in notes.items():
            print(f"- {where}: {note}.")


def _line(row: dict[str, Any]) -> str:
    ratios = row["ratios"]
    ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
    ours, theirs = (
        _amount(statistics.median(row[side]), row["unit"]) for side in ("placement", "peers")
    )
    limit = "" if row["limit"] is None else f"{row['limit']:.3f} s"
    words = [row["id"], row["size"], row["peer"], ours, theirs, ratio, str(row["goal"]), limit]
    return f"| {' | '.join(words)} |"


def _amount(value: float, unit: str) -> str:
    if unit == "B":
        return f"{value / 1e6:.0f} MB"
    return f"{value * 1e3:.2f} ms" if unit == "ms" else f"{value:.3f} s"
