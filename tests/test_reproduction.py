"""Published results of others that our mechanism contains as special cases, computed by our own code."""

import numpy as np
import pytest

from cruxes import special_cases
from forecast.mechanism import LN10


def test_kwa_99_percent_automation():
    found = np.quantile(special_cases.kwa(), (0.1, 0.5, 0.9))
    np.testing.assert_allclose(found, special_cases.KWA, rtol=0, atol=0.5)


def test_davidson_and_houlden_years_in_one_given_full_automation():
    at = special_cases.davidson_houlden()
    np.testing.assert_allclose(at["LOOP"], 2026.0, rtol=0, atol=0.2)
    assert 0.52 <= np.isfinite(at["SWX3"]).mean() <= 0.66
    assert 0.13 <= np.isfinite(at["SWX10"]).mean() <= 0.25


@pytest.mark.parametrize(("level", "low", "high"), [(3.0, 0.52, 0.66), (10.0, 0.13, 0.25)])
def test_davidson_and_houlden_hold_without_the_simulation_too(level, low, high):
    """The same law at f = 1 integrated over software gained, dt = du / rate: no stepping in time, no kernel."""
    n, du = 4000, 0.05
    rng = np.random.default_rng(3)
    g = 0.5 * LN10
    boost, r, kappa = (np.exp(rng.uniform(np.log(a), np.log(b), n)) for a, b in ((2, 32), (0.4, 3.6), (0.15, 0.6)))
    ceiling = rng.uniform(6.0, 16.0, n) * LN10
    t, times = np.zeros(n), [np.zeros(n)]
    for i in range(int(16.0 * LN10 / du) + 400):
        u = i * du - g * t
        room = np.maximum(1.0 - u / ceiling, 0.0)
        rate = np.maximum(g * boost * np.exp(np.minimum(kappa * (1.0 - 1.0 / r) * u, 12.0)) * room, g)
        t = t + du / rate
        times.append(t)
    span = round(level * 2.0 * g / du)
    arrived = np.array(times)
    within = (arrived[span:] - arrived[:-span]).min(axis=0) < 1.0
    assert low <= within.mean() <= high
