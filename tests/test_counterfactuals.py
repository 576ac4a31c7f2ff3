"""Other data than came: each change touches what it says and nothing else, and a ledger in memory is a ledger."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

import priors
from forecast import rows
from forecast.evidence import asof
from forecast.evidence import ledger as ledgers
from forecast.future import evidence
from forecast.trust import counterfactuals
from forecast.trust.counterfactuals import CHANGES, READINGS, STOP
from tests.conftest import TODAY


@pytest.fixture(scope="module")
def known(ledger):
    return rows.known_by(ledger, TODAY)


@pytest.fixture(scope="module")
def new(ledger):
    """What came since the oldest of the six spoke."""
    return rows.new_between(ledger, priors.load("drexler").as_of, TODAY)


def moved(before, after):
    """Ids of the rows whose readings differ."""
    same = (before[READINGS].to_numpy() == after[READINGS].to_numpy()) | before[READINGS].isna().to_numpy()
    return set(before.loc[~same.all(axis=1), "id"])


def test_the_world_as_it_was_is_the_same_to_the_bit(new, known):
    found = counterfactuals.unchanged(new, known)
    pd.testing.assert_frame_equal(found, new)


@pytest.mark.parametrize("one", CHANGES, ids=lambda one: one.name)
def test_a_change_leaves_what_it_was_given_as_it_was(one, new, known):
    before, before_known = new.copy(deep=True), known.copy(deep=True)
    one.change(new, known)
    pd.testing.assert_frame_equal(new, before)
    pd.testing.assert_frame_equal(known, before_known)


@pytest.mark.parametrize("one", CHANGES, ids=lambda one: one.name)
def test_the_order_of_rows_is_irrelevant(one, new, known):
    shuffled = new.sample(frac=1.0, random_state=3)
    found = one.change(shuffled, known.sample(frac=1.0, random_state=4)).set_index("id")[READINGS]
    straight = one.change(new, known).set_index("id")[READINGS]
    pd.testing.assert_frame_equal(found.sort_index(), straight.sort_index(), rtol=1e-12)


def test_a_ledger_in_another_order_is_the_same_evidence(ledger, latest):
    """Observation models look at the row before: the order they see is made of the rows, not of the file."""
    shuffled = replace(ledger, rows=ledger.rows.sample(frac=1.0, random_state=5).reset_index(drop=True))
    after = max(priors.load(name).as_of for name in priors.names())
    found = rows.new_between(shuffled, after, TODAY)
    columns = ["id", "observed_on", *READINGS]
    pd.testing.assert_frame_equal(found[columns], latest[columns])


@pytest.mark.parametrize("one", CHANGES, ids=lambda one: one.name)
def test_what_was_public_before_stays_as_it_was(one, new, known):
    """Context rows were public at the as-of date: they are priced in."""
    old = new[new["context"]]
    found = one.change(new, known)
    found = found[found["context"]]
    pd.testing.assert_frame_equal(found.reset_index(drop=True), old.reset_index(drop=True))


@pytest.fixture(scope="module")
def latest(ledger):
    """What came since the last of the six spoke."""
    return rows.new_between(ledger, max(priors.load(name).as_of for name in priors.names()), TODAY)


@pytest.mark.parametrize("one", CHANGES, ids=lambda one: one.name)
def test_each_worldview_has_rows_that_a_change_concerns(one, latest, known):
    """Whoever spoke last has seen the fewest."""
    found = one.change(latest, known)
    assert len(found) < len(latest) or moved(latest, found)


def test_stopped_horizons_lie_on_one_level_and_only_late_ones_move(new, known):
    found = counterfactuals.horizons_stop(new, known)
    ids = moved(new, found)
    touched = found[found["id"].isin(ids)]
    assert set(touched["kind"]) == {"horizon"}
    assert touched["observed_on"].min() > STOP
    p80 = touched["series"].str.contains("p80")
    for part in (touched[p80], touched[~p80]):
        assert np.ptp(part["reading"]) < 1e-12
    for end in READINGS[1:]:
        width = (new[end] - new["reading"])[new["id"].isin(ids)]
        assert (found[end] - found["reading"])[found["id"].isin(ids)].to_numpy() == pytest.approx(
            width.to_numpy(), rel=1e-9, nan_ok=True
        )


def test_a_doubled_trend_gains_twice_what_the_trend_gains(known):
    """A reading on the line itself, four years after the stop, ends up on a line of twice the slope."""
    line = counterfactuals.trend_line(known, p80=False)
    on_line = known[(known["kind"] == "horizon") & ~known["series"].str.contains("p80")].iloc[[0]].copy()
    on_line["observed_on"] = STOP + pd.Timedelta(days=1461)
    on_line[READINGS] = line.level + 4.0 * line.slope
    found = counterfactuals.horizons_at_twice_the_speed(on_line, known)
    assert found["reading"].iloc[0] == pytest.approx(line.level + 8.0 * line.slope, rel=1e-12)


def test_the_trend_until_the_stop_is_the_one_that_metr_saw(known):
    """Doubling in 3 to 7 months, and a few hours at the end of 2025; another edition of the ledger may move it a bit."""
    line = counterfactuals.trend_line(known, p80=False)
    assert 3.0 / 12.0 < np.log(2.0) / line.slope < 7.0 / 12.0
    assert 3.0 < np.exp(line.level) / 60.0 < 8.0


def test_a_trend_of_two_points_is_none(known):
    with pytest.raises(ValueError, match="no trend"):
        counterfactuals.trend_line(known[known["kind"] == "horizon"].iloc[:2], p80=False)


def test_half_the_odds_are_half_the_odds(new, known):
    found = counterfactuals.shares_at_half_the_odds(new, known)
    share = new[new["kind"] == "share"]
    before, after = (frame.loc[share.index, "reading"].to_numpy() for frame in (new, found))
    np.testing.assert_allclose(after / (1.0 - after), 0.5 * before / (1.0 - before), rtol=1e-12)
    assert moved(new, found) <= set(share["id"])


def test_a_chart_without_growth_is_flat(new, known):
    found = counterfactuals.shares_do_not_grow(new, known)
    chart = found[found["kind"] == "share"]
    assert chart.groupby("series")["reading"].nunique().tolist() == [1, 1]
    first = new[new["kind"] == "share"].sort_values("observed_on").groupby("series")["reading"].first()
    assert chart.groupby("series")["reading"].first().to_dict() == first.to_dict()


def test_one_row_says_what_research_returns(new, known):
    without = counterfactuals.returns_unknown(new, known)
    assert set(new["id"]) - set(without["id"]) == {counterfactuals.FEEDBACK_RETURN}
    doubled = counterfactuals.returns_doubled(new, known)
    assert moved(new, doubled) == {counterfactuals.FEEDBACK_RETURN}
    at = doubled["id"] == counterfactuals.FEEDBACK_RETURN
    assert doubled.loc[at, "reading"].item() == pytest.approx(1.2)
    assert new.loc[at, "reading"].item() == pytest.approx(counterfactuals.RETURN_PUBLISHED)


def test_trials_that_find_nothing_leave_self_reports_alone(new, known):
    found = counterfactuals.trials_find_nothing(new, known)
    touched = found[found["id"].isin(moved(new, found))]
    assert len(touched) == 3
    assert (touched["method"] != "self_report").all()
    assert touched["reading"].to_numpy() == pytest.approx(1.0, abs=0.0)


def test_flat_benchmarks_have_no_new_best(new, known):
    found = counterfactuals.benchmarks_flat(new, known)
    assert set(found.loc[found["id"].isin(moved(new, found)), "kind"]) == {"benchmark"}
    for _, part in found[found["kind"] == "benchmark"].groupby("series"):
        late = part[part["observed_on"] > STOP]
        early = part[part["observed_on"] <= STOP]
        first = part.sort_values("observed_on", kind="stable")["reading"].iloc[0]
        assert (late["reading"] <= (early["reading"].max() if len(early) else first) + 1e-9).all()


def test_every_change_can_be_read_by_the_observation_models(new, known):
    for one in CHANGES:
        for block in rows.blocks(one.change(new, known)).values():
            for column in block.columns.values():
                assert np.isfinite(column).all(), one.name


def test_a_forgotten_ledger_knows_nothing_new_and_all_that_is_old(ledger):
    day = date(2026, 5, 4)
    quiet = counterfactuals.forgotten(ledger, after=day)
    pd.testing.assert_frame_equal(asof.public_on(quiet, TODAY), asof.public_on(ledger, day))
    assert set(rows.new_between(quiet, day, TODAY)["kind"]) == {"absence"}
    assert evidence.row_ids(quiet, after=day, until=TODAY) == ()


def test_another_ledger_has_another_name(ledger):
    """Cuts are kept by the hash of the ledger."""
    others = [counterfactuals.forgotten(ledger, after=date(2026, 5, day)) for day in (4, 5)]
    others += [counterfactuals.repeated(ledger, days_later=days) for days in (0, 1)]
    assert len({ledger.sha256, *(other.sha256 for other in others)}) == 5


def test_a_row_under_a_new_id_is_refused_when_it_is_read(ledger):
    """Its id is right for its content, so that nothing but the key (series, subject and both days) gives it away."""
    cells = list(ledgers.cells_by_id().values())[:40]
    read, found = ledgers.examine(counterfactuals.file_with_copies(cells), file="f.csv", register=ledger.register)
    assert len(read) == 2 * len(cells), "each row passes on its own"
    assert len([problem for problem in found if problem.expected.startswith("a key")]) == len(cells)


def test_copies_about_the_future_count_once(ledger):
    """Rows about what acts only after today are told apart by series, subject and day."""
    twice = counterfactuals.repeated(ledger, days_later=0)
    day = priors.load("clark").as_of
    ids = [evidence.row_ids(one, after=day, until=TODAY) for one in (ledger, twice)]
    assert len(ids[0]) == len(ids[1]) > 0
