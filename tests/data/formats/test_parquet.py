import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from placement.data.table.read_table import read_table


def students():
    draw = np.random.default_rng(3)
    cgpa = draw.uniform(4, 10, 60)
    return pd.DataFrame(
        {
            "cgpa": np.where(np.arange(60) % 20 == 0, np.nan, cgpa),
            "backlogs": draw.integers(0, 4, 60),
            "stream": draw.choice(np.array(["CSE", "ECE", None], dtype=object), 60),
            "hostel": draw.random(60) < 0.5,
            "placed": np.where(cgpa > 7, "Yes", "No"),
        }
    )


@pytest.mark.parametrize("of_pandas", [pl.from_pandas, pa.Table.from_pandas])
def test_frames_of_polars_and_arrow_are_read_as_those_of_pandas(of_pandas):
    table, other = read_table(students()), read_table(of_pandas(students()))
    assert other.digest == table.digest
    assert other.schema == table.schema


def test_a_category_of_polars_is_read_by_its_words():
    frame = pl.from_pandas(students()).with_columns(pl.col("stream").cast(pl.Categorical))
    assert read_table(frame).digest == read_table(students()).digest
