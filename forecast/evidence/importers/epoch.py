"""Epoch's `benchmark_data.zip`: one csv per benchmark, and `benchmark_metadata.csv`, which says what each one holds.

Score columns have dozens of names and two scales, so neither is guessed: an archive without the metadata is refused.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from forecast.evidence.importers import names, numbers, safe_csv, safe_zip
from forecast.evidence.importers.parsed import Cells, Skipped, Source, Wishes, refuse, row
from priors.problems import BadInput, Problem

NAME = "epoch"
WHAT = "Epoch's benchmark_data.zip"
METADATA, MODELS = "benchmark_metadata.csv", "model_metadata.csv"
_VERSION, _RELEASE, _NAME = "Model version", "Release date", "Name"
_METADATA_COLUMNS = ("source_file", "score_column", "scale")
_MODEL_COLUMNS = ("model_version", "model_group", "display_name")


class _Error(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    scale: Decimal | None = None
    words: str = "mean±1SE"


class _Recipe(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    series: str = ""
    series_to_choose: tuple[str, ...] = ()
    score_columns: tuple[str, ...]
    error: _Error | None = None
    needs_error: bool = False
    run_on: str | None = None
    subject: Literal["model", "version", "name", "agent"]
    keep: Literal["all", "frontier"] = "all"
    title: str
    url: str = "https://epoch.ai/data/benchmark_data.zip"
    says: str


class _Recipes(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    files: dict[str, _Recipe]
    not_read: Annotated[dict[str, str], Field(default_factory=dict)]


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One line of a benchmark's csv; `score` is in percent."""

    label: str
    subject: str
    version: str
    released: str
    ran: str
    score: Decimal
    ends: tuple[str, str] | None


@cache
def recipes() -> _Recipes:
    return _Recipes.model_validate(tomllib.loads(files(__package__).joinpath("epoch.toml").read_text(encoding="utf-8")))


def recognises(members: Collection[str]) -> bool:
    return any(base == METADATA or base in recipes().files for base in map(_base, members))


def parse(source: Source, wishes: Wishes) -> tuple[list[Cells], list[Skipped]]:
    """The rows of every csv that has a series. Raises BadInput with the problems of all of them."""
    listed = {_base(name): info for name, info in safe_zip.members(source.path, file=source.name).items()}

    def table(name: str, *, needed: Sequence[str], wanted: Sequence[str] = ()) -> list[dict[str, str]]:
        data = safe_zip.content(source.path, listed[name], file=source.name, largest=safe_csv.LARGEST_FILE)
        return safe_csv.parse(data, file=f"{source.name}: {name}", needed=needed, wanted=wanted)

    if METADATA not in listed:
        expected = "an archive with it: it says which column is the score, and on what scale"
        remedy = "Old archives lack it; fetch a newer one."
        raise BadInput([refuse(source, METADATA, "missing", expected, remedy)])
    benchmarks: dict[str, set[tuple[str, str]]] = {}
    for one in table(METADATA, needed=_METADATA_COLUMNS):
        benchmarks.setdefault(one["source_file"], set()).add((one["score_column"], one["scale"]))
    models = {one["model_version"]: one for one in table(MODELS, needed=_MODEL_COLUMNS)} if MODELS in listed else {}

    cells: list[Cells] = []
    skipped: list[Skipped] = []
    problems: list[Problem] = []
    for name in sorted(listed):
        recipe = recipes().files.get(name)
        if recipe is None:
            why = recipes().not_read.get(name, "no series of the ledger takes this file")
            skipped += [(name, why)] if name.endswith(".csv") and why else []
            continue
        series, why = _series(recipe, wishes)
        stated = benchmarks.get(name, set())
        column, stated_scale = next(iter(stated)) if len(stated) == 1 else ("", "")
        scale = numbers.parse(stated_scale)
        if not why and (not column or scale is None):
            why = f"{METADATA} does not state its score column and scale" + (", or two of them" if stated else "")
        if not why and column not in recipe.score_columns:
            why = (
                f"scored by {ascii(column)[:60]} now, not by {recipe.score_columns[0]}; that needs a series of its own"
            )
        if why or scale is None:
            skipped.append((name, why))
            continue
        needed = [_VERSION, _RELEASE, column]
        needed += [_NAME] if recipe.subject in ("name", "agent") else []
        needed += [recipe.run_on] if recipe.run_on else []
        needed += [recipe.error.column] if recipe.error else []
        try:
            lines = table(name, needed=needed)
        except BadInput as bad:
            problems += bad.problems
            continue
        runs, left_out = _runs(lines, recipe, column, scale, models, file=name)
        skipped += left_out
        kept, left_out = _choose(runs, recipe, file=name)
        skipped += left_out
        cells += [_row(source, run, recipe, series) for run in kept]
    if problems:
        raise BadInput(problems)
    return cells, skipped


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _series(recipe: _Recipe, wishes: Wishes) -> tuple[str, str]:
    """The series, or why the file is left out."""
    if recipe.series:
        chosen = wishes.series in (None, recipe.series)
        return recipe.series, "" if chosen else f"not {wishes.series}, which was asked for"
    if wishes.series in recipe.series_to_choose:
        return wishes.series, ""
    choices = " or ".join(f"--series {one}" for one in recipe.series_to_choose)
    return "", f"does not say which edition it holds; import it with {choices}"


def _runs(
    lines: Sequence[Mapping[str, str]],
    recipe: _Recipe,
    column: str,
    scale: Decimal,
    models: Mapping[str, Mapping[str, str]],
    *,
    file: str,
) -> tuple[list[_Run], list[Skipped]]:
    runs: list[_Run] = []
    skipped: list[Skipped] = []
    for number, line in enumerate(lines, start=2):
        version, released = line[_VERSION], line[_RELEASE]
        label = f"{file}, {version or line.get(_NAME, '') or f'row {number}'}"
        subject = _subject(line, recipe, models)
        number_found = numbers.parse(line[column])
        score = None if number_found is None else numbers.percent(number_found, scale=scale)
        if not (subject and released):
            skipped.append((label, "no model or no release date"))
        elif recipe.needs_error and recipe.error and not line[recipe.error.column]:
            skipped.append((label, f"{recipe.error.column} is blank: not a row of the leaderboard itself"))
        elif not line[column]:
            skipped.append((label, f"{column} is blank"))
        elif score is None:
            skipped.append((label, f"{column} is {ascii(line[column])[:40]}, not a score on the stated scale"))
        else:
            ran = line[recipe.run_on][:10] if recipe.run_on else ""
            ends = _ends(score, line, recipe, scale)
            run = _Run(
                label=label, subject=subject, version=version, released=released, ran=ran, score=score, ends=ends
            )
            runs.append(run)
    return runs, skipped


def _subject(line: Mapping[str, str], recipe: _Recipe, models: Mapping[str, Mapping[str, str]]) -> str:
    version = line[_VERSION]
    if recipe.subject == "version":
        return version
    if recipe.subject == "name":
        return line[_NAME]
    if recipe.subject == "agent":
        return names.of_posttrainbench(line[_NAME])
    if found := names.known("epoch", version) or names.known("epoch", version.removesuffix("_unknown")):
        return found
    model = models.get(version, {})
    effort = names.split_effort(version)[1]
    if model.get("display_name"):
        return model["display_name"].removesuffix(" (unknown thinking)")
    if group := model.get("model_group"):
        return f"{group} ({effort})" if effort else group
    return names.readable(version) if version else ""


def _ends(score: Decimal, line: Mapping[str, str], recipe: _Recipe, scale: Decimal) -> tuple[str, str] | None:
    if recipe.error is None:
        return None
    stated = numbers.parse(line[recipe.error.column])
    own_scale = scale if recipe.error.scale is None else recipe.error.scale
    error = None if stated is None else numbers.percent(stated, scale=own_scale)
    return None if error is None else (numbers.digits(score - error), numbers.digits(score + error))


def _choose(runs: Sequence[_Run], recipe: _Recipe, *, file: str) -> tuple[list[_Run], list[Skipped]]:
    """The last run of each subject, and of these the running maximum where the series is one."""
    skipped: list[Skipped] = []
    last: dict[tuple[str, str], _Run] = {}
    for run in runs:
        key = (run.subject, run.released)
        other = last.get(key)
        if other is None:
            last[key] = run
            continue
        first, second = (run, other) if run.ran <= other.ran else (other, run)
        last[key] = second
        skipped.append((first.label, f"the last dated run of {run.subject} counts"))
    kept = list(last.values())
    if recipe.keep == "frontier":
        best: dict[str, Decimal] = {}
        top = Decimal(-1)
        for run in sorted(kept, key=lambda run: run.released):
            top = best[run.released] = max(top, run.score)
        below = [run for run in kept if run.score < best[run.released]]
        if below:
            why = "below the best score of their day; the series is the running maximum by release date"
            skipped.append((f"{file}, {len(below)} models", why))
        kept = [run for run in kept if run.score >= best[run.released]]
    return kept, skipped


def _row(source: Source, run: _Run, recipe: _Recipe, series: str) -> Cells:
    note = f"{recipe.says} Model version {run.version or 'not given'}; rescaled to percent here."
    if run.ran:
        note += " published_on is the day of the evaluation; posting may be days later."
    else:
        note += " The file dates no figure: published_on is the day it was fetched (public no later than)."
    return row(
        source,
        series=series,
        subject=run.subject,
        observed_on=run.released,
        published_on=run.ran or source.fetched_on.isoformat(),
        value=numbers.digits(run.score),
        ends=run.ends,
        interval=recipe.error.words if recipe.error else "",
        title=recipe.title,
        url=recipe.url,
        note=note,
    )
