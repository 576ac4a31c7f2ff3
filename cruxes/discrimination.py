"""What an observation would do to two people: inform each of them, and bring them together or apart.

Formulas are those of the Forecasting Research Institute's work on adversarial collaboration, with logarithms to base 10:
value of information is the expected change of a forecast, value of discrimination the expected narrowing of a
disagreement. The latter may be negative: an observation can drive people apart, which is worth knowing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cruxes.clock_bins import Bins
from cruxes.information import Estimate, estimate, left_out


@dataclass(frozen=True, kw_only=True)
class Belief:
    """P(outcome), P(outcome | crux) and P(crux) of one person."""

    outcome: float
    given: float
    crux: float

    @property
    def given_not(self) -> float:
        """P(outcome | not crux); not a number where the three are incoherent."""
        if self.crux >= 1.0:
            return float("nan")
        found = (self.outcome - self.given * self.crux) / (1.0 - self.crux)
        return found if -1e-12 <= found <= 1.0 + 1e-12 else float("nan")


def divergence(p: float, q: float) -> float:
    """Kullback-Leibler, of two chances of one event, log base 10; infinite where q rules out what p allows."""
    if np.isnan(p) or np.isnan(q):
        return float("nan")
    total = 0.0
    for a, b in ((p, q), (1.0 - p, 1.0 - q)):
        if a > 0.0:
            total += a * np.log10(a / b) if b > 0.0 else np.inf
    return float(total)


def symmetric_divergence(p: float, q: float) -> float:
    """Both ways, added."""
    return divergence(p, q) + divergence(q, p)


def voi_log(belief: Belief) -> float:
    """Expected divergence of the forecast after the crux is settled from that before."""
    return sum(
        chance * divergence(after, belief.outcome)
        for chance, after in ((belief.crux, belief.given), (1.0 - belief.crux, belief.given_not))
        if chance > 0.0
    )


def voi_share(belief: Belief) -> float:
    """VOI_PoM: the share of the most that any crux could tell, which is the entropy of the outcome."""
    p = belief.outcome
    most = -sum(x * np.log10(x) for x in (p, 1.0 - p) if x > 0.0)
    return float(voi_log(belief) / most) if most > 0.0 else 0.0


def vod_log(a: Belief, b: Belief) -> float:
    """VOD_log_gmod: how far two forecasts are apart, less how far they will be; P(crux) pooled by the geometric mean of
    the two odds. May be negative."""
    odds = np.sqrt(a.crux / (1.0 - a.crux) * b.crux / (1.0 - b.crux))
    return _narrowing(a, b, float(odds / (1.0 + odds)))


def vod_log_mean(a: Belief, b: Belief) -> float:
    """The same with P(crux) pooled by the arithmetic mean."""
    return _narrowing(a, b, 0.5 * (a.crux + b.crux))


def _narrowing(a: Belief, b: Belief, crux: float) -> float:
    after = crux * symmetric_divergence(a.given, b.given)
    after += (1.0 - crux) * symmetric_divergence(a.given_not, b.given_not)
    return symmetric_divergence(a.outcome, b.outcome) - after


def belief(table: np.ndarray, crux: np.ndarray, *, draws: float) -> Belief:
    """From a table (2, cells) of (outcome or not, cell) and the cells (cells,) that make the crux true.

    Each of the four masses is counted with a quarter of a draw more, so that no probability is 0 or 1.
    """
    mass = np.array([[row[crux].sum(), row[~crux].sum()] for row in table])
    mass = (mass * draws + 0.25) / (draws + 1.0)
    return Belief(
        outcome=float(mass[0].sum()),
        given=float(mass[0, 0] / mass[:, 0].sum()),
        crux=float(mass[:, 0].sum()),
    )


def upper_half(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cells (cells,) above the middle of what two people expect together; for a yes or no, the yes."""
    if len(a) == 2:
        return np.array([False, True])
    reached = np.cumsum(a + b) / np.sum(a + b)
    return np.arange(len(a)) > np.searchsorted(reached, 0.5)


@dataclass(frozen=True, kw_only=True)
class Distance:
    """Years between two distributions of a date, "not by 2100" counted as 2100: before, and as each side expects it to
    be afterwards. ``narrowing`` is before less the mean of the two; negative where it drives them apart."""

    before: float
    expected_by_a: float
    expected_by_b: float
    narrowing: Estimate


def distance(a: np.ndarray, b: np.ndarray, bins: Bins, *, draws: tuple[float, float]) -> Distance:
    """From masses (BATCHES, rows, cells) of two views over the same bins and cells; ``draws`` are effective ones."""
    of_a, of_b = left_out(a), left_out(b)
    before = _years_apart(of_a.sum(axis=-1, keepdims=True), of_b.sum(axis=-1, keepdims=True), bins)[:, 0]
    after = _years_apart(_backed(of_a, draws[0]), _backed(of_b, draws[1]), bins)
    expected = [np.sum(one.sum(axis=-2) * after, axis=-1) for one in (of_a, of_b)]
    narrowing = estimate(before - 0.5 * (expected[0] + expected[1]))
    return Distance(before=float(before[0]), expected_by_a=float(expected[0][0]), expected_by_b=float(expected[1][0]),
                    narrowing=narrowing)  # fmt: skip


def _backed(table: np.ndarray, draws: float) -> np.ndarray:
    """Half a draw of the view as it is now in every cell: who holds an observation impossible is not moved by it."""
    return table + 0.5 / draws * table.sum(axis=-1, keepdims=True)


def _years_apart(a: np.ndarray, b: np.ndarray, bins: Bins) -> np.ndarray:
    """Wasserstein-1 distance (..., cells) between the columns of two tables (..., rows, cells)."""
    reached = [np.cumsum(one, axis=-2)[..., :-1, :] / one.sum(axis=-2, keepdims=True) for one in (a, b)]
    apart = np.abs(reached[0] - reached[1])
    years = np.diff(bins.edges)[:, None]
    return np.asarray(np.sum(0.5 * (apart[..., 1:, :] + apart[..., :-1, :]) * years, axis=-2))
