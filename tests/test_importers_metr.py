"""METR's yaml, in both layouts."""

import re
from datetime import date

import pytest

from forecast.evidence import importers
from forecast.evidence import register as registers
from priors.problems import BadInput
from tests.fixtures.build import HERE

DAY = date(2026, 11, 21)
CURRENT = (HERE / "metr_1_1.yaml").read_text()


def read(path, text, **more):
    path.write_text(text)
    return importers.read(path, fetched_on=DAY, **more)


def named(parsed, subject, series="metr_horizon_p50_minutes"):
    (row,) = [row for row in parsed.cells if (row["subject"], row["series"]) == (subject, series)]
    return row


def test_every_model_gives_a_row_at_50_and_one_at_80_percent():
    parsed = importers.read(HERE / "metr_1_1.yaml", fetched_on=DAY)
    assert parsed.format == "metr"
    assert len(parsed.cells) == 6
    assert not parsed.skipped
    row = named(parsed, "Claude Opus 4.6")
    assert (row["value"], row["low"], row["high"]) == ("718.80683", "316.685725", "3633.786163")
    assert (row["interval"], row["level"], row["unit"], row["observed_on"]) == (
        "95%CI",
        "0.95",
        "minutes",
        "2026-02-05",
    )


def test_a_file_without_dates_of_publication_counts_from_the_day_of_the_fetch():
    row = named(importers.read(HERE / "metr_1_1.yaml", fetched_on=DAY), "Claude Parable 9.1")
    assert row["published_on"] == "2026-11-21"
    assert "no later than" in row["note"]


def test_values_above_sixteen_hours_stay_as_published_and_are_censored_by_the_register():
    row = named(importers.read(HERE / "metr_1_1.yaml", fetched_on=DAY), "Claude Parable 9.1")
    assert (row["value"], row["bound"]) == ("2222.2", "exact")


def test_old_models_measured_on_the_earlier_suite_only_stay_in_the_series_of_the_file():
    assert (
        "only run on the TH1.0 suite" in named(importers.read(HERE / "metr_1_1.yaml", fetched_on=DAY), "GPT-2")["note"]
    )


def test_the_layout_of_2025_goes_to_the_series_of_2025():
    parsed = importers.read(HERE / "metr_2025.yaml", fetched_on=DAY)
    row = named(parsed, "GPT-5", "metr_horizon_p50_minutes_th1_0_v2025_08")
    assert row["value"] == "137.318539"
    assert "agent flock-secret" in row["note"]


def test_two_agents_of_one_model_are_two_subjects(tmp_path):
    text = (HERE / "metr_2025.yaml").read_text()
    block = text[text.index("      flock-secret:") : text.index("    release_date: 2025-08-07")]
    twice = text.replace(block, block + block.replace("flock-secret", "duet"))
    subjects = {row["subject"] for row in read(tmp_path / "x.yaml", twice).cells}
    assert {"GPT-5, agent flock-secret", "GPT-5, agent duet"} <= subjects


def test_another_suite_is_refused_since_it_needs_a_series_of_its_own(tmp_path):
    with pytest.raises(
        BadInput,
        match=r"METR-Horizon-v1\.2.*series and register entries of its own first, metr_horizon_p50_minutes_th1_2 and",
    ):
        read(tmp_path / "x.yaml", CURRENT.replace("METR-Horizon-v1.1", "METR-Horizon-v1.2"))


def test_a_suite_that_has_series_in_the_register_is_read(tmp_path):
    register = registers.read()
    entries = {
        f"metr_horizon_p{one}_minutes_th1_2": register.series[f"metr_horizon_p{one}_minutes"] for one in (50, 80)
    }
    register = register.model_copy(update={"series": register.series | entries})
    parsed = read(tmp_path / "x.yaml", CURRENT.replace("METR-Horizon-v1.1", "METR-Horizon-v1.2"), register=register)
    assert {row["series"] for row in parsed.cells} == set(entries)
    assert "METR-Horizon-v1.0" in parsed.skipped[0][1]


def test_a_model_measured_on_another_suite_is_left_out_in_words(tmp_path):
    text = CURRENT.replace("    benchmark_name: METR-Horizon-v1.0", "    benchmark_name: METR-Horizon-v2.0")
    ((what, why),) = read(tmp_path / "x.yaml", text).skipped
    assert what == "gpt2"
    assert "series of its own" in why


def test_a_missing_key_is_named_with_what_stands_in_its_place(tmp_path):
    with pytest.raises(BadInput, match=r"p50_horizon_length is missing \(there are .*p50_horizon_minutes.*") as bad:
        read(tmp_path / "x.yaml", CURRENT.replace("p50_horizon_length", "p50_horizon_minutes"))
    assert len(bad.value.problems) == 3


def test_two_layouts_in_one_file_are_refused(tmp_path):
    mixed = CURRENT + (HERE / "metr_2025.yaml").read_text().partition("results:\n")[2].replace("gpt2", "gpt1")
    mixed = re.sub(r"swaa_version.*\n", "", mixed)
    with pytest.raises(BadInput, match="agents and metrics"):
        read(tmp_path / "x.yaml", mixed)


def test_an_older_day_of_fetch_leaves_out_models_released_since(tmp_path):
    parsed = importers.read(HERE / "metr_1_1.yaml", fetched_on=date(2026, 9, 1))
    assert len(parsed.cells) == 4
    assert all("the day of the fetch" in why for _, why in parsed.skipped)


def test_one_series_can_be_asked_for():
    parsed = importers.read(HERE / "metr_1_1.yaml", fetched_on=DAY, series="metr_horizon_p80_minutes")
    assert {row["series"] for row in parsed.cells} == {"metr_horizon_p80_minutes"}
    assert len(parsed.skipped) == 3


@pytest.mark.parametrize("estimate", ["7_18.8", "12:30", ".nan", ".inf", "0x10", "yes", "'718.8'", "1" * 5000])
def test_what_only_some_parsers_take_for_a_number_is_refused(tmp_path, estimate):
    with pytest.raises(BadInput, match=r"p50_horizon_length\.estimate is .*expected a plain number"):
        read(tmp_path / "x.yaml", CURRENT.replace("estimate: 718.80683", f"estimate: {estimate}"))
