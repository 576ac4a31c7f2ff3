"""`rsi worldview`, as a user meets it; the view that a sampler would draw is made by hand."""

import json
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from numpy import inf
from typer.testing import CliRunner

import forecast
import priors
from cruxes.command.app import app
from priors import files
from tests.test_functionals import view_of

HEAVY = {"pymc", "pytensor", "nutpie", "arviz", "numba", "matplotlib"}
CLARK = next(iter(files.worldview_paths()["clark"].values()))
LOOP = (2027.5,) * 3 + (2028.5,) * 3 + (2040.0,) * 4


def rsi(*arguments):
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def stated(monkeypatch):
    """Puts hand-made views in the place of drawn ones; returns the calls. LOOP dates and the bend can be set."""
    made = {"loop": LOOP, "bend": 0.05, "calls": []}

    def draw(worldview, ledger, *, seed):
        made["calls"].append((worldview.name, seed))
        loop = np.array(made["loop"])
        dates = {"LOOP": loop, "RE": loop + 2, "SWX3": loop + 1, "X100": loop + np.linspace(0.1, 9, 10)}
        dates |= {"ASI": np.full(10, inf), "CORE": loop - 1}
        view = view_of(worldview, dates=dates, weights=np.full(10, 0.1))
        return replace(view, bend=made["bend"], seed=seed)

    monkeypatch.setattr(forecast, "views", SimpleNamespace(stated=draw), raising=False)
    return made


def test_show_says_who_when_and_why():
    said = " ".join(rsi("worldview", "show", "clark").stdout.split())
    for part in (
        "Jack Clark",
        "Anthropic",
        "as of 2026-05-04",
        "halfway horizon",
        "hours (80 %), median",
        "C6 paradigm",
    ):
        assert part in said
    variables = priors.variables()
    worldview = priors.load("clark")
    for name, belief in worldview.beliefs.items():
        assert " ".join(belief.why.split()) in said
        assert variables[name].meaning in said
    for claim in worldview.claims:
        assert said.count(claim.says) == 1


def test_show_says_that_a_day_was_assumed():
    assert "(day assumed)" in rsi("worldview", "show", "krier").stdout


@pytest.mark.parametrize("name", priors.names())
def test_show_fits_eighty_columns(name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    result = rsi("worldview", "show", name)
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_show_as_json_has_every_belief_under_its_crux():
    found = json.loads(rsi("worldview", "show", "yudkowsky", "--json").stdout)
    beliefs = {belief["variable"]: belief for crux in found["cruxes"] for belief in crux["beliefs"]}
    worldview = priors.load("yudkowsky")
    assert beliefs.keys() == worldview.beliefs.keys()
    assert [crux["crux"] for crux in found["cruxes"]] == [f"C{i}" for i in range(1, 11)]
    theta = worldview.beliefs["theta"]
    assert beliefs["theta"]["interval"] == list(theta.interval)
    assert beliefs["theta"]["median"] == pytest.approx(float(np.sqrt(theta.interval[0] * theta.interval[1])))
    assert beliefs["r"]["weight_high"] == worldview.beliefs["r"].weight_high
    assert beliefs["A"]["value"] == worldview.beliefs["A"].value
    assert all(belief["source"] and belief["why"] and belief["strength"] for belief in beliefs.values())


def test_a_file_of_ones_own_can_be_shown(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(CLARK.read_text().replace('label = "Jack Clark (Anthropic)"', 'label = "[bold]Me[/bold]"'))
    result = rsi("worldview", "show", str(path))
    assert result.stdout.startswith("[bold]Me[/bold]\n")


def test_showing_loads_no_sampler():
    code = (
        "import sys\nfrom cruxes.command.app import main\nsys.argv = ['rsi', 'worldview', 'show', 'clark']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stderr.split())


@pytest.mark.parametrize("command", ["show", "check"])
def test_a_name_that_is_not_on_the_shelf_exits_with_2_and_lists_those_that_are(command, stated):
    result = rsi("worldview", command, "clarke")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "clark, krier, lambert" in result.stderr


def test_bad_files_exit_with_2_and_every_problem_before_anything_is_drawn(tmp_path, stated):
    text = CLARK.read_text()
    two_faults = text.replace('"p_within"', '"p_wthin"').replace("mass = 0.8", "mass = 8.0", 1)
    (tmp_path / "one.toml").write_text(two_faults)
    (tmp_path / "two.toml").write_text(text.replace('name = "clark"', 'name = "Clark"'))
    result = rsi("worldview", "check", str(tmp_path / "one.toml"), str(tmp_path / "two.toml"), "krier")
    assert (result.exit_code, result.stdout, stated["calls"]) == (2, "", [])
    lines = result.stderr.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["one.toml", "one.toml", "two.toml"]
    assert "p_wthin" in result.stderr


def test_check_prints_every_target_its_verdict_the_bend_and_a_summary(stated):
    result = rsi("worldview", "check", "clark", "--seed", "7")
    assert stated["calls"] == [("clark", 7)]
    assert result.exit_code == 0, result.stdout
    said = " ".join(result.stdout.split())
    assert "Bend 0.050 nats; 10 effective draws." in said
    assert "*their own numbers 4 of 4" in said
    assert "1 not expressible." in said
    for target in priors.load("clark").targets:
        assert f"{target.number}{'*' if target.kind == 'explicit' else ''} " in said
    assert "before the tilt 0.300" in said
    assert "drawing the view stated on 2026-05-04" in result.stderr


def test_check_takes_all_of_ours_when_none_is_named(stated):
    found = json.loads(rsi("worldview", "check", "--json").stdout)
    assert [one["name"] for one in found["worldviews"]] == list(priors.names())
    assert [name for name, _ in stated["calls"]] == list(priors.names())
    for one in found["worldviews"]:
        assert len(one["targets"]) == len(priors.load(one["name"]).targets)


def test_check_as_json_has_null_for_an_open_end(stated):
    (clark,) = json.loads(rsi("worldview", "check", "clark", "--json").stdout, parse_constant=pytest.fail)["worldviews"]
    targets = {target["number"]: target for target in clark["targets"]}
    assert (targets["9"]["low"], targets["9"]["high"]) == (1.2, None)
    assert targets["2"]["verdict"] == "met"
    assert targets["2"]["value"] == pytest.approx(0.3)
    assert targets["4"]["value"] is None
    assert clark["passed"] is True


@pytest.mark.parametrize("name", priors.names())
def test_check_fits_eighty_columns(name, stated, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, rsi("worldview", "check", name).stdout.splitlines())) <= 80


def test_a_missed_number_of_the_persons_own_exits_with_1(stated):
    stated["loop"] = (2027.5,) * 2 + (2028.5,) * 4 + (2040.0,) * 4
    result = rsi("worldview", "check", "clark")
    assert result.exit_code == 1
    assert "*their own numbers 3 of 4" in " ".join(result.stdout.split())


def test_a_missed_reading_of_ours_alone_exits_with_0(stated):
    result = rsi("worldview", "check", "krier")
    assert "missed" in result.stdout
    assert result.exit_code == 0


def test_a_large_bend_exits_with_1_and_says_whose_fault_it_is(stated):
    stated["bend"] = 0.31
    result = rsi("worldview", "check", "clark", "trend")
    assert result.exit_code == 1
    assert "above 0.3: the priors are wrong" in result.stdout
