"""Draws per CPU-second to 2100 at monthly midpoint steps in double precision, and against plain NumPy."""

from __future__ import annotations

import numpy as np

import priors
from benchmarks import plain, timing
from forecast import kernels
from forecast.mechanism import HISTORY_START
from forecast.simulation import HORIZON, MOST_STEPS, SNAPSHOT_YEARS

PEERS = {"Davidson-Houlden": 8200.0, "AI 2027": 82.0, "Kwa": 22.0, "AI Futures": 0.5}
"""Draws per CPU-second of published simulations, measured elsewhere on a machine of this kind; models differ."""


def measure(*, quick: bool) -> dict[str, float]:
    """Speeds over the priors of all worldviews together. Plain NumPy steps the same draws at the same steps, all
    abreast, and is not asked for any dates."""
    inputs = [plain.kernel_input(view, 500, seed=1) for view in priors.load_all().values()]
    draws, asi = np.concatenate([d for d, _ in inputs]), np.concatenate([a for _, a in inputs])
    quiet, simulate = np.zeros((len(draws), 120)), kernels.forward()

    def compiled() -> object:
        return simulate(draws, asi, quiet, 2026.0, HISTORY_START, HORIZON, SNAPSHOT_YEARS, MOST_STEPS)

    few = draws[::5] if quick else draws
    ours = len(draws) / timing.cpu_seconds(compiled, at_least=0.5 if quick else 3.0)
    theirs = len(few) / timing.cpu_seconds(lambda: plain.path(few, end=HORIZON, keep=False), at_least=0.0, warm=True)
    return {
        "draws_per_cpu_second": ours,
        "plain_numpy_draws_per_cpu_second": theirs,
        "ratio_to_plain_numpy": ours / theirs,
        **{f"ratio_to_{name}": ours / speed for name, speed in PEERS.items()},
    }
