"""The difference of two forecasts, as somebody reads it in a pull request."""

import pandas as pd
import pytest

from forecast.export import words


def rows(worldview="krier", event="LOOP", *, by=0.31, never=0.12, error=0.005, view="updated", without=""):
    same = {"worldview": worldview, "view": view, "without": without, "event": event, "mcse": error}
    return pd.DataFrame(
        [
            {**same, "output_type": "cdf", "output_type_id": "2030-12-31", "value": by},
            {**same, "output_type": "cdf", "output_type_id": "2035-12-31", "value": 0.99},
            {**same, "output_type": "never", "output_type_id": "", "value": never},
        ]
    )


def test_a_move_is_a_sentence_with_both_numbers():
    said = words.difference(rows(), rows(by=0.36, never=0.10))
    assert said == "LOOP by 2030 after Krier: 31 -> 36 % (never 12 -> 10 %)."


def test_two_equal_tables_say_that_nothing_moved():
    assert words.difference(rows(), rows()) == words.NOTHING


@pytest.mark.parametrize(("by", "moved"), [(0.322, False), (0.326, True), (0.298, False), (0.294, True)])
def test_a_move_within_its_monte_carlo_error_is_none(by, moved):
    assert (words.difference(rows(), rows(by=by)) != words.NOTHING) == moved


def test_never_alone_can_move():
    said = words.difference(rows(), rows(never=0.20))
    assert said == "LOOP by 2030 after Krier: 31 % (never 12 -> 20 %)."


def test_a_move_that_whole_numbers_would_hide_gets_a_decimal():
    said = words.difference(rows(error=0.0001), rows(by=0.313, error=0.0001))
    assert "31.0 -> 31.3 %" in said


def test_a_probability_is_never_rounded_to_certainty():
    said = words.difference(rows(never=0.004), rows(by=0.997, never=0.0))
    assert said == "LOOP by 2030 after Krier: 31 -> >99 % (never <1 -> 0 %)."


def test_one_sentence_for_each_worldview_and_headline_that_moved():
    before = pd.concat([rows(name, event) for name in ("krier", "clark") for event in ("LOOP", "SWX3", "RE")])
    after = before.assign(value=before["value"] * 0.5)
    said = words.difference(before, after).splitlines()
    assert [line.partition(":")[0] for line in said] == [
        "LOOP by 2030 after Krier",
        "LOOP by 2030 after Clark",
        "SWX3 by 2030 after Krier",
        "SWX3 by 2030 after Clark",
    ]


@pytest.mark.parametrize("other", [{"view": "stated"}, {"without": "share"}])
def test_stated_views_and_variants_are_not_headlines(other):
    before = pd.concat([rows(), rows(by=0.1, **other)])
    after = pd.concat([rows(), rows(by=0.9, **other)])
    assert words.difference(before, after) == words.NOTHING


def test_a_worldview_that_comes_or_goes_is_named():
    assert words.difference(rows("clark"), rows("krier")) == "Krier is new.\nClark is no longer there."
