import pytest

from placement.data.names.spellings import probably_same


def test_branches_and_their_abbreviations_are_probably_one_by_the_more_frequent():
    rows = {"civil": 22, "Civil Engg": 12, "Mech": 30, "Mechanical": 12, "CSE": 80, "ECE": 58}
    assert probably_same(rows) == {"Civil Engg": "civil", "Mechanical": "Mech"}
    rows = {"Computer Science": 30, "CSE": 20, "B.Tech CSE": 3, "Dept. of Computer Science": 4}
    assert probably_same(rows) == dict.fromkeys(list(rows)[1:], "Computer Science")
    assert probably_same({"IT": 8, "Information Technology": 9}) == {"IT": "Information Technology"}


def test_levels_of_the_same_letters_are_probably_one():
    assert probably_same({"AI&DS": 9, "AI-DS": 3}) == {"AI-DS": "AI&DS"}
    assert probably_same({"Self Financed": 9, "Self-financed": 3, "SelfFinanced": 2}) == {
        "Self-financed": "Self Financed",
        "SelfFinanced": "Self Financed",
    }


def test_a_rare_level_a_letter_away_from_a_frequent_one_is_probably_a_slip():
    assert probably_same({"Mathematics": 40, "Mathematcs": 1}) == {"Mathematcs": "Mathematics"}
    assert probably_same({"Male": 40, "Mael": 2}) == {"Mael": "Male"}
    assert not probably_same({"Mathematics": 40, "Mathematcs": 3})
    assert not probably_same({"Mathematics": 4, "Mathematcs": 1})


def test_a_date_among_ranges_is_probably_one_that_a_spreadsheet_made_of_a_range():
    assert probably_same({"0-10%": 5, "20-30%": 9, "20-Oct": 4, "10-20%": 2}) == {
        "20-Oct": "10-20%"
    }
    assert probably_same({"50-99": 9, "Oct-49": 9}) == {"Oct-49": "10-49"}
    assert not probably_same({"20-Oct": 4, "21-Oct": 5})


@pytest.mark.parametrize(
    "levels",
    [
        ["A", "B", "C"], ["Sem 1", "Sem 2"], ["ECE", "EEE", "IT", "CT"], ["A+", "A", "A-", "B+"],
        ["O+ve", "O-ve"], ["Male", "Female"], ["CSE-A", "CSE-B"], ["Group A", "Group B"],
        ["2021-22", "2022-23"], ["North", "South", "East", "West"], ["Type II", "Type III"],
        ["BBA", "MBA", "BCA", "MCA", "BE", "ME", "BTech", "MTech"], ["Yes", "No"], ["C", "C++"],
        ["Comm&Mgmt", "Sci&Tech", "Others"], ["Mkt&HR", "Mkt&Fin"], ["10-20", "20-30"],
        ["Electronics", "Electrical"], ["Room101", "Room102"], ["Central", "Others"],
        ["Electronics And Communication", "Computer Science", "Mechanical", "Electrical", "Civil"],
    ],
)  # fmt: skip
def test_levels_that_are_two_are_left_alone(levels):
    for rare in range(len(levels)):
        rows = {level: 1 if k == rare else 40 for k, level in enumerate(levels)}
        assert not probably_same(rows)


def test_a_column_of_very_many_levels_holds_names():
    rows = {f"town {k:03}x": 40 for k in range(120)} | {"Mathematics": 40, "Mathematcs": 1}
    assert not probably_same(rows)
