"""`rsi compare` as its user meets it."""

import json
from dataclasses import replace
from datetime import date
from functools import cache, partial

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from cruxes import attribution
from cruxes.command import compare
from cruxes.command.app import _Commands
from cruxes.command.compare import _moved_gap
from forecast import rows, run, summary
from forecast.artefacts import Kept

runner = CliRunner()
DAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def app():
    made = typer.Typer(cls=_Commands)
    made.callback()(lambda: None)
    compare.register(made)
    return made


@pytest.fixture(scope="module")
def few_draws():
    """The attribution of a pair, once for the module and with few draws."""
    asked = cache(partial(attribution.attribute, draws=50))
    sides = {}

    def attribute(a, b, *, events, days, seed, draws):
        kept = [sides.setdefault(side.worldview.name, side) for side in (a, b)]
        return asked(*map(_Same, kept), events=tuple(events), days=tuple(days), seed=seed)

    return attribute


class _Same:
    """A side that is equal to itself, so that results can be kept."""

    def __init__(self, side):
        self.side = side

    def __getattr__(self, name):
        return getattr(self.side, name)

    def __hash__(self):
        return hash(self.side.worldview.name)

    def __eq__(self, other):
        return self.side is other.side


@pytest.fixture
def quick(monkeypatch, stated, few_draws, tmp_path):
    """Stated views of the session; "updated" is the stated one with every other draw. Counts its calls."""
    calls = []

    def fake(names, *, ledger, day, seed, variants, cache, report):
        calls.append(tuple(names))
        views = []
        kept = []
        for name in names:
            view = stated[name].view
            index = np.arange(0, len(view.eta), 2)
            weights = view.weights[index] / view.weights[index].sum()
            later = replace(view, name="updated", day=day, eta=view.eta[index], weights=weights,
                            futures=view.futures.take(index))  # fmt: skip
            seen = rows.blocks(rows.not_yet(view.worldview.as_of))
            kept.append(
                Kept(key=name, view=view, blocks=seen, how="drawn", tilt=stated[name].tilt, prior=stated[name].prior)
            )
            views += [view, later]
        return run.Forecast(day=day, seed=seed, views=tuple(views), not_yet_stated=(), table=summary.long_table(views[:1]),
                            kept=tuple(kept))  # fmt: skip

    monkeypatch.setattr(run, "run", fake)
    monkeypatch.setattr(attribution, "attribute", few_draws)
    monkeypatch.setenv("RSI_ARTEFACTS", str(tmp_path))
    return calls


def test_a_pair_fits_one_screen_and_names_every_part(app, quick):
    done = runner.invoke(app, ["compare", "clark", "lambert"])
    assert done.exit_code == 0, done.output
    for text in ("LOOP:", "clark", "lambert", "pool", "How far apart", "From clark to lambert", "loop closure",
                 "evidence since", "never", "Evidence since has"):  # fmt: skip
        assert text in " ".join(done.stdout.split())
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 52


def test_progress_goes_to_stderr_and_json_alone_to_stdout(app, quick):
    done = runner.invoke(app, ["compare", "clark", "lambert", "--json"])
    found = json.loads(done.stdout)
    assert "mixtures" in done.stderr
    assert {row["view"] for row in found["forecasts"]} == {"stated", "updated"}
    assert [pool["kind"] for pool in found["pools"]] == ["linear", "logarithmic"]
    assert "never learned" in found["no_learned_weights"]
    (pair,) = found["attribution"]
    gap = next(g for g in pair["gaps"] if g["output_type"] == "cdf")
    shares = [s["share"] for s in pair["shares"] if s["output_type"] == "cdf"]
    assert sum(shares) == pytest.approx(gap["gap"], abs=1e-9)


def test_steps_in_json_lead_from_one_forecast_to_the_other(app, quick):
    found = json.loads(runner.invoke(app, ["compare", "clark", "lambert", "--json"]).stdout)
    steps = found["attribution"][0]["waterfalls"][0]["steps"]
    levels = [s["value"] for s in steps if s["kind"] == "level"]
    changes = sum(s["value"] for s in steps if s["kind"] == "change")
    assert levels[0] + changes == pytest.approx(levels[-1], abs=1e-9)


def test_of_three_every_pair_is_a_line(app, quick):
    done = runner.invoke(app, ["compare", "clark", "lambert", "krier"])
    assert done.exit_code == 0, done.output
    assert "Pairs" in done.stdout
    assert "lies between these people" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_before_the_evidence_there_is_no_step_of_evidence(app, quick):
    done = runner.invoke(app, ["compare", "clark", "lambert", "--view", "stated"])
    assert "taken back" not in done.stdout
    assert "clark stated" in done.stdout


def test_any_day_may_be_asked_about(app, quick):
    found = json.loads(runner.invoke(app, ["compare", "clark", "lambert", "--by", "2028-06-30", "--json"]).stdout)
    for pool in found["pools"]:
        cdf = {row["output_type_id"]: row["value"] for row in pool["table"] if row["output_type"] == "cdf"}
        assert cdf["2027-12-31"] < cdf["2028-06-30"] < cdf["2028-12-31"]


def test_weights_make_the_pool(app, quick):
    found = json.loads(
        runner.invoke(app, ["compare", "clark", "lambert", "--weights", "clark=3,lambert=1", "--json"]).stdout
    )
    assert found["pools"][0]["weights"] == {"clark": 0.75, "lambert": 0.25}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["clark"], "two or more"),
        (["clark", "nobody", "--event", "FOOM"], "--event"),
        (["clark", "lambert", "--view", "later"], "--view"),
        (["clark", "lambert", "--by", "2030-13-01"], "--by"),
        (["clark", "lambert", "--weights", "clark=1"], "lambert"),
        (["clark", "lambert", "--weights", "clark=1,lambert=-1"], "--weights"),
        (["clark", "lambert", "--weights", "clark=1,clark=2"], "--weights"),
        (["clark", "lambert", "--draws", "105"], "--draws"),
        (["clark", "clark"], "each worldview once"),
    ],
)
def test_bad_options_are_refused_in_words_with_exit_code_2(app, quick, arguments, said):
    done = runner.invoke(app, ["compare", *arguments])
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ((-0.59, 0.01), (-0.47, 0.01), "narrowed the gap from 59 to 47 points"),
        ((-0.10, 0.01), (-0.30, 0.01), "widened the gap from 10 to 30 points"),
        ((0.10, 0.01), (0.11, 0.01), "hardly changed the gap"),
        ((0.10, 0.01), (-0.20, 0.01), "widened the gap from 10 to 20 points, the other way"),
        ((-0.30, 0.01), (0.10, 0.01), "narrowed the gap from 30 to 10 points, the other way"),
        ((-0.30, 0.01), (0.31, 0.01), "turned the gap from 30 to 31 points the other way"),
        ((-0.30, 0.01), (0.01, 0.01), "narrowed the gap from 30 to 1 points"),
    ],
)
def test_what_evidence_did_to_a_gap_is_said_in_words(before, after, said):
    assert said in _moved_gap(before, after)
