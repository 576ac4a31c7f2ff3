"""What can be taken from another worldview, block by block, and a worldview made of the parts of two.

Every crux variable belongs to one block (`priors.variables`). Two blocks are no crux. SHARED goes with the day on which
a worldview was stated: that day, the fit of the shared and measuring parameters to the rows until then, process noise,
that no loop was closed by then, and the links between cruxes. HONOURED is the tilt that keeps a person's own numbers.

A crux that moves takes its whole distribution along, and links stay with SHARED: a coalition has the beliefs of the
owner of each crux, joined by the correlations of the owner of SHARED.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from pydantic import PrivateAttr

import priors
from forecast import rows
from forecast.parameters import CRUXES, Prior
from forecast.rows import Blocks
from forecast.tilt import Tilt
from forecast.view import View
from forecast.views import Stated
from priors import Elicited, Worldview

SHARED = "shared"
HONOURED = "honoured"

NAMES = {
    "C1": "loop closure: how far AI is from doing it all",
    "C2": "human residual: what people still do or wait for",
    "C3": "amplification: how much each gain speeds the next",
    "C4": "friction: what is lost on the way",
    "C5": "compute and capital: how far hardware sets the pace",
    "C6": "paradigms: is a new idea needed, and when",
    "C7": "headroom: how far software can still go",
    "C8": "diffusion: how fast the economy follows",
    "C9": "locality: one project or many",
    "C10": "steering: pauses and loss of control",
    SHARED: "the day of speaking: how the past was read then",
    HONOURED: "their own numbers: given outright, and kept",
}
"""Each block in plain words: a short name, then what it is about."""

TRAJECTORY = (SHARED, "C1", "C2", "C3", "C4", "C5", "C6", "C7")
"""Blocks whose exchange needs the mechanism anew."""

CLOCKS = ("C8", "C10")
"""Blocks that act on stored dates. C9 moves no date at all."""


def variables_of(block: str) -> tuple[str, ...]:
    """The crux variables of a block."""
    return tuple(name for name, v in priors.variables().items() if str(v.crux) == block and block != SHARED)


OWNER = {name: str(v.crux) for name, v in priors.variables().items()}
"""Variable -> block."""


def acting(event: str) -> tuple[str, ...]:
    """Blocks that can move an event, as it is seen."""
    return (*TRAJECTORY, *(b for b in CLOCKS if b != "C8" or event.startswith("ECON")), HONOURED)


@dataclass(frozen=True, kw_only=True)
class Side:
    """A stated view as parts: beliefs, prior, tilt, and what goes with its day."""

    view: View
    prior: Prior
    tilt: Tilt
    absence: Blocks
    beliefs: Mapping[str, Elicited]
    chances: Mapping[str, float]

    @property
    def worldview(self) -> Worldview:
        return self.view.worldview


def side(stated: Stated) -> Side:
    """The parts of a stated view."""
    as_of = stated.view.worldview.as_of
    return Side(
        view=stated.view,
        prior=stated.prior,
        tilt=stated.tilt,
        absence=rows.blocks(rows.not_yet(as_of)),
        beliefs=stated.view.worldview.elicited(),
        chances=stated.view.worldview.probabilities(),
    )


class Between(Worldview):
    """A worldview with the beliefs of two: the fields are those of the owner of SHARED, and so is the day."""

    _elicited: dict[str, Elicited] = PrivateAttr(default_factory=dict)
    _chances: dict[str, float] = PrivateAttr(default_factory=dict)

    def elicited(self) -> dict[str, Elicited]:
        return dict(self._elicited)

    def probabilities(self) -> dict[str, float]:
        return dict(self._chances)


def between(a: Side, b: Side, from_b: Collection[str]) -> Between:
    """``a`` with the blocks ``from_b`` of ``b``. A year keeps its place in the calendar, whoever's day it is."""
    made = Between.model_construct(**dict((b if SHARED in from_b else a).worldview))
    made._elicited = _taken(a.beliefs, b.beliefs, from_b)
    made._chances = _taken(a.chances, b.chances, from_b)
    return made


def prior_between(a: Prior, b: Prior, from_b: Collection[str]) -> Prior:
    """The same of priors: nuisance parameters, links and the day of the human residual are those of SHARED."""
    base = b if SHARED in from_b else a
    columns = {name: getattr(base, name).copy() for name in ("loc", "scale", "jump", "z0")}
    for i, crux in enumerate(CRUXES):
        owner = b if OWNER[crux] in from_b else a
        for name, column in columns.items():
            column[i] = getattr(owner, name)[i]
    return replace(base, **columns)


def differing(a: Side, b: Side) -> tuple[str, ...]:
    """Blocks that the two do not have in common, in the order of NAMES, SHARED and HONOURED last."""
    found = [
        block
        for block in NAMES
        if any(_belief(a, name) != _belief(b, name) for name in variables_of(block))
    ]  # fmt: skip
    first = len(CRUXES)
    fitted = [(s.prior.t_asof, s.prior.loc[first:], s.prior.scale[first:], s.prior.mixing) for s in (a, b)]
    if not all(np.array_equal(x, y) for x, y in zip(*fitted, strict=True)):
        found.append(SHARED)
    honoured = [_honoured(s) for s in (a, b)]
    if honoured[0] != honoured[1]:
        found.append(HONOURED)
    return tuple(found)


def _belief(side: Side, name: str) -> Elicited | float | None:
    return side.beliefs.get(name, side.chances.get(name))


def _honoured(side: Side) -> list[tuple[str, float]]:
    asked = [str(t.arguments) for t in side.worldview.targets if t.honour is not None]
    return [(what, float(m)) for what, m in zip(asked, side.tilt.multipliers, strict=False) if m != 0.0]


def _taken[T](a: Mapping[str, T], b: Mapping[str, T], from_b: Collection[str]) -> dict[str, T]:
    names = [name for name in priors.variables() if name in a or name in b]
    chosen = {name: (b if OWNER[name] in from_b else a) for name in names}
    return {name: owner[name] for name, owner in chosen.items() if name in owner}
