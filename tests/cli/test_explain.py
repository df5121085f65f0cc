"""`placement explain`, as it is typed."""

import pandas as pd
import pytest

from placement.model.fitted import load_fitted

KEYS = {"feature", "coefficient", "std_error", "z", "p_value", "low", "high"}


@pytest.fixture
def sheet(trained):
    return trained.parent / "students.csv"


@pytest.fixture
def explain(run, trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def explained(*words, code=0, model=trained):
        done = run("explain", *words, "--model", model)
        assert done.code == code, done.err
        return done

    return explained


def test_the_document_has_the_promised_keys(explain, sheet):
    document = explain(sheet, "--json").json
    assert document["format"] == 1
    assert document["penalised"] is True
    assert document["coefficients"][0]["feature"] == "(intercept)"
    for row in document["coefficients"]:
        assert set(row) == KEYS | {"odds_ratio", "odds_ratio_low", "odds_ratio_high"}
        assert row["z"] is None
        assert row["p_value"] is None
        assert row["low"] < row["coefficient"] < row["high"]
    assert document["log_likelihood"] > document["null_log_likelihood"]
    assert document["aic"] is None
    assert [row["row"] for row in document["rows"]] == list(range(1, 241))
    for row in document["rows"]:
        total = row["average"] + sum(part["contribution"] for part in row["contributions"])
        assert abs(total - row["logit"]) < 1e-12
        assert row["low"] < row["probability"] < row["high"]


def test_the_fit_without_the_penalty_is_that_of_a_training_without_one(explain, run, sheet):
    beside = explain("--unpenalised", "--json").json
    free = ("--l2", "0", "--loss", "logits", "--optimizer", "newton", "--sensitive", "")
    assert run("train", sheet, *free, "--no-track", "--out", "free").code == 0
    alone = explain("--json", model="free").json
    for one, other in zip(beside["coefficients"], alone["coefficients"], strict=True):
        for name in ("coefficient", "std_error", "p_value"):
            assert one[name] == pytest.approx(other[name], rel=1e-7, abs=1e-10)
    assert beside["log_likelihood"] == pytest.approx(alone["log_likelihood"], rel=1e-10)


def test_the_fit_without_the_penalty_is_tested_and_has_an_aic(explain):
    document = explain("--unpenalised", "--json").json
    assert document["penalised"] is False
    assert all(0 <= row["p_value"] <= 1 for row in document["coefficients"])
    parameters = len(document["coefficients"])
    assert document["aic"] == pytest.approx(2 * parameters - 2 * document["log_likelihood"])
    assert "without the penalty" not in explain("--unpenalised").out


def test_text_shows_the_model_and_the_first_students(explain, sheet):
    done = explain(sheet, "-v")
    assert "Log-odds of status = Placed, --l2 1" in done.out
    assert "Row 5 (line 6), register_no 7300000004, name Quixworth 00004: students" in done.out
    assert "Row 6" not in done.out
    assert "The first 5 of 240 students" in done.out


def test_one_row_is_explained_with_reasons_and_what_if(explain, sheet, trained):
    result = explain(sheet, "--row", 7, "--reach", 0.99, "--json").json["rows"]
    assert [row["row"] for row in result] == [7]
    verdicts = {own["column"]: own["verdict"] for own in result[0]["what_if"]}
    assert set(verdicts) == {"cgpa", "backlogs", "aptitude"} & set(verdicts)
    fitted = load_fitted(trained)
    assert set(verdicts) <= set(fitted.schema.feature_names)
    text = explain(sheet, "--row", 7).out
    assert "the chance" in text
    assert "raise to" not in text


def test_without_a_student_the_strongest_column_comes_first_with_its_evidence(explain, trained):
    lines = explain().out.splitlines()
    assert lines[0].startswith("What goes with 'Placed', learnt from 192 students")
    parts = explain("--unpenalised", "--json").json["coefficients"]
    spread = {row["feature"]: row["z"] for row in parts}
    strongest = max(("cgpa", "aptitude", "backlogs"), key=lambda name: abs(spread[name]))
    assert lines[1] == f"  {strongest}: the more, the higher the chance (very strong evidence)"
    assert any(line.startswith("  backlogs: the more, the lower the chance") for line in lines)
    assert any(line.startswith("  stream: the chance is highest for") for line in lines)
    assert not any("std. error" in line for line in lines)


def test_a_student_is_answered_with_identity_chance_reasons_and_what_if(explain, sheet):
    done = explain(sheet, "--id", "7300000001")
    (row,) = explain(sheet, "--id", "7300000001", "--json").json["rows"]
    lines = done.out.splitlines()
    assert lines[0] == "Row 2 (line 3), register_no 7300000001, name Quixworth 00001:"
    assert lines[1].startswith(f"Students like this are 'Placed' {100 * row['probability']:.0f} in")
    reached = [change for change in row["what_if"] if change["verdict"] == "reached"]
    assert reached
    for change in reached:
        share = f"{100 * change['probability']:.0f} in 100"
        assert f"  with {change['column']} {change['value']:g}: {share}" in done.out
    assert "log-odds" not in done.out
    assert "log-odds" in explain(sheet, "--id", "7300000001", "-v").out


@pytest.fixture
def workbook(sheet, tmp_path):
    """The first students as an office keeps them: a title above, register numbers as text."""
    frame = pd.read_csv(sheet, dtype={"register_no": str}).head(9).rename(
        columns={"register_no": "Register No", "name": "Student name"}
    )  # fmt: skip
    frame.to_excel(tmp_path / "office.xlsx", index=False, startrow=2)
    return "office.xlsx"


def test_a_student_is_named_by_number_name_and_row_of_the_sheet(explain, sheet, workbook):
    unwrapped = " ".join(explain(workbook, "--row", 3).out.split())
    named = "Register No 7300000002, Student name Quixworth 00002:"
    assert unwrapped.startswith(f"Row 3 (row 6 of the sheet), {named}")
    assert "Row 3 (line 4), register_no 7300000002, name" in explain(sheet, "--row", 3).out
    (row,) = explain(workbook, "--row", 3, "--json").json["rows"]
    assert row["line"] == 6
    assert row["identity"] == {
        "Register No": "7300000002",
        "Student name": "Quixworth 00002",
    }


@pytest.mark.parametrize(
    "asked",
    [
        ("--id", "7300000002"),
        ("--id", " quixworth 00002"),
        ("--where", "Register No==7300000002"),
        ("--where", "Student name==Quixworth 00002"),
    ],
)
def test_a_student_is_found_by_what_says_who_it_is(explain, workbook, asked):
    (row,) = explain(workbook, *asked, "--json").json["rows"]
    assert (row["row"], row["line"]) == (3, 6)


def test_all_students_of_a_rule_are_explained(explain, sheet):
    frame = pd.read_csv(sheet)
    meant = [index + 1 for index in frame.index[frame.stream == "ECE"]]
    rows = explain(sheet, "--where", "stream==ece", "--json").json["rows"]
    assert [row["row"] for row in rows] == meant
    assert f"The first 5 of {len(meant)} students" in explain(sheet, "--where", "stream==ece").out


def test_a_register_number_that_several_rows_have_names_them_all(explain, sheet, tmp_path):
    lines = sheet.read_text().splitlines()
    (tmp_path / "twice.csv").write_text("\n".join([*lines[:4], lines[2]]) + "\n")
    rows = explain("twice.csv", "--id", "7300000001", "--json").json["rows"]
    assert [row["row"] for row in rows] == [2, 4]


def test_a_student_who_is_not_there_is_said_with_the_next_step(explain, sheet, tmp_path):
    number = "7300000002"
    assert f"--id {number} looks for it in register_no, name" in (
        explain(sheet, "--row", number, code=3).err
    )
    assert "no row of 240 has '99' in register_no, name; another column" in (
        explain(sheet, "--id", "99", code=3).err
    )
    assert "no row of 240 has stream==IT" in explain(sheet, "--where", "stream==IT", code=3).err
    assert "did you mean 'stream'" in explain(sheet, "--where", "steam==IT", code=3).err
    assert "not a rule" in explain(sheet, "--where", "stream", code=2).err
    assert "write it like 'stream==CSE'" in explain(sheet, "--where", "stream=CSE", code=2).err
    assert "give one of them" in explain(sheet, "--row", 1, "--id", number, code=2).err
    assert "name DATA" in explain("--id", number, code=2).err
    pd.read_csv(sheet).drop(columns=["register_no", "name"]).to_csv(
        tmp_path / "nameless.csv", index=False
    )
    err = explain("nameless.csv", "--id", "7", code=3).err
    assert "no column is known to say who a student is; name it: --where 'stream==7'" in err


def test_what_is_wrong_is_told_with_its_exit_code(explain, sheet):
    assert "there is no row 999; it has 240" in explain(sheet, "--row", 999, code=3).err
    assert "name DATA" in explain("--row", 1, code=2).err
    assert "write it as COLUMN=UNITS" in explain("--per", "cgpa", code=2).err
    assert "did you mean 'cgpa'" in explain("--per", "cgap=2", code=2).err
    assert "did you mean 'cgpa'" in explain("--changeable", "cgap", code=3).err
    assert "it is no bundle directory" in explain(model="nowhere/at-all", code=5).err


def test_without_a_maximum_the_reason_is_told(explain, run, tmp_path):
    rows = "\n".join(f"{k / 10},{int(k > 55)}" for k in range(40, 100))
    (tmp_path / "apart.csv").write_text("cgpa,placed\n" + rows + "\n")
    quick = ("--no-track", "--optimizer", "newton")
    assert run("train", "apart.csv", *quick, "--out", "apart").code == 0
    assert (
        "the columns separate the outcomes" in explain("--unpenalised", model="apart", code=5).err
    )
    assert "Without the penalty: there is none" in explain("-v", model="apart").out


def test_a_file_with_a_decimal_comma_is_explained_as_it_is_scored(
    explain, run, sheet, trained, tmp_path
):
    lines = sheet.read_text().splitlines()[:8]
    comma = "\n".join(line.replace(".", "#").replace(",", ";").replace("#", ",") for line in lines)
    (tmp_path / "comma.csv").write_text(comma + "\n")
    scored = run("predict", tmp_path / "comma.csv", "--model", trained, "--json").json
    rows = explain(tmp_path / "comma.csv", "--json").json["rows"]
    assert [row["probability"] for row in rows] == [row["probability"] for row in scored]
    plain = explain(sheet, "--json").json["rows"]
    assert [row["what_if"] for row in rows] == [row["what_if"] for row in plain[:7]]
    assert [row["reasons"] for row in rows] == [row["reasons"] for row in plain[:7]]


def test_firths_limits_are_of_the_profile_likelihood_and_scale_with_the_unit(run, tmp_path):
    placed = ["no"] * 5 + ["yes"] * 5
    sheet = tmp_path / "sep.csv"
    pd.DataFrame({"x": range(1, 11), "placed": placed}).to_csv(sheet, index=False)
    words = ("--firth", "--l2", "0", "--test-size", "0", "--no-track", "--out", tmp_path / "m")
    assert run("train", sheet, *words, "--features", "x").code == 0
    one, two = (
        run("explain", "--model", tmp_path / "m", "--json", *options).json["coefficients"][1]
        for options in ((), ("--per", "x=2"))
    )
    assert one["low"] > 0
    assert one["p_value"] < 0.05
    assert one["high"] - one["coefficient"] > 1.5 * (one["coefficient"] - one["low"])
    for name in ("coefficient", "std_error", "low", "high"):
        assert two[name] == pytest.approx(2 * one[name])
    assert two["odds_ratio_high"] == pytest.approx(one["odds_ratio_high"] ** 2)
    said = run("explain", "--model", tmp_path / "m", "-v").out
    assert "profile of the penalised" in said
    assert "Firth's correction" in said
