"""`rsi export` as its user meets it: the last stored forecast, or a word on what to do."""

import json
import os
from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from cruxes.command import export
from cruxes.command.app import _Commands
from forecast import artefacts
from tests.test_export_curve import AS_OF, DAY, table
from tests.test_export_metaculus import QUESTION, complaints

METACULUS = ("metaculus", "--question", "7", "--min", "2026-01-01", "--max", "2046-01-01")
LOOP = ("--worldview", "clark", "--event", "LOOP")


@pytest.fixture
def rsi(monkeypatch, tmp_path):
    monkeypatch.setenv("RSI_ARTEFACTS", str(tmp_path / "artefacts"))
    app = typer.Typer(cls=_Commands, pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    export.register(app)
    return lambda *arguments: CliRunner().invoke(app, ["export", *map(str, arguments)])


def store(tmp_path, *, key="abcdef", day=DAY, names=("clark", "krier"), at=1_000, **shape):
    """A finished run in the shape of artefacts.save, without draws."""
    views = ("stated", "updated")
    rows = [table(e, worldview=n, view=v, **shape) for n in names for v in views for e in ("LOOP", "ASI")]
    rows += [table(worldview=n, without="share", **shape) for n in names]
    folder = tmp_path / "artefacts" / f"{day.isoformat()}-{key}"
    folder.mkdir(parents=True)
    pd.concat(rows).to_csv(folder / "forecast.csv", index=False)
    said = [SimpleNamespace(worldview=n, view=v) for n in names for v in views]
    manifest = {
        "run": key, "day": day.isoformat(),
        "views": [{**vars(one), "without": [], "as_of": AS_OF.isoformat()} for one in said],
        "sha256": {"forecast.csv": artefacts._sha256(folder / "forecast.csv")},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    os.utime(folder / "manifest.json", (at, at))
    return folder


@pytest.mark.parametrize("command", [METACULUS + LOOP, ("squiggle", *LOOP), ("hubverse",), ("csv",)])
def test_without_a_forecast_it_says_to_run_one(rsi, command):
    done = rsi(*command)
    assert done.exit_code == 2
    assert "Run rsi forecast first." in done.stderr


def test_metaculus_prints_a_body_that_their_endpoint_accepts(rsi, tmp_path):
    store(tmp_path)
    done = rsi(*METACULUS, *LOOP)
    assert done.exit_code == 0, done.stderr
    (body,) = json.loads(done.stdout)
    assert not complaints(body["continuous_cdf"], QUESTION)
    assert "lies above the range" in done.stderr


def test_the_stated_view_is_another_forecast(rsi, tmp_path):
    store(tmp_path)
    bodies = {view: rsi(*METACULUS, *LOOP, "--view", view).stdout for view in ("stated", "updated")}
    assert bodies["stated"] != bodies["updated"]  # the same table, but nothing before its own day


@pytest.mark.parametrize("kind", [METACULUS, ("squiggle",)])
def test_json_names_the_run_the_view_and_the_event(rsi, tmp_path, kind):
    store(tmp_path)
    found = json.loads(rsi(*kind, *LOOP, "--json").stdout)
    named = {"run": "abcdef", "worldview": "clark", "view": "updated", "event": "LOOP", "format": kind[0]}
    assert found.items() >= named.items()
    assert found["content"]


def test_squiggle_says_whose_forecast_it_is_and_that_it_is_an_encoding(rsi, tmp_path):
    store(tmp_path)
    said = rsi("squiggle", *LOOP).stdout
    assert "After clark, updated view; as of 2026-11-21; run abcdef." in said
    assert "not endorsed" in said


def test_hubverse_writes_a_file_per_worldview(rsi, tmp_path):
    store(tmp_path)
    done = rsi("hubverse", "--out", tmp_path / "hub", "--view", "both")
    assert done.exit_code == 0, done.stderr
    found = sorted(path.relative_to(tmp_path / "hub").as_posix() for path in (tmp_path / "hub").rglob("*.csv"))
    assert found == [f"model-output/rsi-{n}/2026-11-21-rsi-{n}.csv" for n in ("clark", "krier")]
    assert set(pd.read_csv(tmp_path / "hub" / found[0])["view"]) == {"stated", "updated"}


def test_several_worldviews_do_not_fit_on_stdout_in_hubverse_format(rsi, tmp_path):
    store(tmp_path)
    done = rsi("hubverse")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--out" in done.stderr
    assert rsi("hubverse", "--worldview", "clark").exit_code == 0
    assert len(json.loads(rsi("hubverse", "--json").stdout)["content"]) == 2


def test_csv_holds_variants_and_both_views(rsi, tmp_path):
    store(tmp_path)
    rsi("csv", "--out", tmp_path / "all.csv")
    found = pd.read_csv(tmp_path / "all.csv", keep_default_na=False)
    assert set(found["without"]) == {"", "share"}
    assert set(found["view"]) == {"stated", "updated"}
    assert len(json.loads(rsi("csv", "--json").stdout)["content"]) == len(found)


def test_the_last_run_that_has_the_worldview_counts_whatever_its_day(rsi, tmp_path):
    store(tmp_path, key="aaa111", day=date(2026, 11, 21), at=1_000)
    store(tmp_path, key="bbb222", day=date(2026, 6, 1), at=2_000)
    store(tmp_path, key="ccc333", day=date(2026, 11, 22), at=3_000, names=("krier",))
    assert "run bbb222" in rsi("squiggle", *LOOP).stdout
    assert "run ccc333" in rsi("squiggle", "--worldview", "krier", "--event", "LOOP").stdout
    assert "run aaa111" in rsi("squiggle", *LOOP, "--as-of", "2026-11-21").stdout
    assert "rsi forecast --as-of 2026-01-01 first" in rsi("squiggle", *LOOP, "--as-of", "2026-01-01").stderr


def test_a_forecast_that_was_changed_afterwards_is_not_exported(rsi, tmp_path):
    folder = store(tmp_path)
    with (folder / "forecast.csv").open("a") as changed:
        changed.write("\n")
    done = rsi("csv")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "not the file that was written" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("squiggle", "--worldview", "nobody", "--event", "LOOP"), "clark, krier"),
        (("squiggle", "--worldview", "clark", "--event", "FOOM"), "LOOP, ASI"),
        (("squiggle", *LOOP, "--view", "both"), "stated or updated"),
        (("csv", "--view", "later"), "stated, updated or both"),
        (("csv", "--as-of", "2026-13-01"), "--as-of"),
        ((*METACULUS[:-1], "2020-01-01", *LOOP), "a range that ends after it begins"),
        ((*METACULUS, *LOOP, "--zero-point", "soon"), "--zero-point"),
    ],
)
def test_a_bad_option_exits_with_2_and_says_what_would_do(rsi, tmp_path, arguments, said):
    store(tmp_path)
    done = rsi(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_an_event_that_never_happens_can_be_given_to_metaculus_but_has_no_density(rsi, tmp_path):
    store(tmp_path, ever=0.0)
    assert rsi(*METACULUS, *LOOP).exit_code == 0
    done = rsi("squiggle", *LOOP)
    assert done.exit_code == 2
    assert "0 % of futures" in done.stderr


def test_a_place_that_cannot_be_written_to_is_said_in_words(rsi, tmp_path):
    store(tmp_path)
    (tmp_path / "file").write_text("kept")
    done = rsi("csv", "--out", tmp_path / "file" / "all.csv")
    assert done.exit_code == 2
    assert "--out" in done.stderr
    assert (tmp_path / "file").read_text() == "kept"
