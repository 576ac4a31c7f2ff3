"""Every objection has its number, and the number is the table's; the threat model names what is there."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest

from cruxes.publication.pages import common, objections
from cruxes.publication.people import PEOPLE
from priors.worldview import BASELINE
from tests.book.contents import PAGES, ROOT

TODAY = date(2026, 11, 21)
EVERYBODY = (*PEOPLE, BASELINE)
FORECAST = {("RE", 2030): 0.9, ("LOOP", 2030): 0.5, ("SWX3", 2030): 0.2, ("LOOP", 2050): 0.8, ("ECON10", 2030): 0.1,
            ("ECON10", 2050): 0.6, ("ECON10", 2099): 0.8}  # fmt: skip
NEVER, STOPPED = {"LOOP": 0.07, "ECON10": 0.04}, {"LOC": 0.03, "PAUSE": 0.02}


def forecast():
    """The long table: everybody alike."""
    rows = []
    for name in EVERYBODY:
        rows += [(name, event, "cdf", f"{year}-12-31", p) for (event, year), p in FORECAST.items()]
        rows += [(name, event, "never", "", p) for event, p in NEVER.items()]
        rows += [(name, event, "stopped", cause, p) for event in NEVER for cause, p in STOPPED.items()]
        rows += [(name, "ECON10", "quantile_if_ever", str(level), 2030.5 + 10 * level) for level in (0.1, 0.5, 0.9)]
    columns = ["worldview", "event", "output_type", "output_type_id", "value"]
    return pd.DataFrame(rows, columns=columns).assign(view="updated", without="")


def tables():
    """Small tables in the columns of the real ones, made by hand."""
    pairs = [(a, b) for i, a in enumerate(PEOPLE) for b in PEOPLE[i + 1 :]]
    score = {"rows": 50, "votes": 12, "difference": 1.5, "difference_low": 1.1, "difference_high": 1.9,
             "difference_one_vote_each": 0.4}  # fmt: skip
    rest = score | {"rows": 20, "difference": -0.6, "difference_low": -0.8, "difference_high": -0.3}
    selections = {"all": score, "without self-reports": rest}
    scores = [{"worldview": name, "selection": which, **line} for name in PEOPLE for which, line in selections.items()]
    scores.append({"worldview": "clark", "selection": "without own employer's", **rest})
    return {
        "forecast": forecast(),
        "headlines": pd.DataFrame(
            [(name, "LOOP", without, p, 0.003, 0.07, 0.05)
             for name in EVERYBODY for without, p in (("", 0.5), ("share", 0.4), ("horizon", 0.45))],
            columns=["worldview", "event", "without", "p", "mcse", "never", "stopped"],
        ),
        "points": pd.DataFrame({
            "stream": ["horizon-p50"] * 7 + ["share-al4"],
            "observed_on": [f"2026-0{month}-01" for month in range(1, 9)],
            "censored": ["", "", "", "above", "", "", "above", "below"],
        }),
        "scores": pd.DataFrame(scores),
        "moved": pd.DataFrame(
            [(name, "Shares of R&D tasks at one lab", "LOOP", 0.08, 0.01) for name in PEOPLE],
            columns=["worldview", "what", "event", "change", "mcse"],
        ),
        "targets": pd.DataFrame(
            [(name, *row) for name in PEOPLE for row in (("met", "explicit"), ("met", "inferred"), ("missed", "qualitative"),
                                                         ("not expressible", "inferred"))],
            columns=["worldview", "verdict", "kind"],
        ),
        "made": pd.DataFrame({"worldview": PEOPLE, "view": "stated", "bend": 0.065}),
        "apart": pd.DataFrame(
            [("updated", "LOOP", a, b, 0.40 + 0.05 * i) for i, (a, b) in enumerate(pairs)],
            columns=["view", "event", "a", "b", "overlap"],
        ),
        "encodings": pd.DataFrame(
            [(name, view, "LOOP", 0.1 * i + away, 0.05) for i, name in enumerate(PEOPLE) for view in common.VIEWS
             for away in (0.31, 0.36, np.nan)],
            columns=["worldview", "view", "event", "by", "never"],
        ),
        "surprises": pd.DataFrame([(name, row) for name in PEOPLE for row in ("r1", "r2", "r3")], columns=["worldview", "id"]),
        "ledger": pd.DataFrame({"id": ["r1", "r2", "r3"], "published_on": ["2026-09-30", "", "2027-01-02"]}),
        "coverage": pd.DataFrame({"clock": ["published"], "stand": ["all"], "kind": ["horizon"], "outcomes": [20],
                                  "level": [0.8], "covered": [0.75], "low": [0.55], "high": [0.88]}),
        "leaning": pd.DataFrame([(name, kind, points) for name in PEOPLE for kind, points in (("share", -0.05), ("horizon", 0.02))],
                                columns=["worldview", "kind", "sensitivity"]),
        "curves": pd.DataFrame(
            [(name, "updated", "LOOP", "cdf", year, min(0.1 * (year - 2026.75), 0.9))
             for name in PEOPLE for year in np.arange(2026.75, 2060.1, 0.25)],
            columns=["worldview", "view", "event", "output_type", "year", "value"],
        ),
        "map-edges": pd.DataFrame({"event": ["ECON10", "ECON10"], "block": ["C8", "C1"], "share": [0.56, 0.44]}),
        "reached": pd.DataFrame([(name, "L", 0.03 + 0.01 * i) for i, name in enumerate(PEOPLE)],
                                columns=["worldview", "variable", "contraction"]),
    }  # fmt: skip


@pytest.fixture
def book(monkeypatch):
    """The tables that pages read; a test may change them."""
    found = tables()
    monkeypatch.setattr(common, "frame", lambda name: found[name])
    monkeypatch.setattr(common, "today", lambda: TODAY)
    monkeypatch.setattr(common, "_indexed", common._indexed.__wrapped__)
    return found


def changed(frame, column, to, **where):
    """The frame with one column changed, on the lines with these values or on all."""
    chosen = np.logical_and.reduce(
        [frame[name] == value for name, value in where.items()] or [np.ones(len(frame), dtype=bool)]
    )
    return frame.assign(**{column: frame[column].where(~chosen, to)})


def text(block):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", str(block())))


NUMBERS = [
    (objections.last_percent, "forecast", "value", 0.97, {"event": "RE"}),
    (objections.last_percent, "forecast", "value", 0.3, {"event": "SWX3"}),
    (objections.last_percent, "forecast", "value", 0.11, {"event": "LOOP", "output_type": "never"}),
    (objections.horizons, "headlines", "p", 0.2, {"without": "horizon"}),
    (objections.horizons, "points", "censored", "above", {"observed_on": "2026-02-01"}),
    (objections.self_reports, "scores", "rows", 30, {"selection": "without self-reports"}),
    (objections.self_reports, "scores", "difference", 9.0, {"selection": "without self-reports"}),
    (objections.self_reports, "moved", "change", -0.02, {}),
    (objections.one_laboratory, "headlines", "p", 0.2, {"without": "share"}),
    (objections.one_laboratory, "headlines", "never", 0.3, {"without": "share"}),
    (objections.one_laboratory, "scores", "difference", 9.0, {"selection": "without own employer's"}),
    (objections.stand_ins, "targets", "verdict", "not expressible", {"verdict": "missed"}),
    (objections.stand_ins, "apart", "overlap", 0.99, {"a": PEOPLE[0], "b": PEOPLE[1]}),
    (objections.stand_ins, "encodings", "by", 0.5, {"worldview": PEOPLE[0], "by": 0.31}),
    (objections.tuned, "targets", "verdict", "met", {"verdict": "missed"}),
    (objections.tuned, "made", "bend", 0.2, {}),
    (objections.tuned, "ledger", "published_on", "2027-03-01", {"id": "r1"}),
    (objections.tuned, "coverage", "covered", 0.6, {}),
    (objections.numbers_of_ours, "encodings", "by", 0.01, {"by": 0.31}),
    (objections.numbers_of_ours, "encodings", "never", 0.4, {"by": 0.31}),
    (objections.counted_twice, "scores", "votes", 3, {}),
    (objections.counted_twice, "scores", "difference_one_vote_each", 7.0, {}),
    (objections.counted_twice, "leaning", "sensitivity", 0.3, {"kind": "horizon"}),
    (objections.halts, "curves", "value", 0.2, {"year": 2031.0}),
    (objections.halts, "forecast", "value", 0.09, {"output_type_id": "PAUSE"}),
    (objections.economy, "forecast", "value", 0.44, {"event": "ECON10", "output_type_id": "2050-12-31"}),
    (objections.economy, "map-edges", "share", 0.2, {"block": "C8"}),
    (objections.economy, "reached", "contraction", 0.9, {"worldview": PEOPLE[0]}),
]  # fmt: skip


@pytest.mark.parametrize(("block", "name", "column", "to", "where"), NUMBERS)
def test_a_number_changes_with_its_table(book, block, name, column, to, where):
    before = text(block)
    book[name] = changed(book[name], column, to, **where)
    after = text(block)
    assert re.sub(r"\d", "", before) != before
    assert after != before


def test_each_of_the_ten_objections_on_the_page_has_a_number_of_its_own():
    page = (PAGES / "objections.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    called = [re.findall(r"^objections\.(\w+)\(\)$", section, re.MULTILINE) for section in sections]
    assert [len(names) for names in called] == [1] * 10
    assert {names[0] for names in called} == {block.__name__ for block, *_ in NUMBERS}
    assert all(section.count("**The critic.**") == section.count("**Our answer.**") == 1 for section in sections)


def test_every_objection_names_all_five(book):
    for block in {block for block, *_ in NUMBERS}:
        assert all(f"{name}.html" in block() for name in PEOPLE), block.__name__


def test_the_wait_for_the_last_tasks_is_re_less_the_loop(book):
    assert "90 40 50 20 7" in text(objections.last_percent)


def test_the_points_of_a_stream_are_the_headline_less_the_headline_without_it(book):
    assert "50 40 +10.0 ± 0.4 7 7" in text(objections.one_laboratory)


def test_a_tailored_score_is_shown_for_those_alone_whom_a_reporting_lab_employs(book):
    assert text(objections.one_laboratory).count("not their employer's") == 0  # an apostrophe is escaped
    assert text(objections.one_laboratory).count("not their employer&#x27;s") == 1


def test_pairs_whose_ranges_meet_are_counted_from_end_to_end(book):
    """Ranges of width 0.05, a tenth apart: none meet; one as wide as all meets every other."""
    assert "In 0 of 10 pairs" in text(objections.stand_ins)
    first = (book["encodings"]["worldview"] == PEOPLE[0]) & (book["encodings"]["by"] == 0.36)
    book["encodings"].loc[first, "by"] = 0.99
    assert "In 4 of 10 pairs" in text(objections.stand_ins)


def test_only_rows_published_after_the_files_were_written_count_as_unseen(book):
    """A row without its day of publication might have been seen, and does not count."""
    assert "0.065 3 1" in text(objections.tuned)


def test_a_row_that_only_a_refit_can_take_away_has_no_number(book):
    book["moved"] = book["moved"].assign(change=np.nan)
    assert "only a refit can tell" in text(objections.self_reports)


def test_an_encoding_that_failed_widens_no_range(book):
    assert "31 to 36" in text(objections.numbers_of_ours)
    book["encodings"] = book["encodings"].assign(by=np.nan)
    assert "nan" not in text(objections.numbers_of_ours)


def test_twice_the_weight_of_all_rows_is_that_of_each_kind_together(book):
    """-0.05 and 0.02: three points down, the chart of shares the heavier."""
    assert "-3.0 Shares of R&amp;D tasks at one lab (-5.0)" in text(objections.counted_twice)


def test_a_nought_has_no_minus(book):
    book["moved"] = book["moved"].assign(change=-1e-9)
    assert "+0.0" in text(objections.self_reports)
    assert "-0.0 " not in text(objections.self_reports)


YEARS = np.array([2027.0, 2028.0, 2029.0])


def test_without_a_halt_nothing_is_taken():
    assert objections.seen_despite(YEARS, np.array([0.1, 0.3, 0.7]), until=2029.0, halt=0.0) == pytest.approx(
        0.7, abs=1e-15
    )


def test_what_has_been_seen_already_cannot_be_halted():
    assert objections.seen_despite(YEARS, np.array([0.4, 0.4, 0.4]), until=2029.0, halt=0.5) == pytest.approx(
        0.4, abs=1e-15
    )


def test_a_halt_is_survived_year_by_year():
    expected = 0.1 + 0.2 * 0.9**0.5 + 0.4 * 0.9**1.5
    assert objections.seen_despite(YEARS, np.array([0.1, 0.3, 0.7]), until=2029.0, halt=0.1) == pytest.approx(expected)


def test_what_comes_after_the_day_asked_about_does_not_count():
    assert objections.seen_despite(YEARS, np.array([0.1, 0.3, 0.7]), until=2028.0, halt=0.0) == pytest.approx(
        0.3, abs=1e-15
    )


def test_whatever_the_threat_model_names_is_there_and_every_defence_is_held_by_a_test():
    page = (PAGES / "threats.md").read_text(encoding="utf-8")
    defences = [line for line in page.splitlines() if line.startswith("- ") and "; held by " in line]
    assert len(defences) > 10
    for defence in defences:
        where, held = (re.findall(r"`([\w./-]+)`", part) for part in defence.rsplit(". In ", 1)[1].split("; held by "))
        assert where
        assert held
        assert all(path.startswith("tests/") for path in held)
        assert [path for path in (*where, *held) if not (ROOT / path).exists()] == []
