"""The figure of dates shows its table, says never beside every date, and can be read on a telephone."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from cruxes.figures import dates
from cruxes.figures.spoken import percent
from cruxes.figures.style import name_of
from cruxes.side_by_side import side_by_side
from cruxes.wording import year_month
from tests import small_views
from tests.figure_checks import assert_is_legible, assert_is_the_same_each_time, by_gid, drawn

NAMES = ("clark", "krier", "lambert", "yudkowsky", "drexler", "trend")
WIDTHS = ("narrow", "wide")


@cache
def table():
    return side_by_side(
        [
            small_views.kept(name, view, seed=seed).view
            for name in NAMES
            for view, seed in (("stated", 1), ("updated", 2))
        ]
    )


@cache
def picture(event="LOOP"):
    return dates.picture(table(), event=event)


def rows(event="LOOP"):
    return dates.dates(table(), event).to_dict(orient="records")


def with_quantiles(first, last):
    """The table of one worldview with other ends of its dates if ever."""
    own = table()[(table()["worldview"] == "clark") & (table()["event"] == "LOOP")].copy()
    quantile = own["output_type"] == "quantile_if_ever"
    own.loc[quantile & (own["output_type_id"] == "0.1"), "value"] = first
    own.loc[quantile & (own["output_type_id"] == "0.9"), "value"] = last
    return own


@pytest.mark.parametrize("width", WIDTHS)
def test_marks_bars_and_lines_stand_where_the_table_says(width):
    found = by_gid(drawn(picture(), width))
    for row in rows():
        name = f"{row['worldview']} {row['view']}"
        assert found[f"{name} mark"].get_xdata()[0] == row["q50"]
        bar = found[f"{name} bar"]
        low, high = found[f"{name} mark"].axes.get_xlim()
        assert bar.get_x() == pytest.approx(max(row["q25"], low))
        assert bar.get_x() + bar.get_width() == pytest.approx(min(row["q75"], high))
        assert list(found[f"{name} line"].get_xdata()) == [max(row["q10"], low), min(row["q90"], high)]
        assert (f"{name} beyond" in found) == (row["q90"] > high)


def test_an_arrow_says_that_a_line_goes_on_after_2050_and_only_then():
    for last, arrows in ((2049.0, 0), (2071.0, 2)):
        found = by_gid(drawn(dates.picture(with_quantiles(2027.5, last))))
        assert sum(name.endswith("beyond") for name in found) == arrows
    assert found["clark stated line"].get_xdata()[1] == 2050.0


@pytest.mark.parametrize("width", WIDTHS)
def test_bars_of_never_and_stopped_have_one_scale(width):
    found = by_gid(drawn(picture(), width))
    drawn_lengths, told = [], []
    for row in rows():
        for kind in ("never", "stopped"):
            drawn_lengths.append(found[f"{row['worldview']} {row['view']} {kind}"].get_width())
            told.append(row[kind])
    scale = max(drawn_lengths) / max(told)
    assert drawn_lengths == pytest.approx(scale * np.array(told))


def test_stated_stands_above_updated_and_is_hollow():
    found = by_gid(drawn(picture()))
    for name in NAMES:
        stated, updated = (found[f"{name} {view} mark"] for view in ("stated", "updated"))
        assert stated.get_ydata()[0] < updated.get_ydata()[0]
        assert stated.axes.yaxis_inverted()
        assert stated.get_markerfacecolor() != updated.get_markerfacecolor()
        assert stated.get_marker() == updated.get_marker()


def test_no_two_of_the_named_share_a_marker():
    found = by_gid(drawn(picture()))
    assert len({found[f"{name} updated mark"].get_marker() for name in NAMES}) == len(NAMES)


def test_the_alternative_text_has_every_date_with_its_never_and_stopped():
    for row in rows():
        assert name_of(row["worldview"]) in picture().alt
        when = ", ".join(year_month(row[q]) for q in ("q10", "q50", "q90"))
        assert f"{when}, never {percent(row['never'])}, stopped {percent(row['stopped'])}" in picture().alt


def test_the_title_names_the_earliest_and_the_latest_with_their_never():
    updated = [row for row in rows() if row["view"] == "updated"]
    for row in (min(updated, key=lambda r: r["q50"]), max(updated, key=lambda r: r["q50"])):
        assert f"{year_month(row['q50'])} (" in picture().title
        assert f"never {percent(row['never'])}, stopped first {percent(row['stopped'])})" in picture().title


def test_the_title_speaks_of_moves_only_where_the_draws_can_tell():
    same = table()[table()["view"] == "stated"]
    still = dates.picture(together(same, same.assign(view="updated")))
    assert "moved nobody" in still.title
    later = same.assign(view="updated").copy()
    later.loc[later["output_type"] == "quantile_if_ever", "value"] += 10.0
    assert f"moved it later for {len(NAMES)} of {len(NAMES)}" in dates.picture(together(same, later)).title


def together(*tables):
    return pd.concat(tables, ignore_index=True)


def test_an_event_that_hardly_any_future_sees_has_no_dates_but_keeps_its_never():
    rare = [row for row in rows("SWX3") if row["ever"] < 0.01]
    assert rare
    found = by_gid(drawn(picture("SWX3")))
    for row in rare:
        name = f"{row['worldview']} {row['view']}"
        assert f"{name} mark" not in found
        assert f"{name} never" in found
    assert "nan" not in picture("SWX3").alt + picture("SWX3").title


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("event", ["LOOP", "SWX3", "ECON10"])
def test_it_is_legible(event, width):
    assert_is_legible(picture(event), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_it_is_the_same_each_time(width):
    assert_is_the_same_each_time(picture(), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_sixteen_worldviews_fit(width):
    others = [table()[table()["worldview"] == NAMES[i % 6]].assign(worldview=f"further-voice-{i}") for i in range(10)]
    sixteen = dates.picture(together(table(), *others))
    assert len(sixteen.data) == 32
    assert_is_legible(sixteen, width)


def test_views_that_leave_rows_out_are_passed_over():
    with_variant = together(table(), table()[table()["view"] == "updated"].assign(without="share", value=0.5))
    assert dates.picture(with_variant).data.equals(picture().data)


def test_a_worldview_without_both_views_is_refused():
    with pytest.raises(ValueError, match="no updated view of clark"):
        dates.picture(table()[table()["view"] == "stated"])
