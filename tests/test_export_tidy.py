"""The csv holds the long table, and no cell of text that a spreadsheet would run."""

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.export import tidy
from tests.test_export_curve import table

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


def read(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_looks_like_a_formula_is_made_neutral(start):
    rows = table().assign(worldview=f"{start}1+1")
    assert {row["worldview"] for row in read(tidy.text(rows))} == {f"'{start}1+1"}


def test_numbers_stay_numbers_negative_ones_too():
    rows = table().assign(value=-0.5)
    assert {row["value"] for row in read(tidy.text(rows))} == {"-0.5"}


def test_the_table_comes_back_as_it_was():
    rows = table()
    back = pd.DataFrame(read(tidy.text(rows)))
    assert list(back.columns) == list(rows.columns)
    for name in rows.columns.drop(["value", "mcse"]):
        assert back[name].tolist() == rows[name].tolist()
    assert back["value"].astype(float).tolist() == rows["value"].tolist()


def test_making_a_table_neutral_leaves_the_table_alone():
    rows = table().assign(worldview="=1")
    before = rows.copy()
    tidy.text(rows)
    pd.testing.assert_frame_equal(rows, before)


@given(texts)
def test_any_text_is_neutral_and_can_be_told_from_what_it_was(cell):
    shown = tidy.neutral(cell)
    assert not shown.startswith(tidy.FORMULA_STARTS)
    assert shown.removeprefix("'") == cell.removeprefix("'")
