"""Which cruxes evidence has not reached: counted from the table, and every number of it on the page."""

from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest

from cruxes.blocks import NAMES as CRUX_NAMES
from cruxes.figures import untouched
from cruxes.reach import reach
from tests import small_views
from tests.figure_checks import assert_is_legible, assert_is_the_same_each_time, by_gid, drawn

NAMES = ("clark", "lambert", "yudkowsky", "trend")
WIDTHS = ("narrow", "wide")
DAY = date(2030, 12, 31)


@cache
def untouched_table():
    """Nothing has moved anybody: both views are the same draws."""
    views = {name: small_views.kept(name, "updated").view for name in NAMES}
    tables = [reach(view, view, "LOOP", DAY).assign(worldview=name) for name, view in views.items()]
    return pd.concat(tables, ignore_index=True)


def with_moves(moves):
    """The same, but (variable, worldview) has shifted or narrowed by so much."""
    table = untouched_table().copy()
    for (variable, worldview, column), value in moves.items():
        table.loc[(table["variable"] == variable) & (table["worldview"] == worldview), column] = value
    return table


def picture(moves=()):
    return untouched.picture(with_moves(dict(moves)), event="LOOP", by=DAY)


REAL = tuple(
    ((variable, name, column), sign * (0.11 + 0.13 * i))
    for i, name in enumerate(NAMES)
    for variable, column, sign in (("theta", "shift", -1.0), ("omega", "contraction", 1.0), ("r", "shift", 1.0))
)


def test_evidence_that_moved_nothing_has_reached_no_crux():
    assert picture().title.startswith("Evidence has not reached 10 of 10 cruxes: C1 loop closure, C2 human residual")


def test_a_crux_is_reached_where_one_of_its_variables_has_moved_in_more_than_half_of_the_worldviews():
    for who, reached in ((NAMES[:2], False), (NAMES[:3], True)):
        found = untouched.reach_of_cruxes(picture([(("H", name, "shift"), -0.2) for name in who]).data)
        assert found.set_index("crux")["reached"]["C7"] == reached
        assert found.set_index("crux")["worldviews"]["C7"] == len(who)
    assert "9 of 10" in picture([(("H", name, "shift"), -0.2) for name in NAMES]).title


def test_a_narrower_or_a_wider_belief_counts_as_much_as_one_that_has_moved():
    for column, value in (("shift", 0.1), ("shift", -0.1), ("contraction", 0.1), ("contraction", -0.1)):
        assert untouched.touched(with_moves({("H", "clark", column): value})).sum() == 1
        assert untouched.touched(with_moves({("H", "clark", column): 0.99 * value})).sum() == 0


def test_a_chance_is_never_reached_since_it_has_neither_middle_nor_width():
    table = untouched_table()
    chances = table["shift"].isna()
    assert set(table.loc[chances, "variable"]) == {"psi", "pi_never", "J", "A"}
    assert not untouched.touched(table)[chances].any()


def test_every_number_of_the_table_is_in_its_cell():
    shown = picture(REAL)
    found = by_gid(drawn(shown))
    for row in shown.data.itertuples():
        cells = {
            m: found[f"{m} {row.variable} {row.worldview}"].get_text().replace("−", "-") for m in untouched.MEASURES
        }
        if np.isnan(row.shift):
            assert cells["shift"] == cells["contraction"] == "·"
        else:
            assert float(cells["shift"]) == pytest.approx(row.shift, abs=0.0501)
            assert float(cells["contraction"]) == pytest.approx(100 * row.contraction, abs=0.501)
        assert float(cells["prior_sensitivity"]) == pytest.approx(100 * row.prior_sensitivity, abs=0.501)


def test_a_narrow_screen_shows_of_each_crux_the_number_that_is_largest_in_size():
    found = by_gid(drawn(picture([*REAL, (("omega", "clark", "shift"), 0.3)]), "narrow"))
    assert found["shift C1 clark"].get_text() == "0.3"
    assert found["shift C1 lambert"].get_text() == "−0.2"
    labels = [t.get_text() for t in found["shift C1 clark"].axes.get_yticklabels()]
    assert "C1 loop closure" in labels
    assert "○ C9 locality" in labels


def test_the_alternative_text_counts_the_worldviews_and_names_the_largest_moves():
    alt = picture(REAL).alt
    last = len(NAMES) - 1
    assert f"C1 loop closure: in {len(NAMES)} of {len(NAMES)}" in alt
    assert f"C9 locality: in 0 of {len(NAMES)}" in alt
    assert f"{0.11 + 0.13 * last:.1f} standard deviations" in alt
    assert f"{100 * (0.11 + 0.13 * last):+.0f} % narrower (task spread, trend" in alt


def test_headings_follow_the_order_of_the_cruxes():
    found = untouched.reach_of_cruxes(picture().data)
    assert found["crux"].tolist() == [crux for crux in CRUX_NAMES if crux.startswith("C")]


@pytest.mark.parametrize("width", WIDTHS)
def test_it_is_legible(width):
    assert_is_legible(picture(REAL), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_it_is_the_same_each_time(width):
    assert_is_the_same_each_time(picture(REAL), width)


def test_more_worldviews_than_there_is_room_for_are_refused():
    many = pd.concat([untouched_table().assign(worldview=f"voice-{i}") for i in range(9)])
    with pytest.raises(ValueError, match="9 worldviews"):
        untouched.picture(many, event="LOOP", by=DAY)
