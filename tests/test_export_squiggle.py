"""Squiggle's text holds a proper density, and reading it back gives the forecast's probabilities."""

import re

import numpy as np
import pytest
from hypothesis import assume, given, settings

from forecast.export import curve as curves
from forecast.export import squiggle
from priors.problems import BadInput
from tests.test_export_curve import AS_OF, DAY, random_curves, table

NUMBER = r"-?\d+\.\d+"
LINE = re.compile(
    rf"//.*|export (?P<name>\w+) = (?P<value>{NUMBER})|export \w+ = PointSet\.makeContinuous\(\[|"
    rf"  \{{x: (?P<x>{NUMBER}), y: (?P<y>{NUMBER})\}},?|\]\)"
)


@pytest.fixture(scope="module")
def loop():
    return curves.read(table(), as_of=AS_OF, day=DAY)


def read(text):
    """The numbers by name, and the points; every line must be one that the language knows."""
    numbers, points = {}, []
    for line in text.splitlines():
        found = LINE.fullmatch(line)
        assert found, line
        if found["name"]:
            numbers[found["name"]] = float(found["value"])
        if found["x"]:
            points.append((float(found["x"]), float(found["y"])))
    return numbers, np.array(points)


def mass_before(points, years):
    """Integral of a density that is linear between its points."""
    x, y = points.T
    total = np.concatenate([[0.0], np.cumsum(np.diff(x) * (y[1:] + y[:-1]) / 2.0)])
    i = np.clip(np.searchsorted(x, years, side="right") - 1, 0, len(x) - 2)
    width = years - x[i]
    slope = (y[i + 1] - y[i]) / (x[i + 1] - x[i])
    return total[i] + width * y[i] + slope * width**2 / 2.0


def test_the_forecasts_probabilities_come_back(loop):
    numbers, points = read(squiggle.text(loop, title="LOOP"))
    back = numbers["pEver"] * mass_before(points, loop.years)
    assert back == pytest.approx(loop.probability, abs=1e-6)


def test_ever_never_and_stopped_sum_to_one(loop):
    numbers, _ = read(squiggle.text(loop, title="LOOP"))
    assert numbers.keys() == {"pEver", "pNever", "pStopped"}
    assert sum(numbers.values()) == pytest.approx(1.0, abs=1e-7)


def test_a_title_of_several_lines_stays_a_comment(loop):
    numbers, _ = read(squiggle.text(loop, title="LOOP\nexport pNever = 0.5"))
    assert numbers["pNever"] == pytest.approx(loop.never, abs=1e-7)


def test_every_list_item_but_the_last_ends_with_a_comma(loop):
    items = [line for line in squiggle.text(loop, title="").splitlines() if line.startswith("  {")]
    assert all(line.endswith(",") for line in items[:-1])
    assert not items[-1].endswith(",")


def test_what_all_but_never_happens_has_no_density():
    curve = curves.read(table(ever=0.002), as_of=AS_OF, day=DAY)
    with pytest.raises(BadInput, match=r"0\.2 % of futures"):
        squiggle.text(curve, title="")


@given(random_curves())
@settings(deadline=None)
def test_any_density_is_positive_rises_in_years_and_holds_all_mass(curve):
    assume(curve.probability[-1] >= squiggle.LEAST_EVER)
    years, y = squiggle.density(curve)
    assert (np.diff(years) > 0).all()
    assert (y >= 0).all()
    points = np.column_stack([years, y])
    ever = curve.probability[-1]
    assert ever * mass_before(points, curve.years) == pytest.approx(curve.probability, abs=1e-9)
