"""Waterfall, tornado, what would settle it, and who differs from whom: what is drawn is what the tables say."""

from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from cruxes import crux_map, uncertainty
from cruxes.blocks import NAMES
from cruxes.discrimination import Distance
from cruxes.double_cruxes import Meeting
from cruxes.figures import gaps, settle, style, tornado, waterfall
from cruxes.information import Estimate
from cruxes.signal_table import signal_table
from cruxes.signals import Signal
from cruxes.watch import Survey, Told, Watched
from forecast.functionals import happened_by
from tests import layout_checks
from tests.layout_checks import WIDTHS, by_gid
from tests.small_views import kept

DAY = date(2030, 12, 31)
CHANCE, DATE = ("LOOP", "cdf", "2030-12-31"), ("LOOP", "quantile_if_ever", "0.5")


def steps(start, changes, *, evidence, scale=1.0):
    """A waterfall of `cruxes.attribution` from Clark to Lambert."""
    rows = [("clark updated", "", "level", start - evidence[0], 0.004),
            ("evidence since, clark, taken back", "", "change", evidence[0], 0.006),
            ("clark stated", "", "level", start, np.nan)]  # fmt: skip
    rows += [(NAMES[block], block, "change", scale * c, 0.01 * scale) for block, c in changes.items()]
    end = start + scale * sum(changes.values())
    rows += [("other draws", "", "change", 0.0, 0.01 * scale), ("lambert stated", "", "level", end, np.nan),
             ("evidence since, lambert", "", "change", evidence[1], 0.006),
             ("lambert updated", "", "level", end + evidence[1], 0.005)]  # fmt: skip
    return pd.DataFrame(rows, columns=["step", "block", "kind", "value", "mcse"])


CHANGES = {"C6": -0.25, "C1": -0.22, "C4": -0.06, "honoured": -0.05, "C3": -0.03, "shared": 0.02, "C2": -0.002}


@pytest.fixture
def chances():
    return steps(0.73, CHANGES, evidence=(-0.04, 0.11))


@pytest.fixture
def dates():
    return steps(2028.4, CHANGES, evidence=(0.6, -2.5), scale=-15.0)


@pytest.fixture
def never():
    return steps(0.03, {"C6": 0.1}, evidence=(0.0, -0.01))


def test_waterfalls_can_be_read_at_both_widths(chances, dates, never):
    layout_checks.holds(waterfall.picture(chances, CHANCE))
    layout_checks.holds(waterfall.picture(dates, DATE, never=never))


def test_steps_lead_from_each_published_forecast_to_the_next(chances):
    found = waterfall.laid_out(chances)
    levels = found[found["kind"] == "level"]
    for before, after in pairwise(levels.index):
        between = found.loc[before + 1 : after - 1]
        assert between["start"].iloc[0] == found.loc[before, "value"]
        assert between["end"].iloc[-1] == pytest.approx(found.loc[after, "value"])
        assert list(between["start"].iloc[1:]) == list(between["end"].iloc[:-1])


@pytest.mark.parametrize("width", WIDTHS)
def test_bars_are_as_long_as_the_steps_and_hatched_where_they_fall(chances, width):
    picture = waterfall.picture(chances, CHANCE)
    drawn, rows = by_gid(picture.draw(width)), picture.data.to_dict(orient="records")
    levels = {row["value"]: drawn[f"level-{row['step']}"].get_xdata()[0] for row in rows if row["kind"] == "level"}
    (p, x), (q, z) = list(levels.items())[:2]
    per_unit = (x - z) / (p - q)
    for i, row in enumerate(rows):
        if row["kind"] == "level":
            continue
        assert drawn[f"step-{i}"].get_width() == pytest.approx(per_unit * abs(row["value"]))
        assert drawn[f"step-{i}"].get_x() == pytest.approx(x + per_unit * (min(row["start"], row["end"]) - p))
        assert bool(drawn[f"step-{i}"].get_hatch()) == (row["value"] < 0.0)
        assert np.ptp(drawn[f"error-{i}"].get_xdata()) == pytest.approx(2 * waterfall.SURE * per_unit * row["mcse"])


def test_words_of_a_waterfall_have_its_numbers(chances):
    picture = waterfall.picture(chances, CHANCE)
    assert picture.title == (
        "P(LOOP by the end of 2030) as stated, from Clark, 73 %, to Lambert, 14 %: most by paradigms −25 and loop closure "
        "−22 points"
    )
    for said in (
        "Clark updated 77 %",
        "evidence since, Clark, taken back −4",
        "the day of speaking +2",
        "human residual 0",
    ):
        assert said in picture.alt


def test_a_date_is_never_shown_without_never(dates, never):
    with pytest.raises(ValueError, match="never"):
        waterfall.picture(dates, DATE)
    picture = waterfall.picture(dates, DATE, never=never)
    assert "2028.4 if ever (never 3 %)" in picture.title
    assert "2037.3 if ever (never 13 %)" in picture.title
    for width in WIDTHS:
        written = [one.get_text() for one in layout_checks.texts(picture.draw(width))]
        assert {"2028.4 (never 3 %)", "2037.3 (never 13 %)"} <= set(written)


def test_a_date_that_is_not_defined_is_not_drawn(dates, never):
    with pytest.raises(ValueError, match="no value"):
        waterfall.picture(dates.assign(value=np.nan), DATE, never=never)


def test_a_block_that_cannot_move_the_event_is_no_step(chances):
    nothing = pd.DataFrame([(NAMES["C8"], "C8", "change", 0.0, 0.0)], columns=chances.columns)
    with_nothing = pd.concat([chances.iloc[:4], nothing, chances.iloc[4:]], ignore_index=True)
    assert "C8" not in set(waterfall.picture(with_nothing, CHANCE).data["block"])
    assert "other draws" in set(waterfall.picture(with_nothing, CHANCE).data["step"])


@pytest.fixture(scope="module")
def swing():
    view = kept("drexler").view
    return uncertainty.tornado(view, "SWX3", DAY), view.probability(happened_by(view, "SWX3", DAY))


@pytest.fixture(scope="module")
def hangs_on(swing):
    return tornado.picture(swing[0], worldview="drexler", event="SWX3", by=DAY, chance=swing[1])


def test_a_tornado_can_be_read_at_both_widths(hangs_on):
    layout_checks.holds(hangs_on)


@pytest.mark.parametrize("ends", [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0), (1.0, 1.0)])
def test_a_tornado_of_certainties_can_be_read_as_well(swing, ends):
    table = swing[0].assign(p_low=ends[0], p_high=ends[1])
    layout_checks.holds(tornado.picture(table, worldview="drexler", event="SWX3", by=DAY, chance=ends[0]))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_bar_goes_from_the_chance_at_the_low_end_to_that_at_the_high_end(hangs_on, swing, width):
    drawn, (left, right) = by_gid(hangs_on.draw(width)), tornado.AXIS[width]
    assert drawn["chance"].get_xdata()[0] == pytest.approx(left + swing[1] * (right - left))
    assert len(hangs_on.data) == tornado.MOST
    for row in hangs_on.data.to_dict(orient="records"):
        ends = [left + row[c] * (right - left) for c in ("p_low", "p_high")]
        assert list(drawn[f"{row['variable']}-bar"].get_xdata()) == pytest.approx(ends)
        assert drawn[f"{row['variable']}-low"].get_xdata()[0] == pytest.approx(ends[0])
        assert drawn[f"{row['variable']}-low"].get_markerfacecolor() == style.PAPER
        assert drawn[f"{row['variable']}-high"].get_markerfacecolor() != style.PAPER


def test_a_tornado_has_the_variables_that_tell_most_in_their_order(hangs_on, swing):
    told = swing[0][swing[0]["variable"] != ""].sort_values("bits", ascending=False, kind="stable")
    assert list(hangs_on.data["variable"]) == list(told["variable"].head(tornado.MOST))


def test_what_the_draws_cannot_tell_is_pale_and_said_to_be(swing):
    table = swing[0].assign(bits=0.01, mcse=0.02)
    picture = tornado.picture(table, worldview="drexler", event="SWX3", by=DAY, chance=swing[1])
    assert "no single variable" in picture.title
    assert "Within Monte Carlo error" in picture.alt
    bars = [one for gid, one in by_gid(picture.draw("wide")).items() if gid.endswith("-bar")]
    assert {bar.get_color() for bar in bars} == {style.FAINT}


def test_words_of_a_tornado_have_its_numbers(hangs_on, swing):
    assert f"{100 * swing[1]:.0f} %" in hangs_on.title
    first = hangs_on.data.iloc[0]
    assert f"({first['bits']:.2f} bits)" in hangs_on.alt
    assert f"gives {100 * first['p_low']:.0f} %" in hangs_on.alt


WATCHED = {
    "charts": (date(2027, 4, 15), (0.34, 0.09, 0.56), 1),
    "charts_again": (date(2027, 10, 15), (0.53, 0.15, 0.67), 2),
    "staff": (date(2027, 5, 31), (0.25, 0.07, 0.49), 0),
    "bench": (date(2027, 4, 15), (0.11, 0.02, 0.3), 0),
    "pace": (date(2028, 12, 31), (0.16, 0.01, 0.2), 1),
}


def watched(name, known_by, bits, *, asked_itself=False):
    signal = Signal.model_validate(
        {"title": f"The reading of {name}, as it will be", "resolution": "read", "known_by": known_by,
         "source": name.partition("_")[0], "reads": [{"what": "jump", "by": known_by}]}
    )  # fmt: skip
    told = tuple(
        Told(worldview=who, chance=0.5, quantiles=None, bits_date=Estimate(value=b, mcse=0.01),
             bits_by=Estimate(value=b, mcse=0.01), if_event=0.5, if_not=0.5)
        for who, b in zip(("clark", "lambert", "yudkowsky"), bits, strict=True)
    )  # fmt: skip
    return Watched(name=name, signal=signal, unit="yes", told=told, rate=float(np.mean(bits)), bits_worldview=0.1,
                   asked_itself=asked_itself)  # fmt: skip


def meeting(signal, b, *, closes=1.0):
    return Meeting(signal=signal, a="clark", b=b, voi=(0.1, 0.1), voi_share=(0.1, 0.1), vod=0.1, vod_mean=0.1,
                   apart=Distance(before=9.0, expected_by_a=8.0, expected_by_b=8.0, narrowing=Estimate(value=closes, mcse=0.1)), bits=0.1, ratio=1.0)  # fmt: skip


@pytest.fixture(scope="module")
def survey():
    found = [watched(name, known_by, bits) for name, (known_by, bits, _) in WATCHED.items()]
    found = [
        *sorted(found, key=lambda one: -one.rate),
        watched("loop", date(2028, 12, 31), (0.9, 0.9, 0.9), asked_itself=True),
    ]
    pairs = [meeting(name, b) for name, (*_, n) in WATCHED.items() for b in ("lambert", "yudkowsky")[:n]]
    pairs += [meeting("bench", "lambert", closes=-1.0), meeting("staff", "trend")]
    return Survey(event="LOOP", by=DAY, day=date(2026, 11, 21), watched=tuple(found), meetings=tuple(pairs))


@pytest.fixture(scope="module")
def settles(survey):
    return settle.picture(signal_table(survey), event="LOOP", day=survey.day)


def test_the_table_of_signals_is_the_survey(survey):
    table = signal_table(survey).set_index("signal")
    assert "loop" not in table.index
    assert table["double_crux_of"].to_dict() == {name: n for name, (*_, n) in WATCHED.items()}
    assert table.loc["charts", "bits"] == pytest.approx(0.33)
    assert table.loc["charts", ["least", "most", "least_of", "most_of"]].tolist() == [
        0.09,
        0.56,
        "lambert",
        "yudkowsky",
    ]
    assert not table.loc["charts", "best"], "another chart of the same source tells more"
    assert set(table.index[table["best"]]) == {"charts_again", "staff", "bench", "pace"}


def test_what_would_settle_it_can_be_read_at_both_widths(settles):
    layout_checks.holds(settles)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_signal_stands_at_its_day_and_its_bits(settles, width):
    drawn = by_gid(settles.draw(width))
    rows = settles.data.to_dict(orient="records")
    x = np.array([drawn[r["signal"]].get_xdata()[0] for r in rows])
    y = np.array([drawn[r["signal"]].get_ydata()[0] for r in rows])
    days = np.array([r["known_by"].toordinal() for r in rows])
    bits = np.array([r["bits"] for r in rows])
    assert np.polyval(np.polyfit(days, x, 1), days) == pytest.approx(x)
    slope, zero = np.polyfit(bits, y, 1)
    assert slope < 0.0
    for r in rows:
        assert list(drawn[f"{r['signal']}-range"].get_ydata()) == pytest.approx(
            [slope * r["least"] + zero, slope * r["most"] + zero]
        )
        assert drawn[r["signal"]].get_marker() == ("D" if r["double_crux_of"] else "o")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_best_are_named_in_the_figure(settles, width):
    written = " ".join(one.get_text().replace("\n", " ") for one in layout_checks.texts(settles.draw(width)))
    for row in settles.data.to_dict(orient="records"):
        assert (row["title"] in written) == row["best"]


def test_words_of_what_would_settle_it_have_its_numbers(settles):
    assert "The reading of charts_again, as it will be (0.45 bits)" in settles.title
    assert "3 of 5 coming observations" in settles.title
    assert "from 0.15 for Lambert to 0.67 for Yudkowsky, a double crux of 2 pairs" in settles.alt


def test_nothing_is_drawn_of_no_signals(settles):
    with pytest.raises(ValueError, match="no signal"):
        settle.picture(settles.data.iloc[:0], event="LOOP", day=DAY)


@pytest.fixture(scope="module")
def apart():
    views = [kept(name, view).view for name in ("clark", "krier", "lambert", "yudkowsky", "drexler")
             for view in ("stated", "updated")]  # fmt: skip
    table = crux_map.pair_gaps(views, "LOOP")
    return table.assign(updated=table["updated"] * np.linspace(0.4, 1.1, len(table)))


def test_who_differs_from_whom_can_be_read_at_both_widths(apart):
    layout_checks.holds(gaps.picture(apart, event="LOOP", by=DAY))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_cell_is_the_darker_the_farther_apart_two_are(apart, width):
    drawn = by_gid(gaps.picture(apart, event="LOOP", by=DAY).draw(width))
    cells = [
        (row[view], drawn[f"{row['a']}-{row['b']}-{view}"].get_facecolor()[0])
        for row in apart.to_dict(orient="records")
        for view in ("stated", "updated")
    ]
    greys = [grey for _, grey in sorted(cells)]
    assert greys == sorted(greys, reverse=True)
    assert greys[-1] == pytest.approx(1.0 - gaps.DARKEST)


def test_words_about_gaps_have_the_numbers(apart):
    picture = gaps.picture(apart, event="LOOP", by=DAY)
    most = apart.loc[apart["stated"].idxmax()]
    names = [style.name_of(most[side]) for side in ("a", "b")]
    assert f"as stated {names[0]} and {names[1]}, {100 * most['stated']:.0f} points" in picture.title
    for row in apart.to_dict(orient="records"):
        assert f"{100 * row['stated']:.0f} to {100 * row['updated']:.0f}" in picture.alt
