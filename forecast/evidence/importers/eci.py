"""Epoch's capabilities index: `eci_scores.csv`. Every refit moves all scores, so every fetch is an edition."""

from __future__ import annotations

from collections.abc import Sequence

from forecast.evidence.importers import safe_csv
from forecast.evidence.importers.parsed import Cells, Skipped, Source, Wishes, row

NAME = "epoch-eci"
WHAT = "Epoch's eci_scores.csv"
SERIES = "epoch_capabilities_index"
_NEEDED = ("Display name", "eci", "eci_ci_low", "eci_ci_high", "date", "Organization")


def recognises(header: Sequence[str]) -> bool:
    return "eci" in header and ("Model" in header or "Display name" in header)


def parse(source: Source, wishes: Wishes) -> tuple[list[Cells], list[Skipped]]:
    """One row per model. Raises BadInput."""
    cells: list[Cells] = []
    skipped: list[Skipped] = []
    for number, found in enumerate(safe_csv.parse(source.data, file=source.name, needed=_NEEDED), start=2):
        subject = found["Display name"]
        if not (subject and found["eci"] and found["date"]):
            skipped.append((subject or f"row {number}", "no name, score or release date"))
            continue
        low, high = found["eci_ci_low"], found["eci_ci_high"]
        note = f"Edition fetched on {source.fetched_on}: every refit moves all scores a little; published_on is the day"
        note += f" of the fetch, not of the first publication. Organisation: {found['Organization'] or 'not given'}."
        cells.append(
            row(
                source,
                series=SERIES,
                subject=subject,
                observed_on=found["date"],
                published_on=source.fetched_on.isoformat(),
                value=found["eci"],
                ends=(low, high) if low and high else None,
                interval="90%CI",
                title="Epoch AI, Epoch Capabilities Index (eci_scores.csv)",
                url="https://epoch.ai/data/eci_scores.csv",
                note=note if low and high else note + " No interval: an anchor of the scale.",
            )
        )
    return cells, skipped
