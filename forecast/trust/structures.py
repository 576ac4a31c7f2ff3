"""Other mechanisms that a critic might have written: each is `mechanism.STANDARD` with one line of it changed.

A structure reaches the compiled simulation and the likelihood alike, since both are generated from the mechanism; so a
process has one structure for its whole life, and `under` is what a fresh process runs first. This module imports
nothing that imports `forecast.kernels`.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from math import log
from pathlib import Path
from typing import Any

from forecast import mechanism
from forecast.mechanism import LN2, STANDARD, Structure, sigmoid

SHORTENING = 0.1
"""By which a doubling of the horizon is shorter than the one before."""

QUICKEST = 10.0
"""Times its pace of 2025 up to which the horizon quickens. The law has a pole; at this pace it is twenty-two doublings
on, beyond where any belief about theta lies."""

BENCHMARK_FACTOR = 6.0
"""Horizon on benchmarks over that on work which somebody has to accept."""

SLOWER = 0.75
"""Pace of the ln horizon of real work over that of benchmarks."""

ALIKE = -log(60.0)
"""ln hours up to which real work and benchmarks are the same: a minute."""

TAIL = 2.0
"""How many times as many nats of horizon it takes to halve what is left of the last tasks."""

FURTHEST = 6.0
"""Standard deviations at which the normal curve is held: one minus what lies beyond is still a number."""


def quickening(shortening: float) -> Callable[[Any, Any], Any]:
    """Nats of ln h for nats of trend progress since T0 where doubling n takes (1 - shortening)^n of the first.

    dG/dy = exp(c G) with c = -ln(1 - shortening) / ln 2, so G = -ln(1 - c y) / c, up to QUICKEST; before T0 a straight line.
    """
    c = -log(1.0 - shortening) / LN2
    last = (1.0 - 1.0 / QUICKEST) / c

    def growth(y: Any, xp: Any) -> Any:
        curved = xp.minimum(xp.maximum(y, 0.0), last)
        return xp.minimum(y, 0.0) - xp.log(1.0 - c * curved) / c + QUICKEST * xp.maximum(y - last, 0.0)

    return growth


def normal_curve(z: Any, xp: Any) -> Any:
    """The normal distribution function with the logistic's slope at theta, by a cubic in its logit (Bowling and others
    2009): within 0.0002 of it, and made of what compiled code knows."""
    w = xp.minimum(xp.maximum(z / 1.5976, -FURTHEST), FURTHEST)
    return sigmoid(1.5976 * w + 0.07056 * w * w * w, xp)


def long_tailed(tail: float) -> Callable[[Any, Any], Any]:
    """k whose last part is ``tail`` times as long as the logistic's: half at theta, with its slope there.

    1 - k = (1 + c exp(s z))^(-1/tail), a generalised logistic curve (Richards 1959).
    """
    c = 2.0**tail - 1.0
    s = tail * 2.0 ** (tail - 1.0) / c

    def curve(z: Any, xp: Any) -> Any:
        within = xp.minimum(xp.maximum(s * z, -30.0), 200.0)
        return -xp.expm1(-xp.log(1.0 + c * xp.exp(within)) / tail)

    return curve


def gap(factor: float) -> Callable[[Any, Any, Any], Any]:
    """The deployed ln horizon less what benchmarks overstate it by, the same at all times."""
    return lambda deployed, newest, xp: deployed - log(factor)


def slower(pace: float) -> Callable[[Any, Any, Any], Any]:
    """The deployed ln horizon, of which what lies above ALIKE counts for ``pace``."""
    return lambda deployed, newest, xp: deployed - (1.0 - pace) * xp.maximum(deployed - ALIKE, 0.0)


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """One changed line. ``function``: the field of `mechanism.Structure` that is ``other``. ``says``: what it says about
    the world. ``argued_by``: in whose published views we find it. ``source``: of its form, "ours" where it is nobody's."""

    name: str
    function: str
    other: Callable[..., Any]
    says: str
    argued_by: str
    source: str


ALTERNATIVES: Mapping[str, Alternative] = {
    one.name: one
    for one in (
        Alternative(
            name="no feedback",
            function="researchers",
            other=lambda D: 0.0 * D,
            says="AI does research, but better software does not make the AI that does it any better at it.",
            argued_by="nobody in so many words; it is what a straight extrapolation takes for granted",
            source="ours; as in Kwa's model of AI R&D (METR, February 2026), whose automation has no loop",
        ),
        Alternative(
            name="no generation time",
            function="seen_by_labs",
            other=lambda deployed, newest, xp: newest,
            says="A lab works with its newest model from its first day.",
            argued_by="Yudkowsky, for whom an AI that improves itself waits for nobody's release",
            source="ours: the limit of a generation time of nothing",
        ),
        Alternative(
            name="hard compute complement",
            function="held",
            other=lambda exponent, most, xp: xp.minimum(exponent, most),
            says="What AI adds to research can have grown no faster than compute has since 2025.",
            argued_by="Erdil (thought alone runs into experiment compute), Aschenbrenner in part",
            source="ours: the limit of no substitution in Whitfill and Wu (arXiv 2507.23181)",
        ),
        Alternative(
            name="superexponential horizon",
            function="growth",
            other=quickening(SHORTENING),
            says="Since 2025 each doubling of the horizon takes 10 % less progress than the one before.",
            argued_by="Kokotajlo and Lifland in 2025",
            source="AI 2027, timelines forecast (April 2025), its superexponential case",
        ),
        Alternative(
            name="normal automation curve",
            function="curve",
            other=normal_curve,
            says="The ln horizons that research tasks ask for are normally spread: fewer are very easy or very hard.",
            argued_by="nobody: probit against logit",
            source="ours, with the same share and slope at theta",
        ),
        Alternative(
            name="long tail of tasks",
            function="curve",
            other=long_tailed(TAIL),
            says="The last tasks are far harder than the rest: halving what is left takes twice as many nats of horizon.",
            argued_by="Krier (the last five per cent set the pace), Lambert (the last few per cent are nine tenths of the work)",
            source="ours, with the same share and slope at theta",
        ),
        Alternative(
            name="benchmarks overstate",
            function="seen_by_labs",
            other=gap(BENCHMARK_FACTOR),
            says="On real work the horizon is a sixth of that on benchmarks, then as now.",
            argued_by="Lambert (narrow metrics fall, many at once do not)",
            source="METR's note of 2026-03-10: about 8 minutes where maintainers judge, about 50 where tests do",
        ),
        Alternative(
            name="benchmarks run ahead",
            function="seen_by_labs",
            other=slower(SLOWER),
            says="The ln horizon of real work grows three quarters as fast as that of benchmarks.",
            argued_by="Lambert; Narayanan and Kapoor",
            source="the three quarters are ours; the same note finds slower progress where maintainers judge, weakly",
        ),
    )
}
"""In the order of the report; the standard itself is not among them."""


@cache
def edition() -> str:
    """Short hash of this file: code compiled for an alternative of another edition is never taken for one of this."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]


def structure(name: str) -> Structure:
    """The mechanism of that name. Raises KeyError for an unknown one."""
    if name == STANDARD.name:
        return STANDARD
    one = ALTERNATIVES[name]
    return STANDARD._replace(name=f"{one.name} {edition()}", **{one.function: one.other})


def under(name: str, call: bytes) -> Any:
    """In a fresh process: adopt a structure, then do what was asked, a pickled (function, arguments, keywords).

    It is unpickled only then, since that imports the modules it needs. Raises RuntimeError in a process that has already
    imported `forecast.kernels`.
    """
    if name != STANDARD.name:
        mechanism.adopt(structure(name))
    function, arguments, keywords = pickle.loads(call)
    return function(*arguments, **keywords)
