"""What the ledger holds, and every way in which a file is refused."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.evidence import ledger, register
from forecast.evidence.rows import COLUMNS, content_id, level_of
from priors.problems import BadInput

ROW = {
    "series": "metr_horizon_p50_minutes",
    "subject": "GPT-7",
    "observed_on": "2026-10-01",
    "published_on": "2026-10-03",
    "value": "1500.5",
    "low": "800",
    "high": "4000",
    "interval": "95%CI",
    "level": "0.95",
    "bound": "exact",
    "unit": "minutes",
    "grade": "primary",
    "source_title": "METR time horizons",
    "source_url": "https://metr.org/horizons",
    "read_from": "owner/repo:file.yaml@abc",
    "note": "Measured twice.",
    "recorded_on": "2026-11-21",
    "supersedes": "",
    "retracts": "",
}
RETRACTION = dict.fromkeys(("value", "low", "high", "interval", "level"), "")


def row(**cells):
    """A good row but for `cells`, with the id of its content unless one is given."""
    made = {**ROW, **cells}
    return {"id": content_id(made), **made}


def as_csv(*rows, header=COLUMNS):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(header)
    writer.writerows([line.values() if isinstance(line, dict) else line for line in rows])
    return text.getvalue().encode()


def found_in(*rows):
    return examined(as_csv(*rows))


def examined(data):
    return ledger.examine(data, file="mine.csv", register=register.read())[1]


def test_the_packaged_ledger_has_no_problems_and_1016_rows_in_106_series():
    rows = ledger.read().rows
    assert ledger.problems() == []
    assert (len(rows), rows["series"].nunique()) == (1016, 106)


def test_the_packaged_ledger_is_sorted_so_that_it_diffs_well():
    rows = ledger.read().rows
    key = ["series", "observed_on", "subject", "published_on"]
    assert rows[key].equals(rows.sort_values(key, kind="stable")[key].reset_index(drop=True))


def test_every_forecast_by_others_is_in_the_ledger_and_none_of_it_has_a_model():
    entries = register.read().series
    assert all(entries[name].kind == "none" for name in entries if name.endswith(("_median_year", "_probability_pct")))


def test_a_good_row_has_no_problems():
    assert found_in(row()) == []


def test_numbers_days_and_blanks_have_their_own_types_in_the_frame(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(as_csv(row(published_on="", low="", high="", interval="", level="", note="")))
    line = ledger.read(path).rows.iloc[0]
    assert line["value"] == 1500.5
    assert line["observed_on"].date() == date(2026, 10, 1)
    assert line[["published_on", "low", "high", "level"]].isna().all()
    assert line["note"] == ""


@pytest.mark.parametrize(
    ("cells", "field", "expected"),
    [
        ({"observed_on": "1 Oct 2026"}, "observed_on", "YYYY-MM-DD"),
        ({"observed_on": "2026-02-30"}, "observed_on", "a day that exists"),
        ({"observed_on": "20261001"}, "observed_on", "YYYY-MM-DD"),
        ({"observed_on": "0026-10-01"}, "observed_on", "1990"),
        ({"published_on": "2026-12-01"}, "recorded_on", "no earlier than published_on"),
        ({"value": "700"}, "low", "at most the value"),
        ({"value": "4100"}, "high", "at least 4100"),
        ({"value": "nan"}, "value", "a number"),
        ({"value": "NaN"}, "value", "a number"),
        ({"value": "inf"}, "value", "a number"),
        ({"value": "1_500"}, "value", "a number"),
        ({"value": "１５００"}, "value", "a number"),
        ({"high": "1e999"}, "high", "a finite number"),
        ({"value": ""}, "value", "a number"),
        ({"unit": "hours"}, "unit", "'minutes'"),
        ({"unit": ""}, "unit", "some text"),
        ({"interval": ""}, "interval", "what low and high are"),
        ({"level": "0.9"}, "level", "0.95"),
        ({"level": "95"}, "level", "between 0 and 1"),
        ({"bound": "lower"}, "bound", "exact"),
        ({"bound": "about"}, "bound", "one of"),
        ({"grade": "hearsay"}, "grade", "one of"),
        ({"subject": "=HYPERLINK(1)"}, "subject", "formula"),
        ({"note": "+1"}, "note", "formula"),
        ({"note": "-1"}, "note", "formula"),
        ({"note": "@SUM(1)"}, "note", "formula"),
        ({"note": "\tSUM(1)"}, "note", "U+0009"),
        ({"note": "\rSUM(1)"}, "note", "U+000D"),
        ({"note": "a\x00b"}, "note", "U+0000"),
        ({"subject": "GPT\u202e7"}, "subject", "U+202E"),
        ({"subject": "GPT-7 "}, "subject", "no space"),
        ({"note": "x" * 5001}, "note", "5,000"),
        ({"source_url": "javascript:alert(1)"}, "source_url", "http"),
        ({"source_url": "https://"}, "source_url", "http"),
        ({"source_url": "https://a.b/<script>"}, "source_url", "http"),
        ({"read_from": "javascript:alert(1)"}, "read_from", "http"),
        ({"read_from": "see file:///etc"}, "read_from", "http"),
        ({"series": "METR horizon"}, "series", "snake_case"),
        ({"supersedes": "0123456789abcdef"}, "supersedes", "the id of a row"),
        ({"retracts": "not an id", **RETRACTION}, "retracts", "16 hexadecimal"),
        ({"id": "0123456789abcdef"}, "id", "hash of the row's content"),
    ],
)
def test_a_bad_cell_is_refused_with_file_row_field_and_remedy(cells, field, expected):
    problems = found_in(row(), row(subject="GPT-8"), row(**{"subject": "GPT-9", **cells}))
    assert [problem.where for problem in problems] == [f"row 4, {field}"]
    (problem,) = problems
    assert problem.file == "mine.csv"
    assert expected in problem.expected
    assert problem.remedy
    assert len(problem.found) < 400
    assert problem.found.isprintable()


def test_a_cell_of_ten_megabytes_is_refused_by_name_and_not_echoed():
    (problem,) = found_in(row(note="x" * 10_000_000))
    assert problem.where == "row 2, note"
    assert "10,000,000 characters" in problem.found
    assert len(str(problem)) < 300


def test_a_file_of_a_hundred_megabytes_is_not_even_parsed(tmp_path):
    path = tmp_path / "mine.csv"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    (problem,) = ledger.problems(path)
    assert problem.where == "the file"


def test_all_problems_of_a_file_come_at_once():
    problems = found_in(row(value="x", unit="", grade="?"), row(observed_on="y"), ["short"])
    assert {problem.where for problem in problems} == {
        "row 2, value",
        "row 2, unit",
        "row 2, grade",
        "row 3, observed_on",
        "row 4",
    }


def test_reading_a_bad_file_raises_every_problem_in_one_error(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(as_csv(row(value="x"), row(unit="")))
    with pytest.raises(BadInput) as caught:
        ledger.read(path)
    assert len(caught.value.problems) == 2


def test_two_rows_with_one_key_are_refused():
    (problem,) = found_in(row(), row(value="1600"))
    assert problem.where == "row 3, series, subject, observed_on and published_on"
    assert "row 2" in problem.expected


def test_the_same_row_twice_is_refused():
    (problem,) = found_in(row(), row())
    assert problem.where == "row 3, id"


def test_a_correction_may_share_the_key_of_the_row_that_it_supersedes():
    first = row()
    assert found_in(first, row(value="1600", supersedes=first["id"])) == []


def test_a_row_is_replaced_only_once():
    first = row()
    second, third = (row(value=value, supersedes=first["id"]) for value in ("1600", "1700"))
    assert "row 4, supersedes" in {problem.where for problem in found_in(first, second, third)}


def test_a_retraction_has_no_value_and_names_a_row():
    first = row()
    assert found_in(first, row(retracts=first["id"], note="Withdrawn.", **RETRACTION)) == []
    (problem,) = found_in(first, row(retracts=first["id"]))
    assert problem.where == "row 3, retracts"


def test_a_correction_stays_within_its_series():
    first = row()
    other = row(series="metr_horizon_p80_minutes", supersedes=first["id"])
    assert [problem.where for problem in found_in(first, other)] == ["row 3, supersedes"]


def test_an_unregistered_series_needs_one_unit_throughout():
    mine = [row(series="mine", subject=subject, unit=unit) for subject, unit in (("a", "m"), ("b", "km"))]
    (problem,) = found_in(*mine)
    assert problem.where == "row 3, unit"


def test_a_wrong_header_is_told_by_its_columns():
    (problem,) = examined(as_csv(row(), header=[*COLUMNS[:-1], "colour"]))
    assert problem.where == "row 1, the header"
    assert "retracts" in problem.found
    assert "colour" in problem.found


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", as_csv(row())[:-1] + b'"x', b"\x00" * 100])
def test_what_is_no_csv_is_a_problem_and_not_a_crash(data):
    assert examined(data)


def test_a_file_that_is_not_there_is_a_problem(tmp_path):
    (problem,) = ledger.problems(tmp_path / "none.csv")
    assert "No such file" in problem.found


def test_an_id_depends_on_content_and_not_on_the_day_of_recording():
    assert content_id(row()) == content_id(row(recorded_on="2026-12-01"))
    assert content_id(row()) != content_id(row(note="Measured once."))


@pytest.mark.parametrize(
    ("interval", "level"),
    [("95%CI", 0.95), ("90% measurement interval", 0.9), ("mean±1SEM", 0.6827), ("published range", None), ("", None)],
)
def test_the_level_is_the_mass_that_an_interval_states(interval, level):
    assert level_of(interval) == level


odd_cells = st.one_of(
    st.sampled_from(["", "nan", "1e400", "-0", "0026-01-01", "2026-02-30", "=1", '"', "\x00", "https://[", "x" * 6000]),
    st.dates().map(str),
    st.floats().map(repr),
    st.integers(10**30).map(str),
    st.text(max_size=20),
    st.sampled_from(list(ROW.values())),
)
some_cells = st.dictionaries(st.sampled_from(COLUMNS), odd_cells, max_size=4)
odd_rows = st.one_of(
    some_cells.map(lambda cells: list({**row(), **cells}.values())),
    some_cells.map(lambda cells: list(row(**{name: cell for name, cell in cells.items() if name in ROW}).values())),
    st.lists(odd_cells, max_size=22),
)


@settings(max_examples=150, deadline=None)
@given(lines=st.lists(odd_rows, max_size=4), tail=st.binary(max_size=8))
def test_whatever_a_file_holds_only_bad_input_may_escape(tmp_path_factory, lines, tail):
    path = tmp_path_factory.mktemp("odd") / "mine.csv"
    path.write_bytes(as_csv(*lines) + tail)
    problems = ledger.problems(path)
    assert all(problem.found and problem.expected and problem.remedy for problem in problems)
    if problems:
        with pytest.raises(BadInput) as caught:
            ledger.read(path)
        assert list(caught.value.problems) == problems
    else:
        rows = ledger.read(path).rows
        assert (rows["low"].isna() | (rows["low"] <= rows["value"])).all()


# The user's own rows on top

DECEMBER = date(2026, 12, 1)


def own(**cells):
    """A row as a user gives it: no id and no day of recording."""
    return {name: cell for name, cell in row(**cells).items() if name not in ("id", "recorded_on")}


@pytest.fixture
def base(tmp_path):
    """A stand-in for the packaged file: returns a function that writes rows to it."""

    def write(*rows):
        path = tmp_path / "observations.csv"
        path.write_bytes(as_csv(*rows))
        return path

    return write


def add(folder, *cells, path, day=DECEMBER):
    return ledger.add(folder, cells, path=path, recorded_on=day).added


def conflicts(folder, *, path):
    with pytest.raises(BadInput) as caught:
        ledger.read(path, own=folder)
    return caught.value.problems


def test_an_empty_folder_changes_nothing_about_the_ledger(own_ledger):
    plain, empty = ledger.read(), ledger.read(own=own_ledger)
    assert plain.rows.equals(empty.rows)
    assert (plain.sha256, plain.own_head) == (empty.sha256, empty.own_head) == (plain.sha256, "")


def test_own_rows_come_after_the_packaged_ones(own_ledger):
    (key,) = ledger.add(own_ledger, [own()]).added
    found = ledger.read(own=own_ledger)
    assert found.rows.iloc[:-1].equals(ledger.read().rows)
    assert found.rows["id"].iloc[-1] == key == content_id(row())
    assert found.own_head != ""


def test_the_hash_covers_the_file_the_own_rows_and_the_register(own_ledger, base):
    seen = {ledger.read(base(row())).sha256, ledger.read(base(row(value="1600"))).sha256}
    path = base(row())
    add(own_ledger, own(subject="GPT-8"), path=path)
    seen.add(ledger.read(path, own=own_ledger).sha256)
    add(own_ledger, own(subject="GPT-9"), path=path)
    seen.add(ledger.read(path, own=own_ledger).sha256)
    (own_ledger / "register.toml").write_text('[series.mine]\nkind = "none"\nunit = "m"\ncruxes = []\nwhy = "a test"\n')
    seen.add(ledger.read(path, own=own_ledger).sha256)
    assert len(seen) == 5


def test_a_row_that_the_package_has_is_known_and_not_stored(own_ledger):
    line = next(iter(ledger.cells_by_id().values()))
    done = ledger.add(own_ledger, [{**line, "id": "", "recorded_on": ""}])
    assert (done.added, done.known) == ((), (line["id"],))
    assert ledger.read(own=own_ledger).own_head == ""


def test_an_own_row_may_correct_or_withdraw_a_packaged_one(own_ledger, base):
    first, second = row(), row(subject="GPT-8")
    path = base(first, second)
    add(own_ledger, own(value="1600", supersedes=first["id"]), path=path)
    add(own_ledger, own(subject="GPT-8", retracts=second["id"], **RETRACTION), path=path)
    assert len(ledger.read(path, own=own_ledger).rows) == 4


def test_all_problems_of_new_rows_come_at_once_and_nothing_is_stored(own_ledger, base):
    path = base(row())
    bad = (own(value="x", grade="?"), own(subject="GPT-8", unit="hours"), own(value="1600"), own(subject="GPT-9"))
    with pytest.raises(BadInput) as caught:
        ledger.add(own_ledger, bad, path=path)
    assert [(problem.file, problem.where.partition(",")[0]) for problem in caught.value.problems] == [
        ("new rows", "row 1"), ("new rows", "row 1"), ("new rows", "row 2"), ("new rows", "row 3"),
    ]  # fmt: skip
    assert ledger.read(path, own=own_ledger).own_head == ""


def test_a_new_row_under_the_key_of_a_packaged_one_is_a_conflict_with_a_remedy(own_ledger, base):
    path = base(first := row())
    with pytest.raises(BadInput) as caught:
        add(own_ledger, own(value="1600"), path=path)
    (problem,) = caught.value.problems
    assert "row 2 of observations.csv" in problem.expected
    assert first["id"] in problem.remedy
    assert "retract" in problem.remedy


def test_a_clock_that_is_behind_does_not_date_a_row_before_the_packaged_ones(own_ledger, base):
    path = base(first := row())
    add(own_ledger, own(value="1600", supersedes=first["id"]), path=path, day=date(2001, 1, 1))
    assert ledger.read(path, own=own_ledger).rows["recorded_on"].dt.date.tolist() == [date(2026, 11, 21)] * 2


def test_a_newer_package_may_ship_a_row_of_the_users_which_then_counts_once_as_first_recorded(own_ledger, base):
    path = base(row())
    add(own_ledger, mine := own(subject="GPT-8"), path=path)
    newer = base(row(), row(**{**mine, "recorded_on": "2027-02-01"}))
    found = ledger.read(newer, own=own_ledger).rows
    assert list(found["subject"]) == ["GPT-7", "GPT-8"]
    assert found["recorded_on"].dt.date.tolist() == [date(2026, 11, 21), DECEMBER]
    (correction,) = add(own_ledger, own(subject="GPT-8", value="1600", supersedes=content_id(mine)), path=newer)
    assert correction in set(ledger.read(newer, own=own_ledger).rows["id"])


def test_a_newer_package_with_another_value_is_a_conflict_that_a_retraction_ends(own_ledger, base):
    (mine,) = add(own_ledger, own(subject="GPT-8"), path=base(row()))
    newer = base(row(), row(subject="GPT-8", value="1600"))
    (problem,) = conflicts(own_ledger, path=newer)
    assert (problem.file, mine in problem.remedy) == ("observations.jsonl", True)
    add(own_ledger, own(subject="GPT-8", retracts=mine, **RETRACTION), path=newer)
    assert len(ledger.read(newer, own=own_ledger).rows) == 4


@pytest.mark.parametrize("further", [False, True])
def test_a_newer_package_that_corrects_what_the_user_corrected_is_a_conflict_that_retractions_end(
    own_ledger, base, further
):
    first = row()
    (mine,) = add(own_ledger, own(value="1600", supersedes=first["id"]), path=base(first))
    if further:
        (mine,) = add(own_ledger, own(value="1650", supersedes=mine), path=base(first))
    newer = base(first, row(value="1700", supersedes=first["id"]))
    found = conflicts(own_ledger, path=newer)
    assert any(mine in problem.remedy for problem in found)
    add(own_ledger, own(retracts=mine, **RETRACTION), path=newer)
    ledger.read(newer, own=own_ledger)


def test_a_newer_package_that_corrects_or_withdraws_what_the_user_withdrew_is_no_conflict(own_ledger, base):
    first = row()
    add(own_ledger, own(retracts=first["id"], **RETRACTION), path=base(first))
    ledger.read(base(first, row(value="1700", supersedes=first["id"])), own=own_ledger)
    ledger.read(base(first, row(retracts=first["id"], note="Slip.", **RETRACTION)), own=own_ledger)


def test_a_row_whose_correction_was_withdrawn_can_be_corrected_again(own_ledger, base):
    path = base(first := row())
    (wrong,) = add(own_ledger, own(value="1600", supersedes=first["id"]), path=path)
    add(own_ledger, own(retracts=wrong, **RETRACTION), path=path)
    add(own_ledger, own(supersedes=first["id"]), path=path)
    assert ledger.read(path, own=own_ledger).rows["value"].iloc[-1] == 1500.5


def test_a_newer_package_with_another_unit_for_a_series_of_the_users_is_a_conflict_that_a_retraction_ends(
    own_ledger, base
):
    (mine,) = add(own_ledger, own(series="mine", unit="m"), path=base(row()))
    newer = base(row(series="mine", unit="km", subject="GPT-8"))
    assert {problem.where for problem in conflicts(own_ledger, path=newer)} == {"row 1, unit"}
    add(own_ledger, own(series="mine", unit="m", retracts=mine, **RETRACTION), path=newer)
    ledger.read(newer, own=own_ledger)


# The user's own register

MINE = '[series.mine]\nkind = "pace"\nunit = "x"\ncruxes = ["C2"]\ntransform = "identity"\n'


def overlaid(folder, text):
    folder.mkdir(exist_ok=True)
    (folder / "register.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return ledger.read(own=folder).register


def test_an_entry_of_ones_own_stands_beside_the_packaged_ones(own_ledger):
    found = overlaid(own_ledger, MINE)
    assert found.series["mine"].kind == "pace"
    assert {name: entry for name, entry in found.series.items() if name != "mine"} == register.read().series


def test_an_entry_of_ones_own_replaces_the_packaged_one_of_its_name(own_ledger):
    unread = 'kind = "none"\nunit = "minutes"\ncruxes = []\nwhy = "not in my view"\n'
    found = overlaid(own_ledger, f"[series.metr_horizon_p50_minutes_cheating_as_failure]\n{unread}")
    assert found.series["metr_horizon_p50_minutes_cheating_as_failure"].why == "not in my view"


def test_a_new_edition_needs_its_family_whole(own_ledger):
    name = "metr_horizon_p50_minutes"
    entry = 'family = "metr_p50"\nkind = "horizon"\nunit = "minutes"\ncruxes = ["C1"]\ntransform = "log"\n'
    with pytest.raises(BadInput, match=r"families\.metr_p50"):
        overlaid(own_ledger, f"[series.{name}_v1_2]\n{entry}")
    old = register.read().families["metr_p50"].vintages
    days = [f'{{series = "{v.series}", current_from = {v.current_from}}}' for v in old]
    days.append(f'{{series = "{name}_v1_2", current_from = 2026-12-01}}')
    family = f'[families.metr_p50]\nwhat = "METR"\nvintages = [{", ".join(days)}]\n'
    assert len(overlaid(own_ledger, f"{family}[series.{name}_v1_2]\n{entry}").families["metr_p50"].vintages) == 5


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[series", "the file"),
        (b"\xff", "the file"),
        ("x = " + "[" * 10_000, "the file"),
        ("#" * (2**20 + 1), "the file"),
        ("colour = 1", "colour"),
        ('[series.mine]\nkind = "pace"\nunit = "x"\n', "series.mine.cruxes"),
        (MINE.replace('transform = "identity"', ""), "series.mine.transform"),
        (MINE.replace("series.mine", "series.metr_horizon_p50_minutes"), "series.metr_horizon_p50_minutes.unit"),
    ],
)
def test_a_bad_register_of_ones_own_is_refused_by_name(own_ledger, text, where):
    with pytest.raises(BadInput) as caught:
        overlaid(own_ledger, text)
    assert where in {problem.where for problem in caught.value.problems}
    assert {problem.file for problem in caught.value.problems} == {"your register.toml"}
