"""METR's time horizons: `benchmark_results*.yaml`, in the layout of 2026 and in that of 2025.

Values above 16 hours are imported as published; `censored_above` in the register is what makes the models read them
as "at least 16 hours".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from forecast.evidence.importers import names, safe_yaml
from forecast.evidence.importers.parsed import Cells, Skipped, Source, Wishes, refuse, row
from forecast.evidence.importers.shapes import schema_problems
from priors.problems import BadInput

NAME = "metr"
WHAT = "METR's benchmark_results yaml"

type Minutes = Annotated[Decimal, Field(strict=True)]


class _Estimate(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    estimate: Minutes
    ci_low: Minutes | None = None
    ci_high: Minutes | None = None


class _Metrics(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    p50_horizon_length: _Estimate
    p80_horizon_length: _Estimate
    is_sota: bool | None = None


class _Result(BaseModel):
    """`metrics` since January 2026; `agents`, by name, before."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    release_date: Annotated[str, Field(strict=True)]
    benchmark_name: str | None = None
    metrics: _Metrics | None = None
    agents: dict[str, _Metrics] | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    benchmark_name: Annotated[str, Field(strict=True)]
    results: dict[str, _Result]


@dataclass(frozen=True, kw_only=True)
class _Edition:
    suffix: str
    file: str


# (benchmark_name, layout) -> where its rows belong
_EDITIONS = {
    ("METR-Horizon-v1.1", "metrics"): _Edition(suffix="", file="benchmark_results_1_1.yaml"),
    ("METR-Horizon-v1.0", "metrics"): _Edition(suffix="_th1_0", file="benchmark_results_1_0.yaml"),
    ("METR-Horizon-v1", "metrics"): _Edition(suffix="_th1_0", file="benchmark_results_1_0.yaml"),
    ("METR-Horizon-v1", "agents"): _Edition(suffix="_th1_0_v2025_08", file="benchmark_results.yaml"),
    ("METR-Horizon-v1.0", "agents"): _Edition(suffix="_th1_0_v2025_08", file="benchmark_results.yaml"),
}
_SERIES = {50: "metr_horizon_p50_minutes", 80: "metr_horizon_p80_minutes"}
_MAY_DIFFER = {
    ("METR-Horizon-v1.1", "METR-Horizon-v1.0"),  # three old models that were run on 1.0 only
    ("METR-Horizon-v1", "METR-Horizon-v1.0"),  # two names of one suite
    ("METR-Horizon-v1.0", "METR-Horizon-v1"),
}
"""(benchmark_name of the file, of a model in it)"""


def recognises(parsed: Any) -> bool:
    return isinstance(parsed, dict) and "results" in parsed and "benchmark_name" in parsed


def parse(source: Source, wishes: Wishes) -> tuple[list[Cells], list[Skipped]]:
    """Two rows per model, at 50 and at 80 percent. Raises BadInput."""
    table = safe_yaml.parse(source.data, file=source.name)
    try:
        found = _File.model_validate(table)
    except ValidationError as bad:
        raise BadInput(schema_problems(bad, source=source)) from None
    suite = found.benchmark_name
    layouts = {layout for result in found.results.values() for layout in _layouts(result)}
    if len(layouts) != 1:
        expected = "metrics in every model, or agents in every model"
        problem = refuse(source, "results", "of " + (" and ".join(sorted(layouts)) or "neither"), expected, _CHANGED)
        raise BadInput([problem])
    edition = _edition(source, suite, layouts.pop())
    cells: list[Cells] = []
    skipped: list[Skipped] = []
    for key, result in found.results.items():
        own = result.benchmark_name or suite
        if own != suite and (suite, own) not in _MAY_DIFFER:
            why = f"measured on {ascii(own)[:80]}, not on {suite}; that needs a series of its own"
            skipped.append((key, why))
            continue
        for agent, metrics in _measurements(result):
            cells += _rows(source, key, result, agent, metrics, edition=edition, suite=own)
    return cells, skipped


_CHANGED = "If METR has changed the file, its importer must learn the new shape; tell us."


def _edition(source: Source, suite: str, layout: str) -> _Edition:
    """Where the file's rows belong; a suite not known here may have series in the user's own register."""
    if found := _EDITIONS.get((suite, layout)):
        return found
    version = re.fullmatch(r"METR-Horizon-v([0-9]{1,3})\.([0-9]{1,3})", suite)
    remedy = "Another suite is another measurement: it needs series and register entries of its own first"
    if version and layout == "metrics":
        edition = _Edition(
            suffix=f"_th{version[1]}_{version[2]}", file=f"benchmark_results_{version[1]}_{version[2]}.yaml"
        )
        series = [f"{one}{edition.suffix}" for one in _SERIES.values()]
        if all(one in source.register.series for one in series):
            return edition
        remedy += f", {' and '.join(series)}"
    known = ", ".join(sorted({name for name, _ in _EDITIONS}))
    raise BadInput([refuse(source, "benchmark_name", ascii(suite)[:80], f"one of {known}", f"{remedy}.")])


def _layouts(result: _Result) -> set[str]:
    found = {"metrics"} if result.metrics is not None else set()
    return found | ({"agents"} if result.agents is not None else set())


def _measurements(result: _Result) -> Iterator[tuple[str, _Metrics]]:
    if result.metrics is not None:
        yield "", result.metrics
    yield from (result.agents or {}).items()


def _rows(
    source: Source, key: str, result: _Result, agent: str, metrics: _Metrics, *, edition: _Edition, suite: str
) -> Iterator[Cells]:
    subject = names.of_metr(key)
    if agent and len(result.agents or {}) > 1:
        subject = f"{subject}, agent {agent}"
    note = f"{suite}; key {key}" + (f", agent {agent}" if agent else "")
    note += "" if metrics.is_sota is None else f"; is_sota={metrics.is_sota}"
    note += ". METR dates no figure: published_on is the day the file was fetched (public no later than)."
    if (suite, edition.suffix) == ("METR-Horizon-v1.0", ""):
        note += " This model was only run on the TH1.0 suite."
    for percent, found in ((50, metrics.p50_horizon_length), (80, metrics.p80_horizon_length)):
        whole = found.ci_low is not None and found.ci_high is not None
        yield row(
            source,
            series=f"{_SERIES[percent]}{edition.suffix}",
            subject=subject,
            observed_on=result.release_date,
            published_on=source.fetched_on.isoformat(),
            value=str(found.estimate),
            ends=(str(found.ci_low), str(found.ci_high)) if whole else None,
            interval="95%CI",
            title=f"METR time horizons, {edition.file}",
            url=f"https://metr.org/assets/{edition.file}",
            note=note,
        )
