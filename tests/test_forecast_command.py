"""`rsi forecast` as its user meets it."""

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from cruxes.command.app import app
from cruxes.wording import percent
from forecast import run, summary, views

runner = CliRunner()


@pytest.fixture
def quick(monkeypatch, stated, tmp_path):
    """Stated views only, taken from the session; artefacts in a folder of the test's own. Counts its calls."""
    calls = []

    def fake(names, *, ledger, day, seed, cache, report):
        calls.append((tuple(names), day, seed))
        found = tuple(stated[n].view for n in names)
        return run.Forecast(day=day, seed=seed, views=found, not_yet_stated=(), table=summary.long_table(found))

    monkeypatch.setattr(run, "run", fake)
    monkeypatch.setenv("RSI_ARTEFACTS", str(tmp_path))
    return calls


def test_it_prints_the_headlines_with_never_and_the_persons_own_numbers(quick):
    done = runner.invoke(app, ["forecast", "clark", "lambert"])
    assert done.exit_code == 0, done.output
    for text in ("LOOP:", "SWX3:", "ECON10:", "never", "clark", "lambert", "own numbers kept", "bend", "not endorsed"):
        assert text in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 160


def test_a_rerun_with_nothing_changed_loads_and_a_new_seed_or_day_computes(quick):
    for arguments in ([], [], ["--seed", "2"], ["--as-of", "2026-06-01"], []):
        assert runner.invoke(app, ["forecast", "clark", *arguments]).exit_code == 0
    assert len(quick) == 3
    runner.invoke(app, ["forecast", "clark", "--fresh"])
    assert len(quick) == 4


def test_json_holds_the_whole_table_and_the_manifest(quick):
    done = runner.invoke(app, ["forecast", "clark", "--json"])
    found = json.loads(done.stdout)
    assert found["manifest"]["seed"] == 1
    assert {row["event"] for row in found["table"]} >= {"LOOP", "SWX3", "ECON10", "LOC", "PAUSE"}
    assert all(set(row) == set(summary.COLUMNS) for row in found["table"])


def test_a_tampered_artefact_is_refused_with_exit_code_2(quick, tmp_path):
    runner.invoke(app, ["forecast", "clark"])
    (table,) = tmp_path.glob("*/forecast.csv")
    table.write_text(table.read_text().replace("0.6", "0.7"))
    done = runner.invoke(app, ["forecast", "clark"])
    assert done.exit_code == 2
    assert "not the file that was written" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--event", "FOOM"], "--event"),
        (["--view", "later"], "--view"),
        (["--as-of", "2026-13-01"], "--as-of"),
        (["nobody"], "nobody"),
    ],
)
def test_bad_options_are_refused_in_words_with_exit_code_2(quick, arguments, said):
    done = runner.invoke(app, ["forecast", *arguments])
    assert done.exit_code == 2
    assert said in done.stderr
    assert not quick


def test_a_run_that_is_cut_off_leaves_no_run_behind(quick, monkeypatch, tmp_path):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "run", interrupted)
    done = runner.invoke(app, ["forecast", "clark"])
    assert done.exit_code == 130
    assert not list(tmp_path.rglob("manifest.json"))


def test_probabilities_are_never_rounded_to_certainty():
    assert [percent(p) for p in (0.0, 0.001, 0.3, 0.999, 1.0)] == ["0", "<1", "30", ">99", "100"]


def test_a_worldview_is_shown_as_not_yet_stated_before_its_date(ledger, monkeypatch, stated):
    monkeypatch.setattr(views, "state", lambda w, *_, **__: stated[w.name])
    monkeypatch.setattr(views, "update", lambda s, *_, **__: s.view)
    found = run.run(["clark", "drexler"], ledger=ledger, day=date(2026, 1, 1))
    assert found.not_yet_stated == ("clark",)
    assert {v.worldview.name for v in found.views} == {"drexler"}
