"""Coming signals as a bank foresees them: for every draw what would be seen, sorted into at most four cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cruxes import observables, outlook, signals, watch
from cruxes.signals import Catalogue, Signal
from forecast.run import Evidence
from forecast.view import View


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """Names of signals, and what is seen of them in each draw of each branch: (n, signals) of 0 to 3.

    A yes is 1 and a no 0; a reading is drawn with its error and sorted by its quarters over the bank.
    """

    catalogue: Catalogue
    names: tuple[str, ...]
    cells: tuple[np.ndarray, ...]


def foresee(branches: Sequence[View], chances: Sequence[float], evidence: Evidence, *, seed: int) -> Foreseen:
    """All signals that are not yet due and do not ask for LOOP itself; ``chances`` are those of the branches."""
    catalogue, day = signals.read(), branches[0].day
    asked = {n: s for n, s in catalogue.signals.items() if s.known_by > day and not watch.asks_itself(s, "LOOP")}
    outlooks = [outlook.of_view(one, evidence) for one in branches]
    cells = [np.zeros((len(one.weights), len(asked)), dtype=np.uint16) for one in branches]
    for i, signal in enumerate(asked.values()):
        drawn = [_drawn(signal, one, catalogue, seed=seed + i) for one in outlooks]
        bounds = quarters(drawn, chances) if signals.reading_of(signal) is not None else np.array([0.5])
        for into, seen in zip(cells, drawn, strict=True):
            into[:, i] = np.searchsorted(bounds, seen, side="right")
    return Foreseen(catalogue=catalogue, names=tuple(asked), cells=tuple(cells))


def _drawn(signal: Signal, side: outlook.Outlook, catalogue: Catalogue, *, seed: int) -> np.ndarray:
    """One reading for every draw, or 1 for a yes; the same luck on all branches."""
    rng = np.random.default_rng([seed, 17])
    found = observables.predict(signal, side, catalogue)
    if isinstance(found, np.ndarray):
        return (rng.random(len(found)) < found).astype(float)
    return observables.sample(found, rng)


def quarters(drawn: Sequence[np.ndarray], chances: Sequence[float]) -> np.ndarray:
    """Bounds of the quarters of a mixture of readings."""
    value = np.concatenate(drawn)
    weight = np.concatenate([np.full(len(one), chance) for one, chance in zip(drawn, chances, strict=True)])
    order = np.argsort(value, kind="stable")
    reached = np.cumsum(weight[order]) / weight.sum()
    return np.asarray(value[order][np.searchsorted(reached, [0.25, 0.5, 0.75])])
