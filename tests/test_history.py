"""Forecasts over time: each is kept once, none is lost, and a changed line is refused."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from cruxes.command import app as whole
from cruxes.command import history as command
from cruxes.command import update as other_command
from forecast import history
from priors.problems import BadInput

runner = CliRunner()


def table(p, names=("clark",)):
    rows = [
        (name, view, "", "LOOP", kind, which, value, 0.01)
        for name in names
        for view in ("stated", "updated")
        for kind, which, value in (
            *(("cdf", f"{year}-12-31", p) for year in (2028, 2030, 2035, 2050)),
            *(("quantile_if_ever", str(level), 2028.0 + 10 * level) for level in (0.1, 0.5, 0.9)),
            ("never", "", 0.1), ("stopped", "LOC", 0.02), ("stopped", "PAUSE", 0.03),
        )
    ]  # fmt: skip
    columns = ["worldview", "view", "without", "event", "output_type", "output_type_id", "value", "mcse"]
    return pd.DataFrame(rows, columns=columns)


def record(day, p=0.3, *, ids=("a",), run="r", seed=1, influence=None, names=("clark",)):
    return history.record(table(p, names), day=date.fromisoformat(day), run=run, seed=seed,
                          row_ids={name: list(ids) for name in names}, influence=influence)  # fmt: skip


def test_what_was_kept_is_read_back(tmp_path):
    kept = [record("2026-06-01"), record("2026-07-01", 0.4, ids=("a", "b"))]
    assert all(history.append(tmp_path / "new", one) for one in kept)
    assert history.read(tmp_path / "new") == kept


def test_without_a_folder_there_is_no_history(tmp_path):
    assert history.read(tmp_path / "none") == []


def test_a_forecast_is_kept_once(tmp_path):
    assert history.append(tmp_path, record("2026-06-01"))
    assert not history.append(tmp_path, record("2026-06-01"))
    assert history.append(tmp_path, record("2026-06-01", seed=2))
    assert history.append(tmp_path, record("2026-06-01", run="s"))
    assert len(history.read(tmp_path)) == 3


def test_two_writers_at_once_lose_nothing(tmp_path):
    def write(writer):
        for number in range(8):
            history.append(tmp_path, record("2026-06-01", run=f"{writer}-{number}"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(2)))
    assert len({one["run"] for one in history.read(tmp_path)}) == 16


@pytest.mark.parametrize("left", [1, 30, -2])
def test_what_a_killed_writer_left_is_passed_over_and_cut(tmp_path, left):
    history.append(tmp_path, record("2026-06-01"))
    path = tmp_path / history.FILE
    whole_line = path.read_bytes()
    path.write_bytes(whole_line + whole_line[:left])
    assert len(history.read(tmp_path)) == 1
    history.append(tmp_path, record("2026-07-01"))
    assert [one["day"] for one in history.read(tmp_path)] == ["2026-06-01", "2026-07-01"]
    assert path.read_bytes().startswith(whole_line)


def test_a_line_that_lost_only_its_end_is_kept(tmp_path):
    history.append(tmp_path, record("2026-06-01"))
    path = tmp_path / history.FILE
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    history.append(tmp_path, record("2026-07-01"))
    assert len(history.read(tmp_path)) == 2


def test_a_changed_line_is_refused_by_its_number_and_nothing_is_added(tmp_path):
    for day in ("2026-06-01", "2026-07-01"):
        history.append(tmp_path, record(day))
    path = tmp_path / history.FILE
    path.write_text(path.read_text().replace('"never":0.1', '"never":0.0', 1))
    changed = path.read_bytes()
    for act in (history.read, lambda folder: history.append(folder, record("2026-08-01"))):
        with pytest.raises(BadInput, match="line 1"):
            act(tmp_path)
    assert path.read_bytes() == changed


def lines_of(folder, *days):
    """Of a history of those days, each with its line end."""
    for day in days:
        history.append(folder, record(day))
    return (folder / history.FILE).read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize("kept", [(0, 2), (1, 2), (0, 2, 1), (1, 0, 2), (0, 1, 1, 2)])
def test_a_line_taken_out_moved_or_doubled_is_told_by_its_place(tmp_path, kept):
    lines = lines_of(tmp_path, "2026-06-01", "2026-07-01", "2026-08-01")
    (tmp_path / history.FILE).write_bytes(b"".join(lines[i] for i in kept))
    first = next(place for place, i in enumerate(kept) if place != i) + 1
    with pytest.raises(BadInput, match=f"line {first}.*not what was written below"):
        history.read(tmp_path)


def test_a_line_whose_hash_was_made_anew_no_longer_bears_the_next(tmp_path):
    lines = lines_of(tmp_path, "2026-06-01", "2026-07-01")
    said = json.loads(lines[0])
    del said["hash"]
    said["worldviews"]["clark"]["views"]["updated"]["LOOP"]["never"] = 0.0
    (tmp_path / history.FILE).write_bytes(history._line(said) + lines[1])
    with pytest.raises(BadInput, match="line 2"):
        history.read(tmp_path)


def test_a_history_cut_at_its_end_is_whole_and_has_another_head(tmp_path):
    lines = lines_of(tmp_path, "2026-06-01", "2026-07-01")
    head = history.head(tmp_path)
    (tmp_path / history.FILE).write_bytes(lines[0])
    assert [one["day"] for one in history.read(tmp_path)] == ["2026-06-01"]
    assert history.head(tmp_path) == json.loads(lines[0])["hash"] != head
    assert history.head(tmp_path / "none") == ""


def test_lines_from_before_there_was_a_chain_are_read_and_stand_first(tmp_path):
    (tmp_path / history.FILE).write_bytes(b"".join(history._line(record(f"2026-0{month}-01")) for month in (4, 5)))
    lines = lines_of(tmp_path, "2026-06-01")
    assert [one["day"] for one in history.read(tmp_path)] == ["2026-04-01", "2026-05-01", "2026-06-01"]
    (tmp_path / history.FILE).write_bytes(b"".join(lines) + history._line(record("2026-07-01")))
    with pytest.raises(BadInput, match="line 4"):
        history.read(tmp_path)
    (tmp_path / history.FILE).write_bytes(lines[0] + lines[2])
    with pytest.raises(BadInput, match="line 2"):
        history.read(tmp_path)


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    history.append(tmp_path, record("2026-06-01"))
    before = (tmp_path / history.FILE).read_bytes()

    def full(handle, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(history.store, "_write_all", full)
    with pytest.raises(BadInput, match="No space left"):
        history.append(tmp_path, record("2026-07-01"))
    assert (tmp_path / history.FILE).read_bytes() == before


def test_rows_that_came_and_went_since_the_line_before_are_named():
    lines = history.frame(
        [record("2026-07-01", ids=("b", "c", "no-LOOP-by-2026-07-01")), record("2026-06-01", ids=("a", "b"))]
    )
    assert lines["day"].tolist() == ["2026-06-01", "2026-07-01"]
    assert lines["new"].tolist() == [[], ["c"]]
    assert lines["gone"].tolist() == [[], ["a"]]


def test_of_two_forecasts_of_a_day_the_last_is_shown():
    assert history.frame([record("2026-06-01", 0.3), record("2026-06-01", 0.5, run="s")])["by_2030"].tolist() == [0.5]


def test_only_rows_that_moved_it_by_more_than_the_error_are_kept():
    moved = pd.DataFrame(
        {
            "what": ["chart", "noise"], "rows": [13, 1], "event": "LOOP", "output_type_id": "2030-12-31",
            "change": [0.1, 0.01], "mcse": [0.02, 0.02],
        }
    )  # fmt: skip
    lines = history.frame([record("2026-06-01", influence={"clark": moved})])
    assert lines["moved_by"].tolist() == [[("chart", 13, 0.1)]]


@pytest.fixture
def app():
    found = typer.Typer(cls=whole._Commands)
    command.register(found)
    other_command.register(found)
    return found


@pytest.fixture
def kept(own_ledger):
    moved = pd.DataFrame({"what": ["a chart"], "rows": [13], "event": "LOOP", "output_type_id": "2030-12-31",
                          "change": [0.2], "mcse": [0.02]})  # fmt: skip
    history.append(own_ledger, record("2026-06-01", 0.1, names=("clark", "trend")))
    history.append(own_ledger, record("2026-07-01", 0.3, ids=("a", "b"), influence={"clark": moved}))


def test_the_command_tells_days_dates_never_and_what_moved_it(app, kept):
    done = runner.invoke(app, ["history"])
    assert done.exit_code == 0, done.output
    for text in ("after clark", "after trend", "2026-06-01", "2026-07-01", "never", "10 %", "50 %", "90 %", "+20.0",
                 "a chart (13 rows)", "10 % to 30 %"):  # fmt: skip
        assert text in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_command_shows_one_worldview_and_json(app, kept):
    done = runner.invoke(app, ["history", "--worldview", "clark", "--json"])
    lines = json.loads(done.stdout)
    assert [(line["worldview"], line["day"]) for line in lines] == [("clark", "2026-06-01"), ("clark", "2026-07-01")]
    assert lines[1]["new"] == ["b"]


def test_without_forecasts_the_command_says_how_to_get_one(app):
    done = runner.invoke(app, ["history"])
    assert done.exit_code == 0
    assert "rsi forecast" in done.stdout


@pytest.mark.parametrize("arguments", [["--event", "FOOM"], ["--worldview", "nobody"]])
def test_unknown_names_are_refused_with_those_that_are_known(app, kept, arguments):
    done = runner.invoke(app, ["history", *arguments])
    assert done.exit_code == 2
    assert arguments[0] in done.stderr
    assert "one of" in done.stderr


def test_bars_grow_with_the_probability():
    assert command.sparkline([0.0, 0.5, 1.0]) == "by 2030: ▁▅█ 0 % to 100 %"
