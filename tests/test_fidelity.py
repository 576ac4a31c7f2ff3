"""A worldview says what the person said: every target of every person, on the stated view."""

import pytest

import priors
from forecast import fidelity
from priors.worldview import BASELINE

PEOPLE = [name for name in priors.names() if name != BASELINE]
EVERY_TARGET = [(name, t.number) for name in PEOPLE for t in priors.load(name).targets]
LARGEST_BEND = 0.3
LEAST_MET = 0.85


@pytest.fixture(scope="module")
def checked(stated):
    return {name: fidelity.check(stated[name].view).set_index("number") for name in PEOPLE}


@pytest.mark.parametrize(("name", "number"), EVERY_TARGET, ids=lambda x: x)
def test_every_target_is_evaluated_or_says_what_it_would_need(checked, name, number):
    row = checked[name].loc[number]
    if row["verdict"] == "not expressible":
        assert len(row["needs"]) > 20
    else:
        assert row["value"] == row["value"], "not a number"


@pytest.mark.parametrize("name", PEOPLE)
def test_explicit_numbers_are_met(checked, name):
    own = checked[name][checked[name]["kind"] == "explicit"]
    assert set(own["verdict"]) <= {"met", "not expressible"}, own[["value", "low", "high", "verdict"]].to_string()


@pytest.mark.parametrize("name", PEOPLE)
def test_explicit_equalities_hold_within_a_hundredth_and_show_what_the_prior_gave(stated, name):
    for kept in stated[name].view.honoured:
        if kept.relation == "equal":
            assert kept.tilted == pytest.approx(kept.asked, abs=0.01)
        else:
            assert kept.tilted >= kept.asked - 1e-6
        assert 0 < kept.untilted < 1


def test_most_of_the_other_targets_are_met(checked):
    verdicts = [v for table in checked.values() for v in table.loc[table["kind"] != "explicit", "verdict"]]
    expressible = [v for v in verdicts if v != "not expressible"]
    assert expressible.count("met") / len(expressible) >= LEAST_MET


@pytest.mark.parametrize("name", PEOPLE)
def test_no_prior_is_bent_far_to_meet_a_number(stated, name):
    assert stated[name].view.bend <= LARGEST_BEND


def test_only_clark_gave_numbers_that_a_tilt_keeps(stated):
    assert [name for name, s in stated.items() if s.view.honoured] == ["clark"]


def test_the_trend_has_no_feedback_so_it_never_takes_off(stated):
    futures = stated["trend"].view.futures
    assert (futures.dates["SWX10"] > 2100).mean() > 0.999
    assert (futures.snapshots["rate"] <= 1.01 * futures.snapshots["rate0"]).mean() > 0.999
