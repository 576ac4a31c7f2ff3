"""The vector that is sampled: crux variables, shared growth, and the parameters of the measuring, in one order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import priors
from forecast.mechanism import LN10, PAST, WALK, sigmoid
from forecast.observations import MEASUREMENTS
from priors.elicit import STEEPNESS, Elicited

CRUXES = tuple(name for name, v in priors.variables().items() if v.role is priors.Role.TRAJECTORY)
SHARED = tuple(name for name, v in priors.variables().items() if v.role is priors.Role.SHARED)
MEASURING = tuple(m.name for m in MEASUREMENTS)
NUISANCE = SHARED + WALK + MEASURING
"""What the rows before an as-of date may fit: everything that is not a belief."""

VECTOR = CRUXES + NUISANCE

WALK_SD = (np.log(0.4), 0.4)
"""Location and scale of ln walk_sd: METR's models since 2023 leave a straight line by about that much."""


@dataclass(frozen=True, kw_only=True)
class Prior:
    """Unconstrained values as location plus a mixing of standard normals: eta = loc + scale zc + jump S(8 (zc - z0)).

    zc = mixing @ z, with z standard normal of length len(VECTOR); S is the logistic function, and a jump makes two
    humps. All arrays are in the order of `VECTOR`. ``t_asof`` is the date of the human residual, in decimal years.
    """

    loc: np.ndarray
    scale: np.ndarray
    jump: np.ndarray
    z0: np.ndarray
    mixing: np.ndarray
    t_asof: float

    def matrix(self) -> np.ndarray:
        """Columns loc, scale, jump, z0, then the mixing: one array, because each costs the compiler a second."""
        return np.column_stack([self.loc, self.scale, self.jump, self.z0, self.mixing])


def of_beliefs(beliefs: Mapping[str, Elicited], correlation: np.ndarray, t_asof: float) -> Prior:
    """Beliefs over the cruxes (``correlation`` is their lower factor) with the broad priors of everything else."""
    shared = priors.elicit_all(priors.shared(), priors.variables())
    every = [*(beliefs[n] for n in CRUXES), *(shared[n] for n in SHARED)]
    mixing = np.eye(len(VECTOR))
    mixing[: len(CRUXES), : len(CRUXES)] = correlation
    pad = np.zeros(len(WALK) + len(MEASURING))
    shocks = len(WALK) - 1
    return Prior(
        loc=np.array([*(e.loc for e in every), WALK_SD[0], *([0.0] * shocks), *(m.loc for m in MEASUREMENTS)]),
        scale=np.array([*(e.scale for e in every), WALK_SD[1], *([1.0] * shocks), *(m.scale for m in MEASUREMENTS)]),
        jump=np.concatenate([[e.jump for e in every], pad]),
        z0=np.concatenate([[e.z0 for e in every], pad]),
        mixing=mixing,
        t_asof=t_asof,
    )


def of_worldview(worldview: priors.Worldview) -> Prior:
    """A person's beliefs, with broad priors for what nobody disputes (before any evidence)."""
    return of_beliefs(worldview.elicited(), worldview.cholesky(CRUXES), worldview.as_of_year)


def broad(t_asof: float) -> Prior:
    """Nobody's beliefs: the envelope under which the rows before an as-of date fit the nuisance parameters."""
    beliefs = priors.elicit_all(priors.broad(), priors.variables())
    return of_beliefs(beliefs, np.eye(len(CRUXES)), t_asof)


def with_nuisance(prior: Prior, mean: np.ndarray, factor: np.ndarray) -> Prior:
    """The same beliefs with the nuisance parameters at a fitted mean and Cholesky factor (order of `NUISANCE`)."""
    first = len(CRUXES)
    loc, scale, mixing = prior.loc.copy(), prior.scale.copy(), prior.mixing.copy()
    loc[first:], scale[first:] = mean, 1.0
    mixing[first:, first:] = factor
    return replace(prior, loc=loc, scale=scale, mixing=mixing)


def unconstrained(z: Any, matrix: Any, xp: Any, *, matmul: Any) -> Any:
    """eta of standard normals z under `Prior.matrix`; ``matmul(z, mixing)`` applies the mixing to the last axis."""
    loc, scale, jump, z0 = (matrix[:, i] for i in range(4))
    zc = matmul(z, matrix[:, 4:])
    return loc + scale * zc + jump * sigmoid(STEEPNESS * (zc - z0), xp)


def natural(eta: Mapping[str, Any], xp: Any) -> dict[str, Any]:
    """What the mechanism and the observation models read, by name, from unconstrained values by name.

    Horizons stay in ln hours; ``logit_rho0``, ``ln_boost`` and ``headroom`` (nats) are in the mechanism's own form.
    """
    q = {
        "theta": eta["theta"],
        "omega": xp.exp(eta["omega"]),
        "logit_rho0": eta["rho0"],
        "tau_rho": xp.exp(eta["tau_rho"]),
        "ln_boost": xp.log1p(xp.exp(eta["boost"])),
        "kappa": sigmoid(eta["kappa"], xp),
        "r": xp.exp(eta["r"]),
        "phi0": sigmoid(eta["phi0"], xp),
        "phi1": 2.0 * sigmoid(eta["phi1"], xp) - 1.0,
        "headroom": xp.exp(eta["H"]) * LN10,
        "tau": xp.exp(eta["tau"]),
        "gap": xp.exp(eta["gap"]),
        "g_s": xp.exp(eta["g_s"]),
        "g_c": xp.exp(eta["g_c"]),
        "a": eta["a"],
        "b": xp.exp(eta["b"]),
        "walk_sd": xp.exp(eta["walk_sd"]),
        **{name: eta[name] for name in WALK[1:]},
    }
    return q | {m.name: xp.exp(eta[m.name]) if m.positive else eta[m.name] for m in MEASUREMENTS}


READ = (*PAST[:-1], "gap", *MEASURING)
"""Names of `natural` in the order in which compiled code takes them; ``t_asof`` travels beside them."""


def by_name(eta: Any, names: Sequence[str] = VECTOR) -> dict[str, Any]:
    """Split the last axis; columns of draws keep an axis of length one so that they broadcast over rows."""
    if isinstance(eta, np.ndarray) and eta.ndim > 1:
        return {name: eta[..., i : i + 1] for i, name in enumerate(names)}
    return {name: eta[i] for i, name in enumerate(names)}
