"""Ridgelines show the curve's differences, each worldview on one scale for both views, with never beside them."""

from functools import cache

import numpy as np
import pytest

from cruxes.date_curves import date_curves
from cruxes.figures import ridgelines
from cruxes.figures.spoken import percent
from tests import small_views
from tests.figure_checks import assert_is_legible, assert_is_the_same_each_time, by_gid, drawn

NAMES = ("clark", "lambert", "yudkowsky", "trend")
WIDTHS = ("narrow", "wide")


@cache
def table():
    views = [small_views.kept(n, view, seed=seed).view for n in NAMES for view, seed in (("stated", 1), ("updated", 2))]
    return date_curves(views, ["LOOP", "ECON10"])


@cache
def picture(event="LOOP"):
    return ridgelines.picture(table(), event=event)


def part(frame, name, view):
    return frame[(frame["worldview"] == name) & (frame["view"] == view)]


def test_steps_outcomes_and_what_lies_outside_are_all_futures():
    data = picture().data
    for _, own in data.groupby(["worldview", "view"]):
        rest = own.iloc[0][["before", "after", "never", "stopped"]].sum()
        assert own["mass"].sum() + rest == pytest.approx(1.0, abs=1e-12)


def test_steps_are_quarters_at_first_and_years_later_without_a_gap():
    own = part(picture().data, "clark", "updated")
    lengths = (own["end"] - own["start"]).to_numpy()
    early = own["end"].to_numpy() <= ridgelines.FINE_UNTIL
    assert lengths[early] == pytest.approx(0.25)
    assert lengths[~early] == pytest.approx(1.0)
    assert own["start"].to_numpy()[1:] == pytest.approx(own["end"].to_numpy()[:-1])
    assert own["end"].iloc[-1] == ridgelines.LAST_YEAR


@pytest.mark.parametrize("width", WIDTHS)
def test_heights_are_probabilities_per_year_on_one_scale_for_both_views(width):
    found = by_gid(drawn(picture(), width))
    for name in NAMES:
        scales = []
        for view in ("stated", "updated"):
            heights, edges, floor = found[f"{name} {view} ridge"].get_data()
            own = part(picture().data, name, view)
            assert edges.tolist() == [*own["start"], own["end"].iloc[-1]]
            up, told = floor - heights, own["per_year"].to_numpy()
            assert up == pytest.approx(up.max() / told.max() * told)
            scales.append(up.max() / told.max())
        assert scales[0] == pytest.approx(scales[1])


def test_stated_is_dashed_and_updated_is_not():
    found = by_gid(drawn(picture()))
    for name in NAMES:
        assert found[f"{name} stated ridge"].get_linestyle() != found[f"{name} updated ridge"].get_linestyle()


def test_bars_of_never_stand_beside_the_ridges():
    found = by_gid(drawn(picture()))
    told = picture().data.drop_duplicates(["worldview", "view"])
    lengths = [found[f"{row.worldview} {row.view} never"].get_width() for row in told.itertuples()]
    assert lengths == pytest.approx(max(lengths) / told["never"].max() * told["never"].to_numpy())


def test_the_title_says_the_chance_before_2031_as_the_curve_has_it():
    curve = table()[(table()["event"] == "LOOP") & (table()["output_type"] == "cdf") & (table()["year"] == 2031.0)]
    updated = curve[curve["view"] == "updated"]["value"]
    for p in (updated.min(), updated.max()):
        assert f"{percent(p)} (" in picture().title
    stated = curve[curve["view"] == "stated"]["value"]
    assert f"{percent(stated.min())} to {percent(stated.max())} as stated" in picture().title


def test_the_alternative_text_has_never_for_each_view():
    for row in picture().data.drop_duplicates(["worldview", "view"]).itertuples():
        assert f"never {percent(row.never)}, stopped {percent(row.stopped)}" in picture().alt


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("event", ["LOOP", "ECON10"])
def test_it_is_legible(event, width):
    assert_is_legible(picture(event), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_it_is_the_same_each_time(width):
    assert_is_the_same_each_time(picture(), width)


def test_a_worldview_that_never_sees_the_event_has_no_ridge_but_keeps_its_bar():
    flat = table().copy()
    clark = (flat["worldview"] == "clark") & (flat["event"] == "LOOP")
    flat.loc[clark, "value"] = np.where(flat.loc[clark, "output_type"] == "never", 1.0, 0.0)
    found = by_gid(drawn(ridgelines.picture(flat)))
    assert "clark updated ridge" not in found
    assert "clark updated never" in found


def test_a_worldview_without_both_views_is_refused():
    with pytest.raises(ValueError, match="no stated view of clark"):
        ridgelines.picture(table()[table()["view"] == "updated"])
