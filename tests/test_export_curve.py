"""The curve through a long table passes through every number of it; also what the other tests of exports share."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.export import curve as curves
from forecast.summary import COLUMNS, DAYS, LEVELS
from priors import decimal_year

AS_OF, DAY = date(2026, 5, 4), date(2026, 11, 21)
NEVER, STOPPED = 0.04, 0.06


def table(event="LOOP", *, worldview="clark", view="updated", without="", median=2029.5, spread=1.5, ever=0.9):
    """Rows of one event in the shape of `summary.table`: log-logistic waiting times from DAY on."""
    start = decimal_year(DAY)

    def p(year):
        wait = max(year - start, 1e-12)
        return ever / (1.0 + (wait / (median - start)) ** -spread)

    end = decimal_year(date(2100, 1, 1))
    reached = p(end)
    rows = [("cdf", day.isoformat(), p(decimal_year(day + timedelta(days=1)))) for day in DAYS]
    for level in LEVELS:
        odds = level * reached / (ever - level * reached) if ever else np.nan
        rows.append(("quantile_if_ever", str(level), start + (median - start) * odds ** (1 / spread)))
    rows += [("stopped", "LOC", (1 - reached) / 4), ("stopped", "PAUSE", (1 - reached) / 4)]
    rows.append(("never", "", (1 - reached) / 2))
    same = (worldview, view, without, event)
    return pd.DataFrame([(*same, *row, 0.002) for row in rows], columns=list(COLUMNS))


@st.composite
def random_curves(draw):
    """Any curve at all: flat stretches, jumps, certainty and never."""
    n = draw(st.integers(2, 40))
    gaps = draw(st.lists(st.floats(0.003, 20.0), min_size=n - 1, max_size=n - 1))
    years = 2026.0 + np.concatenate([[0.0], np.cumsum(gaps)])
    steps = np.array(draw(st.lists(st.sampled_from([0.0, 0.0, 1.0]) | st.floats(0.0, 100.0), min_size=n, max_size=n)))
    steps[0] = 0.0
    ever = draw(st.sampled_from([0.0, 1.0]) | st.floats(0.0, 1.0))
    total = steps.sum()
    probability = np.minimum(ever * np.cumsum(steps) / total, 1.0) if total > 0 else np.zeros(n)
    return curves.Curve(years=years, probability=probability, never=1.0 - probability[-1], stopped=0.0)


def test_the_curve_says_what_the_table_says():
    rows = table()
    curve = curves.read(rows, as_of=AS_OF, day=DAY)
    cdf = rows[rows["output_type"] == "cdf"]
    ends = [decimal_year(date.fromisoformat(text) + timedelta(days=1)) for text in cdf["output_type_id"]]
    assert curves.at(curve, np.array(ends)) == pytest.approx(cdf["value"].to_numpy(), abs=1e-12)
    quantiles = rows[rows["output_type"] == "quantile_if_ever"]
    ever = cdf["value"].iloc[-1]
    expected = quantiles["output_type_id"].astype(float).to_numpy() * ever
    assert curves.at(curve, quantiles["value"].to_numpy()) == pytest.approx(expected, abs=2e-3)
    assert curve.probability[-1] + curve.never + curve.stopped == pytest.approx(1.0)


def test_between_its_points_it_never_falls_and_stays_close():
    curve = curves.read(table(), as_of=AS_OF, day=DAY)
    years = np.linspace(2025, 2110, 5_000)
    p = curves.at(curve, years)
    assert (np.diff(p) >= -1e-12).all()
    assert p[0] == 0.0
    assert p[-1] == pytest.approx(curve.probability[-1], abs=1e-12)


def test_nothing_lies_before_the_forecast_unless_the_table_says_so():
    later = curves.read(table(), as_of=AS_OF, day=DAY)
    assert later.years[0] == decimal_year(DAY)
    rows = table()
    rows.loc[rows["output_type_id"] == "0.05", "value"] = 2026.6
    assert curves.read(rows, as_of=AS_OF, day=DAY).years[0] == decimal_year(AS_OF)


def test_an_event_that_never_happens_has_a_curve_of_zeros():
    rows = table(ever=0.0)
    curve = curves.read(rows, as_of=AS_OF, day=DAY)
    assert not curve.probability.any()
    assert curve.never + curve.stopped == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("years", "probability"),
    [
        ([2027.0], [0.5]),
        ([2027.0, 2027.0], [0.1, 0.2]),
        ([2027.0, 2028.0], [0.2, 0.1]),
        ([2027.0, 2028.0], [0.2, 1.1]),
        ([2027.0, np.nan], [0.1, 0.2]),
        ([2027.0, 2028.0], [np.nan, 0.2]),
    ],
)
def test_what_is_not_a_curve_cannot_be_made_into_one(years, probability):
    with pytest.raises(ValueError, match="curve"):
        curves.Curve(years=np.array(years), probability=np.array(probability), never=0.0, stopped=0.0)


@given(random_curves())
@settings(deadline=None)
def test_any_curve_passes_through_its_points_and_never_falls(curve):
    assert curves.at(curve, curve.years) == pytest.approx(curve.probability, abs=1e-9)
    p = curves.at(curve, np.linspace(curve.years[0] - 1, curve.years[-1] + 1, 500))
    assert (np.diff(p) >= -1e-9).all()
    assert p.min() >= 0.0
    assert p.max() <= curve.probability[-1]
