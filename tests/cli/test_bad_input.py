"""What people really hand over: each fault ends in one or two lines, with the right code."""

import gzip
import json
import socket
import sys

import numpy as np
import pandas as pd
import pytest

HEAD = "cgpa,iq,placed\n"
GOOD = HEAD + "".join(f"{5 + n % 40 / 10},{90 + n % 31},{int(n * 7 % 10 > 4)}\n" for n in range(80))


def sheets():
    """Every faulty file by name: its bytes, and a word that the error must say."""
    rows = GOOD.splitlines()
    return {
        "empty.csv": (b"", "empty"),
        "header.csv": (HEAD.encode(), "no rows"),
        "one.csv": ((HEAD + "7,100,1\n").encode(), "1"),
        "oneclass.csv": (GOOD.replace(",0\n", ",1\n").encode(), "both outcomes"),
        "notarget.csv": (GOOD.replace("placed", "salary_band").encode(), "--target"),
        "two.csv": (
            "\n".join([rows[0] + ",hired", *(r + r[-2:] for r in rows[1:])]).encode(),
            "--target",
        ),
        "inf.csv": (GOOD.replace("5.1,91", "inf,91", 1).encode(), "row 2"),
        "three.csv": (GOOD.replace("5.1,91,1", "5.1,91,2", 1).encode(), "row 2 (line 3)"),
        "soft.csv": (GOOD.replace("5.1,91,1", "5.1,91,4.5", 1).encode(), "placed"),
        "dropped.csv": (
            ("roll_no,placed\n" + "".join(f"{1000 + n},{n % 2}\n" for n in range(40))).encode(),
            "no column",
        ),
        "garbage.csv": (bytes(np.random.default_rng(0).integers(0, 256, 4000, dtype=np.uint8)), ""),
        "cut.parquet": (b"PAR1" + b"\x15\x04" * 200, "Parquet"),
        "lfs.csv": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "LFS"),
        "conflict.csv": (GOOD.replace("5.2", "<<<<<<< HEAD\n5.2", 1).encode(), "conflict"),
        "page.csv": (b"<!DOCTYPE html><html><body>Sign in</body></html>", "HTML"),
        "cut.csv.gz": (gzip.compress(GOOD.encode())[:60], ""),
        "names.csv": ("\n".join(rows[1:]).encode(), "--names"),
    }


def ragged(rows, every):
    """A table of which every so many rows has a field too many."""
    lines = [f"{n % 5 + 4}.5,{60 + n % 7},{n % 2}" for n in range(rows)]
    lines[::every] = [line + ",x" for line in lines[::every]]
    return "cgpa,score,placed\n" + "\n".join(lines) + "\n"


def test_rows_that_cannot_be_read_are_left_out_named_and_listed(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "may.csv").write_text(ragged(60, 30))
    quick = ("--no-track", "--optimizer", "newton")
    done = run("train", "may.csv", *quick, "--left-out", "left.csv", "--json")
    assert done.code == 0, done
    assert "2 rows left out, cells cannot be told apart: line 2 (4 fields" in done.err
    assert json.loads(done.out)["rows"]["left_out"] == 2
    assert (tmp_path / "left.csv").read_text("utf-8-sig").splitlines() == [
        "file,line,reason,text",
        'may.csv,2,4 fields where the heading has 3,"4.5,60,0,x"',
        'may.csv,32,4 fields where the heading has 3,"4.5,62,0,x"',
    ]


@pytest.mark.parametrize(
    ("every", "options", "told"),
    [
        (30, ("--bad-rows", "refuse"), "2 of 60 rows cannot be read with certainty:"),
        (12, (), "5 of 60 rows cannot be read with certainty, and at most 3 are left out:"),
        (2, ("--bad-rows", "leave-out=10%"), "30 of 60 rows cannot be read with certainty"),
    ],
)
def test_more_rows_than_may_be_left_out_are_refused_with_the_first_five(
    run, tmp_path, monkeypatch, every, options, told
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "may.csv").write_text(ragged(60, every))
    done = run("train", "may.csv", "--no-track", "--left-out", "left.csv", *options)
    assert done.code == 3, done
    assert told in done.err
    assert "  line 2: 4 fields where the heading has 3: 4.5,60,0,x\n" in done.err
    assert done.err.count("fields where") == min(5, 60 // every)
    assert len((tmp_path / "left.csv").read_text("utf-8-sig").splitlines()) == 1 + 60 // every


def test_more_than_a_tenth_may_not_be_left_out(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("train", "may.csv", "--bad-rows", "leave-out=50%")
    assert (done.code, "never over 10% of the rows" in done.err) == (2, True)


@pytest.mark.parametrize("name", sheets())
def test_a_faulty_file_is_exit_3_and_leaves_nothing(run, tmp_path, monkeypatch, name):
    content, told = sheets()[name]
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(content)
    done = run("train", name, "--out", "model")
    assert done.code == 3, done
    error = [line for line in done.err.splitlines() if not line.startswith("warning")]
    assert len(error) <= 2
    assert error[0].startswith("error: ")
    assert name in done.err
    assert told in done.err
    assert "Traceback" not in done.err
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_missing_files_folders_and_empty_globs_are_told(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "students.csv").write_text(GOOD)
    (tmp_path / "folder").mkdir()
    missing = run("train", "studnets.csv")
    assert (missing.code, "students.csv" in missing.err) == (3, True)
    assert run("train", "folder").code == 3
    assert run("train", "*.tsv").code == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "students.csv"]


def test_too_little_memory_is_told_with_what_helps(run, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise MemoryError

    monkeypatch.chdir(tmp_path)
    (tmp_path / "may.csv").write_text("cgpa,placed\n" + "7,1\n6,0\n7,0\n" * 20)
    monkeypatch.setattr("placement.data.encoding.encode_rows._in_memory", refuse)
    done = run("train", "may.csv", "--no-track")
    assert done.code == 3
    assert "out of memory; train with --stream" in done.err


def test_an_unknown_column_names_the_nearest(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "students.csv").write_text(GOOD)
    for option in ("--target", "--features", "--drop", "--weight", "--group", "--categorical"):
        done = run("train", "students.csv", option, "cgap")
        assert done.code == 3, option
        assert "cgpa" in done.err, option


@pytest.mark.parametrize(
    "words",
    [
        ["--l2", "-1"], ["--test-size", "1"], ["--epsilon", "0"], ["--tag", "x"], ["--on", "id"],
        ["--optimizer", "newton", "--lr", "1"], ["--test-where", "2025"], ["--positive", ">="],
        ["--test-where", "a==1 and b>2"], ["--test-where", "a==1,b==2"], ["--l2", "x"],
        ["--test", "a.csv", "--group", "b"], ["--test", "a.csv", "--refit"],
        ["--config", "none.toml"],
    ],
)  # fmt: skip
def test_wrong_usage_is_exit_2_before_any_data_is_opened(run, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    done = run("train", "no-such-file.csv", *words)
    assert done.code == 2, done
    assert "Traceback" not in done.err


def test_a_tracking_server_that_does_not_answer_is_exit_6(run, tmp_path, monkeypatch):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    (tmp_path / "students.csv").write_text(GOOD)
    done = run("train", "students.csv", "--optimizer", "newton", "--out", "model")
    assert done.code == 6
    assert f"127.0.0.1:{port}" in done.err
    assert not (tmp_path / "model").exists()


def test_an_output_that_is_no_bundle_is_left_alone(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "students.csv").write_text(GOOD)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("mine")
    done = run("train", "students.csv", "--out", "thesis", "--no-track")
    assert done.code == 6
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "mine"


def test_a_parquet_file_cut_short_is_told(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"cgpa": np.arange(50.0), "placed": np.arange(50) % 2}).to_parquet("whole.parquet")
    whole = (tmp_path / "whole.parquet").read_bytes()
    (tmp_path / "short.parquet").write_bytes(whole[: len(whole) // 2])
    done = run("train", "short.parquet", "--no-track")
    assert done.code == 3
    assert "short.parquet" in done.err


@pytest.mark.skipif(sys.platform == "win32", reason="there no folder is removed that is in use")
def test_a_current_folder_that_was_removed_is_said(run, tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    done = run("runs")
    assert done.code == 6
    assert done.err == "error: the current folder was removed: cd to another\n"
