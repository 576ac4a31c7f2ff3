"""Model output that a hub accepts: names, columns, ids and values by the hubverse's rules."""

import io
import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecast.export import hubverse
from forecast.summary import DAYS, LEVELS
from priors.problems import BadInput
from tests.test_export_curve import table

ORIGIN = date(2026, 11, 21)
EVENTS = ("LOOP", "ASI")


@pytest.fixture(scope="module")
def rows():
    return pd.concat([table(event) for event in EVENTS], ignore_index=True)


@pytest.fixture(scope="module")
def read(rows):
    return pd.read_csv(io.StringIO(hubverse.text(rows, origin=ORIGIN)), dtype={"output_type_id": str})


@pytest.mark.parametrize(("worldview", "model"), [("clark", "rsi-clark"), ("my-own-view", "rsi-my_own_view")])
def test_a_worldview_is_a_model_of_its_own(worldview, model):
    assert str(hubverse.path(worldview, origin=ORIGIN)) == f"model-output/{model}/2026-11-21-{model}.csv"


@pytest.mark.parametrize("worldview", ["", "../x", "a b", "a/b", "é"])
def test_a_name_that_is_no_worldviews_makes_no_path(worldview):
    with pytest.raises(BadInput, match="worldview"):
        hubverse.path(worldview, origin=ORIGIN)


def test_columns_are_the_task_ids_and_the_three_of_every_hub(read):
    assert tuple(read.columns) == hubverse.COLUMNS
    assert set(read["origin_date"]) == {"2026-11-21"}
    assert read["value"].dtype == float
    assert not read.isna().any(axis=None)


def test_no_row_is_there_twice(read):
    assert not read.duplicated(list(hubverse.COLUMNS[:-1])).any()


def test_cdf_rows_are_probabilities_by_date_that_never_fall(read):
    for _, part in read[read["output_type"] == "cdf"].groupby("target"):
        days = [date.fromisoformat(text) for text in part["output_type_id"]]
        assert days == list(DAYS)
        assert part["value"].between(0, 1).all()
        assert (np.diff(part["value"]) >= 0).all()


def test_quantile_rows_have_levels_inside_0_and_1_and_dates_that_never_fall(read):
    found = read[read["output_type"] == "quantile"]
    assert set(found["target"]) == {"LOOP if ever", "ASI if ever"}
    for _, part in found.groupby("target"):
        assert part["output_type_id"].astype(float).tolist() == list(LEVELS)
        assert (np.diff(part["value"]) >= 0).all()


def test_the_forecasts_numbers_come_back(read, rows):
    for kind, target in (("cdf", "LOOP"), ("quantile_if_ever", "LOOP if ever")):
        ours = rows[(rows["event"] == "LOOP") & (rows["output_type"] == kind)]
        theirs = read[read["target"] == target]
        assert theirs["output_type_id"].tolist() == ours["output_type_id"].tolist()
        assert theirs["value"].to_numpy() == pytest.approx(ours["value"].to_numpy(), abs=1e-12)


def test_dates_of_what_never_happens_are_left_out(rows):
    rows = rows.copy()
    rows.loc[(rows["event"] == "ASI") & (rows["output_type"] == "quantile_if_ever"), "value"] = np.nan
    assert set(hubverse.frame(rows, origin=ORIGIN)["target"]) == {"LOOP", "ASI", "LOOP if ever"}


def test_the_hubverses_own_reader_reads_it(rows, read, tmp_path):
    hubdata = pytest.importorskip("hubdata")
    path = tmp_path / hubverse.path("clark", origin=ORIGIN)
    path.parent.mkdir(parents=True)
    path.write_text(hubverse.text(rows, origin=ORIGIN))
    configure(tmp_path)
    found = hubdata.connect_hub(tmp_path).get_dataset().to_table().to_pandas()
    assert set(found["model_id"]) == {"rsi-clark"}
    assert found["value"].to_numpy() == pytest.approx(read["value"].to_numpy())
    assert found["output_type_id"].tolist() == read["output_type_id"].tolist()


def configure(hub):
    """The least configuration by which a hub takes our rows."""
    task_ids = {"origin_date": {"required": None, "optional": ["2026-11-21"]},
                "view": {"required": None, "optional": ["stated", "updated"]}}  # fmt: skip
    kinds = {
        "cdf": ([day.isoformat() for day in DAYS], list(EVENTS)),
        "quantile": (list(LEVELS), [f"{event} if ever" for event in EVENTS]),
    }
    tasks = [
        {
            "task_ids": {**task_ids, "target": {"required": None, "optional": targets}},
            "output_type": {kind: {"output_type_id": {"required": ids}, "value": {"type": "double"}}},
        }
        for kind, (ids, targets) in kinds.items()
    ]
    (hub / "hub-config").mkdir()
    admin = {"name": "test", "file_format": ["csv"], "model_output_dir": "model-output"}
    (hub / "hub-config" / "admin.json").write_text(json.dumps(admin))
    rounds = [{"round_id_from_variable": True, "round_id": "origin_date", "model_tasks": tasks}]
    (hub / "hub-config" / "tasks.json").write_text(json.dumps({"rounds": rounds}))
