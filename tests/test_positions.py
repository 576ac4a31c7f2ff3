"""Positions on the cruxes: natural units, one common scale, and what never comes said apart."""

from dataclasses import replace

import numpy as np
import pytest

import priors
from cruxes.blocks import OWNER, SHARED
from cruxes.positions import COLUMNS, LEVELS, positions
from forecast.simulation import HORIZON
from tests import small_views


def table_of(*names):
    return positions([small_views.kept(name, view).view for name in names for view in ("stated", "updated")])


def with_values(view, **values):
    """The view with other draws of some variables."""
    return replace(view, futures=replace(view.futures, values=dict(view.futures.values) | values))


def test_every_crux_variable_is_there_for_every_view_and_no_shared_one():
    table = table_of("clark", "lambert")
    assert tuple(table.columns) == COLUMNS
    expected = {name for name, owner in OWNER.items() if owner != SHARED}
    for _, own in table.groupby(["worldview", "view"]):
        assert set(own["variable"]) == expected
    assert set(table["crux"]) == {f"C{i}" for i in range(1, 11)}


def test_values_are_the_views_weighted_quantiles_in_natural_units():
    view = small_views.kept("clark").view
    weighted = replace(view, weights=np.random.default_rng(2).dirichlet(np.ones(len(view.weights))))
    theta = positions([weighted]).query("variable == 'theta'")
    assert theta["level"].tolist() == list(LEVELS)
    assert theta["value"].tolist() == [weighted.quantile(view.futures.values["theta"], level) for level in LEVELS]
    assert set(theta["unit"]) == {"hours"}


def test_the_lowest_and_the_highest_quantile_of_a_variable_are_0_and_1_for_all_worldviews_together():
    table = table_of("clark", "lambert", "yudkowsky")
    ends = table[table["level"].notna()].groupby("variable")["scaled"].agg(["min", "max"])
    assert ends["min"].to_numpy() == pytest.approx(0.0, abs=1e-12)
    assert ends["max"].to_numpy() == pytest.approx(1.0, abs=1e-12)


def test_equal_ratios_are_equal_distances_where_values_are_positive_and_equal_differences_elsewhere():
    view = small_views.kept("clark").view
    n = len(view.weights)
    ladder = np.repeat([1.0, 2.0, 4.0, 8.0, 16.0], n // 5)
    table = positions([with_values(view, theta=ladder, rho0=ladder / 20.0)]).set_index(["variable", "level"])["scaled"]
    assert table["theta"].dropna().tolist()[2] == pytest.approx(0.5)
    assert table["rho0"].dropna().tolist()[2] == pytest.approx(3 / 15)


def test_a_variable_on_which_nobody_doubts_or_differs_stands_in_the_middle():
    view = small_views.kept("clark").view
    own = positions([with_values(view, H=np.full(len(view.weights), 8.0))]).query("variable == 'H'")
    assert own["scaled"].tolist() == [0.5] * len(LEVELS)


def test_a_date_has_quantiles_among_those_that_come_by_2100_and_a_probability_of_never():
    view = small_views.kept("lambert").view
    dates = view.futures.values["T_par"]
    own = positions([view]).query("variable == 'T_par'").set_index("output_type")
    never = float(own.loc["never", "value"])
    assert never == pytest.approx(float(np.mean(~(dates <= HORIZON))))
    assert 0.0 < never < 1.0
    shown = own.loc["quantile_if_ever", "value"]
    assert shown.max() <= HORIZON
    assert shown.tolist() == [view.quantile(dates, level, dates <= HORIZON) for level in LEVELS]


def test_a_chance_that_nothing_has_tilted_is_the_one_in_the_worldviews_file():
    table = table_of("clark", "lambert").query("output_type == 'chance'")
    assert len(table) == 2 * 2 * 4
    for row in table.to_dict(orient="records"):
        belief = priors.load(row["worldview"]).probabilities()[row["variable"]]
        assert row["value"] == pytest.approx(belief, abs=1e-12)
        assert row["scaled"] == row["value"]


def test_a_tilt_that_favours_what_came_true_raises_its_chance():
    view = small_views.kept("clark").view
    came = view.futures.values["psi"] > 0
    weights = np.where(came, 2.0, 1.0)
    own = positions([replace(view, weights=weights / weights.sum())]).query("variable == 'psi'")
    assert float(own["value"].iloc[0]) > priors.load("clark").probabilities()["psi"] + 0.1


def test_no_view_a_view_twice_and_one_that_leaves_rows_out_are_refused():
    view = small_views.kept("clark").view
    for views in ([], [view, view], [replace(view, without=("share",))]):
        with pytest.raises(ValueError, match="expected"):
            positions(views)
