"""Bands and influence are drawn where their tables say, and can be read on a telephone."""

import numpy as np
import pandas as pd
import pytest

from cruxes.figures import bands as figures
from cruxes.figures import influence
from forecast import bands
from tests import small_views
from tests.conftest import TODAY
from tests.figure_checks import assert_is_legible, assert_is_the_same_each_time, by_gid, drawn

WIDTHS = ("narrow", "wide")
NAMES = ("clark", "krier", "lambert", "yudkowsky", "drexler", "trend")


@pytest.fixture(scope="module")
def tables(ledger):
    views = [small_views.kept(name).view for name in NAMES]
    views.append(small_views.kept("clark", "stated", seed=2).view)
    return {
        "described": bands.described(ledger, TODAY),
        "bands": bands.bands(views, ledger, day=TODAY, draws=60),
        "points": bands.points(ledger, day=TODAY),
        "placed": bands.placed(views, ledger, day=TODAY, draws=60),
    }


@pytest.fixture(scope="module")
def moved():
    lines = [
        {"worldview": name, "what": what, "rows": 3, "whole_stream": True, "event": event, "value": 0.5,
         "value_without": 0.5 - change, "change": change, "mcse": 0.01, "how": "reweighted"}
        for event in ("LOOP", "SWX3")
        for what, change in (("METR time horizons", 0.001), ("R&D benchmarks", np.nan), ("Pace of a lab", -0.12))
        for name in NAMES
    ]  # fmt: skip
    lines.append(lines[0] | {"what": "one row", "whole_stream": False, "change": 0.9})
    return pd.DataFrame(lines)


def test_lines_and_bands_are_quantiles_of_the_table(tables):
    found = by_gid(drawn(figures.of_stream("horizon-p50", **tables)))
    own = tables["bands"].query("stream == 'horizon-p50' and worldview == 'clark'")
    for view in ("updated", "stated"):
        middle = own[(own["view"] == view) & (own["level"] == 0.5)]
        assert found[f"clark {view}"].get_ydata() == pytest.approx(middle["value"].to_numpy())
    outer = found["clark band 0.05"].get_paths()[0].vertices[:, 1]
    ends = own[(own["view"] == "updated") & own["level"].isin([0.05, 0.95])]["value"]
    assert outer.min() == pytest.approx(ends.min())
    assert outer.max() == pytest.approx(ends.max())


def test_every_reading_is_drawn_once_for_each_worldview_at_its_value(tables):
    found = by_gid(drawn(figures.of_stream("share-al3", **tables)))
    own = tables["points"].query("stream == 'share-al3'")
    for row in own.to_dict(orient="records"):
        for name in NAMES:
            at = found[f"{name} {row['id']}"]
            assert (at.get_xdata()[0], at.get_ydata()[0]) == (row["year"], row["value"])


def test_a_bound_is_a_triangle_and_a_row_that_is_not_read_a_cross(tables):
    for stream in ("horizon-p50", "uplift-self-report", "share-al4"):
        found = by_gid(drawn(figures.of_stream(stream, **tables)))
        for row in tables["points"][tables["points"]["stream"] == stream].to_dict(orient="records"):
            marker = found[f"clark {row['id']}"].get_marker()
            assert marker == ({"": "o", "above": "^", "below": "v"}[row["censored"]] if row["used"] else "x")


def test_words_count_the_readings_inside(tables):
    picture = figures.of_stream("share-al3", **tables)
    placed = tables["placed"].query("stream == 'share-al3' and view == 'updated'")
    inside = placed.groupby("worldview")["inside_90"].sum()
    assert f"of {placed.groupby('worldview').size().max()} readings" in picture.title
    assert str(inside.max()) in picture.title
    assert all(name in picture.alt for name in ("Clark", "Krier", "Lambert", "Yudkowsky", "Drexler", "trend"))


def test_each_benchmark_has_a_panel_with_everybodys_median(tables):
    figure = drawn(figures.benchmarks(**tables))
    found = by_gid(figure)
    names = tables["described"].query("group == 'benchmark'")["stream"]
    for stream in names:
        for name in NAMES:
            own = tables["bands"].query(
                "stream == @stream and worldview == @name and view == 'updated' and level == 0.5"
            )
            assert found[f"{stream} {name}"].get_ydata() == pytest.approx(own["value"].to_numpy())


def test_an_unknown_stream_is_refused(tables):
    with pytest.raises(KeyError, match="no stream"):
        figures.of_stream("tea-leaves", **tables)


def test_each_change_stands_at_its_points_and_whole_streams_alone_are_drawn(moved):
    picture = influence.picture(moved)
    found = by_gid(drawn(picture))
    assert found["LOOP Pace of a lab clark"].get_xdata()[0] == pytest.approx(-12.0)
    assert "LOOP R&D benchmarks clark" not in found
    assert not any("one row" in name for name in found)
    assert len(picture.data) == moved["whole_stream"].sum()


def test_a_change_within_its_error_or_under_half_a_point_is_hollow(moved):
    found = by_gid(drawn(influence.picture(moved)))
    hollow, solid = found["LOOP METR time horizons clark"], found["LOOP Pace of a lab clark"]
    assert hollow.get_markerfacecolor() != solid.get_markerfacecolor()


def test_words_name_the_largest_move_and_what_is_not_known(moved):
    picture = influence.picture(moved)
    assert "-12 points" in picture.title
    assert "R&D benchmarks moved LOOP by 2030, in points: nobody; not known for 6." in picture.alt


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("stream", ["horizon-p50", "share-al4", "uplift-rct", "benchmarks"])
def test_bands_can_be_read(tables, stream, width):
    picture = figures.benchmarks(**tables) if stream == "benchmarks" else figures.of_stream(stream, **tables)
    assert_is_legible(picture, width)


@pytest.mark.parametrize("width", WIDTHS)
def test_influence_can_be_read_and_is_the_same_each_time(moved, width):
    assert_is_legible(influence.picture(moved), width)
    assert_is_the_same_each_time(influence.picture(moved), width)


def test_bands_are_the_same_each_time(tables):
    assert_is_the_same_each_time(figures.of_stream("pace", **tables), "wide")
