"""What a worldview's uncertainty hangs on, and which of its arguments evidence has reached."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy.special import ndtri

import priors
from cruxes.reach import likelihood_sensitivity, log_density, reach
from cruxes.uncertainty import information, tornado
from forecast import parameters, rows
from forecast.simulation import EVENTS, Futures
from forecast.view import View

DAY = date(2030, 12, 31)
N = 8000
WORLDVIEW = priors.load("clark")


def drawn(happens, *, weights=None, scale=1.0, **own):
    """A view of draws from Clark's beliefs, independent but for ``own`` values; LOOP is seen where ``happens`` says."""
    rng = np.random.default_rng(1)
    beliefs = WORLDVIEW.elicited()
    values = {name: priors.values(b, scale * rng.standard_normal(N)) for name, b in beliefs.items()}
    values |= {"psi": (rng.random(N) < 0.3) * 1.0, "kept": (rng.random(N) < 0.8) * 1.0, "jump": np.zeros(N)} | own
    dates = {event: np.full(N, np.inf) for event in (*EVENTS, "LOC", "PAUSE")}
    dates["LOOP"] = np.where(happens(values), 2029.0, 2040.0)
    return View(
        worldview=WORLDVIEW, name="updated", day=date(2026, 6, 1), eta=np.zeros((N, len(parameters.VECTOR))),
        weights=np.full(N, 1.0 / N) if weights is None else weights, futures=Futures(dates=dates, snapshots={}, values=values),
        seed=1,
    )  # fmt: skip


def median(name):
    return float(priors.quantile(WORLDVIEW.elicited()[name], 0.5))


def rows_of(table, variable):
    return table[table["variable"] == variable].iloc[0]


def test_a_crux_that_decides_tells_all_and_the_others_nothing():
    table = tornado(drawn(lambda v: v["theta"] < median("theta")), "LOOP", DAY)
    top = rows_of(table, "theta")
    assert top["share"] == pytest.approx(1.0, abs=0.05)  # the threshold may lie inside a bin
    assert [top["p_low"], top["p_high"]] == pytest.approx([1.0, 0.0])
    others = table[(table["variable"] != "theta") & (table["crux"] != "C1")]
    assert others["bits"].max() < 0.003
    assert table["crux"].iloc[0] == "C1"


def test_bits_of_a_coin_seen_through_noise_are_those_of_the_formula():
    rng = np.random.default_rng(2)
    coin = rng.random(200_000) < 0.5
    flipped = coin ^ (rng.random(coin.size) < 0.1)
    bits, error = information(coin.astype(float), flipped.astype(float), np.full(coin.size, 1.0 / coin.size))
    assert bits == pytest.approx(1.0 + 0.1 * np.log2(0.1) + 0.9 * np.log2(0.9), abs=4.0 * error)


def test_noise_tells_nothing_however_few_the_draws():
    rng = np.random.default_rng(3)
    found = [information(rng.random(500), (rng.random(500) < 0.4) * 1.0, np.full(500, 1 / 500))[0] for _ in range(50)]
    assert np.mean(found) < 0.012


def test_two_variables_that_decide_only_together_are_seen_in_their_crux():
    table = tornado(drawn(lambda v: (v["phi0"] < median("phi0")) ^ (v["tau"] < median("tau"))), "LOOP", DAY)
    whole = table[(table["crux"] == "C4") & (table["variable"] == "")].iloc[0]
    assert rows_of(table, "phi0")["share"] < 0.01
    assert whole["share"] > 0.3


def test_low_and_high_are_the_ten_and_ninety_percent_points_in_the_unit_of_the_crux():
    top = rows_of(tornado(drawn(lambda v: v["r"] > median("r")), "LOOP", DAY), "r")
    expected = priors.quantile(WORLDVIEW.elicited()["r"], [0.1, 0.9])
    assert [top["low"], top["high"]] == pytest.approx(expected, rel=0.05)


def test_a_chance_is_read_at_no_and_at_yes():
    top = rows_of(tornado(drawn(lambda v: v["psi"] == 0.0), "LOOP", DAY), "psi")
    assert [top["low"], top["high"], top["p_low"], top["p_high"]] == pytest.approx([0.0, 1.0, 1.0, 0.0])


def test_an_event_that_is_certain_leaves_nothing_to_tell():
    table = tornado(drawn(lambda v: v["r"] > 0.0), "LOOP", DAY)
    assert (table["bits"] < 1e-12).all()
    assert (table["share"] == 0.0).all()


def test_draws_that_weigh_nothing_say_nothing():
    half = np.where(np.arange(N) % 2 == 0, 2.0 / N, 0.0)
    view = drawn(lambda v: (v["theta"] < median("theta")) ^ (np.arange(N) % 2 == 1), weights=half)
    assert rows_of(tornado(view, "LOOP", DAY), "theta")["share"] == pytest.approx(
        1.0, abs=0.05
    )  # the threshold may lie inside a bin


def test_where_nothing_was_seen_nothing_has_moved():
    view = drawn(lambda v: v["theta"] < median("theta"))
    table = reach(view, view, "LOOP", DAY).dropna()
    assert (table["shift"] == 0.0).all()
    assert (table["contraction"] == 0.0).all()


def test_a_belief_that_became_half_as_wide_has_contracted_by_half():
    before = drawn(lambda v: v["theta"] < median("theta"))
    after = drawn(lambda v: v["theta"] < median("theta"), scale=0.5)
    found = reach(before, after, "LOOP", DAY)
    one_hump = found[found["variable"].isin([n for n, b in WORLDVIEW.elicited().items() if b.jump == 0.0])]
    assert one_hump["contraction"].to_numpy() == pytest.approx(0.5, abs=0.02)


def test_twice_the_weight_on_a_belief_does_what_the_sensitivity_says():
    """P(|z| < 1) under a normal whose density is taken to the power alpha: the derivative is known."""
    scaled = ndtri(0.5 + 0.5 * 0.6827)
    belief = WORLDVIEW.elicited()["H"]
    edges = [float(priors.values(belief, s)) for s in (-scaled, scaled)]
    view = drawn(lambda v: (v["H"] > edges[0]) & (v["H"] < edges[1]))
    found = reach(view, view, "LOOP", DAY).set_index("variable")["prior_sensitivity"]
    density = np.exp(-0.5) / np.sqrt(2.0 * np.pi)
    assert belief.jump == 0.0
    assert found["H"] == pytest.approx(np.log(2.0) * density, abs=0.015)
    assert found.drop("H").abs().max() < 0.02


def test_the_density_of_a_belief_of_two_humps_is_that_of_its_draws():
    name = next(n for w in priors.load_all().values() for n, b in w.elicited().items() if b.jump > 0.0)
    belief = next(w.elicited()[name] for w in priors.load_all().values() if w.elicited()[name].jump > 0.0)
    eta = np.linspace(*priors.elicit.unconstrained(belief, np.array([-4.0, 4.0])), 4001)
    mass = np.exp(log_density(belief, eta))
    cdf = np.cumsum(mass) / mass.sum()
    for level in (0.1, 0.3, 0.5, 0.7, 0.9):
        at = float(priors.elicit.unconstrained(belief, ndtri(level)))
        assert np.interp(at, eta, cdf) == pytest.approx(level, abs=0.005)


def test_a_date_that_never_comes_has_no_say_in_the_weight_of_its_belief():
    belief = WORLDVIEW.elicited()["T_par"]
    eta = np.array([belief.loc, belief.loc + belief.scale, np.inf])
    found = log_density(belief, eta)
    assert found[2] == pytest.approx(found[:2].mean())


def test_rows_that_were_not_there_have_no_sensitivity(stated):
    view = stated["clark"].view
    few = replace(view, eta=view.eta[:200], weights=np.full(200, 1 / 200), futures=view.futures.take(np.arange(200)))
    seen = rows.blocks(rows.not_yet(view.worldview.as_of))
    found = likelihood_sensitivity(few, seen, "LOOP", DAY, future={"paradigm": np.zeros(200)})
    assert list(found["kind"]) == ["absence", "paradigm"]
    assert found["sensitivity"].iloc[1] == 0.0
    assert abs(found["sensitivity"].iloc[0]) < 0.05


def test_evidence_reaches_clarks_halfway_horizon_and_not_his_headroom(stated, updated_clark):
    found = reach(stated["clark"].view, updated_clark, "LOOP", DAY).set_index("variable")
    assert found.loc["theta", "contraction"] > 0.1
    assert abs(found.loc["H", "contraction"]) < 0.1
