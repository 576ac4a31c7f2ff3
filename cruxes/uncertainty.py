"""Within one worldview: which crux its uncertainty about an event hangs on.

Two readings of the same draws. The chance of the event where a crux is low and where it is high (near its own 10 % and
90 % points), everything linked to it moving along. And the information, in bits, that knowing the crux would give about
whether the event happens: it counts interactions, unlike first-order shares of variance, and holds for dependent
cruxes. Cruxes that work together, or are linked, each count what they share, so bits do not add up.
"""

from __future__ import annotations

from datetime import date
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
from scipy.special import ndtri

import priors
from cruxes.blocks import NAMES, OWNER
from forecast.functionals import happened_by
from forecast.parameters import SHARED, VECTOR
from forecast.view import View

BINS = 20
GROUPS = 10
"""Consecutive draws that are left out together, for standard errors."""

LOW, HIGH = (0.05, 0.15), (0.85, 0.95)
"""Between which weighted ranks a value is near its 10 % and its 90 % point."""

DRAWN_AS = {"A": "kept", "J": "jump"}
"""Chances whose draw has a name of its own in `Futures.values`; psi has not, and pi_never is within T_par."""


def tornado(view: View, event: str, by: date) -> pd.DataFrame:
    """One row for each crux variable, and one for each crux as a whole (variable ""), most bits first.

    Columns crux, name, variable, low, high (the variable near its 10 % and 90 % points, in its own unit; for a chance
    0 and 1), p_low, p_high (P(event by ``by``) there), bits, share (of the bits that the event has), mcse (of bits).
    A crux as a whole is read along the direction, linear and quadratic in its variables, that tells most of the event.
    """
    happens = happened_by(view, event, by).astype(float)
    entropy = _entropy(view.weights @ happens)
    drawn = variables(view)
    found = []
    for crux in NAMES:
        own = {name: column for name, column in drawn.items() if OWNER[name] == crux}
        if not own:
            continue
        ranks = {name: _ranks(column, view.weights) for name, column in own.items()}
        score = _score(list(ranks.values()), happens, view.weights) if len(own) > 1 else next(iter(own.values()))
        for name, column in {"": score, **own}.items():
            rank = _ranks(column, view.weights)
            at = [_near(column, rank, band, view.weights) for band in (LOW, HIGH)]
            (p_low, p_high), (low, high) = zip(
                *[_at(happens, column, view.weights, where) for where in at], strict=True
            )
            bits, error = information(column, happens, view.weights)
            if name == "":
                low = high = np.nan
            found.append((crux, NAMES[crux], name, low, high, p_low, p_high, bits,
                          bits / entropy if entropy > 0.0 else 0.0, error))  # fmt: skip
    table = pd.DataFrame(
        found,
        columns=["crux", "name", "variable", "low", "high", "p_low", "p_high", "bits", "share", "mcse"],
    )  # fmt: skip
    return table.sort_values("bits", ascending=False, kind="stable").reset_index(drop=True)


def variables(view: View) -> dict[str, np.ndarray]:
    """Every variable (n,) as it was drawn, in its own unit; chances as 0 or 1."""
    found = {}
    for name in priors.variables():
        if name in SHARED:
            found[name] = view.eta[:, VECTOR.index(name)]
        elif (drawn := DRAWN_AS.get(name, name)) in view.futures.values:
            found[name] = view.futures.values[drawn]
    return found


def information(column: np.ndarray, happens: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Bits that a variable (n,) tells of an event (n,) of zeros and ones, and the standard error.

    From BINS of equal weight, or the two values of a chance, less what as many bins find in noise (Miller and Madow).
    """
    place = _bins(column, weights)
    groups = np.repeat(np.arange(GROUPS), np.diff(np.linspace(0, len(place), GROUPS + 1).astype(int)))
    cells = int(place.max()) + 1
    by_group = np.zeros((2, GROUPS, cells))
    for i, weight in enumerate((weights, weights * happens)):
        np.add.at(by_group[i], (groups, place), weight)
    effective = 1.0 / np.sum(weights**2)
    whole = _bits(by_group.sum(axis=1), effective)
    without = [_bits(by_group.sum(axis=1) - by_group[:, g], effective * (1 - 1 / GROUPS)) for g in range(GROUPS)]
    away = np.array(without) - np.mean(without)
    return max(whole, 0.0), float(np.sqrt((GROUPS - 1) / GROUPS * np.sum(away**2)))


def _bits(cells: np.ndarray, draws: float) -> float:
    """``cells`` (2, cells): weight, and weight of the event."""
    mass, hit = cells[0] / cells[0].sum(), cells[1] / cells[0].sum()
    used = mass > 0.0
    given = float(mass[used] @ _entropy(np.clip(hit[used] / mass[used], 0.0, 1.0)))
    return float(_entropy(np.clip(hit.sum(), 0.0, 1.0)) - given - (used.sum() - 1) / (2.0 * draws * np.log(2.0)))


def _entropy(p: np.ndarray | float) -> np.ndarray:
    """Bits of a yes or no."""
    q = np.asarray(p, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(q > 0.0, -q * np.log2(q), 0.0) + np.where(q < 1.0, -(1.0 - q) * np.log2(1.0 - q), 0.0)
    return np.asarray(each)


def _ranks(column: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Middle of each draw's share of the cumulative weight, in (0, 1); equal values share one."""
    _, inverse = np.unique(column, return_inverse=True)
    mass = np.bincount(inverse, weights=weights)
    middle = (np.cumsum(mass) - 0.5 * mass) / mass.sum()
    return np.asarray(middle[inverse])


def _bins(column: np.ndarray, weights: np.ndarray) -> np.ndarray:
    _, inverse = np.unique(_ranks(column, weights) * BINS // 1.0, return_inverse=True)
    return np.asarray(inverse)


def _near(column: np.ndarray, rank: np.ndarray, band: tuple[float, float], weights: np.ndarray) -> np.ndarray:
    """Draws whose rank lies in the band; of a column of few values those of the value that holds the band's middle."""
    if len(np.unique(column)) <= 2:
        return np.asarray(column == (column.min() if band == LOW else column.max()))
    inside = (rank >= band[0]) & (rank <= band[1])
    if inside.any():
        return inside
    return np.asarray(column == column[np.argmin(np.abs(rank - 0.5 * (band[0] + band[1])))])


def _at(happens: np.ndarray, column: np.ndarray, weights: np.ndarray, where: np.ndarray) -> tuple[float, float]:
    """P(event) and the middle value among some draws."""
    mass = weights[where].sum()
    order = np.argsort(column[where], kind="stable")
    middle = min(int(np.searchsorted(np.cumsum(weights[where][order]), 0.5 * mass)), len(order) - 1)
    return float(weights[where] @ happens[where] / mass), float(column[where][order][middle])


def _score(ranks: list[np.ndarray], happens: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What several variables together say of the event (n,): each half of the draws by a regression on the other half."""
    normal = [ndtri(np.clip(r, 1e-6, 1.0 - 1e-6)) for r in ranks]
    pairs = combinations_with_replacement(normal, 2)
    design = np.column_stack([np.ones(len(happens)), *normal, *(a * b for a, b in pairs)])
    score = np.empty(len(happens))
    half = np.arange(len(happens)) < len(happens) // 2
    for fitted in (half, ~half):
        root = np.sqrt(weights[fitted])
        slope = np.linalg.lstsq(design[fitted] * root[:, None], happens[fitted] * root, rcond=None)[0]
        score[~fitted] = design[~fitted] @ slope
    return score
