"""The ledger as it stood on a day."""

from datetime import date
from itertools import pairwise

import pandas as pd
import pytest

from forecast.evidence import asof, ledger, selection
from forecast.evidence.ledger import Ledger
from tests.test_ledger import RETRACTION, as_csv, row

EVER = date(2100, 1, 1)


@pytest.fixture
def written(tmp_path):
    def write(*rows) -> Ledger:
        path = tmp_path / "mine.csv"
        path.write_bytes(as_csv(*rows))
        return ledger.read(path)

    return write


def values(frame):
    return list(frame["value"])


def test_nothing_is_read_before_it_was_public():
    for day in (date(2025, 8, 1), date(2026, 3, 22), date(2026, 5, 4)):
        assert (asof.public_on(ledger.read(), day)["public_on"] <= pd.Timestamp(day)).all()


def test_the_public_ledger_only_grows():
    days = [date(2024, 1, 1), date(2025, 8, 1), date(2026, 5, 4), date(2026, 9, 17)]
    seen = [set(asof.public_on(ledger.read(), day)["id"]) for day in days]
    assert all(earlier <= later for earlier, later in pairwise(seen))


def test_a_row_without_a_publication_date_is_public_after_ninety_days_and_flagged(written):
    book = written(row(published_on="", observed_on="2026-01-01"))
    assert asof.public_on(book, date(2026, 3, 31)).empty
    (flag,) = asof.public_on(book, date(2026, 4, 1))["publication_assumed"]
    assert flag


def test_strict_reading_drops_rows_without_a_publication_date():
    rows = asof.public_on(ledger.read(), EVER, strict=True)
    assert not rows["publication_assumed"].any()
    assert len(rows) == 1016 - 262


def test_our_own_slip_once_corrected_is_mended_in_every_past(written):
    slip = row(value="1500")
    book = written(slip, row(value="1600", supersedes=slip["id"], recorded_on="2026-12-05"))
    assert values(asof.public_on(book, date(2026, 10, 4))) == [1600]


def test_a_correction_by_the_publisher_counts_from_its_own_day(written):
    first = row()
    book = written(first, row(value="900", supersedes=first["id"], published_on="2026-12-01", recorded_on="2026-12-05"))
    assert values(asof.public_on(book, date(2026, 11, 30))) == [1500.5]
    assert values(asof.public_on(book, date(2026, 12, 1))) == [900]


def test_the_ledger_can_be_read_as_it_was_recorded_on_a_day(written):
    slip = row(value="1500")
    book = written(slip, row(value="1600", supersedes=slip["id"], recorded_on="2026-12-05"))
    assert values(asof.public_on(book, EVER, recorded_by=date(2026, 12, 4))) == [1500]
    assert values(asof.public_on(book, EVER, recorded_by=date(2026, 12, 5))) == [1600]
    assert values(asof.public_on(book, EVER, recorded_by=date(2026, 11, 20))) == []


def test_a_retracted_row_is_gone_and_so_is_the_retraction(written):
    first = row()
    gone = row(retracts=first["id"], published_on="", recorded_on="2026-12-05", note="Withdrawn.", **RETRACTION)
    book = written(first, row(subject="GPT-8"), gone)
    assert list(asof.public_on(book, date(2026, 10, 4))["subject"]) == ["GPT-8"]
    assert len(asof.public_on(book, EVER, recorded_by=date(2026, 12, 1))) == 2


def test_withdrawing_a_correction_does_not_revive_what_it_corrected(written):
    first = row()
    second = row(value="1600", supersedes=first["id"])
    third = row(retracts=second["id"], **RETRACTION)
    assert asof.public_on(written(first, second, third), EVER).empty


@pytest.mark.parametrize(
    ("day", "edition"),
    [
        (date(2025, 7, 31), None),
        (date(2025, 8, 1), "_th1_0_v2025_08"),
        (date(2026, 1, 23), "_th1_0_v2025_08"),
        (date(2026, 1, 24), "_th1_0"),
        (date(2026, 1, 29), "_th1_0"),
        (date(2026, 1, 30), "_th1_1_initial"),
        (date(2026, 3, 2), "_th1_1_initial"),
        (date(2026, 3, 3), ""),
        (EVER, ""),
    ],
)
@pytest.mark.parametrize("family", ["metr_p50", "metr_p80"])
def test_one_edition_of_the_horizons_is_current_on_any_day(family, day, edition):
    expected = None if edition is None else f"metr_horizon_{family[-3:]}_minutes{edition}"
    assert asof.vintage_on(day, family=family) == expected


def test_a_model_counts_once_on_any_day():
    for day in (date(2025, 9, 1), date(2026, 1, 26), date(2026, 2, 15), date(2026, 4, 1), EVER):
        rows = selection.use_on(ledger.read(), day)
        rows = rows[rows["used"] & rows["series"].str.startswith("metr_horizon_p50")]
        assert not rows["subject"].duplicated().any()
        assert len(rows) > 10


def new_subjects(after, until, **more):
    book = ledger.read()
    return set(asof.new_measurements(book, family="metr_p50", after=after, until=until, **more)["subject"])


def test_a_new_edition_of_old_measurements_is_no_news():
    assert new_subjects(date(2026, 2, 28), date(2026, 3, 10)) == set()


def test_after_the_spring_of_2026_three_models_are_new():
    expected = {"Gemini 3.1 Pro", "GPT-5.4 (xhigh)", "Claude Mythos Preview (early)"}
    assert new_subjects(date(2026, 3, 22), date(2026, 9, 30)) == expected
    assert new_subjects(date(2026, 5, 4), date(2026, 9, 30)) == {"Claude Mythos Preview (early)"}


def test_a_model_under_another_name_in_the_new_edition_is_not_new():
    assert "o1" not in new_subjects(date(2025, 12, 1), date(2026, 2, 10))


def test_news_split_in_two_is_the_same_news_within_one_edition():
    start, middle, end = date(2026, 3, 22), date(2026, 4, 12), date(2026, 9, 30)
    assert new_subjects(start, middle) | new_subjects(middle, end) == new_subjects(start, end)
    assert new_subjects(start, middle) & new_subjects(middle, end) == set()


def test_nothing_is_new_before_the_first_edition_or_in_an_empty_span():
    assert new_subjects(date(2025, 1, 1), date(2025, 7, 1)) == set()
    assert new_subjects(date(2026, 5, 4), date(2026, 5, 4)) == set()


def test_rows_of_all_series_that_are_new_lie_in_the_span(written):
    rows = asof.new_rows(ledger.read(), after=date(2026, 5, 4), until=date(2026, 9, 17))
    assert (rows["public_on"] > pd.Timestamp("2026-05-04")).all()
    assert "anthropic_rd_tasks_al4_plus_pct" in set(rows["series"])


def test_a_correction_of_an_old_row_is_no_news(written):
    first = row()
    book = written(first, row(value="900", supersedes=first["id"], published_on="2026-12-01", recorded_on="2026-12-05"))
    assert asof.new_rows(book, after=date(2026, 11, 1), until=EVER).empty
    assert values(asof.new_rows(book, after=date(2026, 10, 1), until=EVER)) == [900]
