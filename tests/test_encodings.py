"""Other fair encodings of the same words."""

import numpy as np
import pytest

import priors
from priors import elicit, encodings
from priors.schema import Strength, ValueBelief

worldviews = pytest.mark.parametrize("name", priors.names())


@worldviews
def test_the_first_encoding_is_the_worldview_itself(name):
    worldview = priors.load(name)
    assert encodings.plausible(worldview, 2, seed=1)[0] == worldview


@worldviews
def test_the_same_seed_gives_the_same_encodings_and_another_seed_others(name):
    worldview = priors.load(name)
    assert encodings.plausible(worldview, 2, seed=1) == encodings.plausible(worldview, 3, seed=1)[:3]
    assert encodings.plausible(worldview, 1, seed=1)[1] != encodings.plausible(worldview, 1, seed=2)[1]


@worldviews
def test_what_the_person_stated_is_the_same_in_every_encoding(name):
    worldview = priors.load(name)
    stated = {n: b for n, b in worldview.beliefs.items() if b.strength is Strength.STATED}
    for other in encodings.plausible(worldview, 5, seed=3):
        assert {n: other.beliefs[n] for n in stated} == stated
        assert other.targets == worldview.targets


@worldviews
def test_every_encoding_is_a_worldview_whose_beliefs_lie_where_they_may(name):
    worldview, known = priors.load(name), priors.variables()
    for other in encodings.plausible(worldview, 20, seed=4)[1:]:
        assert priors.Worldview.model_validate(other.model_dump()) == other
        assert set(other.elicited()) == set(worldview.elicited())
        for belief_name, belief in other.beliefs.items():
            ends = [belief.value] if isinstance(belief, ValueBelief) else []
            ends += [*belief.interval] if hasattr(belief, "interval") else []
            ends += [*belief.low, *belief.high] if hasattr(belief, "low") else []
            assert all(elicit.inside(known[belief_name].support, x, origin=other.as_of_year) for x in ends)


def test_the_weaker_the_words_the_farther_encodings_lie_apart():
    away: dict[Strength, list[float]] = {strength: [] for strength in Strength}
    for worldview in priors.load_all().values():
        here = worldview.elicited()
        for other in encodings.plausible(worldview, 40, seed=5)[1:]:
            for belief_name, there in other.elicited().items():
                own = here[belief_name]
                shift = elicit.unconstrained(there, 0.0) - elicit.unconstrained(own, 0.0)
                if own.jump == 0.0:
                    away[worldview.beliefs[belief_name].strength].append(float(shift) / own.scale)
    assert not np.any(away[Strength.STATED])
    for strength in (Strength.QUALITATIVE, Strength.INFERRED):
        found, n = np.std(away[strength]), len(away[strength])
        assert found == pytest.approx(encodings.LOCATION_SD[strength], abs=4 * found / np.sqrt(2 * n))


def test_a_certainty_stays_certain():
    assert encodings._chance(0.0, 1.0) == 0.0
    assert encodings._chance(1.0, -1.0) == 1.0
