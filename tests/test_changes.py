"""What an import would change."""

from datetime import date

import pytest

from forecast.evidence import changes, importers
from forecast.evidence import ledger as ledgers
from forecast.evidence.importers.parsed import Parsed
from tests.fixtures.build import HERE, metr_yaml_of, own_row, table

DAY = date(2026, 11, 21)


def of(*rows, format="metr"):
    return Parsed(format=format, source="made up", cells=rows, skipped=())


def metr(tmp_path, text):
    path = tmp_path / "benchmark_results_1_1.yaml"
    path.write_text(text)
    return importers.read(path, fetched_on=DAY)


@pytest.fixture
def row(ledger):
    """The ledger's row of Claude Opus 4.6, as an importer would give it."""
    parsed = importers.read(HERE / "metr_1_1.yaml", fetched_on=DAY)
    return next(one for one in parsed.cells if one["subject"] == "Claude Opus 4.6" and "p50" in one["series"])


def test_a_file_with_what_the_ledger_has_changes_nothing(ledger, tmp_path):
    plan = changes.plan(ledger, metr(tmp_path, metr_yaml_of(ledger.rows)), day=DAY)
    assert (plan.new, plan.changed, plan.conflicts) == ((), (), ())
    assert len(plan.known) == 52


def test_a_corrected_value_supersedes_from_the_day_of_the_fetch(ledger, tmp_path):
    text = metr_yaml_of(ledger.rows).replace("718.80683", "700.5")
    (change,) = changes.plan(ledger, metr(tmp_path, text), day=DAY).changed
    assert change.row["supersedes"] == change.old["id"]
    assert (change.row["value"], change.row["published_on"]) == ("700.5", "2026-11-21")
    assert change.row["note"].endswith("Replaces 718.807.")


def test_the_old_value_stays_the_truth_of_earlier_days(ledger, tmp_path, row):
    from forecast.evidence.asof import public_on

    plan = changes.plan(ledger, of(row | {"value": "700.5"}), day=DAY)
    ledgers.add(tmp_path / "own", changes.rows_to_add(plan))
    book = ledgers.read(own=tmp_path / "own")

    def value(day):
        rows = public_on(book, day)
        rows = rows[(rows["series"] == row["series"]) & (rows["subject"] == row["subject"])]
        return rows["value"].tolist()

    assert value(date(2026, 11, 20)) == [718.80683]
    assert value(DAY) == [700.5]


def test_what_was_stored_is_known_the_next_time(ledger, tmp_path):
    parsed = importers.read(HERE / "metr_1_1.yaml", fetched_on=DAY)
    ledgers.add(tmp_path, changes.rows_to_add(changes.plan(ledger, parsed, day=DAY)))
    again = changes.plan(ledgers.read(own=tmp_path), parsed, day=DAY)
    assert (again.new, again.changed, again.conflicts) == ((), (), ())
    assert len(again.known) == 6


def test_a_value_that_goes_back_is_a_change_again(ledger, tmp_path, row):
    changed = changes.plan(ledger, of(row | {"value": "700.5"}), day=DAY)
    ledgers.add(tmp_path, changes.rows_to_add(changed))
    (change,) = changes.plan(ledgers.read(own=tmp_path), of(row), day=DAY).changed
    assert change.old["value"] == 700.5


@pytest.mark.parametrize(
    ("changed", "known"),
    [
        ({"value": "718.8068299"}, True),
        ({"value": "718.80684"}, False),
        ({"low": "", "high": "", "interval": "", "level": ""}, False),
        ({"bound": "lower", "low": "", "high": "", "interval": "", "level": ""}, False),
        ({"high": "3633.7861631"}, True),
        ({"high": "3634"}, False),
    ],
)
def test_the_digits_that_the_ledger_has_decide(ledger, row, changed, known):
    plan = changes.plan(ledger, of(row | changed), day=DAY)
    assert (len(plan.known), len(plan.changed)) == ((1, 0) if known else (0, 1))


def test_ends_made_of_two_rounded_numbers_may_be_off_by_a_digit(ledger):
    old = ledger.rows[(ledger.rows["subject"] == "Kimi K2.6") & (ledger.rows["interval"] == "mean±1SE")].iloc[0]
    row = {"bound": "exact", "interval": "mean±1SE", "value": "76.6529", "low": "74.728", "high": "78.5778"}
    assert old["high"] == 78.57
    assert changes.same(row, old)
    assert not changes.same(row | {"high": "78.5901"}, old)
    assert not changes.same(row | {"interval": "95%CI"}, old)


def test_large_numbers_are_not_equal_because_their_exponents_are(ledger):
    assert changes._equal("1e24", 1e24)
    assert not changes._equal("1.2e24", 1e24)


def test_a_subject_that_the_ledger_dates_otherwise_is_left_to_the_user(ledger, row):
    plan = changes.plan(ledger, of(row | {"observed_on": "2026-02-06"}), day=DAY)
    ((_, why),) = plan.conflicts
    assert "2026-02-05" in why
    assert not plan.new


def test_a_survey_may_be_repeated_in_a_csv_of_ones_own(ledger, row):
    assert changes.plan(ledger, of(row | {"observed_on": "2026-02-06"}, format="csv"), day=DAY).new


def test_an_older_file_corrects_nothing(ledger, row):
    plan = changes.plan(ledger, of(row | {"value": "870.0"}), day=date(2026, 2, 22))
    ((_, why),) = plan.conflicts
    assert "an older file" in why
    assert not plan.changed


def test_a_withdrawn_value_does_not_come_back_by_itself(ledger, tmp_path, row):
    (held,) = [one for one in ledgers.cells_by_id().values() if one["value"] == "718.80683"]
    blank = dict.fromkeys(("id", "value", "low", "high", "interval", "level", "recorded_on", "published_on"), "")
    ledgers.add(tmp_path, [held | blank | {"retracts": held["id"], "note": "Made up."}])
    book = ledgers.read(own=tmp_path)
    assert "withdrawn" in changes.plan(book, of(row), day=DAY).conflicts[0][1]
    assert changes.plan(book, of(row | {"value": "700.5"}), day=DAY).new


def test_another_unit_is_left_to_the_user(ledger, row):
    assert "hours" in changes.plan(ledger, of(row | {"unit": "hours", "value": "11"}), day=DAY).conflicts[0][1]


def test_two_rows_of_a_file_do_not_replace_one_row(ledger, row):
    plan = changes.plan(ledger, of(row | {"value": "700.5"}, row | {"value": "701.5"}, format="csv"), day=DAY)
    assert (len(plan.changed), len(plan.conflicts)) == (1, 1)


def test_a_key_that_the_ledger_holds_twice_is_not_guessed(ledger):
    held = ledger.rows[
        (ledger.rows["series"] == "hyperscaler_capex_2026_guidance_usd") & (ledger.rows["subject"] == "Meta")
    ]
    cells = ledgers.cells_by_id()[held["id"].iloc[0]]
    found = {name: cells[name] for name in own_row()} | {"value": "1.0", "low": "", "high": "", "note": "x"}
    found |= {"interval": "", "level": ""}
    assert "say in supersedes" in changes.plan(ledger, of(found, format="csv"), day=DAY).conflicts[0][1]


def test_a_row_may_say_itself_what_it_replaces(ledger, tmp_path):
    target = ledger.rows[ledger.rows["subject"] == "Claude Opus 4.6"].iloc[0]
    own = own_row(series=target["series"], subject="Claude Opus 4.6", unit=target["unit"], supersedes=target["id"])
    path = tmp_path / "mine.csv"
    path.write_text(table(list(own), own, own | {"supersedes": "0" * 16, "subject": "Other"}))
    plan = changes.plan(ledger, importers.read(path, fetched_on=DAY), day=DAY)
    assert [change.old["id"] for change in plan.changed] == [target["id"]]
    assert plan.changed[0].row["published_on"] == "2026-09-02"
    assert "does not have" in plan.conflicts[0][1]
