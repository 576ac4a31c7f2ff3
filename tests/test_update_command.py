"""`rsi update` as its user meets it, from a forecast of 1 June for a worldview of 31 May: no sampler runs."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from cruxes.command import app as whole
from cruxes.command import history as history_command
from cruxes.command import update as command
from forecast import artefacts, history, rows, run, summary
from forecast.artefacts import Kept
from forecast.run import Evidence

runner = CliRunner()
BEFORE, AFTER = date(2026, 6, 1), "2026-07-01"


@pytest.fixture
def app():
    found = typer.Typer(cls=whole._Commands)
    command.register(found)
    history_command.register(found)
    return found


@pytest.fixture(scope="module")
def june(stated, ledger):
    """The forecast of 1 June, of half the draws."""
    found, few, evidence = stated["yudkowsky"], np.arange(4000), Evidence(ledger)
    worldview, weights = found.view.worldview, found.view.weights[few]
    view = replace(found.view, eta=found.view.eta[few], weights=weights / weights.sum(),
                   futures=found.view.futures.take(few))  # fmt: skip
    kept = Kept(key=run.stated_key(worldview, evidence, seed=1), view=view, how="drawn", tilt=found.tilt,
                prior=found.prior, blocks=rows.blocks(rows.not_yet(worldview.as_of)))  # fmt: skip
    both = (kept, run.update(kept, evidence, BEFORE, seed=1))
    views = tuple(one.view for one in both)
    return run.Forecast(day=BEFORE, seed=1, views=views, not_yet_stated=(), table=summary.long_table(views), kept=both)


@pytest.fixture
def root(tmp_path, monkeypatch, june, ledger):
    folder = tmp_path / "artefacts"
    monkeypatch.setenv("RSI_ARTEFACTS", str(folder))
    monkeypatch.setattr(command, "open_ledger", lambda option: ledger)
    artefacts.save(folder / "2026-06-01-k", june, run_key="k", ledger_sha256=ledger.sha256)
    return folder


def test_the_tables_tell_before_after_error_rows_and_cruxes_in_eighty_columns(app, root, own_ledger):
    done = runner.invoke(app, ["update", "--as-of", AFTER])
    assert done.exit_code == 0, done.output
    for text in ("From 2026-06-01 to 2026-07-01", "re-weighted", "effective draws", "LOOP:", "SWX3:", "never", "error +-",
                 "yudkowsky", "What the new rows did", "GPT-5.6 Sol"):  # fmt: skip
        assert text in done.stdout, text
    assert max(map(len, done.stdout.splitlines())) <= 80
    stored = artefacts.latest(root)
    assert stored.name.startswith("2026-07-01-")
    (line,) = history.read(own_ledger)
    assert (line["day"], line["run"]) == (AFTER, stored.name.rpartition("-")[2])


def test_a_second_update_finds_nothing_new_and_stores_nothing(app, root, own_ledger):
    runner.invoke(app, ["update", "--as-of", AFTER, "--no-influence"])
    stored = sorted(root.glob("*/manifest.json"))
    done = runner.invoke(app, ["update", "--as-of", AFTER])
    assert done.exit_code == 0
    assert "nothing is new" in done.stdout
    assert sorted(root.glob("*/manifest.json")) == stored
    assert len(history.read(own_ledger)) == 1


def test_a_day_without_rows_is_told_in_words(app, root):
    done = runner.invoke(app, ["update", "--as-of", "2026-06-02"])
    assert "only time has passed" in done.stdout
    assert "What the new rows did" not in done.stdout


def test_words_are_sentences(app, root):
    done = runner.invoke(app, ["update", "--as-of", AFTER, "--words"])
    assert done.exit_code == 0, done.output
    assert "From 2026-06-01 to 2026-07-01" in done.stdout
    assert "yudkowsky" in done.stdout
    assert "Traceback" not in done.output


def test_json_holds_everything_and_is_plain(app, root):
    done = runner.invoke(app, ["update", "--as-of", AFTER, "--json"])
    said = json.loads(done.stdout, parse_constant=lambda text: pytest.fail(f"not plain JSON: {text}"))
    (move,) = said["moves"]
    assert (said["from"], said["to"], said["seed"]) == ("2026-06-01", AFTER, 1)
    assert move["how"] == "reweighted"
    assert move["new"]
    for name in ("changes", "cruxes", "influence", "surprise"):
        assert move[name], name


def test_without_an_earlier_forecast_it_says_what_to_do(app, root):
    done = runner.invoke(app, ["update", "--as-of", "2026-05-31"])
    assert done.exit_code == 2
    assert "Run rsi forecast first" in done.stderr


@pytest.mark.parametrize("arguments", [["--event", "FOOM"], ["--as-of", "tomorrow"]])
def test_bad_options_are_refused_in_words(app, root, arguments):
    done = runner.invoke(app, ["update", *arguments])
    assert done.exit_code == 2
    assert arguments[0] in done.stderr


def test_draws_that_were_changed_are_refused(app, root):
    path = next((root / "views").glob("*.nc"))
    path.write_bytes(path.read_bytes()[:-100])
    done = runner.invoke(app, ["update", "--as-of", AFTER])
    assert done.exit_code == 2
    assert "not the file that was written" in done.stderr
