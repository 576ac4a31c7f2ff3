"""Every signal against every worldview: what each expects, how much it would learn, and who would meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import numpy as np

from cruxes import clock_bins, discrimination, information, observables, outlook, scales
from cruxes.clock_bins import Bins
from cruxes.double_cruxes import Meeting
from cruxes.information import Estimate
from cruxes.observables import Prediction
from cruxes.signals import Catalogue, EventRead, JumpRead, Signal, reading_of
from forecast.run import Evidence
from forecast.view import View

LEAST_WAIT = 0.5
"""Years: what comes sooner counts as if it came then, or the next chart would always be first."""

QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one worldview expects of a signal, and would learn from it about the event.

    ``chance`` of a yes, or ``quantiles`` (10, 50, 90 %) of the reading in the reader's ``unit``. ``bits_date`` about
    its date in coarse bins, ``bits_by`` about whether it comes by the day asked for. ``if_event`` and ``if_not`` are
    P(yes | event by then) and P(yes | not by then); of a reading, that it lies above the middle.
    """

    worldview: str
    chance: float | None
    quantiles: tuple[float, float, float] | None
    bits_date: Estimate
    bits_by: Estimate
    if_event: float
    if_not: float


@dataclass(frozen=True, kw_only=True)
class Watched:
    """One signal. ``rate`` is the mean of the bits about the date over the worldviews, per year of waiting.

    ``asked_itself``: the signal is the event in question, and so tells nothing but itself. ``bits_worldview``: about
    whose view is right.
    """

    name: str
    signal: Signal
    unit: str
    told: tuple[Told, ...]
    rate: float
    bits_worldview: float
    asked_itself: bool


@dataclass(frozen=True, kw_only=True)
class Survey:
    """``watched`` in the order of the rate, what is asked itself last; ``meetings`` of all pairs over all
    signals but those."""

    event: str
    by: date
    day: date
    watched: tuple[Watched, ...]
    meetings: tuple[Meeting, ...]


def survey(
    views: Sequence[View], evidence: Evidence, catalogue: Catalogue, *, event: str, by: date, seed: int = 0
) -> Survey:
    """All signals not yet due against all views, which must be of one day."""
    day = max(view.day for view in views)
    found = clock_bins.bins(day, by)
    outlooks = [outlook.of_view(view, evidence) for view in views]
    rows = [clock_bins.row_of(view.futures.observed(event), found) for view in views]
    watched, meetings = [], []
    for name, signal in catalogue.signals.items():
        if signal.known_by <= day:
            continue
        predictions = [observables.predict(signal, one, catalogue) for one in outlooks]
        masses = _masses(views, rows, predictions, found, seed=seed)
        watched.append(_watched(name, signal, views, predictions, masses, found, outlooks[0], catalogue,
                                event=event, day=day, seed=seed))  # fmt: skip
        if not asks_itself(signal, event):
            meetings += _meetings(name, views, masses, found)
    ordered = sorted(watched, key=lambda one: (one.asked_itself, -one.rate))
    return Survey(event=event, by=by, day=day, watched=tuple(ordered), meetings=tuple(meetings))


def _masses(
    views: Sequence[View], rows: Sequence[np.ndarray], predictions: Sequence[Prediction], bins: Bins, *, seed: int
) -> list[np.ndarray]:
    """(BATCHES, fine bins, cells) of every view, over cells common to all."""
    laws = [p for p in predictions if not isinstance(p, np.ndarray)]
    bounds = observables.edges(laws, [v.weights for v in views], seed=seed) if laws else np.zeros(0)
    return [
        information.masses(view.weights, row, observables.chances(one, bounds), rows=bins.rows)
        for view, row, one in zip(views, rows, predictions, strict=True)
    ]


def _watched(
    name: str, signal: Signal, views: Sequence[View], predictions: Sequence[Prediction], masses: Sequence[np.ndarray],
    bins: Bins, first: outlook.Outlook, catalogue: Catalogue, *, event: str, day: date, seed: int,
) -> Watched:  # fmt: skip
    told = []
    cells = np.stack([m.sum(axis=(0, 1)) for m in masses])
    upper = _crux(cells.mean(axis=0), cells.mean(axis=0), binary=isinstance(predictions[0], np.ndarray))
    for view, prediction, mass in zip(views, predictions, masses, strict=True):
        halves = clock_bins.halves(mass.sum(axis=0), bins)
        yes = information.given(halves)[:, upper].sum(axis=-1)
        told.append(
            Told(
                worldview=view.worldview.name,
                chance=float(view.weights @ prediction) if isinstance(prediction, np.ndarray) else None,
                quantiles=_quantiles(signal, view, prediction, first, catalogue, seed=seed),
                bits_date=information.judged(clock_bins.coarse(mass, bins), information.mutual_information),
                bits_by=information.judged(clock_bins.halves(mass, bins), information.mutual_information),
                if_event=float(yes[0]),
                if_not=float(yes[1]),
            )
        )
    bits = float(np.mean([one.bits_date.value for one in told]))
    return Watched(name=name, signal=signal, unit=_unit(signal, first, catalogue), told=tuple(told),
                   rate=bits / wait_years(signal, day), bits_worldview=information.about_worldview(cells),
                   asked_itself=asks_itself(signal, event))  # fmt: skip


def asks_itself(signal: Signal, event: str) -> bool:
    """Whether a signal is made of the very event whose date is in question."""
    return any(
        (isinstance(one, EventRead) and one.event == event) or (isinstance(one, JumpRead) and event == "LOOP")
        for one in signal.reads
    )


def wait_years(signal: Signal, day: date) -> float:
    """Years until a signal is known, LEAST_WAIT at least."""
    return max((signal.known_by - day).days / 365.25, LEAST_WAIT)


def _crux(a: np.ndarray, b: np.ndarray, *, binary: bool) -> np.ndarray:
    return np.array([False, True]) if binary else discrimination.upper_half(a, b)


def _unit(signal: Signal, first: outlook.Outlook, catalogue: Catalogue) -> str:
    measured = reading_of(signal)
    if measured is None:
        return "yes"
    return scales.READER_UNITS[observables.entry_of(measured.quantity, catalogue, first).kind]


def _quantiles(
    signal: Signal, view: View, prediction: Prediction, first: outlook.Outlook, catalogue: Catalogue, *, seed: int
) -> tuple[float, float, float] | None:
    """In the reader's unit; a change of task time is shown as the speed-up that it is."""
    measured = reading_of(signal)
    if isinstance(prediction, np.ndarray) or measured is None:
        return None
    entry = observables.entry_of(measured.quantity, catalogue, first)
    value = scales.to_reader(entry, observables.sample(prediction, np.random.default_rng(seed)))
    low, middle, high = (view.quantile(value, level) for level in QUANTILES)
    return low, middle, high


def _meetings(name: str, views: Sequence[View], masses: Sequence[np.ndarray], bins: Bins) -> list[Meeting]:
    found = []
    for (view_a, a), (view_b, b) in combinations(zip(views, masses, strict=True), 2):
        draws = view_a.effective_draws, view_b.effective_draws
        cells = [m.sum(axis=(0, 1)) for m in (a, b)]
        crux = _crux(*cells, binary=len(cells[0]) == 2)
        belief_a, belief_b = (
            discrimination.belief(clock_bins.halves(m.sum(axis=0), bins), crux, draws=n)
            for m, n in zip((a, b), draws, strict=True)
        )
        found.append(
            Meeting(
                signal=name,
                a=view_a.worldview.name,
                b=view_b.worldview.name,
                voi=(discrimination.voi_log(belief_a), discrimination.voi_log(belief_b)),
                voi_share=(discrimination.voi_share(belief_a), discrimination.voi_share(belief_b)),
                vod=discrimination.vod_log(belief_a, belief_b),
                vod_mean=discrimination.vod_log_mean(belief_a, belief_b),
                apart=discrimination.distance(a, b, bins, draws=draws),
                bits=information.about_worldview(np.stack(cells)),
                ratio=belief_a.crux / belief_b.crux,
            )
        )
    return found


def expected(views: Mapping[str, View], evidence: Evidence, catalogue: Catalogue) -> dict[str, dict[str, float]]:
    """P(yes) of every signal that is no reading, signal -> worldview -> probability."""
    outlooks = {name: outlook.of_view(view, evidence) for name, view in views.items()}
    return {
        name: {
            who: float(views[who].weights @ observables.predict(signal, one, catalogue))
            for who, one in outlooks.items()
        }
        for name, signal in catalogue.signals.items()
        if reading_of(signal) is None
    }


def best(found: Survey, *, most: int = 5) -> tuple[Watched, ...]:
    """The first of the survey, each source once: the next page of the same chart tells little that is new."""
    chosen: dict[str, Watched] = {}
    for one in found.watched:
        if not one.asked_itself:
            chosen.setdefault(one.signal.source or one.name, one)
    return tuple(chosen.values())[:most]


def sources(found: Survey) -> dict[str, str]:
    """Who publishes each signal; a signal without such a name is a source of its own."""
    return {one.name: one.signal.source or one.name for one in found.watched}
