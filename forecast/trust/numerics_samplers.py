"""The same posterior by other means: twice the draws, another sampler, and the tempered particles of `forecast.oracle`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from forecast import oracle, sampling, simulation, summary, views
from forecast.functionals import end_of
from forecast.parameters import CRUXES
from forecast.sampling import CHAINS
from forecast.summary import HEADLINE_DAYS
from forecast.trust import bridge
from forecast.trust.bridge import Estimate
from forecast.trust.findings import Finding
from forecast.trust.numerics_fits import Fit, worst
from forecast.view import View
from priors import Worldview

LEVELS = (0.1, 0.5, 0.9)
LARGEST_ERRORS = 4.0
"""Combined Monte Carlo errors. Were they normal, 240 numbers at this bound would raise a false alarm in 1.5 %."""

LEAST_ORACLE_ESS = 2000.0
LEAST_HITS = 10.0
"""Effective draws on the rarer side of a probability, below which its error is no standard error."""

ANOTHER_SEED = 1000


def quantities(eta: np.ndarray, worldview: Worldview, *, seed: int) -> pd.DataFrame:
    """Quantiles of each crux (unconstrained scale) and P(LOOP by 2030), before any tilt, with Monte Carlo errors.

    ``eta`` (n, len(VECTOR)) has its chains one after the other; particles count as such, see `oracle_ess`.
    Columns quantity, level (nan for the probability), value, mcse.
    """
    import arviz as az

    cruxes = _by_chain(eta)[..., : len(CRUXES)]
    loop = simulation.simulate(eta, worldview, seed=seed).observed("LOOP") < end_of(HEADLINE_DAYS[1])
    by_2030 = _by_chain(loop[:, None].astype(float))
    found = [
        pd.DataFrame(
            {
                "quantity": CRUXES,
                "level": level,
                "value": np.quantile(eta[:, : len(CRUXES)], level, axis=0),
                "mcse": np.asarray(az.mcse(cruxes, method="quantile", prob=level)),
            }
        )
        for level in LEVELS
    ]
    error = float(np.asarray(az.mcse(by_2030, method="mean"))[0])
    last = {"quantity": "LOOP by 2030", "level": np.nan, "value": loop.mean(), "mcse": error}
    return pd.concat([*found, pd.DataFrame([last])], ignore_index=True)


def _by_chain(values: np.ndarray) -> np.ndarray:
    """(n, k) as (CHAINS, n / CHAINS, k)."""
    return values.reshape(CHAINS, -1, values.shape[1])


def oracle_ess(eta: np.ndarray) -> np.ndarray:
    """Effective size of particles (n, len(VECTOR)) for each crux: of its mean or of its quantile at one of LEVELS,
    whichever is smallest.

    Resampling keeps particles in the order of their ancestors, so kin stand side by side, and what they still have in
    common shows as autocorrelation along the array.
    """
    import arviz as az

    cruxes = _by_chain(eta)[..., : len(CRUXES)]
    of_quantiles = [np.asarray(az.ess(cruxes, method="quantile", prob=level)) for level in LEVELS]
    return np.min([np.asarray(az.ess(cruxes, method="bulk")), *of_quantiles], axis=0)


def apart(one: pd.DataFrame, two: pd.DataFrame) -> pd.DataFrame:
    """Two tables of `quantities` side by side, and ``errors``: their difference in combined Monte Carlo errors."""
    both = one.assign(other=two["value"], other_mcse=two["mcse"])
    difference, error = both["value"] - both["other"], np.hypot(both["mcse"], both["other_mcse"])
    # with no error to either side (nobody at all closes the loop by then) any difference is too much
    both["errors"] = np.where(difference == 0.0, 0.0, difference / error)
    return both


def agreement(both: pd.DataFrame, *, item: str, what: str) -> Finding:
    """Largest of ``errors``, held against LARGEST_ERRORS."""
    furthest = worst(both, "errors")
    at = "" if np.isnan(furthest["level"]) else f" at {furthest['level']:.0%}"
    return Finding(
        item=item, value=float(abs(furthest["errors"])), unit="Monte Carlo errors", high=LARGEST_ERRORS,
        says=f"{what}: furthest apart of {len(both)} numbers ({furthest['quantity']}{at}), in combined Monte Carlo errors.",
    )  # fmt: skip


def of_oracle(fit: Fit, *, seed: int, particles: int) -> tuple[list[Finding], pd.DataFrame]:
    """The oracle against the sampler on one posterior."""
    worldview, name = fit.view.worldview, fit.view.worldview.name
    found = oracle.sample(fit.stated.prior, fit.blocks, seed=seed, particles=particles - particles % CHAINS)
    ess = oracle_ess(found.eta)
    both = apart(
        quantities(fit.posterior.eta, worldview, seed=seed), quantities(found.eta, worldview, seed=seed + ANOTHER_SEED)
    )
    both["oracle_ess"] = [*np.tile(ess, len(LEVELS)), np.nan]
    findings = [
        agreement(both, item=f"oracle and sampler, {name}", what="Tempered particles against nutpie"),
        Finding(
            item=f"effective particles, {name}", value=float(ess.min()), unit="draws", low=LEAST_ORACLE_ESS,
            says=f"Least effective size of the oracle over cruxes, kinship counted ({CRUXES[int(ess.argmin())]}); "
            f"of {particles} particles, {found.moves} moves after their last resampling.",
        ),
    ]  # fmt: skip
    bridged = bridge.log_evidence(fit.posterior.z, fit.stated.prior, fit.blocks, chains=CHAINS, seed=seed)
    findings.append(same_evidence(found, bridged, name=name))
    numbers = {
        "moves": found.moves, "remembered": found.remembered, "log_evidence": found.log_evidence,
        "log_evidence_mcse": found.log_evidence_error, "bridge": bridged.value, "bridge_mcse": bridged.error,
    }  # fmt: skip
    return findings, both.assign(worldview=name, **numbers)


def same_evidence(found: oracle.Oracle, bridged: Estimate, *, name: str) -> Finding:
    """ln of the marginal likelihood by the oracle and by a bridge over the sampler's draws."""
    apart = found.log_evidence - bridged.value
    error = float(np.hypot(found.log_evidence_error, bridged.error))
    return Finding(
        item=f"marginal likelihood, {name}",
        value=abs(apart) / error,
        unit="Monte Carlo errors",
        high=LARGEST_ERRORS,
        says=f"By tempered particles {found.log_evidence:.2f}, by a bridge over the sampler's draws {bridged.value:.2f} "
        f"(error of the difference {error:.2f} nats).",
    )


def of_samplers(fit: Fit, *, seed: int) -> tuple[list[Finding], pd.DataFrame]:
    """PyMC's own NUTS against nutpie on one posterior."""
    worldview, name = fit.view.worldview, fit.view.worldview.name
    other = sampling.fit(fit.stated.prior, fit.blocks, seed=seed, sampler="pymc")
    both = apart(
        quantities(fit.posterior.eta, worldview, seed=seed), quantities(other.eta, worldview, seed=seed + ANOTHER_SEED)
    )
    finding = agreement(both, item=f"PyMC's NUTS and nutpie, {name}", what="Two samplers on one posterior")
    return [finding], both.assign(worldview=name, sampler="pymc")


def numpyro_installed() -> Finding:
    """For information: there is no way from here to NumPyro's sampler."""
    from importlib.util import find_spec

    there = find_spec("numpyro") is not None
    says = "installed, but its sampler cannot call our compiled likelihood" if there else "not installed"
    return Finding(item="NumPyro", value=float(there), unit="installed", says=f"NumPyro: {says}; nothing compared.")


def side_by_side(one: View, two: View, *, draws: tuple[float, float]) -> pd.DataFrame:
    """Rows of `summary.table` of two views of which the second has more ``draws``, with ``errors`` and ``shrinks``, the
    ratio of the printed errors over that which the numbers of draws lead to expect (nan where either is not an error)."""
    found = summary.table(one)
    other = summary.table(two)
    found["other"], found["other_mcse"] = other["value"], other["mcse"]
    effective = min(_effective(one), _effective(two))
    shares = found["output_type"] != "quantile_if_ever"
    rarer = np.minimum(found["value"], 1.0 - found["value"])
    enough = ~shares | (rarer * effective >= LEAST_HITS)
    error = (found["mcse"] ** 2 + found["other_mcse"] ** 2) ** 0.5
    found["errors"] = ((found["other"] - found["value"]) / error.where(error > 0)).where(enough)
    ratio = found["mcse"] / found["other_mcse"].where(found["other_mcse"] > 0)
    found["shrinks"] = (ratio / np.sqrt(draws[1] / draws[0])).where(shares & enough)
    return found


def _effective(view: View) -> float:
    return min(view.effective_draws, view.diagnostics.get("ess_bulk", np.inf))


def of_draws(fit: Fit, *, seed: int, times: int = 2) -> tuple[list[Finding], pd.DataFrame]:
    """Stated and updated view of one worldview against those from ``times`` the draws and another seed."""
    worldview, prior = fit.view.worldview, fit.stated.prior
    other = seed + ANOTHER_SEED
    stated = views.state_from(prior, worldview, seed=other, draws=times * len(fit.stated.view.eta))
    posterior = sampling.fit(prior, fit.blocks, seed=other, draws=times * sampling.DRAWS)
    again = views.update_from(fit.stated, posterior, day=fit.view.day, without=(), seed=other, weigh=fit.weigh)
    findings, tables = [], []
    pairs: tuple[tuple[View, View, Callable[[View], float]], ...] = (
        (fit.stated.view, stated.view, lambda view: float(len(view.eta))),
        (fit.view, again, lambda view: len(view.eta) / views.REPEATS),
    )
    for one, two, count in pairs:
        both = side_by_side(one, two, draws=(count(one), count(two)))
        findings += draw_findings(both, who=f"{worldview.name}, {one.name}")
        tables.append(both)
    return findings, pd.concat(tables, ignore_index=True)


def draw_findings(both: pd.DataFrame, *, who: str) -> list[Finding]:
    """The bounds on what more draws may change. A ratio of two errors, each from an effective size known to a tenth, is
    itself known to 7 %: three times that."""
    furthest = worst(both, "errors")
    compared = int(both["errors"].notna().sum())
    return [
        Finding(
            item=f"twice the draws, {who}", value=float(abs(furthest["errors"])), unit="Monte Carlo errors",
            high=LARGEST_ERRORS,
            says=f"Furthest apart of {compared} numbers ({furthest['event']}, {furthest['output_type']} "
            f"{furthest['output_type_id']}), in combined Monte Carlo errors.",
        ),
        Finding(
            item=f"printed error over draws, {who}", value=float(both["shrinks"].median()), unit="ratio", low=0.79,
            high=1.21,
            says="How much the printed errors of probabilities shrink, over the square root of how many more draws.",
        ),
    ]  # fmt: skip
