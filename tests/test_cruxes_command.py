"""`rsi cruxes` and `rsi whatif` as their user meets them."""

import json
import subprocess
import sys
from functools import cache

import pytest
import typer
from typer.testing import CliRunner

from cruxes import whatif as answers
from cruxes.command import cruxes, whatif
from cruxes.command.app import _Commands
from cruxes.command.cruxes import expectation, number
from forecast import run
from forecast.evidence import ledger as ledgers
from forecast.run import Evidence
from priors.problems import BadInput, Problem
from tests.small_views import kept

runner = CliRunner()
NAMES = ("clark", "krier", "lambert")


@pytest.fixture(scope="module")
def app():
    made = typer.Typer(cls=_Commands)
    made.callback()(lambda: None)
    cruxes.register(made)
    whatif.register(made)
    return made


@cache
def packaged():
    """The evidence of the packaged ledger, read once."""
    return Evidence(ledgers.read())


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """Small views instead of fits."""

    def fake(names, *, ledger, day, seed, variants, cache, report):
        found = tuple(kept(name, view) for name in names or NAMES for view in ("stated", "updated"))
        return run.Forecast(
            day=day, seed=seed, views=tuple(k.view for k in found), not_yet_stated=(), table=None, kept=found
        )

    monkeypatch.setattr(run, "run", fake)
    monkeypatch.setattr(run, "Evidence", lambda _: packaged())
    monkeypatch.setenv("RSI_ARTEFACTS", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def ask(app, quick):
    return lambda *arguments: runner.invoke(app, list(arguments))


def test_five_signals_and_every_pair_fit_eighty_columns(ask):
    done = ask("cruxes")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 50
    assert sum(line[:2] in {f"{i}." for i in range(1, 6)} for line in lines) == 5
    for text in ("LOOP:", "bits", "Double cruxes", "clark, krier", "krier, lambert", "never"):
        assert text in done.stdout


def test_another_event_and_day_may_be_asked(ask):
    done = ask("cruxes", "--event", "SWX3", "--by", "2029-12-31", "--json")
    said = json.loads(done.stdout)
    assert (said["event"], said["by"]) == ("SWX3", "2029-12-31")


def test_json_has_every_signal_for_everybody_and_every_pair(ask):
    said = json.loads(ask("cruxes", "--json").stdout)
    assert len(said["watch"]) == 5
    for one in said["signals"]:
        assert [told["worldview"] for told in one["told"]] == list(NAMES)
        assert all(told["bits_date"]["value"] >= 0 for told in one["told"])
    told = [one for one in said["signals"] if not one["asked_itself"]]
    assert len(said["pairs"]) == 3 * len(told)
    assert set(said["double_cruxes"]) == {"clark, krier", "clark, lambert", "krier, lambert"}


def test_a_pair_is_shown_with_every_signal(ask):
    done = ask("cruxes", "--pair", "clark", "lambert")
    assert done.exit_code == 0, done.output
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "al4_autumn" in done.stdout


def test_hand_written_numbers_stand_beside_computed_ones_and_large_differences_are_marked(ask):
    done = ask("cruxes", "--check")
    assert done.exit_code == 0, done.output
    assert "Not expressible" in done.stdout
    rows = json.loads(ask("cruxes", "--check", "--json").stdout)["signals"]
    assert {row["worldview"] for row in rows} >= set(NAMES)
    for row in rows:
        if row["stated"] is not None:
            assert row["differs"] == (abs(row["stated"] - row["hand"]) > 0.15)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--event", "NOPE"], "LOOP"),
        (["--pair", "clark", "nobody"], "nobody"),
        (["--pair", "clark", "clark"], "two worldviews"),
        (["--by", "2020-01-01"], "after"),
        (["--by", "soon"], "YYYY-MM-DD"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_remedy(ask, arguments, words):
    done = ask("cruxes", *arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert not done.stdout


def test_both_questions_are_answered_side_by_side(ask):
    done = ask("whatif", "clark", "--observe", "theta below 100", "--do", "theta=50")
    assert done.exit_code == 0, done.output
    for text in ("now", "if seen", "if so", "LOOP:", "SWX3:", "goes with it"):
        assert text in done.stdout
    tables = [line for line in done.stdout.splitlines() if "  " in line]
    assert max(map(len, tables)) <= 80


def test_the_answers_of_json_say_how_they_were_come_by(ask):
    done = ask("whatif", "clark", "krier", "--observe", "lab_pace above 1.1 x by 2027-06", "--json")
    said = json.loads(done.stdout)
    assert [(one["worldview"], one["answer"]) for one in said["answers"]] == [
        ("clark", "now"), ("clark", "if seen"), ("krier", "now"), ("krier", "if seen"),
    ]  # fmt: skip
    for one in said["answers"][1::2]:
        assert one["how"] == "reweighted"
        assert one["effective"] > 0


def test_all_faults_of_both_questions_are_told_at_once(ask):
    done = ask("whatif", "--observe", "metr_horizon_p50 of 4 furlongs by 2020-01-01", "--do", "RE=2028-06")
    assert done.exit_code == 2
    for text in ("furlongs", "2020-01-01", "RE", "No other clock"):
        assert text in done.stderr


def test_no_question_is_no_answer(ask):
    done = ask("whatif", "clark")
    assert done.exit_code == 2
    assert "--observe" in done.stderr


def test_a_view_that_cannot_answer_does_not_silence_the_others(ask, monkeypatch):
    answer = answers.seen

    def mute_krier(kept_view, *arguments, **named):
        if kept_view.view.worldview.name == "krier":
            raise BadInput(
                [Problem(file="f", where="w", found="no such draws", expected="some", remedy="Ask another.")]
            )
        return answer(kept_view, *arguments, **named)

    monkeypatch.setattr(answers, "seen", mute_krier)
    asked = ("--observe", "LOOP by 2030-12-31", "--no-refit", "--json")
    said = json.loads(ask("whatif", "clark", "krier", *asked).stdout)
    found = [(one["worldview"], one["answer"]) for one in said["answers"]]
    assert found == [("clark", "now"), ("clark", "if seen"), ("krier", "now")]
    assert ["no such draws" in line for line in said["unanswered"]] == [True]
    assert ask("whatif", "krier", *asked).exit_code == 2


def test_numbers_are_short_and_nothing_exact_is_said_beyond_a_thousand():
    assert [number(x) for x in (1.26, 12.6, 5e6)] == ["1.3", "13", ">999"]
    assert expectation(0.421, None) == "42"
    assert expectation(None, (1.0, 2.0, 30.0)) == "1.0-30"


def test_the_commands_import_nothing_heavy_before_they_are_asked():
    code = (
        "import sys; from cruxes.command import cruxes, whatif; "
        "print([m for m in ('pandas', 'numba', 'pymc', 'nutpie', 'xarray') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
