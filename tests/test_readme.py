"""The README holds: its Python runs, its links lead somewhere, its table is reproduced."""

import doctest
import re
import shutil
from pathlib import Path

import pytest

from placement import TrainConfig, fit, read_table
from placement.cli import cli

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOUR = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")

# Greene, Econometric Analysis, on Spector and Mazzeo (1980)
SPECTOR = {"GPA": 2.826, "TUCE": 0.095, "PSI": 2.379}


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})  # noqa: S102 - our own page
    assert 0.8 < float(capsys.readouterr().out) < 0.95
    assert (tmp_path / "model" / "fitted.json").is_file()


def test_the_lines_of_the_python_page_print_what_it_shows(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    page = str(ROOT / "docs" / "python.md")
    failed, tried = doctest.testfile(page, module_relative=False, encoding="utf-8")
    assert failed == 0
    assert tried > 20


def test_every_link_and_picture_of_the_readme_is_there():
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(targets) > 5
    missing = [t for t in targets if "://" not in t and not (ROOT / t).exists()]
    assert not missing


def test_the_tour_shows_every_command():
    shown = TOUR.split("$ placement --help")[1]
    assert [
        name for name in cli.commands if not re.search(rf"^  {name} ", shown, re.MULTILINE)
    ] == []


def test_the_readme_is_read_in_five_minutes():
    assert len(README.splitlines()) <= 220


def test_published_coefficients_are_reproduced():
    spector = pytest.importorskip("statsmodels.datasets").spector
    table = read_table(spector.load_pandas().data, target="GRADE")
    fitted = fit(table, TrainConfig(l2=0.0, test_size=0.0))
    found = {row.feature: row.coefficient for row in fitted.coefficients}
    assert found == pytest.approx(SPECTOR, abs=5e-4)
    assert fitted.natural_intercept == pytest.approx(-13.021, abs=5e-4)
