"""The figure of residuals: each mark stands at its number, filled where a right model would seldom look as bad."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from cruxes.figures import residuals, style
from tests.figure_checks import assert_is_legible, assert_is_the_same_each_time, by_gid, drawn

NAMES = ("clark", "drexler", "krier", "lambert", "yudkowsky", "trend")
STREAMS = ("horizon-p50", "horizon-p80", "share-al3", "uplift", "weirdml_pct")


def streams(*, shifted=()):
    rng = np.random.default_rng(2)
    return pd.DataFrame([
        {"worldview": name, "stream": stream, "n": 4 if stream == "uplift" else 12,
         "mean_pit": 0.75 if (name, stream) in shifted else rng.uniform(0.4, 0.6),
         "p_mean": 0.001 if (name, stream) in shifted else 0.5, "spread": rng.uniform(0.8, 1.2), "p_spread": 0.4}
        for name in NAMES for stream in STREAMS
    ])  # fmt: skip


def test_streams_of_few_readings_are_left_out():
    assert set(residuals.residuals(streams()).data["stream"]) == {
        "METR horizons, 50 %", "METR horizons, 80 %", "R&D shares, level 3", "WeirdML"
    }  # fmt: skip


def test_marks_stand_at_their_numbers_and_are_filled_where_doubtful():
    picture = residuals.residuals(streams(shifted=[("krier", "weirdml_pct")]))
    marks = by_gid(drawn(picture))
    filled = marks["mean_pit-krier-WeirdML"]
    assert filled.get_xdata()[0] == 0.75
    assert to_hex(filled.get_markerfacecolor()) == to_hex(style.mark("krier").colour)
    assert to_hex(marks["mean_pit-clark-WeirdML"].get_markerfacecolor()) == to_hex(style.PAPER)
    row = picture.data[(picture.data["worldview"] == "trend") & (picture.data["stream"] == "WeirdML")]
    assert marks["spread-trend-WeirdML"].get_xdata()[0] == row["spread"].item()


def test_the_title_counts_streams_that_are_off():
    assert residuals.residuals(streams()).title == (
        "Of 4 streams, none is off centre for some view and none is too tight or too wide"
    )
    found = residuals.residuals(streams(shifted=[("krier", "weirdml_pct"), ("clark", "weirdml_pct")]))
    assert found.title == "Of 4 streams, 1 is off centre for some view and none is too tight or too wide"
    assert "0.75 (0.5 is right)" in found.alt


@pytest.mark.parametrize("width", ["narrow", "wide"])
def test_it_is_legible_and_the_same_each_time(width):
    picture = residuals.residuals(streams())
    assert_is_legible(picture, width)
    assert_is_the_same_each_time(picture, width)
