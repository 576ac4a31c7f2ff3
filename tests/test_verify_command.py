"""`rsi verify` as its user meets it."""

import json
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from typer.testing import CliRunner

from cruxes.command.app import app
from cruxes.publication import store
from forecast import artefacts, run, verification
from tests import small_views
from tests.conftest import TODAY

runner = CliRunner()


@pytest.fixture
def sample(monkeypatch):
    """In place of a sampler a few draws of the beliefs; ``sample["seed"]`` is the seed they are drawn with."""
    chosen = {"seed": 1}

    def state(worldview, evidence, *, seed, report, cache=None):
        report(f"{worldview.name}: stated view")
        return again(worldview, "stated", seed)

    def update(stated, evidence, day, *, seed, without, report, cache=None):
        return again(stated.view.worldview, "updated", seed, without)

    def again(worldview, name, seed, without=()):
        found = small_views.kept(worldview.name, name, 200, chosen["seed"])
        view = replace(found.view, worldview=worldview, seed=seed, without=without)
        return replace(found, key="-".join([found.key, *without]), view=view)

    monkeypatch.setattr(run, "state", state)
    monkeypatch.setattr(run, "update", update)
    return chosen


@pytest.fixture
def forecast(tmp_path, sample, monkeypatch):
    """The folder that `rsi forecast` leaves."""
    monkeypatch.setenv("RSI_ARTEFACTS", str(tmp_path / "artefacts"))
    done = runner.invoke(app, ["forecast", "clark"])
    assert done.exit_code == 0, done.output
    (manifest,) = (tmp_path / "artefacts").glob("*/manifest.json")
    return manifest.parent


def verify(folder, *options):
    return runner.invoke(app, ["verify", str(folder), *options])


def test_a_forecast_that_is_had_again_is_verified_in_a_few_lines(forecast):
    done = verify(forecast)
    assert done.exit_code == 0, done.output
    for said in ("4 views, all files as they were written", "Inputs: all as they were", "the same bytes"):
        assert said in done.stdout
    assert "clark: stated view" in done.stderr
    assert "clark: stated view" not in done.stdout


def test_the_folder_may_be_the_one_where_one_stands(forecast, monkeypatch):
    monkeypatch.chdir(forecast)
    assert verify(".").exit_code == 0


def test_other_draws_of_the_same_beliefs_are_within_error_and_it_says_how_far(forecast, sample):
    sample["seed"] = 2
    done = verify(forecast)
    assert done.exit_code == 0, done.output
    assert "within Monte Carlo error, the worst" in done.stdout
    assert "5 allowed" in done.stdout


def test_a_forecast_that_comes_out_otherwise_is_exit_code_1_with_the_worst_rows(forecast, monkeypatch):
    known = run.state

    def other(worldview, *given, **named):
        found = known(worldview, *given, **named)
        later = {name: dates + 5.0 for name, dates in found.view.futures.dates.items()}
        return replace(found, view=replace(found.view, futures=replace(found.view.futures, dates=later)))

    monkeypatch.setattr(run, "state", other)
    done = verify(forecast)
    assert done.exit_code == 1
    assert done.stdout.count("Those that differ most") == 1
    assert "differ by more than 5 standard errors" in done.stdout
    found = json.loads(verify(forecast, "--json").stdout)
    assert found["recomputed"]["outcome"] == "differs"
    assert {row["view"] for row in found["recomputed"]["beyond"]} == {"stated"}
    assert not found["verified"]


def test_json_holds_all_inputs_and_is_json_throughout(forecast):
    found = json.loads(verify(forecast, "--json").stdout, parse_constant=pytest.fail)
    assert (found["kind"], found["verified"], found["recomputed"]["worst_standard_errors"]) == ("forecast", True, 0.0)
    assert {one["name"] for one in found["inputs"]} >= {"code", "pymc", "processor", "ledger", "day", "seed", "worldview clark"}  # fmt: skip
    assert all(one["same"] for one in found["inputs"])


def test_what_is_another_here_is_shown_with_what_it_was_recomputed_with(forecast, monkeypatch):
    monkeypatch.setattr(artefacts, "code_hash", lambda: "f" * 64)
    done = verify(forecast)
    assert done.exit_code == 0
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("code"))
    assert "f" * 12 in line
    assert "f" * 13 not in line
    assert line.rstrip().endswith("here now")


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_damaged_files_are_exit_code_2_and_nothing_is_recomputed(forecast, as_json):
    table = forecast / "forecast.csv"
    table.write_text(table.read_text().replace("0.6", "0.7"))
    draws = next((forecast.parent / "views").glob("*.nc"))
    draws.write_bytes(draws.read_bytes()[:2000])
    done = verify(forecast, *as_json)
    assert done.exit_code == 2
    assert done.stderr.count("not the file that was written") == 2
    assert "stated view" not in done.stderr
    assert not done.stdout


@pytest.mark.parametrize("manifest", [None, "", "{", "[]", '{"a": 1}', "\udcff"])
def test_what_is_no_artefact_is_exit_code_2_and_told_in_words(tmp_path, manifest):
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest, errors="surrogateescape")
    done = verify(tmp_path)
    assert done.exit_code == 2
    assert "manifest.json" in done.stderr
    assert "Traceback" not in done.output


@pytest.fixture
def book(tmp_path, ledger, monkeypatch):
    """A finished book of one table and one set of files."""
    monkeypatch.setenv("RSI_ARTEFACTS", str(tmp_path))
    begun = store.begin(ledger_of_the_command(), day=TODAY, seed=1)
    added = store.add(begun, "t", pd.DataFrame({"x": [0.1 + 0.2]}))
    added = store.add_files(added, "land", lambda folder: (folder / "bank.json").write_text("{}"))
    store.finish(added)
    return added.folder


def ledger_of_the_command():
    from cruxes.command.options import open_ledger

    return open_ledger(None)


def test_a_book_whose_files_and_inputs_are_as_they_were_is_verified(book):
    done = verify(book)
    assert done.exit_code == 0, done.output
    assert "2 files, all as they were written" in done.stdout
    found = json.loads(verify(book, "--json").stdout)
    assert (found["kind"], found["verified"], found["files"]) == ("book", True, 2)


@pytest.mark.parametrize("what", ["code", "worldviews", "ledger"])
def test_a_book_of_other_inputs_is_exit_code_1_and_says_which(book, monkeypatch, what):
    now = store.inputs
    monkeypatch.setattr(store, "inputs", lambda ledger: now(ledger) | {what: "other"})
    done = verify(book)
    assert done.exit_code == 1
    assert what in done.stdout
    assert "rsi book prepare" in done.stdout


def test_every_damaged_file_of_a_book_is_named(book):
    (book / "t.csv").write_text("x\n0.4\n")
    (book / "land" / "bank.json").unlink()
    done = verify(book)
    assert done.exit_code == 2
    assert "t.csv is not the file that was written" in done.stderr
    assert "land/bank.json is missing" in done.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"finished": False}, "not finished"),
        ({"day": "soon"}, "not the manifest of a book"),
        ({"tables": ["t"]}, "not the manifest of a book"),
        ({"files": {"land": 1}}, "not the manifest of a book"),
    ],
)
def test_a_book_without_a_whole_manifest_is_refused(book, change, said):
    path = book / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    done = verify(book)
    assert done.exit_code == 2
    assert said in done.stderr


@pytest.mark.slow
def test_trend_can_be_had_again_to_the_last_byte_and_another_seed_agrees_within_its_errors(
    tmp_path, monkeypatch, ledger
):
    monkeypatch.setenv("RSI_ARTEFACTS", str(tmp_path))
    assert runner.invoke(app, ["forecast", "trend"]).exit_code == 0
    (manifest,) = tmp_path.glob("*/manifest.json")
    done = verify(manifest.parent)
    assert done.exit_code == 0, done.output
    assert "the same bytes" in done.stdout
    table, said, _ = artefacts.examine(manifest.parent)
    again = run.run(["trend"], ledger=ledger, day=date.fromisoformat(said["day"]), seed=2)
    compared = verification.compare(table, again.table)
    assert compared.outcome == "within", compared.beyond
    assert compared.worst > 0.5
