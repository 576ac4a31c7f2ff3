"""Inspect `.eval` logs: the header only, and only of runs that ended well."""

from __future__ import annotations

import math
from collections.abc import Collection
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from forecast.evidence.importers import names, numbers, safe_json, safe_zip
from forecast.evidence.importers.parsed import Cells, Skipped, Source, Wishes, refuse, row
from forecast.evidence.importers.shapes import schema_problems
from priors.problems import BadInput, Problem

NAME = "inspect"
WHAT = "an Inspect .eval log"
HEADER = "header.json"
_Z = 1.959964  # 97.5 % point of the normal

type Text = Annotated[str, Field(strict=True)]
type Count = Annotated[Decimal, Field(strict=True, ge=0, le=10**9)]


class _Config(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    epochs: Count | None = None


class _Eval(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    task: Text
    model: Text
    created: Text
    config: _Config = _Config()


class _Metric(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    value: Annotated[Decimal, Field(strict=True)]


class _Score(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    name: Text = ""
    metrics: dict[str, _Metric]


class _Results(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    total_samples: Count
    completed_samples: Count
    scores: tuple[_Score, ...]


class _Header(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    status: Text
    invalidated: bool = False
    eval: _Eval
    results: _Results | None = None


def recognises(members: Collection[str]) -> bool:
    return HEADER in members


def parse(source: Source, wishes: Wishes) -> tuple[list[Cells], list[Skipped]]:
    """The one row of a log. Raises BadInput with every reason why it cannot be one."""
    info = safe_zip.members(source.path, file=source.name).get(HEADER)
    if info is None:
        raise BadInput([refuse(source, HEADER, "missing", "a log of a run that has ended", "Let the run end.")])
    data = safe_zip.content(source.path, info, file=source.name, largest=safe_json.LARGEST_FILE)
    try:
        header = _Header.model_validate(safe_json.parse(data, file=f"{source.name}: {HEADER}"))
    except ValidationError as bad:
        raise BadInput(schema_problems(bad, source=source)) from None
    problems = _unusable(source, header, allow_incomplete=wishes.allow_incomplete)
    series = _series(source, header, wishes)
    if isinstance(series, Problem):
        problems.append(series)
    metrics = _metrics(source, header)
    if isinstance(metrics, Problem):
        problems.append(metrics)
    if problems or isinstance(series, Problem) or isinstance(metrics, Problem) or header.results is None:
        raise BadInput(problems)
    score = numbers.percent(metrics["score"], scale=Decimal(1))
    if score is None:
        expected, remedy = "a fraction from 0 to 1", "Only accuracies can be imported."
        raise BadInput([refuse(source, "results.scores", str(metrics["score"])[:40], expected, remedy)])
    subject = names.readable(header.eval.model)
    released = names.released_on(subject, wishes.releases)
    ran = header.eval.created[:10]
    samples = int(header.results.completed_samples)
    note, ends, interval = _spread(score, metrics.get("stderr"), samples, epochs=int(header.eval.config.epochs or 1))
    note += f". Inspect task {header.eval.task}, model {header.eval.model}, run on {ran}. "
    if header.results.completed_samples < header.results.total_samples:
        note += f"Incomplete: {header.results.total_samples} samples were planned. "
    note += "published_on is the day given or of the import, not that of the run."
    if released is None:
        note += " observed_on is the day of the run: the ledger knows no release date of this model."
    found = row(
        source,
        series=series,
        subject=subject,
        observed_on=released.isoformat() if released else ran,
        published_on=source.fetched_on.isoformat(),
        value=numbers.digits(score),
        ends=ends,
        interval=interval,
        title=f"Inspect log of {header.eval.task}",
        url="",
        note=note,
    )
    return [found], []


def wilson(successes: int, samples: int) -> tuple[float, float]:
    """The central 95 % interval of Wilson for a proportion, in percent."""
    share = successes / samples
    middle = (share + _Z**2 / (2 * samples)) / (1 + _Z**2 / samples)
    half = _Z / (1 + _Z**2 / samples) * math.sqrt(share * (1 - share) / samples + _Z**2 / (4 * samples**2))
    return 100 * max(0.0, min(share, middle - half)), 100 * min(1.0, max(share, middle + half))


def _spread(
    score: Decimal, stderr: Decimal | None, samples: int, *, epochs: int
) -> tuple[str, tuple[str, str] | None, str]:
    """A note, the ends and the words of the interval: from the counts where each sample passed or failed once."""
    successes = score / 100 * samples
    whole = successes.to_integral_value()
    if epochs == 1 and abs(successes - whole) < Decimal("0.001"):
        low, high = (numbers.digits(Decimal(end)) for end in wilson(int(whole), samples))
        shown = numbers.digits(score)
        ends = (low if Decimal(low) < score else shown, high if Decimal(high) > score else shown)
        return f"{whole} of {samples} samples; the interval is Wilson's", ends, "95%CI"
    error = None if stderr is None else numbers.percent(stderr, scale=Decimal(1))
    note = f"{samples} samples" + ("" if epochs == 1 else f" in {epochs} epochs")
    if error is None:
        return note, None, ""
    return note, (numbers.digits(score - error), numbers.digits(score + error)), "mean±1SE"


def _unusable(source: Source, header: _Header, *, allow_incomplete: bool) -> list[Problem]:
    found = []
    if header.status != "success":
        remedy = "Let the run end, or repair it with `inspect eval-retry`."
        found.append(refuse(source, "status", ascii(header.status)[:40], "success", remedy))
    if header.invalidated:
        found.append(refuse(source, "invalidated", "true", "false", "A log that was declared invalid is no evidence."))
    if header.results is None:
        found.append(refuse(source, "results", "missing", "the scores of a run", "Score the log first."))
        return found
    done, planned = header.results.completed_samples, header.results.total_samples
    if not done:
        found.append(refuse(source, "results.completed_samples", "0", "at least one sample", "Let the run end."))
    elif done < planned and not allow_incomplete:
        remedy = "Complete the run, or pass --allow-incomplete; what is missing may be what was hard."
        found.append(refuse(source, "results.completed_samples", str(done), f"all {planned} samples", remedy))
    return found


def _series(source: Source, header: _Header, wishes: Wishes) -> str | Problem:
    """The series asked for, or the one in the register that is named after the task; its unit must be percent."""
    task = names.snake(header.eval.task)
    series = wishes.series or next((one for one in (task, f"{task}_pct") if one in source.register.series), None)
    if series is None:
        remedy = "Name the series with --series; `rsi evidence list` shows them all."
        return refuse(source, "eval.task", ascii(header.eval.task)[:60], "a task that a series is named after", remedy)
    unit = source.register.series[series].unit if series in source.register.series else ""
    if not unit.startswith("percent"):
        return refuse(source, "--series", series, "a series of the register in percent", "Choose another one.")
    return series


def _metrics(source: Source, header: _Header) -> dict[str, Decimal] | Problem:
    """`score` and, where there is one, `stderr`, of the only scorer that has an accuracy or a mean."""
    found = []
    for one in header.results.scores if header.results else ():
        score = one.metrics.get("accuracy") or one.metrics.get("mean")
        if score is not None:
            stderr = one.metrics.get("stderr")
            found.append({"score": score.value} | ({} if stderr is None else {"stderr": stderr.value}))
    if len(found) == 1:
        return found[0]
    expected, remedy = "one score with an accuracy or a mean", "Score the log by one scorer."
    return refuse(source, "results.scores", f"{len(found)} of them", expected, remedy)
