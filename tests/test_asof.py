"""The ledger as it stood on a day."""

from datetime import date
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast import rows
from forecast.evidence import asof, difference, ledger, selection
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
        found = asof.public_on(ledger.read(), day)
        assert (found["public_on"] <= pd.Timestamp(day)).all()
        assert (found["published_on"].dropna() <= pd.Timestamp(day)).all()


def test_a_row_is_known_on_the_day_of_its_publication_and_new_only_before(written):
    """Whenever it was measured."""
    book = written(row(observed_on="2026-07-01", published_on="2026-10-04"))
    before, day, after = date(2026, 10, 3), date(2026, 10, 4), date(2026, 10, 5)
    assert asof.public_on(book, before).empty
    assert len(asof.public_on(book, day)) == 1
    assert len(asof.new_rows(book, after=before, until=day)) == 1
    assert asof.new_rows(book, after=day, until=after).empty


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


# The user's own rows, through time


def observation(number, **cells):
    made = {**row(subject=f"GPT-{number}"), **cells}
    return {name: cell for name, cell in made.items() if name not in ("id", "recorded_on")}


@pytest.fixture
def base(tmp_path):
    path = tmp_path / "observations.csv"
    path.write_bytes(as_csv(row(), row(subject="o1", observed_on="2024-12-05", published_on="2025-03-19")))
    return path


def own_values(path, folder, day=EVER, **more):
    return asof.public_on(ledger.read(path, own=folder), day, **more)


def test_adding_a_row_and_retracting_it_leaves_every_day_as_it_was(base, own_ledger):
    days = [date(2026, 10, 2), date(2026, 10, 3), EVER]
    before = [own_values(base, own_ledger, day) for day in days]
    mine = observation(8)
    (key,) = ledger.add(own_ledger, [mine], path=base, recorded_on=date(2026, 12, 1)).added
    assert len(own_values(base, own_ledger)) == 3
    gone = {**mine, **RETRACTION, "published_on": "", "retracts": key, "note": "A slip."}
    ledger.add(own_ledger, [gone], path=base, recorded_on=date(2026, 12, 2))
    for day, expected in zip(days, before, strict=True):
        pd.testing.assert_frame_equal(own_values(base, own_ledger, day), expected)
    assert len(own_values(base, own_ledger, recorded_by=date(2026, 12, 1))) == 3


@settings(max_examples=20, deadline=None)
@given(deeds=st.lists(st.sampled_from(["add", "correct", "retract"]), max_size=6))
def test_every_past_state_can_be_read_again(tmp_path_factory, deeds):
    place = tmp_path_factory.mktemp("past")
    path, folder = place / "observations.csv", place / "own"
    path.write_bytes(as_csv(row()))
    live: list[str] = []
    past = []
    for number, deed in enumerate(deeds):
        day = date(2026, 12, 1 + number)
        if deed == "add" or not live:
            cells = observation(number)
        elif deed == "correct":
            cells = observation(number, supersedes=live.pop())
        else:
            cells = observation(number, retracts=live.pop(), published_on="", **RETRACTION)
        (key,) = ledger.add(folder, [cells], path=path, recorded_on=day).added
        live += [] if cells["retracts"] else [key]
        past.append((day, own_values(path, folder), own_values(path, folder, date(2026, 10, 2))))
    for day, late, early in past:
        pd.testing.assert_frame_equal(own_values(path, folder, recorded_by=day), late)
        pd.testing.assert_frame_equal(own_values(path, folder, date(2026, 10, 2), recorded_by=day), early)


def test_the_register_of_ones_own_decides_what_is_read(own_ledger):
    own_ledger.mkdir()
    name = "anthropic_rd_tasks_al3_plus_pct"
    unit = ledger.read().register.series[name].unit
    unread = f'kind = "none"\nunit = "{unit}"\ncruxes = []\nwhy = "not in my view"\n'
    (own_ledger / "register.toml").write_text(f"[series.{name}]\n{unread}")
    book = ledger.read(own=own_ledger)
    used = selection.use_on(book, EVER)
    assert set(used.loc[used["series"] == name, "why_unused"]) == {"not in my view"}
    assert name not in set(rows.known_by(book, EVER)["series"])
    assert name in set(rows.known_by(ledger.read(), EVER)["series"])


def test_an_edition_of_ones_own_becomes_current_on_its_day(own_ledger):
    own_ledger.mkdir()
    name = "metr_horizon_p50_minutes"
    old = ledger.read().register.families["metr_p50"].vintages
    days = [f'{{series = "{v.series}", current_from = {v.current_from}}}' for v in old]
    days.append(f'{{series = "{name}_v1_2", current_from = 2026-12-01}}')
    entry = 'family = "metr_p50"\nkind = "horizon"\nunit = "minutes"\ncruxes = ["C1"]\ntransform = "log"\n'
    family = f'[families.metr_p50]\nwhat = "METR"\nvintages = [{", ".join(days)}]\n'
    (own_ledger / "register.toml").write_text(f"{family}[series.{name}_v1_2]\n{entry}")
    mine = observation(8, series=f"{name}_v1_2", published_on="2026-11-21")
    ledger.add(own_ledger, [mine], recorded_on=date(2026, 12, 1))
    book = ledger.read(own=own_ledger)
    read = [rows.known_by(book, day) for day in (date(2026, 11, 30), date(2026, 12, 1))]
    current = [{name, f"{name}_v1_2"} & set(found["series"]) for found in read]
    assert current == [{name}, {f"{name}_v1_2"}]
    assert rows.new_between(book, date(2026, 11, 1), date(2026, 12, 1))["other_vintage"].all()


# What changed between two days


def test_the_difference_of_a_day_with_itself_is_empty():
    found = difference.between(ledger.read(), date(2026, 5, 4), date(2026, 5, 4))
    assert (len(found.new), len(found.corrected), len(found.retracted)) == (0, 0, 0)


def test_new_rows_and_old_ones_make_up_what_is_public():
    book = ledger.read()
    found = difference.between(book, date(2026, 3, 22), date(2026, 9, 17))
    before, after = (set(asof.public_on(book, day)["id"]) for day in (date(2026, 3, 22), date(2026, 9, 17)))
    assert set(found.new["id"]) | set(found.corrected["id"]) | (before & after) == after


def test_a_correction_shows_what_it_was_through_every_step(written):
    first = row()
    second = row(value="1000", supersedes=first["id"], published_on="2026-12-01", recorded_on="2026-12-05")
    third = row(value="900", supersedes=second["id"], published_on="2026-12-02", recorded_on="2026-12-06")
    found = difference.between(written(first, second, third), date(2026, 11, 1), EVER)
    (line,) = found.corrected.to_dict(orient="records")
    assert (line["value"], line["was_value"], line["was_id"]) == (900, 1500.5, first["id"])
    assert (len(found.new), len(found.retracted)) == (0, 0)


def test_a_withdrawal_shows_by_the_day_of_its_recording(written):
    first = row()
    gone = row(retracts=first["id"], published_on="", recorded_on="2026-12-05", note="Withdrawn.", **RETRACTION)
    book = written(first, gone)
    assert difference.between(book, date(2026, 10, 2), EVER).new.empty
    found = difference.between(book, date(2026, 12, 4), date(2026, 12, 5), recorded=True)
    assert (list(found.retracted["id"]), len(found.new), len(found.corrected)) == ([first["id"]], 0, 0)
    assert len(difference.between(book, date(2026, 11, 20), date(2026, 11, 21), recorded=True).new) == 1
