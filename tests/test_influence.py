"""What a row did: leaving it out by weights, alone and with its chart, and when the draws cannot say."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecast import influence, rows
from forecast.influence import Draws, Group

TODAY = date(2026, 11, 21)
EVENTS = ("LOOP", "SWX3")


@pytest.fixture(scope="module")
def view(stated):
    """Drexler's stated view, of 2,000 draws."""
    whole = stated["drexler"].view
    few = np.arange(2000)
    return replace(whole, eta=whole.eta[few], weights=np.full(2000, 1 / 2000), futures=whole.futures.take(few))


@pytest.fixture(scope="module")
def blocks(view, ledger):
    return rows.blocks(rows.new_between(ledger, view.worldview.as_of, TODAY))


@pytest.fixture(scope="module")
def scored(view, blocks):
    return influence.score(view.eta, view.worldview.as_of_year, blocks)


@pytest.fixture
def fit(view, blocks, scored):
    """As if the draws had been fitted to all rows."""
    return Draws(view=view, repeats=1, scored=scored, seen=influence.total(scored, influence.as_they_are(blocks)))


def one_row_of_each_kind(blocks):
    return [block.counted[-1] for block in blocks.values() if block.counted]


def test_the_likelihood_by_row_is_that_of_the_re_weighting_service(view, blocks, scored):
    from forecast import posteriors

    weighted = posteriors._weighted_total(view.eta, view.worldview.as_of_year, blocks)
    np.testing.assert_allclose(influence.total(scored, influence.as_they_are(blocks)), weighted, rtol=1e-9, atol=1e-9)


def test_leaving_a_row_out_is_scoring_the_others_alone(view, blocks, scored):
    for row in one_row_of_each_kind(blocks):
        weight = influence.leaving_out(blocks, [row])
        others = {kind: replace(block, weight=weight[kind]) for kind, block in blocks.items()}
        afresh = influence.score(view.eta, view.worldview.as_of_year, others)
        np.testing.assert_array_equal(influence.total(scored, weight), influence.total(afresh, weight))
        assert not np.array_equal(
            influence.total(scored, weight), influence.total(scored, influence.as_they_are(blocks))
        )


def test_leaving_nothing_out_moves_no_weight(fit, blocks):
    moved = influence.move(fit, influence.as_they_are(blocks))
    np.testing.assert_allclose(moved.weights, fit.view.weights, rtol=1e-12)
    assert moved.passes


def test_a_row_that_is_not_there_did_nothing(fit, blocks, view):
    table, unanswered = influence.of_rows([Group(what="none", ids=("none",))], blocks, [fit], now=view, events=EVENTS)
    assert not unanswered
    assert (table["change"].abs() < 1e-12).all()
    assert (table["mcse"].dropna() < 1e-12).all()


def test_what_a_row_did_is_the_view_with_it_less_the_view_without(fit, blocks, view):
    asked = [Group(what=row, ids=(row,)) for row in one_row_of_each_kind(blocks)]
    table, _ = influence.of_rows(asked, blocks, [fit], now=view, events=EVENTS)
    assert len(table)
    np.testing.assert_array_equal(table["change"], table["value"] - table["value_without"])
    assert set(table["output_type"]) == {"cdf", "never", "quantile_if_ever"}
    assert set(table["event"]) == set(EVENTS)


def test_futures_of_one_draw_count_once(view, fit, blocks, scored):
    """With every future twice, the same effective draws and the same numbers."""
    row = one_row_of_each_kind(blocks)[0]
    twice = np.repeat(np.arange(len(view.eta)), 2)
    doubled = replace(view, eta=view.eta[twice], weights=view.weights[twice] / 2, futures=view.futures.take(twice))
    asked = [Group(what=row, ids=(row,))]
    one, _ = influence.of_rows(asked, blocks, [fit], now=view, events=EVENTS)
    two, _ = influence.of_rows(asked, blocks, [replace(fit, view=doubled, repeats=2)], now=doubled, events=EVENTS)
    assert two["effective"].to_numpy() == pytest.approx(one["effective"].to_numpy(), rel=1e-9)
    assert two["mcse"].dropna().to_numpy() == pytest.approx(one["mcse"].dropna().to_numpy(), rel=1e-9)
    shares = one["output_type"] != "quantile_if_ever"
    assert two["change"][shares].to_numpy() == pytest.approx(one["change"][shares].to_numpy(), abs=1e-12)


def test_rows_that_the_draws_cannot_weigh_away_are_asked_of_the_draws_from_before(fit, blocks, view, monkeypatch):
    """Draws fitted to a row of enormous weight cannot do without it; those that never saw it can."""
    enormous = 30.0 * np.random.default_rng(1).standard_normal(len(view.eta))
    row = one_row_of_each_kind(blocks)[0]
    monkeypatch.setattr(influence, "total", lambda scored, weight: np.zeros(scored.size))
    knowing, ignorant = replace(fit, seen=enormous), replace(fit, seen=np.zeros(len(view.eta)))
    asked = [Group(what=row, ids=(row,))]
    table, unanswered = influence.of_rows(asked, blocks, [knowing], now=view, events=EVENTS)
    assert unanswered == tuple(asked)
    assert table.empty
    table, unanswered = influence.of_rows(asked, blocks, [knowing, ignorant], now=view, events=EVENTS)
    assert not unanswered
    assert set(table["how"]) == {"reweighted"}


def test_equal_ratios_in_the_tail_need_no_smoothing():
    ratio = np.zeros(2000)
    ratio[:3] = -1.0
    weight, _ = influence._smoothed(ratio)
    assert weight.sum() == pytest.approx(1.0)
    assert weight[0] / weight[-1] == pytest.approx(np.exp(-1.0))


def frame(*said):
    names = ["id", "kind", "series", "subject", "observed_on", "published_on"]
    found = pd.DataFrame(said, columns=names)
    for name in names[-2:]:
        found[name] = pd.to_datetime(found[name])
    return found


def test_months_of_one_chart_are_left_out_together_and_so_are_charts_of_one_day():
    found = influence.groups(
        frame(
            ("a1", "share", "al3", "lab", "2026-01-31", "2026-09-17"),
            ("a2", "share", "al3", "lab", "2026-02-28", "2026-09-17"),
            ("b1", "share", "al4", "lab", "2026-01-31", "2026-09-17"),
            ("b2", "share", "al4", "lab", "2026-02-28", "2026-09-17"),
            ("c1", "share", "al4", "lab", "2026-03-31", "2026-10-17"),
            ("d1", "horizon", "p50", "model", "2026-01-31", None),
        )
    )
    together = {frozenset(group.ids) for group in found if len(group.ids) > 1}
    assert together == {frozenset(["a1", "a2", "b1", "b2"]), frozenset(["a1", "a2"]), frozenset(["b1", "b2"])}
    assert [group.ids for group in found if len(group.ids) == 1] == [
        (row,) for row in ("a1", "a2", "b1", "b2", "c1", "d1")
    ]


def test_of_a_chart_and_its_months_the_chart_is_shown():
    table = pd.DataFrame({"what": ["chart", "month", "other"], "ids": ["a b", "a", "c"]})
    shown, left = influence.largest(table, [Group(what="b", ids=("b",)), Group(what="d", ids=("d",))])
    assert shown["what"].tolist() == ["chart", "other"]
    assert [group.what for group in left] == ["d"]
