"""Luck with known chances, made as even as it should be."""

import numpy as np
import pytest

from cruxes.even_luck import MANY, STREAMS, Luck, evened, join
from cruxes.precision import BATCHES

CHANCES = [{"psi": 0.3, "pi_never": 0.2, "A": 0.8}, {"psi": 0.7, "pi_never": 0.1, "A": 0.4}]


def luck(n, seed):
    rng = np.random.default_rng(seed)
    return Luck(
        uniforms={name: rng.random(n) for name in STREAMS},
        closing=2026.0 + rng.exponential(8.0, (2, n)),
        walk=rng.standard_normal((n, 3)),
        batch=np.repeat(np.arange(BATCHES), n // BATCHES),
    )


@pytest.fixture(scope="module")
def drawn():
    return luck(2000, 1)


@pytest.fixture(scope="module")
def weights(drawn):
    found = evened(drawn, CHANCES)
    assert (found >= 0.0).all()
    return found / found.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("own", CHANCES)
def test_chances_are_what_they_are_said_to_be(drawn, weights, own):
    needed = drawn.uniforms["psi"] < own["psi"]
    never = needed & (drawn.uniforms["pi_never"] < own["pi_never"])
    kept = drawn.uniforms["A"] < own["A"]
    for all_or_without_a_batch in weights:
        assert all_or_without_a_batch @ needed == pytest.approx(own["psi"], abs=5e-4)
        assert all_or_without_a_batch @ never == pytest.approx(own["psi"] * own["pi_never"], abs=5e-4)
        assert all_or_without_a_batch @ kept == pytest.approx(own["A"], abs=5e-4)


def test_those_who_would_close_the_loop_early_need_a_paradigm_as_often_as_others(drawn, weights):
    early = drawn.closing[0] <= np.sort(drawn.closing[0])[len(drawn.closing[0]) * 2 // 5 - 1]
    needed = drawn.uniforms["psi"] < 0.3
    among_early = weights[0] @ (needed & early) / (weights[0] @ early)
    assert among_early == pytest.approx(0.3, abs=2e-3)


def test_few_draws_are_evened_as_a_whole_and_keep_their_weights_near_one():
    few = luck(500, 3)
    found = evened(few, CHANCES)
    assert found[0].std() < 0.35
    assert found[0] @ (few.uniforms["psi"] < 0.3) / found[0].sum() == pytest.approx(0.3, abs=5e-4)


def test_a_batch_left_out_has_no_weight(drawn, weights):
    for i in range(BATCHES):
        assert not weights[1 + i, drawn.batch == i].any()
        assert (weights[1 + i, drawn.batch != i] > 0.0).mean() > 0.99


def test_the_order_of_the_sides_does_not_matter(drawn):
    other = Luck(uniforms=drawn.uniforms, closing=drawn.closing[::-1], walk=drawn.walk, batch=drawn.batch)
    assert evened(other, CHANCES[::-1]) == pytest.approx(evened(drawn, CHANCES), abs=1e-6)


def test_two_people_of_the_same_mind_are_no_trouble(drawn):
    same = Luck(uniforms=drawn.uniforms, closing=drawn.closing[[0, 0]], walk=drawn.walk, batch=drawn.batch)
    found = evened(same, [CHANCES[0]] * 2)[0]
    assert found @ (drawn.uniforms["psi"] < 0.3) / found.sum() == pytest.approx(0.3, abs=5e-4)


def test_even_luck_asks_the_same_question_with_less_error():
    """Closed by 2034: at once where no paradigm is needed, else when it has come and the rest is there."""
    plain, even = [], []
    for seed in range(15):
        one = luck(MANY, seed)
        late = (one.uniforms["psi"] < 0.7) & ((one.uniforms["pi_never"] < 0.1) | (one.uniforms["T_par"] > 0.4))
        happens = (one.closing[1] <= 2034.0) & ~late
        weight = evened(one, CHANCES)[0]
        early = one.closing[1] <= 2034.0
        plain.append(happens.mean() - early.mean() * (0.3 + 0.7 * 0.9 * 0.4))
        even.append(weight @ happens / weight.sum() - (weight @ early / weight.sum()) * (0.3 + 0.7 * 0.9 * 0.4))
    assert np.std(even) < 0.6 * np.std(plain)
    assert abs(np.mean(even)) < 4.0 * np.std(even) / np.sqrt(len(even)) + 1e-4


def test_rounds_joined_keep_their_batches():
    both = join([luck(100, 1), luck(200, 2)])
    assert len(both.uniforms["psi"]) == both.closing.shape[1] == len(both.walk) == len(both.batch) == 300
    assert (np.bincount(both.batch) == 30).all()
