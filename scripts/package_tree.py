"""Print the folders of the package, each with the first line of its docstring, for cog."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 24


def order() -> list[str]:
    """Return the layers of the import order, first to last, as pyproject.toml has them."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    return [layer for layer in reversed(layers) if layer != "__main__"]


def summary(file: Path) -> str:
    """Return the first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").split("\n")[0]


def show() -> None:
    """Print a line a module or folder of the import order, and below it one a folder within."""
    package = ROOT / "placement"
    print("```", "placement/", sep="\n")
    for name in order():
        folder = package / name
        if not folder.is_dir():
            print(f"  {name + '.py':<{WIDTH}}{summary(folder.with_suffix('.py'))}")
            continue
        print(f"  {name + '/':<{WIDTH}}{summary(folder / '__init__.py')}")
        for inner in sorted(folder.glob("*/__init__.py")):
            print(f"    {inner.parent.name + '/':<{WIDTH - 2}}{summary(inner)}")
    print("```")
