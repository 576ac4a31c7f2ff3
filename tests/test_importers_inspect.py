"""Inspect's logs."""

import zipfile
from datetime import date
from zipfile import ZIP_DEFLATED

import pytest

from forecast.evidence import importers
from forecast.evidence.importers.inspect_log import wilson
from priors.problems import BadInput
from tests.fixtures.build import eval_log, header

DAY = date(2026, 11, 21)


def read(path, found, **more):
    return importers.read(eval_log(path / "run.eval", found), fetched_on=DAY, **more)


def only(parsed):
    (row,) = parsed.cells
    return row


def named(**more):
    return {"series": "swe_bench_verified_epoch_pct", **more}


def test_a_log_gives_one_row_with_its_counts(tmp_path):
    row = only(read(tmp_path, header(), **named(releases={"Claude Opus 4.6": date(2026, 2, 5)})))
    assert (row["subject"], row["observed_on"], row["published_on"]) == ("Claude Opus 4.6", "2026-02-05", "2026-11-21")
    assert (row["value"], row["interval"], row["level"]) == ("78.719", "95%CI", "0.95")
    assert row["note"].startswith("381 of 484 samples; the interval is Wilson's.")


def test_members_may_be_zstd_or_deflated(tmp_path):
    path = eval_log(tmp_path / "deflated.eval", header(), method=ZIP_DEFLATED)
    assert only(importers.read(path, fetched_on=DAY, **named()))["value"] == "78.719"


def test_without_a_known_release_the_day_of_the_run_is_used_and_said(tmp_path):
    row = only(read(tmp_path, header(), **named()))
    assert row["observed_on"] == "2026-11-20"
    assert "day of the run" in row["note"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": "error"}, "status is 'error', expected success"),
        ({"invalidated": True}, "invalidated is true"),
        ({"results": None}, "results is missing"),
        ({"results__completed_samples": 400}, "all 484 samples.*--allow-incomplete"),
        ({"results__completed_samples": 0}, "at least one sample"),
        ({"results__scores": []}, "results.scores is 0 of them"),
        ({"eval__task": None}, "eval.task is None"),
    ],
)
def test_a_run_that_did_not_end_well_is_no_evidence(tmp_path, change, said):
    with pytest.raises(BadInput, match=said):
        read(tmp_path, header(**change), **named())


def test_an_incomplete_run_is_taken_when_asked_for(tmp_path):
    found = header(results__completed_samples=400)
    found["results"]["scores"][0]["metrics"]["accuracy"]["value"] = 0.75
    row = only(read(tmp_path, found, **named(allow_incomplete=True)))
    assert row["note"].startswith("300 of 400 samples")
    assert "Incomplete: 484 samples were planned" in row["note"]


def test_partial_credit_and_epochs_are_no_counts(tmp_path):
    found = header()
    found["results"]["scores"][0]["metrics"]["accuracy"]["value"] = 0.78
    row = only(read(tmp_path, found, **named()))
    assert (row["low"], row["high"], row["interval"]) == ("76.14", "79.86", "mean±1SE")
    assert only(read(tmp_path, header(eval__config={"epochs": 3}), **named()))["interval"] == "mean±1SE"


def test_without_counts_or_an_error_no_interval_is_made_up(tmp_path):
    found = header()
    metrics = found["results"]["scores"][0]["metrics"]
    metrics["accuracy"]["value"] = 0.78
    del metrics["stderr"]
    row = only(read(tmp_path, found, **named()))
    assert (row["value"], row["low"], row["high"], row["interval"]) == ("78.0", "", "", "")
    assert row["note"].startswith("484 samples")


@pytest.mark.parametrize("value", [1.5, -0.1, 78.7])
def test_a_score_that_is_no_share_is_refused(tmp_path, value):
    found = header()
    found["results"]["scores"][0]["metrics"]["accuracy"]["value"] = value
    with pytest.raises(BadInput, match=r"results\.scores is .*expected a fraction from 0 to 1.*Only accuracies"):
        read(tmp_path, found, **named())


def test_a_scorer_that_gives_no_accuracy_is_none_of_two(tmp_path):
    found = header()
    found["results"]["scores"].append({"name": "words", "metrics": {"length": {"name": "length", "value": 12.0}}})
    assert only(read(tmp_path, found, **named()))["value"] == "78.719"


def test_a_log_whose_run_never_ended_has_no_header_and_is_refused(tmp_path):
    path = tmp_path / "run.eval"
    with zipfile.ZipFile(path, "w") as log:
        log.writestr("_journal/start.json", "{}")
    with pytest.raises(BadInput, match=r"header\.json is missing, expected a log of a run that has ended"):
        importers.read(path, fetched_on=DAY, format="inspect", **named())


def test_two_scorers_are_not_chosen_between(tmp_path):
    found = header()
    found["results"]["scores"] *= 2
    with pytest.raises(BadInput, match=r"results\.scores is 2 of them"):
        read(tmp_path, found, **named())


def test_the_series_is_the_one_named_after_the_task(tmp_path):
    assert only(read(tmp_path, header(eval__task="lab/swe_bench_pro")))["series"] == "swe_bench_pro_pct"
    with pytest.raises(BadInput, match="--series"):
        read(tmp_path, header(eval__task="nobodys_task"))


def test_a_series_in_another_unit_is_refused(tmp_path):
    with pytest.raises(BadInput, match="in percent"):
        read(tmp_path, header(), series="metr_horizon_p50_minutes")


def test_every_reason_is_given_at_once(tmp_path):
    with pytest.raises(BadInput) as bad:
        read(tmp_path, header(status="cancelled", invalidated=True, results__completed_samples=1), series="weirdml_pct")
    assert [problem.where for problem in bad.value.problems] == ["status", "invalidated", "results.completed_samples"]


@pytest.mark.parametrize(("successes", "samples"), [(0, 1), (1, 1), (0, 43), (43, 43), (1, 500), (381, 484)])
def test_wilson_s_interval_holds_the_share_and_stays_in_range(successes, samples):
    low, high = wilson(successes, samples)
    assert 0 <= low <= 100 * successes / samples <= high <= 100


def test_wilson_s_interval_solves_its_equation():
    low, _ = wilson(381, 484)
    share, bound = 381 / 484, low / 100
    assert (share - bound) ** 2 == pytest.approx(1.959964**2 * bound * (1 - bound) / 484, rel=1e-9)
