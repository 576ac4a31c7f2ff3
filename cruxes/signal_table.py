"""A survey of coming observations as one table, for figures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cruxes import double_cruxes, watch
from cruxes.watch import Survey
from priors.worldview import BASELINE


def signal_table(found: Survey) -> pd.DataFrame:
    """One row for each signal that is not the event itself, in the order of the survey: columns signal, title, known_by
    (dates), bits (about the event's date, mean over worldviews), mcse, least, most (of one worldview), least_of,
    most_of (whose), rate (bits a year of waiting), best (`watch.best`), double_crux_of (number of pairs of people).
    """
    best = {one.name for one in watch.best(found)}
    crossed = [m.signal for m in found.meetings if BASELINE not in (m.a, m.b) and double_cruxes.is_double_crux(m)]
    rows = []
    for one in found.watched:
        if one.asked_itself:
            continue
        told = sorted(one.told, key=lambda each: each.bits_date.value)
        rows.append(
            {
                "signal": one.name,
                "title": one.signal.title,
                "known_by": one.signal.known_by,
                "bits": float(np.mean([each.bits_date.value for each in told])),
                "mcse": float(np.sqrt(sum(each.bits_date.mcse**2 for each in told)) / len(told)),
                "least": told[0].bits_date.value,
                "most": told[-1].bits_date.value,
                "least_of": told[0].worldview,
                "most_of": told[-1].worldview,
                "rate": one.rate,
                "best": one.name in best,
                "double_crux_of": crossed.count(one.name),
            }
        )
    return pd.DataFrame(rows)
