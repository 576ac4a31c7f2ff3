"""The numbers of the page, in Python: what `book/assets/land.js` computes, line for line, for tests to hold it against.

Beliefs of the reader over beliefs of the bank are the weights; everything else is sums of weights over codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cruxes import shapley
from cruxes.landing import codes
from cruxes.landing.columns import Bank
from cruxes.landing.files import Reader
from priors.elicit import Link, to_real

NINETIETH = 1.2815515655446004
"""Standard normal at its 90 % point."""

DOTS = 20
HEADLINE = 2030
COMPARED = ("LOOP", "SWX3")
"""Events by whose dates the nearest worldview is found."""

MOST_SIGNALS = 3

type Tables = Mapping[str, Any]


def land(reader: Reader, tables: Tables, banks: Mapping[str, Bank]) -> dict[str, Any]:
    """Everything shown for one reader: a refusal with the effective draws, or the numbers."""
    bank = banks["updated" if reader.evidence else "stated"]
    weights = weigh(log_weights(reader, tables, bank))
    found: dict[str, Any] = {"effective": effective(weights, bank)}
    if found["effective"] < tables["least_effective"]:
        return found | {"refused": True, "loosen": loosen(reader, tables, bank)}
    masses = {event["name"]: mass(event, weights, reader, tables, bank) for event in tables["events"]}
    found |= {"refused": False, "events": {name: shown(one, tables) for name, one in masses.items()}}
    found["people"] = nearest(masses, tables, bank)
    found["apart"] = {
        event["name"]: [apart(person, event, reader, tables, bank) for person in tables["people"]]
        for event in tables["events"]
    }
    if reader.evidence:
        found["signals"] = signals(weights, reader, tables, bank)
    return found


def chance(reader: Reader, name: str, tables: Tables) -> float:
    """A single probability of the reader's, or that of the bank."""
    asked = next(one for one in tables["questions"] if one["name"] == name)
    return float(reader.chances.get(name, asked["middle"]))


def log_weights(reader: Reader, tables: Tables, bank: Bank) -> dict[str, np.ndarray]:
    """For each crux that has been set, ln (n,) of the reader's density over the bank's, up to a constant."""
    return {
        one["name"]: interval_log_ratio(reader.intervals[one["name"]], one, bank)
        for one in tables["questions"]
        if one["name"] in reader.intervals
    }


def interval_log_ratio(interval: tuple[float, float], asked: Mapping[str, Any], bank: Bank) -> np.ndarray:
    """ln (n,) of the density of an interval over that of the bank, up to a constant."""
    low, high = (float(to_real(Link(asked["link"]), end)) for end in interval)
    middle, scale = (low + high) / 2.0, (high - low) / (2.0 * NINETIETH)
    z = codes.to_normals(bank.column(f"z.{asked['name']}"))
    return np.asarray(0.5 * z**2 - 0.5 * ((asked["loc"] + asked["scale"] * z - middle) / scale) ** 2)


def weigh(log_ratios: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """Weights (n,), the largest 1; None where nothing has been set."""
    if not log_ratios:
        return None
    total = np.sum(list(log_ratios.values()), axis=0)
    return np.asarray(np.exp(total - total.max()))


def effective(weights: np.ndarray | None, bank: Bank) -> float:
    """How many independent draws the weighted ones are worth; draws of a chain count for less than one each."""
    if weights is None:
        return len(bank.columns) * bank.chain
    return float(weights.sum() ** 2 / (weights**2).sum()) * bank.chain


def loosen(reader: Reader, tables: Tables, bank: Bank) -> str:
    """The crux that stands most in the way: without it most effective draws are left."""
    ratios = log_weights(reader, tables, bank)
    left = {name: effective(weigh({k: v for k, v in ratios.items() if k != name}), bank) for name in ratios}
    return max(left, key=lambda name: left[name])


def mass(
    event: Mapping[str, Any], weights: np.ndarray | None, reader: Reader, tables: Tables, bank: Bank
) -> np.ndarray:  # fmt: skip
    """Probability of every code (65536,)."""
    psi, kept = chance(reader, "psi", tables), chance(reader, "A", tables)
    weight = np.ones(len(bank.columns)) if weights is None else weights
    found = np.zeros(codes.NEVER + 1)
    for branch, share in enumerate((1.0 - psi, psi)):
        of_branch = share * weight
        lost = (1.0 - kept) * of_branch * stops(event, branch, bank)
        found += np.bincount(bank.column(f"{event['name']}.{branch}"), weights=of_branch - lost, minlength=len(found))
        found[codes.STOPPED] += lost.sum()
    return found / weight.sum()


def stops(event: Mapping[str, Any], branch: int, bank: Bank) -> np.ndarray:
    """1 (n,) where loss of control, if it comes, stops the clock."""
    if event["controlled"] is None:
        return np.zeros(len(bank.columns))
    return (bank.column("flags") >> (2 * branch + event["controlled"]) & 1).astype(float)


def shown(found: np.ndarray, tables: Tables) -> dict[str, Any]:
    """Probabilities by the end of years, dates if ever, never, stopped, and the places of the dots."""
    reached = np.cumsum(found)
    seen = reached[codes.STOPPED - 1]
    quantiles = [_place(reached, level * seen) if seen > 1e-9 else None for level in tables["levels"]]
    dots = [_place(reached, (i + 0.5) / DOTS) for i in range(DOTS)]
    return {
        "by": [float(reached[codes.code_at(year + 1) - 1]) for year in tables["years"]],
        "quantiles": [None if code is None else float(codes.to_dates(np.array(code))) for code in quantiles],
        "never": float(found[codes.NEVER]),
        "stopped": float(found[codes.STOPPED]),
        "dots": [min(code, codes.NEVER) for code in dots],
    }


def _place(reached: np.ndarray, level: float) -> int:
    return int(np.searchsorted(reached, level))


def nearest(masses: Mapping[str, np.ndarray], tables: Tables, bank: Bank) -> list[dict[str, Any]]:
    """Each worldview with the overlap of its dates and the reader's (`cruxes.distances`), the nearest first."""
    own = {event: by_year(masses[event], tables) for event in COMPARED}
    found = []
    for person in tables["people"]:
        theirs = person["views"][bank.view]
        overlaps = [float(np.minimum(own[event], theirs[event]["years"]).sum()) for event in COMPARED]
        found.append({"name": person["name"], "overlap": float(np.mean(overlaps))})
    return sorted(found, key=lambda one: -one["overlap"])


def by_year(found: np.ndarray, tables: Tables) -> np.ndarray:
    """Probability of each year from ``tables["first_year"]`` to 2099, then of not seen."""
    first = codes.code_at(tables["first_year"])
    years = found[first : codes.code_at(2100)].reshape(-1, codes.STEPS).sum(axis=1)
    return np.append(years, found[codes.STOPPED :].sum())


def apart(
    person: Mapping[str, Any], event: Mapping[str, Any], reader: Reader, tables: Tables, bank: Bank
) -> dict[str, Any]:
    """What separates a reader from a worldview: P(event by the end of HEADLINE) with the cruxes of the page exchanged in
    all combinations, all else being the bank's. Shares are Shapley values, worldview less reader.

    ``effective`` is that of the worst combination; below the least, there are no shares.
    """
    weighed = [q for q in tables["questions"] if not q["chance"]]
    acting = ("psi",) if event["controlled"] is None else ("psi", "A")
    players = [*(q["name"] for q in weighed), *acting]
    own = log_weights(reader, tables, bank)
    theirs = {q["name"]: answer_log_ratio(person["answers"][q["name"]], q, bank) for q in weighed}
    psi = (chance(reader, "psi", tables), person["answers"]["psi"]["value"])
    kept = (chance(reader, "A", tables), person["answers"]["A"]["value"])
    values, worst = np.zeros(1 << len(players)), np.inf
    for mask in range(1 << len(weighed)):
        ratios = {
            q["name"]: theirs[q["name"]] if mask >> i & 1 else own[q["name"]]
            for i, q in enumerate(weighed)
            if mask >> i & 1 or q["name"] in own
        }
        weights = weigh(ratios)
        worst = min(worst, effective(weights, bank))
        parts = _by_headline(event, weights, bank)
        for rest in range(1 << len(acting)):
            p, a = psi[rest & 1], kept[rest >> 1 & 1]
            both = (1.0 - p) * parts[0] + p * parts[1]
            values[mask | rest << len(weighed)] = both[0] - (1.0 - a) * both[1]
    found: dict[str, Any] = {"name": person["name"], "effective": worst}
    if worst < tables["least_effective"]:
        return found
    shares = shapley.shapley(values)
    named = {name: float(share) for name, share in zip(players, shares, strict=True)}
    return found | {"shares": named, "gap": float(values[-1] - values[0])}


def answer_log_ratio(answer: Mapping[str, Any], asked: Mapping[str, Any], bank: Bank) -> np.ndarray:
    """As `interval_log_ratio`, of a worldview's own belief with both humps where it has two."""
    if "log_ratio" not in answer:
        return interval_log_ratio(answer["interval"], asked, bank)
    table = np.asarray(answer["log_ratio"])
    z = codes.to_normals(bank.column(f"z.{asked['name']}"))
    return np.interp(z, np.linspace(-codes.NORMAL_SPAN, codes.NORMAL_SPAN, len(table)), table)


def _by_headline(event: Mapping[str, Any], weights: np.ndarray | None, bank: Bank) -> np.ndarray:
    """(branch, 2): the probability by then where control is kept, and the part of it that losing control would stop."""
    weight = np.ones(len(bank.columns)) if weights is None else weights
    found = np.zeros((2, 2))
    for branch in range(2):
        hit = weight * (bank.column(f"{event['name']}.{branch}") < codes.code_at(HEADLINE + 1))
        found[branch] = hit.sum(), (hit * stops(event, branch, bank)).sum()
    return found / weight.sum()


def signals(
    weights: np.ndarray | None, reader: Reader, tables: Tables, bank: Bank
) -> list[dict[str, Any]]:  # fmt: skip
    """Coming signals by the bits that each is expected to tell of LOOP's date for every year of waiting, each source
    once; ``low`` and ``high`` are P(LOOP by the end of HEADLINE) after its lowest and highest cell."""
    psi = chance(reader, "psi", tables)
    weight = np.ones(len(bank.columns)) if weights is None else weights
    total, draws = weight.sum(), effective(weights, bank)
    rows, shares, by = [], [], []
    for branch, share in enumerate((1.0 - psi, psi)):
        code = bank.column(f"LOOP.{branch}")
        row = np.searchsorted(tables["coarse"], code, side="right")
        rows.append(np.where(code >= codes.STOPPED, len(tables["coarse"]) + 1, row))
        shares.append(share * weight / total)
        by.append(code < codes.code_at(HEADLINE + 1))
    found = []
    for i, signal in enumerate(tables["signals"]):
        table = np.zeros((len(tables["coarse"]) + 2, codes.CELLS))
        hits = np.zeros(codes.CELLS)
        for branch in range(2):
            cell = _cell(i, branch, bank)
            place = rows[branch] * codes.CELLS + cell
            table += np.bincount(place, weights=shares[branch], minlength=table.size).reshape(table.shape)
            hits += np.bincount(cell, weights=shares[branch] * by[branch], minlength=codes.CELLS)
        cells = table.sum(axis=0)
        used = np.flatnonzero(cells > 1e-3)
        low, high = (float(hits[at] / cells[at]) for at in (used[0], used[-1]))
        bits = information(table, draws)
        found.append({"name": signal["name"], "bits": bits, "rate": bits / signal["wait"], "low": low, "high": high,
                      "chance": None if signal["reading"] else float(cells[1])})  # fmt: skip
    found.sort(key=lambda one: -one["rate"])
    sources = {one["name"]: one["source"] for one in tables["signals"]}
    best: dict[str, dict[str, Any]] = {}
    for one in found:
        best.setdefault(sources[one["name"]], one)
    return list(best.values())[:MOST_SIGNALS]


def _cell(signal: int, branch: int, bank: Bank) -> np.ndarray:
    column = bank.column(f"signals.{branch}.{signal // codes.SIGNALS_TO_A_COLUMN}")
    return (column >> 2 * (signal % codes.SIGNALS_TO_A_COLUMN) & 3).astype(int)


def information(table: np.ndarray, draws: float) -> float:
    """Bits that rows and cells tell of each other, less what as many cells find in noise (Miller and Madow)."""
    product = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True)
    used = table > 0
    bits = float(np.sum(table[used] * np.log2(table[used] / product[used])))
    surplus = int(used.sum()) - int(used.any(axis=1).sum()) - int(used.any(axis=0).sum()) + 1
    return max(bits - surplus / (2.0 * draws * np.log(2.0)), 0.0)
