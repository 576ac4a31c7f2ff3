"""How well a worldview foresaw what was published after it spoke: each row predicted from all rows before it.

Rows come in order of publication; those of one day are split by the chain rule in a fixed order, so that the sum of
log scores is the log evidence whatever that order. Between the rows stands what nobody publishes: on every such day
no closed loop had been shown (kind ``absence``). That counts too, or a forecast of an earlier loop would cost nothing.

The method is sequential importance sampling from the prior. Where the effective size falls below half, a row is let in
by parts, the particles are resampled, and each takes Metropolis steps that leave the posterior so far as it is. Several
encodings of one worldview share the particles: these follow the mixture of all, and each encoding weighs them anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from collections.abc import Sequence as Several
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from forecast import coordinates, likelihood, predictive, rows, sampling, simulation, tilt
from forecast.evidence.ledger import Ledger
from forecast.parameters import CRUXES, VECTOR, Prior
from forecast.rows import Blocks
from forecast.view import View
from priors import Worldview
from priors.elicit import STEEPNESS

MOVES = 6
"""Metropolis steps after each resampling."""

REACH = 1.3
"""By which the normal that proposes is wider than the particles: fitted to them, it would never reach their tails."""

SHARE_OF_FIRST = 0.5
"""Of the particles at the start: the first encoding is the one that is published."""

COLUMNS = ("id", "kind", "series", "subject", "public_on", "vote", "self_reported_by", "censored")


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """Rows in the order in which they are predicted.

    ``table`` has COLUMNS, ``blocks`` the same rows as arrays, and ``start`` is the id of the absence
    at the as-of date: known from the start, it is not scored.
    """

    table: pd.DataFrame
    blocks: Blocks
    start: str


def sequence(
    worldview: Worldview, ledger: Ledger, day: date, *, marks: Collection[date] = (), without: Collection[str] = ()
) -> Sequence:
    """Rows published in (as-of date, ``day``], kinds in ``without`` and rows of unknown publication date left out.

    On ``marks`` (as-of dates of others) the absence of a closed loop is asked for too, so that scores can be added up
    from there on.
    """
    found = rows.new_between(ledger, worldview.as_of, day)
    found = found[(found["kind"] != "absence") & ~found["kind"].isin(list(without))]
    found = found[found["context"] | ~found["publication_assumed"].eq(True)]
    news = found[~found["context"]]
    days = {d.date() for d in news["public_on"]} | {m for m in marks if worldview.as_of < m <= day}
    days |= {day} if day > worldview.as_of else set()
    absences = pd.concat([rows.not_yet(d).assign(public_on=pd.Timestamp(d)) for d in (worldview.as_of, *sorted(days))])
    absences = absences.assign(same_subject=absences["subject"], other_vintage=False, self_reported_by="")
    floored = found["reading"] <= found["censored_below"]
    every = pd.concat([found.assign(later=floored), absences.assign(later=False)], ignore_index=True)
    every = every.assign(a_row=every["kind"] != "absence")
    every = every.sort_values(["public_on", "a_row", "kind", "series", "later", "observed_on", "subject", "id"])
    blocks = rows.blocks(every)
    every = every[~every["context"]].assign(vote=lambda t: [_vote(row) for row in t.itertuples(index=False)])
    start = str(absences["id"].iloc[0])
    bounded = _censored(blocks)
    table = every.assign(censored=[bounded[row] for row in every["id"]])
    return Sequence(
        table=table.loc[table["id"] != start, list(COLUMNS)].reset_index(drop=True), blocks=blocks, start=start
    )


def _vote(row: Any) -> str:
    """What a row shares its error with: the model measured, the chart, the benchmark, or the publication. Absences
    share none: each is of the days since the one before."""
    match str(row.kind):
        case "absence":
            return str(row.id)
        case "horizon":
            return f"horizon of {row.same_subject}"
        case "share":
            return "chart of R&D shares"
        case "benchmark":
            return str(row.series)
    return f"{row.series}, {row.public_on:%Y-%m-%d}"


def _censored(blocks: Blocks) -> dict[str, bool]:
    """By row id, whether only the side of a bound is known."""
    found = dict.fromkeys(blocks["absence"].ids, False)
    for kind in predictive.LAWS:
        cut = predictive.censored(kind, blocks[kind].columns)
        found |= {row: bool(one) for row, one in zip(blocks[kind].ids, cut, strict=True)}
    return found


type Happens = Callable[[np.ndarray, int], np.ndarray]
"""(values (n, len(VECTOR)), seed) -> whether each honoured event happens in a future of each draw, (n, k)."""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """The explicit numbers that a stated view is tilted to: their relations and values, and when they come true."""

    relations: tuple[str, ...] = ()
    values: tuple[float, ...] = ()
    happens: Happens = lambda eta, seed: np.zeros((len(eta), 0))


def numbers(worldview: Worldview) -> Numbers:
    """Those of a worldview."""
    asked = [t for t in worldview.targets if t.honour is not None]
    if not asked:
        return Numbers()
    from forecast.functionals import happened_by

    events = [(str(t.arguments["event"]), t.arguments["by"]) for t in asked]

    def happens(eta: np.ndarray, seed: int) -> np.ndarray:
        futures = simulation.simulate(eta, worldview, seed=seed)
        view = View(worldview=worldview, name="stated", day=worldview.as_of, eta=eta,
                    weights=np.full(len(eta), 1.0 / len(eta)), futures=futures, seed=seed)  # fmt: skip
        return np.column_stack([happened_by(view, event, by) for event, by in events if isinstance(by, date)]).astype(
            float
        )

    return Numbers(
        relations=tuple(t.honour.relation for t in asked if t.honour is not None),
        values=tuple(float(t.honour.value) for t in asked if t.honour is not None),
        happens=happens,
    )


class _Densities:
    """ln of each encoding's density over that of the first, where only the cruxes differ."""

    def __init__(self, encodings: Several[Prior]) -> None:
        self.encodings = encodings
        grid = np.linspace(-12.0, 12.0, 24_001)
        self.grid = grid
        n = len(CRUXES)
        self.factor = encodings[0].mixing[:n, :n]
        self.back = np.linalg.inv(self.factor).T

    def mixed(self, prior: Prior, eta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mixed standard normals (n, cruxes) that lead to values eta under a prior, and ln of the slope there (n,)."""
        n = len(CRUXES)
        zc = (eta[:, :n] - prior.loc[:n]) / prior.scale[:n]
        ln_slope = np.full(len(eta), np.log(prior.scale[:n][prior.jump[:n] == 0.0]).sum())
        for j in np.flatnonzero(prior.jump[:n]):
            loc, scale, jump, z0 = prior.loc[j], prior.scale[j], prior.jump[j], prior.z0[j]
            up = 1.0 / (1.0 + np.exp(-STEEPNESS * (self.grid - z0)))
            zc[:, j] = np.interp(eta[:, j], loc + scale * self.grid + jump * up, self.grid)
            s = 1.0 / (1.0 + np.exp(-STEEPNESS * (zc[:, j] - z0)))
            ln_slope += np.log(scale + jump * STEEPNESS * s * (1.0 - s))
        return zc, ln_slope

    def __call__(self, eta: np.ndarray) -> np.ndarray:
        """(n, encodings) of values (n, len(VECTOR))."""
        if len(self.encodings) == 1:
            return np.zeros((len(eta), 1))
        logs = []
        for prior in self.encodings:
            zc, ln_slope = self.mixed(prior, eta)
            z = zc @ self.back
            logs.append(-0.5 * np.einsum("ij,ij->i", z, z) - ln_slope)
        found = np.stack(logs, axis=1)
        return np.asarray(found - found[:, :1])


@dataclass(frozen=True, kw_only=True)
class Scores:
    """One run: ``table`` as in `Sequence`; arrays (encodings, rows) in its order.

    ``log_score`` is ln p(row | all before it) in nats, on the scale of the model's reading ``y``; ``crps`` the
    continuous ranked probability score on that of `predictive.on_reading_scale`, missing for censored rows and for
    kinds without a `predictive` law. ``effective`` (encodings,) is the least effective size of an encoding's weights on the way.
    """

    table: pd.DataFrame
    log_score: np.ndarray
    crps: np.ndarray
    effective: np.ndarray


def score(
    encodings: Several[Prior], said: Sequence, *, honoured: Numbers | None = None, seed: int, particles: int = 3000
) -> Scores:
    """One run over the rows, for encodings that differ in their cruxes only (same nuisance, links and as-of date)."""
    cloud = _Cloud(encodings, said, honoured or Numbers(), np.random.default_rng([seed, 17]), particles)
    log_scores, crps = [], []
    for i, line in enumerate(said.table.itertuples(index=False)):
        crps.append(np.full(len(encodings), np.nan) if line.censored else cloud.crps(str(line.id)))
        log_scores.append(cloud.let_in(i))
    shape = (len(said.table), len(encodings))
    return Scores(
        table=said.table,
        log_score=np.array(log_scores).reshape(shape).T,
        crps=np.array(crps).reshape(shape).T,
        effective=cloud.effective,
    )


class _Cloud:
    """Weighted particles that follow the posterior of the mixture from row to row.

    ``y`` (n, len(VECTOR)) are the coordinates of `coordinates` under the first encoding; ``gain`` (n, 1 + rows) the
    log likelihood of each step, the first being the absence at the as-of date; ``done`` says how many steps are in.
    ``ratio`` (n, encodings) is ln of each encoding's density over the first's.
    """

    def __init__(
        self, encodings: Several[Prior], said: Sequence, honoured: Numbers, rng: np.random.Generator, particles: int
    ) -> None:
        self.prior, self.said, self.honoured, self.rng = encodings[0], said, honoured, rng
        self.densities, others = _Densities(encodings), len(encodings) - 1
        first = SHARE_OF_FIRST if others else 1.0
        self.log_share = np.log(np.array([first, *[(1.0 - first) / max(others, 1)] * others]))
        self.pivot = coordinates.pivot(said.blocks)
        self._order = self._places()
        z = self._from_mixture(encodings, particles)
        self.y = 2.0 * z - coordinates.standard_normals(z, self.prior.matrix(), self.pivot)
        self.log_weight = np.full(particles, -np.log(particles))
        self.done, self.part, self.keep = 0, 0.0, 0.5
        self.z, self.gain, self.ratio = self._evaluate(self.y)
        self.effective = np.full(len(encodings), np.inf)
        self.multipliers = np.zeros((len(encodings), len(honoured.values)))
        self._advance(0)
        self._stop()
        self.multipliers = self._multipliers()

    def _from_mixture(self, encodings: Several[Prior], particles: int) -> np.ndarray:
        """Standard normals of the first encoding whose values are drawn from the mixture of all."""
        z = self.rng.standard_normal((particles, len(VECTOR)))
        whose = np.searchsorted(np.cumsum(np.exp(self.log_share)), (np.arange(particles) + 0.5) / particles)
        for e, prior in enumerate(encodings):
            own = np.flatnonzero(whose == e)
            if e and len(own):
                zc, _ = self.densities.mixed(self.prior, sampling.values_of(z[own], prior))
                z[own, : len(CRUXES)] = np.linalg.solve(self.densities.factor, zc.T).T
        return z

    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """Columns of all blocks side by side in the order of the steps, and which steps are absences."""
        place = {row: i for i, row in enumerate(row for block in self.said.blocks.values() for row in block.ids)}
        ids = [self.said.start, *self.said.table["id"]]
        absent = np.flatnonzero([True, *(self.said.table["kind"] == "absence")])
        return np.array([place[row] for row in ids]), absent

    def _evaluate(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Standard normals of coordinates, what each step adds to the log likelihood, and the encodings' densities."""
        order, absent = self._order
        with np.errstate(over="ignore", invalid="ignore"):  # far proposals; what is not finite is never taken
            z = coordinates.standard_normals(y, self.prior.matrix(), self.pivot)
            eta = sampling.values_of(z, self.prior)
            parts = likelihood.by_row_of_values(eta, self.prior.t_asof, self.said.blocks)
            every = [np.broadcast_to(part, (len(y), part.shape[-1])) for part in parts.values()]
            gain = np.concatenate(every, axis=1)[:, order]
            gain[:, absent[1:]] = np.diff(gain[:, absent], axis=1)
        return z, np.where(np.isfinite(gain), gain, -np.inf), self.densities(eta)

    def _mixture(self, ratio: np.ndarray) -> np.ndarray:
        return np.asarray(logsumexp(ratio + self.log_share, axis=1))

    def _log_weights(self) -> np.ndarray:
        """(n, encodings): of the particles for each encoding, tilted, up to what is common to a stop of the cloud."""
        own = self.ratio - self._mixture(self.ratio)[:, None]
        return np.asarray(self.log_weight[:, None] + own + self.indicators @ self.multipliers.T)

    def let_in(self, i: int) -> np.ndarray:
        """Condition on row i of the table; returns its log score under each encoding."""
        before = logsumexp(self._log_weights(), axis=0)
        grown = self._advance(i + 1)
        weights = self._log_weights()
        after = logsumexp(weights, axis=0)
        self.effective = np.minimum(self.effective, np.exp(2.0 * after - logsumexp(2.0 * weights, axis=0)))
        return np.asarray(grown + after - before)

    def _advance(self, step: int) -> float:
        """Let a step in, by parts where it would leave less than half the particles effective."""
        grown, left = 0.0, 1.0
        while left > 0.0:
            fraction = _largest_step(self.log_weight, self.gain[:, step], left)
            weight = self.log_weight + fraction * self.gain[:, step]
            total = float(logsumexp(weight))
            grown, left = grown + total, left - fraction
            self.log_weight = weight - total
            if left > 0.0:
                self.done, self.part = step, 1.0 - left
                self._resample_and_move()
                self._stop()
        self.done, self.part = step + 1, 0.0
        return grown

    def _target(self, z: np.ndarray, gain: np.ndarray, ratio: np.ndarray) -> np.ndarray:
        known = gain[:, : self.done].sum(axis=1)
        if self.part > 0.0:
            known = known + self.part * gain[:, self.done]
        return np.asarray(known + self._mixture(ratio) - 0.5 * np.square(z).sum(axis=1))

    def _resample_and_move(self) -> None:
        """Steps part of the way from where a particle stands to a draw of a normal fitted to all of them, reversible
        with respect to that normal: large where the posterior is nearly normal."""
        n, weight = len(self.y), np.exp(self.log_weight)
        middle = weight @ self.y
        away = self.y - middle
        spread = np.linalg.cholesky((away * weight[:, None]).T @ away + 1e-6 * np.eye(len(VECTOR)))
        factor = REACH * spread
        chosen = np.searchsorted(np.cumsum(weight), (np.arange(n) + self.rng.random()) / n).clip(0, n - 1)
        self.y, self.z, self.gain, self.ratio = (a[chosen] for a in (self.y, self.z, self.gain, self.ratio))
        self.log_weight = np.full(n, -np.log(n))
        target = self._target(self.z, self.gain, self.ratio)
        u = np.linalg.solve(factor, (self.y - middle).T).T
        for _ in range(MOVES):
            u_new = self.keep * u + np.sqrt(1.0 - self.keep**2) * self.rng.standard_normal(u.shape)
            y_new = middle + u_new @ factor.T
            z_new, gain_new, ratio_new = self._evaluate(y_new)
            target_new = self._target(z_new, gain_new, ratio_new)
            excess = target_new - target + 0.5 * (np.square(u_new).sum(axis=1) - np.square(u).sum(axis=1))
            taken = np.log(self.rng.random(n)) < excess
            u[taken], self.y[taken], self.z[taken] = u_new[taken], y_new[taken], z_new[taken]
            self.gain[taken], self.ratio[taken], target[taken] = gain_new[taken], ratio_new[taken], target_new[taken]
            self.keep = float(np.clip(self.keep + 0.3 * (0.3 - taken.mean()), 0.0, 0.98))

    def _stop(self) -> None:
        """What is asked of the particles where they stand now: whether honoured events happen in a future of each."""
        self.eta = sampling.values_of(self.z, self.prior)
        self.indicators = self.honoured.happens(self.eta, int(self.rng.integers(2**31)))
        self._at: dict[str, predictive.AtRows] = {}
        self._laws: dict[str, predictive.Law] = {}

    def _multipliers(self) -> np.ndarray:
        """(encodings, k): the tilt that honours the numbers under each encoding, found before any row and then kept."""
        n, found = len(self.y), []
        for log_weight in self._log_weights().T:
            weight = np.exp(log_weight - logsumexp(log_weight))
            chosen = np.searchsorted(np.cumsum(weight), (np.arange(n) + 0.5) / n).clip(0, n - 1)
            asked = tilt.honour(self.indicators[chosen], self.honoured.relations, self.honoured.values)[0]
            found.append(asked.multipliers)
        return np.array(found).reshape(len(found), len(self.honoured.values))

    def crps(self, row: str) -> np.ndarray:
        """Of the row's reading under each encoding, against one replicated reading of each particle; nan without a law."""
        import scoringrules

        weights = self._log_weights().T
        kind = next(kind for kind, block in self.said.blocks.items() if row in block.ids)
        if kind not in predictive.LAWS:
            return np.full(len(weights), np.nan)
        if not self._at:
            self._at = {at.kind: at for at in predictive.at_rows(self.eta, self.prior.t_asof, self.said.blocks)}
        at = self._at[kind]
        if kind not in self._laws:
            self._laws[kind] = predictive.law(kind, at.seen, at.previous, at.q, at.rows.columns)
        law, i = self._laws[kind], at.rows.ids.index(row)
        reading = float(at.rows.columns["y"][i])
        drawn = predictive.draw_from(
            predictive.Law(
                location=law.location[:, i], below=law.below[:, i], above=law.above[:, i], student=law.student
            ),
            self.rng,
        )
        normalised = np.exp(weights - logsumexp(weights, axis=1, keepdims=True))
        repeated = np.broadcast_to(predictive.on_reading_scale(kind, drawn), normalised.shape)
        actual = np.full(len(weights), predictive.on_reading_scale(kind, reading))
        return np.asarray(scoringrules.crps_ensemble(actual, repeated, ens_w=normalised))


def _largest_step(log_weight: np.ndarray, gain: np.ndarray, left: float) -> float:
    """The largest share of a row, up to ``left``, that keeps half the particles effective."""

    def effective(share: float) -> float:
        w = log_weight + share * gain
        return float(np.exp(2.0 * logsumexp(w) - logsumexp(2.0 * w)))

    half = len(log_weight) / 2.0
    if effective(left) >= half:
        return left
    low, high = 0.0, left
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if effective(middle) > half else (low, middle)
    return low
