"""`rsi evidence`, as a user meets it."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from cruxes.command.app import app
from tests.test_ledger import as_csv, row

HEAVY = {"pymc", "pytensor", "nutpie", "arviz", "numba", "matplotlib"}


def rsi(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_the_packaged_ledger_is_in_order():
    result = rsi("evidence", "check")
    assert result.exit_code == 0
    assert result.stdout == "observations.csv: 1016 rows, no problems.\n"


def test_a_bad_file_prints_every_problem_on_stderr_exits_with_2_and_stays_as_it_was(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(data := as_csv(row(value="x"), row(unit="hours")))
    result = rsi("evidence", "check", str(path))
    assert result.exit_code == 2
    assert result.stdout == ""
    first, second = result.stderr.splitlines()
    assert first.startswith("mine.csv: row 2, value is 'x', expected a number")
    assert second.startswith("mine.csv: row 3, unit is 'hours', expected 'minutes'")
    assert [child.name for child in tmp_path.iterdir()] == ["mine.csv"]
    assert path.read_bytes() == data


def test_problems_can_be_had_as_json(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(as_csv(row(value="x")))
    result = rsi("evidence", "check", str(path), "--json")
    assert result.exit_code == 2
    (problem,) = json.loads(result.stdout)["problems"]
    assert problem.keys() == {"file", "where", "found", "expected", "remedy"}


def test_a_good_file_of_ones_own_passes(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(as_csv(row()))
    result = rsi("evidence", "check", str(path))
    assert (result.exit_code, result.stdout) == (0, "mine.csv: 1 rows, no problems.\n")


@pytest.mark.parametrize("arguments", [(), ("--unused",), ("--as-of", "2026-05-04"), ("--series", "weirdml_pct")])
def test_the_list_fits_eighty_columns(arguments, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    result = rsi("evidence", "list", *arguments)
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_the_list_says_what_counts_on_a_day_and_why_the_rest_does_not():
    found = json.loads(rsi("evidence", "list", "--as-of", "2026-05-04", "--json").stdout)
    table = {line["series"]: line for line in found["series"]}
    assert len(table) == 106
    assert table["metr_horizon_p50_minutes"]["used"] == 25
    assert table["metr_horizon_p50_minutes_th1_0"]["used"] == 0
    assert table["metr_horizon_p50_minutes_th1_0"]["why_unused"] == "metr_horizon_p50_minutes is current"
    assert table["anthropic_rd_tasks_al4_plus_pct"]["public"] == 0
    assert all(line["why_unused"] for line in table.values() if not line["used"])


def test_only_unused_series_can_be_listed():
    found = json.loads(rsi("evidence", "list", "--unused", "--json").stdout)
    assert found["series"]
    assert all(line["used"] == 0 for line in found["series"])


def test_one_series_is_listed_row_by_row():
    found = json.loads(rsi("evidence", "list", "--series", "training_compute_growth_x_per_year", "--json").stdout)
    assert [line["publication_assumed"] for line in found["rows"]] == [True, True, False]
    assert found["rows"][0]["published_on"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--as-of", "2026-02-30"), "YYYY-MM-DD"), (("--series", "weirdml"), "Did you mean weirdml_pct")],
)
def test_a_bad_option_exits_with_2_and_a_remedy(arguments, said):
    result = rsi("evidence", "list", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_an_interrupted_command_says_so_in_one_line_and_exits_with_130(monkeypatch):
    def interrupt(path):
        raise KeyboardInterrupt

    monkeypatch.setattr("forecast.evidence.ledger.read", interrupt)
    result = rsi("evidence", "check")
    assert (result.exit_code, result.stderr) == (130, "Interrupted.\n")


@pytest.mark.parametrize("arguments", [["--help"], ["evidence", "list"]])
def test_help_and_lists_load_no_sampler(arguments):
    code = (
        "import sys\nfrom cruxes.command.app import main\n"
        f"sys.argv = ['rsi', *{arguments!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stderr.split())
