"""Every two of several worldviews, in one table."""

from dataclasses import replace

import pandas as pd
import pytest

from cruxes import blocks
from cruxes.all_pairs import all_pairs
from cruxes.attribution import LABEL, attribute
from tests.small_views import kept

FEW = 100


@pytest.fixture(scope="module")
def three():
    """Clark, and two who differ from that view in one crux and in two."""
    clark, lambert = (blocks.side(kept(name, "stated")) for name in ("clark", "lambert"))
    found = [clark]
    for name, moved in (("slower", ["C1"]), ("walled", ["C1", "C6"])):
        worldview = blocks.between(clark, lambert, moved)
        beliefs, chances = worldview.elicited(), worldview.probabilities()
        named = worldview.model_copy(update={"name": name})
        prior = blocks.prior_between(clark.prior, lambert.prior, moved)
        view = replace(clark.view, worldview=named)
        found.append(replace(clark, view=view, prior=prior, beliefs=beliefs, chances=chances))
    return found


@pytest.fixture(scope="module")
def found(three):
    return all_pairs(three, seed=1, draws=FEW)


def test_each_pair_stands_once_in_the_order_given(found):
    pairs = [("clark", "slower"), ("clark", "walled"), ("slower", "walled")]
    for table in (found.shares, found.gaps):
        assert list(table[["a", "b"]].drop_duplicates().itertuples(index=False, name=None)) == pairs
    assert [(one.a, one.b) for one in found.attributed] == pairs


def test_the_shares_of_every_pair_add_up_to_its_gap(found):
    sums = found.shares.groupby(["a", "b", *LABEL])["share"].agg(lambda own: own.sum(skipna=False)).rename("sum")
    both = found.gaps.merge(sums.reset_index(), on=["a", "b", *LABEL])
    assert len(both) == len(found.gaps)
    assert both["sum"].to_numpy() == pytest.approx(both["gap"].to_numpy(), abs=1e-9, nan_ok=True)
    assert (both["b_value"] - both["a_value"]).to_numpy() == pytest.approx(both["gap"].to_numpy(), nan_ok=True)


def test_a_pair_is_what_it_is_when_asked_alone(found, three):
    alone = attribute(three[0], three[2], events=["LOOP", "SWX3"], seed=1, draws=FEW)
    own = found.shares[(found.shares["a"] == "clark") & (found.shares["b"] == "walled")]
    pd.testing.assert_frame_equal(own.drop(columns=["a", "b"]).reset_index(drop=True), alone.shares)


def test_only_the_cruxes_in_which_two_differ_carry_anything(found):
    own = found.shares.groupby(["a", "b"])["block"].agg(set).to_dict()
    assert own == {("clark", "slower"): {"C1"}, ("clark", "walled"): {"C1", "C6"}, ("slower", "walled"): {"C6"}}


def test_every_pair_is_announced(three):
    heard = []
    all_pairs(three[:2], events=["LOOP"], seed=1, draws=FEW, report=heard.append)
    assert heard == ["clark and slower"]


def test_one_worldview_or_the_same_name_twice_is_no_pair(three):
    for sides in ([], three[:1], [three[0], three[0]]):
        with pytest.raises(ValueError, match="expected two worldviews or more"):
            all_pairs(sides, seed=1)
