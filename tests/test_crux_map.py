"""The crux map as tables: shares of the disagreement, gaps, and which side of an axis is the sooner one."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

import priors
from cruxes import blocks, crux_map
from cruxes.attribution import LABEL, Attribution
from cruxes.positions import positions
from forecast import simulation
from forecast.parameters import VECTOR
from tests.small_views import kept

DAY = date(2030, 12, 31)
QUESTION = ("LOOP", "cdf", DAY.isoformat())


def split(a, b, shares, *, event="LOOP", mcse=0.0):
    """An attribution with these shares of the gap."""
    rows = [(event, *QUESTION[1:], block, blocks.NAMES[block], share, mcse) for block, share in shares.items()]
    return Attribution(
        a=a, b=b, draws=100, gaps=pd.DataFrame(), interactions=pd.DataFrame(),
        shares=pd.DataFrame(rows, columns=[*LABEL, "block", "name", "share", "mcse"]),
    )  # fmt: skip


def share_of(edges, block, event="LOOP"):
    return edges[(edges["event"] == event) & (edges["block"] == block)].iloc[0]


def test_what_one_crux_carries_is_the_mean_over_pairs_of_its_part_without_the_sign():
    found = [split("clark", "krier", {"C1": -0.3, "C6": 0.1}), split("clark", "lambert", {"C1": 0.1, "C6": 0.1})]
    edges = crux_map.edges(found, events=["LOOP"])
    assert share_of(edges, "C1")["share"] == pytest.approx((0.75 + 0.5) / 2)
    assert share_of(edges, "C6")["share"] == pytest.approx((0.25 + 0.5) / 2)


def test_shares_of_an_event_add_up_to_one():
    found = [split("clark", "krier", {"C1": -0.3, "C6": 0.1, "shared": 0.2}), split("a", "b", {"honoured": 0.1})]
    assert crux_map.edges(found, events=["LOOP"])["share"].sum() == pytest.approx(1.0, abs=1e-12)


def test_a_crux_on_which_a_pair_agrees_carries_nothing_between_them():
    edges = crux_map.edges([split("a", "b", {"C1": 0.2}), split("a", "c", {"C2": 0.2})], events=["LOOP"])
    assert share_of(edges, "C1")["share"] == share_of(edges, "C2")["share"] == 0.5
    assert share_of(edges, "C7")["share"] == 0.0


def test_a_pair_that_does_not_differ_has_no_disagreement_to_share_out():
    noise = split("krier", "lambert", {"C7": 0.0004, "C1": -0.0003})
    edges = crux_map.edges([split("a", "b", {"C1": 0.2}), noise], events=["LOOP"])
    assert share_of(edges, "C1")["share"] == 1.0
    assert share_of(edges, "C1")["pairs"] == 1
    alone = crux_map.edges([noise], events=["LOOP"])
    assert alone["share"].isna().all()
    assert (alone["pairs"] == 0).all()


def test_only_blocks_that_can_move_an_event_lead_to_it():
    edges = crux_map.edges([split("a", "b", {"C1": 0.2})], events=["LOOP", "ECON10"])
    assert set(edges.loc[edges["event"] == "LOOP", "block"]) == set(blocks.acting("LOOP"))
    assert "C8" in set(edges.loc[edges["event"] == "ECON10", "block"])
    assert "C9" not in set(edges["block"])


def test_errors_of_shares_are_those_of_many_draws():
    rng = np.random.default_rng(1)
    size, error = np.array([0.3, 0.15, 0.05]), 0.004
    draws = np.abs(size + error * rng.standard_normal((40_000, 3)))
    spread = (draws / draws.sum(axis=1, keepdims=True)).std(axis=0)
    edges = crux_map.edges(
        [split("a", "b", dict(zip(["C1", "C3", "C6"], size, strict=True)), mcse=error)], events=["LOOP"]
    )
    found = [share_of(edges, block)["mcse"] for block in ("C1", "C3", "C6")]
    assert found == pytest.approx(list(spread), rel=0.03)


def test_more_pairs_do_not_make_a_common_error_smaller():
    one = split("a", "b", {"C1": 0.3, "C6": 0.1}, mcse=0.01)
    errors = [share_of(crux_map.edges([one] * n, events=["LOOP"]), "C1")["mcse"] for n in (1, 4)]
    assert errors[0] == pytest.approx(errors[1])
    assert errors[0] > 0.0


@pytest.fixture(scope="module")
def views():
    return [kept(name, view).view for name in ("clark", "krier", "lambert") for view in ("stated", "updated")]


def test_the_gap_is_the_mean_distance_of_all_pairs(views):
    found = crux_map.gaps(views, events=["LOOP"]).iloc[0]
    p = [v.probability(v.futures.observed("LOOP") < 2031.0) for v in views if v.name == "stated"]
    assert found["stated"] == pytest.approx(np.mean([abs(p[0] - p[1]), abs(p[0] - p[2]), abs(p[1] - p[2])]))
    assert found["closed"] == pytest.approx(1.0 - found["updated"] / found["stated"])


def test_the_baseline_takes_no_part_in_disagreement(views):
    pd.testing.assert_frame_equal(crux_map.gaps(views), crux_map.gaps([*views, kept("trend", "stated").view]))


def test_evidence_that_moves_nobody_closes_nothing(views):
    stated = [v for v in views if v.name == "stated"]
    same = [kept(v.worldview.name, "stated").view for v in stated]
    found = crux_map.gaps([*stated, *(replace(v, name="updated") for v in same)], events=["LOOP"]).iloc[0]
    assert found["closed"] == 0.0
    assert found["closed_mcse"] > 0.0


def test_the_mean_gap_is_that_of_the_table_of_pairs(views):
    pairs = crux_map.pair_gaps(views, "SWX3")
    whole = crux_map.gaps(views, events=["SWX3"]).iloc[0]
    assert len(pairs) == 3
    for view in ("stated", "updated"):
        assert pairs[view].mean() == pytest.approx(whole[view])


@pytest.fixture(scope="module")
def edges():
    found = split("clark", "lambert", {"C6": 0.3, "C1": 0.2, "C3": 0.05, "shared": 0.4})
    takeoff = split("clark", "lambert", {"C3": 0.3, "C7": 0.2, "C6": 0.05}, event="SWX3")
    whole = pd.concat([found.shares, takeoff.shares])
    both = Attribution(
        a="clark", b="lambert", draws=100, shares=whole, gaps=found.gaps, interactions=found.interactions
    )
    return crux_map.edges([both], events=["LOOP", "SWX3"])


def test_every_block_has_a_place_cruxes_first_by_what_they_carry(edges, views):
    order = list(dict.fromkeys(crux_map.nodes(positions(views), edges)["block"]))
    assert sorted(order) == sorted(blocks.NAMES)
    assert order[:4] == ["C6", "C1", "C3", "C7"]
    assert set(order[-2:]) == {"shared", "honoured"}


def test_a_position_is_that_of_the_view(edges, views):
    table = positions(views)
    nodes = crux_map.nodes(table, edges)
    lambert = next(v for v in views if (v.worldview.name, v.name) == ("lambert", "updated"))
    own = nodes[(nodes["worldview"] == "lambert") & (nodes["view"] == "updated")].set_index("block")
    r = lambert.futures.values["r"]
    assert [own.loc["C3", c] for c in ("low", "middle", "high")] == [lambert.quantile(r, p) for p in (0.1, 0.5, 0.9)]
    said = table[table["variable"].eq("psi") & table["worldview"].eq("lambert") & table["view"].eq("updated")]
    assert own.loc["C6", "middle"] == said["value"].item()
    assert np.isnan(own.loc["C6", "low"])


def test_an_axis_whose_low_end_is_sooner_is_turned_round(edges, views):
    nodes = crux_map.nodes(positions(views), edges).dropna(subset="worldview")
    for block, lead in crux_map.LEADS.items():
        own = nodes[nodes["block"] == block].sort_values("middle")
        steps = np.diff(own["at_middle"])
        assert (steps <= 0.0).all() if lead.sooner == "low" else (steps >= 0.0).all(), block
    assert nodes[["at_low", "at_middle", "at_high"]].stack().dropna().between(-1e-9, 1.0 + 1e-9).all()


def test_each_lead_belongs_to_its_crux_and_every_crux_has_one():
    assert {blocks.OWNER[lead.variable] for lead in crux_map.LEADS.values()} == set(crux_map.LEADS)
    assert all(blocks.OWNER[lead.variable] == block for block, lead in crux_map.LEADS.items())
    assert set(crux_map.LEADS) == {block for block in blocks.NAMES if block.startswith("C")}


BASE = "drexler"
SHIFTED = {"C1": "LOOP", "C2": "SWX3", "C3": "SWX3", "C4": "SWX3", "C5": "SWX3", "C7": "SWX10"}


@pytest.mark.parametrize(("block", "event"), SHIFTED.items())
def test_the_sooner_side_is_sooner_in_the_mechanism(block, event):
    view, lead = kept(BASE).view, crux_map.LEADS[block]
    column = VECTOR.index(lead.variable)
    seen, at = [], []
    for shift in (-1.0, 1.0):
        eta = view.eta.copy()
        eta[:, column] += shift
        futures = simulation.simulate(eta, view.worldview, seed=1)
        seen.append(np.minimum(futures.observed(event), simulation.HORIZON).mean())
        at.append(np.median(futures.values[lead.variable]))
    low, high = np.array(seen)[np.argsort(at)]
    assert low < high if lead.sooner == "low" else high < low


@pytest.mark.parametrize(("block", "event"), [("C6", "LOOP"), ("C8", "ECON10"), ("C10", "SWX3"), ("C9", "SWX3")])
def test_so_it_is_for_what_acts_only_later(block, event):
    view, lead = kept(BASE).view, crux_map.LEADS[block]
    beliefs, chances = view.worldview.elicited(), view.worldview.probabilities()
    other = {"L": (priors.load("yudkowsky").elicited(), priors.load("krier").elicited())}
    dates = []
    for end in (0, 1):
        made = blocks.Between.model_construct(**dict(view.worldview))
        swapped = {"L": other["L"][end]["L"]} if lead.variable == "L" else {}
        made._elicited = beliefs | swapped
        made._chances = chances | ({} if lead.variable == "L" else {lead.variable: (0.1, 0.9)[end]})
        futures = simulation.simulate(view.eta, made, seed=1)
        dates.append(np.minimum(futures.observed(event), simulation.HORIZON).mean())
    low, high = dates
    if not lead.sooner:
        assert low == high
    else:
        assert low < high if lead.sooner == "low" else high < low
