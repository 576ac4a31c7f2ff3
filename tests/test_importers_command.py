"""`rsi evidence import`, as a user meets it."""

import json
import os
import re

import pytest
import typer
from typer.testing import CliRunner

from cruxes.command import importing
from cruxes.command.app import _Commands
from forecast.evidence import ledger as ledgers
from forecast.evidence import store
from tests.fixtures.build import HERE

DAY = "2026-11-21"
FILE = HERE / "metr_1_1.yaml"


@pytest.fixture
def own(tmp_path):
    return tmp_path / "own"


def rsi(own, *arguments, answer=None):
    app = typer.Typer(cls=_Commands, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    importing.register(app)
    return CliRunner().invoke(app, ["import", *map(str, arguments), "--ledger", str(own)], input=answer)


def report(own, *arguments):
    return json.loads(rsi(own, *arguments, "--json").stdout)


def test_it_shows_what_it_would_do_and_asks(own):
    result = rsi(own, FILE, answer="n\n")
    assert "2 new:" in result.stdout
    assert "Claude Parable 9.1" in result.stdout
    assert "4 known already" in result.stdout
    assert "Store 2 rows?" in result.stderr
    assert (result.exit_code, own.exists()) == (1, False)


def test_no_answer_is_a_no(own):
    result = rsi(own, FILE, answer="")
    assert (result.exit_code, own.exists()) == (1, False)
    assert result.stdout.endswith("Nothing was stored.\n")


@pytest.mark.parametrize(("more", "answer"), [((), "y\n"), (("--yes",), None)])
def test_it_stores_when_told_to_and_only_once(own, more, answer):
    assert rsi(own, FILE, *more, answer=answer).exit_code == 0
    assert [row["subject"] for row in store.read(own).rows] == ["Claude Parable 9.1"] * 2
    before = (own / store.FILE).read_bytes()
    again = rsi(own, FILE, *more, answer=answer)
    assert again.stdout.endswith("Nothing to store.\n")
    assert (own / store.FILE).read_bytes() == before


def test_a_changed_value_is_shown_with_the_old_one_and_supersedes_it(own, tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(FILE.read_text().replace("718.80683", "700.5"))
    result = rsi(own, path, "--yes")
    assert "718.807 -> 700.5" in result.stdout
    (row,) = [row for row in store.read(own).rows if row["supersedes"]]
    assert row["value"] == "700.5"
    assert len(ledgers.read(own=own).rows) == 1016 + 3


def test_a_file_that_differs_throughout_is_called_another_edition(own, tmp_path):
    path = tmp_path / "x.yaml"
    text = re.sub(r"estimate: ([0-9]+)", r"estimate: \g<1>1", FILE.read_text())
    path.write_text(re.sub(r"ci_high: .*", "ci_high: 99999.9", text))
    assert "another edition" in rsi(own, path, answer="n\n").stdout


def test_the_day_of_the_fetch_can_be_given(own):
    assert report(own, FILE, "--published-on", "2026-11-01")["new"][0]["published_on"] == "2026-11-01"
    result = rsi(own, FILE, "--published-on", "2099-01-01")
    assert result.exit_code == 2
    assert "--published-on" in result.stderr


def test_json_without_yes_stores_nothing(own):
    found = report(own, FILE)
    assert found["format"] == "metr"
    assert {name: len(found[name]) for name in ("new", "changed", "known", "stored")} == {
        "new": 2,
        "changed": 0,
        "known": 4,
        "stored": 0,
    }
    assert not own.exists()
    assert len(report(own, FILE, "--yes")["stored"]) == 2


def test_a_changed_row_can_be_had_as_json(own):
    (change,) = report(own, HERE / "eci_scores.csv")["changed"]
    assert (change["old"]["value"], change["new"]["value"]) == (161.53, "161.77")


def test_what_is_left_out_is_said_with_the_reason(own):
    result = rsi(own, HERE / "eci_scores.csv", answer="n\n")
    assert "1 skipped:\n  No date: no name, score or release date" in result.stdout


def test_a_bad_file_is_told_in_words_and_exits_with_2(own, tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(FILE.read_text().replace("METR-Horizon-v1.1", "METR-Horizon-v9"))
    result = rsi(own, path, "--yes")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("x.yaml: benchmark_name is 'METR-Horizon-v9'")
    assert not own.exists()


def test_bad_input_loses_nothing_that_was_stored(own, tmp_path):
    rsi(own, FILE, "--yes")
    before = (own / store.FILE).read_bytes()
    (tmp_path / "x.yaml").write_text("benchmark_name: &a x")
    assert rsi(own, tmp_path / "x.yaml", "--yes").exit_code == 2
    assert (own / store.FILE).read_bytes() == before


def test_only_the_folder_of_the_ledger_is_written_to(own, tmp_path, monkeypatch):
    source = tmp_path / "source"
    source.mkdir()
    path = source / "x.yaml"
    path.write_bytes(FILE.read_bytes())
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("HOME", str(home))
    before = os.stat(path)
    assert rsi(own, path, "--yes").exit_code == 0
    assert {str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*") if one.is_file()} <= {
        "source/x.yaml",
        f"own/{store.FILE}",
        f"own/{store.FILE}.lock",
    }
    assert (os.stat(path).st_mtime_ns, path.read_bytes()) == (before.st_mtime_ns, FILE.read_bytes())


def test_markup_in_a_name_is_printed_as_it_stands(own, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    name = "[red]<script>alert(1)</script>[/red] :boom:"
    path = tmp_path / "eci_scores.csv"
    path.write_text((HERE / "eci_scores.csv").read_text().replace("Made-up 9", name))
    assert name in rsi(own, path, answer="n\n").stdout


@pytest.mark.parametrize("name", ["metr_1_1.yaml", "eci_scores.csv"])
def test_what_it_prints_fits_eighty_columns(own, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, rsi(own, HERE / name, answer="n\n").stdout.splitlines())) <= 80


def test_rows_of_one_s_own_register_can_be_imported(own, tmp_path):
    from tests.fixtures.build import own_row, table

    own.mkdir()
    (own / "register.toml").write_text(
        '[series.nobodys_pct]\nkind = "none"\nunit = "percent"\ncruxes = ["C1"]\nwhy = "made up"\n'
    )
    row = own_row(series="nobodys_pct", value="99.9", low="", high="", interval="")
    path = tmp_path / "mine.csv"
    path.write_text(table(list(row), row))
    assert rsi(own, path, "--yes").exit_code == 0
    assert store.read(own).rows[0]["unit"] == "percent"
