"""Write docs/autograd.ipynb and docs/lessons.md from the lessons, or check that they are true.

    python scripts/make_lessons.py [--check]

The notebook is run from top to bottom, and keeps what its cells showed.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from placement.lessons.notebook import notebook, page

DOCS = Path(__file__).parents[1] / "docs"
NOTEBOOK, PAGE = DOCS / "autograd.ipynb", DOCS / "lessons.md"


def executed(document: dict[str, Any]) -> dict[str, Any]:
    """Run a notebook in a kernel of its own; an error in a cell is raised."""
    node = nbformat.from_dict(document)
    client = NotebookClient(
        node,
        timeout=120,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--IPKernelApp.log_level=40"],  # no advice on other transports
    )
    done: dict[str, Any] = client.execute()
    return done


def settled(text: str) -> str:
    """Return a text with what another processor may round otherwise left out.

    That are the last digits of numbers, those that are but rounding, and the places in a drawing.
    """
    text = re.sub(r'base64,[^"]*', "", text)
    text = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"<(svg|rect|path|text)[^>]*>", r"<\1>", text)
    text = _NUMBER.sub(_rounded, text)
    return re.sub(r" +", " ", text)  # columns are as wide as their longest number


_NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?|-?\d+e[-+]?\d+")


def _rounded(found: re.Match[str]) -> str:
    value = float(found[0])
    return "0" if abs(value) < 1e-6 else f"{value:.4g}"


def told(document: dict[str, Any]) -> list[str]:
    """Return what the cells say and showed, settled; in a file each line is apart."""
    found = []
    for cell in document["cells"]:
        # What is printed comes in as many pieces as the kernel likes.
        shown = [
            "".join(output.get("data", {}).get("text/html", output.get("text", "")))
            for output in cell.get("outputs", [])
        ]
        found += ["".join(cell["source"]), settled("".join(shown))]
    return found


def drifted() -> list[Path]:
    """Return the files that are no longer what the lessons make."""
    known = json.loads(NOTEBOOK.read_text(encoding="utf-8")) if NOTEBOOK.exists() else {"cells": []}
    stale = [NOTEBOOK] if told(known) != told(executed(notebook())) else []
    written = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if settled(written) != settled(page()):
        stale.append(PAGE)
    return stale


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 where stale")
    if parser.parse_args().check:
        stale = drifted()
        for path in stale:
            print(f"{path.name} is stale: run `make format`", file=sys.stderr)
        return 1 if stale else 0
    PAGE.write_text(page(), encoding="utf-8")
    nbformat.write(executed(notebook()), NOTEBOOK)
    return 0


if __name__ == "__main__":
    sys.exit(main())
