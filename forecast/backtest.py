"""What the mechanism, under nobody's beliefs, would have forecast from past stands, held against what came.

Two clocks: ``observed`` cuts the newest edition of every series at the release dates, which is only nearly what was
known (pseudo-real-time); ``published`` takes what was public then, in the edition then current. Outcomes are METR's 50 %
horizons and one lab's shares of R&D tasks in the months after the stand. Published intervals of the outcomes are used
as their measurement error, since no forecaster is asked to foresee those.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from forecast import parameters, predictive, rows, sampling
from forecast.evidence.ledger import Ledger
from forecast.mechanism import HISTORY_START
from forecast.observations import Block, Readings
from forecast.observations.base import MONTHS_PER_YEAR
from forecast.observations.share import MONTHLY_CORRELATION
from forecast.rows import Blocks
from priors import decimal_year

type Clock = Literal["observed", "published"]

STANDS = (date(2024, 12, 31), date(2025, 6, 30), date(2025, 12, 31), date(2026, 3, 31))
MONTHS_AHEAD = 6
LEVELS = (0.5, 0.8, 0.9)
KINDS_FORECAST = ("horizon", "share")
LEAST_ROWS = 6
"""Known 50 % horizons without which nothing is forecast."""

DRAWS = 500
"""For each of four chains."""


@dataclass(frozen=True, kw_only=True)
class Stand:
    """What was known, and what came: frames as of `forecast.rows`, the second with those of the first before it."""

    day: date
    clock: Clock
    known: pd.DataFrame
    came: pd.DataFrame


def stand(ledger: Ledger, day: date, clock: Clock, *, newest: date) -> Stand | None:
    """The rows on both sides of a day; None where too few 50 % horizons were known or nothing came.

    ``newest`` is the last day of the ledger. Outcomes are those of the MONTHS_AHEAD after ``day``.
    """
    until = min((pd.Timestamp(day) + pd.DateOffset(months=MONTHS_AHEAD)).date(), newest)
    if clock == "observed":
        every = rows.known_by(ledger, newest)
        every = every[every["kind"] != "absence"]
        known = every[every["observed_on"] <= pd.Timestamp(day)]
        came = every[(every["observed_on"] > pd.Timestamp(day)) & (every["observed_on"] <= pd.Timestamp(until))]
    else:
        known = rows.known_by(ledger, day)
        known = known[(known["kind"] != "absence") & ~known["publication_assumed"].eq(True)]
        came = rows.new_between(ledger, day, until)
        came = came[~came["context"] & ~came["publication_assumed"].eq(True)]
    came = came[came["kind"].isin(KINDS_FORECAST) & ~came["series"].str.contains("p80")]
    if len(came) == 0 or _medians(known).sum() < LEAST_ROWS:
        return None
    known = pd.concat(
        [known, rows.not_yet(day).assign(same_subject="everyone", other_vintage=False)], ignore_index=True
    )
    return Stand(day=day, clock=clock, known=known, came=came.reset_index(drop=True))


def _medians(frame: pd.DataFrame) -> pd.Series:
    """Which rows are horizons at 50 % success."""
    return (frame["kind"] == "horizon") & ~frame["series"].str.contains("p80")


def foretell(eta: np.ndarray, at: Stand, *, seed: int) -> dict[str, tuple[Block, np.ndarray]]:
    """Forecast readings (n, rows) of what came, on the scale of ``y``, by kind, from draws (n, len(VECTOR)).

    The log horizon wanders on from where the known rows leave its walk, on one path for each draw and all its rows; the
    error of a chart of shares goes on from its last known month.
    """
    rng = np.random.default_rng([seed, 19])
    both = pd.concat([at.known[~at.known["id"].isin(at.came["id"])], at.came], ignore_index=True)
    blocks = {k: b for k, b in rows.blocks(both).items() if k in KINDS_FORECAST}
    came, found = set(at.came["id"]), {}
    for one in predictive.at_rows(eta, decimal_year(at.day), blocks):
        new = np.array([row in came for row in one.rows.ids])
        if not new.any():
            continue
        if one.kind == "horizon":
            law = predictive.law("horizon", one.seen, one.previous, one.q, one.rows.columns)
            drawn = predictive.draw_from(law, rng)
        else:
            drawn = _shares(one, new, rng)
        found[one.kind] = _only(one.rows, new), drawn[:, new]
    return found


def _time(block: Block) -> np.ndarray:
    """Years from HISTORY_START."""
    return np.asarray((block.month + block.within) / MONTHS_PER_YEAR + block.before)


def _only(block: Block, chosen: np.ndarray) -> Block:
    """Some rows of a block, on their own."""
    return replace(
        block, ids=tuple(row for row, keep in zip(block.ids, chosen, strict=True) if keep), month=block.month[chosen],
        within=block.within[chosen], before=block.before[chosen], weight=block.weight[chosen],
        previous=np.arange(int(chosen.sum())), columns={name: c[chosen] for name, c in block.columns.items()},
    )  # fmt: skip


def _shares(one: predictive.AtRows, new: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """New months of each chart one after the other, each given the draw of the month before (or its last known one)."""
    d, months = one.rows.columns, one.rows.month
    drawn = np.tile(d["y"], (len(one.seen.k), 1))
    readable = (d["floored"] == 0) & ~new
    for level in np.unique(d["level"]):
        known = np.flatnonzero((d["level"] == level) & readable)
        before = known[np.argmax(months[known])] if len(known) else None
        later = np.flatnonzero((d["level"] == level) & new)
        for i in later[np.argsort(months[later], kind="stable")]:
            j = i if before is None else before
            kept = 0.0 if before is None else MONTHLY_CORRELATION ** abs(int(months[i] - months[j]))
            columns = {"level": d["level"][[i]], "se": d["se"][[i]], "kept": kept, "y_previous": drawn[:, [j]]}
            seen, previous = (Readings(*(column[:, [m]] for column in one.seen)) for m in (i, j))
            drawn[:, i] = predictive.draw("share", seen, previous, one.q, columns, rng)[:, 0]
            before = i
    return drawn


def extrapolated(at: Stand, kind: str, block: Block) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The baseline: location, scale and degrees of freedom (rows,) of a straight line through known readings of ``y``,
    with the error of its own residuals (one line per chart of shares); nan with fewer than three readings."""
    known, t = rows.blocks(at.known)[kind], _time(block)
    d, when = known.columns, _time(known)
    use = (d["censored"] == 0) & (d["p80"] == 0) & (when >= 0) if kind == "horizon" else d["floored"] == 0
    group = np.zeros(len(when)) if kind == "horizon" else d["level"]
    own = np.zeros(len(t)) if kind == "horizon" else block.columns["level"]
    found = np.full((3, len(t)), np.nan)
    for level in np.unique(own):
        fit = use & (group == level)
        if fit.sum() >= 3:
            found[:, own == level] = line(when[fit], d["y"][fit], t[own == level])
    return found[0], found[1], found[2]


def line(x: np.ndarray, y: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """Least squares: location, predictive scale and degrees of freedom (3, len(ahead)) of a Student-t."""
    middle, n = x.mean(), len(x)
    spread = np.sum((x - middle) ** 2)
    slope = float(np.sum((x - middle) * y) / spread)
    residual = y - y.mean() - slope * (x - middle)
    sd = np.sqrt(np.sum(residual**2) / (n - 2))
    scale = np.maximum(sd * np.sqrt(1.0 + 1.0 / n + (ahead - middle) ** 2 / spread), 1e-3)
    return np.stack([y.mean() + slope * (ahead - middle), scale, np.full(len(ahead), n - 2.0)])


def _ensemble(location: np.ndarray, scale: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """Evenly placed quantiles (1000, rows) of Student-t forecasts; nan where there is none."""
    levels = (np.arange(1000) + 0.5)[:, None] / 1000
    return np.asarray(location + scale * stats.t.ppf(levels, np.nan_to_num(freedom, nan=1.0)))


def judge(drawn: np.ndarray, y: np.ndarray, side: np.ndarray) -> pd.DataFrame:
    """One line per outcome: pit, covered_50, _80, _90, crps and censored, from forecast draws (n, rows).

    ``side`` is 1 where the truth is above y, -1 where it is below, 0 where it is y. A censored outcome is covered where
    the interval reaches beyond its bound, and has no CRPS.
    """
    import scoringrules

    found: dict[str, np.ndarray] = {"pit": (drawn < y).mean(axis=0), "censored": side != 0}
    for level in LEVELS:
        low, high = np.quantile(drawn, [0.5 - level / 2.0, 0.5 + level / 2.0], axis=0)
        inside = np.where(side > 0, high > y, np.where(side < 0, low < y, (low <= y) & (y <= high)))
        found[f"covered_{100 * level:.0f}"] = inside
    crps = np.asarray(scoringrules.crps_ensemble(y, drawn.T))
    return pd.DataFrame(found | {"crps": np.where(side == 0, crps, np.nan)})


def run(
    ledger: Ledger,
    *,
    newest: date,
    stands: Sequence[date] = STANDS,
    clocks: Sequence[Clock] = ("observed", "published"),
    seed: int = 1,
    report: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Every outcome of every stand: clock, stand, kind, id, and the columns of `judge`, crps_baseline, and years ahead.

    Readings are on the scale of `predictive.on_reading_scale`. Raises sampling.NotConverged.
    """
    frames = []
    for clock in clocks:
        for day in stands:
            at = stand(ledger, day, clock, newest=newest)
            if at is None:
                continue
            report(f"{day}, {clock}: {len(at.known) - 1} rows known, {len(at.came)} to come")
            blocks: Blocks = rows.blocks(at.known)
            eta = sampling.fit(parameters.broad(decimal_year(day)), blocks, seed=seed, draws=DRAWS).eta
            for kind, (block, drawn) in foretell(eta, at, seed=seed).items():
                y, side = block.columns["y"], _side(kind, block)
                straight = _ensemble(*extrapolated(at, kind, block))
                shown, other, actual = (predictive.on_reading_scale(kind, part) for part in (drawn, straight, y))
                base = judge(other, actual, side)["crps"]
                found = judge(shown, actual, side).assign(
                    clock=clock, stand=day.isoformat(), kind=kind, id=block.ids, reading=actual,
                    median=np.median(shown, axis=0), spread=shown.std(axis=0), crps_baseline=base,
                    years_ahead=HISTORY_START + _time(block) - decimal_year(day),
                )  # fmt: skip
                frames.append(found)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _side(kind: str, block: Block) -> np.ndarray:
    sign = {"horizon": 1, "share": -1}[kind]
    return sign * predictive.censored(kind, block.columns).astype(int)


def table(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Per clock, stand and kind, and over all stands: outcomes, how many are censored, the share covered at each level
    with its 90 % binomial interval, mean CRPS, and both CRPS on the rows that the baseline can forecast.

    Outcomes share their fit and their path, so the binomial interval is too narrow.
    """
    parts = list(outcomes.groupby(["clock", "stand", "kind"], sort=False))
    parts += [((clock, "all", kind), part) for (clock, kind), part in outcomes.groupby(["clock", "kind"], sort=False)]
    lines = []
    for (clock, day, kind), part in parts:
        both = part[part["crps"].notna() & part["crps_baseline"].notna()]
        entry = {"clock": clock, "stand": day, "kind": kind, "outcomes": len(part),
                 "censored": int(part["censored"].sum()), "crps": part["crps"].mean(),
                 "crps_same": both["crps"].mean(), "crps_baseline": both["crps_baseline"].mean()}  # fmt: skip
        for level in LEVELS:
            name = f"covered_{100 * level:.0f}"
            entry |= covered(int(part[name].sum()), len(part), name)
        lines.append(entry)
    return pd.DataFrame(lines)


def covered(hits: int, n: int, name: str) -> dict[str, float]:
    """Share covered, and the 90 % interval of a binomial probability that gives it (Wilson)."""
    interval = stats.binomtest(hits, n).proportion_ci(confidence_level=0.9, method="wilson")
    return {name: hits / n, f"{name}_low": float(interval.low), f"{name}_high": float(interval.high)}
