"""The only caller of a sampler: a prior and rows in, converged draws out, or an error that carries the table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from forecast import coordinates, model, parameters, rows
from forecast.namespaces import NumPy
from forecast.parameters import VECTOR, Prior
from forecast.rows import Blocks

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

type Sampler = Literal["nutpie", "pymc"]

CHAINS, CORES = 4, 2
DRAWS, TUNE = 1000, 500
TARGET_ACCEPTANCE = (0.98, 0.99, 0.998)
"""The second and third are retries, with twice the draws."""

LARGEST_R_HAT = 1.01
LEAST_ESS = 400.0
LARGEST_DIVERGENT_SHARE = 0.001
LEAST_E_BFMI = 0.3


class NotConverged(RuntimeError):
    """A fit that must not be published. ``table`` has one row per parameter, ``faults`` what failed, in words."""

    def __init__(self, table: pd.DataFrame, faults: tuple[str, ...]) -> None:
        self.table, self.faults = table, faults
        worst = table.sort_values("r_hat", ascending=False).head(8).to_string()
        super().__init__(f"the fit did not converge: {'; '.join(faults)}. Worst parameters:\n{worst}")


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """``z``, ``eta``: draws (n, len(VECTOR)), chains one after the other; ``table``: r_hat, ess_bulk, ess_tail by name."""

    z: np.ndarray
    eta: np.ndarray
    table: pd.DataFrame
    diagnostics: dict[str, float]


@cache
def _compiled() -> Any:
    """The graph compiled for nutpie, once a process; ``fastmath`` off so that a first and a cached run agree."""
    import nutpie
    import pytensor

    pytensor.config.numba__fastmath = False
    return nutpie.compile_pymc_model(_example())


def _example() -> Any:
    """The model with some beliefs and no rows: shapes are all that compiling needs."""
    return model.build(parameters.broad(2026.0), _no_rows())


def _no_rows() -> Blocks:
    from datetime import date

    from forecast.evidence import ledger

    return rows.blocks(rows.known_by(ledger.read(), date(1990, 1, 1)))


def _sample(prior: Prior, blocks: Blocks, *, seed: int, target: float, draws: int, sampler: Sampler) -> xr.DataTree:
    values = model.data(prior, blocks)
    if sampler == "pymc":
        import pymc as pm

        with model.build(prior, blocks):
            return pm.sample(
                draws=draws, tune=TUNE, chains=CHAINS, cores=1, random_seed=seed, nuts_sampler="pymc",
                nuts={"target_accept": target}, progressbar=False,
            )  # fmt: skip
    return _nutpie(values, seed=seed, chains=CHAINS, cores=CORES, tune=TUNE, draws=draws, target=target)


def _nutpie(
    values: dict[str, Any], *, seed: int, chains: int, cores: int, tune: int, draws: int, target: float
) -> xr.DataTree:
    import nutpie

    return nutpie.sample(
        _compiled().with_data(**values), draws=draws, tune=tune, chains=chains, cores=cores, seed=seed,
        target_accept=target, adaptation="low_rank", progress_bar=False,
    )  # fmt: skip


def draw(
    prior: Prior, blocks: Blocks, *, seed: int, chains: int, tune: int, draws: int, target: float
) -> tuple[np.ndarray, float]:
    """Chains of a length of one's own, by nutpie on one core, with no gate: not for publication.

    Returns the sampler's coordinates (chains, draws, len(VECTOR)), which `coordinates.standard_normals` turns into
    standard normals, and the share of divergent draws.
    """
    values = model.data(prior, blocks)
    tree = _nutpie(values, seed=seed, chains=chains, cores=1, tune=tune, draws=draws, target=target)
    return np.asarray(tree["posterior"]["y"]), float(np.asarray(tree["sample_stats"]["diverging"]).mean())


def diagnose(tree: Any) -> tuple[pd.DataFrame, dict[str, float], tuple[str, ...]]:
    """Per-parameter diagnostics, totals, and what of the gate fails, in words."""
    import arviz as az
    import pandas as pd

    z = tree["posterior"]["y"]
    r_hat = az.rhat(z)
    table = pd.DataFrame(
        {
            "r_hat": np.asarray(r_hat),
            "ess_bulk": np.asarray(az.ess(z, method="bulk")),
            "ess_tail": np.asarray(az.ess(z, method="tail")),
        },
        index=list(VECTOR),
    )
    stats = tree["sample_stats"]
    divergent = float(np.asarray(stats["diverging"]).mean())
    energy = np.asarray(stats["energy"])
    bfmi = float((np.square(np.diff(energy, axis=1)).mean(axis=1) / energy.var(axis=1)).min())
    totals = {
        "r_hat": float(table["r_hat"].max()),
        "ess_bulk": float(table["ess_bulk"].min()),
        "ess_tail": float(table["ess_tail"].min()),
        "divergent_share": divergent,
        "e_bfmi": bfmi,
    }
    faults = []
    if totals["r_hat"] > LARGEST_R_HAT:
        faults.append(f"R-hat {totals['r_hat']:.3f} above {LARGEST_R_HAT}")
    for kind in ("ess_bulk", "ess_tail"):
        if totals[kind] < LEAST_ESS:
            faults.append(f"{kind} {totals[kind]:.0f} below {LEAST_ESS:.0f}")
    if divergent > LARGEST_DIVERGENT_SHARE:
        faults.append(f"{100 * divergent:.2f} % of draws divergent, above {100 * LARGEST_DIVERGENT_SHARE} %")
    if bfmi < LEAST_E_BFMI:
        faults.append(f"E-BFMI {bfmi:.2f} below {LEAST_E_BFMI}")
    return table, totals, tuple(faults)


def fit(prior: Prior, blocks: Blocks, *, seed: int, sampler: Sampler = "nutpie", draws: int = DRAWS) -> Posterior:
    """Draw from the posterior; up to two retries with shorter steps and twice the draws.

    Raises NotConverged, with the table, where the gate fails each time.
    """
    for attempt, target in enumerate(TARGET_ACCEPTANCE):
        tree = _sample(
            prior, blocks, seed=seed + attempt, target=target, draws=draws * min(attempt + 1, 2), sampler=sampler
        )
        table, totals, faults = diagnose(tree)
        if not faults:
            break
    else:
        raise NotConverged(table, faults)
    y = np.asarray(tree["posterior"]["y"]).reshape(-1, len(VECTOR))
    z = coordinates.standard_normals(y, prior.matrix(), coordinates.pivot(blocks))
    return Posterior(z=z, eta=values_of(z, prior), table=table, diagnostics=totals | {"attempts": attempt + 1.0})


def values_of(z: np.ndarray, prior: Prior) -> np.ndarray:
    """Unconstrained values (n, len(VECTOR)) of standard normals under a prior."""
    return np.asarray(parameters.unconstrained(z, prior.matrix(), NumPy, matmul=lambda z, mixing: z @ mixing.T))
