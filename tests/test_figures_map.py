"""The crux map as a picture: what is drawn is what the tables say."""

from itertools import pairwise

import pandas as pd
import pytest

from cruxes import blocks, crux_map
from cruxes.attribution import LABEL, Attribution
from cruxes.figures import crux_map as figure_of
from cruxes.figures import style
from cruxes.positions import positions
from tests import layout_checks
from tests.layout_checks import WIDTHS, by_gid
from tests.small_views import kept

PEOPLE = ("clark", "krier", "lambert", "yudkowsky", "drexler")
SPLITS = {
    "LOOP": {"C6": 0.26, "C1": 0.24, "shared": 0.14, "C3": 0.09, "C4": 0.09, "honoured": 0.08, "C2": 0.05, "C5": 0.05},
    "SWX3": {"C3": 0.3, "C4": 0.17, "C2": 0.14, "C5": 0.11, "C7": 0.1, "C1": 0.08, "shared": 0.06, "C10": 0.04},
    "ECON10": {"C8": 0.56, "C3": 0.11, "C2": 0.06, "C10": 0.06, "C5": 0.06, "C4": 0.05, "C7": 0.05, "C1": 0.05},
}


@pytest.fixture(scope="module")
def tables():
    rows = [
        (event, "cdf", "2030-12-31", block, blocks.NAMES[block], share, 0.01)
        for event, shares in SPLITS.items()
        for block, share in shares.items()
    ]
    found = Attribution(
        a="clark", b="lambert", draws=100, gaps=pd.DataFrame(), interactions=pd.DataFrame(),
        shares=pd.DataFrame(rows, columns=[*LABEL, "block", "name", "share", "mcse"]),
    )  # fmt: skip
    views = [kept(name, view, seed=i).view for name in PEOPLE for i, view in enumerate(("stated", "updated"))]
    edges = crux_map.edges([found])
    return crux_map.nodes(positions(views), edges), edges, crux_map.gaps(views)


@pytest.fixture(scope="module")
def picture(tables):
    return figure_of.picture(*tables)


def test_the_map_can_be_read_at_both_widths(picture):
    layout_checks.holds(picture)


@pytest.mark.parametrize("width", WIDTHS)
def test_every_mark_stands_where_its_worldview_does(picture, tables, width):
    drawn, (left, right) = by_gid(picture.draw(width)), figure_of.LAYOUTS[width].lanes
    for row in tables[0].dropna(subset="worldview").to_dict(orient="records"):
        gid = f"{row['block']}-{row['worldview']}-{row['view']}"
        assert drawn[gid].get_xdata()[0] == pytest.approx(left + row["at_middle"] * (right - left))
        if row["low"] == row["low"]:
            ends = [left + row[c] * (right - left) for c in ("at_low", "at_high")]
            assert list(drawn[f"{gid}-interval"].get_xdata()) == pytest.approx(ends)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_ribbon_is_as_thick_as_the_share_that_a_crux_carries(picture, tables, width):
    drawn, whole = by_gid(picture.draw(width)), figure_of.LAYOUTS[width].whole
    for row in tables[1].to_dict(orient="records"):
        ribbon = drawn.get(f"{row['block']}-{row['event']}")
        if row["share"] < figure_of.LEAST:
            assert ribbon is None
            continue
        y = ribbon.get_path().vertices[:, 1]
        assert y[-2] - y[0] == pytest.approx(row["share"] * whole)
        assert y[5] - y[4] == pytest.approx(row["share"] * whole)


@pytest.mark.parametrize("width", WIDTHS)
def test_ribbons_into_one_event_fill_it_and_do_not_overlap(picture, tables, width):
    drawn, whole = by_gid(picture.draw(width)), figure_of.LAYOUTS[width].whole
    for event in SPLITS:
        ends = sorted(
            (p.get_path().vertices[4, 1], p.get_path().vertices[5, 1])
            for gid, p in drawn.items() if gid.endswith(f"-{event}")
        )  # fmt: skip
        assert all(upper[1] <= lower[0] + 1e-6 for upper, lower in pairwise(ends))
        assert ends[-1][1] - ends[0][0] <= whole + 1e-6


def test_no_worldview_is_told_by_its_colour_alone(picture):
    drawn = by_gid(picture.draw("wide"))
    marks = {drawn[f"C1-{person}-updated"].get_marker() for person in PEOPLE}
    lanes = [drawn[f"C1-{person}-updated"].get_ydata()[0] for person in PEOPLE]
    assert len(marks) == len(PEOPLE)
    assert lanes == sorted(lanes)
    stated, updated = (drawn[f"C1-clark-{view}"] for view in ("stated", "updated"))
    assert stated.get_markerfacecolor() == style.PAPER != updated.get_markerfacecolor()


def test_title_and_alternative_text_say_what_the_tables_hold(picture, tables):
    nodes, _, gaps = tables
    assert picture.title.startswith("What divides them most: paradigms (26 %) and loop closure (24 %) on the loop")
    assert "amplification (30 %) on takeoff" in picture.title
    assert "diffusion (56 %) on the economy" in picture.title
    for gap in gaps.to_dict(orient="records"):
        assert f"mean gap {100 * gap['stated']:.0f} points as stated, {100 * gap['updated']:.0f} updated" in picture.alt
        assert f"from {100 * gap['stated']:.0f} to {100 * gap['updated']:.0f} points" in picture.caption
    own = nodes[(nodes["block"] == "C6") & (nodes["view"] == "updated")]
    least = own.loc[own["middle"].idxmin()]
    assert f"{style.name_of(least['worldview'])} {100 * least['middle']:.0f} %" in picture.alt


def test_two_cruxes_are_named_only_where_the_draws_cannot_tell_which_carries_more(tables):
    edges = tables[1]
    assert list(figure_of.leading(edges, "LOOP")["block"]) == ["C6", "C1"]
    assert list(figure_of.leading(edges.assign(mcse=0.001), "LOOP")["block"]) == ["C6"]


def test_what_is_no_crux_never_leads(tables):
    edges = tables[1].copy()
    edges.loc[edges["block"] == "shared", "share"] = 0.9
    assert "shared" not in set(figure_of.leading(edges, "LOOP")["block"])


def test_the_table_beneath_has_every_position_and_every_share(picture, tables):
    nodes, edges, _ = tables
    own = picture.data[(picture.data["block"] == "C3") & (picture.data["worldview"] == "krier")].iloc[0]
    for view in ("stated", "updated"):
        drawn = nodes[(nodes["block"] == "C3") & (nodes["worldview"] == "krier") & (nodes["view"] == view)].iloc[0]
        assert [own[f"{view}_{c}"] for c in ("low", "middle", "high")] == [drawn[c] for c in ("low", "middle", "high")]
    carried = edges.set_index(["event", "block"])["share"]
    assert [own[f"share_{e}"] for e in SPLITS] == [carried[e, "C3"] for e in SPLITS]
    assert len(picture.data) == 10 * len(PEOPLE) + 2


def test_an_event_on_which_nobody_differs_is_left_out(tables):
    nodes, edges, gaps = tables
    alone = edges.copy()
    alone.loc[alone["event"] == "SWX3", "share"] = float("nan")
    found = figure_of.picture(nodes, alone, gaps)
    assert "takeoff" not in found.title
    assert not any(gid.endswith("-SWX3") for gid in by_gid(found.draw("wide")))
