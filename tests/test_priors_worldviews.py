"""The worldviews that come with the package: complete, dated, sourced, and even-handed."""

import json
from datetime import date

import numpy as np
import pytest

import priors
from priors import BadInput, Role, elicit, files
from priors.functionals import FUNCTIONALS
from priors.schema import IntervalBelief
from tests import worldview_facts as facts

WORLDVIEWS = priors.load_all()
VARIABLES = priors.variables()
PEOPLE = {name: view for name, view in WORLDVIEWS.items() if name != "trend"}
CLAIMS = {
    "clark": ("CL", 17),
    "krier": ("KR", 14),
    "lambert": ("LA", 17),
    "yudkowsky": ("YU", 12),
    "drexler": ("DR", 14),
}
TARGETS = {"clark": 10, "krier": 10, "lambert": 10, "yudkowsky": 10, "drexler": 9}

each_worldview = pytest.mark.parametrize("name", WORLDVIEWS)
each_person = pytest.mark.parametrize("name", PEOPLE)
each_variable = pytest.mark.parametrize("variable", VARIABLES)


def test_five_people_and_a_baseline_in_a_fixed_order():
    assert priors.names() == ("clark", "krier", "lambert", "yudkowsky", "drexler", "trend") == tuple(WORLDVIEWS)


@each_worldview
def test_a_file_is_named_after_its_worldview_and_date(name):
    facts.assert_named_after_person_and_day(WORLDVIEWS[name])


@each_worldview
def test_every_variable_but_the_shared_has_a_belief(name):
    facts.assert_every_variable_has_a_belief(WORLDVIEWS[name])


def test_the_shared_variables_are_stated_once_for_all():
    assert priors.shared().keys() == {v.id for v in VARIABLES.values() if v.role is Role.SHARED}


@each_worldview
def test_every_number_carries_strength_source_and_reason(name):
    facts.assert_every_number_carries_a_reason(WORLDVIEWS[name])


@each_person
def test_an_inferred_number_says_so_in_words(name):
    facts.assert_inferred_numbers_say_so(WORLDVIEWS[name])


@each_person
def test_every_claim_of_a_person_is_there(name):
    facts.assert_claims_are_numbered(WORLDVIEWS[name], *CLAIMS[name])


@each_person
def test_every_fidelity_target_of_a_person_is_there(name):
    facts.assert_targets_are_numbered(WORLDVIEWS[name], TARGETS[name])


def test_the_baseline_claims_nothing_and_credits_nobody():
    trend = WORLDVIEWS["trend"]
    assert (trend.person, trend.claims, trend.targets) == (None, (), ())


def test_the_baseline_has_no_feedback_and_no_wall():
    trend = WORLDVIEWS["trend"]
    assert elicit.quantile(trend.elicited()["boost"], 0.99) < 1.02
    assert trend.probabilities()["psi"] == 0


def test_only_probabilities_that_a_person_put_a_number_on_are_honoured():
    kept = facts.honoured(PEOPLE.values())
    assert kept == {("clark", "2"): ("equal", 0.30), ("clark", "3"): ("at_least", 0.60)}


def test_explicit_targets_rest_on_stated_claims():
    for view in PEOPLE.values():
        facts.assert_explicit_targets_rest_on_stated_claims(view)


def test_what_cannot_be_expressed_is_listed_with_what_it_would_need():
    silent = facts.not_expressible(PEOPLE.values())
    assert silent.keys() == {("clark", "4"), ("krier", "6b"), ("lambert", "9"), ("lambert", "10"), ("drexler", "5")}
    assert all(len(needs.split()) >= 8 for needs in silent.values())


def test_every_functional_is_asked_for_by_some_target():
    views = (priors.load(name) for name in priors.packaged())
    assert {t.functional for view in views for t in view.targets if t.functional} == FUNCTIONALS.keys()


def test_the_composite_is_labelled_as_one():
    assert "2008-2026 composite" in WORLDVIEWS["yudkowsky"].label


def test_sources_seen_only_in_the_press_are_marked():
    grades = {source.key: source.grade for source in WORLDVIEWS["yudkowsky"].sources}
    assert grades["reply-2026"] == "X"


@each_variable
def test_no_inferred_belief_is_narrower_than_the_narrowest_one_that_rests_on_words(variable):
    """People only, not the baseline."""
    inferred, worded = (facts.widths(PEOPLE.values(), variable, inferred=one) for one in (True, False))
    floor = min(worded.values(), default=facts.NARROWEST_UNANCHORED)
    assert all(width >= floor - 1e-9 for width in inferred.values())


@each_variable
def test_a_variable_explains_itself(variable):
    v = VARIABLES[variable]
    assert 1 <= len(v.name.split()) <= 4
    assert v.meaning.endswith(".")
    assert len(v.meaning.split()) >= 8
    assert (v.crux == "shared") == (v.role is Role.SHARED)


def test_every_crux_has_exactly_one_block():
    blocks = {(v.crux, v.block) for v in VARIABLES.values()}
    assert len(blocks) == len({crux for crux, _ in blocks}) == len({block for _, block in blocks}) == 11


@each_worldview
def test_a_single_probability_is_a_value_and_everything_else_a_distribution(name):
    facts.assert_probabilities_are_values_and_the_rest_distributions(WORLDVIEWS[name])


@each_worldview
def test_correlations_come_back_from_the_cholesky_factor(name):
    view = WORLDVIEWS[name]
    order = [v.id for v in VARIABLES.values() if v.role in {Role.SHARED, Role.TRAJECTORY}]
    factor = view.cholesky(order)
    matrix = factor @ factor.T
    assert np.diag(matrix) == pytest.approx(1)
    for link in view.links:
        i, j = (order.index(one) for one in link.between)
        assert matrix[i, j] == pytest.approx(link.correlation)
    assert np.allclose(factor, np.tril(factor))


def test_the_order_of_variables_reorders_the_correlations_and_nothing_else():
    view = WORLDVIEWS["clark"]
    one, other = view.cholesky(["kappa", "r", "theta"]), view.cholesky(["theta", "r", "kappa"])
    assert np.allclose((one @ one.T)[::-1, ::-1], other @ other.T)


def test_an_unknown_variable_has_no_correlations():
    with pytest.raises(KeyError, match="sigma"):
        WORLDVIEWS["clark"].cholesky(["theta", "sigma"])


def test_the_broad_prior_holds_every_persons_central_interval():
    broad = priors.broad()
    assert broad.keys() == {v.id for v in VARIABLES.values() if v.role is Role.TRAJECTORY}
    for view in PEOPLE.values():
        for name, belief in view.beliefs.items():
            if name in broad and isinstance(belief, IntervalBelief):
                low, high = broad[name].interval
                assert low <= belief.interval[0] + 1e-9
                assert belief.interval[1] <= high + 1e-9
    assert elicit.elicit_all(broad, VARIABLES).keys() == broad.keys()


def test_a_worldview_is_loaded_by_name_by_date_and_by_path():
    clark = priors.load("clark")
    path = files.worldview_paths()["clark"]["2026-05-04"]
    assert clark == priors.load("clark", as_of=date(2026, 5, 4)) == priors.load(path) == priors.load(str(path))


def test_a_worldview_does_not_exist_before_it_was_stated():
    with pytest.raises(BadInput, match="not yet stated on 2026-05-03"):
        priors.load("clark", as_of=date(2026, 5, 3))


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(BadInput, match="clark, krier, lambert, yudkowsky, drexler, trend"):
        priors.load("clarke")


def test_what_one_caller_changes_no_other_caller_sees():
    priors.load("clark").beliefs.clear()
    priors.variables().clear()
    priors.shared().clear()
    assert priors.load("clark").beliefs
    assert priors.variables()
    assert priors.shared()


def test_the_published_json_schema_is_current():
    published = files.JSON_SCHEMA.read_text(encoding="utf-8")
    assert published == priors.json_schema(), "run python -m priors"
    assert json.loads(published)["additionalProperties"] is False
