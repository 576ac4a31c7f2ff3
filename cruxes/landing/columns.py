"""The columns of a bank: what is kept of every draw of a view, under either answer to what costs no weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from cruxes.landing import codes
from cruxes.landing.foreseen import Foreseen
from cruxes.landing.questions import weighed
from forecast import simulation, views
from forecast.evidence.ledger import Ledger
from forecast.parameters import CRUXES, Prior
from forecast.simulation import Futures
from forecast.view import View
from priors import Worldview
from priors.schema import ValueBelief

BANKS = {"stated": "land-stated.bin", "updated": "land-updated.bin"}
EVENTS = ("LOOP", "SWX3", "ECON10")
CONTROLLED = ("SWX3", "ECON10")
"""Events that loss of control can stop. It comes after LOOP."""

BRANCHES = (0, 1)
"""No new paradigm is needed, one is."""


@dataclass(frozen=True, kw_only=True)
class Bank:
    """``columns`` (n, m) of 16 bits, named by ``names``; ``chain`` is the share of independent draws among them."""

    view: str
    names: tuple[str, ...]
    columns: np.ndarray
    chain: float

    def column(self, name: str) -> np.ndarray:
        """One column (n,)."""
        return np.asarray(self.columns[:, self.names.index(name)])


def branches(
    eta: np.ndarray, reader: Worldview, *, name: Literal["stated", "updated"], day: date, ledger: Ledger, seed: int
) -> tuple[View, ...]:
    """The futures of draws (n, len(VECTOR)) under each of BRANCHES; the luck of all else is the same."""
    found = []
    for branch in BRANCHES:
        sure = with_chance(reader, "psi", float(branch))
        weigh = views.weigher(ledger, sure, day) if name == "updated" else None
        futures = simulation.simulate(eta, sure, seed=seed, weigh=weigh)
        weights = np.full(len(eta), 1.0 / len(eta))
        found.append(View(worldview=sure, name=name, day=day, eta=eta, weights=weights, futures=futures, seed=seed))
    return tuple(found)


def with_chance(worldview: Worldview, name: str, value: float) -> Worldview:
    """The same beliefs with another single probability."""
    belief = worldview.beliefs[name]
    assert isinstance(belief, ValueBelief)
    return worldview.model_copy(
        update={"beliefs": {**worldview.beliefs, name: belief.model_copy(update={"value": value})}}
    )


def bank_of(
    sides: Sequence[View], prior: Prior, *, seed: int, chain: float = 1.0, told: Foreseen | None = None
) -> Bank:  # fmt: skip
    """Everything that the page weighs, of the two sides of `branches`; ``chain`` as in `Bank`."""
    eta = sides[0].eta
    columns: dict[str, np.ndarray] = {}
    for name in weighed():
        at = CRUXES.index(name)
        columns[f"z.{name}"] = codes.of_normals((eta[:, at] - prior.loc[at]) / prior.scale[at])
    flags = np.zeros(len(eta), dtype=np.uint16)
    for branch, one in enumerate(sides):
        lost = _lost(one, seed=seed)
        for event in EVENTS:
            columns[f"{event}.{branch}"] = _kept(one.futures, event)
        for i, event in enumerate(CONTROLLED):
            flags |= _stops(one.futures, lost, event).astype(np.uint16) << np.uint16(_flag(branch, i))
    columns["flags"] = flags
    if told is not None:
        for branch, cells in enumerate(told.cells):
            for i, column in enumerate(codes.of_cells(cells).T):
                columns[f"signals.{branch}.{i}"] = column
    found = np.column_stack(list(columns.values()))
    return Bank(view=sides[0].name, names=tuple(columns), columns=found, chain=chain)


def _flag(branch: int, controlled: int) -> int:
    """The bit that says whether loss of control, where it comes, stops the clock."""
    return branch * len(CONTROLLED) + controlled


def _lost(view: View, *, seed: int) -> np.ndarray:
    """The date (n,) at which control is lost where it is lost at all."""
    clocks = simulation.clocks(
        view.futures.dates, with_chance(view.worldview, "A", 0.0), view.futures.values, seed
    )  # fmt: skip
    return clocks["LOC"]


def _kept(futures: Futures, event: str) -> np.ndarray:
    """Codes (n,) of an event where control is kept."""
    found, pause = futures.dates[event], futures.dates["PAUSE"]
    stopped = pause < found
    return codes.of_dates(np.where(stopped, np.inf, found), stopped)


def _stops(futures: Futures, lost: np.ndarray, event: str) -> np.ndarray:
    """Whether loss of control comes first of all that would end the wait for an event."""
    return np.isfinite(lost) & (lost < np.minimum(futures.dates[event], futures.dates["PAUSE"]))
