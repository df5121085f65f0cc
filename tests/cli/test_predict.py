"""`placement predict`: every cell as it came, the answer at the end, and what is said beside it."""

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from placement.model.fitted import load_fitted

pytestmark = pytest.mark.usefixtures("held_out_decides")
ADDED = [
    "placement_probability",
    "placement_prediction",
    "placement_label",
    "placement_low",
    "placement_high",
    "placement_notes",
]
QUICK = ("--optimizer", "newton", "--sensitive", "")


@pytest.fixture
def sheet(trained):
    return trained.parent / "students.csv"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def predict(run, trained, here):
    def predicted(*words, code=0):
        done = run("predict", *words, "--model", trained)
        assert done.code == code, done.err
        return done

    return predicted


def read_excel(path, **options):
    return pd.read_excel(path, engine="calamine", **({"sheet_name": "List"} | options))


def probabilities(trained, sheet):
    return load_fitted(trained).predict_proba(pd.read_csv(sheet))


def test_every_record_is_kept_and_the_answer_is_appended(predict, trained, sheet):
    done = predict(sheet)
    lines, own = done.out.splitlines(), sheet.read_text().splitlines()
    assert lines[0] == own[0] + "," + ",".join(ADDED)
    assert [line.rsplit(",", 6)[0] for line in lines] == own
    expected = probabilities(trained, sheet)
    cells = [line.rsplit(",", 6)[1:] for line in lines[1:]]
    assert [float(p) for p, *_ in cells] == expected.tolist()  # shortest round trip: the same bits
    assert [int(c) for _, c, *_ in cells] == (expected >= 0.5).astype(int).tolist()
    assert [word for _, _, word, *_ in cells] == [
        "Placed" if p >= 0.5 else "Not Placed" for p in expected
    ]
    assert all(float(low) < float(p) < float(high) for p, _, _, low, high, _ in cells)
    assert {note for *_, note in cells} == {""}  # no cell is in doubt


def test_reasons_name_what_moves_the_chance_most_and_cells_in_doubt(predict, sheet, here):
    lines = sheet.read_text().splitlines()
    header = lines[0].split(",")
    cells = lines[1].split(",")
    cells[header.index("cgpa")] = "0.5"
    (here / "one.csv").write_text("\n".join([lines[0], lines[2], ",".join(cells)]) + "\n")
    (usual, odd) = predict("one.csv", "--reasons", "--json").json
    assert [row["notes"] for row in predict("one.csv", "--json").json] == [None, odd["notes"]]
    assert odd["reason_1"].startswith("cgpa 0.5 (average 7")
    assert odd["reason_1"].endswith("lowers the chance")
    assert odd["notes"] == "cgpa: far outside training"
    assert usual["notes"] is None


def test_odd_bytes_stay_as_they_are(predict, here):
    odd = (
        '\ufeff"cgpa" ;stream;"note";backlogs;aptitude\r\n'
        ' 7,50 ;"CSE";"a ""quoted"";\r\nnote, é";1;"60,5"\r\n'
        ";;;;\r\n"
        "8,25;ECE;  x ;0;70\r\n"
    )
    (here / "odd.csv").write_bytes(odd.encode())
    done = predict("odd.csv", "--out", "scored.csv")
    written = (here / "scored.csv").read_bytes().decode()
    result = odd.replace(";;;;\r\n", "").rstrip("\r\n").split("\r\n")
    for line in result:
        assert line in written
    assert written.startswith("\ufeff")
    assert written.count("\r\n") == 4
    assert "0," in written.splitlines()[3].split(";")[5]  # the file's own decimal mark
    assert "dropped" in done.err


def test_threshold_moves_the_prediction_and_not_the_probability(predict, sheet):
    plain, strict = (
        predict(sheet, "--json").json,
        predict(sheet, "--json", "--threshold", "0.9").json,
    )
    assert [r["probability"] for r in plain] == [r["probability"] for r in strict]
    assert [r["prediction"] for r in strict] == [int(r["probability"] >= 0.9) for r in strict]
    assert sum(r["prediction"] for r in strict) < sum(r["prediction"] for r in plain)


def test_json_has_the_promised_entries(predict, sheet):
    document = predict(sheet, "--json").json
    assert [row["row"] for row in document] == list(range(1, 241))
    for row in document:
        assert list(row) == ["row", "probability", "prediction", "label", "low", "high", "notes"]
        assert row["low"] < row["probability"] < row["high"]
        assert (type(row["probability"]), type(row["prediction"])) == (float, int)


@pytest.fixture
def mixed(here, sheet):
    """A sheet whose every third outcome is blank, with a batch."""
    lines = sheet.read_text().splitlines()
    rows = [line.rsplit(",", 1) for line in lines[1:]]
    body = [
        f"{head},{'' if n % 3 == 0 else status},{2024 + n % 2}"
        for n, (head, status) in enumerate(rows)
    ]
    (here / "mixed.csv").write_text("\n".join([lines[0] + ",Batch", *body]) + "\n")
    return here / "mixed.csv"


def test_unknown_scores_only_rows_whose_outcome_is_blank(predict, mixed):
    done = predict(mixed, "--unknown", "--json")
    assert [row["row"] for row in done.json] == list(range(1, 241, 3))
    assert "160 rows left out: the outcome is known" in done.err


def test_where_narrows_and_the_header_may_be_spelled_otherwise(predict, mixed):
    document = predict(mixed, "--where", "batch == 2025", "--unknown", "--json").json
    assert [row["row"] for row in document] == [n + 1 for n in range(240) if n % 3 == 0 and n % 2]


def test_where_with_an_unknown_column_names_the_nearest(predict, mixed):
    done = predict(mixed, "--where", "batsh==2025", code=3)
    assert "Batch" in done.err


def test_where_that_is_no_rule_is_wrong_usage(predict, mixed):
    assert "--where" in predict(mixed, "--where", "2025", code=2).err


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx", "json"])
def test_a_rule_that_keeps_no_row_gives_an_empty_answer(predict, mixed, here, form):
    rule = ("--where", "Batch==1999")
    if form == "json":
        assert predict(mixed, *rule, "--json").json == []
        return
    predict(mixed, *rule, "--out", f"none.{form}")
    read = {"csv": pd.read_csv, "parquet": pd.read_parquet, "xlsx": read_excel}[form]
    result = read(here / f"none.{form}")
    assert len(result) == 0
    assert list(result)[-6:] == ADDED


def test_a_block_that_keeps_no_row_does_not_disturb_the_others(predict, mixed, monkeypatch):
    from placement.data.formats.table_reader import Reader

    true = Reader.blocks
    monkeypatch.setattr(Reader, "blocks", lambda self: true(self, 7))
    lines = mixed.read_text().splitlines()
    few = mixed.with_name("few.csv")
    few.write_text(
        "\n".join(
            [lines[0], *(f"{x[:-4]}{2001 if n == 50 else 2000}" for n, x in enumerate(lines[1:]))]
        )
        + "\n"
    )
    (row,) = predict(few, "--where", "Batch==2001", "--json").json
    assert row["row"] == 51
    assert len(predict(few, "--where", "Batch==2001").out.splitlines()) == 2


def test_about_says_where_the_list_comes_from(predict, trained, mixed, here):
    predict(mixed, "--unknown", "--out", "out.csv", "--about", "--threshold", "0.6")
    document = json.loads((here / "out.csv.about.json").read_text())
    assert document["format"] == 1
    assert (document["out"], document["source"], document["model"]) == (
        "out.csv",
        "mixed.csv",
        str(trained),
    )
    assert (document["rows_in"], document["rows_out"]) == (240, 80)
    assert document["rows_left_out"] == {"the outcome is known": 160}
    assert document["threshold"] == 0.6
    assert document["data_digest"] == load_fitted(trained).figures.data_digest
    assert set(document["columns"]) == set(ADDED)
    assert {"version", "created", "warnings", "predicted_positive"} <= set(document)


def test_about_of_a_registered_model_names_version_and_date(run, recorded_here, tmp_path):
    out = tmp_path / "out.csv"
    assert run("predict", "students.csv", "--out", out, "--about").code == 0
    document = json.loads((tmp_path / "out.csv.about.json").read_text())
    assert (document["model"], document["version"]) == ("placement", 1)
    assert document["created"].endswith("+00:00")
    assert document["run_id"]


@pytest.mark.parametrize(
    "words",
    [["--about"], ["--about", "--json"], ["--json", "--out", "x.csv"], ["--out", "x.docx"],
     ["--threshold", "1.5"], ["--threshold", "nan"], ["--set", "cgpa=7"]],
)  # fmt: skip
def test_options_that_cannot_go_together_are_wrong_usage(predict, words):
    assert "error:" in predict("no-such-file.csv", *words, code=2).err.lower()


def test_parquet_and_excel_come_out_and_excel_goes_in(predict, sheet, here):
    predict(sheet, "--out", "out.parquet")
    predict(sheet, "--out", "out.xlsx")
    frames = [pd.read_parquet(here / "out.parquet"), read_excel(here / "out.xlsx", dtype=str)]
    expected = pd.read_csv(io.StringIO(predict(sheet).out), dtype=str)
    for frame in frames:
        assert list(frame) == list(expected)
        assert frame["register_no"].astype(str).tolist() == expected["register_no"].tolist()
        got, wanted = frame[ADDED[0]].astype(float), expected[ADDED[0]].astype(float)
        assert np.abs(got - wanted).max() < 1e-14
    assert frames[0][ADDED[0]].tolist() == expected[ADDED[0]].astype(float).tolist()
    pd.read_csv(sheet).to_excel(here / "in.xlsx", index=False)
    again = predict("in.xlsx", "--json").json
    assert [r["probability"] for r in again] == expected[ADDED[0]].astype(float).tolist()


def test_standard_input_reads_like_the_file(predict, sheet, monkeypatch):
    expected = predict(sheet).out
    with sheet.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert predict("-").out == expected


def test_columns_of_an_earlier_prediction_are_replaced_and_it_is_said(predict, sheet, here):
    predict(sheet, "--out", "once.csv")
    done = predict("once.csv", "--out", "twice.csv")
    assert (here / "once.csv").read_bytes() == (here / "twice.csv").read_bytes()
    assert "replaced" in done.err


def test_a_lacking_column_is_at_fault_and_the_nearest_is_named(predict, sheet, here):
    (here / "other.csv").write_text(sheet.read_text().replace("aptitude", "aptitude_score", 1))
    done = predict("other.csv", "--out", "out.csv", code=3)
    assert "'aptitude'" in done.err
    assert "did you mean 'aptitude_score'?" in done.err
    assert not (here / "out.csv").exists()


def test_a_lacking_column_is_never_another_feature_and_its_rename_can_be_typed(
    predict, sheet, here
):
    text = sheet.read_text().replace("backlogs", "Backlogs (No.)", 1)
    (here / "other.csv").write_text(text.replace("aptitude", "Reasoning", 1))
    done = predict("other.csv", "--out", "out.csv", code=3)
    assert '--rename "backlogs=Backlogs (No.)" --rename aptitude=COLUMN' in done.err
    assert "the model does not know" in done.err
    predict(
        *("other.csv", "--out", "out.csv", "--rename", "backlogs=Backlogs (No.)"),
        *("--rename", "aptitude=Reasoning"),
    )
    predict(sheet, "--out", "same.csv")
    ours, same = (pd.read_csv(here / name) for name in ("out.csv", "same.csv"))
    assert list(ours.columns[:8]) == list(pd.read_csv(here / "other.csv").columns)
    assert ours["placement_probability"].equals(same["placement_probability"])


def test_cells_in_doubt_are_told_by_row_line_and_column(predict, here):
    (here / "new.csv").write_text(
        "stream,cgpa,backlogs,aptitude\nCSE,7,0,60\nCIVIL,7,0,60\nCSE,75,0,60\nCSE,,0,60\nCSE,x,0,60\n"
        "BIO,7,0,60\n"
    )
    done = predict("new.csv", "--json", "--quiet")
    assert len(done.json) == 6
    result = done.err.splitlines()
    assert any(
        "row 2 (line 3)" in t and "stream" in t and "'CIVIL'" in t and "1 more" in t for t in result
    )
    assert any("row 3 (line 4)" in t and "cgpa" in t and "75" in t for t in result)
    assert any("row 4 (line 5)" in t and "cgpa" in t and "blank" in t for t in result)
    assert any("row 5 (line 6)" in t and "cgpa" in t and "'x'" in t for t in result)


def test_what_a_reading_doubts_is_a_warning_here_too(predict, here, run):
    (here / "odd.csv").write_text("stream,cgpa,backlogs,aptitude\nCSE,7,0,60\n")
    done = predict("odd.csv", "--out", "o.csv", "--about", "--quiet")
    document = json.loads((here / "o.csv.about.json").read_text())["warnings"]
    assert [f"warning: {t}" for t in document] == [
        t for t in done.err.splitlines() if "warning" in t
    ]


def test_the_model_line_is_on_standard_error(predict, trained, sheet):
    assert f"model: {trained}" in predict(sheet).err
    assert "model:" not in predict(sheet, "--quiet").err


def test_a_registered_model_is_named_with_version_and_a_newer_one_is_told(
    store, students, run, tmp_path
):
    sheet = students(tmp_path / "students.csv")
    assert run("train", sheet, *QUICK).code == 0
    first = run("predict", sheet)
    assert first.code == 0
    assert "model: placement version 1 of 20" in first.err
    assert "newer" not in first.err
    assert run("train", sheet, *QUICK, "--l2", "2").code == 0
    assert "version 2 is newer" in run("predict", sheet).err
    assert "placement version 2" in run("predict", sheet, "--model", "challenger").err


def test_a_bundle_an_mlflow_name_and_a_run_id_give_the_same_bytes(
    run, recorded_here, recorded, tmp_path
):
    run_id = recorded[1].tracked.run_id
    bundle = recorded[1].fitted.save(tmp_path / "bundle")
    names = ("champion", run_id, f"runs:/{run_id}/model", "models:/placement/1",
             "models:/placement@champion", bundle)  # fmt: skip
    answers = {run("predict", "students.csv", "--model", name).out for name in names}
    assert len(answers) == 1
    assert len(answers.pop().splitlines()) == 241


def test_a_folder_called_champion_does_not_hide_the_champion(store, students, run, tmp_path):
    sheet = students(tmp_path / "students.csv")
    assert run("train", sheet, *QUICK).code == 0
    (tmp_path / "champion").mkdir()
    assert run("predict", sheet).code == 0


def test_no_signal_is_repeated_by_every_prediction(run, students, here):
    noise = students(here / "noise.csv", signal=False)
    assert run("train", noise, *QUICK, "--no-track", "--out", "model").code == 0
    said = "it is no better than saying the same of everybody; do not choose anybody by it"
    assert said in run("predict", noise, "--model", "model", "--quiet").err
    one = ["--set", "stream=CSE", "--set", "cgpa=7", "--set", "backlogs=0", "--set", "aptitude=60"]
    done = run("predict", "--model", "model", *one, "--json")
    assert said in done.err
    assert len(done.json) == 1


ONE = ["--set", "stream=CSE", "--set", "cgpa=7.5", "--set", "backlogs=1", "--set", "aptitude=60.25"]


def test_one_student_is_scored_like_a_row_of_a_file(predict, here):
    (here / "one.csv").write_text("stream,cgpa,backlogs,aptitude\nCSE,7.5,1,60.25\n")
    assert predict(*ONE, "--json").json == predict("one.csv", "--json").json
    assert "Placed" in predict(*ONE).out
    odd = [*ONE[:2], "--set", "cgpa=x", *ONE[4:]]
    assert predict(*odd, "--json").json[0]["notes"] == "cgpa: not a number"


def test_one_student_spelled_otherwise_and_with_columns_the_model_leaves_out(predict):
    spelled = ["--set", "Stream=cse", "--set", " CGPA =7.5", "--set", "BACKLOGS=1"]
    more = ["--set", "aptitude=60.25", "--set", "name=Anybody", "--set", "status="]
    assert predict(*spelled, *more, "--json").json == predict(*ONE, "--json").json


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--set", "cgpa"], 2, "COLUMN=VALUE"),
        ([*ONE, "--set", "cgap=7"], 2, "did you mean 'cgpa'?"),
        (ONE[:6], 3, "aptitude"),
        ([*ONE, "--threshold", "7"], 2, "between 0 and 1"),
        ([*ONE, "--threshold", "nan"], 2, "between 0 and 1"),
        ([*ONE, "--unknown"], 2, "--unknown"),
        ([*ONE, "--set", "CGPA=8"], 2, "cgpa"),
        ([], 2, "DATA or --set"),
    ],
)
def test_a_single_student_that_cannot_be_scored_is_told_why(predict, words, code, told):
    done = predict(*words, code=code)
    assert told.casefold() in done.err.casefold()
    assert done.out == ""


def test_a_doubtful_cell_of_one_student_is_told(predict):
    done = predict(*ONE[2:], "--set", "stream=CIVIL", "--json")
    assert "stream" in done.err
    assert "CIVIL" in done.err


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_reader_that_closes_early_is_no_error(trained, here, code_path, words):
    lines = (trained.parent / "students.csv").read_text().splitlines()
    (here / "long.csv").write_text("\n".join([lines[0], *(lines[1:] * 300)]) + "\n")
    command = [sys.executable, "-m", "placement", "predict", "long.csv", "--model", str(trained)]
    pipe = subprocess.Popen(
        command + words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=code_path
    )
    with pipe:
        assert pipe.stdout.readline()
        pipe.stdout.close()
        result = pipe.stderr.read().decode()
    assert pipe.returncode == 0, result
    assert "Traceback" not in result
    assert "Exception" not in result


def test_an_output_that_cannot_be_written_is_told_and_nothing_is_left(predict, sheet, here):
    assert "folder" in predict(sheet, "--out", "none/out.csv", code=6).err
    (here / "folder").mkdir()
    assert "directory" in predict(sheet, "--out", "folder", code=6).err
    assert sorted(p.name for p in here.iterdir()) == ["folder"]


def test_every_row_that_cannot_be_read_is_named_at_once(predict, here):
    """Each student needs an answer: what must be mended is known after one try."""
    lines = ["stream,cgpa,backlogs,aptitude", *["CSE,7,0,60", "CSE,7,0", "CSE,7,0,60,1"] * 4]
    (here / "ragged.csv").write_text("\n".join(lines) + "\n")
    done = predict("ragged.csv", "--out", "out.csv", code=3)
    assert "8 rows cannot be read with certainty" in done.err
    named = [f"  line {line}: " for line in (3, 4, 6, 7, 9, 10, 12, 13)]
    assert [line for line in done.err.splitlines() if line.startswith(tuple(named))] != []
    assert all(one in done.err for one in named)
    lines = ["stream,cgpa,backlogs,aptitude", *["CSE,7,0,60"] * 12, "CSE,7,0,60,1"]
    (here / "ragged.csv").write_text("\n".join(lines) + "\n")
    done = predict("ragged.csv", "--out", "out.csv", "--bad-rows", "leave-out")
    assert "1 row left out, cells cannot be told apart: line 14 (5 fields" in done.err
    assert len((here / "out.csv").read_text().splitlines()) == 13


def test_an_error_half_way_keeps_what_was_there_and_leaves_nothing_beside_it(
    predict, here, monkeypatch
):
    from placement.data.formats.table_reader import Reader

    true = Reader.blocks
    monkeypatch.setattr(Reader, "blocks", lambda self: true(self, 2))
    lines = ["stream,cgpa,backlogs,aptitude", *["CSE,7,0,60"] * 5, "CSE,7,0,60,and,more,cells"]
    (here / "ragged.csv").write_text("\n".join(lines) + "\n")
    (here / "out.csv").write_text("earlier")
    done = predict("ragged.csv", "--out", "out.csv", code=3)
    assert "line 7: 7 fields where the heading has 4: CSE,7,0,60,and,more,cells" in done.err
    assert (here / "out.csv").read_text() == "earlier"
    assert sorted(p.name for p in here.iterdir()) == ["out.csv", "ragged.csv"]


def test_a_damaged_bundle_is_told(run, trained, sheet, tmp_path):
    model = shutil.copytree(trained, tmp_path / "model")
    text = (model / "fitted.json").read_text()
    for damage in (text[:-50], text.replace('"cgpa"', '"CGPA"', 1), "[]", ""):
        (model / "fitted.json").write_text(damage)
        done = run("predict", sheet, "--model", model)
        assert (done.code, done.out) == (5, "")
        assert "Traceback" not in done.err
    (model / "fitted.json").write_text(text)
    (model / "weights.safetensors").write_bytes(b"\0" * 40)
    assert run("predict", sheet, "--model", model).code == 5
    (model / "weights.safetensors").unlink()
    assert run("evaluate", sheet, "--model", model).code == 5


def test_a_bundle_of_a_newer_format_asks_for_an_upgrade(run, trained, sheet, tmp_path):
    model = shutil.copytree(trained, tmp_path / "model")
    document = json.loads((model / "fitted.json").read_text())
    (model / "fitted.json").write_text(json.dumps(document | {"format": 99}))
    done = run("predict", sheet, "--model", model)
    assert done.code == 5
    assert "upgrade" in done.err


@pytest.mark.parametrize("name", ["challengr", "0" * 32, "runs:/x/model", "models:/no/1", "./none"])
def test_an_unknown_model_is_told(run, recorded_here, name):
    done = run("predict", "students.csv", "--model", name)
    assert done.code == 5
    assert len(done.err.strip().splitlines()) <= 2


def test_without_any_store_the_next_step_is_told(run, sheet, here):
    done = run("predict", sheet)
    assert done.code == 5
    assert "placement train" in done.err
    assert list(here.iterdir()) == []


def test_the_file_to_score_is_never_its_own_output(predict, here, sheet):
    shutil.copy(sheet, here / "list.csv")
    before = (here / "list.csv").read_bytes()
    assert "another name" in predict("list.csv", "--out", "./list.csv", code=2).err
    assert (here / "list.csv").read_bytes() == before


def test_a_rule_of_two_comparisons_is_refused_and_one_that_matches_nothing_is_told(predict, sheet):
    assert "one comparison" in predict(sheet, "--where", "cgpa>8 and backlogs==0", code=2).err
    assert "no row was left" in predict(sheet, "--where", "cgpa>99").err


@pytest.mark.parametrize("words", [["--where", "nosuch>=9"], ["--unknown"]])
def test_nothing_is_printed_before_a_column_is_found_to_lack(predict, here, words):
    (here / "new.csv").write_text("stream,cgpa,backlogs,aptitude\nCSE,7,0,60\n")
    assert predict("new.csv", *words, code=3).out == ""


def test_a_file_without_header_and_a_sheet_among_several_are_scored(predict, here, sheet):
    expected = predict(sheet, "--json").json
    lines = sheet.read_text().splitlines()
    (here / "bare.csv").write_text("\n".join(lines[1:]) + "\n")
    assert predict("bare.csv", "--names", lines[0], "--json").json == expected
    frame, cover = pd.read_csv(sheet), pd.DataFrame({"note": ["see the next sheet"]})
    with pd.ExcelWriter(here / "book.xlsx") as book:
        cover.to_excel(book, sheet_name="Cover", index=False)
        frame.to_excel(book, sheet_name="Final", index=False)
    assert predict("book.xlsx", "--json").json == expected
    with pd.ExcelWriter(here / "two.xlsx") as book:
        frame.head(9).to_excel(book, sheet_name="CSE", index=False)
        frame.to_excel(book, sheet_name="ECE", index=False)
    assert "--sheet" in predict("two.xlsx", "--json", code=3).err
    assert predict("two.xlsx", "--sheet", "ECE", "--json").json == expected


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("words", [["predict", "{sheet}"], ["explain"]])
def test_a_full_standard_output_is_exit_6(trained, sheet, code_path, words):
    words = [word.format(sheet=sheet) for word in words]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "placement", *words, "--model", str(trained)],
            stdout=full,
            stderr=subprocess.PIPE,
            env=code_path,
            check=False,
        )
    assert done.returncode == 6, done.stderr.decode()
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("output", [(), ("--json",), ("--out", "scored.csv")])
def test_a_column_in_doubt_in_many_rows_gets_no_answers_but_on_request(
    predict, sheet, here, output
):
    frame = pd.read_csv(sheet)
    frame["stream"] = [f"new {k % 5}" if k % 4 == 0 else s for k, s in enumerate(frame["stream"])]
    frame.to_csv("doubtful.csv", index=False)
    done = predict("doubtful.csv", *output, code=3)
    assert (done.out, (here / "scored.csv").exists()) == ("", False)
    assert "stream is in doubt in 60 of 240 rows" in done.err
    assert "'new 0' was never seen in training" in done.err
    accepted = predict("doubtful.csv", *output, "--accept-doubts")
    assert "unseen level" in (accepted.out or (here / "scored.csv").read_text())


@pytest.mark.parametrize(("rows", "code"), [(9, 0), (10, 3)])
def test_few_rows_in_doubt_and_blanks_are_answered_with_a_note(predict, sheet, here, rows, code):
    frame = pd.read_csv(sheet).head(30)
    frame["stream"] = ["new"] * rows + frame["stream"].tolist()[rows:]
    frame["cgpa"] = np.nan
    frame.to_csv("doubtful.csv", index=False)
    done = predict("doubtful.csv", code=code)
    assert done.out.count("unseen level") == (rows if code == 0 else 0)
