"""Settings, weakest first: defaults, placement.toml, PLACEMENT_<FIELD>, options."""

import dataclasses
import tomllib

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from placement.cli.settings import FIELDS, config_toml, effective_config, switch
from placement.config.optimizers import OPTIMIZERS
from placement.config.train_config import TrainConfig
from placement.errors import UsageError


@pytest.fixture(autouse=True)
def _empty_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def toml(tmp_path):
    def write(text, name="placement.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def test_without_anything_the_defaults_hold():
    assert effective_config({}, None) == TrainConfig()


def test_each_source_outweighs_the_one_before(toml, monkeypatch):
    toml('seed = 1\nl2 = 2\nrun_name = "file"')
    assert effective_config({}, None) == TrainConfig(seed=1, l2=2.0, run_name="file")
    monkeypatch.setenv("PLACEMENT_SEED", "3")
    monkeypatch.setenv("PLACEMENT_RUN_NAME", "environment")
    assert effective_config({}, None) == TrainConfig(seed=3, l2=2.0, run_name="environment")
    assert effective_config({"seed": 4}, None) == TrainConfig(
        seed=4, l2=2.0, run_name="environment"
    )


def test_a_file_of_windows_with_its_byte_order_mark_is_read(toml):
    toml("\ufeffseed = 7\r\n")
    assert effective_config({}, None).seed == 7


def test_config_takes_the_place_of_placement_toml(toml):
    toml("seed = 1\nl2 = 2")
    other = toml("seed = 5", "other.toml")
    assert effective_config({}, str(other)) == TrainConfig(seed=5)


@pytest.mark.parametrize(
    "name", [*(f for f, item in FIELDS.items() if isinstance(item.default, bool)), "stream"]
)
def test_an_option_takes_back_a_switch_of_the_file_and_of_the_environment(
    run, toml, monkeypatch, name
):
    yes, no = switch(FIELDS[name])
    for there, option in ((True, no), (False, yes)):
        toml(f"{name} = {str(there).lower()}")
        monkeypatch.setenv(f"PLACEMENT_{name.upper()}", str(there))
        assert tomllib.loads(run("train", "--print-config").out)[name] is there
        assert tomllib.loads(run("train", "--print-config", option).out)[name] is not there


def test_an_empty_option_takes_back_a_word_and_a_list(run, toml):
    toml('test_where = "batch==2025"\nfeatures = ["a", "b"]\ntarget = "x"')
    result = run(
        "train", "--print-config", "--group", "c", "--test-where", "", "--features", "",
        "--target", "",
    ).out  # fmt: skip
    outcome = tomllib.loads(result)
    assert (outcome["group"], outcome["features"]) == ("c", [])
    assert not {"test_where", "target"} & set(outcome)


def test_a_list_is_one_csv_record_in_an_option_and_in_the_environment(monkeypatch):
    monkeypatch.setenv("PLACEMENT_DROP", 'a, "b, c"')
    assert effective_config({"features": "d,e"}, None) == TrainConfig(
        drop=("a", "b, c"), features=("d", "e")
    )


def test_a_repeatable_option_takes_its_value_as_it_is(run):
    shown = run("train", "--print-config", "--drop", "a, b", "--drop", "c")
    assert tomllib.loads(shown.out)["drop"] == ["a, b", "c"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("optimiser = 'gd'", "did you mean 'optimizer'?"),
        ("[train]\nseed = 1", "unknown setting 'train'"),
        ("seed = 'one'", "seed = 'one' is no whole number"),
        ("seed = 1.5", "is no whole number"),
        ("seed = true", "is no whole number"),
        ("refit = 1", "is no true or false"),
        ("features = [1, 2]", "is no list of words"),
        ("target = 7", "is no text"),
        ("threshold = true", "threshold = True is no text or number"),
        ("l2 = -1", "--l2 -1.0: must be"),
        ("l2 = nan", "must be"),
        ("lr = inf", "must be"),
        ("dtype = 'float16'", "choose one of float64, float32"),
        ("seed = ", "not a readable TOML file"),
        ("test_size = 1.0", "below 1"),
        ("epochs = 0", "1 or more"),
        ("tag = ['novalue']", "key=value"),
        ("absent = 'unknown'", "--labels"),
    ],
)
def test_a_bad_file_is_wrong_usage(run, toml, text, told):
    toml(text)
    shown = run("train", "--print-config")
    assert shown.code == 2
    assert told in shown.err
    assert shown.out == ""


@pytest.mark.parametrize(
    ("variable", "text", "told"),
    [
        ("PLACEMENT_SEED", "x", "PLACEMENT_SEED=x: is no whole number"),
        ("PLACEMENT_L2", "x", "is no number"),
        ("PLACEMENT_TRACK", "maybe", "is no true or false"),
        ("PLACEMENT_LOSS", "hinge", "choose one of"),
    ],
)
def test_a_bad_variable_is_wrong_usage(run, monkeypatch, variable, text, told):
    monkeypatch.setenv(variable, text)
    shown = run("train", "--print-config")
    assert shown.code == 2
    assert told in shown.err


@pytest.mark.parametrize(("word", "value"), [("1", True), ("Yes", True), ("off", False)])
def test_switches_in_the_environment_take_common_words(monkeypatch, word, value):
    monkeypatch.setenv("PLACEMENT_REFIT", word)
    assert effective_config({}, None).refit is value


def test_a_config_file_that_is_not_there_or_no_file_is_wrong_usage(run, tmp_path):
    assert run("train", "--print-config", "--config", "none.toml").code == 2
    assert run("train", "--print-config", "--config", tmp_path).code == 2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--optimizer", "newton", "--lr", "1"], "--lr is not used by --optimizer newton"),
        (["--optimizer", "gd", "--batch-size", "9"], "--batch-size is not used"),
        (["--test", "a.csv", "--group", "g"], "exclude each other"),
        (["--on", "id"], "--labels"),
        (["--patience", "0"], "1 or more"),
        (["--seed", "-1"], "0 or more"),
        (["--epsilon", "0.5"], "below 0.5"),
    ],
)
def test_options_that_contradict_are_told_before_any_file_is_opened(run, options, told):
    shown = run("train", "there-is-no-such-file.csv", *options)
    assert shown.code == 2
    assert told in shown.err


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("0.7", 0.7),
        (" 1 ", 1.0),
        ("Youden", "youden"),
        ("recall=0.90", "recall=0.9"),
        ("precision = 1.0", "precision=1"),
        ("capacity=40.0", "capacity=40"),
        ("cost=3.0:0.50", "cost=3:0.5"),
        ("cost=0:1", "cost=0:1"),
    ],
)
def test_a_threshold_has_one_spelling_wherever_it_is_given(run, toml, monkeypatch, given, kept):
    assert TrainConfig(threshold=given).threshold == kept
    assert TrainConfig(threshold=kept).threshold == kept
    shown = [run("train", "--print-config", "--threshold", given).out]
    monkeypatch.setenv("PLACEMENT_THRESHOLD", given)
    shown.append(run("train", "--print-config").out)
    monkeypatch.delenv("PLACEMENT_THRESHOLD")
    toml(f"threshold = {kept!r}")
    shown.append(run("train", "--print-config").out)
    assert [tomllib.loads(text)["threshold"] for text in shown] == [kept] * 3


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("1.5", "the threshold must be between 0 and 1, as in 0.7"),
        ("nan", "the threshold must be between 0 and 1, as in 0.7"),
        ("3:1", "the threshold must be between 0 and 1, as in 0.7"),
        ("youden=1", "youden must be without a number, as in youden"),
        ("recall", "recall must be above 0 and at most 1, as in recall=0.9"),
        ("recall=0", "recall must be above 0 and at most 1, as in recall=0.9"),
        ("recall=1.2", "recall must be above 0 and at most 1, as in recall=0.9"),
        ("precision=half", "precision must be above 0 and at most 1, as in precision=0.9"),
        ("capacity=0", "capacity must be a whole number of 1 or more, as in capacity=40"),
        ("capacity=2.5", "capacity must be a whole number of 1 or more, as in capacity=40"),
        ("cost=1", "cost must be FP:FN, two numbers of 0 or more and not both 0, as in cost=3:1"),
        ("cost=0:0", "not both 0, as in cost=3:1"),
        ("cost=-1:2", "two numbers of 0 or more"),
        ("cost=1:nan", "two numbers of 0 or more"),
        ("cost=inf:1", "two numbers of 0 or more"),
        ("recal=0.9", "(did you mean 'recall'?): write a form such as 0.7, youden, recall=0.9"),
        ("half", "write a form such as 0.7, youden, recall=0.9"),
        ("min_recall=0.9", "capacity=40 or cost=3:1"),
    ],
)
def test_a_threshold_that_is_none_is_told_with_the_forms_and_an_example(run, given, told):
    shown = run("train", "there-is-no-such-file.csv", "--threshold", given)
    assert shown.code == 2
    assert f"--threshold {given}" in shown.err
    assert told in shown.err


@pytest.mark.parametrize(
    "option", ["--youden", "--capacity", "--min-recall", "--min-precision", "--cost-fp"]
)
def test_a_policy_has_no_option_of_its_own(run, option):
    assert run("train", "there-is-no-such-file.csv", option, "1").code == 2
    assert option not in run("train", "--help").out


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
NUMBERS = st.floats(1e-12, 1e12)
THRESHOLDS = st.one_of(
    st.floats(0, 1),
    st.just("youden"),
    st.floats(0, 1, exclude_min=True).map("recall={}".format),
    st.floats(0, 1, exclude_min=True).map("precision={}".format),
    st.integers(1, 2**63).map("capacity={}".format),
    st.tuples(NUMBERS, NUMBERS).map(lambda costs: "cost={}:{}".format(*costs)),
)
KINDS = {
    bool: st.booleans(),
    int: st.integers(1, 2**63 - 1),
    float: st.floats(0, 0.49, exclude_min=True),
    str: WORDS,
    tuple: st.lists(WORDS, max_size=3).map(tuple),
}


def values_of(item):
    if item.metadata["choices"]:
        return st.sampled_from(item.metadata["choices"])
    if item.name == "tag":
        return st.lists(st.tuples(WORDS, WORDS).map("=".join), max_size=2).map(tuple)
    words = dict.fromkeys(("lr", "l2"), NUMBERS) | {"momentum": KINDS[float]}
    words["threshold"] = THRESHOLDS
    counts = ("epochs", "batch_size", "patience", "gradcheck_every", "header_row")
    whole = dict.fromkeys(counts, KINDS[int])
    whole["stream"] = KINDS[bool]
    words["sensitive"] = st.none() | KINDS[tuple]
    default = type(item.default) if item.default is not None else str
    return {**words, **whole}.get(item.name, KINDS[default])


@given(st.fixed_dictionaries({}, optional={n: values_of(f) for n, f in FIELDS.items()}))
def test_print_config_gives_the_same_configuration_back(tmp_path, wanted):
    try:
        config = TrainConfig(**wanted)
    except UsageError:
        assume(False)
    path = tmp_path / "printed.toml"
    path.write_text(config_toml(config), encoding="utf-8", newline="")
    assert effective_config({}, str(path)) == config


def test_print_config_says_every_setting(run):
    shown = run("train", "--print-config", "--optimizer", list(OPTIMIZERS)[1]).out
    for item in dataclasses.fields(TrainConfig):
        assert f"{item.name} = " in shown or f"# {item.name} is not set" in shown


@pytest.mark.parametrize("command", ["--features", "--names"])
@pytest.mark.parametrize("text", ['a\nb,"c\r\nd"', '"a b', "a" * 200_000, "\n", '"a"b,c\rd'])
def test_names_of_any_white_space_are_never_a_defect(run, tmp_path, command, text):
    (tmp_path / "may.csv").write_text("x,placed\n1,Yes\n")
    done = run("train", tmp_path / "may.csv", command, text, "--no-track", "--dry-run")
    assert done.code in {2, 3}, done.err


def test_columns_may_be_listed_in_a_file(run, tmp_path):
    sheet, names = tmp_path / "may.csv", tmp_path / "names.txt"
    rows = "".join(f"{k % 7},{k % 5},{k % 3},{'Yes' if k % 2 else 'No'}\n" for k in range(40))
    sheet.write_text('"Your CGPA,\noverall",b,c,placed\n' + rows)
    names.write_text("\ufeffYour CGPA,  overall\n\nb\n", encoding="utf-8")
    words = ("train", sheet, "--no-track", "--dry-run", "--json")
    done = run(*words, "--features-file", names)
    assert done.code == 0, done.err
    used = {"Your CGPA, overall", "b"}
    assert {feature["name"] for feature in done.json["features"]} == used
    assert run(*words, "--features-file", names, "--features", "b").code == 2
    assert run(*words, "--features-file", tmp_path / "none.txt").code == 2
    names.write_text("\n")
    assert run(*words, "--features-file", names).code == 2


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device is there")
@pytest.mark.parametrize("command", ["train", "tune"])
def test_a_card_that_is_not_there_is_wrong_usage_before_data_is_opened(run, command):
    shown = run(command, "no such file.csv", "--device", "cuda", "--no-track")
    assert (shown.code, shown.out) == (2, "")
    assert "--device cuda: torch" in shown.err
