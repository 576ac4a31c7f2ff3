"""`rsi evidence`, as a user meets it."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cruxes.command.app import app
from forecast.evidence import ledger, store
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
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("forecast.evidence.ledger.read", interrupt)
    result = rsi("evidence", "check")
    assert (result.exit_code, result.stderr) == (130, "Interrupted.\n")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["evidence", "list"], ["evidence", "diff", "2026-05-04", "2026-06-01"]]
)
def test_help_and_lists_load_no_sampler(arguments):
    code = (
        "import sys\nfrom cruxes.command.app import main\n"
        f"sys.argv = ['rsi', *{arguments!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stderr.split())


# The user's own rows

GIVEN = {
    "series": "metr_horizon_p50_minutes",
    "subject": "GPT-7",
    "observed-on": "2026-10-01",
    "published-on": "2026-10-03",
    "value": "1500.5",
    "low": "800",
    "high": "4000",
    "interval": "95%CI",
    "grade": "primary",
    "source-title": "METR time horizons",
    "source-url": "https://metr.org/horizons",
}


def add(*more, **changes):
    given = {**GIVEN, **{name.replace("_", "-"): cell for name, cell in changes.items()}}
    options = [part for name, cell in given.items() if cell is not None for part in (f"--{name}", cell)]
    return rsi("evidence", "add", *options, *more)


def added(*more, **changes):
    result = add("--json", *more, **changes)
    assert result.exit_code == 0, result.stderr
    (key,) = json.loads(result.stdout)["added"]
    return key


def test_a_row_is_shown_and_stored_with_unit_level_and_place_filled_in(own_ledger):
    result = add()
    assert (result.exit_code, result.stderr) == (0, "")
    (stored,) = store.read(own_ledger).rows
    assert (stored["unit"], stored["level"], stored["read_from"]) == ("minutes", "0.95", GIVEN["source-url"])
    assert stored["recorded_on"] >= date.today().isoformat()
    for name, cell in stored.items():
        assert not cell or f"  {name:<13} {cell}" in result.stdout.splitlines()


def test_a_row_added_again_is_told_to_be_there_already(own_ledger):
    key = added()
    result = add()
    assert result.stdout.startswith("Nothing to store: the ledger has this row already.")
    assert json.loads(add("--json").stdout)["known"] == [key]
    assert len(store.read(own_ledger).rows) == 1


def test_every_problem_of_a_row_is_told_by_its_option_and_nothing_is_stored(own_ledger):
    result = add(value="many", observed_on="soon", grade=None, source_title="=1", published_on="2100-01-01")
    assert (result.exit_code, result.stdout) == (2, "")
    told = {line.partition(" is ")[0] for line in result.stderr.splitlines()}
    options = {"--value", "--observed-on", "--grade", "--source-title", "--published-on"}
    assert told == {f"command line: {option}" for option in options}
    assert not own_ledger.exists()


def test_a_lone_surrogate_from_the_command_line_is_refused_in_words(own_ledger):
    result = add(subject="GPT\udcff")
    assert result.exit_code == 2
    assert "--subject" in result.stderr


def test_a_row_of_a_series_that_no_model_reads_is_stored_and_said_to_be_unread(own_ledger):
    result = add(series="metr_horizon_p50_minute", unit="minutes")
    assert result.exit_code == 0
    assert "Did you mean metr_horizon_p50_minutes?" in result.stderr
    assert len(store.read(own_ledger).rows) == 1


def test_a_correction_and_a_retraction_take_the_beginning_of_an_id(own_ledger):
    first = added()
    second = added(value="1600", supersedes=first[:6])
    result = rsi("evidence", "retract", second[:8], "--why", "Misread.")
    assert result.exit_code == 0, result.stderr
    assert f"add it again with --supersedes {first}" in result.stdout
    assert store.read(own_ledger).rows[-1]["note"] == "Misread."
    assert added(value="1500", supersedes=first)


def test_a_packaged_row_can_be_withdrawn_and_then_does_not_count(own_ledger):
    packaged = ledger.read().rows.iloc[0]
    found = json.loads(rsi("evidence", "retract", packaged["id"], "--why", "Not a trial.", "--json").stdout)
    assert found["withdrawn"]["id"] == packaged["id"]
    listed = json.loads(rsi("evidence", "list", "--series", packaged["series"], "--json").stdout)
    assert packaged["id"] not in {line["id"] for line in listed["rows"]}


@pytest.mark.parametrize(
    ("start", "said"),
    [("abc", "6 to 16"), ("ABCDEF", "6 to 16"), ("0" * 16, "the id of a row")],
)
def test_what_names_no_row_is_refused(own_ledger, start, said):
    result = rsi("evidence", "retract", start, "--why", "x")
    assert result.exit_code == 2
    assert said in result.stderr
    assert not own_ledger.exists()


def test_an_ambiguous_beginning_lists_the_ids(monkeypatch):
    held = {f"abcdef{n:010}": {} for n in (1, 2)}
    monkeypatch.setattr(ledger, "cells_by_id", lambda own: held)
    result = rsi("evidence", "retract", "abcdef", "--why", "x")
    assert all(one in result.stderr for one in held)


def test_a_withdrawal_needs_a_reason_and_a_row_that_still_counts(own_ledger):
    first = added()
    second = added(value="1600", supersedes=first)
    assert "--why" in rsi("evidence", "retract", second).stderr
    assert f"Withdraw {second} instead" in rsi("evidence", "retract", first, "--why", "x").stderr
    assert rsi("evidence", "retract", second, "--why", "x").exit_code == 0
    assert "already" in rsi("evidence", "retract", second, "--why", "y").stderr
    gone = store.read(own_ledger).rows[-1]["id"]
    assert "a withdrawal" in rsi("evidence", "retract", gone, "--why", "x").stderr


def test_check_counts_own_rows_and_gives_the_head_of_the_chain(own_ledger):
    added()
    found = json.loads(rsi("evidence", "check", "--json").stdout)
    head = store.read(own_ledger).head
    assert found["own"] == {"folder": str(own_ledger), "rows": 1, "head": head}
    packaged, own = rsi("evidence", "check").stdout.splitlines()
    assert packaged == "observations.csv: 1016 rows, no problems."
    assert own.endswith(f"1 row of your own, no problems; none was changed since it was stored (head {head[:16]}).")


def test_check_says_what_a_folder_does_to_the_packaged_rows_and_their_reading(own_ledger):
    (gone, *_) = ledger.read().rows["id"]
    assert rsi("evidence", "retract", gone, "--why", "x").exit_code == 0
    name, entry = "metr_horizon_p50_minutes_cheating_as_failure", 'kind = "none"\ncruxes = []\nwhy = "no"\n'
    text = f'[series.{name}]\nunit = "minutes"\n{entry}[series.mine]\nunit = "x"\n{entry}'
    (own_ledger / "register.toml").write_text(text)
    found = json.loads(rsi("evidence", "check", "--json").stdout)["against_the_packaged"]
    assert found == {"withdrawn": [gone], "corrected": [], "read_otherwise": [name], "added_series": ["mine"]}
    said = rsi("evidence", "check").stdout
    assert "1 are withdrawn there and 0 corrected" in said
    assert f"reads packaged series in another way: {name}." in said
    assert "adds mine." in said


def test_check_is_silent_about_a_folder_that_only_adds_rows(own_ledger):
    added()
    assert "against_the_packaged" not in json.loads(rsi("evidence", "check", "--json").stdout)


def test_check_names_the_row_of_a_broken_chain(own_ledger):
    added()
    path = own_ledger / store.FILE
    path.write_bytes(path.read_bytes().replace(b"1500.5", b"1600.5"))
    for command in (("check",), ("list",), ("diff", "2026-01-01", "2026-02-01")):
        result = rsi("evidence", *command)
        assert result.exit_code == 2
        assert result.stderr.startswith("observations.jsonl: row 1 is not what was written")
    (problem,) = json.loads(rsi("evidence", "check", "--json").stdout)["problems"]
    assert problem["where"] == "row 1"


def test_the_option_names_another_folder_than_the_variable(own_ledger, tmp_path):
    added("--ledger", str(tmp_path / "other"))
    assert not own_ledger.exists()
    assert json.loads(rsi("evidence", "check", "--json").stdout)["rows"] == 1016
    assert json.loads(rsi("evidence", "check", "--ledger", str(tmp_path / "other"), "--json").stdout)["rows"] == 1017


def test_the_list_can_be_had_as_recorded_on_a_day():
    name = "metr_horizon_p50_minutes"

    def counted(*options):
        listed = json.loads(rsi("evidence", "list", "--as-of", "2026-12-31", "--json", *options).stdout)
        return {line["series"]: line["public"] for line in listed["series"]}

    before = counted()
    added()
    assert counted() == counted("--recorded-by", "2100-01-01") == {**before, name: before[name] + 1}
    assert counted("--recorded-by", "2026-11-20") == {}
    assert rsi("evidence", "list", "--recorded-by", "2026-11-20").exit_code == 0


def test_check_says_what_was_public_on_a_day_as_recorded_by_another():
    said = rsi("evidence", "check", "--as-of", "2026-05-04", "--recorded-by", "2026-11-20").stdout.splitlines()
    assert said[-1] == "Public on 2026-05-04 as recorded by 2026-11-20: 0 rows."


def test_the_difference_between_two_days_has_new_corrected_and_withdrawn_rows(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    first = added()
    added(value="1600", supersedes=first, published_on="2026-11-01")
    other = added(subject="GPT-8")
    rsi("evidence", "retract", other, "--why", "Withdrawn.", "--published-on", "2026-11-02")
    asked = ("evidence", "diff", "2026-10-20", "2026-11-21")
    found = json.loads(rsi(*asked, "--json").stdout)
    assert [line["was_id"] for line in found["corrected"]] == [first]
    assert [line["id"] for line in found["retracted"]] == [other]
    shown = rsi(*asked).stdout
    assert "was 1500" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert shown.splitlines()[-1].endswith(" new, 1 corrected, 1 retracted.")


def test_the_difference_by_recording_starts_with_nothing():
    found = json.loads(rsi("evidence", "diff", "2026-11-20", "2026-11-21", "--recorded", "--json").stdout)
    assert (len(found["new"]), found["by"]) == (len(ledger.read().rows) - len(found["corrected"]), "recorded")


def test_days_in_the_wrong_order_are_refused():
    assert "Swap" in rsi("evidence", "diff", "2026-02-01", "2026-01-01").stderr


WATCHED = """
import os, sys
from cruxes.command.app import main
touched = set()
def watch(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        touched.add(os.path.abspath(os.fsdecode(args[0])))
    elif event in ("os.mkdir", "os.remove", "os.rmdir", "os.symlink", "os.truncate", "os.chmod"):
        touched.add(os.path.abspath(os.fsdecode(args[0])))
    elif event in ("os.rename", "os.link"):
        touched.update(os.path.abspath(os.fsdecode(one)) for one in args[:2])
sys.addaudithook(watch)
try:
    main()
finally:
    print(*sorted(touched - {os.devnull}), sep="\\n", file=sys.stderr)
"""


def test_nothing_outside_the_folder_is_written_and_by_a_refused_row_nothing_at_all(own_ledger):
    options = [part for name, cell in GIVEN.items() for part in (f"--{name}", cell)]
    written = []
    for arguments in (["add", *options], ["add", *options, "--value", "7"], ["list"], ["check"]):
        command = [sys.executable, "-B", "-c", WATCHED, "evidence", *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        paths = [Path(line) for line in done.stderr.splitlines() if line.startswith("/")]
        assert all(path == own_ledger or own_ledger in path.parents for path in paths), paths
        written.append(bool(paths))
    assert written == [True, False, False, False]
    assert {path.name for path in own_ledger.iterdir()} <= {store.FILE, f"{store.FILE}.lock"}


def test_two_commands_at_once_both_store_their_rows(own_ledger):
    code = "from cruxes.command.app import main; main()"
    started = []
    for subject in ("GPT-8", "GPT-9"):
        options = [part for name, cell in {**GIVEN, "subject": subject}.items() for part in (f"--{name}", cell)]
        command = [sys.executable, "-c", code, "evidence", "add", *options]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
    assert [one.wait() for one in started] == [0, 0]
    assert {row["subject"] for row in store.read(own_ledger).rows} == {"GPT-8", "GPT-9"}
