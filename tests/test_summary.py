"""The long table: every row one number, and the numbers of an event add up."""

import numpy as np
import pytest

from forecast import summary


@pytest.fixture(scope="module")
def table(stated):
    return summary.long_table([stated["clark"].view, stated["lambert"].view])


def test_columns_are_those_that_pages_and_figures_read(table):
    assert tuple(table.columns) == summary.COLUMNS
    assert set(table["output_type"]) == {"cdf", "quantile_if_ever", "stopped", "never"}


def test_probabilities_rise_with_the_date_and_quantiles_with_the_level(table):
    for (_, _, _, kind), part in table.groupby(["worldview", "view", "event", "output_type"]):
        if kind == "cdf":
            assert (np.diff(part["value"]) >= 0).all()
        if kind == "quantile_if_ever":
            assert (np.diff(part["value"].dropna()) >= 0).all()


def test_seen_by_the_end_stopped_and_never_sum_to_one(table):
    for _, part in table.groupby(["worldview", "event"]):
        last = part.loc[(part["output_type"] == "cdf") & (part["output_type_id"] == "2099-12-31"), "value"].iloc[0]
        rest = part.loc[part["output_type"].isin(["stopped", "never"]), "value"].sum()
        assert last + rest == pytest.approx(1.0, abs=2e-4)


def test_never_is_a_probability_and_not_a_late_date(table):
    dates = table.loc[table["output_type"] == "quantile_if_ever", "value"].dropna()
    assert dates.max() <= 2100
    assert table.loc[table["output_type"] == "never", "value"].between(0, 1).all()


def test_an_earlier_event_is_never_less_likely_than_the_one_it_leads_to(table):
    wide = table[(table["output_type"] == "cdf")].pivot_table(
        index=["worldview", "output_type_id"], columns="event", values="value"
    )
    for first, later in (("RE", "LOOP"), ("SWX3", "SWX5"), ("SWX5", "SWX10"), ("LOOP", "X100"), ("ECON10", "ECON30")):
        assert (wide[first] >= wide[later] - 1e-12).all(), (first, later)


def test_every_number_comes_with_its_monte_carlo_error(table):
    probabilities = table[table["output_type"] != "quantile_if_ever"]
    assert probabilities["mcse"].between(0, 0.02).all()


def test_a_number_that_is_not_there_is_an_error_and_not_a_default(table):
    found = summary.value(table, worldview="clark", view="stated", event="LOOP", output_type="cdf", which="2028-12-31")
    assert found == pytest.approx(0.60, abs=0.01)
    with pytest.raises(KeyError, match="0 rows"):
        summary.value(table, worldview="clark", view="stated", event="LOOP", output_type="cdf", which="2028-12-30")
