"""PostTrainBench: `scores*.json` of its site, or `single_metrics_aggregated.csv`. Neither dates the models."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from forecast.evidence.importers import names, numbers, safe_csv, safe_json
from forecast.evidence.importers.parsed import Cells, Skipped, Source, Wishes, refuse, row
from forecast.evidence.importers.shapes import schema_problems
from priors.problems import BadInput

NAME = "posttrainbench"
WHAT = "PostTrainBench's scores json or single_metrics_aggregated.csv"

_SERIES = re.compile(r"posttrainbench_(v[0-9]+(_[0-9]+)?)_score")
_REFERENCES = {"base-model", "human"}
_HEADER = ("agent", "avg", "std", "n")
_PERCENT, _FRACTION = Decimal("0.01"), Decimal(1)


class _Score(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    avg: Annotated[Decimal, Field(strict=True)]
    std: Annotated[Decimal, Field(strict=True)] | None = None
    n: Annotated[Decimal, Field(strict=True)] | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    resultsVersion: Annotated[str, Field(strict=True)] | None = None
    aggregatedScores: dict[str, _Score]


@dataclass(frozen=True, kw_only=True)
class _Line:
    agent: str
    average: Decimal
    deviation: Decimal | None
    runs: Decimal | None


def recognises(parsed: Any) -> bool:
    return isinstance(parsed, dict) and "aggregatedScores" in parsed


def recognises_header(header: Sequence[str]) -> bool:
    return {"agent", "avg"} <= set(header)


def parse(source: Source, wishes: Wishes) -> tuple[list[Cells], list[Skipped]]:
    """One row per agent. Raises BadInput, also where nobody says which edition the file holds."""
    as_json = source.data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    version, scale, lines = _from_json(source) if as_json else _from_csv(source)
    series, title = _edition(source, version, wishes)
    cells: list[Cells] = []
    skipped: list[Skipped] = []
    for line in lines:
        subject = names.of_posttrainbench(line.agent)
        released = names.released_on(subject, wishes.releases)
        score = numbers.percent(line.average, scale=scale)
        if line.agent in _REFERENCES:
            skipped.append((line.agent, "a reference for the scale, not an agent"))
        elif score is None:
            skipped.append((line.agent, "its average is no number from 0 to 100 percent"))
        elif released is None:
            why = f"the file has no release dates and the ledger knows none of {subject}; add the row by hand"
            skipped.append((line.agent, why))
        else:
            cells.append(_row(source, line, subject, released.isoformat(), score, scale, series=series, title=title))
    return cells, skipped


def _row(
    source: Source, line: _Line, subject: str, released: str, score: Decimal, scale: Decimal, *, series: str, title: str
) -> Cells:
    deviation = None if line.deviation is None else numbers.percent(line.deviation, scale=scale)
    runs = "an unknown number of" if line.runs is None else f"{line.runs}"
    note = f"Agent {line.agent}, {runs} runs; "
    note += (
        "no SD published. " if deviation is None else f"published SD {numbers.digits(deviation)}, bounds are mean±SD. "
    )
    note += "published_on is the day the file was fetched (public no later than); the release date is not in the file."
    ends = None
    if deviation is not None:
        ends = (numbers.digits(score - deviation), numbers.digits(score + deviation))
    return row(
        source,
        series=series,
        subject=subject,
        observed_on=released,
        published_on=source.fetched_on.isoformat(),
        value=numbers.digits(score),
        ends=ends,
        interval="mean±1SD",
        title=title,
        url="https://posttrainbench.com/",
        note=note,
    )


def _from_json(source: Source) -> tuple[str | None, Decimal, Iterator[_Line]]:
    try:
        found = _File.model_validate(safe_json.parse(source.data, file=source.name))
    except ValidationError as bad:
        raise BadInput(schema_problems(bad, source=source)) from None
    scores = found.aggregatedScores.items()
    lines = (_Line(agent=agent, average=one.avg, deviation=one.std, runs=one.n) for agent, one in scores)
    return found.resultsVersion, _PERCENT, lines


def _from_csv(source: Source) -> tuple[None, Decimal, Iterator[_Line]]:
    found = safe_csv.parse(source.data, file=source.name, needed=_HEADER)
    problems = []
    lines = []
    for number, one in enumerate(found, start=2):
        average, deviation, runs = (numbers.parse(one[name]) for name in ("avg", "std", "n"))
        if average is None or not one["agent"]:
            expected, remedy = "an agent and its average", "Correct the row, or fetch the file again."
            problems.append(refuse(source, f"row {number}", f"{ascii(one)[:80]}", expected, remedy))
        else:
            lines.append(_Line(agent=one["agent"], average=average, deviation=deviation, runs=runs))
    if problems:
        raise BadInput(problems)
    return None, _FRACTION, iter(lines)


def _edition(source: Source, version: str | None, wishes: Wishes) -> tuple[str, str]:
    """Series and title. A file without `resultsVersion` has held more than one edition, so the user must say which.

    An edition counts as known when the register has a series that is named after it.
    """
    known = {match[1].replace("_", "."): one for one in source.register.series if (match := _SERIES.fullmatch(one))}
    if version is None:
        version = next((name for name, one in known.items() if one == wishes.series), None)
    if version is None:
        remedy = "Say which edition it is: " + " or ".join(f"--series {one}" for one in known.values()) + "."
        found, expected = "missing", "the edition; the same file has held more than one"
        raise BadInput([refuse(source, "resultsVersion", found, expected, remedy)])
    if version not in known:
        expected = f"one of {', '.join(known)}"
        remedy = "Another edition is another measurement: it needs a series and a register entry of its own first."
        raise BadInput([refuse(source, "resultsVersion", ascii(version)[:80], expected, remedy)])
    return known[version], f"PostTrainBench {version} leaderboard"
