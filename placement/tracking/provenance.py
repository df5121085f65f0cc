"""Where a run comes from: code, versions, machine."""

import getpass
import os
import platform
import subprocess
from importlib import metadata

from placement import __version__

PACKAGES = ("torch", "mlflow", "numpy", "pandas", "scikit-learn", "safetensors")


def provenance_tags() -> dict[str, str]:
    """Tags that say with what a run was made; what cannot be found out is left out."""
    commit = git_commit()
    tags = {
        "mlflow.source.name": "placement",
        "mlflow.source.type": "LOCAL",
        "mlflow.user": _user(),
        "mlflow.source.git.commit": commit,
        "git_commit": commit,
        "machine": f"{platform.node()}, {platform.platform()}, {os.cpu_count()} cores",
        "version.python": platform.python_version(),
        "version.placement": __version__,
        **{f"version.{name}": _version(name) for name in PACKAGES},
    }
    return {name: value for name, value in tags.items() if value}


def git_commit() -> str:
    """Return the commit of the current directory, or an empty string outside a repository."""
    command = ["git", "rev-parse", "HEAD"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def public_version(package: str) -> str:
    """Return a version as an index knows it: `2.13.0+cpu` → `2.13.0`."""
    return metadata.version(package).partition("+")[0]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user without a name
        return ""
