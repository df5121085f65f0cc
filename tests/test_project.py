"""What is stated about the project as a whole: packaging, pins, public names, import order."""

import ast
import importlib
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import placement

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGE = ROOT / "placement"
IMPORTED_AS = {"python-calamine": "python_calamine", "scikit-learn": "sklearn"}
COMES_WITH_MLFLOW = {"requests", "sqlalchemy"}  # their exceptions are MLflow's exceptions
HEAVY = ("torch", "mlflow", "pandas", "sklearn", "matplotlib", "scipy")


def name_of(requirement):
    return re.split(r"[<>=!~;\[ ]", requirement, maxsplit=1)[0].lower()


def pins():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def top_modules(nodes):
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "placement").split(".")[0])
    return found


def imported_packages():
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in PACKAGE.rglob("*.py"))
    found = set().union(*(top_modules(ast.walk(tree)) for tree in trees))
    return found - set(sys.stdlib_module_names) - {"placement"}


def loaded_after(statement):
    code = f"import sys; {statement}; print(*[m for m in {HEAVY} if m in sys.modules])"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
    )
    return done.stdout.split()


def test_the_version_is_the_same_everywhere():
    newest = re.search(
        r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert PROJECT["project"]["version"] == placement.__version__ == newest[1]


def test_every_pin_is_a_name_and_a_version_and_nothing_else():
    for pin in pins():
        assert re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*", pin), pin


def test_every_pin_stands_once_and_torch_is_pinned():
    names = [name_of(pin).replace("_", "-") for pin in pins()]
    assert len(names) == len(set(names))
    assert "torch==2.13.0" in pins()


def test_every_dependency_is_pinned():
    pinned = {name_of(pin).replace("_", "-") for pin in pins()}
    extras = PROJECT["project"]["optional-dependencies"].values()
    wanted = [*PROJECT["project"]["dependencies"], *(item for extra in extras for item in extra)]
    assert {name_of(item) for item in wanted} <= pinned


def test_what_the_package_imports_is_what_it_depends_on():
    declared = {
        IMPORTED_AS.get(name_of(item), name_of(item)) for item in PROJECT["project"]["dependencies"]
    }
    assert imported_packages() - COMES_WITH_MLFLOW == declared


def test_the_command_of_the_distribution_exists():
    module, _, name = PROJECT["project"]["scripts"]["placement"].partition(":")
    assert callable(getattr(importlib.import_module(module), name))


def test_the_package_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").is_file()
    assert "py.typed" in PROJECT["tool"]["setuptools"]["package-data"]["placement"]


@pytest.mark.parametrize("name", placement.__all__)
def test_every_public_name_can_be_imported(name):
    assert getattr(placement, name) is not None


def test_public_names_are_sorted_and_listed():
    assert list(placement.__all__) == sorted(placement.__all__)
    assert set(placement.__all__) <= set(dir(placement))


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        placement.no_such_name  # noqa: B018


def test_importing_placement_loads_nothing_heavy():
    assert loaded_after("import placement") == []


def test_the_import_watch_can_see_a_heavy_import():
    assert "pandas" in loaded_after("import placement, pandas")


def test_every_folder_of_the_package_has_a_place_in_the_import_order():
    layers = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    there = {
        item.stem
        for item in PACKAGE.iterdir()
        if item.stem != "__init__" and (item.suffix == ".py" or (item / "__init__.py").is_file())
    }
    assert there == set(layers)


def test_the_scorer_imports_only_numpy_and_safetensors_beside_the_standard_library():
    tree = ast.parse((PACKAGE / "model/scorer.py").read_text(encoding="utf-8"))
    found = top_modules(node for node in tree.body if not isinstance(node, ast.If))
    assert found - set(sys.stdlib_module_names) <= {"numpy", "safetensors"}
    assert "placement" not in top_modules(ast.walk(tree))


def test_only_the_readme_of_the_store_is_tracked():
    rules = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert rules.index("mlruns/*") < rules.index("!mlruns/README.md")
