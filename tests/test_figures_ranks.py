"""The figure of simulated truths: even ranks stay in the band, and a parameter that does not is drawn and named."""

import numpy as np
import pandas as pd
import pytest

from cruxes.figures import ranks
from forecast.trust import rank_curves
from tests.figure_checks import assert_is_legible, assert_is_the_same_each_time, by_gid, drawn

NAMES = ("broad", "clark", "drexler", "krier", "lambert", "yudkowsky", "trend")
LEDGERS, OF = 60, 99


def table(stray=()):
    rng = np.random.default_rng(4)
    found = []
    for name in NAMES:
        for quantity, part in (("theta", "parameters"), ("r", "parameters"), ("LOOP", "dates"), ("SWX3", "dates"),
                               ("ECON10", "dates"), ("log likelihood", "log likelihood")):  # fmt: skip
            rank = rng.permutation(np.linspace(0, OF, LEDGERS).round().astype(int))
            if (name, quantity) in stray:
                rank = rank // 2
            found.append(
                {"worldview": name, "part": part, "quantity": quantity, "of": OF, "ranks": " ".join(map(str, rank))}
            )
    return rank_curves.curves(pd.DataFrame(found))


def test_even_ranks_lie_on_the_line_and_half_ranks_twice_as_often_below_the_middle():
    curves = table(stray=[("clark", "theta")])
    even = curves[(curves["worldview"] == "broad") & (curves["quantity"] == "theta")]
    assert np.abs(even["share"]).max() <= 1.5 / LEDGERS
    half = curves[(curves["worldview"] == "clark") & (curves["quantity"] == "theta")]
    assert half.loc[(half["at"] - 0.5).abs().idxmin(), "share"] == pytest.approx(0.5, abs=0.02)
    assert ((curves["low"] < 0.0) & (curves["high"] > 0.0)).mean() > 0.9


def test_the_title_counts_what_strays_and_the_words_name_it():
    assert ranks.ranks(table()).title == "42 of 42 quantities come back as often as claimed"
    found = ranks.ranks(table(stray=[("clark", "theta")]))
    assert found.title == "41 of 42 quantities come back as often as claimed, 1 not"
    assert "Outside: theta (Clark)." in found.alt
    assert "Clark: 5 of 6 inside." in found.alt


def test_each_line_is_its_table():
    picture = ranks.ranks(table())
    line = by_gid(drawn(picture))["ranks-krier-LOOP"]
    own = picture.data[(picture.data["worldview"] == "krier") & (picture.data["quantity"] == "LOOP")]
    np.testing.assert_array_equal(line.get_ydata(), own["share"])


@pytest.mark.parametrize("width", ["narrow", "wide"])
def test_it_is_legible_and_the_same_each_time(width):
    picture = ranks.ranks(table(stray=[("clark", "theta")]))
    assert_is_legible(picture, width)
    assert_is_the_same_each_time(picture, width)
