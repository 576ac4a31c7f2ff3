"""Double cruxes: observations that would move both of two people, and bring them together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from cruxes.discrimination import Distance

LEAST_SHARE = 0.01
"""Of what there is to know about the outcome, for each of the two."""

LEAST_YEARS = 0.1
"""By which the distance must be expected to close."""

SURE = 2.0
"""Monte Carlo errors by which the narrowing must exceed zero."""


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """One signal between two worldviews.

    ``voi`` and ``voi_share`` (VOI_log and VOI_PoM) of each side, ``vod`` (VOD_log_gmod) and ``vod_mean`` of the two,
    about the event by the day asked for; ``apart`` in years of its date. ``bits`` that the signal is expected to tell
    about which of the two is right. ``ratio``: P(yes) of a over that of b (readings: above the middle).
    """

    signal: str
    a: str
    b: str
    voi: tuple[float, float]
    voi_share: tuple[float, float]
    vod: float
    vod_mean: float
    apart: Distance
    bits: float
    ratio: float

    @property
    def closes(self) -> float:
        """Share of the distance that the observation is expected to close; negative where it opens it."""
        return self.apart.narrowing.value / self.apart.before if self.apart.before > 0.0 else 0.0


def is_double_crux(meeting: Meeting) -> bool:
    """Whether both are moved, and the distance between their dates closes by more than the error of saying so."""
    moved = min(meeting.voi_share) >= LEAST_SHARE
    closes = meeting.apart.narrowing
    return moved and closes.value >= LEAST_YEARS and closes.value > SURE * closes.mcse


def best(
    meetings: Iterable[Meeting], a: str, b: str, *, sources: Mapping[str, str] | None = None, most: int = 3
) -> tuple[Meeting, ...]:
    """The double cruxes of a pair, those first that close most; of signals of one source (by name) the first alone."""
    own = [one for one in meetings if {one.a, one.b} == {a, b} and is_double_crux(one)]
    chosen: dict[str, Meeting] = {}
    for one in sorted(own, key=lambda one: -one.closes):
        chosen.setdefault((sources or {}).get(one.signal, one.signal), one)
    return tuple(chosen.values())[:most]


def by_pair(
    meetings: Sequence[Meeting], names: Sequence[str], *, sources: Mapping[str, str] | None = None, most: int = 3
) -> dict[tuple[str, str], tuple[Meeting, ...]]:
    """`best` for every pair of names."""
    return {(a, b): best(meetings, a, b, sources=sources, most=most) for a, b in combinations(names, 2)}
