"""Figures of the track record show their tables, with the range over encodings and never beside every date."""

from itertools import pairwise

import pandas as pd
import pytest

from cruxes.figures import record
from cruxes.figures.spoken import percent
from tests.figure_checks import assert_is_legible, assert_is_the_same_each_time, by_gid, drawn

WIDTHS = ("narrow", "wide")
NAMES = ("clark", "drexler", "krier", "lambert", "yudkowsky", "trend")


def totals():
    lines = []
    for i, name in enumerate(NAMES):
        for which in record.SELECTIONS:
            gain = 0.0 if name == "trend" else 2.0 - i
            lines.append({"worldview": name, "selection": which, "rows_common": 40, "difference": gain,
                          "difference_mcse": 0.3, "difference_low": gain - 1.5, "difference_high": gain + 1.5})  # fmt: skip
    return pd.DataFrame(lines)


def coverage():
    return pd.DataFrame([
        {"clock": clock, "stand": stand, "kind": kind, "outcomes": 20, "censored": 2, "level": level,
         "covered": level - 0.1, "low": level - 0.3, "high": min(level + 0.05, 1.0)}
        for clock in record.CLOCKS for stand in ("2025-12-31", "all") for kind in record.KINDS for level in (0.5, 0.8, 0.9)
    ])  # fmt: skip


def headlines():
    return pd.DataFrame([
        {"worldview": name, "event": event, "without": left, "p": 0.2 + 0.1 * i - (0.08 if left == "share" else 0.0),
         "mcse": 0.01, "never": 0.04, "stopped": 0.05}
        for i, name in enumerate(NAMES) for event in ("LOOP", "SWX3") for left in ("", "share", "horizon")
    ])  # fmt: skip


def history():
    return pd.DataFrame([
        {"worldview": name, "day": day, "event": event, "p": 0.3 + 0.08 * i + 0.01 * j, "mcse": 0.01, "never": 0.05,
         "stopped": 0.1, "rows": 3 * j, "how": "fitted"}
        for i, name in enumerate(NAMES) for event in ("LOOP", "SWX3")
        for j, day in enumerate(("2025-10-01", "2026-01-01", "2026-04-01", "2026-11-21"))
    ])  # fmt: skip


PICTURES = {
    "scores": lambda: record.scores(totals()),
    "coverage": lambda: record.coverage(coverage()),
    "without": lambda: record.without(headlines(), event="LOOP"),
    "history": lambda: record.history(history(), event="LOOP"),
}
pictures = pytest.mark.parametrize("picture", PICTURES)


def test_scores_stand_at_their_difference_with_the_range_of_fair_encodings():
    found = by_gid(drawn(record.scores(totals())))
    for row in totals().query("worldview != 'trend'").to_dict(orient="records"):
        name = f"{row['worldview']}-{row['selection']}"
        assert found[f"score-{name}"].get_xdata()[0] == row["difference"]
        assert list(found[f"range-{name}"].get_xdata()) == [row["difference_low"], row["difference_high"]]
    assert not any("trend" in name for name in found)


def test_the_title_counts_who_did_better_and_whose_sign_is_open():
    picture = record.scores(totals())
    whole = totals().query("selection == 'all' and worldview != 'trend'")
    better = (whole["difference"] > 0).sum()
    unsure = ((whole["difference_low"] < 0) & (whole["difference_high"] > 0)).sum()
    assert picture.title.startswith(f"{better} of 5 ")
    assert f"for {unsure} the sign" in picture.title


def test_coverage_is_drawn_for_all_stands_together():
    found = by_gid(drawn(record.coverage(coverage())))
    for clock in record.CLOCKS:
        for kind in record.KINDS:
            assert found[f"covered-{clock}-{kind}"].get_ydata() == pytest.approx([40.0, 70.0, 80.0])


def test_each_headline_stands_with_and_without_its_streams_and_never_beside_it():
    picture = record.without(headlines(), event="LOOP")
    figure = drawn(picture)
    found = by_gid(figure)
    for row in headlines().query("event == 'LOOP'").to_dict(orient="records"):
        assert found[f"without-{row['worldview']}-{row['without']}"].get_xdata()[0] == pytest.approx(100 * row["p"])
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert all(f"({percent(0.04)})" in label for label in labels)
    assert "-8 to -8 points" in picture.title


def test_a_history_is_drawn_day_by_day_and_ends_with_never():
    picture = record.history(history(), event="LOOP")
    figure = drawn(picture)
    found = by_gid(figure)
    for name in NAMES:
        own = history().query("worldview == @name and event == 'LOOP'")
        assert found[f"history-{name}"].get_ydata() == pytest.approx(100 * own["p"].to_numpy())
        assert picture.alt.count("never") == len(NAMES)
    ends = [text.get_text() for text in figure.axes[0].texts]
    assert len(ends) == len(NAMES)
    assert all(f"({percent(0.05)})" in text for text in ends)


def test_names_at_the_ends_of_lines_lie_apart():
    found = record._apart([10.0, 10.5, 11.0, 80.0])
    assert all(b - a >= 5.9 for a, b in pairwise(found))
    assert record._apart([10.0, 50.0]) == [10.0, 50.0]


@pictures
@pytest.mark.parametrize("width", WIDTHS)
def test_it_can_be_read(picture, width):
    assert_is_legible(PICTURES[picture](), width)


@pictures
def test_it_is_the_same_each_time(picture):
    assert_is_the_same_each_time(PICTURES[picture](), "wide")
