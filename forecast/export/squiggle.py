"""A forecast as Squiggle (0.10): when, as a density given that it happens, and the chance that it does not."""

from __future__ import annotations

import numpy as np

from forecast.export.curve import Curve, slope
from priors.problems import BadInput, Problem

PARTS = 8
"""Points per interval of the curve."""
DECIMALS = 8
LEAST_EVER = 0.01
"""Probability of ever, below which a density would rest on a handful of draws."""


def density(curve: Curve) -> tuple[np.ndarray, np.ndarray]:
    """Decimal years (n,) and density per year (n,), piecewise linear, given that the event is seen.

    Its integral up to each date of the curve is what the curve says, and 1 in all. Raises BadInput where the event is
    too rare to have one.
    """
    ever = float(curve.probability[-1])
    if ever < LEAST_EVER:
        found = f"seen by {curve.years[-1]:.0f} in {100 * ever:.2g} % of futures"
        raise BadInput([Problem(file="forecast", where="the event", found=found, expected=f"{100 * LEAST_EVER:.0f} % or more",
                                remedy="Its dates would rest on a handful of draws; use hubverse or csv.")])  # fmt: skip
    years, found_density = [curve.years[:1]], [slope(curve, curve.years[:1])]
    for i, (left, right) in enumerate(zip(curve.years, curve.years[1:], strict=False)):
        x = np.linspace(left, right, PARTS + 1)
        y = slope(curve, x)
        # Scaling the points between the ends makes the mass exact; by PCHIP's limit on slopes the ends never exceed it.
        width = (right - left) / PARTS
        mass = curve.probability[i + 1] - curve.probability[i]
        if (between := width * y[1:-1].sum()) > 0:
            y[1:-1] *= (mass - width * (y[0] + y[-1]) / 2.0) / between
        years.append(x[1:])
        found_density.append(y[1:])
    return np.concatenate(years), np.concatenate(found_density) / ever


def text(curve: Curve, *, title: str) -> str:
    """Squiggle source with pEver, pNever, pStopped and whenIfEver, with a title in comments.

    Raises BadInput as `density` does.
    """
    years, y = density(curve)
    points = ",\n".join(f"  {{x: {_plain(a)}, y: {_plain(b)}}}" for a, b in zip(years, y, strict=True))
    heading = "\n".join(f"// {line}" for line in title.splitlines())
    return (
        f"{heading}\n"
        f"// Seen by {curve.years[-1]:.0f}, neither seen nor stopped, and stopped by a competing event: these sum to 1.\n"
        f"export pEver = {_plain(float(curve.probability[-1]))}\n"
        f"export pNever = {_plain(curve.never)}\n"
        f"export pStopped = {_plain(curve.stopped)}\n"
        "// Decimal years, given that it is seen.\n"
        f"export whenIfEver = PointSet.makeContinuous([\n{points}\n])\n"
    )


def _plain(x: float) -> str:
    """A number that every version of the language reads, without an exponent."""
    return np.format_float_positional(x, precision=DECIMALS, trim="0")
