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


def execute(document: dict[str, Any]) -> dict[str, Any]:
    """Run a notebook in a kernel of its own; an error in a cell is raised."""
    client = NotebookClient(
        nbformat.from_dict(document),
        timeout=120,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--IPKernelApp.log_level=40"],  # no advice on other transports
    )
    executed: dict[str, Any] = client.execute()
    return executed


def normalise(text: str) -> str:
    """Return a text without what another processor may round otherwise.

    That are the last digits of numbers, those that are but rounding, and positions in a drawing.
    """
    text = re.sub(r'base64,[^"]*', "", text)
    text = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"<(svg|rect|path|text)[^>]*>", r"<\1>", text)
    text = _NUMBER.sub(_round, text)
    return re.sub(r" +", " ", text)  # columns are as wide as their longest number


_NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?|-?\d+e[-+]?\d+")


def _round(match: re.Match[str]) -> str:
    value = float(match[0])
    return "0" if abs(value) < 1e-6 else f"{value:.4g}"


def cell_texts(document: dict[str, Any]) -> list[str]:
    """Return the source and the normalised output of each cell; in a file each line is apart."""
    texts = []
    for cell in document["cells"]:
        # What is printed comes in as many pieces as the kernel likes.
        outputs = [
            "".join(output.get("data", {}).get("text/html", output.get("text", "")))
            for output in cell.get("outputs", [])
        ]
        texts += ["".join(cell["source"]), normalise("".join(outputs))]
    return texts


def stale_files() -> list[Path]:
    """Return the files that are no longer what the lessons make."""
    written = (
        json.loads(NOTEBOOK.read_text(encoding="utf-8")) if NOTEBOOK.exists() else {"cells": []}
    )
    stale = [NOTEBOOK] if cell_texts(written) != cell_texts(execute(notebook())) else []
    written_page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if normalise(written_page) != normalise(page()):
        stale.append(PAGE)
    return stale


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 where stale")
    if parser.parse_args().check:
        stale = stale_files()
        for path in stale:
            print(f"{path.name} is stale: run `make format`", file=sys.stderr)
        return 1 if stale else 0
    PAGE.write_text(page(), encoding="utf-8")
    nbformat.write(execute(notebook()), NOTEBOOK)
    return 0


if __name__ == "__main__":
    sys.exit(main())
