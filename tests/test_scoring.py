"""Scores of encodings against the baseline and each other: the arithmetic, and what the command prints."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

import priors
from cruxes.command import app as apps
from cruxes.command import score as command
from forecast import scoring
from tests.conftest import TODAY

RUNS, ENCODINGS = 3, 5


def record(name, ids, *, shift=0.0, seed=1):
    """A record over rows ``ids``: "n..." is an absence, "a..." a report by Anthropic on itself, "c..." censored."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({
        "id": ids, "kind": ["absence" if i[0] == "n" else "horizon" for i in ids], "series": "s", "subject": "x",
        "public_on": pd.Timestamp("2026-06-01"), "vote": [i[:2] for i in ids],
        "self_reported_by": ["Anthropic" if i[0] == "a" else "" for i in ids], "censored": [i[0] == "c" for i in ids],
    })  # fmt: skip
    log_score = rng.standard_normal((RUNS, ENCODINGS, len(ids))) + shift
    crps = np.where([i[0] in "cn" for i in ids], np.nan, rng.random(log_score.shape))
    return scoring.Record(
        worldview=priors.load(name), table=table, log_score=log_score, crps=crps, effective=100.0
    )  # fmt: skip


ROWS = ["n1", "a1x", "a1y", "b1x", "c1x", "b2x"]


@pytest.fixture
def found():
    return [record("lambert", ROWS[1:], seed=2), record("clark", ROWS, seed=1), record("trend", ROWS, seed=3)]


def test_worldviews_stand_in_alphabetical_order(found):
    assert scoring.totals(found)["worldview"].drop_duplicates().tolist() == ["clark", "lambert", "trend"]
    assert scoring.by_row(found)["worldview"].drop_duplicates().tolist() == ["clark", "lambert", "trend"]


def test_a_worldview_differs_from_itself_by_nothing():
    twice = [record("trend", ROWS), record("trend", ROWS)]
    line = scoring.totals(twice).iloc[0]
    assert [line[f"difference{part}"] for part in ("", "_mcse", "_low", "_high", "_one_vote_each")] == [0.0] * 5
    assert line["crps_common"] == line["crps_baseline"]
    assert scoring.pairs(twice)["bits"].tolist() == [0.0]


def test_the_total_is_the_sum_over_rows_and_its_error_the_spread_of_runs(found):
    line = scoring.totals(found).iloc[0]
    by_run = found[1].log_score[:, 0].sum(axis=1)
    assert line["log_score"] == pytest.approx(by_run.mean())
    assert line["log_score_mcse"] == pytest.approx(by_run.std(ddof=1) / np.sqrt(RUNS))
    assert scoring.by_row(found).query("worldview == 'clark'")["log_score"].sum() == pytest.approx(line["log_score"])


def test_the_difference_is_taken_on_the_rows_that_both_have(found):
    line = scoring.totals(found).query("worldview == 'lambert' and selection == 'all'").iloc[0]
    lambert, trend = found[0].log_score[:, 0], found[2].log_score[:, 0, 1:]
    assert line["difference"] == pytest.approx((lambert - trend).sum(axis=1).mean())
    assert line["rows_common"] == 5


def test_an_absence_counts_in_the_score_and_is_no_row(found):
    line = scoring.totals(found).query("worldview == 'clark' and selection == 'all'").iloc[0]
    assert line["rows"] == len(ROWS) - 1


def test_rows_of_the_authors_employer_can_be_left_out(found):
    totals = scoring.totals(found).set_index(["worldview", "selection"])
    assert totals.loc[("clark", scoring.NOT_OWN), "rows"] == 3
    assert ("lambert", scoring.NOT_OWN) not in totals.index
    assert totals.loc[("lambert", scoring.NOT_REPORTED), "rows"] == 3
    own = np.array([i[0] == "a" for i in ROWS])
    expected = found[1].log_score[:, 0][:, ~own].sum(axis=1).mean()
    assert totals.loc[("clark", scoring.NOT_OWN), "log_score"] == pytest.approx(expected)


def test_censored_rows_are_counted_and_have_no_crps(found):
    line = scoring.totals(found).iloc[0]
    assert (line["rows_censored"], line["rows_ranked"]) == (1, 4)
    assert np.isfinite(line["crps"])


def test_rows_that_share_a_source_have_one_vote():
    votes = pd.Series(["a", "a", "b"])
    assert scoring.one_vote_each(np.array([[1.0, 3.0, 5.0]]), votes) == pytest.approx([7.0])
    assert scoring.one_vote_each(np.array([1.0, 3.0, 5.0]), pd.Series(["a", "b", "c"])) == pytest.approx(9.0)


def test_bits_turn_their_sign_when_the_two_change_places_and_are_log2_of_the_bayes_factor(found):
    clark, trend = found[1], found[2]
    line = scoring.pairs([clark, trend]).iloc[0]
    nats = (clark.log_score[:, 0] - trend.log_score[:, 0]).sum(axis=1).mean()
    assert line["bits"] == pytest.approx(nats / np.log(2))
    here, there = scoring.common(trend.table, clark.table)
    assert (
        line["bits"]
        == -scoring.figure((trend.log_score[..., here] - clark.log_score[..., there]).sum(axis=-1) / np.log(2)).value
    )


@pytest.mark.parametrize(
    ("bits", "words"),
    [(0.9, "not distinguished"), (-0.9, "not distinguished"), (1.0, "weak"), (-3.0, "moderate"), (7.1, "strong"),
     (np.inf, "strong")],
)  # fmt: skip
def test_bits_have_words(bits, words):
    assert scoring.words(bits) == words


def test_the_spread_is_over_encodings_and_the_value_that_of_the_published_one():
    by_run = np.tile(np.arange(11.0), (2, 1))
    found = scoring.figure(by_run)
    assert (found.value, found.mcse, found.low, found.high) == (0.0, 0.0, 1.0, 9.0)


def test_the_baseline_is_always_asked_and_the_not_yet_stated_are_named():
    ready, waiting = scoring.asked_for(["clark"], date(2026, 1, 1))
    assert [one.name for one in ready] == ["trend"]
    assert waiting == ["clark"]
    assert {one.name for one in scoring.asked_for([], TODAY)[0]} == set(priors.names())


def test_an_unknown_worldview_is_refused():
    with pytest.raises(priors.BadInput):
        scoring.asked_for(["nobody"], TODAY)


def test_two_worldviews_are_scored_on_the_same_days(ledger):
    worldviews = [priors.load("yudkowsky"), priors.load("clark")]
    found = scoring.records(
        worldviews, ledger, TODAY, seed=1, others=1, runs=2, particles=200, without=("share", "benchmark")
    )
    yudkowsky, clark = (set(one.table["id"]) for one in found)
    since = clark & yudkowsky
    assert {row for row in yudkowsky if row.startswith("no-LOOP")} <= since
    assert all(np.isfinite(one.log_score).all() and one.log_score.shape[:2] == (2, 2) for one in found)


@pytest.fixture
def rsi(monkeypatch, tmp_path, found):
    """The command on its own, with the scores replaced; `calls` counts how often they were computed."""
    calls = []
    monkeypatch.setenv("RSI_ARTEFACTS", str(tmp_path))
    monkeypatch.setattr(scoring, "records", lambda *args, **options: calls.append(options) or found)
    app = typer.Typer(cls=apps._Commands)
    app.callback()(lambda: None)
    command.register(app)

    def run(*arguments):
        return CliRunner().invoke(app, ["score", *arguments])

    run.calls = calls
    return run


def test_a_rerun_reads_what_was_stored(rsi):
    first, again = rsi("--json"), rsi("--json")
    assert first.exit_code == again.exit_code == 0
    assert json.loads(first.stdout) == json.loads(again.stdout)
    assert len(rsi.calls) == 1
    rsi("--json", "--seed", "2")
    rsi("--json", "--fresh")
    assert len(rsi.calls) == 3


def test_a_damaged_store_is_computed_again(rsi, tmp_path):
    rsi("--json")
    (file,) = tmp_path.glob("score-*.json")
    file.write_text("{")
    assert rsi("--json").exit_code == 0
    assert len(rsi.calls) == 2


def test_the_json_has_no_number_that_json_does_not_know(rsi):
    def refuse(word):
        raise AssertionError(word)

    found = json.loads(rsi("--json").stdout, parse_constant=refuse)
    assert {"totals", "pairs", "rows", "not_yet_stated"} <= found.keys()


def test_the_table_says_what_the_score_is_of(rsi):
    shown = rsi().stdout
    assert "not of persons" in shown
    assert shown.index("clark") < shown.index("lambert") < shown.index("trend")
    assert max(map(len, shown.splitlines()[:12])) <= 80


def test_kinds_left_out_reach_the_scores_and_unknown_ones_are_all_named(rsi):
    assert rsi("--without", "share").exit_code == 0
    assert rsi.calls[0]["without"] == ("share",)
    refused = rsi("--without", "chart", "--without", "absence")
    assert refused.exit_code == 2
    assert "chart" in refused.stderr
    assert "absence" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("arguments", [("nobody",), ("--as-of", "2026-6-1")])
def test_a_name_or_a_day_that_is_none_is_refused(rsi, arguments):
    refused = rsi(*arguments)
    assert refused.exit_code == 2
    assert rsi.calls == []
