"""A run is on disk whole or not at all, and is known again by what it was made from."""

import json
from datetime import date

import pytest

from forecast import artefacts
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


def finished(folder, run="k"):
    folder.mkdir(exist_ok=True)
    text = "worldview,view,without,event,output_type,output_type_id,value,mcse\nclark,stated,,LOOP,never,,0.1,0.01\n"
    (folder / "forecast.csv").write_text(text)
    (folder / "forecast.nc").write_bytes(b"draws")
    hashes = {name: artefacts._sha256(folder / name) for name in ("forecast.csv", "forecast.nc")}
    (folder / "manifest.json").write_text(json.dumps({"run": run, "sha256": hashes}))


def test_a_finished_run_is_loaded_and_another_key_is_not(tmp_path):
    finished(tmp_path)
    found = artefacts.load(tmp_path, run_key="k")
    assert found is not None
    assert found[0]["value"].tolist() == [0.1]
    assert artefacts.load(tmp_path, run_key="other") is None


def test_a_run_without_its_manifest_is_not_there(tmp_path):
    finished(tmp_path)
    (tmp_path / "manifest.json").unlink()
    assert artefacts.load(tmp_path, run_key="k") is None


@pytest.mark.parametrize("name", ["forecast.csv", "forecast.nc"])
def test_a_changed_or_missing_file_of_a_run_is_refused_with_the_remedy(tmp_path, name):
    finished(tmp_path)
    (tmp_path / name).write_bytes(b"tampered")
    with pytest.raises(BadInput, match="not the file that was written"):
        artefacts.load(tmp_path, run_key="k")
    (tmp_path / name).unlink()
    with pytest.raises(BadInput, match="missing"):
        artefacts.load(tmp_path, run_key="k")


def test_a_manifest_that_is_none_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(BadInput, match="not a manifest"):
        artefacts.load(tmp_path, run_key="k")
