"""What a reader is asked: the packaged `questions.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import priors
from priors.schema import Support


@dataclass(frozen=True, kw_only=True)
class Question:
    """``name`` is that of the variable; ``low`` and ``high`` are the ends of the slider, in its own unit.

    ``chance``: a single probability, which has no width.
    """

    name: str
    ask: str
    help: str
    ends: tuple[str, str]
    low: float
    high: float
    unit: str
    chance: bool


@cache
def questions() -> dict[str, Question]:
    """By the name of the variable, in the order of the page."""
    table = tomllib.loads(files("cruxes.landing").joinpath("questions.toml").read_text(encoding="utf-8"))
    known = priors.variables()
    return {
        name: Question(
            name=name, **{**said, "ends": tuple(said["ends"])}, chance=known[name].support is Support.PROBABILITY
        )
        for name, said in table.items()
    }


def weighed() -> tuple[str, ...]:
    """Questions that are answered by weighing stored futures."""
    return tuple(name for name, one in questions().items() if not one.chance)
