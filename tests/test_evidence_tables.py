"""The ledger in the book is the ledger, and what moved whom is a difference of two views."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cruxes import evidence_tables, wording
from cruxes.publication import html
from forecast import influence, predictive, rows, summary
from forecast.evidence import selection
from tests import small_views
from tests.conftest import TODAY


@pytest.fixture(scope="module")
def table(ledger):
    return evidence_tables.rows_of(ledger, day=TODAY)


@pytest.fixture(scope="module")
def kept(ledger):
    """Stated, updated and without the shares, of one worldview; the updated ones have seen the rows since."""
    stated, updated = small_views.kept("clark", "stated", seed=2), small_views.kept("clark")
    new = rows.new_between(ledger, updated.view.worldview.as_of, TODAY)
    without = replace(small_views.kept("clark", seed=3).view, without=("share",))
    return (
        stated,
        replace(updated, blocks=rows.blocks(new)),
        replace(updated, key="without", view=without, blocks=rows.blocks(new, without=["share"])),
    )


@pytest.fixture(scope="module")
def moved(kept, ledger):
    return evidence_tables.moved_whom(kept, ledger, day=TODAY, seed=1)


def test_every_public_row_stands_once_and_is_read_or_says_why_not(table, ledger):
    public = selection.use_on(ledger, TODAY)
    assert sorted(table["id"]) == sorted(public["id"])
    assert (table["used"] == (table["why_unused"] == "")).all()
    assert (table["used"] == (table["stream"] != wording.STREAMS["none"])).all()


def test_the_newest_stand_first(table, ledger):
    public_on = selection.use_on(ledger, TODAY).set_index("id")["public_on"]
    assert table["id"].map(public_on).is_monotonic_decreasing


def test_a_hostile_title_or_address_in_the_ledger_is_text_in_the_book(ledger):
    title, url = "<script>alert(1)</script>", "javascript:alert(1)"
    hostile = replace(ledger, rows=ledger.rows.assign(source_title=title, source_url=url))
    found = evidence_tables.rows_of(hostile, day=TODAY).head(3)
    shown = html.table(found, caption="rows", shown={"source_url": lambda value: html.link(value, "source")})
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert "href" not in shown


def test_series_add_up_to_the_ledger_and_every_kind_has_a_name(ledger):
    found = evidence_tables.streams(ledger, day=TODAY)
    public = selection.use_on(ledger, TODAY)
    assert found["rows"].sum() == (ledger.rows["retracts"] == "").sum()
    assert found["public"].sum() == len(public)
    assert found["used"].sum() == public["used"].sum()
    assert found["stream"].notna().all()
    assert not ((found["public"] > found["used"]) & (found["why_unused"] == "")).any()


def test_reasons_for_not_reading_count_every_row_that_is_not_read(ledger):
    found = evidence_tables.unused(ledger, day=TODAY)
    assert found["rows"].sum() == (~selection.use_on(ledger, TODAY)["used"]).sum()
    assert found["rows"].is_monotonic_decreasing


def test_a_stream_with_a_view_of_its_own_is_answered_by_that_view(moved, kept):
    _, updated, without = kept
    row = moved[(moved["what"] == wording.STREAMS["share"]) & (moved["event"] == "LOOP")].iloc[0]
    both = summary.long_table([updated.view, without.view])
    values = [
        summary.value(both, worldview="clark", view="updated", event="LOOP", output_type="cdf", which="2030-12-31",
                      without=left)
        for left in ("", "share")
    ]  # fmt: skip
    assert row["how"] == "refitted"
    assert [row["value"], row["value_without"]] == pytest.approx(values)
    assert row["change"] == pytest.approx(values[0] - values[1])


def test_a_stream_left_out_is_the_draws_weighed_by_the_rows_that_remain(moved, kept):
    _, updated, _ = kept
    found = moved[(moved["what"] == wording.STREAMS["pace"]) & (moved["event"] == "LOOP")].iloc[0]
    if found["how"] == "only a refit can tell":
        assert np.isnan(found["change"])
        return
    eta, blocks = updated.view.eta, updated.blocks
    scored = influence.score(eta, updated.view.worldview.as_of_year, blocks)
    drop = -influence.total(scored, {k: b.weight * (k == "pace") for k, b in blocks.items()})
    weights, _ = influence._smoothed(drop)
    happened = updated.view.futures.observed("LOOP") < 2031.0
    assert found["value_without"] == pytest.approx(float(weights @ happened), abs=1e-9)


def test_every_row_since_is_in_one_whole_stream(moved, kept):
    _, updated, _ = kept
    whole = moved[moved["whole_stream"] & (moved["event"] == "LOOP")]
    counted = [row for kind, block in updated.blocks.items() if kind != "absence" for row in block.counted]
    assert whole["rows"].sum() == len(counted)


def test_what_only_a_refit_can_tell_has_no_number(moved):
    unknown = moved["how"] == "only a refit can tell"
    assert moved.loc[unknown, "change"].isna().all()
    assert moved.loc[~unknown, "change"].notna().all()


def test_a_worldview_without_new_rows_was_moved_by_nothing(ledger):
    alone = [small_views.kept("clark", "stated"), small_views.kept("clark")]
    assert evidence_tables.moved_whom(alone, ledger, day=TODAY, seed=1).empty


def test_surprises_are_of_rows_since_the_view_was_stated_least_likely_first(kept, ledger):
    found = evidence_tables.surprises(kept, ledger, day=TODAY)
    stated = kept[0].view
    assert found["tail_probability"].is_monotonic_increasing
    assert found["tail_probability"].between(0.0, 1.0).all()
    new = rows.blocks(rows.new_between(ledger, stated.worldview.as_of, TODAY))
    own = predictive.surprise(stated, new).set_index("id")["tail_probability"]
    assert found.set_index("id")["tail_probability"].to_dict() == pytest.approx(own.to_dict())
    assert found["subject"].notna().all()


def test_headlines_have_each_view_with_and_without_its_stream(kept):
    found = evidence_tables.headlines(kept)
    assert found["without"].tolist() == ["", "", "share", "share"]
    seen = kept[1].view.futures.observed("SWX3") < 2031.0
    row = found[(found["event"] == "SWX3") & (found["without"] == "")].iloc[0]
    assert row["p"] == pytest.approx(kept[1].view.probability(seen))
    assert isinstance(found, pd.DataFrame)
