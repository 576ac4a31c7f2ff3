"""Rows predicted one by one: their scores add up to the log evidence, whoever computes it."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats
from scipy.special import logsumexp

import priors
from forecast import likelihood, oracle, parameters, prequential, rows, sampling, views
from priors import encodings
from tests.conftest import TODAY

FEW = ("share", "benchmark")
"""Kinds without which the rest is quick."""


@pytest.fixture(scope="module")
def toy():
    """Three readings of the growth of compute, long before any loop could have closed, under the broad prior."""
    day = pd.Timestamp("2021-06-30")
    frame = pd.DataFrame({
        "id": ["a", "b", "c"], "kind": "compute_growth", "series": "toy", "subject": ["a", "b", "c"],
        "observed_on": day, "public_on": day, "reading": [1.2, 1.7, 1.4], "reading_low": [0.9, 1.5, 1.2],
        "reading_high": [1.5, 1.9, 1.6], "level": 0.8, "context": False, "self_reported_by": "",
        "vote": ["a", "b", "c"], "censored": False,
    })  # fmt: skip
    start = rows.not_yet(date(2021, 1, 1))
    blocks = rows.blocks(pd.concat([frame, start], ignore_index=True))
    said = prequential.Sequence(table=frame, blocks=blocks, start=start["id"].iloc[0])
    return parameters.broad(2021.5), said


def closed_form(prior, said):
    """ln evidence of the first one, two, three toy readings, by quadrature over ln g_c."""
    i = parameters.VECTOR.index("g_c")
    columns = said.blocks["compute_growth"].columns

    def evidence(n):
        def integrand(eta):
            density = stats.norm.pdf(columns["y"][:n], np.exp(eta), columns["se"][:n]).prod()
            return stats.norm.pdf(eta, prior.loc[i], prior.scale[i]) * density

        return np.log(integrate.quad(integrand, -2.0, 2.0, epsabs=1e-12, limit=200)[0])

    return np.diff([0.0, *(evidence(n) for n in (1, 2, 3))])


def test_the_scores_of_a_toy_are_those_of_the_closed_form(toy):
    prior, said = toy
    runs = np.array([prequential.score([prior], said, seed=s, particles=2000).log_score[0] for s in range(6)])
    error = runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
    assert (np.abs(runs.mean(axis=0) - closed_form(prior, said)) < 5 * error + 0.01).all()


def test_the_same_seed_gives_the_same_scores(toy):
    prior, said = toy
    first, again = (prequential.score([prior], said, seed=3, particles=200) for _ in range(2))
    assert np.array_equal(first.log_score, again.log_score)
    assert np.array_equal(first.crps, again.crps)


def test_equal_encodings_score_alike(toy):
    prior, said = toy
    found = prequential.score([prior, prior, prior], said, seed=1, particles=200)
    assert np.allclose(found.log_score, found.log_score[0], atol=1e-12)
    assert np.allclose(found.crps, found.crps[0], atol=1e-12)


def test_an_encoding_scores_in_company_as_it_does_alone(toy):
    prior, said = toy
    theta = parameters.CRUXES.index("theta")
    moved = replace(prior, loc=prior.loc + 0.5 * prior.scale * (np.arange(len(prior.loc)) == theta))
    both = np.array([prequential.score([prior, moved], said, seed=s, particles=1000).log_score for s in range(6)])
    alone = closed_form(prior, said)
    error = both.std(axis=0, ddof=1) / np.sqrt(len(both))
    assert (np.abs(both.mean(axis=0) - alone) < 5 * error + 0.01).all()


def test_densities_of_encodings_are_those_of_their_priors():
    worldview = priors.load("yudkowsky")
    several = [parameters.of_worldview(one) for one in encodings.plausible(worldview, 1, seed=1)]
    ratio = prequential._Densities(several)
    rng = np.random.default_rng(1)
    z = rng.standard_normal((20_000, len(parameters.VECTOR)))
    eta = sampling.values_of(z, several[0])
    back, _ = ratio.mixed(several[0], eta)
    assert np.abs(back - (z @ several[0].mixing.T)[:, : len(parameters.CRUXES)]).max() < 1e-3
    mean = np.exp(ratio(eta)[:, 1])
    assert mean.mean() == pytest.approx(1.0, abs=5 * mean.std() / np.sqrt(len(mean)))


def test_rows_come_in_order_of_publication_each_after_the_as_of_date(ledger):
    worldview = priors.load("lambert")
    table = prequential.sequence(worldview, ledger, TODAY).table
    assert table["public_on"].is_monotonic_increasing
    assert (table["public_on"] > pd.Timestamp(worldview.as_of)).all()
    assert table["id"].is_unique


def test_rows_of_unknown_publication_date_are_not_scored(ledger):
    worldview = priors.load("trend")
    ids = set(prequential.sequence(worldview, ledger, TODAY).table["id"])
    unknown = set(ledger.rows.loc[ledger.rows["published_on"].isna(), "id"])
    assert ids
    assert not ids & unknown


def test_a_kind_left_out_is_not_scored(ledger):
    table = prequential.sequence(priors.load("lambert"), ledger, TODAY, without=("share",)).table
    assert "share" not in set(table["kind"])
    assert "horizon" in set(table["kind"])


def test_on_each_day_of_publication_and_each_mark_no_loop_had_been_shown(ledger):
    mark = date(2026, 5, 4)
    table = prequential.sequence(priors.load("lambert"), ledger, TODAY, marks=[mark]).table
    absent = set(table.loc[table["kind"] == "absence", "public_on"])
    assert absent == set(table["public_on"])
    assert {pd.Timestamp(mark), pd.Timestamp(TODAY)} <= absent


def test_a_chart_is_one_vote_and_so_are_both_horizons_of_a_model(ledger):
    table = prequential.sequence(priors.load("trend"), ledger, TODAY).table
    assert table.loc[table["kind"] == "share", "vote"].nunique() == 1
    horizons = table[table["kind"] == "horizon"]
    assert (horizons.groupby("subject")["vote"].nunique() == 1).all()


def test_on_the_as_of_date_itself_there_is_nothing_to_score(ledger):
    worldview = priors.load("yudkowsky")
    said = prequential.sequence(worldview, ledger, worldview.as_of)
    found = prequential.score([parameters.of_worldview(worldview)], said, seed=1, particles=50)
    assert found.log_score.shape == found.crps.shape == (1, 0)


def test_a_censored_row_has_no_crps_and_the_others_of_a_kind_with_a_law_have(ledger):
    worldview = priors.load("yudkowsky")
    said = prequential.sequence(worldview, ledger, TODAY, without=FEW)
    prior = parameters.of_worldview(worldview)
    found = prequential.score([prior], said, seed=1, particles=200)
    ranked = np.isfinite(found.crps[0])
    assert np.isfinite(found.log_score).all()
    assert not ranked[said.table["censored"].to_numpy(bool)].any()
    assert ranked[((said.table["kind"] != "absence") & ~said.table["censored"]).to_numpy()].all()


def test_scores_add_up_to_the_log_evidence_by_importance_sampling(ledger):
    worldview = priors.load("yudkowsky")
    said = prequential.sequence(worldview, ledger, TODAY, without=FEW)
    prior = parameters.of_worldview(worldview)
    runs = [prequential.score([prior], said, seed=s, particles=1000).log_score.sum() for s in range(4)]
    z = np.random.default_rng(2).standard_normal((6000, len(parameters.VECTOR)))
    with np.errstate(over="ignore"):
        parts = likelihood.by_row(z, prior, said.blocks)
    place = {row: i for i, row in enumerate(said.blocks["absence"].ids)}
    last = said.table.loc[said.table["kind"] == "absence", "id"].iloc[-1]
    start, end = (parts["absence"][:, place[row]] for row in (said.start, last))
    total = end + sum(part.sum(axis=1) for kind, part in parts.items() if kind != "absence")
    expected = logsumexp(total) - logsumexp(start)
    share = np.exp(total - logsumexp(total))
    error = np.hypot(np.sqrt(np.sum(share**2)), np.std(runs, ddof=1) / 2)
    assert abs(np.mean(runs) - expected) < 3 * error


def test_the_tilt_honours_the_number_before_any_row(ledger):
    worldview = priors.load("clark")
    said = prequential.sequence(worldview, ledger, TODAY, without=FEW)
    honoured = prequential.numbers(worldview)
    cloud = prequential._Cloud(
        [parameters.of_worldview(worldview)], said, honoured, np.random.default_rng(1), particles=1000
    )
    weight = np.exp(cloud._log_weights()[:, 0])
    assert (weight / weight.sum()) @ cloud.indicators[:, 0] == pytest.approx(honoured.values[0], abs=0.01)


@pytest.mark.slow
def test_scores_add_up_to_the_log_evidence_of_the_oracle(ledger):
    worldview = priors.load("trend")
    prior = views.prior_of(worldview, ledger, seed=1)
    said = prequential.sequence(worldview, ledger, TODAY, without=FEW)
    runs = [prequential.score([prior], said, seed=s).log_score.sum() for s in range(4)]
    absence = said.blocks["absence"]
    last = said.table.loc[said.table["kind"] == "absence", "id"].iloc[-1]

    def only(row, blocks):
        return dict(blocks) | {"absence": replace(absence, weight=np.array([i == row for i in absence.ids], float))}

    none = {kind: replace(b, weight=0.0 * b.weight) for kind, b in said.blocks.items()}
    two = [
        oracle.sample(prior, blocks, seed=1, particles=2000)
        for blocks in (only(last, said.blocks), only(said.start, none))
    ]
    found = two[0].log_evidence - two[1].log_evidence
    error = np.hypot(np.std(runs, ddof=1) / 2, np.hypot(*(one.log_evidence_error for one in two)))
    assert abs(np.mean(runs) - found) < 3 * error
