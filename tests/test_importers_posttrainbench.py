"""PostTrainBench's scores, in both shapes."""

import json
from datetime import date

import pytest

from forecast.evidence import changes, importers
from forecast.evidence.importers import names
from priors.problems import BadInput
from tests.fixtures.build import HERE

DAY = date(2026, 11, 21)
FILE = HERE / "posttrainbench_scores.json"
SERIES = "posttrainbench_v1_1_score"


def read(path, ledger, **more):
    return importers.read(path, fetched_on=DAY, releases=names.releases(ledger), **more)


def version(path, name):
    path.write_text(json.dumps(json.loads(FILE.read_text()) | {"resultsVersion": name}))
    return path


def test_a_file_without_its_edition_asks_for_one(ledger):
    with pytest.raises(BadInput, match=r"resultsVersion is missing.*--series posttrainbench_v1_1_score"):
        read(FILE, ledger)


def test_agents_get_the_ledger_s_names_and_its_days_of_release(ledger):
    parsed = read(FILE, ledger, series=SERIES)
    assert [(row["subject"], row["observed_on"]) for row in parsed.cells] == [
        ("Gemini 3.1 Pro", "2026-02-19"),
        ("GPT-5.4 (high)", "2026-03-05"),
        ("GPT-5.6 Terra", "2026-06-26"),
    ]
    assert (parsed.cells[0]["low"], parsed.cells[0]["high"], parsed.cells[0]["interval"]) == (
        "20.19",
        "23.79",
        "mean±1SD",
    )


def test_an_agent_that_nobody_dates_is_left_out_and_so_are_the_references(ledger):
    said = dict(read(FILE, ledger, series=SERIES).skipped)
    assert "release dates" in said["nobody-9"]
    assert "reference" in said["base-model"]


def test_a_stated_edition_is_taken_and_another_one_is_refused(ledger, tmp_path):
    assert {row["series"] for row in read(version(tmp_path / "a.json", "v1.1"), ledger).cells} == {SERIES}
    with pytest.raises(BadInput, match=r"'v1\.2'.*series and a register entry of its own"):
        read(version(tmp_path / "b.json", "v1.2"), ledger)
    with pytest.raises(BadInput, match=r"'v1\.2'"):
        read(version(tmp_path / "b.json", "v1.2"), ledger, series=SERIES)


def test_an_edition_that_has_a_series_in_the_register_is_read(ledger, tmp_path):
    entries = {"posttrainbench_v1_2_score": ledger.register.series[SERIES]}
    register = ledger.register.model_copy(update={"series": ledger.register.series | entries})
    parsed = read(version(tmp_path / "x.json", "v1.2"), ledger, register=register)
    assert {(row["series"], row["source_title"]) for row in parsed.cells} == {
        ("posttrainbench_v1_2_score", "PostTrainBench v1.2 leaderboard")
    }


def test_the_table_in_fractions_says_the_same(ledger, tmp_path):
    path = tmp_path / "single_metrics_aggregated.csv"
    path.write_text("agent,avg,std,n\nGemini-3.1-Pro,0.21988640440748564,0.017972079642345127,3\n")
    parsed = read(path, ledger, series=SERIES)
    plan = changes.plan(ledger, parsed, day=DAY)
    assert (parsed.format, len(plan.known), plan.changed) == ("posttrainbench", 1, ())


CSV = "agent,avg,std,n\n"


def test_an_average_that_is_no_share_is_left_out_and_one_without_its_deviation_has_no_ends(ledger, tmp_path):
    path = tmp_path / "single_metrics_aggregated.csv"
    path.write_text(f"{CSV}Gemini-3.1-Pro,0.22,,\nGPT-5.4 (high),1.22,0.01,3\n")
    parsed = read(path, ledger, series=SERIES)
    (row,) = parsed.cells
    assert (row["value"], row["low"], row["high"], row["interval"]) == ("22.0", "", "", "")
    assert "an unknown number of runs; no SD published" in row["note"]
    assert [why for _, why in parsed.skipped] == ["its average is no number from 0 to 100 percent"]


def test_every_row_of_the_table_without_an_agent_or_an_average_is_named(ledger, tmp_path):
    path = tmp_path / "single_metrics_aggregated.csv"
    path.write_text(f"{CSV}Gemini-3.1-Pro,0.22,0.01,3\n,0.2,0.01,3\nGPT-5.4,much,0.01,3\n")
    with pytest.raises(BadInput) as bad:
        read(path, ledger, series=SERIES)
    assert [problem.where for problem in bad.value.problems] == ["row 3", "row 4"]


def test_missing_keys_are_named(ledger, tmp_path):
    path = tmp_path / "x.json"
    path.write_text(FILE.read_text().replace('"avg": 21.99', '"mean": 21.99'))
    with pytest.raises(BadInput, match=r"gemini-3\.1-pro\.avg is missing \(there are 'mean', 'std', 'n'\)"):
        read(path, ledger, series=SERIES)
