"""The pages of trust show what the records say, and say so where there is none."""

import re
from datetime import date

import pandas as pd
import pytest

from cruxes.publication.pages import trust
from forecast.trust import checks, findings, records
from forecast.trust.findings import Context, Finding, Measured


@pytest.fixture
def kept(tmp_path, monkeypatch, ledger):
    """One check with the same miss of two views, another miss, and a figure that passes; nothing else measured."""
    found = findings.table(
        "data",
        [
            Finding(item="poor fits, clark", value=3.0, unit="fits", high=1.0, says="Because of <charts>."),
            Finding(item="poor fits, krier", value=5.0, unit="fits", high=1.0, says="Likewise."),
            Finding(item="a shift", value=0.2, unit="points", low=0.5, says="Too little."),
            Finding(item="a sign", value=1.0, unit="points", low=0.0),
        ],
    )
    context = Context(ledger=ledger, day=date(2026, 11, 21))
    streams = pd.DataFrame({"kind": ["horizon", "horizon", "share"], "event": ["LOOP"] * 3, "rows": [1, 21, 9],
                            "worldview": ["clark", "trend", "clark"], "change": [0.1, -4.4, 20.0]})  # fmt: skip
    records.write(Measured(check="data", findings=found, tables={"streams": streams}), context, where=tmp_path,
                  seconds=30.0, options={})  # fmt: skip
    monkeypatch.setattr(records, "PACKAGED", tmp_path)
    trust.record.cache_clear()
    yield
    trust.record.cache_clear()


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_summary_counts_and_names_what_was_not_measured(kept):
    said = words(trust.summary())
    assert f"{checks.CHECKS['data'].asks} 1 3 " in said
    assert said.count("not measured") == len(checks.CHECKS) - 1


def test_one_miss_of_several_views_is_one_row_with_each_number(kept):
    said = words(trust.falls_short())
    assert "poor fits 3 (clark), 5 (krier); fits at most 1" in said
    assert "a shift 0.2 points at least 0.5 Too little." in said
    assert "a sign" not in said


def test_reasons_are_text_and_never_markup(kept):
    assert "&lt;charts&gt;" in trust.falls_short()
    assert "<charts>" not in trust.findings("data")


def test_every_figure_of_a_check_has_its_verdict(kept):
    said = words(trust.findings("data"))
    assert said.count("falls short") == 3
    assert said.count("passes") == 1
    assert "in 30 seconds" in said


def test_what_was_not_measured_says_how_to(kept):
    assert "rsi trust run calibration" in trust.astray()
    assert "make mutations" in trust.findings("mutations")
    with pytest.raises(LookupError, match="calibration"):
        trust.data("calibration", "ranks")


def test_the_largest_effect_of_horizons_is_found_whatever_its_sign(kept):
    said = words(trust.few_horizons())
    assert "1 to 21 have come since" in said
    assert "at most 4.4 points" in said
    assert "trend" in said


def bands_of(quantities, **fields):
    """Bands as calibration keeps them; LOOP is outside."""
    return pd.DataFrame(
        [{"quantity": name, "probability": 0.5, "excursion": 0.5, "inside": name != "LOOP", "fault": None, **fields}
         for name in quantities]
    )  # fmt: skip


@pytest.mark.parametrize("asked", [True, False])
def test_who_was_asked_again_stands_under_the_table_and_nobody_where_nobody_was(kept, ledger, asked):
    fits = pd.DataFrame({"worldview": ["krier"], "fault": [None], "retried": [True], "poor": [False]})
    tables = {"bands": bands_of(["r", "LOOP"], worldview="krier", ledgers=200), "fits": fits}
    if asked:
        tables["again"] = bands_of(["r", "SWX3"], worldview="krier", ledgers=150)
    findings_ = findings.table("calibration", [Finding(item="dates, krier", value=0.5, unit="probability")])
    records.write(Measured(check="calibration", findings=findings_, tables=tables),
                  Context(ledger=ledger, day=date(2026, 11, 21)), where=records.PACKAGED, seconds=1.0, options={})  # fmt: skip
    trust.record.cache_clear()
    said = words(trust.astray())
    assert "LOOP" in said
    assert ("150 ledgers: 0 of 2 outside." in said) == asked
