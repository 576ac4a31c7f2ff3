"""Every worldview at the default settings: the gate passes, and another seed tells the same story."""

from datetime import date

import numpy as np
import pytest

import priors
from forecast import views

TODAY = date(2026, 11, 21)
SEEDS = (1, 2, 3)
NO_DATE = 2100.0


def median_and_error(view):
    """Median date of the loop, capped where it never closes, and its standard error from order statistics."""
    seen = np.minimum(view.futures.observed("LOOP"), NO_DATE)
    effective = min(view.effective_draws / views.REPEATS, view.diagnostics["ess_bulk"])
    aside = 0.5 / np.sqrt(effective)
    low, middle, high = (view.quantile(seen, level) for level in (0.5 - aside, 0.5, 0.5 + aside))
    return middle, 0.5 * (high - low)


@pytest.mark.slow
@pytest.mark.parametrize("name", priors.load_all())
def test_three_seeds_converge_and_agree_on_the_date_of_the_loop(name, ledger):
    """`sampling.fit` raises where its gate fails twice; medians agree within 0.25 year, or four standard errors."""
    worldview = priors.load(name)
    found = []
    for seed in SEEDS:
        view = views.update(views.state(worldview, ledger, seed=seed), ledger, TODAY, seed=seed)
        assert view.diagnostics["r_hat"] <= 1.01
        found.append((*median_and_error(view), view.diagnostics["attempts"]))
    for i, (one, error, _) in enumerate(found):
        for two, other_error, _ in found[:i]:
            assert abs(one - two) <= max(0.25, 4.0 * np.hypot(error, other_error)), found
