"""From one forecast to the next: what counts as new, that the way there leaves no trace, and how it was come by."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

import priors
from forecast import artefacts, influence, rows, run, sampling, updating, views
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


def a_fit(kept):
    """The same draws as if a sampler had found them."""
    return replace(kept, key="fitted", base="", how="fitted")


def test_draws_that_rest_on_the_stated_ones_or_on_another_fit_are_found_or_said_to_be_gone(before, tmp_path):
    stated, updated = before
    fit = a_fit(updated)
    artefacts.keep(tmp_path, replace(fit, key="a-fit"))
    weighs_another = replace(updated, how="reweighted", base="a-fit")
    assert updating._fit_of(fit, stated, None) is fit
    assert updating._fit_of(replace(updated, how="reweighted", base=stated.key), stated, None) is stated
    there = updating._fit_of(weighs_another, stated, tmp_path)
    assert there.key == "a-fit"
    assert np.array_equal(there.view.eta, fit.view.eta)
    assert updating._fit_of(weighs_another, stated, None) is None
    assert updating._fit_of(replace(weighs_another, base="thrown-away"), stated, tmp_path) is None


def test_where_the_draws_behind_the_view_are_gone_the_sampler_runs(before, ledger, monkeypatch):
    asked = refits(monkeypatch, before)
    orphan = replace(before[1], key="of-old", how="reweighted", base="thrown-away")
    monkeypatch.setattr(influence, "move", lambda *_: pytest.fail("there were no draws to weigh"))
    assert the_move(update((before[0], orphan), ledger, AFTER)).how == "refitted"
    assert asked == [AFTER]


def test_worldviews_are_asked_in_the_order_in_which_they_were_named(before, ledger, monkeypatch):
    old = {(kept.view.worldview.name, kept.view.name): kept for kept in before}
    asked = updating._worldviews(old, ("trend", NAME, "clark"), AFTER)
    assert [one if isinstance(one, str) else one.name for one in asked] == ["trend", NAME, "clark"]
    assert [one.name for one in updating._worldviews(old, None, AFTER)] == [NAME]
    found = update(before, ledger, BEFORE, names=(NAME,))
    assert [move.worldview for move in found.moves] == [NAME]


def test_after_a_fit_new_rows_are_weighed_on_its_draws_and_on_those_from_before(before, ledger, monkeypatch):
    """The draws of before were tried and did not pass: they are not drawn a second time."""
    blocks = Evidence(ledger).new(before[0].view.worldview.as_of, AFTER)
    fitted = replace(a_fit(before[1]), view=replace(before[1].view, day=AFTER), blocks=blocks)
    monkeypatch.setattr(run, "update", lambda *_, **__: fitted)
    whole, drawn, tried = influence.move, [], []
    monkeypatch.setattr(influence, "move", lambda *said: replace(whole(*said), passes=False))
    on = updating.draws_on
    monkeypatch.setattr(updating, "draws_on", lambda *said, **more: drawn.append(said[0].key) or on(*said, **more))

    def watched(asked, blocks, candidates, **options):
        tried.append(candidates)
        return pd.DataFrame(columns=list(influence.COLUMNS)), tuple(asked)

    monkeypatch.setattr(influence, "of_rows", watched)
    move = the_move(update(before, ledger, AFTER, with_influence=True))
    assert move.how == "refitted"
    ((of_now, of_before),) = tried
    assert of_now.view is move.after.view
    assert np.array_equal(artefacts.once(of_before.view.eta), before[0].view.eta)
    assert drawn == [before[0].key]
    later = set(Evidence(ledger).later(move.after.view.worldview.as_of, AFTER))
    assert {row for group in move.unanswered for row in group.ids} == set(move.new) - later


def test_a_view_that_is_known_is_asked_about_its_rows_on_the_draws_it_weighs(july, before, ledger, tmp_path):
    """It was read and nothing was drawn: the draws of before are moved to its day to tell what each row did."""
    known = replace(the_move(july).after, key=run.updated_key(before[0], Evidence(ledger), AFTER, seed=1))
    artefacts.keep(tmp_path, known)
    move = the_move(update(before, ledger, AFTER, with_influence=True, cache=tmp_path))
    assert move.how == "known"
    pd.testing.assert_frame_equal(move.influence, the_move(july).influence)


def test_rows_that_cannot_be_weighed_away_are_left_out_of_a_fit_one_group_at_a_time(july, before, ledger, monkeypatch):
    fitted, said, groups = [], [], []

    def none(asked, *_, **__):
        groups.extend(asked[:2])
        return pd.DataFrame(columns=list(influence.COLUMNS)), tuple(groups)

    def fit(prior, rest, *, seed):
        fitted.append(rest)
        return sampling.Posterior(z=np.zeros((0, 1)), eta=artefacts.once(before[0].view.eta), table=pd.DataFrame(),
                                  diagnostics=dict(before[1].view.diagnostics))  # fmt: skip

    monkeypatch.setattr(influence, "of_rows", none)
    monkeypatch.setattr(updating.sampling, "fit", fit)
    move = the_move(update(before, ledger, AFTER, with_influence=True, refit=True, report=said.append))
    assert set(move.influence["how"]) == {"refitted"}
    assert move.influence["ids"].nunique() == len(groups) == len(fitted)
    assert not move.unanswered
    everything = {row for block in move.after.blocks.values() for row in block.counted}
    for group, rest in zip(groups, fitted, strict=True):
        counted = {row for block in rest.values() for row in block.counted}
        assert everything - counted == set(group.ids)
    assert [f"{NAME}: fitted without {group.what}" for group in groups] == [
        one for one in said if "fitted without" in one
    ]


def test_a_stated_view_that_is_known_is_read_and_not_drawn_again(stated_kept, ledger, tmp_path, monkeypatch):
    artefacts.keep(tmp_path, stated_kept)
    monkeypatch.setattr(views, "state", lambda *_, **__: pytest.fail("it was there"))
    found = run.state(stated_kept.view.worldview, Evidence(ledger), seed=1, cache=tmp_path)
    same_numbers(found.view, stated_kept.view)


def test_a_view_kept_without_its_prior_cannot_be_updated(before):
    for kept in (before[1], replace(before[0], tilt=None)):
        with pytest.raises(ValueError, match="not a stated one, or was kept without its prior"):
            run.stated_of(kept)


def test_each_view_of_a_forecast_is_found_by_whose_it_is_its_name_and_what_it_leaves_out(before, july):
    without = replace(before[1].view, without=("share",))
    forecast = replace(july.forecast, views=(*july.forecast.views, without))
    assert forecast.view(NAME, "stated") is before[0].view
    assert forecast.view(NAME, "updated") is the_move(july).after.view
    assert forecast.view(NAME, "updated", ("share",)) is without
    for asked in (("clark", "stated"), (NAME, "updated", ("horizon",))):
        with pytest.raises(KeyError, match=r"no .* view of"):
            forecast.view(*asked)


def test_a_name_that_is_nobodys_is_refused_and_one_not_yet_stated_is_given_back(tmp_path):
    with pytest.raises(priors.BadInput):
        run.stated_by("nobody-at-all", AFTER)
    with pytest.raises(priors.BadInput):
        run.stated_by(str(tmp_path / "missing.toml"), AFTER)
    assert run.stated_by(NAME, date(2020, 1, 1)) == NAME
    assert run.stated_by(NAME, AFTER).name == NAME


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
