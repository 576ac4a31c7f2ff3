"""Adoption and the lag of the economy."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from forecast.future import diffusion
from priors.problems import BadInput

LOG_LAG = np.linspace(np.log(0.1), np.log(100.0), 400)
LAGS = {"L": np.exp(LOG_LAG), "T_broad": np.full(400, 2055.0)}


def curve(slope, years, *, series="survey", subject="firms", wobble=0.0):
    """A share of adopters whose log-odds rise by ``slope`` a year; ``wobble`` alternates."""
    years = np.asarray(years, dtype=float)
    log_odds = -1.0 + slope * (years - 2025.0) + wobble * np.cos(np.pi * np.arange(len(years)))
    return pd.DataFrame({"series": series, "subject": subject, "year": years, "reading": expit(log_odds)})


def mean_and_sd(log_density):
    weight = np.exp(log_density - log_density.max())
    mean = np.average(LOG_LAG, weights=weight)
    return mean, np.sqrt(np.average((LOG_LAG - mean) ** 2, weights=weight))


def test_no_rows_say_nothing():
    assert not diffusion.log_density(curve(0.4, []), LAGS).any()


def test_one_reading_has_no_slope():
    assert diffusion.pace(curve(0.4, [2025.5])) == (0.0, 0.0)


def test_the_pace_of_a_straight_curve_is_its_slope():
    precision, weighted = diffusion.pace(curve(0.4, np.linspace(2024.0, 2026.5, 31)))
    assert weighted / precision == pytest.approx(0.4, abs=1e-9)


def test_the_level_of_adoption_does_not_matter():
    rows = curve(0.4, [2024.0, 2025.0, 2026.0], wobble=0.1)
    higher = rows.assign(reading=expit(np.log(rows["reading"] / (1 - rows["reading"])) + 1.5))
    assert diffusion.pace(higher) == pytest.approx(diffusion.pace(rows), rel=1e-9)


def test_faster_adoption_means_a_shorter_lag_and_earlier_growth():
    years = np.linspace(2024.0, 2026.5, 11)
    slow, fast = curve(0.25, years), curve(0.8, years)
    assert mean_and_sd(diffusion.log_density(fast, LAGS))[0] < mean_and_sd(diffusion.log_density(slow, LAGS))[0]
    dates = {"L": np.full(2, 5.0), "T_broad": np.array([2035.0, 2080.0])}
    gain = diffusion.log_density(fast, dates) - diffusion.log_density(slow, dates)
    assert gain[0] > gain[1]


def test_the_months_in_between_add_next_to_nothing():
    months = 2025.0 + np.arange(18) / 12.0
    chart, ends = curve(0.4, months), curve(0.4, months[[0, -1]])
    assert diffusion.pace(chart)[0] < 1.2 * diffusion.pace(ends)[0]


def test_two_series_of_one_survey_count_for_less_than_two_surveys():
    years = np.linspace(2024.0, 2026.5, 11)
    one = curve(0.4, years, series="genai_use_work_pct")
    same = pd.concat([one, curve(0.4, years, series="genai_use_adults_pct")])
    other = pd.concat([one, curve(0.4, years, series="another survey")])
    assert diffusion.pace(one)[0] < diffusion.pace(same)[0] < diffusion.pace(other)[0]


def test_a_change_of_wording_is_no_adoption():
    old = curve(0.4, [2024.0, 2025.0], series="firm_adoption_btos_goods_services_pct")
    new = curve(0.4, [2025.1, 2026.0], series="firm_adoption_btos_any_function_pct")
    jumped = new.assign(reading=expit(np.log(new["reading"] / (1 - new["reading"])) + 0.7))
    assert diffusion.pace(pd.concat([old, jumped])) == pytest.approx(diffusion.pace(pd.concat([old, new])), rel=1e-9)


def test_percents_that_were_not_turned_into_shares_are_refused_by_name():
    rows = curve(0.4, [2024.0, 2025.0])
    with pytest.raises(BadInput) as refused:
        diffusion.log_density(rows.assign(reading=100 * rows["reading"]), LAGS)
    assert [problem.where for problem in refused.value.problems] == ["series.survey.transform"]


def test_the_year_of_the_launch_is_not_read():
    later = curve(0.4, [2024.5, 2025.5, 2026.5])
    launch = curve(3.0, [2023.1, 2023.5, 2023.9])
    assert diffusion.pace(pd.concat([launch, later])) == diffusion.pace(later)


def test_a_thousand_rows_leave_the_lag_as_uncertain_as_the_link():
    years = np.linspace(2024.0, 2027.0, 100)
    rows = pd.concat([curve(0.4, years, series=f"survey {i}") for i in range(10)])
    assert len(rows) == 1000
    few = mean_and_sd(diffusion.log_density(rows.iloc[:100], LAGS))[1]
    many = mean_and_sd(diffusion.log_density(rows, LAGS))[1]
    assert diffusion.LINK_SCALE < many < few


def test_a_lag_of_days_is_hardly_argued_with():
    rows = curve(0.4, np.linspace(2024.0, 2026.5, 11))
    days = {"L": np.array([0.01, 0.02]), "T_broad": np.full(2, 2055.0)}
    years = {"L": np.array([10.0, 20.0]), "T_broad": np.full(2, 2055.0)}
    newer = pd.concat([rows, curve(0.8, [2027.0])])
    moved = [abs(np.diff(diffusion.log_density(newer, v) - diffusion.log_density(rows, v))[0]) for v in (days, years)]
    assert moved[0] < 0.2 * moved[1]
