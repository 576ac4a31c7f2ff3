"""A forecast as hubverse model output: one csv per worldview, read by hub tools of any language.

Task ids are ``origin_date``, ``view`` and ``target``. The target ``LOOP`` has cdf rows, probabilities that are not
conditional on anything; ``LOOP if ever`` has quantile rows, decimal years among the futures in which it is seen.
They are two targets because a hub reads all rows of one target as one distribution, and the first may be "never".
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import PurePosixPath

import pandas as pd

from priors.problems import BadInput, Problem

TEAM = "rsi"
COLUMNS = ("origin_date", "view", "target", "output_type", "output_type_id", "value")
NAME = re.compile(r"[A-Za-z0-9_]+")


def model_id(worldview: str) -> str:
    """Team and model; the hyphen between them is the only one, so that hub tools can take them apart again.

    Raises BadInput for a name that no worldview can have.
    """
    name = worldview.replace("-", "_")
    if not NAME.fullmatch(name):
        raise BadInput([Problem(file="forecast", where="worldview", found=ascii(worldview),
                                expected="letters, digits and hyphens", remedy="Run rsi forecast again.")])  # fmt: skip
    return f"{TEAM}-{name}"


def path(worldview: str, *, origin: date) -> PurePosixPath:
    """Where in a hub the file belongs. Raises BadInput as `model_id` does."""
    model = model_id(worldview)
    return PurePosixPath("model-output", model, f"{origin.isoformat()}-{model}.csv")


def frame(rows: pd.DataFrame, *, origin: date) -> pd.DataFrame:
    """Model output of one worldview from its rows of the long table, all of them with no stream left out.

    Levels that no future reaches are left out, since a hub knows no missing value.
    """
    kept = rows[rows["output_type"].isin(["cdf", "quantile_if_ever"]) & rows["value"].notna()]
    quantile = kept["output_type"] == "quantile_if_ever"
    return pd.DataFrame(
        {
            "origin_date": origin.isoformat(),
            "view": kept["view"],
            "target": kept["event"].where(~quantile, kept["event"] + " if ever"),
            "output_type": kept["output_type"].where(~quantile, "quantile"),
            "output_type_id": kept["output_type_id"],
            "value": kept["value"],
        },
        columns=list(COLUMNS),
    ).reset_index(drop=True)


def text(rows: pd.DataFrame, *, origin: date) -> str:
    """The csv file of one worldview."""
    return frame(rows, origin=origin).to_csv(index=False, lineterminator="\n")
