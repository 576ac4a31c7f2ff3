"""What is exported to Metaculus passes the checks of its forecast endpoint, and says what the forecast says."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from forecast.export import curve as curves
from forecast.export import metaculus
from priors import decimal_year
from priors.problems import BadInput
from tests.test_export_curve import AS_OF, DAY, random_curves, table

QUESTION = metaculus.Question(id=7, opens=date(2026, 1, 1), closes=date(2046, 1, 1))
MEETS = 1e-9
"""Their comparison is of numbers rounded to nine decimals."""


def complaints(cdf, question):
    """What the endpoint would object to; the rules, written down once more."""
    count, steps = question.count, np.diff(np.round(cdf, 10))
    rules = {
        "length": len(cdf) == count + 1,
        "ten decimals": all(x == round(x, 10) for x in cdf),
        "smallest step": (np.round(steps, 9) >= round(0.01 / count, 9)).all(),
        "smallest step, strictly": (steps >= 0.01 / count - 1e-12).all(),
        "largest step": (np.round(steps, 9) <= 0.2 * 200 / count).all(),
        "lower bound": cdf[0] >= 0.001 if question.open_lower else cdf[0] == 0.0,
        "upper bound": cdf[-1] <= 0.999 if question.open_upper else cdf[-1] == 1.0,
    }
    return [rule for rule, holds in rules.items() if not holds]


def undone(cdf, question):
    """The forecast at each point of the grid, with the even share and the margins taken off again."""
    low, high = 0.001 * question.open_lower, 0.001 * question.open_upper
    s = np.linspace(0.0, 1.0, question.count + 1)
    return (np.array(cdf) - low - 0.01 * s) / (0.99 - low - high)


@st.composite
def questions(draw):
    opens = draw(st.dates(date(2020, 1, 1), date(2060, 1, 1)))
    closes = draw(st.dates(date(2060, 1, 2), date(2150, 1, 1)))
    zero = draw(st.none() | st.dates(date(1950, 1, 1), date(2019, 1, 1)) | st.dates(date(2151, 1, 1), date(2300, 1, 1)))
    return metaculus.Question(
        id=1, opens=opens, closes=closes, zero_point=zero, count=draw(st.sampled_from([200, 200, 130, 93, 10, 1])),
        open_lower=draw(st.booleans()), open_upper=draw(st.booleans()),
    )  # fmt: skip


@pytest.fixture(scope="module")
def loop():
    return curves.read(table(), as_of=AS_OF, day=DAY)


def test_every_date_of_the_table_is_recovered(loop):
    """Read as they read it, linear between the points of the grid."""
    question = replace(QUESTION, opens=date(2026, 7, 1), closes=date(2041, 1, 1))
    read = undone(metaculus.cdf(loop, question), question)
    dates = np.array([decimal_year(date(year, 1, 1)) for year in range(2027, 2042)])
    grid = np.array([decimal(x) for x in metaculus.grid(question)])
    assert np.interp(dates, grid, read) == pytest.approx(curves.at(loop, dates), abs=1e-3)


def test_on_the_grid_itself_it_is_the_forecast(loop):
    years = np.array([decimal(x) for x in metaculus.grid(QUESTION)])
    assert undone(metaculus.cdf(loop, QUESTION), QUESTION) == pytest.approx(curves.at(loop, years), abs=1e-6)


def decimal(seconds):
    moment = datetime.fromtimestamp(seconds, UTC)
    start, end = (datetime(moment.year + k, 1, 1, tzinfo=UTC) for k in (0, 1))
    return moment.year + (moment - start) / (end - start)


def test_never_is_probability_above_the_range(loop):
    cdf = metaculus.cdf(loop, replace(QUESTION, closes=date(2100, 1, 1)))
    above = 1.0 - undone(cdf, QUESTION)[-1]
    assert above == pytest.approx(loop.never + loop.stopped, abs=1e-6)


def test_certainly_never_is_as_near_to_it_as_they_allow():
    curve = curves.read(table(ever=0.0), as_of=AS_OF, day=DAY)
    cdf = metaculus.cdf(curve, QUESTION)
    assert not complaints(cdf, QUESTION)
    assert cdf[-1] == pytest.approx(0.011, abs=1e-6)


def test_a_closed_bound_makes_the_forecast_conditional_on_it(loop):
    question = replace(QUESTION, open_lower=False, open_upper=False)
    cdf = metaculus.cdf(loop, question)
    assert (cdf[0], cdf[-1]) == (0.0, 1.0)
    years = np.array([decimal(x) for x in metaculus.grid(question)])
    p = curves.at(loop, years)
    assert undone(cdf, question) == pytest.approx((p - p[0]) / (p[-1] - p[0]), abs=1e-6)
    assert any("Conditional" in remark for remark in metaculus.remarks(loop, question))


def test_closed_bounds_around_nothing_are_refused(loop):
    question = replace(QUESTION, opens=date(2020, 1, 1), closes=date(2024, 1, 1), open_lower=False, open_upper=False)
    with pytest.raises(BadInput, match="holds 0 %"):
        metaculus.cdf(loop, question)


def test_a_zero_point_bends_the_grid_and_keeps_its_ends():
    question = replace(QUESTION, zero_point=date(2025, 1, 1))
    grid, straight = metaculus.grid(question), metaculus.grid(QUESTION)
    assert grid[[0, -1]] == pytest.approx(straight[[0, -1]])
    assert (grid[1:-1] < straight[1:-1]).all()
    zero = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
    assert np.diff(np.log(grid - zero)) == pytest.approx(np.diff(np.log(grid - zero))[0])


def test_the_grid_is_in_unix_seconds():
    assert metaculus.grid(QUESTION)[[0, -1]].tolist() == [1767225600, 2398377600]


def test_a_jump_is_spread_to_both_sides_of_itself_and_nowhere_else():
    p = np.where(np.arange(101) < 50, 0.1, 0.9)
    limited = metaculus.limit_steps(p, 0.2)
    assert np.diff(limited).max() == pytest.approx(0.2)
    assert limited[:47] == pytest.approx(0.1)
    assert limited[53:] == pytest.approx(0.9)
    assert limited[49] + limited[50] == pytest.approx(1.0)


def test_a_curve_that_is_gentle_enough_is_left_alone():
    p = np.linspace(0.0, 1.0, 201) ** 2
    assert metaculus.limit_steps(p, 0.2) == pytest.approx(p, abs=1e-12)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": 0}, "id is 0"),
        ({"closes": date(2026, 1, 1)}, "range is 2026-01-01 to 2026-01-01"),
        ({"zero_point": date(2030, 1, 1)}, "zero point is 2030-01-01"),
        ({"count": 0}, "outcome count is 0"),
        ({"count": 201}, "outcome count is 201"),
    ],
)
def test_an_impossible_question_is_refused_in_words(loop, change, said):
    with pytest.raises(BadInput, match=said):
        metaculus.payload(loop, replace(QUESTION, **change))


def test_the_body_is_a_list_with_one_forecast(loop):
    (body,) = metaculus.payload(loop, QUESTION)
    assert body.keys() == {"question", "source", "continuous_cdf"}
    assert body["question"] == 7
    assert all(type(x) is float for x in body["continuous_cdf"])


def test_dates_after_the_forecasts_end_are_remarked_upon(loop):
    assert any("level" in remark for remark in metaculus.remarks(loop, replace(QUESTION, closes=date(2200, 1, 1))))


@given(random_curves(), questions())
@settings(max_examples=300, deadline=None)
def test_whatever_the_forecast_and_the_question_the_endpoint_accepts_it(curve, question):
    assume(metaculus.inside(curve, question) >= metaculus.LEAST_INSIDE)
    cdf = metaculus.cdf(curve, question)
    assert complaints(cdf, question) == []


@given(random_curves(), questions())
@settings(max_examples=200, deadline=None)
def test_what_comes_back_differs_only_where_a_step_was_too_large(curve, question):
    question = replace(question, open_lower=True, open_upper=True)
    p = curves.at(curve, np.array([decimal(x) for x in metaculus.grid(question)]))
    back = undone(metaculus.cdf(curve, question), question)
    largest = 40.0 / question.count
    excess = max(0.0, max((p[j] - p[i] - largest * (j - i)) for i in range(len(p)) for j in range(i + 1, len(p))))
    assert back == pytest.approx(p, abs=excess + 1e-5)
