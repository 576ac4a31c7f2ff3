"""What each crux means, and the table under the map."""

from __future__ import annotations

import pandas as pd

import priors
from cruxes.publication.html import Html, escape, table
from cruxes.publication.pages import common
from cruxes.publication.pages.common import frame, records
from cruxes.publication.people import EVENTS, PEOPLE
from cruxes.wording import STREAMS

READS = {"C8": "acts on what follows in the economy", "C9": "acts on who gets there", "C10": "stops clocks"}


def meaning(crux: str) -> Html:
    """The question, and each variable in plain words."""
    positions = frame("positions")
    question = str(positions.loc[positions["crux"] == crux, "name"].iloc[0]).split(": ", 1)[1]
    told = [v for v in priors.variables().values() if v.crux == crux]
    items = "".join(
        f"<dt>{escape(v.symbol)}, {escape(v.name)} <span>({escape(v.unit)})</span></dt><dd>{escape(v.meaning)}</dd>"
        for v in told
    )
    note = f" It has no say in the trajectory of software: it {READS[crux]}." if crux in READS else ""
    return Html(
        f'<p>{escape(question[:1].upper() + question[1:])}?{escape(note)}</p><dl class="rsi-terms">{items}</dl>'
    )


def map_table() -> Html:
    """What the map draws, in numbers."""
    edges, nodes = frame("map-edges"), frame("map-nodes")
    rows = []
    for block in dict.fromkeys(nodes["block"]):
        own = {r["worldview"]: r for r in records(nodes[(nodes["block"] == block) & (nodes["view"] == "updated")])}
        carried = {r["event"]: r for r in records(edges[edges["block"] == block])}
        first = records(nodes[nodes["block"] == block])[0]
        name = common.crux_name(first["name"])
        brief = first["brief"] if first["brief"] == first["brief"] else ""
        rows.append((
            Html(f"{escape(name)}<br><small>{escape(brief)}</small>"),
            *(_place(own[name]) if name in own else "–" for name in PEOPLE),
            *(_share(carried[event]) if event in carried else "–" for event in EVENTS),
        ))  # fmt: skip
    heads = ["Crux, and what it is read on", *(common.short(name) for name in PEOPLE), *EVENTS]
    return table(pd.DataFrame(rows, columns=heads, dtype=object), numbers=heads[1:],
                 caption="The map in numbers: where the middle of each belief lies after the evidence, and what share of the stated disagreement on each event by 2030 the crux carries")  # fmt: skip


def _place(row: dict[str, object]) -> str:
    middle = float(str(row["middle"]))
    return f"{100 * middle:.0f} %" if float(str(row["low"])) != float(str(row["low"])) else _short(middle)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2g}"


def _share(row: dict[str, object]) -> str:
    share, error = float(str(row["share"])), float(str(row["mcse"]))
    return "–" if share != share else f"{100 * share:.0f} ± {100 * error:.0f} %"


def untouched() -> Html:
    """On which kinds of rows each view leans."""
    own = frame("leaning")
    kinds = list(dict.fromkeys(own["kind"]))
    rows = []
    for name in priors.names():
        told = {r["kind"]: r["sensitivity"] for r in records(own[own["worldview"] == name])}
        rows.append((common.named(name), *(common.percent_change(told[k]) if k in told else "–" for k in kinds)))
    heads = ["After", *(STREAMS.get(kind, "No loop yet") for kind in kinds)]
    return table(pd.DataFrame(rows, columns=heads, dtype=object), numbers=heads[1:],
                 caption="Points of P(LOOP by 2030) gained were these rows given twice the weight (power-scaling)")  # fmt: skip
