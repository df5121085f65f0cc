"""What is stated about the project as a whole: packaging, pins, public names, import order."""

import ast
import importlib
import re
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import placement

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGE = ROOT / "placement"
IMPORTED_AS = {
    "prometheus-client": "prometheus_client",
    "python-calamine": "python_calamine",
    "scikit-learn": "sklearn",
}
NOT_IMPORTED = {"python-multipart"}  # FastAPI reads forms by it
COMES_WITH_MLFLOW = {"google", "requests", "sqlalchemy"}  # their exceptions are MLflow's exceptions
IMPORTED_BY_NAME = {"placement.lessons.catalog": "placement.lessons.course."}  # seen by no parser
MAX_MODULES = 12  # in a folder
LISTS = {"cli", "tracking"}  # one file a command, one a matter of MLflow
NO_MODULE_OF_THIS_NAME = {
    "data/formats/test_referees.py": "other readers of the same files",
    "model/test_curves.py": "spline terms as they are scored, from encoding/ to the scorer",
    "model/test_number_formats.py": "the scorer again: numbers as offices write them",
    "model/test_scorer_calibration.py": "the scorer again, calibrated",
    "training/test_large.py": "what passes/ and solver/ do only for many rows",
    "workflows/test_curves.py": "spline terms from the command to every use of a model",
    "workflows/test_streaming.py": "the same model in memory and from disk, through all of train",
}


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


def module_name(file, root):
    path = file.relative_to(root.parent)
    parts = path.parent.parts if path.stem == "__init__" else path.with_suffix("").parts
    return ".".join(parts)


def import_nodes(tree):
    """The import statements at any depth, but for those that only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for statement in node.orelse:
                yield from import_nodes(statement)
        else:
            yield from import_nodes(node)


def import_graph(root):
    """Of each module below a package's folder the modules of the package that it imports."""
    files = {module_name(file, root): file for file in root.rglob("*.py")}
    graph = {name: set() for name in files}
    for name, file in files.items():
        for node in import_nodes(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names]
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{name}: a relative import"
                below = [f"{node.module}.{imported}" for imported in names]
                names = [full if full in files else node.module for full in below]
            graph[name] |= graph.keys() & set(names)
        prefix = IMPORTED_BY_NAME.get(name)
        graph[name] |= {other for other in files if prefix and other.startswith(prefix)}
    return graph


def import_cycle(graph):
    """The modules of one cycle, each followed by one that imports it; none where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


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
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    required = [*project["dependencies"], *extras["serve"], *extras["export"]]
    declared = {
        IMPORTED_AS.get(name_of(item), name_of(item))
        for item in required
        if name_of(item) not in NOT_IMPORTED
    }
    assert imported_packages() - COMES_WITH_MLFLOW == declared


def test_the_command_of_the_distribution_exists():
    module, _, name = PROJECT["project"]["scripts"]["placement"].partition(":")
    assert callable(getattr(importlib.import_module(module), name))


def test_the_package_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").is_file()
    assert "py.typed" in PROJECT["tool"]["setuptools"]["package-data"]["placement"]


def test_every_folder_of_the_package_has_a_place_in_the_import_order():
    layers = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    there = {
        item.stem
        for item in PACKAGE.iterdir()
        if item.stem != "__init__" and (item.suffix == ".py" or (item / "__init__.py").is_file())
    }
    assert there == set(layers)


def test_no_module_imports_itself_by_way_of_others():
    graph = import_graph(PACKAGE)
    assert len(graph) > 200
    assert "placement.lessons.course.square" in graph["placement.lessons.catalog"]
    assert import_cycle(graph) == []


@pytest.mark.parametrize(
    ("back", "cycle"),
    [
        ("from made.up.low import name", ["made.up.low", "made.up.high"]),
        ("import made.up.low", ["made.up.low", "made.up.high"]),
        ("from made.up import low", ["made.up.low", "made.up.high"]),
        ("def late():\n    if late:\n        import made.up.low", ["made.up.low", "made.up.high"]),
        (
            "try:\n    import made.up.low\nexcept ImportError:\n    pass",
            ["made.up.low", "made.up.high"],
        ),
        ("import made.up.lowest", []),
        ("if TYPE_CHECKING:\n    import made.up.low", []),
    ],
)
def test_the_search_for_cycles_can_see_one(back, cycle, tmp_path):
    folder = tmp_path / "made" / "up"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "lowest.py").touch()
    (folder / "low.py").write_text("from made.up.high import name\n", encoding="utf-8")
    (folder / "high.py").write_text(f"{back}\n", encoding="utf-8")
    assert set(import_cycle(import_graph(tmp_path / "made"))) == set(cycle)


def package_folders():
    return sorted({file.parent for file in PACKAGE.rglob("*.py")})


def test_no_folder_has_more_than_twelve_modules_but_those_that_are_lists():
    crowded = {
        folder.relative_to(PACKAGE).as_posix()
        for folder in package_folders()
        if len(set(folder.glob("*.py")) - {folder / "__init__.py"}) > MAX_MODULES
    }
    assert crowded == LISTS


@pytest.mark.parametrize("folder", package_folders()[1:], ids=lambda folder: folder.name)
def test_every_folder_says_in_one_line_what_comes_in_and_what_goes_out(folder):
    text = (folder / "__init__.py").read_text(encoding="utf-8")
    assert len(ast.get_docstring(ast.parse(text)).splitlines()) == 1


def test_every_test_module_has_the_name_of_the_module_it_tests_or_a_reason():
    other = {ROOT / "tests" / name for name in (".", "cli", "scripts")}  # by what a user does
    without = {
        file.relative_to(ROOT / "tests").as_posix()
        for file in (ROOT / "tests").rglob("test_*.py")
        if file.parent not in other
        and not (
            PACKAGE / file.parent.relative_to(ROOT / "tests") / file.name.removeprefix("test_")
        ).is_file()
    }
    assert without == set(NO_MODULE_OF_THIS_NAME)


def test_the_scorer_imports_only_numpy_and_safetensors_beside_the_standard_library():
    tree = ast.parse((PACKAGE / "model/scorer.py").read_text(encoding="utf-8"))
    found = top_modules(node for node in tree.body if not isinstance(node, ast.If))
    assert found - set(sys.stdlib_module_names) <= {"numpy", "safetensors"}
    assert "placement" not in top_modules(ast.walk(tree))


def test_only_the_readme_of_the_store_is_tracked():
    rules = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert rules.index("mlruns/*") < rules.index("!mlruns/README.md")
