"""The benchmarks run and say what they found; how fast anything is, no test asks."""

import contextlib
import io
import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import bench

    return bench


@pytest.fixture
def solving(bench):
    import bench_solve

    return bench_solve


@pytest.fixture
def in_this_process(bench, monkeypatch):
    """Commands of placement are run here: a process that trains imports torch, for seconds."""
    from placement.cli import run as placement

    run = bench.Bench.run

    def here(measure, *command, **environment):
        if command[: len(bench.PLACEMENT)] != bench.PLACEMENT:
            return run(measure, *command, **environment)
        start = time.perf_counter()
        words = list(map(str, command[len(bench.PLACEMENT) :]))
        said = io.StringIO()
        with (
            contextlib.chdir(measure.folder),
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
        ):
            assert placement(words) == 0, said.getvalue()
        return time.perf_counter() - start

    monkeypatch.setattr(bench.Bench, "run", here)


def test_a_benchmark_gives_a_document_with_the_ratio_of_every_round(
    bench, in_this_process, capsys, tmp_path
):
    out = tmp_path / "found.json"
    assert bench.main(["predict-one", "--quick", "--json", "--write", str(out)]) == 0
    told = capsys.readouterr()
    document = json.loads(told.out)
    assert document == json.loads(out.read_text())
    assert {row["id"] for row in document["results"]} == {"predict-one"}
    assert len(document["results"]) == 3
    for row in document["results"]:
        assert row["ratios"] == [a / b for a, b in zip(row["placement"], row["peers"], strict=True)]
    assert document["machine"]["processors"] >= 1
    assert len(told.err.splitlines()) == 3


def test_the_peak_of_a_command_is_its_own_and_not_that_of_who_started_it(bench, tmp_path):
    held = np.ones(40_000_000)  # 320 MB here
    measure = bench.Bench(tmp_path, quick=True)
    small = measure.peak(sys.executable, "-S", "-c", "pass")
    large = measure.peak(sys.executable, "-S", "-c", "x = bytearray(50_000_000)")
    assert small < 100e6 < held.nbytes
    assert 40e6 < large - small < 60e6


def test_a_command_that_fails_ends_the_benchmark_with_what_it_said(bench, tmp_path):
    measure = bench.Bench(tmp_path, quick=True)
    with pytest.raises(SystemExit, match="no good"):
        measure.run(sys.executable, "-S", "-c", "raise SystemExit('no good')")


def test_only_peers_that_reach_the_optimum_are_timed(solving, monkeypatch):
    found = solving.contest(solving.plain(3_000))
    assert "newton-cholesky float64" in found.peers
    assert all(seconds() > 0 for seconds in (found.placement, found.peers["lbfgs float64"]))
    monkeypatch.setattr(solving, "TOLERANCES", (0.5,))
    lax = solving.contest(solving.plain(3_000))
    assert "lbfgs float64" in lax.left_out
    assert "lbfgs float64" not in lax.peers


def test_the_wide_table_of_the_peers_is_that_of_placement_in_columns_of_0_and_1(solving):
    data = solving.wide(1_000)
    assert data.x.shape == (1_000, 100)
    written_out = pd.get_dummies(data.samples, drop_first=True, dtype=np.float32)
    np.testing.assert_array_equal(data.x, written_out.to_numpy())


def test_the_large_file_is_the_same_each_time_and_has_what_it_is_asked_for(bench, tmp_path):
    import make_large

    for name in ("a.csv", "b.csv"):
        make_large.write(tmp_path / name, 1_000)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert len(lines) == 1_001
    assert lines[0].replace('"', "") == ",".join((*bench.COLUMNS, "status"))


def test_an_unknown_benchmark_is_told_with_those_there_are(bench, capsys):
    with pytest.raises(SystemExit) as left:
        bench.main(["solv"])
    assert left.value.code == 2
    assert "solve-wide" in capsys.readouterr().err
