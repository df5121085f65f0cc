from placement.runtime.notebook import MOST_ROWS, html_table, paragraph


def test_every_text_is_escaped():
    shown = paragraph("a < b") + html_table(("<i>",), [("<script>",)])
    assert "<script>" not in shown
    assert "a &lt; b" in shown
    assert "&lt;i&gt;" in shown


def test_numbers_have_four_digits_and_what_is_not_known_is_a_dash():
    shown = html_table(("name", "value"), [("auc", 0.87654), ("ece", None)])
    assert ">0.8765</td>" in shown
    assert ">–</td>" in shown


def test_a_long_table_says_how_many_rows_are_not_shown():
    shown = html_table(("row",), [(f"r{n}",) for n in range(MOST_ROWS + 3)])
    assert shown.count("<tr>") == MOST_ROWS + 1
    assert "and 3 more" in shown


def test_a_table_without_rows_is_nothing():
    assert html_table(("row",), []) == ""
