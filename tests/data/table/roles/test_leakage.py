import numpy as np

from placement.data.table.roles import leakage
from tests.data.small_columns import column, evidence, outcome

TARGET = outcome(["Placed"] * 10 + ["Not Placed"] * 10, {"Placed"})
OPPOSITE = outcome(["Placed"] * 10 + ["Not Placed"] * 10, {"Not Placed"})


def leak_reason(made, of=TARGET):
    rows, positive = of.counts
    seen = evidence(made, of).summary
    return leakage.leak_reason(seen, np.array([rows - positive, positive]), of, "status")


def separating_auc(made):
    return leakage.separating_auc(made, evidence(made, TARGET).summary, TARGET)


def tells_verdict(cells, of=TARGET):
    made = column(cells, "notes")
    return leakage.tells_verdict(made, evidence(made, of).summary)


def test_missingness_that_agrees_with_the_label_is_a_leak():
    agreeing = column([""] * 10 + list(range(10)), "shift")
    assert "missing" in leak_reason(agreeing)
    assert "missing" in leak_reason(agreeing, OPPOSITE)
    half = column([""] * 5 + list(range(15)), "shift")
    assert leak_reason(half) is None


def test_missingness_needs_five_rows_of_each_class():
    few = column([""] * 4 + [1, 2, 3, 4])
    assert leak_reason(few, outcome([1, 1, 1, 1, 0, 0, 0, 0], {1})) is None


def test_a_copy_or_recoding_of_the_target_is_a_leak():
    assert "recoding of status" in leak_reason(column([7] * 10 + [3] * 10))
    assert leak_reason(column([7] * 9 + [3] * 11)) is None
    three = column(["a"] * 5 + ["b"] * 5 + ["c"] * 10)
    target = outcome(["G"] * 5 + ["D"] * 5 + ["E"] * 10, {"G", "D"})
    assert leak_reason(three, target)
    assert leak_reason(three) is None


def test_a_recoding_of_the_two_outcomes_is_a_leak_where_the_words_are_three():
    three = outcome(["G"] * 10 + ["D"] * 5 + ["E"] * 5, {"G"})
    assert leak_reason(column([1] * 10 + [0] * 10), three)


def test_a_feature_of_a_few_rows_is_no_recoding():
    assert leak_reason(column([8.1, 6.2]), outcome(["Yes", "No"], {"Yes"})) is None


def test_a_column_that_separates_is_found_in_either_direction_and_in_words():
    values = list(range(20))
    assert separating_auc(column(values)) == 1
    assert separating_auc(column(values[::-1])) == 1
    assert separating_auc(column(["a"] * 10 + ["b"] * 10)) == 1
    assert separating_auc(column(values[5:] + values[:5])) is None
    assert separating_auc(column([f"w{k}" for k in range(20)])) is None


def test_free_text_that_tells_a_verdict_is_a_leak_whatever_its_name():
    assert tells_verdict(["selected in TCS", "Selected - Infosys"] * 5 + ["sincere"] * 10)
    assert tells_verdict(["good at maths"] * 10 + ["rejected in HR round", "not selected"] * 5)
    assert tells_verdict(["placed in a bank by drive"] * 9 + ["reads a lot"] + ["rejected"] * 10)


def test_words_of_another_matter_are_no_verdict_where_they_do_not_go_with_the_outcome():
    assert not tells_verdict(["selected for the hockey team", "hostel"] * 10)
    assert not tells_verdict(["selected in TCS"] * 3 + ["sincere"] * 17)
    assert not tells_verdict(["honest", "sincere"] * 10)
    mostly_placed = outcome(["Placed"] * 17 + ["Not Placed"] * 3, {"Placed"})
    team = ["selected for the hockey team"] * 8 + ["hostel"] * 9 + ["selected for the hockey team"]
    assert not tells_verdict([*team, "hostel", "hostel"], mostly_placed)


def test_single_words_need_to_go_with_the_outcome_nearly_always():
    assert tells_verdict(["Selected"] * 10 + ["Rejected"] * 10)
    assert not tells_verdict(
        ["Selected"] * 8 + ["Rejected"] * 2 + ["Rejected"] * 8 + ["Selected"] * 2
    )
