"""`rsi trust` prints every figure with its verdict, and never hides one that falls short or was not measured."""

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from cruxes import wording
from cruxes.command.app import app
from forecast.trust import checks, records
from forecast.trust.findings import Context
from tests.test_trust_records import measured


@pytest.fixture
def folder(tmp_path, ledger):
    for name in ("data", "numerics"):
        context = Context(ledger=ledger, day=date(2026, 11, 21))
        records.write(measured(name), context, where=tmp_path / "trust", seconds=90.0, options={})
    return tmp_path / "trust"


def run(*words):
    return CliRunner().invoke(app, ["trust", *map(str, words)])


def test_the_report_has_every_figure_and_says_which_fall_short(folder):
    found = run("--folder", folder)
    assert found.exit_code == 0
    assert found.stdout.count("SHORT") == 2
    assert found.stdout.count("It does not, because.") == 2
    assert "6 figures: 4 pass, 2 fall short." in found.stdout
    assert "measured on" in found.stdout
    assert "not measured yet: make mutations" in found.stdout
    missing = [name for name in checks.CHECKS if name not in {"data", "numerics"}]
    assert f"Not measured: {', '.join(missing)}." in " ".join(found.stdout.split())


def test_only_what_falls_short_on_request(folder):
    found = run("--folder", folder, "--short", "--check", "data")
    assert "two" in found.stdout
    assert "pass " not in found.stdout
    assert "NUMERICS" not in found.stdout


def test_the_same_as_json(folder):
    said = json.loads(run("--folder", folder, "--json").stdout)
    assert list(said) == list(checks.CHECKS)
    assert said["structure"] is None
    assert [row["passes"] for row in said["data"]["findings"]] == [True, False, True]
    assert said["data"]["findings"][1]["low"] is None


def test_a_check_that_does_not_exist_is_refused_with_those_that_do(folder):
    found = run("run", "astrology")
    assert found.exit_code == 2
    assert "'astrology'" in found.stderr
    assert "calibration" in found.stderr


def test_what_a_command_of_its_own_measures_is_named(folder):
    found = run("run", "mutations")
    assert found.exit_code == 2
    assert "make mutations" in found.stderr


def test_a_check_that_was_run_is_in_the_report(tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "measurer", lambda check: lambda context: measured(check.name))
    assert run("run", "data", "--folder", tmp_path).exit_code == 0
    assert "3 figures: 2 pass, 1 fall short." in run("--folder", tmp_path).stdout


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(float("-inf"), 0.05, "at most 0.05"), (2000.0, float("inf"), "at least 2000"), (0.0, 0.0, "exactly 0"),
     (0.85, 0.95, "0.85 to 0.95"), (float("-inf"), float("inf"), "for information")],
)  # fmt: skip
def test_bounds_are_said_in_words(low, high, said):
    assert wording.bound(low, high) == said
