"""docs/scaling.md holds: its scripts are there and sound, its commands known, its bytes counted."""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
import yaml

from placement import TrainConfig, fit, read_table
from placement.cli import cli
from placement.runtime import ranks

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
SHELL_SCRIPTS = ("department_store.sh", "two_hosts.sh")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


class CountingRanks(ranks.Alone):
    """Counts the bytes of each exchange."""

    def __init__(self):
        self.moved = set()

    def add_up(self, *arrays):
        self.moved.add(8 * sum(array.size for array in arrays))
        return arrays


def test_a_pass_moves_as_many_bytes_as_the_page_says(students, tmp_path, monkeypatch):
    assert "8 · (4 + (d + 1) + (d + 1)²)" in PAGE
    table = read_table(students(tmp_path / "s.csv"), target="status")
    counting = CountingRanks()
    monkeypatch.setattr(ranks, "_ranks", counting)
    width = len(fit(table, TrainConfig(optimizer="newton")).coefficients)
    gradient = 8 * (4 + (width + 1))
    assert counting.moved >= {gradient, gradient + 8 * (width + 1) ** 2}
    assert f"{8 * (4 + 21 + 21**2) / 1000:.1f} kB for 20 columns" in PAGE
    assert f"{8 * (4 + 101 + 101**2) / 1000:.0f} kB for 100" in PAGE


def test_every_link_and_script_of_the_page_is_there():
    targets = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert targets
    assert [target for target in targets if not (ROOT / "docs" / target).exists()] == []
    scripts = set(re.findall(r"scripts/\w+\.\w+", PAGE))
    assert len(scripts) >= 4
    assert [name for name in scripts if not (ROOT / name).is_file()] == []


def test_every_option_of_placement_on_the_page_is_one():
    commands = re.findall(r"placement (train|predict) ([^\n#`]*)", PAGE)
    assert len(commands) > 4
    for name, words in commands:
        known = {option for parameter in cli.commands[name].params for option in parameter.opts}
        assert {word for word in shlex.split(words) if word.startswith("--")} <= known
    assert {"--workers", "--rank-timeout", "--stream"} <= {
        option for parameter in cli.commands["train"].params for option in parameter.opts
    }


def test_the_pages_job_for_slurm_is_sound_bash_and_that_for_kubernetes_an_indexed_job():
    (script,) = blocks("bash")
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    service, job = yaml.safe_load_all(blocks("yaml")[0])
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert job["spec"]["completionMode"] == "Indexed"
    assert f"--nnodes={job['spec']['completions']}" in container["command"]
    first = f"{job['metadata']['name']}-0.{service['metadata']['name']}"
    assert f"--rdzv-endpoint={first}:29400" in container["command"]


@pytest.mark.parametrize("name", SHELL_SCRIPTS)
def test_a_shell_script_says_how_it_is_used_from_anywhere(name, tmp_path):
    script = ROOT / "scripts" / name
    done = subprocess.run(
        [script, "--help"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert f"scripts/{name} [" in done.stdout
    wrong = subprocess.run([script, "--nonsense"], cwd=tmp_path, capture_output=True, check=False)
    assert wrong.returncode == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", SHELL_SCRIPTS)
def test_shellcheck_has_nothing_to_say_of_a_shell_script(name):
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed (on Debian: apt-get install shellcheck)")
    subprocess.run(["shellcheck", ROOT / "scripts" / name], check=True)


def test_a_store_without_postgresql_says_what_to_install(tmp_path):
    finds_nothing = tmp_path / "find"
    finds_nothing.write_text("#!/bin/sh\nexit 1\n")
    finds_nothing.chmod(0o755)
    folders = [f for f in os.environ["PATH"].split(os.pathsep) if not Path(f, "pg_ctl").exists()]
    path = os.pathsep.join([str(tmp_path), *folders])
    script = ROOT / "scripts" / "department_store.sh"
    with tempfile.TemporaryDirectory() as folder:  # a socket's path is short
        done = subprocess.run(
            [script, folder], env={**os.environ, "PATH": path}, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, "apt-get install postgresql" in done.stderr) == (1, True)
