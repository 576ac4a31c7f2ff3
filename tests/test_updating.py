"""From one forecast to the next: what counts as new, that the way there leaves no trace, and how it was come by."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecast import artefacts, influence, rows, run, updating
from forecast.artefacts import Kept
from forecast.run import Evidence

EVENTS = ("LOOP", "SWX3")
BEFORE, BETWEEN, AFTER = date(2026, 6, 1), date(2026, 6, 24), date(2026, 7, 1)
"""Yudkowsky is as of 31 May. Until BETWEEN a small trial of June is public, until AFTER a horizon as well."""
NAME = "yudkowsky"


@pytest.fixture(scope="module")
def stated_kept(stated, ledger):
    """Of half the draws, to be quick."""
    found, few = stated[NAME], np.arange(4000)
    worldview, weights = found.view.worldview, found.view.weights[few]
    view = replace(found.view, eta=found.view.eta[few], weights=weights / weights.sum(),
                   futures=found.view.futures.take(few))  # fmt: skip
    return Kept(
        key=run.stated_key(worldview, Evidence(ledger), seed=1), view=view, how="drawn", tilt=found.tilt,
        prior=found.prior, blocks=rows.blocks(rows.not_yet(worldview.as_of)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def before(stated_kept, ledger):
    """The forecast of 1 June, when nothing but a day had passed: no sampler ran."""
    return stated_kept, run.update(stated_kept, Evidence(ledger), BEFORE, seed=1)


def update(before, ledger, day, **options):
    said = {"seed": 1, "events": EVENTS, "with_influence": False} | options
    return updating.update(before, ledger, day, **said)


def the_move(found):
    (move,) = found.moves
    return move


@pytest.fixture(scope="module")
def july(before, ledger):
    return update(before, ledger, AFTER, with_influence=True)


def same_numbers(one, other):
    assert np.array_equal(one.eta, other.eta)
    assert np.array_equal(one.weights, other.weights)
    for name, dates in one.futures.dates.items():
        assert np.array_equal(dates, other.futures.dates[name]), name


def test_with_nothing_new_the_view_is_the_one_there_was(before, ledger):
    move = the_move(update(before, ledger, BEFORE))
    assert move.how == "unchanged"
    assert move.after is before[1]
    assert not move.only_time_has_passed
    assert (move.changes["change"].dropna() == 0.0).all()
    assert (move.cruxes["shift"] == 0.0).all()
    assert (move.cruxes["contraction"] == 0.0).all()


def test_a_day_without_rows_is_said_to_be_one(before, ledger):
    move = the_move(update(before, ledger, date(2026, 6, 2)))
    assert move.only_time_has_passed
    assert (move.new, move.gone, move.reread) == ((), (), ())


def test_new_rows_move_the_view_by_weights_of_the_draws_there_are(july, before):
    move = the_move(july)
    assert move.how == "reweighted"
    assert set(move.new) == set(move.after.view.row_ids) - set(move.after.blocks["absence"].ids)
    assert np.array_equal(artefacts.once(move.after.view.eta), before[0].view.eta)
    assert move.effective >= 400
    assert not move.only_time_has_passed


def test_before_after_and_change_are_one_statement(july, before):
    move = the_move(july)
    row = move.changes[(move.changes["event"] == "LOOP") & (move.changes["output_type_id"] == "2030-12-31")].iloc[0]
    for column, view in (("before", before[1].view), ("after", move.after.view)):
        assert row[column] == pytest.approx(view.probability(view.futures.observed("LOOP") < 2031.0), abs=1e-12)
    assert row["change"] == row["after"] - row["before"]
    assert row["mcse"] > 0


def test_each_new_row_that_the_loop_depends_on_is_weighed_and_its_surprise_told(july, ledger):
    """Rows about what acts only after today are counted as new, and move the economy alone."""
    move = the_move(july)
    later = set(Evidence(ledger).later(move.after.view.worldview.as_of, AFTER))
    assert later & set(move.new)
    weighed = {row for ids in move.influence["ids"] for row in ids.split()}
    left = {row for group in move.unanswered for row in group.ids}
    assert weighed | left == set(move.new) - later
    assert set(move.surprise["id"]) <= set(move.new)
    assert len(move.surprise)
    assert move.surprise["tail_probability"].between(0.0, 1.0).all()


def test_in_two_steps_the_view_is_the_same_as_in_one(july, before, ledger, tmp_path):
    for kept in before:
        artefacts.keep(tmp_path, kept)
    halfway = update(before, ledger, BETWEEN, cache=tmp_path)
    assert the_move(halfway).new
    there = update(halfway.forecast.kept, ledger, AFTER, cache=tmp_path)
    same_numbers(the_move(there).after.view, the_move(july).after.view)
    assert the_move(there).after.key == the_move(july).after.key


def test_the_order_in_which_rows_come_does_not_matter(july, before, ledger, tmp_path):
    for kept in before:
        artefacts.keep(tmp_path, kept)
    first, *others = the_move(july).new
    for left_out in ([first], others):
        partly = replace(ledger, rows=ledger.rows[~ledger.rows["id"].isin(left_out)].reset_index(drop=True))
        halfway = update(before, partly, AFTER, cache=tmp_path)
        there = the_move(update(halfway.forecast.kept, ledger, AFTER, cache=tmp_path))
        same_numbers(there.after.view, the_move(july).after.view)
        assert set(there.new) == set(left_out)


def retracted(ledger, row):
    """The ledger with one more row, which withdraws another for all days."""
    new = ledger.rows[ledger.rows["id"] == row].assign(
        id="withdrawn", retracts=row, published_on=pd.NaT, value=np.nan, low=np.nan, high=np.nan
    )
    return replace(ledger, rows=pd.concat([ledger.rows, new], ignore_index=True), sha256="another")


def test_a_row_that_was_retracted_leaves_no_trace(july, before, ledger, tmp_path):
    for kept in before:
        artefacts.keep(tmp_path, kept)
    row = the_move(july).new[0]
    without = replace(ledger, rows=ledger.rows[ledger.rows["id"] != row].reset_index(drop=True))
    never_there = the_move(update(before, without, AFTER, cache=tmp_path))
    now = the_move(update(july.forecast.kept, retracted(ledger, row), AFTER, cache=tmp_path))
    assert now.gone == (row,)
    assert now.after.key == never_there.after.key
    same_numbers(now.after.view, never_there.after.view)


def test_a_published_view_that_is_known_is_read_and_not_computed(before, ledger, tmp_path, monkeypatch):
    later = run.update(before[0], Evidence(ledger), date(2026, 6, 2), seed=1, cache=tmp_path)
    monkeypatch.setattr(run.views, "update", None)
    move = the_move(update(before, ledger, date(2026, 6, 2), cache=tmp_path))
    assert move.how == "known"
    assert move.after.key == later.key
    same_numbers(move.after.view, later.view)


def refits(monkeypatch, before):
    """Counts fits and answers with the view there was."""
    asked = []

    def fake(stated, evidence, day, **_):
        asked.append(day)
        return replace(before[1], key="fitted", how="fitted", blocks=evidence.new(stated.view.worldview.as_of, day))

    monkeypatch.setattr(run, "update", fake)
    return asked


def test_where_weights_do_not_pass_the_sampler_runs(before, ledger, monkeypatch):
    asked = refits(monkeypatch, before)
    whole = influence.move
    monkeypatch.setattr(influence, "move", lambda *said: replace(whole(*said), passes=False))
    assert the_move(update(before, ledger, AFTER)).how == "refitted"
    assert asked == [AFTER]


def test_draws_of_other_code_are_compared_with_and_never_weighed(before, ledger, monkeypatch):
    monkeypatch.setattr(run, "state", lambda *_, **__: before[0])
    fitted_by_other_code = replace(before[1], key="old", base="", how="fitted", code="other")
    move = the_move(update((replace(before[0], key="old too", code="other"), fitted_by_other_code), ledger, AFTER))
    assert move.recoded
    assert not move.stated_again
    assert move.after.base == before[0].key
    assert move.before is fitted_by_other_code


def test_a_worldview_that_was_not_yet_stated_is_new(before, ledger, stated_kept):
    found = update(before, ledger, date(2026, 5, 30))
    assert found.forecast.not_yet_stated == (NAME,)
    assert not found.moves
    newly = the_move(update(before[:1], ledger, BEFORE))
    assert newly.how == "newly stated"
    assert newly.before is None


def test_rows_from_before_the_as_of_date_make_the_stated_view_anew(before, ledger, monkeypatch):
    """Such a row is priced in, so it does not count as new; but shared parameters are fitted to it."""
    known = rows.known_by(ledger, date(2026, 5, 31))
    late = known.loc[(known["kind"] == "horizon") & known["published_on"].notna(), "id"].iloc[-1]
    partly = replace(ledger, rows=ledger.rows[ledger.rows["id"] != late].reset_index(drop=True))
    monkeypatch.setattr(run, "state", lambda *_, **__: replace(before[0], key="stated again"))
    refits(monkeypatch, before)
    move = the_move(update(before, partly, BEFORE))
    assert move.stated_again
    assert move.new == ()


def test_what_a_view_is_known_by_is_everything_it_depends_on(stated_kept, before, ledger):
    worldview, evidence = stated_kept.view.worldview, Evidence(ledger)
    others = {
        run.updated_key(stated_kept, evidence, AFTER, seed=1),
        run.updated_key(stated_kept, evidence, BETWEEN, seed=1),
        run.updated_key(stated_kept, evidence, AFTER, seed=2),
        run.updated_key(stated_kept, evidence, AFTER, seed=1, without=("horizon",)),
        run.stated_key(worldview, evidence, seed=1),
        run.stated_key(worldview.model_copy(update={"label": "another"}), evidence, seed=1),
    }
    assert len(others) == 6
    unread = ledger.rows["series"].isin(
        [name for name, entry in ledger.register.series.items() if entry.kind == "none"]
    )
    fewer = Evidence(replace(ledger, rows=ledger.rows[~unread].reset_index(drop=True), sha256="another"))
    assert run.updated_key(stated_kept, fewer, AFTER, seed=1) in others, "rows that no model reads change nothing"


@pytest.mark.slow
def test_weights_say_what_the_sampler_says(july, before, ledger):
    """P(by) and never of each event: within four standard errors of the two."""
    fitted = run.update(before[0], Evidence(ledger), AFTER, seed=2)
    table = updating.changes(the_move(july).after.view, fitted.view, EVENTS)
    shares = table[table["output_type"].isin(["cdf", "never"])]
    assert (shares["change"].abs() <= 4.0 * shares["mcse"] + 1e-9).all(), shares


@pytest.mark.slow
def test_a_row_that_cannot_be_weighed_away_is_answered_by_a_fit(july, before, ledger, monkeypatch):
    def none(groups, *_, **__):
        return pd.DataFrame(columns=list(influence.COLUMNS)), tuple(groups[:1])

    monkeypatch.setattr(influence, "of_rows", none)
    move = the_move(update(before, ledger, AFTER, with_influence=True, refit=True))
    assert set(move.influence["how"]) == {"refitted"}
    assert not move.unanswered
