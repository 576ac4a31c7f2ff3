"""The worldviews that come with the package: complete, dated, sourced, and even-handed."""

import json
from datetime import date

import numpy as np
import pytest

import priors
from priors import BadInput, Role, Support, elicit, files
from priors.functionals import FUNCTIONALS
from priors.schema import IntervalBelief, Strength, TargetKind, ValueBelief

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
NARROWEST_UNANCHORED = 0.2

each_worldview = pytest.mark.parametrize("name", WORLDVIEWS)
each_person = pytest.mark.parametrize("name", PEOPLE)
each_variable = pytest.mark.parametrize("variable", VARIABLES)


def test_five_people_and_a_baseline_in_a_fixed_order():
    assert priors.names() == ("clark", "krier", "lambert", "yudkowsky", "drexler", "trend") == tuple(WORLDVIEWS)


@each_worldview
def test_a_file_is_named_after_its_worldview_and_date(name):
    view = WORLDVIEWS[name]
    assert files.worldview_paths()[view.name][view.as_of.isoformat()].stem == f"{view.name}-{view.as_of}"


@each_worldview
def test_every_variable_but_the_shared_has_a_belief(name):
    stated = {v.id for v in VARIABLES.values() if v.role is not Role.SHARED}
    assert WORLDVIEWS[name].beliefs.keys() == stated


def test_the_shared_variables_are_stated_once_for_all():
    assert priors.shared().keys() == {v.id for v in VARIABLES.values() if v.role is Role.SHARED}


@each_worldview
def test_every_number_carries_strength_source_and_reason(name):
    for belief in WORLDVIEWS[name].beliefs.values():
        assert belief.strength in Strength
        assert belief.source
        assert len(belief.why.split()) >= 4


@each_person
def test_an_inferred_number_says_so_in_words(name):
    for variable, belief in WORLDVIEWS[name].beliefs.items():
        assert belief.why.startswith("Inferred: ") == (belief.strength is Strength.INFERRED), variable


@each_person
def test_every_claim_of_a_person_is_there(name):
    letters, count = CLAIMS[name]
    assert [claim.id for claim in WORLDVIEWS[name].claims] == [f"{letters}{i}" for i in range(1, count + 1)]


@each_person
def test_every_fidelity_target_of_a_person_is_there(name):
    numbers = {int(target.number.rstrip("abc")) for target in WORLDVIEWS[name].targets}
    assert numbers == set(range(1, TARGETS[name] + 1))


def test_the_baseline_claims_nothing_and_credits_nobody():
    trend = WORLDVIEWS["trend"]
    assert (trend.person, trend.claims, trend.targets) == (None, (), ())


def test_the_baseline_has_no_feedback_and_no_wall():
    trend = WORLDVIEWS["trend"]
    assert elicit.quantile(trend.elicited()["boost"], 0.99) < 1.02
    assert trend.probabilities()["psi"] == 0


def test_only_probabilities_that_a_person_put_a_number_on_are_honoured():
    honoured = {
        (n, t.number): (t.honour.relation, t.honour.value) for n, v in PEOPLE.items() for t in v.targets if t.honour
    }
    assert honoured == {("clark", "2"): ("equal", 0.30), ("clark", "3"): ("at_least", 0.60)}


def test_explicit_targets_rest_on_stated_claims():
    for view in PEOPLE.values():
        strength = {claim.id: claim.strength for claim in view.claims}
        for target in view.targets:
            if target.kind is TargetKind.EXPLICIT:
                assert Strength.STATED in {strength[ref.strip()] for ref in target.claim.split(",")}


def test_what_cannot_be_expressed_is_listed_with_what_it_would_need():
    silent = {(n, t.number): t.not_expressible for n, v in PEOPLE.items() for t in v.targets if not t.functional}
    assert silent.keys() == {("clark", "4"), ("krier", "6b"), ("lambert", "9"), ("lambert", "10"), ("drexler", "5")}
    assert all(len(needs.split()) >= 8 for needs in silent.values())


def test_every_functional_is_asked_for_by_some_target():
    assert {t.functional for v in PEOPLE.values() for t in v.targets if t.functional} == FUNCTIONALS.keys()


def test_the_composite_is_labelled_as_one():
    assert "2008-2026 composite" in WORLDVIEWS["yudkowsky"].label


def test_sources_seen_only_in_the_press_are_marked():
    grades = {source.key: source.grade for source in WORLDVIEWS["yudkowsky"].sources}
    assert grades["reply-2026"] == "X"


@each_variable
def test_no_inferred_belief_is_narrower_than_the_narrowest_one_that_rests_on_words(variable):
    """Width is half the 10 to 90 % range in normal units on the unconstrained scale; people only, not the baseline."""
    widths = {True: [], False: []}
    for view in PEOPLE.values():
        if variable in view.elicited():
            inferred = view.beliefs[variable].strength is Strength.INFERRED
            widths[inferred].append(elicit.width(view.elicited()[variable]))
    floor = min(widths[False], default=NARROWEST_UNANCHORED)
    assert all(width >= floor - 1e-9 for width in widths[True])


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
    view = WORLDVIEWS[name]
    assert view.elicited().keys() | view.probabilities().keys() == view.beliefs.keys()
    for variable, belief in view.beliefs.items():
        assert isinstance(belief, ValueBelief) == (VARIABLES[variable].support is Support.PROBABILITY)


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
