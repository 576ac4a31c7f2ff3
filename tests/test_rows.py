"""What counts as known on a day, and what as new since: editions, dates, and the row that nobody publishes."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

import priors
from forecast import rows
from forecast.observations import KINDS
from forecast.rows import LEADING

TODAY = date(2026, 11, 21)


def test_rows_published_after_a_day_change_nothing_known_by_it(ledger):
    day = date(2026, 6, 1)
    until = ledger.rows[ledger.rows["published_on"].isna() | (ledger.rows["published_on"] <= "2026-06-01")]
    cut_off = replace(ledger, rows=until.reset_index(drop=True))
    now, then = (rows.table(rows.blocks(rows.known_by(book, day))) for book in (ledger, cut_off))
    assert np.array_equal(now, then)


def test_a_row_published_on_the_as_of_day_is_known_and_not_new(ledger):
    clark = priors.load("clark")
    known = set(rows.known_by(ledger, clark.as_of)["id"])
    new = rows.new_between(ledger, clark.as_of, TODAY)
    assert not known & set(new.loc[~new["context"], "id"])
    assert set(new.loc[new["context"], "id"]) <= known


def test_splitting_the_arrival_in_two_brings_the_same_new_measurements(ledger):
    start, middle, end = date(2026, 3, 22), date(2026, 6, 30), TODAY

    def new(after, until):
        found = rows.new_between(ledger, after, until)
        return set(found.loc[~found["context"], "id"])

    at_once, in_two = new(start, end), new(start, middle) | new(middle, end)
    loop = {i for i in at_once | in_two if i.startswith("no-LOOP")}
    assert at_once - loop == in_two - loop


def test_a_second_edition_of_an_old_measurement_is_no_news(ledger):
    drexler = priors.load("drexler")
    known = set(rows.known_by(ledger, drexler.as_of).query("kind == 'horizon'")["same_subject"])
    new = rows.new_between(ledger, drexler.as_of, TODAY).query("kind == 'horizon'")
    assert not known & set(new["same_subject"])
    assert new["other_vintage"].all(), "the suite changed between the two dates"


def test_every_kind_of_the_register_has_a_model_and_no_forecast_by_others_is_data(ledger):
    kinds = set(rows.known_by(ledger, TODAY)["kind"])
    assert kinds <= set(KINDS)
    used = set(rows.known_by(ledger, TODAY)["series"])
    assert not [s for s in used if "median_year" in s or "probability" in s]


def test_the_not_yet_row_is_dated_that_day_and_is_the_only_one_without_a_source(ledger):
    known = rows.known_by(ledger, TODAY)
    assert list(known.loc[known["kind"] == "absence", "id"]) == [f"no-LOOP-by-{TODAY}"]
    assert known.loc[known["kind"] != "absence", "source_url"].notna().all()


def test_kinds_left_out_leave_no_row_in_the_table(ledger):
    known = rows.known_by(ledger, TODAY)
    table = rows.table(rows.blocks(known, without=("share", "horizon")))
    left = {list(KINDS)[int(code)] for code in table[:, LEADING.index("kind")]}
    assert not left & {"share", "horizon"}
    assert len(left) > 2


def test_an_empty_ledger_still_makes_a_table(ledger):
    early = rows.known_by(ledger, date(1990, 1, 1))
    table = rows.table(rows.blocks(early, without=("absence",)))
    assert table.shape == (1, rows.WIDTH)
    assert not table.any()


def test_horizons_above_the_ceiling_of_the_suite_are_censored_there(ledger):
    block = rows.blocks(rows.known_by(ledger, TODAY))["horizon"]
    censored = block.columns["censored"] > 0
    assert censored.any()
    assert np.exp(block.columns["y"][censored]).max() == pytest.approx(16.0, rel=1e-9)


def test_one_more_day_can_only_add_to_what_is_known_of_series_without_editions(ledger):
    day = date(2026, 5, 18)
    before = rows.known_by(ledger, day).query("kind != 'horizon' and kind != 'absence'")
    after = rows.known_by(ledger, day + timedelta(days=1)).query("kind != 'horizon' and kind != 'absence'")
    assert set(before["id"]) <= set(after["id"])
