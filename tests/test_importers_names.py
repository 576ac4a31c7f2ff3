"""What models are called."""

import tomllib
from datetime import date

import pytest

from forecast.evidence.importers import names
from tests.fixtures.build import HERE


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("claude_opus_9_1", "Claude Opus 9.1"),
        ("claude-opus-9-20300131_16K", "Claude Opus 9 (16K)"),
        ("gpt-9-2030-01-31_high", "GPT-9 (high)"),
        ("lab/Made-up-9_unknown", "Made-up-9"),
        ("gemini-9.5-pro-preview-06-05", "Gemini 9.5 Pro Preview 06 05"),
        ("glm-9.2_max", "GLM-9.2 (max)"),
        ("o9_mini", "o9-mini"),
        ("", ""),
    ],
)
def test_a_key_becomes_readable(key, name):
    assert names.readable(key) == name


def test_a_name_that_the_ledger_has_comes_from_the_table():
    assert names.of_metr("gpt_9_1_codex_max_inspect") == "GPT-9.1 Codex Max"
    assert names.of_metr("gpt_5_4") == names.of_metr("gpt_5_4_inspect") == "GPT-5.4 (xhigh)"
    assert names.of_posttrainbench("GPT 5.4 (High)") == names.of_posttrainbench("gpt-5.4-high") == "GPT-5.4 (high)"


@pytest.mark.parametrize(
    ("publisher", "series"),
    [
        ("metr", "metr_horizon_p50_minutes"),
        ("epoch", "swe_bench_verified_epoch_pct|frontiermath|gso"),
        ("posttrainbench", "posttrainbench"),
    ],
)
def test_every_name_in_the_table_is_one_of_the_ledger(ledger, publisher, series):
    table = tomllib.loads((HERE.parents[1] / "forecast/evidence/importers/names.toml").read_text())
    subjects = set(ledger.rows.loc[ledger.rows["series"].str.contains(series), "subject"])
    assert set(table[publisher].values()) <= subjects


def test_a_release_is_the_day_that_most_series_give(ledger):
    found = names.releases(ledger)
    assert found["o3"] == date(2025, 4, 16)
    assert names.released_on("Claude Opus 4.7 (high)", found) == date(2026, 4, 16)
    assert names.released_on("GPT-5.6 Terra", found) == date(2026, 6, 26)
    assert names.released_on("Made-up 9", found) is None
