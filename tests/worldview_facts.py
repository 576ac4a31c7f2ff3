"""What the file of any worldview must hold, of the named five and of the further voices alike."""

import priors
from priors import Role, Support, elicit, files
from priors.schema import Strength, TargetKind, ValueBelief

VARIABLES = priors.variables()
NARROWEST_UNANCHORED = 0.2
"""Least width of an inferred belief about a variable of which nobody's words speak."""


def assert_named_after_person_and_day(view):
    assert files.worldview_paths()[view.name][view.as_of.isoformat()].stem == f"{view.name}-{view.as_of}"


def assert_every_variable_has_a_belief(view):
    assert view.beliefs.keys() == {v.id for v in VARIABLES.values() if v.role is not Role.SHARED}


def assert_every_number_carries_a_reason(view):
    for belief in view.beliefs.values():
        assert belief.strength in Strength
        assert belief.source
        assert len(belief.why.split()) >= 4


def assert_probabilities_are_values_and_the_rest_distributions(view):
    assert view.elicited().keys() | view.probabilities().keys() == view.beliefs.keys()
    for variable, belief in view.beliefs.items():
        assert isinstance(belief, ValueBelief) == (VARIABLES[variable].support is Support.PROBABILITY)


def assert_inferred_numbers_say_so(view):
    for variable, belief in view.beliefs.items():
        assert belief.why.startswith("Inferred: ") == (belief.strength is Strength.INFERRED), variable


def assert_claims_are_numbered(view, letters, count):
    assert [claim.id for claim in view.claims] == [f"{letters}{i}" for i in range(1, count + 1)]


def assert_targets_are_numbered(view, count):
    assert {int(target.number.rstrip("abc")) for target in view.targets} == set(range(1, count + 1))


def assert_explicit_targets_rest_on_stated_claims(view):
    strength = {claim.id: claim.strength for claim in view.claims}
    for target in view.targets:
        if target.kind is TargetKind.EXPLICIT:
            assert Strength.STATED in {strength[ref.strip()] for ref in target.claim.split(",")}, target.number


def honoured(views):
    """(name, number of the target) -> (relation, value), of every number that a tilt keeps."""
    return {
        (view.name, target.number): (target.honour.relation, target.honour.value)
        for view in views
        for target in view.targets
        if target.honour
    }


def not_expressible(views):
    """(name, number of the target) -> what it would need."""
    return {(view.name, t.number): t.not_expressible for view in views for t in view.targets if not t.functional}


def widths(views, variable, *, inferred):
    """Half the 10 to 90 % range of each belief about a variable, in normal units on the unconstrained scale."""
    return {
        view.name: elicit.width(view.elicited()[variable])
        for view in views
        if variable in view.elicited() and (view.beliefs[variable].strength is Strength.INFERRED) == inferred
    }
