"""Why two worldviews differ: mixtures of two stated views, and sums that close."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from cruxes import attribution, blocks, coalitions, even_luck, mixtures, precision
from cruxes.attribution import attribute, one, waterfall
from cruxes.blocks import HONOURED, SHARED, differing
from cruxes.coalitions import answers
from forecast import parameters, sampling, simulation

DAY = date(2030, 12, 31)
CHANCE, NEVER, MEDIAN = coalitions.labels(["LOOP"], [DAY])
FEW = 100


@pytest.fixture(scope="module")
def sides(stated):
    return {name: blocks.side(found) for name, found in stated.items()}


@pytest.fixture(scope="module")
def there(sides):
    """From Clark to Lambert."""
    return attribute(sides["clark"], sides["lambert"], events=["LOOP", "SWX3"], seed=1, draws=FEW)


def ask(a, b, **options):
    return answers(a, b, **({"events": ["LOOP"], "days": [DAY], "seed": 1, "draws": FEW} | options))


def with_blocks_of(side, other, moved):
    """A side with some cruxes of another, as a worldview of its own."""
    worldview = blocks.between(side, other, moved)
    return replace(
        side,
        view=replace(side.view, worldview=worldview),
        prior=blocks.prior_between(side.prior, other.prior, moved),
        beliefs=worldview.elicited(),
        chances=worldview.probabilities(),
    )


@pytest.mark.parametrize("name", ["clark", "krier", "lambert", "yudkowsky", "drexler", "trend"])
def test_nothing_exchanged_is_the_stated_forecast_as_published(sides, name):
    side = sides[name]
    found = ask(side, side, draws=4000)
    values, errors = precision.jackknife(found.values, axis=1)
    for i, label in enumerate(found.labels):
        value, error = coalitions.published(side.view, label)
        assert values[0, i] == pytest.approx(value, abs=4.0 * np.hypot(error, errors[0, i]) + 0.003), label


def test_everything_exchanged_is_the_other_worldview_to_the_last_bit(sides):
    a, b = sides["clark"], sides["lambert"]
    z = np.random.default_rng(1).standard_normal((20, len(parameters.VECTOR)))
    everything = blocks.NAMES
    mixed = blocks.between(a, b, everything)
    assert mixed.as_of == b.worldview.as_of
    assert mixed.elicited() == b.worldview.elicited()
    assert mixed.probabilities() == b.worldview.probabilities()
    eta = [sampling.values_of(z, p) for p in (blocks.prior_between(a.prior, b.prior, everything), b.prior)]
    assert np.array_equal(*eta)
    dates = [simulation.simulate(eta[1], w, seed=1).dates for w in (mixed, b.worldview)]
    assert all(np.array_equal(dates[0][event], dates[1][event]) for event in dates[0])


def test_a_crux_moves_with_all_its_variables_and_no_others(sides):
    a, b = sides["clark"], sides["lambert"]
    mixed = blocks.between(a, b, ["C6"]).elicited() | blocks.between(a, b, ["C6"]).probabilities()
    for name in blocks.variables_of("C6"):
        assert mixed[name] == (b.beliefs | b.chances)[name]
    for name, belief in (a.beliefs | a.chances).items():
        if name not in blocks.variables_of("C6"):
            assert mixed[name] == belief


def test_every_variable_belongs_to_exactly_one_block():
    owned = [name for block in blocks.NAMES for name in blocks.variables_of(block)]
    assert sorted([*owned, *parameters.SHARED]) == sorted(blocks.OWNER)


def test_nobody_differs_from_themselves(sides):
    assert all(differing(side, side) == () for side in sides.values())
    same = attribute(sides["clark"], sides["clark"], seed=1, draws=FEW)
    assert same.shares.empty
    assert (same.gaps["gap"] == 0.0).all()


def test_two_people_with_one_difference_differ_by_that_alone(sides):
    clark = sides["clark"]
    other = with_blocks_of(clark, sides["lambert"], ["C1"])
    assert differing(clark, other) == ("C1",)
    found = attribute(clark, other, seed=1, draws=FEW)
    assert list(found.shares["block"].unique()) == ["C1"]
    for label in (CHANCE, NEVER, MEDIAN):
        assert one(found.shares, label)["share"].iloc[0] == one(found.gaps, label)["gap"].iloc[0]
    assert one(found.gaps, CHANCE)["gap"].iloc[0] < 0.0


def test_shares_add_up_to_the_gap(there):
    for label, own in there.shares.groupby(attribution.LABEL):
        gap = one(there.gaps, label)["gap"].iloc[0]
        assert own["share"].sum(skipna=False) == pytest.approx(gap, abs=1e-9, nan_ok=True)


def test_the_way_back_is_the_way_there_with_every_sign_turned(there, sides):
    back = attribute(sides["lambert"], sides["clark"], events=["LOOP", "SWX3"], seed=1, draws=FEW)
    keys = [*attribution.LABEL, "block"]
    both = there.shares.merge(back.shares, on=keys, suffixes=("", "_back"))
    assert len(both) == len(there.shares) == len(back.shares)
    assert both["share"].to_numpy() == pytest.approx(-both["share_back"].to_numpy(), abs=1e-9, nan_ok=True)


def test_only_blocks_that_can_move_the_event_take_part(there, sides):
    assert set(one(there.shares, CHANCE)["block"]) <= set(blocks.acting("LOOP"))
    assert not {"C8", "C9"} & set(there.shares["block"])
    economy = ask(sides["clark"], sides["lambert"], events=["ECON10"], players=["C8", "C9", "C10"])
    assert economy.players == ("C8", "C10")
    assert economy.values[1, 0, 0] != economy.values[0, 0, 0]


def test_lags_and_pauses_need_no_new_trajectory(sides, monkeypatch):
    run = []
    passages = mixtures._passages
    monkeypatch.setattr(mixtures, "_passages", lambda *a: run.append(len(a[-1])) or passages(*a))
    found = ask(sides["clark"], sides["lambert"], events=["ECON10"], players=["C1", "C8", "C10", HONOURED])
    assert len(found.values) == 16
    without_paradigms = 2
    assert run == [FEW] * (2 + without_paradigms)


def test_who_needs_no_new_paradigm_either_way_is_not_run_again(sides, monkeypatch):
    run = []
    passages = mixtures._passages
    monkeypatch.setattr(mixtures, "_passages", lambda *a: run.append(len(a[-1])) or passages(*a))
    a, b = sides["clark"], sides["lambert"]
    ask(a, b, players=["C6"])
    needed = simulation.uniforms("psi", FEW, 1) < max(a.chances["psi"], b.chances["psi"])
    assert run[:2] == [FEW, needed.sum()]
    assert needed.sum() < FEW


@pytest.mark.parametrize("moved", [[], ["C6"], ["C2", SHARED], ["C1", "C5", "C6", SHARED, "C10"]])
def test_a_mixture_is_what_a_simulation_of_it_finds_to_the_last_bit(sides, moved):
    a, b = sides["clark"], sides["lambert"]
    players = [p for p in blocks.NAMES if p in moved or p == "C6"]
    found = mixtures.mixed(a, b, players, events=["LOOP", "SWX3", "ECON10"], draws=FEW, seed=1)
    order = [p for part in mixtures.ordered(players) for p in part]
    place = sum(1 << order.index(p) for p in moved)
    worldview = blocks.between(a, b, moved)
    eta = sampling.values_of(mixtures._normals(FEW, 1), blocks.prior_between(a.prior, b.prior, moved))
    futures = simulation.simulate(eta, worldview, seed=1)
    for i, event in enumerate(["LOOP", "SWX3", "ECON10"]):
        assert np.array_equal(found.seen[place, i], futures.observed(event))


def test_clocks_exchanged_on_stored_dates_are_those_of_a_simulation(sides, monkeypatch):
    monkeypatch.setattr(even_luck, "evened", lambda luck, chances: np.ones((1 + precision.BATCHES, len(luck.batch))))
    a, b = sides["clark"], sides["lambert"]
    clocks = ask(a, b, events=["ECON10"], players=["C8", "C10"]).values[-1]
    simulated = ask(with_blocks_of(a, b, ["C8", "C10"]), b, events=["ECON10"], players=[]).values[0]
    assert clocks == pytest.approx(simulated, abs=1e-12)


def test_numbers_of_their_own_are_a_block_only_where_somebody_gave_some(there, sides):
    assert HONOURED in set(there.shares["block"])
    assert HONOURED not in differing(sides["krier"], sides["lambert"])
    assert {HONOURED, SHARED} <= set(differing(sides["clark"], sides["lambert"]))


def test_keeping_clarks_numbers_brings_his_forecast_to_them(sides):
    clark, lambert = sides["clark"], sides["lambert"]
    asked = date(2027, 12, 31)
    found = ask(clark, lambert, days=[asked], players=[HONOURED], draws=4000).values[:, 0, 0]
    number = clark.view.honoured[0]
    assert found[0] == pytest.approx(number.tilted, abs=0.03)
    assert found[1] == pytest.approx(number.untilted, abs=0.03)


def test_a_median_that_is_hardly_ever_there_is_not_defined(there):
    assert np.isnan(one(there.gaps, ("SWX3", "quantile_if_ever", "0.5"))["gap"].iloc[0])
    assert np.isfinite(one(there.gaps, ("SWX3", "cdf", "2030-12-31"))["gap"].iloc[0])


def test_draws_that_make_no_whole_batches_are_refused(sides):
    with pytest.raises(ValueError, match="multiple of 10"):
        ask(sides["clark"], sides["clark"], draws=105)


@pytest.mark.parametrize("label", [CHANCE, NEVER, MEDIAN])
@pytest.mark.parametrize("with_evidence", [False, True])
def test_the_waterfall_leads_from_each_published_level_to_the_next(there, sides, label, with_evidence, updated_clark):
    lambert = replace(sides["lambert"].view, name="updated", weights=sides["lambert"].view.weights[::-1])
    ends = {"a_updated": updated_clark, "b_updated": lambert} if with_evidence else {}
    steps = waterfall(there, label, **ends)
    running = np.nan
    for step in steps.itertuples():
        if step.kind == "level":
            assert np.isnan(running) or running == pytest.approx(step.value, abs=1e-9)
            running = step.value
        else:
            running += step.value
    levels = steps.loc[steps["kind"] == "level", "step"].tolist()
    assert levels == (
        ["clark updated"] * with_evidence + ["clark stated", "lambert stated"] + ["lambert updated"] * with_evidence
    )


def test_what_the_other_draws_add_is_no_more_than_their_error(sides):
    krier = with_blocks_of(sides["lambert"], sides["clark"], ["C2"])
    found = attribute(sides["lambert"], krier, seed=1, draws=2000)
    gap = one(found.gaps, CHANCE).iloc[0]
    assert gap["a"] == pytest.approx(gap["a_published"], abs=0.03)


def test_a_comparison_without_a_gap_needs_no_second_round(sides):
    assert ask(sides["clark"], sides["clark"], draws=None).draws == coalitions.FIRST


def test_draws_are_added_until_every_share_is_exact_enough(sides, monkeypatch):
    monkeypatch.setattr(coalitions, "FIRST", 100)
    asked = {"players": ["C6"], "draws": None}
    found = ask(sides["krier"], sides["lambert"], **asked)
    assert 100 < found.draws < coalitions.MOST
    assert precision.worst(found.values, found.labels) <= 1.0
    assert np.array_equal(found.values, ask(sides["krier"], sides["lambert"], **asked).values, equal_nan=True)


def test_draws_end_somewhere(sides, monkeypatch):
    monkeypatch.setattr(coalitions, "FIRST", 100)
    monkeypatch.setattr(coalitions, "MOST", 150)
    found = ask(sides["krier"], sides["lambert"], players=["C6"], draws=None)
    assert found.draws == 150
    assert precision.worst(found.values, found.labels) > 1.0


def test_a_round_never_multiplies_the_draws_by_more_than_it_may():
    assert coalitions._more(1.0, 800) == 0
    assert coalitions._more(50.0, 800) == 800 * (coalitions.GROWTH - 1.0)
    assert coalitions._more(1.01, 5000) + 5000 <= coalitions.MOST
    assert coalitions._more(50.0, coalitions.MOST) == 0


def test_the_same_draws_twice_say_what_they_say_once(sides, monkeypatch):
    monkeypatch.setattr(
        even_luck, "evened", lambda luck, chances: luck.batch != np.arange(-1, precision.BATCHES)[:, None]
    )
    a, b = sides["clark"], sides["lambert"]
    one = mixtures.mixed(a, b, ["C1", HONOURED], events=["LOOP"], draws=FEW, seed=1)
    found = [coalitions._values(rounds, a, b, [DAY]) for rounds in ([one], [one, one])]
    assert found[0] == pytest.approx(found[1], abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(("a", "b"), [("clark", "lambert"), ("krier", "lambert"), ("yudkowsky", "drexler")])
def test_another_seed_finds_the_same_shares_within_the_errors_shown(sides, a, b):
    runs = [attribute(sides[a], sides[b], events=["LOOP", "SWX3"], seed=seed, draws=None) for seed in (1, 2)]
    both = runs[0].shares.merge(runs[1].shares, on=[*attribution.LABEL, "block"], suffixes=("", "_2"))
    away = (both["share"] - both["share_2"]) / np.hypot(both["mcse"], both["mcse_2"])
    assert away.abs().max() < 5.0
    for found in runs:
        for label, own in found.shares.groupby(attribution.LABEL):
            gap = one(found.gaps, label)["gap"].iloc[0]
            assert not own["mcse"].max() > precision.allowed(label[1], gap), label
