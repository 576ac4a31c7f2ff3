"""What to call a model: the ledger's name where it has one, else the publisher's key made readable."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecast.evidence.ledger import Ledger

_EFFORT = re.compile(r"(.+)_(none|minimal|low|medium|high|xhigh|max|unknown|[0-9]+[Kk])")
_DAY = re.compile(r"[-_](20[0-9]{6}|20[0-9]{2}[-_][0-9]{2}[-_][0-9]{2})$")
_SPACED = {"claude": "Claude", "gemini": "Gemini", "grok": "Grok", "kimi": "Kimi"}
_HYPHENATED = {"gpt": "GPT", "glm": "GLM", "deepseek": "DeepSeek"}


def known(publisher: str, key: str) -> str | None:
    """The ledger's name for the publisher's key."""
    return _tables()[publisher].get(key)


@cache
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__package__).joinpath("names.toml").read_text(encoding="utf-8"))


def of_metr(key: str) -> str:
    key = key.removesuffix("_inspect")
    return known("metr", key) or readable(key, efforts=False)


def of_posttrainbench(agent: str) -> str:
    """An agent's key (`gpt-5.4-high`) or label (`GPT 5.4 (High)`)."""
    return known("posttrainbench", re.sub(r"[^a-z0-9.]+", "-", agent.lower()).strip("-")) or readable(agent)


def split_effort(key: str) -> tuple[str, str]:
    """`gpt-5.2-2025-12-11_xhigh` is the model and how hard it was asked to think; none and unknown are no effort."""
    found = _EFFORT.fullmatch(key)
    if not found:
        return key, ""
    return found[1], "" if found[2] in ("none", "unknown") else found[2]


def readable(key: str, *, efforts: bool = True) -> str:
    """`claude_opus_9_1` -> Claude Opus 9.1, `lab/gpt-9-2030-01-31_high` -> GPT-9 (high).

    Without `efforts` a last `_max` or `_high` belongs to the name, as where words are parted by underscores.
    """
    key = key.strip().rpartition("/")[2]
    model, effort = split_effort(key) if efforts else (key, "")
    model = _DAY.sub("", model)
    words = [
        word
        for word in re.split(r"[-_\s]+", re.sub(r"(?<=[0-9])[-_](?=(?:0|[1-9][0-9]?)(?![0-9A-Za-z]))", ".", model))
        if word
    ]
    brand = words[0].lower() if words else ""
    if brand in _SPACED:
        name = " ".join([_SPACED[brand], *map(_capital, words[1:])])
    elif brand in _HYPHENATED:
        name = " ".join(["-".join([_HYPHENATED[brand], *map(_capital, words[1:2])]), *map(_capital, words[2:])])
    else:
        name = model.replace("_", "-")
    return f"{name} ({effort})" if effort else name


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def releases(ledger: Ledger) -> dict[str, date]:
    """The day that most series of the ledger give for a subject; for models that is their release.

    A name that stands there only with brackets at its end, `GPT-9 (high)`, counts without them too if all agree.
    """
    rows = ledger.rows[ledger.rows["retracts"] == ""]
    days: dict[str, Counter[date]] = {}
    bare: dict[str, set[date]] = {}
    for subject, observed_on in zip(rows["subject"], rows["observed_on"], strict=True):
        day = observed_on.date()
        days.setdefault(subject, Counter())[day] += 1
        bare.setdefault(_bare(subject), set()).add(day)
    agreed = {subject: min(found) for subject, found in bare.items() if len(found) == 1}
    return agreed | {subject: counted.most_common(1)[0][0] for subject, counted in days.items()}


def released_on(subject: str, releases: Mapping[str, date]) -> date | None:
    """By the name itself, or by the name without what stands in brackets at its end."""
    return releases.get(subject) or releases.get(_bare(subject))


def _bare(subject: str) -> str:
    return re.sub(r" \([^()]*\)$", "", subject)


def snake(task: str) -> str:
    """`lab/SWE-bench_verified` -> swe_bench_verified."""
    return re.sub(r"[^a-z0-9]+", "_", task.rpartition("/")[2].lower()).strip("_")
