"""`placement predict --rank`: the order of the rows, the first of them, in each group."""

import gzip
import io
import json

import numpy as np
import pandas as pd
import pytest

from placement.model.fitted import load_fitted
from placement.workflows.scoring import ranked_output

ADDED = [
    "placement_probability",
    "placement_prediction",
    "placement_label",
    "placement_low",
    "placement_high",
    "placement_notes",
]


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


def expected_rows(trained, sheet, rank, top=None, by=None):
    """The 1-based rows in order, by pandas."""
    frame = pd.read_csv(sheet)
    frame["p"] = load_fitted(trained).predict_proba(frame)
    frame["row"] = np.arange(1, len(frame) + 1)
    ordered = frame.sort_values("p", ascending=rank == "risk", kind="stable")
    if by is None:
        return ordered["row"].head(top or len(frame)).tolist()
    groups = ordered.groupby(by, sort=False)
    lists = {name: own["row"].head(top or len(own)).tolist() for name, own in groups}
    return [row for name in frame[by].unique() for row in lists[name]]


@pytest.mark.parametrize("rank", ["risk", "chance"])
@pytest.mark.parametrize(("top", "by"), [(None, None), (7, None), (4, "stream"), (None, "stream")])
def test_the_rows_are_those_and_in_the_order_that_pandas_finds(
    predict, trained, sheet, rank, top, by
):
    options = ["--rank", rank, *(["--top", top] if top else []), *(["--by", by] if by else [])]
    wanted = expected_rows(trained, sheet, rank, top, by)
    assert [row["row"] for row in predict(sheet, *options, "--json").json] == wanted
    own = sheet.read_text().splitlines()
    lines = predict(sheet, *options).out.splitlines()
    assert lines[0] == own[0] + "," + ",".join(ADDED)
    assert [line.rsplit(",", 6)[0] for line in lines[1:]] == [own[row] for row in wanted]


def test_a_rank_alone_changes_nothing_but_the_order(predict, sheet):
    plain = predict(sheet).out.splitlines()
    ranked = predict(sheet, "--rank", "chance").out.splitlines()
    assert plain[0] == ranked[0]
    assert sorted(plain) == sorted(ranked)


def test_equal_probabilities_stay_in_the_order_of_the_file_and_top_is_exact(predict, here, sheet):
    head, row = sheet.read_text().splitlines()[:2]
    twins = [row.replace("Quixworth 00000", f"Twin {n}") for n in range(9)]
    (here / "twins.csv").write_text("\n".join([head, *twins]) + "\n")
    for rank in ("risk", "chance"):
        lines = predict("twins.csv", "--rank", rank, "--top", 4).out.splitlines()[1:]
        assert [line.rsplit(",", 6)[0] for line in lines] == twins[:4]


def test_more_than_there_are_gives_all(predict, sheet):
    assert len(predict(sheet, "--rank", "risk", "--top", 5000).out.splitlines()) == 241


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_groups_are_told_apart_without_case_and_blanks_are_one(predict, here, sheet, form):
    lines = sheet.read_text().splitlines()
    branch = ["CSE", " cse ", "", "ECE", "  "]
    body = [f"{line},{branch[n % 5]}" for n, line in enumerate(lines[1:])]
    (here / "b.csv").write_text("\n".join([lines[0] + ",branch", *body]) + "\n")
    pd.read_csv("b.csv").to_parquet("b.parquet")
    rows = [
        r["row"]
        for r in predict(f"b.{form}", "--rank", "risk", "--top", 3, "--by", "Branch", "--json").json
    ]
    kinds = [{(row - 1) % 5 for row in rows[start : start + 3]} for start in (0, 3, 6)]
    assert kinds[0] <= {0, 1}  # CSE and cse
    assert kinds[1] <= {2, 4}  # blank
    assert kinds[2] == {3}
    assert len(rows) == 9


def test_a_column_of_numbers_that_is_a_feature_may_name_the_groups(predict, trained, sheet):
    wanted = expected_rows(trained, sheet, "risk", 2, "backlogs")
    document = predict(sheet, "--rank", "risk", "--top", 2, "--by", "backlogs", "--json").json
    assert [row["row"] for row in document] == wanted


def test_records_with_line_ends_inside_stay_as_they_are(predict, here):
    odd = (
        '\ufeff"cgpa" ;stream;"note";backlogs;aptitude\r\n'
        ' 9,50 ;"CSE";"a ""quoted"";\r\nnote, é";1;"60,5"\r\n'
        ";;;;\r\n"
        "6,25;ECE;  x ;0;40\r\n"
    )
    (here / "odd.csv").write_bytes(odd.encode())
    predict("odd.csv", "--rank", "risk", "--out", "ranked.csv")
    written = (here / "ranked.csv").read_bytes().decode()
    records = odd.replace(";;;;\r\n", "").split("\r\n")
    first, second = "6,25;ECE;  x ;0;40", "\r\n".join(records[1:3])
    assert written.startswith(records[0] + ";")
    assert 0 < written.index(first) < written.index(second)


def test_narrowing_comes_before_the_list(predict, trained, here, sheet):
    frame = pd.read_csv(sheet, dtype=str)
    frame.loc[frame.index % 3 > 0, "status"] = ""
    frame.to_csv(here / "mixed.csv", index=False)
    options = ("--rank", "risk", "--top", 5, "--json", "--unknown", "--where", "stream==CSE")
    result = predict("mixed.csv", *options)
    meant = frame.index[(frame["status"] == "") & (frame["stream"] == "CSE")] + 1
    order = [row for row in expected_rows(trained, sheet, "risk") if row in set(meant)]
    assert [row["row"] for row in result.json] == order[:5]
    assert "the outcome is known" in result.err
    assert f"{len(meant) - 5} rows left out: not among the first 5" in result.err


def test_the_counts_are_those_of_the_list(predict, sheet, here):
    done = predict(
        sheet, "--rank", "risk", "--top", 3, "--by", "stream", "--out", "list.csv", "--about"
    )
    told = "9 of 240 students written, lowest probability first in each stream"
    assert told in " ".join(done.err.split())
    about = json.loads((here / "list.csv.about.json").read_text())
    assert (about["rows_out"], about["rows_in"], about["predicted_positive"]) == (9, 240, 0)
    assert about["rows_left_out"] == {"not among the first 3 of their stream": 231}
    assert about["ranking"] == "lowest probability first in each stream"


@pytest.mark.parametrize("form", ["tsv", "parquet", "xlsx", "csv.gz"])
def test_every_form_of_output_has_the_same_list(predict, trained, here, sheet, form):
    wanted = expected_rows(trained, sheet, "chance", 3, "stream")
    predict(sheet, "--rank", "chance", "--top", 3, "--by", "stream", "--out", f"list.{form}")
    path = here / f"list.{form}"
    if form == "xlsx":
        result = pd.read_excel(path, sheet_name="List", engine="calamine")
    elif form == "parquet":
        result = pd.read_parquet(path)
    elif form == "tsv":
        result = pd.read_csv(path, sep="\t")
    else:
        result = pd.read_csv(io.BytesIO(gzip.decompress(path.read_bytes())))
    own = pd.read_csv(sheet)
    assert result["name"].tolist() == [own["name"][row - 1] for row in wanted]
    assert (result["placement_probability"] > 0).all()


@pytest.mark.parametrize("form", ["xlsx", "parquet"])
def test_every_form_of_input_gives_the_same_list_with_its_types(
    predict, trained, here, sheet, form
):
    wanted = expected_rows(trained, sheet, "risk", 3, "stream")
    frame = pd.read_csv(sheet)
    frame["seen"] = pd.Timestamp("2026-01-05")
    given = here / f"given.{form}"
    frame.to_excel(given, index=False, engine="xlsxwriter") if form == "xlsx" else frame.to_parquet(
        given
    )
    predict(given, "--rank", "risk", "--top", 3, "--by", "stream", "--out", "list.parquet")
    result = pd.read_parquet(here / "list.parquet")
    assert result["name"].tolist() == [frame["name"][row - 1] for row in wanted]
    if form == "parquet":
        assert result["backlogs"].dtype == frame["backlogs"].dtype
        assert result["seen"].tolist() == [pd.Timestamp("2026-01-05")] * 9


def in_parts(sheet, here, rows=8):
    """The sheet in many files, so that it is read in many blocks, each second one with ;."""
    head, *body = sheet.read_text().splitlines()
    for start in range(0, len(body), rows):
        mark = ";" if start // rows % 2 else ","
        lines = [line.replace(",", mark) for line in (head, *body[start : start + rows])]
        (here / f"part{start:04}.csv").write_text("\n".join(lines) + "\n")
    return "part*.csv"


@pytest.mark.parametrize("spare", [0, 50, 10**6])
@pytest.mark.parametrize("batch", [1, 7, 10**6])
def test_however_the_rows_are_held_the_list_is_the_same(
    predict, trained, here, sheet, monkeypatch, spare, batch
):
    monkeypatch.setattr(ranked_output, "_SPARE_ROWS", spare)
    monkeypatch.setattr(ranked_output, "_BATCH_ROWS", batch)
    given = in_parts(sheet, here)
    own = pd.read_csv(sheet)
    for options in ((), ("--top", 5), ("--top", 5, "--by", "stream")):
        top, by = (5 if options else None), ("stream" if len(options) > 2 else None)
        out = predict(given, "--rank", "risk", *options).out
        result = pd.read_csv(io.StringIO(out))
        wanted = expected_rows(trained, sheet, "risk", top, by)
        assert result["name"].tolist() == [own["name"][row - 1] for row in wanted]


def test_only_what_may_be_listed_is_held(trained, sheet, here, monkeypatch, predict):
    monkeypatch.setattr(ranked_output, "_SPARE_ROWS", 0)
    most = 0
    put = ranked_output.RankedSink.put

    def watched(self, scored):
        nonlocal most
        put(self, scored)
        most = max(most, sum(map(len, self._held)))

    monkeypatch.setattr(ranked_output.RankedSink, "put", watched)
    predict(in_parts(sheet, here), "--rank", "risk", "--top", 2)
    assert most <= 6


def test_standard_input_is_ranked_as_well(predict, trained, sheet, monkeypatch):
    with sheet.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        ranked = predict("-", "--rank", "risk", "--top", 2, "--json").json
    assert [row["row"] for row in ranked] == expected_rows(trained, sheet, "risk", 2)


def test_no_row_at_all_is_an_empty_list(predict, sheet, here):
    assert predict(sheet, "--rank", "risk", "--where", "stream==None", "--json").json == []
    done = predict(sheet, "--rank", "risk", "--top", 3, "--by", "stream", "--where", "stream==None")
    assert len(done.out.splitlines()) == 1


def test_an_unknown_group_column_is_told_with_the_nearest(predict, sheet):
    output = predict(sheet, "--rank", "risk", "--by", "steam", code=3).err
    assert "--by" in output
    assert "'stream'" in output


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--top", "60"), "--rank risk --top 60"),
        (("--top", "60", "--by", "my branch"), '--rank risk --top 60 --by "my branch"'),
        (("--by", "stream"), "--rank chance --by stream"),
    ],
)
def test_a_list_without_an_end_to_begin_at_names_the_line_to_type(predict, options, line):
    assert line in predict("there-is-no-such.csv", *options, code=2).err


@pytest.mark.parametrize("options", [("--rank", "best"), ("--rank", "risk", "--top", "0")])
def test_wrong_words_are_wrong_usage(predict, sheet, options):
    predict(sheet, *options, code=2)


def test_one_student_has_no_rank(predict):
    assert "--rank is for a file" in predict("--set", "cgpa=7", "--rank", "risk", code=2).err


def test_a_list_that_students_with_an_outcome_compete_for_is_warned_of(run, trained):
    sheet = trained.parent / "students.csv"
    done = run("predict", sheet, "--model", trained, "--rank", "risk", "--top", "5")
    assert "of those ranked have an outcome already (status): --unknown" in " ".join(
        done.err.split()
    )
    plain = run("predict", sheet, "--model", trained)
    assert "outcome already" not in plain.err
