"""Money and machines, and when compute slows."""

import numpy as np
import pandas as pd
import pytest

from forecast.future import inputs

FIRMS = ("A", "B", "C", "D")
CASH = "hyperscaler_capex_cash_quarter_usd"


def capex(rate_at, until, *, series=CASH, firms=FIRMS, since=2023.0):
    """Quarterly capex in ln USD whose growth (nats a year) at time t is rate_at(t)."""
    quarters = np.arange(since, until + 1e-9, 0.25)
    ln_usd = 24.0 + np.concatenate([[0.0], np.cumsum([0.25 * rate_at(t) for t in quarters[1:]])])
    parts = [
        pd.DataFrame(
            {"id": [f"{series} {firm} {t}" for t in quarters], "series": series, "subject": firm, "year": quarters,
             "reading": ln_usd, "unit": "USD per calendar quarter"}
        )
        for firm in firms
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True).assign(reading_low=np.nan, reading_high=np.nan, level=np.nan)


def at(*t_slow, late=0.4):
    return {"t_slow": np.array(t_slow, dtype=float), "g_c_late": np.full(len(t_slow), late)}


def fast(_):
    return 0.5


def test_no_rows_say_nothing():
    assert not inputs.log_density(capex(fast, 2026.0).iloc[:0], at(2027.0, 2030.0)).any()


def test_a_level_without_one_of_a_year_before_says_nothing():
    assert not inputs.log_density(capex(fast, 2023.75), at(2027.0, 2030.0)).any()


def test_growth_is_read_against_the_same_quarter_of_the_year_before():
    seen = inputs.growth(capex(fast, 2026.0, firms=("A",)))
    assert len(seen.y) == 9
    assert seen.y == pytest.approx(0.5)
    assert seen.end - seen.start == pytest.approx(1.0)


def test_growth_that_is_still_fast_makes_an_early_slowdown_unlikely_and_later_ones_alike():
    found = inputs.log_density(capex(fast, 2026.0), at(2024.5, 2025.5, 2026.5, 2028.0, 2032.0, 2040.0))
    assert (np.diff(found) > -1e-9).all()
    assert found[0] < found[-1] - 0.5
    assert found[-1] - found[-2] == pytest.approx(0.0, abs=1e-3)


def test_growth_that_has_stopped_makes_an_early_slowdown_likelier():
    stopped = capex(lambda t: 0.5 if t <= 2025.0 else 0.0, 2027.0)
    found = inputs.log_density(stopped, at(2026.0, 2035.0, late=0.3))
    assert found[0] > found[1]


def test_where_a_turn_is_seen_the_late_growth_is_read():
    def late_growth_favoured(after_turn):
        rows = capex(lambda t: 0.9 if t <= 2025.0 else after_turn, 2028.0)
        values = {"t_slow": np.full(2, 2025.75), "g_c_late": np.array([0.2, 0.9])}
        return np.diff(inputs.log_density(rows, values))[0]

    assert late_growth_favoured(0.5) > late_growth_favoured(-0.1)


def test_late_growth_is_untouched_while_no_turn_is_in_sight():
    values = {"t_slow": np.full(2, 2040.0), "g_c_late": np.array([0.2, 0.9])}
    assert np.diff(inputs.log_density(capex(fast, 2026.0), values))[0] == pytest.approx(0.0, abs=1e-6)


def test_a_thousand_rows_make_no_hard_threshold():
    rows = capex(fast, 2027.0, firms=tuple(map(str, range(60))))
    assert len(rows) > 1000
    edge = 2027.0 + inputs.LEAD_YEARS
    found = np.exp(inputs.log_density(rows, at(edge - 1.0, edge, 2045.0)))
    assert found[1] > 0.45 * found[2]
    assert found[0] > 0.1 * found[2]


def test_the_same_money_counted_in_two_ways_is_one_vote():
    once = capex(fast, 2026.0)
    twice = pd.concat([once, capex(fast, 2026.0, series="hyperscaler_capex_quarter_usd")], ignore_index=True)
    values = at(2025.0, 2026.0, 2027.0, 2035.0)
    by_one, by_two = (inputs.log_density(rows, values) for rows in (once, twice))
    assert by_two - by_two[-1] == pytest.approx(by_one - by_one[-1], abs=0.02)


def test_four_times_as_many_firms_say_little_more():
    values = at(2025.0, 2035.0)
    four, sixteen = (
        -np.diff(-inputs.log_density(capex(fast, 2026.0, firms=tuple(map(str, range(n)))), values))[0] for n in (4, 16)
    )
    assert four < sixteen < 1.5 * four


def test_a_published_rate_is_read_over_its_window():
    row = pd.DataFrame(
        {"id": ["x"], "series": ["ai_compute_stock_growth_x_per_year"], "subject": ["world"], "year": [2026.5],
         "unit": [inputs.RATE_UNIT], "reading": [np.log(3.3)], "reading_low": [np.log(2.7)],
         "reading_high": [np.log(4.1)], "level": [0.9]}
    )  # fmt: skip
    seen = inputs.growth(row)
    assert (seen.start[0], seen.end[0]) == (2022.0, 2026.5)
    assert seen.se[0] == pytest.approx(np.log(4.1 / 2.7) / (2 * 1.6449), abs=1e-4)
    assert seen.stream[0] == inputs.STOCK
