"""A run is on disk whole or not at all, and is known again by what it was made from."""

import json
from dataclasses import fields, replace
from datetime import date

import numpy as np
import pytest

from forecast import artefacts, rows, run, summary
from forecast.artefacts import Kept
from priors.problems import BadInput

DAY = date(2026, 11, 21)


def key(**changes):
    said = {"worldviews": ["a", "b"], "ledger_sha256": "x", "day": DAY, "seed": 1, "options": {}} | changes
    return artefacts.key(said.pop("worldviews"), **said)


@pytest.mark.parametrize(
    "change",
    [
        {"worldviews": ["a", "c"]},
        {"ledger_sha256": "y"},
        {"day": date(2026, 6, 1)},
        {"seed": 2},
        {"options": {"names": ["clark"]}},
    ],
)
def test_whatever_the_numbers_depend_on_is_in_the_key(change):
    assert key() == key()
    assert key() != key(**change)


def test_a_change_of_the_code_changes_the_key(monkeypatch):
    before = key()
    monkeypatch.setattr(artefacts, "code_hash", lambda: "other")
    assert key() != before


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError("No space left on device")])
def test_an_interrupted_or_failing_write_leaves_the_previous_file_whole(tmp_path, failure):
    path = tmp_path / "forecast.csv"
    path.write_text("previous")

    def write(temporary):
        temporary.write_text("half")
        raise failure

    with pytest.raises((KeyboardInterrupt, OSError)):
        artefacts.write_whole(path, write)
    assert path.read_text() == "previous"
    assert [p.name for p in tmp_path.iterdir()] == ["forecast.csv"]


@pytest.fixture(scope="module")
def forecast(stated):
    """Two stated views as a forecast, with what is kept of them."""
    kept = tuple(
        Kept(key=f"{name:0>16}", view=stated[name].view, how="drawn", tilt=stated[name].tilt, prior=stated[name].prior,
             blocks=rows.blocks(rows.not_yet(stated[name].view.worldview.as_of)))
        for name in ("clark", "trend")
    )  # fmt: skip
    found = tuple(one.view for one in kept)
    return run.Forecast(day=DAY, seed=1, views=found, not_yet_stated=(), table=summary.long_table(found), kept=kept)


@pytest.fixture
def finished(tmp_path, forecast):
    """The folder of a finished run with the key "k"."""
    folder = tmp_path / "2026-11-21-k"
    artefacts.save(folder, forecast, run_key="k", ledger_sha256="x")
    return folder


def test_a_finished_run_is_loaded_and_another_key_is_not(finished, forecast):
    table, manifest = artefacts.load(finished, run_key="k")
    assert table["value"].to_numpy() == pytest.approx(forecast.table["value"].to_numpy(), rel=1e-12, nan_ok=True)
    assert manifest["seed"] == 1
    assert artefacts.load(finished, run_key="other") is None


def test_views_come_back_as_they_were_saved(finished, forecast):
    loaded = artefacts.load_views(finished)
    assert [view.worldview.name for view in loaded] == ["clark", "trend"]
    for saved, view in zip(forecast.views, loaded, strict=True):
        for name in (field.name for field in fields(saved)):
            old, new = getattr(saved, name), getattr(view, name)
            if name == "futures":
                for part in ("dates", "snapshots", "values"):
                    assert getattr(new, part).keys() == getattr(old, part).keys()
                    for key, column in getattr(old, part).items():
                        assert np.array_equal(column, getattr(new, part)[key], equal_nan=True), (part, key)
            elif name in ("eta", "weights"):
                assert np.array_equal(old, new), name
            else:
                assert old == new, name
    assert summary.long_table(loaded).equals(forecast.table)


def test_what_an_update_needs_comes_back_too(finished, forecast):
    for saved, kept in zip(forecast.kept, artefacts.load_kept(finished), strict=True):
        assert kept.key == saved.key
        assert np.array_equal(kept.prior.matrix(), saved.prior.matrix())
        assert kept.prior.t_asof == saved.prior.t_asof
        assert np.array_equal(kept.tilt.multipliers, saved.tilt.multipliers)
        assert artefacts._blocks_said(kept.blocks) == artefacts._blocks_said(saved.blocks)


def test_draws_with_two_futures_each_are_stored_once(tmp_path, forecast):
    one = forecast.kept[0]
    twice = np.repeat(np.arange(500), 2)
    view = replace(
        one.view, eta=one.view.eta[twice], weights=one.view.weights[twice], futures=one.view.futures.take(twice)
    )
    assert len(artefacts.dataset(replace(one, view=view))["eta"]) == 500
    artefacts.keep(tmp_path, replace(one, key="twice", view=view))
    assert np.array_equal(artefacts.find(tmp_path, "twice").view.eta, view.eta)


def test_a_view_is_written_once_for_all_runs(finished, forecast):
    view = finished.parent / "views" / f"{forecast.kept[0].key}.nc"
    written = view.stat().st_mtime_ns
    artefacts.save(finished.parent / "2026-11-21-l", forecast, run_key="l", ledger_sha256="x")
    assert view.stat().st_mtime_ns == written
    assert len(list(view.parent.glob("*.nc"))) == 2


def test_a_run_without_its_manifest_is_not_there(finished):
    (finished / "manifest.json").unlink()
    assert artefacts.load(finished, run_key="k") is None
    assert artefacts.latest(finished.parent) is None


def test_a_view_without_its_hash_is_not_there(finished, forecast):
    (finished.parent / "views" / f"{forecast.kept[0].key}.sha256").unlink()
    assert artefacts.find(finished.parent, forecast.kept[0].key) is None


def test_the_latest_run_is_the_one_finished_last_up_to_a_day(finished, forecast):
    early = finished.parent / "2026-06-01-e"
    artefacts.save(early, replace(forecast, day=date(2026, 6, 1)), run_key="e", ledger_sha256="x")
    assert artefacts.latest(finished.parent) == early
    (finished / "manifest.json").touch()
    assert artefacts.latest(finished.parent) == finished
    assert artefacts.latest(finished.parent, until=date(2026, 6, 30)) == early
    assert artefacts.latest(finished.parent, until=date(2026, 5, 31)) is None


def test_a_changed_or_missing_table_is_refused_with_the_remedy(finished):
    (finished / "forecast.csv").write_bytes(b"tampered")
    with pytest.raises(BadInput, match=r"not the file that was written.*run rsi forecast again"):
        artefacts.load(finished, run_key="k")
    (finished / "forecast.csv").unlink()
    with pytest.raises(BadInput, match="missing"):
        artefacts.load(finished, run_key="k")


@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_changed_or_cut_off_draws_are_refused_in_a_sentence(finished, forecast, damage):
    path = finished.parent / "views" / f"{forecast.kept[1].key}.nc"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes({"flip": bytes(data), "cut": bytes(data[: len(data) // 2]), "empty": b""}[damage])
    with pytest.raises(BadInput, match=r"not the file that was written.*run rsi forecast again"):
        artefacts.load_views(finished)
    path.with_suffix(".sha256").write_text(artefacts._sha256(path))
    with pytest.raises(BadInput, match=r"not the file that was written|not a view"):
        artefacts.find(finished.parent, forecast.kept[1].key)
    path.unlink()
    with pytest.raises(BadInput, match="missing"):
        artefacts.load(finished, run_key="k")


def test_a_manifest_that_is_none_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(BadInput, match="not a manifest"):
        artefacts.load(tmp_path, run_key="k")


def test_of_a_run_of_an_earlier_version_only_the_table_is_read(finished):
    path = finished / "manifest.json"
    said = json.loads(path.read_text())
    path.write_text(json.dumps({name: said[name] for name in said if name not in ("format", "views")}))
    assert artefacts.load(finished, run_key="k") is not None
    assert artefacts.latest(finished.parent) is None
    with pytest.raises(BadInput, match="earlier version"):
        artefacts.load_kept(finished)
