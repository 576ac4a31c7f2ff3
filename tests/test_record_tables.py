"""The history asks past days of the ledger as it stood, and weighs no row twice."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from cruxes import record_tables, refits
from forecast import backtest, influence, rows, scoring
from forecast.run import Evidence
from tests import small_views
from tests.conftest import TODAY


@pytest.fixture(scope="module")
def kept():
    return small_views.kept("krier", "stated", seed=2), small_views.kept("krier")


@pytest.fixture(scope="module")
def outcomes():
    rng = np.random.default_rng(1)
    drawn, y = rng.standard_normal((500, 12)), rng.standard_normal(12)
    found = backtest.judge(drawn, y, np.zeros(12))
    return found.assign(clock="observed", stand=["a", "b"] * 6, kind="horizon", crps_baseline=1.0)


def test_days_are_firsts_of_quarters_strictly_between():
    assert record_tables.days(date(2026, 1, 1), date(2026, 10, 1), every_months=3) == [
        date(2026, 4, 1),
        date(2026, 7, 1),
    ]
    assert record_tables.days(date(2025, 11, 20), date(2026, 1, 20), every_months=1) == [
        date(2025, 12, 1),
        date(2026, 1, 1),
    ]


def test_a_history_begins_with_the_view_as_stated_and_ends_with_that_of_today(kept, ledger):
    found = record_tables.history(kept, ledger, day=date(2026, 6, 30), seed=1)
    assert found["how"].tolist() == ["stated"] * 2 + ["fitted"] * 2
    assert found["day"].tolist() == ["2026-04-15"] * 2 + ["2026-06-30"] * 2
    first, last = found[found["event"] == "LOOP"]["p"]
    for view, p in ((kept[0].view, first), (kept[1].view, last)):
        assert p == pytest.approx(view.probability(view.futures.observed("LOOP") < 2031.0))


def test_the_same_rows_weigh_nothing_anew(kept, ledger):
    stated, base = kept
    evidence = Evidence(ledger)
    draws = refits.draws_of(base, base.blocks)
    moved = influence.move(draws, influence.as_they_are(base.blocks))
    assert moved.weights == pytest.approx(base.view.weights)
    found = refits.weighed(base, stated, base.blocks, evidence, TODAY, seed=1)
    assert found is not None
    assert found.weights == pytest.approx(np.full(len(found.weights), 1 / len(found.weights)))


def test_draws_that_rows_would_leave_to_a_few_are_not_trusted(kept, ledger):
    stated, base = kept
    evidence = Evidence(ledger)
    blocks = evidence.new(stated.view.worldview.as_of, TODAY)
    assert refits.weighed(base, stated, blocks, evidence, TODAY, seed=1) is None


def test_a_day_on_which_nothing_was_published_costs_no_fit(kept, ledger, monkeypatch):
    monkeypatch.setattr(refits, "fitted", lambda *a, **k: pytest.fail("fitted"))
    stated = kept[0]
    evidence = Evidence(replace(ledger, rows=ledger.rows.iloc[:0]))
    view, how = record_tables._on(date(2026, 6, 1), stated, [], evidence, seed=1, report=print)
    assert how == "reweighted"
    assert view.day == date(2026, 6, 1)


def test_coverage_has_a_line_for_each_level_of_the_backtests_table(outcomes):
    found = record_tables.coverage(outcomes)
    table = backtest.table(outcomes).set_index("stand")
    assert len(found) == len(table) * len(backtest.LEVELS)
    for row in found.to_dict(orient="records"):
        assert row["covered"] == table.loc[row["stand"], f"covered_{100 * row['level']:.0f}"]
        assert row["low"] <= row["covered"] <= row["high"]


def test_the_cut_of_a_stated_view_is_read_from_its_prior(kept):
    stated, updated = kept
    found = scoring.of_priors([stated, replace(updated, prior=None)])
    mean, factor = found[stated.view.worldview.as_of]
    n = len(mean)
    assert factor.shape == (n, n)
    assert mean == pytest.approx(stated.prior.loc[-n:])


@pytest.mark.slow
def test_scores_with_the_cuts_at_hand_are_those_with_cuts_made_anew(ledger, stated):
    names = ("clark", "trend")
    worldviews = [stated[name].view.worldview for name in names]
    asked = {"seed": 1, "others": 1, "runs": 1, "particles": 200}
    own = [
        replace(small_views.kept(name, "stated"), view=stated[name].view, prior=stated[name].prior) for name in names
    ]
    here = scoring.records(worldviews, ledger, TODAY, **asked, fitted=scoring.of_priors(own))
    anew = scoring.records(worldviews, ledger, TODAY, **asked)
    for one, other in zip(here, anew, strict=True):
        assert one.log_score == pytest.approx(other.log_score, abs=1e-6)


@pytest.mark.slow
def test_a_fit_without_rows_left_out_sees_those_that_remain(ledger, kept):
    stated = kept[0]
    evidence = Evidence(ledger)
    blocks = evidence.new(stated.view.worldview.as_of, date(2026, 7, 1))
    found = refits.fitted(stated, blocks, evidence, date(2026, 7, 1), seed=1)
    assert found.how == "fitted"
    assert len(found.view.eta) == 4 * refits.DRAWS * 2
    assert isinstance(rows.blocks(pd.DataFrame(rows.not_yet(TODAY))), dict)
