"""What the files of akiranin, of Davidson and of Aschenbrenner claim beyond what one view can be asked."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

import priors
from forecast import functionals, rows, views
from priors.worldview import BASELINE

NEW_YEARS = np.array([2027, 2028, 2029, 2030, 2031, 2033, 2035, 2040, 2050, 2100.01])
TEMPO_YEARS = np.array([0.25, 1.0, 3.0, 10.0])
LEAST_CERTAIN = "akiranin"
DRAWS = 4000


def outcome_bits(view):
    """Entropy in bits of when the loop is seen to close, how long X100 takes from there, and control and jump after it.

    Where the loop never closes there is nothing after it to be uncertain of.
    """
    dates, values = view.futures.dates, view.futures.values
    closed = np.isfinite(dates["LOOP"])
    passage = np.subtract(dates["X100"], dates["LOOP"], out=np.full(len(closed), np.inf), where=closed)
    when = np.searchsorted(NEW_YEARS, view.futures.observed("LOOP"), side="right")
    after = 4 * np.searchsorted(TEMPO_YEARS, passage) + 2 * (values["kept"] > 0) + (values["jump"] > 0)
    chance = np.bincount(100 * when + np.where(closed, after, 99), weights=view.weights)
    return float(-(chance[chance > 0] @ np.log2(chance[chance > 0])))


def made_up(loop, x100, kept):
    dates, n = {"LOOP": np.array(loop), "X100": np.array(x100)}, len(loop)
    values = {"kept": np.array(kept), "jump": np.zeros(n)}
    futures = SimpleNamespace(dates=dates, values=values, observed=lambda event: dates[event])
    return SimpleNamespace(futures=futures, weights=np.full(n, 1.0 / n))


@pytest.fixture(scope="module")
def bits(stated, ledger):
    """Of the named five, and of the one that should exceed them."""
    found = {name: outcome_bits(one.view) for name, one in stated.items() if name != BASELINE}
    widest = views.state(priors.load(LEAST_CERTAIN), ledger, seed=1, draws=DRAWS)
    return found | {LEAST_CERTAIN: outcome_bits(widest.view)}


def test_a_certain_outcome_has_no_entropy():
    assert outcome_bits(made_up([2028.5] * 4, [2029.0] * 4, [1.0] * 4)) == pytest.approx(0)


def test_an_even_chance_of_two_tempos_is_one_bit_and_of_control_another():
    loop, x100 = [2028.5] * 4, [2029.0, 2029.0, 2035.0, 2035.0]
    assert outcome_bits(made_up(loop, x100, [1.0] * 4)) == pytest.approx(1)
    assert outcome_bits(made_up(loop, x100, [1.0, 0.0, 1.0, 0.0])) == pytest.approx(2)


def test_a_loop_that_never_closes_leaves_nothing_after_it_to_be_uncertain_of():
    assert outcome_bits(made_up([np.inf] * 4, [np.inf] * 4, [1.0, 0.0, 1.0, 0.0])) == pytest.approx(0)


def test_akiranin_is_less_certain_of_the_outcome_than_any_of_the_named_five(bits):
    assert max(bits, key=bits.__getitem__) == LEAST_CERTAIN


@pytest.mark.slow
def test_akiranin_is_less_certain_of_the_outcome_than_any_other_voice(bits, ledger):
    others = set(priors.voices()) - {LEAST_CERTAIN}
    found = {n: outcome_bits(views.state(priors.load(n), ledger, seed=1, draws=DRAWS).view) for n in others}
    assert max(found.values()) < bits[LEAST_CERTAIN], found


def test_davidsons_own_inputs_fall_short_of_davidsons_own_probabilities(ledger):
    """Why the file raises them: in our rows software is a smaller share of a year's progress than the half they take."""
    davidson = priors.load("davidson")
    theirs = {"boost": (2.64, 24.3), "kappa": (0.172, 0.522), "H": (7.0, 15.0)}
    beliefs = davidson.beliefs | {n: davidson.beliefs[n].model_copy(update={"interval": i}) for n, i in theirs.items()}
    as_printed = davidson.model_copy(update={"beliefs": beliefs})
    targets = {target.number: target for target in davidson.targets}
    view = views.state(as_printed, ledger, seed=1, draws=DRAWS).view
    for number in ("1", "2"):
        target = targets[number]
        assert functionals.evaluate(target.functional, target.arguments, view) < target.accept[0]


def test_no_task_horizon_had_been_published_when_aschenbrenner_wrote(ledger):
    known = rows.known_by(ledger, priors.load("aschenbrenner").as_of)
    assert "horizon" not in set(known["kind"])
    assert "horizon" in set(rows.known_by(ledger, date(2025, 10, 1))["kind"])
