"""A worldview ready for use, and the shelf of those that come with the package."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from priors import check, elicit, files
from priors.dates import decimal_year
from priors.problems import BadInput, Problem
from priors.schema import IntervalBelief, Role, Strength, ValueBelief, Variable, WorldviewTable

ORDER = ("clark", "krier", "lambert", "yudkowsky", "drexler", "trend")
BASELINE = "trend"


class Worldview(WorldviewTable):
    """The table of one file, with its numbers turned into what a model reads."""

    @property
    def as_of_year(self) -> float:
        return decimal_year(self.as_of)

    def elicited(self) -> dict[str, elicit.Elicited]:
        """Every belief that is a distribution, in the order of `variables()`."""
        known = files.variables()
        return elicit.elicit_all(
            {name: self.beliefs[name] for name in known if name in self.beliefs}, known, as_of=self.as_of_year
        )

    def probabilities(self) -> dict[str, float]:
        """The beliefs that are a single probability."""
        return {name: b.value for name, b in self.beliefs.items() if isinstance(b, ValueBelief)}

    def cholesky(self, order: Sequence[str]) -> np.ndarray:
        """Lower factor of the correlations between the standard normals of `order`; unlinked ones are independent."""
        if unknown := set(order) - files.variables().keys():
            raise KeyError(f"unknown variables {sorted(unknown)}; known are {list(files.variables())}")
        return np.linalg.cholesky(check.correlations(self.links, order))


def load(name_or_path: str | Path, as_of: date | None = None) -> Worldview:
    """A packaged worldview by name, in its newest version dated on or before `as_of`, or any file by its path."""
    if isinstance(name_or_path, Path) or name_or_path.endswith(".toml"):
        return Worldview.model_validate(files.worldview_table(Path(name_or_path)))
    versions = files.worldview_paths().get(name_or_path)
    if versions is None:
        raise _refused(name_or_path, "unknown", f"one of {', '.join(packaged())}, or the path of a .toml file")
    known = [day for day in versions if as_of is None or date.fromisoformat(day) <= as_of]
    if not known:
        raise _refused(name_or_path, f"not yet stated on {as_of}", f"a date from {min(versions)} on")
    return Worldview.model_validate(files.worldview_table(versions[max(known)]))


def _refused(name: str, found: str, expected: str) -> BadInput:
    return BadInput(
        [
            Problem(
                file="worldviews",
                where=ascii(name)[:60],
                found=found,
                expected=expected,
                remedy="Mend the name or the date.",
            )
        ]
    )


def names() -> tuple[str, ...]:
    """The named five and the baseline, which every forecast shows unless others are asked for."""
    return ORDER


def voices() -> tuple[str, ...]:
    """Further worldviews that come with the package: more voices, on shorter evidence."""
    return tuple(name for name in files.worldview_paths() if name not in ORDER)


def packaged() -> tuple[str, ...]:
    """Every worldview that comes with the package."""
    return (*names(), *voices())


def load_all() -> dict[str, Worldview]:
    return {name: load(name) for name in names()}


def variables() -> dict[str, Variable]:
    return dict(files.variables())


def shared() -> dict[str, elicit.AnyBelief]:
    """Broad priors over what no worldview disputes."""
    return dict(files.shared_table().beliefs)


def broad() -> dict[str, elicit.AnyBelief]:
    """An envelope of the named people: from their lowest 10 % point to their highest 90 % point, trajectory only."""
    priors = {name: load(name).elicited() for name in ORDER if name != BASELINE}
    envelope: dict[str, elicit.AnyBelief] = {}
    for name, variable in files.variables().items():
        if variable.role is not Role.TRAJECTORY:
            continue
        ends = {who: elicit.quantile(prior[name], [0.1, 0.9]) for who, prior in priors.items()}
        envelope[name] = IntervalBelief(
            interval=(min(float(low) for low, _ in ends.values()), max(float(high) for _, high in ends.values())),
            mass=0.95,
            strength=Strength.INFERRED,
            source=", ".join(ends),
            why="Covers the central 80 % of every named worldview, so that fitting the shared parameters favours none.",
        )
    return envelope


def json_schema() -> str:
    """For editors and other programs; unit, name and source checks go beyond what it can say."""
    schema = WorldviewTable.model_json_schema()
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Worldview"}
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
