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


def told(document: dict[str, Any]) -> list[str]:
    """Return what the cells say and showed, pictures aside; in a file each line is apart."""
    found = []
    for cell in document["cells"]:
        # What is printed comes in as many pieces as the kernel likes.
        shown = [
            "".join(output.get("data", {}).get("text/html", output.get("text", "")))
            for output in cell.get("outputs", [])
        ]
        found += ["".join(cell["source"]), re.sub(r'base64,[^"]*', "", "".join(shown))]
    return found


def drifted() -> list[Path]:
    """Return the files that are no longer what the lessons make."""
    known = json.loads(NOTEBOOK.read_text(encoding="utf-8")) if NOTEBOOK.exists() else {"cells": []}
    stale = [NOTEBOOK] if told(known) != told(executed(notebook())) else []
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
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
