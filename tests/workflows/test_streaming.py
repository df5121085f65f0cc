"""In memory, on the disk, in pieces and chunks of any size, from any format: the same model."""

import dataclasses
import gzip
import io
import os
import signal
import subprocess
import sys
import types

import numpy as np
import pandas as pd
import pytest

from placement.config.train_config import TrainConfig
from placement.data.columns import storage as storing
from placement.data.columns.column_store import DiskColumnStore, MemoryColumnStore
from placement.data.columns.load_columns import load_columns
from placement.data.columns.loading.column_cache import load_cached_columns
from placement.data.columns.storage import Storage
from placement.data.encoding.chunks import ArrayChunks, FileChunks
from placement.data.formats.table_reader import open_table
from placement.training.fit import build_fitted
from placement.training.prepare import prepare
from placement.training.solver.training_loop import solve
from placement.workflows.reading.read_training_tables import read
from placement.workflows.training import verdict
from placement.workflows.training.final_figures import finalize
from placement.workflows.training.fit_and_test import fit_and_test, understand

pytestmark = pytest.mark.usefixtures("held_out_decides")
ROWS = 700
EXACT = 1e-10


def made(rows=ROWS, seed=3):
    """Students with gaps, a category with rare levels, words no one else has, unknown outcomes."""
    draw = np.random.default_rng(seed)
    cgpa = draw.normal(7, 1, rows).round(2)
    tests = draw.poisson(60, rows).astype(float)
    tests[draw.random(rows) < 0.1] = np.nan
    branch = draw.choice(
        ["CSE", "ECE", "MECH", "Rare A", "Rare B"], rows, p=[0.5, 0.3, 0.19, 0.005, 0.005]
    )
    z = 1.2 * (cgpa - 7) + 0.03 * (np.nan_to_num(tests, nan=55) - 60) + (branch == "CSE") * 0.5
    status = np.where(draw.random(rows) < 1 / (1 + np.exp(-z)), "Placed", "Not Placed").astype(
        object
    )
    status[draw.random(rows) < 0.05] = None
    return pd.DataFrame(
        {
            "cgpa": cgpa,
            "aptitude": tests,
            "branch": branch,
            "essay": [f"word {k} and {k * 7919 % 9973}" for k in range(rows)],
            "backlogs": draw.poisson(0.5, rows),
            "many": draw.integers(1, 4, rows),
            "status": status,
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The same table in every format, and as two files."""
    folder, frame = tmp_path_factory.mktemp("table"), made()
    frame.to_csv(folder / "table.csv", index=False)
    (folder / "table.csv.gz").write_bytes(gzip.compress((folder / "table.csv").read_bytes()))
    frame.to_csv(folder / "table.tsv", index=False, sep="\t")
    frame.to_parquet(folder / "table.parquet")
    frame.to_excel(folder / "table.xlsx", index=False)
    frame.iloc[:301].to_csv(folder / "part-1.csv", index=False)
    frame.iloc[301:].to_csv(folder / "part-2.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def fits():
    """The fits of `table.csv` by their settings: each is compared with many, and made once."""
    return {}


@pytest.fixture
def trained(files, tmp_path, fits):
    """Train the table of a file in a storage, as the command does."""

    def train_once(*names, **how):
        if names or "chunk_rows" in how:
            return train(*names, **how)
        key = repr(sorted(how.items()))
        if key not in fits:
            fits[key] = train(**how)
        return fits[key]

    def train(*names, stream=False, piece_rows=storing.PIECE_ROWS, chunk_rows=None, **how):
        config = TrainConfig(**{"gradcheck_every": None, **how})
        with Storage(
            stream=stream, folder=str(tmp_path / "cache"), piece_rows=piece_rows
        ) as storage:
            tables = read([str(files / name) for name in names or ("table.csv",)], config, storage)
            if chunk_rows is not None:
                prepared = prepare(tables.train, config, chunk_rows=chunk_rows)
                assert len(prepared.problem.source) > 1
                return build_fitted(prepared, solve(prepared.problem))
            prepared, _ = understand(tables, config)
            assert isinstance(prepared.problem.source, FileChunks if stream else ArrayChunks)
            return finalize(fit_and_test(prepared))

    return train_once


def same(one, other, tolerance=EXACT):
    """Whether two models agree in weights, split and metrics."""
    np.testing.assert_allclose(one.weights, other.weights, rtol=0, atol=tolerance)
    assert abs(one.intercept - other.intercept) <= tolerance
    for name in ("rows", "data_digest", "stopped", "clamped_rows", "base_rate"):
        assert getattr(one.figures, name) == getattr(other.figures, name), name
    first, second = one.figures.evaluation, other.figures.evaluation
    assert (first is None) == (second is None)
    if first is not None:
        assert first.metrics_on == second.metrics_on
        for name in ("metrics", "skill"):
            expected = dataclasses.asdict(getattr(first, name))
            result = dataclasses.asdict(getattr(second, name))
            assert result == pytest.approx(expected, abs=tolerance), name
    assert one.encoder.names == other.encoder.names


SHORT = {"epochs": 30}  # twenty of gradient descent before Newton's, as in the default of 300
QUICK = ("-v", "--optimizer", "newton")
WAYS = {
    "default": {},
    "unpenalised": {"l2": 0.0, "optimizer": "newton"},
    "gd": {"optimizer": "gd", "epochs": 40},
    "sgd": {"optimizer": "sgd", "epochs": 8, "batch_size": 64},
    "adam": {"optimizer": "adam", "epochs": 30},
    "lbfgs": {"optimizer": "lbfgs"},
    "newton": {"optimizer": "newton"},
    "logits": {**SHORT, "loss": "logits"},
    "weighted": {**SHORT, "weight": "many"},
    "balanced": {**SHORT, "class_weight": "balanced"},
    "patient": {"patience": 5, "optimizer": "gd", "epochs": 60},
    "dropping": {**SHORT, "missing": "drop"},
    "all rows": {**SHORT, "test_size": 0.0},
    "refitted": {**SHORT, "refit": True},
    "by rule": {**SHORT, "test_where": "backlogs>=2"},
    "by group": {**SHORT, "group": "branch"},
    "curved": {
        **SHORT,
        "spline": ("cgpa", "aptitude:4"),
        "step": ("aptitude:60",),
        "interaction": ("cgpa:branch", "backlogs:aptitude"),
        "weight": "many",
    },
}


@pytest.mark.parametrize("way", WAYS)
def test_memory_disk_and_pieces_of_any_size_give_the_same_model(trained, way):
    whole = trained(**WAYS[way])
    same(whole, trained(**WAYS[way], stream=True, piece_rows=90))
    same(whole, trained(**WAYS[way], piece_rows=500))


def test_rows_are_predicted_out_of_fold_from_the_disk_as_from_memory(trained, monkeypatch):
    monkeypatch.setattr(verdict, "LEAST_HELD_OUT", ROWS)
    how = {"optimizer": "newton", "seed": 1}  # which no other test asks for
    whole, streamed = trained(**how), trained(**how, stream=True, piece_rows=90)
    one, other = (fitted.figures.evaluation.verdict for fitted in (whole, streamed))
    assert one.decided_on == other.decided_on == "out_of_fold"
    assert dataclasses.asdict(other.skill) == pytest.approx(
        dataclasses.asdict(one.skill), abs=EXACT
    )


@pytest.mark.parametrize(("stream", "chunk_rows"), [(False, 20), (False, 300), (True, 45)])
@pytest.mark.parametrize("way", ["newton", "unpenalised", "sgd", "lbfgs"])
def test_chunks_of_any_size_give_the_same_model(trained, stream, chunk_rows, way):
    whole = trained(**WAYS[way])
    fitted = trained(**WAYS[way], stream=stream, chunk_rows=chunk_rows)
    np.testing.assert_allclose(fitted.weights, whole.weights, rtol=0, atol=EXACT)
    assert fitted.figures.rows == whole.figures.rows


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", EXACT), ("float32", 1e-4)])
def test_columns_that_others_add_up_to_are_aliased_on_the_disk_too(
    trained, files, dtype, tolerance
):
    frame = pd.read_csv(files / "table.csv")
    frame.insert(0, "total", frame["cgpa"] + frame["backlogs"])
    frame["again"] = 3 - 2 * frame["backlogs"]
    frame.to_csv(files / "aliased.csv", index=False)
    how = {**WAYS["unpenalised"], "dtype": dtype}
    whole = trained("aliased.csv", **how)
    assert whole.aliased == ("backlogs", "again")
    fitted = trained("aliased.csv", **how, stream=True, piece_rows=40)
    assert fitted.aliased == whole.aliased
    np.testing.assert_allclose(fitted.weights, whole.weights, rtol=0, atol=tolerance)


def test_weights_in_float32_are_those_of_memory_to_the_last_bit(trained, files):
    frame = pd.read_csv(files / "table.csv")
    frame["many"] = np.random.default_rng(1).random(len(frame))
    frame.to_csv(files / "weighted.csv", index=False)
    how = {"weight": "many", "dtype": "float32", "optimizer": "newton"}
    whole, found = (trained("weighted.csv", **how, stream=s) for s in (False, True))
    assert found.weights.tobytes() == whole.weights.tobytes()
    assert found.figures.train_loss == whole.figures.train_loss


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", ["table.csv.gz", "table.tsv", "table.parquet", "table.xlsx"])
def test_every_format_of_a_table_gives_the_same_bits(trained, name, stream):
    expected, found = trained(**SHORT, stream=stream), trained(name, **SHORT, stream=stream)
    assert found.weights.tobytes() == expected.weights.tobytes()
    same(expected, found, 0)


@pytest.mark.parametrize("stream", [False, True])
def test_a_table_in_two_files_gives_the_same_model(trained, stream):
    whole = trained(**SHORT)
    same(whole, trained("part-1.csv", "part-2.csv", **SHORT, stream=stream))


def test_a_file_of_its_own_to_test_on_is_streamed_too(trained, files):
    own = {"test": str(files / "part-2.csv"), **SHORT}
    fitted = trained("part-1.csv", **own)
    same(fitted, trained("part-1.csv", **own, stream=True, piece_rows=50))
    assert fitted.figures.rows.test > 350


CURVES = ("cgpa:20",)  # a category takes no more room encoded: it stays codes


@pytest.fixture
def towns(files):
    """A table whose one column of numbers becomes a spline of many encoded ones."""
    draw, rows = np.random.default_rng(4), 1_600
    town = draw.integers(0, 200, rows)
    placed = draw.random(rows) < np.where(town % 2, 0.7, 0.4)
    frame = pd.DataFrame(
        {
            "town": [f"town {k}" for k in town],
            "cgpa": draw.normal(7, 1, rows).round(2),
            "placed": placed.astype(int),
        }
    )
    frame.to_csv(files / "towns.csv", index=False)
    return "towns.csv"


def test_encoded_rows_go_to_the_disk_where_only_the_table_fits_into_memory(
    towns, files, tmp_path, monkeypatch, trained
):
    expected = trained(towns, **SHORT, spline=CURVES)
    monkeypatch.setattr(storing, "_CERTAINLY_FITS", 0)
    monkeypatch.setattr(storing, "free_memory", lambda: 300_000)
    config = TrainConfig(gradcheck_every=None, **SHORT, spline=CURVES)
    with Storage(folder=str(tmp_path / "cache")) as storage:
        tables = read([str(files / towns)], config, storage)
        assert isinstance(tables.train.store, MemoryColumnStore)
        prepared, _ = understand(tables, config)
        assert isinstance(prepared.problem.source, FileChunks)
        same(expected, finalize(fit_and_test(prepared)))
    assert left(tmp_path / "cache") == []


def test_a_disk_without_room_for_the_encoded_rows_is_told_before_they_are_written(
    towns, run, files, here, monkeypatch
):
    usage = type("Usage", (), {"free": 200_000})
    monkeypatch.setattr("placement.data.columns.storage.shutil.disk_usage", lambda _: usage)
    done = run(
        "train", files / towns, "--no-track", "--stream", "--cache", here, "--spline", *CURVES
    )
    assert done.code == 6
    assert "200 kB free where about 206 kB are needed" in done.err
    assert left(here) == []


def test_the_rows_of_a_fold_leave_the_disk_with_it(files, tmp_path):
    config = TrainConfig(test_size=0.0, gradcheck_every=None, **SHORT)
    with Storage(stream=True, folder=str(tmp_path / "cache")) as storage:
        prepared, _ = understand(read([str(files / "table.csv")], config, storage), config)
        encoded = prepared.problem.source.path.stat().st_size
        before = set((tmp_path / "cache").rglob("*.cells"))
        finalize(fit_and_test(prepared))
        made = set((tmp_path / "cache").rglob("*.cells")) - before
        assert made  # which rows are in which fold, and their hashes
        assert all(path.stat().st_size < encoded / 4 for path in made)


@pytest.fixture
def here(files, tmp_path, monkeypatch):
    """An empty current directory, and the cache folder that commands are told of."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cache"


def left(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_was_streamed_is_removed_afterwards(run, files, here):
    done = run("train", files / "table.csv", "--no-track", *QUICK, "--stream", "--cache", here)
    assert done.code == 0
    assert f"rows stay in {here}" in done.out
    assert left(here) == []


def test_a_training_that_fails_leaves_nothing_on_the_disk(run, files, here):
    options = ("--no-track", "--stream", "--cache", here, "--target", "essay")
    done = run("train", files / "table.csv", *options)
    assert done.code == 3
    assert left(here) == []


def test_the_columns_are_kept_and_taken_up_while_the_file_is_unchanged(run, files, here, tmp_path):
    sheet = tmp_path / "may.csv"
    sheet.write_bytes((files / "table.csv").read_bytes())
    keep = (
        "train",
        sheet,
        "--no-track",
        *QUICK,
        "--cache",
        here,
        "--keep-cache",
        "--json",
        "--out",
        "m",
    )
    first = run(*keep)
    result = left(here)
    assert [name.split("-")[0] for name in result] == ["columns"]
    assert run(*keep).json == first.json
    assert left(here) == result


@pytest.mark.skipif(os.name != "posix", reason="only POSIX keeps the time of a file's last change")
def test_kept_columns_are_not_those_of_a_changed_file_of_the_same_size_and_time(
    run, files, here, tmp_path
):
    sheet = tmp_path / "may.csv"
    sheet.write_bytes((files / "table.csv").read_bytes())
    keep = ("train", sheet, "--no-track", *QUICK, "--cache", here, "--keep-cache", "--json")
    first, before = run(*keep), sheet.stat()
    sheet.write_bytes(sheet.read_bytes().replace(b"CSE", b"EEE"))
    os.utime(sheet, ns=(before.st_atime_ns, before.st_mtime_ns))
    changed = sheet.stat()
    assert (changed.st_size, changed.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    encoded = [c["feature"] for c in run(*keep).json["coefficients"]]
    assert encoded != [c["feature"] for c in first.json["coefficients"]]
    assert "branch=MECH" in encoded


def test_kept_columns_are_not_read_again(run, files, here, monkeypatch):
    keep = ("train", files / "table.csv", "--no-track", *QUICK, "--cache", here, "--keep-cache")
    expected = run(*keep)
    monkeypatch.setattr("placement.data.columns.loading.column_cache.load_columns", None)
    again = run(*keep)
    assert again.code == 0, again.err
    assert "are those kept in" in again.out
    numbers = [[w for w in out.split() if w[0].isdigit()] for out in (expected.out, again.out)]
    assert numbers[0][-20:] == numbers[1][-20:]


def test_kept_columns_that_were_cut_short_are_read_again(run, files, here):
    keep = (
        "train",
        files / "table.csv",
        "--no-track",
        *QUICK,
        "--cache",
        here,
        "--keep-cache",
        "--json",
    )
    first = run(*keep)
    (folder,) = here.glob("columns-*")
    cut = max(folder.glob("*.cells"), key=lambda path: path.stat().st_size)
    cut.write_bytes(cut.read_bytes()[:-1])
    again = run(*keep)
    assert again.json == first.json
    assert run(*keep).json == first.json


def test_kept_columns_that_were_altered_are_read_again(run, files, here):
    keep = (
        "train",
        files / "table.csv",
        "--no-track",
        *QUICK,
        "--cache",
        here,
        "--keep-cache",
        "--json",
    )
    first = run(*keep)
    (folder,) = here.glob("columns-*")
    for path in folder.iterdir():
        whole = path.read_bytes()
        altered = bytearray(whole)
        altered[len(whole) // 2] ^= 1
        path.write_bytes(altered)
        again = run(*keep)
        assert again.json == first.json, path.name
        assert path.read_bytes() == whole


def test_columns_of_an_earlier_state_of_a_file_are_replaced(run, files, here, tmp_path):
    sheet = tmp_path / "may.csv"
    sheet.write_bytes((files / "table.csv").read_bytes())
    keep = ("train", sheet, "--no-track", *QUICK, "--cache", here, "--keep-cache")
    assert run(*keep).code == 0
    result = left(here)
    for _ in range(2):
        sheet.touch()
        assert "are kept in" in run(*keep).out
        assert left(here) == result
    assert "are those kept in" in run(*keep).out


def test_kept_columns_are_not_those_of_the_file_read_with_other_names(run, here, tmp_path):
    """Without a header line the first record is a row; with one, it is none."""
    rows = [f"{6 + k % 7 / 2},{'Yes' if k % 3 else 'No'}" for k in range(60)]
    (tmp_path / "may.csv").write_text("\n".join(["cgpa,placed", *rows]))
    train = ("train", tmp_path / "may.csv", "--no-track", *QUICK, "--json", "--test-size", "0")
    keep = (*train, "--cache", here, "--keep-cache")
    for names in ((), ("--names", "cgpa,placed")):
        assert run(*keep, *names).json["rows"] == run(*train, *names).json["rows"]


def kept_columns(path, storage):
    """Read columns as `--keep-cache` does."""
    reader = open_table(path)
    return load_cached_columns(reader, storage.allocate(reader), frozenset(), lambda _rows: None)


@pytest.mark.parametrize("links", [True, False])
def test_columns_in_use_stay_when_another_training_replaces_them(
    files, tmp_path, links, monkeypatch
):
    def storage():
        return Storage(keep=True, stream=True, folder=str(tmp_path / "cache"))

    def refuse(*_):
        raise OSError("no such links on this disk")

    if not links:
        monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    sheet, content = tmp_path / "may.csv", (files / "table.csv").read_bytes()
    sheet.write_bytes(content)
    with storage() as first:
        kept_columns(sheet, first)
    with storage() as one, storage() as other:
        used, notes = kept_columns(sheet, one)
        assert "are those kept in" in notes[0]
        before = {name: read.array.whole() for name, read in used.columns.items()}
        sheet.write_bytes(content.replace(b"7.", b"8."))
        changed, notes = kept_columns(sheet, other)
        assert "are kept in" in notes[0]
        for name, read in used.columns.items():
            assert read.array.whole().tobytes() == before[name].tobytes()
        assert changed.columns["cgpa"].array.whole().mean() > before["cgpa"].mean()


def test_what_came_through_a_pipe_is_not_kept_and_that_is_said(run, files, here, monkeypatch):
    content = io.BytesIO((files / "table.csv").read_bytes())
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(buffer=content))
    done = run("train", "-", "--no-track", *QUICK, "--cache", here, "--keep-cache")
    assert done.code == 0, done.err
    assert "came through a pipe, so nothing is kept for another time" in done.out
    assert left(here) == []


def test_of_two_processes_that_keep_the_same_columns_each_goes_on(files, tmp_path, monkeypatch):
    """The other one is done between the look for the folder and the renaming."""
    cache, sheet = tmp_path / "cache", tmp_path / "may.csv"
    sheet.write_bytes((files / "table.csv").read_bytes())

    def storage():
        return Storage(keep=True, stream=True, folder=str(cache))

    def slower(reader, store, as_text, written, on_progress):
        monkeypatch.undo()
        with storage() as faster:
            kept_columns(sheet, faster)
        monkeypatch.setattr("pathlib.Path.exists", lambda path: "columns-" not in path.name)
        return load_columns(reader, store, as_text, written, on_progress=on_progress)

    monkeypatch.setattr("placement.data.columns.loading.column_cache.load_columns", slower)
    with storage() as one:
        used, _ = kept_columns(sheet, one)
        monkeypatch.undo()
        assert len(used.columns["cgpa"]) == ROWS
    assert len(left(cache)) == 1


def test_without_room_on_the_disk_nothing_is_begun(run, files, here, monkeypatch):
    monkeypatch.setattr(storing, "CELL_BYTES", 10**14)
    done = run("train", files / "table.csv", "--no-track", *QUICK, "--stream", "--cache", here)
    assert done.code == 6
    assert "--cache DIR" in done.err
    assert left(here) == []


def test_a_table_beyond_half_of_the_free_memory_is_streamed(run, files, here, monkeypatch):
    monkeypatch.setattr(storing, "_CERTAINLY_FITS", 0)
    small = storing.CELL_BYTES * 7 * ROWS
    for free, streamed in ((small, True), (3 * small, False)):
        monkeypatch.setattr(storing, "free_memory", lambda free=free: free)
        done = run("train", files / "table.csv", "--no-track", *QUICK, "--cache", here)
        assert (f"rows stay in {here}" in done.out) == streamed
        output = run(
            "train", files / "table.csv", "--no-track", *QUICK, "--cache", here, "--in-memory"
        )
        assert "rows stay in" not in output.out


def numbers(document):
    """All numbers of a document, in order."""
    if isinstance(document, dict | list):
        parts = document.values() if isinstance(document, dict) else document
        return [number for part in parts for number in numbers(part)]
    return [document]


def test_a_table_beyond_half_of_the_free_memory_is_evaluated_from_the_disk(
    run, files, here, monkeypatch
):
    assert run("train", files / "part-1.csv", "--no-track", *QUICK, "--out", "model").code == 0
    frame = pd.read_csv(files / "part-2.csv").replace({"Rare A": "CSE", "Rare B": "CSE"})
    frame.loc[frame.index % 100 == 99, "branch"] = "AIML"
    frame.to_csv(here.parent / "new.csv", index=False)
    words = ("evaluate", "new.csv", "--model", "model")
    expected = run(*words, "--json")
    monkeypatch.setenv("XDG_CACHE_HOME", str(here))
    monkeypatch.setattr(storing, "_CERTAINLY_FITS", 0)
    monkeypatch.setattr(storing, "free_memory", lambda: 1)
    folders = []

    def in_small_pieces(folder, _rows, check):
        folders.append(folder)
        return DiskColumnStore(folder, 50, check)

    monkeypatch.setattr(storing, "DiskColumnStore", in_small_pieces)
    result = run(*words, "--json")
    assert len(folders) == 1
    document, in_memory = result.json, expected.json
    # torch's last bit depends on how many rows go through at once; means and fits hand it on.
    for figure in ("calibration", "skill"):
        assert numbers(document.pop(figure)) == pytest.approx(
            numbers(in_memory.pop(figure)), rel=1e-11
        )
    assert document == in_memory
    assert "row 100, column branch: 'AIML' was never seen in training" in expected.err
    assert [line for line in result.err.splitlines() if "rows stay in" not in line] == (
        expected.err.splitlines()
    )
    assert left(here / "placement") == []


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--stream", "--labels", "x.csv"), "--labels are joined in memory"),
        (("--keep-cache", "--labels", "x.csv"), "--labels are joined in memory"),
        (("--keep-cache", "--in-memory"), "leave out --in-memory"),
    ],
)
def test_options_that_cannot_go_together_are_told_before_any_file_is_opened(run, options, word):
    done = run("train", "there-is-no-such.csv", *options)
    assert done.code == 2
    assert word in done.err


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL and SIGTERM, which are POSIX signals")
@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM"])
def test_what_a_killed_process_leaves_on_the_disk_is_gone_after_the_next(run, files, here, number):
    """A training that waits for its reader to go on is killed while its rows are on the disk."""
    stall = (
        "import sys, time, placement.workflows.training.fit_and_test as learning\n"
        "def stalled(*args, **named): print('here', flush=True); time.sleep(60)\n"
        "learning.fit_and_test = stalled\n"
        "from placement.cli import main; main(sys.argv[1:])"
    )
    words = ["train", files / "table.csv", "--no-track", *QUICK, "--stream", "--cache", here]
    process = subprocess.Popen(
        [sys.executable, "-c", stall, *map(str, words)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "here\n"
    assert len(left(here)) == 2  # the rows, and the lock that says that they are in use
    other = run(*words)
    assert other.code == 0
    assert len(left(here)) == 2
    process.send_signal(getattr(signal, number))
    process.wait()
    process.stdout.close()
    if number == "SIGTERM":
        assert left(here) == []
    else:
        assert len(left(here)) == 2
        assert run(*words).code == 0
        assert left(here) == []
