import numpy as np
import pandas as pd

from placement.data.columns.column_store import MemoryColumnStore
from placement.data.table.read_table import read_table


def students(rows=60):
    return pd.DataFrame(
        {
            "name": [f"Quixworth {n:03d}" for n in range(rows)],
            "cgpa": np.linspace(4.4127, 9.8123, rows),
            "gender": np.where(np.arange(rows) % 2, "F", "M"),
            "status": np.where(np.arange(rows) % 3, "Placed", "Not Placed"),
        }
    )


def test_what_is_shown_of_a_table_is_what_its_columns_are_for_and_no_cell():
    table = read_table(students())
    shown, html = repr(table), table._repr_html_()
    assert shown == "Table(DataFrame: 60 rows, 40 of them 'Placed'; 1 of 4 columns used)"
    for words in ("outcome: ", "used, out of 10", "a person&#x27;s name", "sensitive ("):
        assert words in html, words
    for text in (shown, html):
        assert "Quixworth" not in text
        assert "4.41" not in text
        assert "9.81" not in text


def test_only_the_marked_rows_stay_in_pieces_of_their_own():
    table = read_table(students())
    some = table.only(lambda piece: table.labels.piece(piece) >= 0.5)
    assert len(some) == 40
    assert some.label.tolist() == [1.0] * 40
    assert some.rows.tolist() == [row for row in table.rows if (row - 1) % 3]
    assert some.columns["cgpa"].tolist() == students()["cgpa"][some.rows - 1].tolist()
    assert some.weight.tolist() == [1.0] * 40
    assert isinstance(some.store, MemoryColumnStore)


def test_no_row_may_be_marked():
    table = read_table(students())
    assert len(table.only(lambda piece: np.zeros(table.labels.sizes[piece], dtype=bool))) == 0
