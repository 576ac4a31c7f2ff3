"""Every table of the book by name, in the order in which they are computed, and the files that are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from cruxes.landing import bank
from cruxes.publication import disagreement, evidence, others, settling, views
from cruxes.publication.inputs import Inputs

type Make = Callable[[Inputs], pd.DataFrame]
type Fill = Callable[[Inputs, Path], object]

TABLES: dict[str, Make] = {
    "forecast": views.forecast,
    "made": views.made,
    "targets": views.targets,
    "apart": views.apart,
    "split": views.split,
    "pooled": views.pooled,
    "tornado": views.tornado,
    "reached": views.reached,
    "leaning": views.leaning,
    "positions": disagreement.stands,
    "positions-of-all": disagreement.stands_of_all,
    "curves": disagreement.curves,
    "effects": disagreement.crux_effects,
    "shares": disagreement.shares,
    "gaps": disagreement.gaps,
    "interactions": disagreement.interactions,
    "waterfalls": disagreement.waterfalls,
    "map-edges": disagreement.map_edges,
    "map-nodes": disagreement.map_nodes,
    "map-gaps": disagreement.map_gaps,
    "pair-gaps": disagreement.pair_gaps,
    "coming": disagreement.coming,
    "encodings": disagreement.encodings,
    "signals": settling.signals,
    "meetings": settling.meetings,
    "by-hand": settling.by_hand,
    "ledger": evidence.ledger,
    "series": evidence.series,
    "unused": evidence.unused,
    "moved": evidence.moved,
    "surprises": evidence.surprises,
    "headlines": evidence.headlines,
    "streams": evidence.described,
    "bands": evidence.predicted,
    "points": evidence.points,
    "placed": evidence.placed,
    "scores": evidence.totals,
    "score-pairs": evidence.pairs,
    "coverage": evidence.coverage,
    "history": evidence.history,
    "others": others.beside,
    "reproduced": others.reproduced,
}

GROUPS: tuple[tuple[str, ...], ...] = (
    ("shares", "gaps", "interactions", "waterfalls", "map-edges", "map-nodes", "map-gaps", "pair-gaps"),
    ("encodings",),
    ("scores", "score-pairs"),
    ("coming", "signals", "meetings", "by-hand"),
    ("history",),
    ("coverage",),
    ("bands", "points", "placed", "surprises", "moved", "headlines", "streams"),
    ("apart", "split", "pooled", "tornado", "reached", "leaning"),
    ("forecast", "made", "targets", "positions", "positions-of-all", "curves", "effects"),
    ("ledger", "series", "unused", "others", "reproduced"),
)
"""Tables that share what is dear to compute, the dearest first: each group is made by one process."""


def _bank(inputs: Inputs, folder: Path) -> None:
    bank.make(
        folder, views=inputs.named.views, ledger=inputs.ledger, day=inputs.day, seed=inputs.seed, report=inputs.report
    )


FILES: dict[str, Fill] = {"land": _bank}
"""Files that a page reads as they are: the bank of draws of `cruxes.landing`."""
