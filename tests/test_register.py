"""Which series counts for what."""

from datetime import date

import numpy as np
import pytest

from forecast.evidence import ledger, register, selection
from priors.problems import BadInput

EVER = date(2100, 1, 1)

GOOD = """
[families.f]
what = "two editions"
vintages = [{ series = "old", current_from = 2025-01-01 }, { series = "new", current_from = 2026-01-01 }]

[series.old]
kind = "horizon"
unit = "minutes"
transform = "log"
cruxes = ["C1"]
family = "f"

[series.new]
kind = "horizon"
unit = "minutes"
transform = "log"
cruxes = ["C1"]
family = "f"

[series.other]
kind = "none"
unit = "percent"
cruxes = []
why = "a reason"
"""


def test_the_register_and_the_ledger_name_the_same_series():
    assert set(ledger.read().rows["series"]) == register.read().series.keys()


def test_every_subject_that_the_register_names_is_in_the_ledger():
    rows = ledger.read().rows
    known = set(zip(rows["series"], rows["subject"], strict=True))
    found = register.read()
    named = {(name, subject) for name, entry in found.series.items() for subject in entry.exclude}
    for family in found.families.values():
        members = [vintage.series for vintage in family.vintages]
        subjects = set(rows.loc[rows["series"].isin(members), "subject"])
        assert subjects >= family.same_subject.keys() | set(family.same_subject.values())
    assert named <= known


def test_every_unused_series_says_why():
    rows = selection.use_on(ledger.read(), EVER)
    assert (rows["used"] == (rows["why_unused"] == "")).all()


def test_the_row_that_the_prior_for_r_was_taken_from_is_not_data():
    rows = selection.use_on(ledger.read(), EVER)
    returns = rows[rows["series"] == "software_returns_r"].set_index("subject")["used"]
    assert dict(returns) == {"language models": True, "AI software, central estimate": False}


def test_a_lab_that_reports_on_itself_is_named():
    rows = selection.readings(selection.use_on(ledger.read(), EVER))
    by = rows.set_index(["series", "subject"])["self_reported_by"]
    assert set(by["anthropic_rd_tasks_al4_plus_pct"]) == {"Anthropic"}
    uplift = by["ai_rd_uplift_ratio"]
    assert uplift["Anthropic staff, Claude Opus 4.5 (median, n=18)"] == "Anthropic"
    assert uplift["METR survey of technical workers, speed (median, n=349)"] == ""


@pytest.mark.parametrize(
    ("series", "subject", "reading", "low", "high"),
    [
        ("dev_task_time_change_pct", "newly recruited developers, follow-up experiment", 1 / 0.96, 1 / 1.09, 1 / 0.85),
        ("algorithmic_efficiency_halving_months", "LLM pretraining 2012-2023", 1.0397, 0.5941, 1.6636),
        ("software_progress_factor_per_year", "frontier LLMs", np.log(10), np.log(2), np.log(50)),
        ("ai_rd_feedback_return_pct", "AI R&D productivity gain per unit of model capability", 0.6, np.nan, np.nan),
        ("training_compute_growth_x_per_year", "open-weight frontier", np.log(4.7), np.log(3.6), np.log(6.1)),
        ("metr_horizon_p50_minutes", "GPT-5", np.log(203.012577), None, None),
    ],
)
def test_a_reading_is_on_the_scale_of_its_model(series, subject, reading, low, high):
    rows = selection.readings(selection.use_on(ledger.read(), EVER))
    (line,) = rows[(rows["series"] == series) & (rows["subject"] == subject)].to_dict(orient="records")
    assert line["reading"] == pytest.approx(reading, rel=1e-4)
    for name, end in (("reading_low", low), ("reading_high", high)):
        assert end is None or line[name] == pytest.approx(end, rel=1e-3, nan_ok=True)


def test_readings_keep_their_order_and_their_limits():
    rows = selection.readings(selection.use_on(ledger.read(), EVER))
    assert not ((rows["reading_low"] > rows["reading"]) | (rows["reading_high"] < rows["reading"])).any()
    limits = rows.groupby("kind")[["censored_below", "censored_above"]].max()
    assert limits.loc["horizon", "censored_above"] == pytest.approx(np.log(960))
    assert limits.loc["share", "censored_below"] == pytest.approx(0.01)


def test_no_rows_give_no_readings_with_the_same_columns():
    rows = selection.use_on(ledger.read(), EVER)
    none = selection.readings(rows.iloc[:0])
    assert none.empty
    assert set(none.columns) == set(selection.readings(rows).columns)


def test_a_ratio_waits_until_its_threshold_is_public():
    rows = selection.use_on(ledger.read(), EVER)
    alone = rows[rows["subject"] == "AI R&D productivity gain per unit of model capability"]
    assert selection.readings(alone).empty


def test_a_series_that_the_register_does_not_know_is_listed_as_unused():
    found = register.read()
    without = found.model_copy(update={"series": {k: v for k, v in found.series.items() if k != "weirdml_pct"}})
    rows = selection.use_on(ledger.read(), EVER, register=without)
    assert set(rows.loc[rows["series"] == "weirdml_pct", "why_unused"]) == {"not in the register"}


def test_a_good_register_is_read():
    assert register.parse(GOOD, file="mine.toml").series.keys() == {"old", "new", "other"}


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('why = "a reason"', "", "series.other.why"),
        ('why = "a reason"', 'why = "a reason"\ntransform = "log"', "series.other.transform"),
        ('transform = "log"\n', "", "series.old.transform"),
        ('transform = "log"\n', 'transform = "cube"\n', "series.old.transform"),
        ('kind = "horizon"', 'kind = "uplift"', "series.old.method"),
        ('kind = "horizon"', 'kind = "guess"', "series.old.kind"),
        ('unit = "minutes"', 'unit = ""', "series.old.unit"),
        ('unit = "minutes"\n', "", "series.old.unit"),
        ('cruxes = ["C1"]', 'cruxes = ["C11"]', "series.old.cruxes.0"),
        ('family = "f"\n', 'family = "g"\n', "series.old.family"),
        ('family = "f"\n', "", "families.f.vintages"),
        ("2025-01-01", "2027-01-01", "families.f.vintages"),
        ('family = "f"\n', 'family = "f"\ncolour = "red"\n', "series.old.colour"),
        ('family = "f"\n', 'family = "f"\ncensored_above = nan\n', "series.old.censored_above"),
        ('family = "f"\n', 'family = "f"\nself_reported_subjects = "A"\n', "series.old.self_reported_by"),
        ('transform = "log"\n', 'transform = "ratio_to_threshold"\n', "series.old.threshold_subject"),
        ('transform = "log"\n', 'transform = "log"\nthreshold_subject = "the line"\n', "series.old.exclude"),
        ('kind = "horizon"', 'kind = "benchmark"', "series.old.ceiling"),
        ('kind = "horizon"', 'kind = "benchmark"\nfloor = 0.0', "series.old.ceiling"),
        ('kind = "horizon"', 'kind = "horizon"\nfloor = 0.0\nceiling = 1.0', "series.old.ceiling"),
        ('kind = "horizon"', 'kind = "benchmark"\nfloor = 25.0\nceiling = 25.0', "series.old.ceiling"),
        ('what = "two editions"', "what = ", "the file"),
    ],
)
def test_a_bad_register_is_refused_with_the_place_and_a_remedy(old, new, where):
    assert old in GOOD
    with pytest.raises(BadInput) as caught:
        register.parse(GOOD.replace(old, new, 1), file="mine.toml")
    assert where in {problem.where for problem in caught.value.problems}
    assert all(problem.file == "mine.toml" and problem.remedy for problem in caught.value.problems)


def test_a_benchmark_with_its_floor_below_its_ceiling_is_read():
    found = register.parse(
        GOOD.replace('kind = "horizon"', 'kind = "benchmark"\nfloor = 25.0\nceiling = 100.0'), file="x"
    )
    assert (found.series["old"].floor, found.series["old"].ceiling) == (25.0, 100.0)


def test_a_register_of_one_s_own_is_read_from_its_file_and_named_in_its_faults(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    assert register.read(path) == register.parse(GOOD, file="mine.toml")
    path.write_text(GOOD.replace('why = "a reason"', ""))
    with pytest.raises(BadInput) as caught:
        register.read(path)
    assert [problem.file for problem in caught.value.problems] == ["mine.toml"]
