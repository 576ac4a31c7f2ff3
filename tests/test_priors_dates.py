"""Dates and decimal years undo each other."""

from datetime import date, timedelta

import pytest

from priors import calendar_date, decimal_year
from priors.dates import days_in_year


def test_a_year_begins_on_its_whole_number():
    assert decimal_year(date(2026, 1, 1)) == 2026.0


def test_the_last_day_of_a_year_is_one_day_short_of_the_next():
    assert decimal_year(date(2027, 12, 31)) == 2027 + 364 / 365
    assert decimal_year(date(2028, 12, 31)) == 2028 + 365 / 366


def test_centuries_are_leap_years_only_every_fourth_time():
    assert [days_in_year(year) for year in (1900, 2000, 2024, 2026, 2100)] == [365, 366, 366, 365, 365]


def test_every_day_of_the_century_comes_back_from_its_decimal_year():
    day = date(2000, 1, 1)
    while day.year < 2101:
        assert calendar_date(decimal_year(day)) == day
        day += timedelta(days=1)


@pytest.mark.parametrize("year", [float("inf"), float("nan")])
def test_never_has_no_calendar_date(year):
    with pytest.raises((OverflowError, ValueError)):
        calendar_date(year)
