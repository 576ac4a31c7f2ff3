"""Epoch's archive of benchmarks and its index."""

from datetime import date

import pytest

from forecast.evidence import changes, importers
from forecast.evidence.importers import epoch
from forecast.evidence.register import read as read_register
from priors.problems import BadInput
from tests.fixtures.build import (
    EPOCH_RUN,
    HERE,
    METADATA,
    MODELS,
    epoch_run,
    epoch_zip,
    scored,
    swe_bench_zip,
    table,
)

DAY = date(2026, 11, 21)
OPUS = epoch_run(
    "claude-opus-4-6", "0.7871900826446281", stderr="0.01862353730305288", released="2026-02-05", ran="2026-02-18"
)
COMMON = "Release date,Organization,Country,Training compute (FLOP),Training compute notes"


def read(path, **more):
    return importers.read(path, fetched_on=DAY, **more)


def external(path, name, score, rows, *, header, scale="1.0"):
    return epoch_zip(
        path, {"benchmark_metadata.csv": table(METADATA, scored(name, score, scale)), name: table(header, *rows)}
    )


def test_scores_come_in_percent_with_one_standard_error_and_the_day_of_the_run(tmp_path):
    (row,) = read(swe_bench_zip(tmp_path / "x.zip", OPUS)).cells
    assert (row["series"], row["subject"]) == ("swe_bench_verified_epoch_pct", "Claude Opus 4.6")
    assert (row["value"], row["low"], row["high"], row["interval"]) == ("78.719", "76.8567", "80.5814", "mean±1SE")
    assert (row["observed_on"], row["published_on"]) == ("2026-02-05", "2026-02-18")


def test_a_row_that_the_ledger_rounded_is_known(ledger, tmp_path):
    kimi = epoch_run("kimi-k2.6", "0.76652892", stderr="0.01924895", released="2026-04-20", ran="2026-05-08")
    plan = changes.plan(ledger, read(swe_bench_zip(tmp_path / "x.zip", OPUS, kimi)), day=DAY)
    assert (len(plan.known), plan.new, plan.changed) == (2, (), ())


def test_an_archive_that_does_not_say_what_its_columns_are_is_refused(tmp_path):
    path = epoch_zip(tmp_path / "old.zip", {"swe_bench_verified.csv": table(EPOCH_RUN, OPUS)})
    with pytest.raises(BadInput, match=r"benchmark_metadata\.csv is missing.*fetch a newer one"):
        read(path)


def test_the_scale_is_the_one_stated(tmp_path):
    path = swe_bench_zip(
        tmp_path / "x.zip", epoch_run("claude-opus-4-6", "78.7", stderr="1.9", released="2026-02-05"), scale="0.01"
    )
    (row,) = read(path).cells
    assert (row["value"], row["low"]) == ("78.7", "76.8")


@pytest.mark.parametrize(
    ("score", "scale"), [("78.7", "1.0"), ("-0.1", "1.0"), ("NaN", "1.0"), ("1e999", "1.0"), ("0,5", "1.0")]
)
def test_a_score_that_does_not_fit_the_stated_scale_is_left_out(tmp_path, score, scale):
    parsed = read(swe_bench_zip(tmp_path / "x.zip", epoch_run("x-9", score), scale=scale))
    assert not parsed.cells
    assert "not a score on the stated scale" in dict(parsed.skipped)["swe_bench_verified.csv, x-9"]


@pytest.mark.parametrize("blank", ["score_column", "scale"])
def test_a_file_without_a_stated_score_or_scale_is_left_out(tmp_path, blank):
    stated = scored("swe_bench_verified.csv") | {blank: ""}
    files = {"benchmark_metadata.csv": table(METADATA, stated), "swe_bench_verified.csv": table(EPOCH_RUN, OPUS)}
    parsed = read(epoch_zip(tmp_path / "x.zip", files))
    assert "does not state its score column and scale" in dict(parsed.skipped)["swe_bench_verified.csv"]


def test_a_file_of_which_two_scales_are_stated_is_left_out(tmp_path):
    stated = [scored("swe_bench_verified.csv"), scored("swe_bench_verified.csv", scale="0.01")]
    files = {"benchmark_metadata.csv": table(METADATA, *stated), "swe_bench_verified.csv": table(EPOCH_RUN, OPUS)}
    parsed = read(epoch_zip(tmp_path / "x.zip", files))
    assert "two of them" in dict(parsed.skipped)["swe_bench_verified.csv"]


def test_another_score_column_is_another_measurement(tmp_path):
    path = external(
        tmp_path / "x.zip",
        "gso_external.csv",
        "OPT@1 (hack-adjusted)",
        [],
        header=f"Model version,OPT@1 (hack-adjusted),{COMMON}",
    )
    assert "needs a series of its own" in dict(read(path).skipped)["gso_external.csv"]


def test_missing_columns_are_named_and_the_order_of_columns_does_not_matter(tmp_path):
    header = [name for name in reversed(EPOCH_RUN) if name not in ("stderr", "Release date")]
    files = {
        "benchmark_metadata.csv": table(METADATA, scored("swe_bench_verified.csv")),
        "swe_bench_verified.csv": table([*header, "Released", "se"]),
    }
    with pytest.raises(BadInput, match=r"lacking 'Release date', 'stderr'; with the unknown .*'Released', 'se'"):
        read(epoch_zip(tmp_path / "x.zip", files))
    assert len(read(swe_bench_zip(tmp_path / "y.zip", dict(reversed(OPUS.items())))).cells) == 1


def test_a_subject_is_called_as_in_the_ledger_else_as_by_epoch_else_readably(tmp_path):
    models = [
        {"model_version": "x-9_high", "model_group": "Made-up X 9", "display_name": "Made-up X 9 (high)"},
        {"model_version": "x-9_max", "model_group": "Made-up X 9"},
    ]
    runs = [
        epoch_run(name, "0.5")
        for name in ("gemini-3.1-pro-preview-customtools", "x-9_high", "x-9_max", "lab/claude-parable-9-1-20260901_16K")
    ]
    parsed = read(swe_bench_zip(tmp_path / "x.zip", *runs, models=models))
    expected = ["Gemini 3.1 Pro Preview", "Made-up X 9 (high)", "Made-up X 9 (max)", "Claude Parable 9.1 (16K)"]
    assert [row["subject"] for row in parsed.cells] == expected


def test_the_last_run_of_a_model_counts(tmp_path):
    earlier = epoch_run("claude-opus-4-6", "0.7562", released="2026-02-05", ran="2026-02-10")
    for runs in ([OPUS, earlier], [earlier, OPUS]):
        parsed = read(swe_bench_zip(tmp_path / "x.zip", *runs))
        assert [row["value"] for row in parsed.cells] == ["78.719"]
        assert "the last dated run" in parsed.skipped[0][1]


def test_a_running_maximum_takes_no_rows_below_it(tmp_path):
    rows = [
        {"Model version": f"m-{number}", "Accuracy": score, "Release date": released}
        for number, (score, released) in enumerate(
            [
                ("0.3", "2026-01-01"),
                ("0.2", "2026-02-01"),
                ("0.5", "2026-03-01"),
                ("0.5", "2026-04-01"),
                ("0.4", "2026-03-01"),
            ]
        )
    ]
    path = external(
        tmp_path / "x.zip", "weirdml_external.csv", "Accuracy", rows, header=f"Model version,Accuracy,{COMMON}"
    )
    parsed = read(path)
    assert [row["subject"] for row in parsed.cells] == ["m-0", "m-2", "m-3"]
    assert all(row["low"] == "" for row in parsed.cells)
    assert parsed.skipped[0][0] == "weirdml_external.csv, 2 models"


def test_a_standard_error_in_points_beside_a_fraction_is_read_in_points(tmp_path):
    row = {
        "Model version": "grok-4-0709",
        "Pass@1 score": "0.152",
        "Release date": "2025-07-09",
        "Name": "Grok 4",
        "Pass@1 Standard Error": "2.4",
    }
    path = external(tmp_path / "x.zip", "apex_agents_external.csv", "Pass@1 score", [row], header=list(row))
    (found,) = read(path).cells
    assert (found["value"], found["low"], found["high"]) == ("15.2", "12.8", "17.6")
    assert found["published_on"] == "2026-11-21"


def test_a_file_that_does_not_name_its_edition_is_placed_by_the_user(tmp_path):
    header = f"Model version,Scaffold,Average (%),{COMMON},Name,Average SD (%)"
    rows = [
        {"Average (%)": "0.2023", "Release date": "2026-03-05", "Name": "GPT 5.4 (High)", "Average SD (%)": "0.0237"},
        {"Average (%)": "0.1486", "Release date": "2025-11-18", "Name": "Gemini 3 Pro"},
    ]
    path = external(tmp_path / "x.zip", "posttrainbench_external.csv", "Average (%)", rows, header=header)
    assert "--series posttrainbench_v1_score" in dict(read(path).skipped)["posttrainbench_external.csv"]
    (row,) = read(path, series="posttrainbench_v1_score").cells
    assert (row["subject"], row["value"], row["low"], row["interval"]) == (
        "GPT-5.4 (high)",
        "20.23",
        "17.86",
        "mean±1SD",
    )


def test_files_without_a_series_are_left_out_with_the_reason(tmp_path):
    files = {
        "benchmark_metadata.csv": table(METADATA),
        "model_metadata.csv": table(MODELS),
        "terminalbench_external.csv": "a\n",
        "chess_puzzles.csv": "a\n",
        "README.md": "",
    }
    said = dict(read(epoch_zip(tmp_path / "x.zip", files)).skipped)
    assert "4.0" in said["terminalbench_external.csv"]
    assert said["chess_puzzles.csv"] == "no series of the ledger takes this file"
    assert said.keys() == {"terminalbench_external.csv", "chess_puzzles.csv"}


def test_every_file_that_is_read_goes_to_a_registered_series_in_percent():
    series = read_register().series
    for name, recipe in epoch.recipes().files.items():
        goes_to = [recipe.series] if recipe.series else recipe.series_to_choose
        assert all(series[one].unit.startswith("percent") for one in goes_to), name


def test_every_fetch_of_the_index_is_an_edition(ledger):
    parsed = read(HERE / "eci_scores.csv")
    assert parsed.format == "epoch-eci"
    assert {row["published_on"] for row in parsed.cells} == {"2026-11-21"}
    assert parsed.skipped == (("No date", "no name, score or release date"),)
    plan = changes.plan(ledger, parsed, day=DAY)
    assert len(plan.known) == 2
    assert [(change.old["value"], change.row["value"]) for change in plan.changed] == [(161.53, "161.77")]
    assert [row["subject"] for row in plan.new] == ["Made-up 9"]


def test_an_anchor_of_the_index_has_no_interval():
    anchor = next(row for row in read(HERE / "eci_scores.csv").cells if row["subject"] == "GPT-5")
    assert (anchor["low"], anchor["interval"], anchor["level"]) == ("", "", "")


def test_an_index_of_another_shape_is_refused_with_what_changed(tmp_path):
    path = tmp_path / "eci_scores.csv"
    path.write_text((HERE / "eci_scores.csv").read_text().replace("eci_ci_low", "eci_p05"))
    with pytest.raises(BadInput, match=r"lacking 'eci_ci_low'; with the unknown .*'eci_p05'"):
        read(path)
