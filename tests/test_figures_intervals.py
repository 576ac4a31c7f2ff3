"""Parallel intervals stand on axes in natural units, and say never beside dates."""

from functools import cache

import pytest

from cruxes.figures import intervals
from cruxes.figures.spoken import number, percent
from cruxes.positions import positions
from tests import small_views
from tests.figure_checks import assert_is_legible, assert_is_the_same_each_time, drawn

NAMES = ("clark", "krier", "lambert", "yudkowsky", "trend")
WIDTHS = ("narrow", "wide")
CRUXES = tuple(f"C{i}" for i in range(1, 11))


@cache
def table():
    views = [small_views.kept(n, view, seed=seed).view for n in NAMES for view, seed in (("stated", 1), ("updated", 2))]
    return positions(views)


@cache
def picture(crux):
    return intervals.picture(table(), crux=crux)


def panels(figure):
    """By the name of the variable."""
    return {axes.get_title(loc="left").partition(",")[0]: axes for axes in figure.axes if axes.get_visible()}


def artist(axes, gid):
    (found,) = [a for a in axes.findobj() if a.get_gid() == gid]
    return found


def test_there_is_a_picture_for_every_crux_and_a_panel_for_each_of_its_variables():
    assert [p.name for p in intervals.pictures(table())] == [f"intervals-{crux.lower()}" for crux in CRUXES]
    for crux in ("C4", "C6", "C9"):
        labels = table().loc[table()["crux"] == crux, "label"].unique()
        assert set(panels(drawn(picture(crux)))) == set(labels)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("crux", ["C1", "C6"])
def test_lines_bars_and_marks_stand_at_the_quantiles(crux, width):
    shown = panels(drawn(picture(crux), width))
    own = table()[(table()["crux"] == crux) & table()["level"].notna()]
    for (label, name, view), part in own.groupby(["label", "worldview", "view"]):
        q = part.set_index("level")["value"]
        axes = shown[label]
        assert list(artist(axes, f"{name} {view} line").get_xdata()) == [q[0.1], q[0.9]]
        assert artist(axes, f"{name} {view} mark").get_xdata()[0] == q[0.5]
        bar = artist(axes, f"{name} {view} bar")
        assert (bar.get_x(), bar.get_x() + bar.get_width()) == pytest.approx((q[0.25], q[0.75]))


def test_a_chance_is_a_mark_on_an_axis_from_nothing_to_certainty():
    axes = panels(drawn(picture("C9")))["single-project jump"]
    assert axes.get_xlim()[0] == 0.0
    for row in table().query("variable == 'J'").itertuples():
        assert artist(axes, f"{row.worldview} {row.view} mark").get_xdata()[0] == row.value


def test_axes_are_logarithmic_where_only_ratios_mean_something():
    shown = panels(drawn(picture("C1"))) | panels(drawn(picture("C2")))
    assert shown["halfway horizon"].get_xscale() == "log"
    assert shown["human residual"].get_xscale() == "linear"


def test_a_panel_of_dates_says_never_beside_each_row():
    axes = panels(drawn(picture("C6")))["paradigm date"]
    told = table().query("variable == 'T_par' and output_type == 'never'")["value"]
    written = [t.get_text() for t in axes.texts]
    assert written == [*map(percent, told), "never"]


@pytest.mark.parametrize("crux", CRUXES)
def test_the_alternative_text_has_the_middle_of_every_view(crux):
    own = table()[(table()["crux"] == crux) & (table()["level"] == 0.5) & (table()["output_type"] == "quantile")]
    for row in own.itertuples():
        assert number(row.value) in picture(crux).alt


def test_a_middle_date_is_never_said_without_its_probability_of_never():
    for text in (picture("C6").alt, picture("C8").alt):
        assert text.count("if ever") == text.count("(never ") > 0


def test_the_title_leaves_the_baseline_out_of_what_divides_people():
    assert all("trend" not in picture(crux).title for crux in CRUXES)
    alone = table()[table()["worldview"] == "trend"]
    assert "trend" in intervals.picture(alone, crux="C7").title


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("crux", CRUXES)
def test_it_is_legible(crux, width):
    assert_is_legible(picture(crux), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_it_is_the_same_each_time(width):
    assert_is_the_same_each_time(picture("C6"), width)


def test_a_crux_that_is_not_in_the_table_is_refused():
    with pytest.raises(ValueError, match="no crux C11"):
        intervals.picture(table(), crux="C11")


@pytest.mark.parametrize(("value", "text"), [(0.0, "0"), (0.000315, "0.000315"), (-1.6e-5, "0"), (14.57, "14.6"),
                                             (1523.0, "1520"), (-0.0285, "-0.0285")])  # fmt: skip
def test_numbers_are_said_without_powers_of_ten(value, text):
    assert number(value) == text
