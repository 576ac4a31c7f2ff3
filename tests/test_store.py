"""The store of the user's own rows: nothing that was stored is ever lost, changed or stored twice."""

import errno
import json
import os
import resource
import subprocess
import sys
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.evidence import ledger, store
from forecast.evidence.rows import COLUMNS, content_id
from priors.problems import BadInput, Problem
from tests.store_writers import observation
from tests.test_ledger import ROW, as_csv, row

TODAY = date(2026, 12, 1)
ROOT = Path(__file__).parent.parent


def anything_goes(stored, new):
    return []


def put(folder, *subjects, day=TODAY):
    rows = [observation(subject) for subject in subjects]
    return store.append(folder, rows, recorded_on=day, check=anything_goes)


def subjects(folder):
    return [row["subject"] for row in store.read(folder).rows]


def in_another_process(what, folder, count):
    command = [sys.executable, "-m", "tests.store_writers", what, str(folder), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# What a store is


def test_a_folder_that_is_not_there_holds_no_rows_and_reading_it_makes_none(tmp_path):
    assert store.read(tmp_path / "none") == store.Stored(rows=[], head="")
    assert list(tmp_path.iterdir()) == []


def test_a_row_comes_back_cell_by_cell_with_its_id_and_day(tmp_path):
    given = observation("a")
    done = store.append(tmp_path, [given], recorded_on=TODAY, check=anything_goes)
    (found,) = store.read(tmp_path).rows
    blank = dict.fromkeys(COLUMNS, "")
    assert found == {**blank, **given, "id": content_id(given), "recorded_on": "2026-12-01"}
    assert done == store.Appended(added=(found["id"],), known=())


def test_a_row_added_twice_is_stored_once(tmp_path):
    (first,) = put(tmp_path, "a").added
    before = (tmp_path / store.FILE).read_bytes()
    assert put(tmp_path, "a", day=date(2026, 12, 5)) == store.Appended(added=(), known=(first,))
    assert (tmp_path / store.FILE).read_bytes() == before
    assert put(tmp_path, "b", "b").added == put(tmp_path, "b").known


def test_the_option_comes_before_the_variable_and_the_variable_before_the_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("RSI_LEDGER", str(tmp_path))
    assert store.folder(Path("here")) == Path("here")
    assert store.folder(None) == tmp_path
    monkeypatch.delenv("RSI_LEDGER")
    assert store.folder(None).parts[-2:] == ("rsi-cruxes", "ledger")


def test_no_row_is_recorded_before_the_newest_row_of_the_store(tmp_path):
    put(tmp_path, "a", day=date(2026, 12, 9))
    put(tmp_path, "b", day=date(2026, 12, 1))
    assert [row["recorded_on"] for row in store.read(tmp_path).rows] == ["2026-12-09", "2026-12-09"]


def test_the_check_sees_what_is_stored_and_what_is_new_and_its_veto_stores_nothing(tmp_path):
    put(tmp_path, "a")
    before = (tmp_path / store.FILE).read_bytes()
    problem = Problem(file="f", where="w", found="x", expected="y", remedy="Mend it.")

    def veto(stored, new):
        assert ([row["subject"] for row in stored], [row["subject"] for row in new]) == (["a"], ["b", "c"])
        return [problem, problem]

    with pytest.raises(BadInput) as caught:
        store.append(tmp_path, [observation("b"), observation("c")], check=veto)
    assert caught.value.problems == (problem, problem)
    assert (tmp_path / store.FILE).read_bytes() == before


@pytest.mark.parametrize("cells", [{"colour": "red"}, {"value": 1.5}, {"value": None}])
def test_what_is_no_cell_is_refused(tmp_path, cells):
    with pytest.raises(BadInput):
        store.append(tmp_path, [{**observation("a"), **cells}], check=anything_goes)
    assert list(tmp_path.iterdir()) == []


def test_another_row_under_the_id_of_a_stored_one_is_not_taken_for_it(tmp_path):
    (key,) = ledger.add(tmp_path, [observation("a")]).added
    with pytest.raises(BadInput, match="hash of the row's content"):
        ledger.add(tmp_path, [{**observation("b"), "id": key}])


def test_a_file_never_grows_beyond_what_is_read(tmp_path, monkeypatch):
    put(tmp_path, "a")
    monkeypatch.setattr(store, "LARGEST_FILE", (tmp_path / store.FILE).stat().st_size + 100)
    with pytest.raises(BadInput, match="bytes"):
        put(tmp_path, "b")
    assert subjects(tmp_path) == ["a"]


# Damage


def test_a_last_row_cut_anywhere_is_passed_over_and_replaced_by_the_next(tmp_path):
    put(tmp_path, "a", "b")
    path = tmp_path / store.FILE
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    assert put(tmp_path, "c").added
    (expected,) = store.read(tmp_path).rows[2:]
    for length in range(len(whole) - first):
        path.write_bytes(whole[: first + length])
        kept = ["a", "b"] if first + length == len(whole) - 1 else ["a"]
        assert subjects(tmp_path) == kept, length
        if length % 40 in (0, 1) or len(kept) == 2:
            put(tmp_path, "c")
            assert subjects(tmp_path) == [*kept, "c"]
            assert store.read(tmp_path).rows[-1] == expected


def test_a_whole_last_row_that_lost_its_line_end_is_kept(tmp_path):
    put(tmp_path, "a", "b")
    path = tmp_path / store.FILE
    whole = path.read_bytes()
    path.write_bytes(whole.rstrip(b"\n"))
    head = store.read(tmp_path).head
    put(tmp_path, "c")
    assert path.read_bytes().startswith(whole)
    assert subjects(tmp_path) == ["a", "b", "c"]
    assert json.loads(path.read_bytes().splitlines()[2])["prev"] == head


def test_zeros_after_a_power_cut_are_passed_over(tmp_path):
    put(tmp_path, "a")
    with (tmp_path / store.FILE).open("ab") as file:
        file.write(bytes(4096))
    put(tmp_path, "b")
    assert subjects(tmp_path) == ["a", "b"]


def changed(lines, number, old, new):
    assert old in lines[number]
    return [*lines[:number], lines[number].replace(old, new), *lines[number + 1 :]]


@pytest.mark.parametrize(
    ("damage", "row"),
    [
        (lambda lines: changed(lines, 1, b"1500.5", b"1600.5"), 2),
        (lambda lines: changed(lines, 1, b'"seq":2', b'"seq":3'), 2),
        (lambda lines: changed(lines, 0, b'"prev":""', b'"prev":"x"'), 1),
        (lambda lines: changed(lines, 1, b'"value":', b'"value": '), 2),
        (lambda lines: changed(lines, 2, b'"unit"', b'"tinu"'), 3),
        (lambda lines: [lines[0], lines[2], lines[1]], 2),
        (lambda lines: [lines[0], lines[2]], 2),
        (lambda lines: lines[1:], 1),
        (lambda lines: [*lines, lines[1]], 4),
        (lambda lines: [*lines, b""], 4),
        (lambda lines: [lines[0], b"[" * 100_000, lines[2]], 2),
        (lambda lines: [lines[0], b"9" * 5_000, lines[2]], 2),
        (lambda lines: [lines[0], b"\xff\xfe", lines[2]], 2),
        (lambda lines: [lines[0], b'{"id":"\\ud800"}', lines[2]], 2),
        (lambda lines: [line + b"\r" for line in lines], 1),
    ],
)
def test_a_changed_file_is_refused_by_row_with_a_remedy_and_left_alone(tmp_path, damage, row):
    put(tmp_path, "a", "b", "c")
    path = tmp_path / store.FILE
    path.write_bytes(bad := b"".join(line + b"\n" for line in damage(path.read_bytes().splitlines())))
    for act in (lambda: store.read(tmp_path), lambda: put(tmp_path, "d")):
        with pytest.raises(BadInput) as caught:
            act()
        (problem,) = caught.value.problems
        assert (problem.file, problem.where) == (store.FILE, f"row {row}")
        assert "restore it from a copy" in problem.remedy
        assert path.read_bytes() == bad


def test_rows_whose_line_ends_were_changed_are_not_taken_for_a_torn_one(tmp_path):
    put(tmp_path, "a", "b")
    path = tmp_path / store.FILE
    path.write_bytes(bad := path.read_bytes().replace(b"\n", b"\r"))
    with pytest.raises(BadInput):
        put(tmp_path, "c")
    assert path.read_bytes() == bad


def test_a_file_too_large_to_be_ours_is_not_read(tmp_path):
    with (tmp_path / store.FILE).open("wb") as file:
        file.truncate(store.LARGEST_FILE + 1)
    with pytest.raises(BadInput, match="bytes"):
        store.read(tmp_path)


@pytest.mark.parametrize("act", [store.read, lambda folder: put(folder, "a")])
def test_a_file_in_the_place_of_the_folder_is_told_in_words(tmp_path, act):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BadInput, match=r"Not a directory|File exists"):
        act(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


# A full disk


def full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def files_no_larger_than(size):
    """No file of this process can grow beyond as many bytes: lifted before pytest writes to its own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def refused_and_unchanged(folder):
    path = folder / store.FILE
    before = path.read_bytes() if path.exists() else b""
    with pytest.raises(BadInput) as caught:
        put(folder, "b", "c")
    assert path.read_bytes() == before if path.exists() else before == b""
    (problem,) = caught.value.problems
    assert problem.remedy.startswith("Nothing was stored.")
    return problem.found


@pytest.mark.parametrize("start", [(), ("a",)])
def test_a_disk_that_fills_while_syncing_stores_nothing(tmp_path, monkeypatch, start):
    put(tmp_path, *start)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert "No space left" in refused_and_unchanged(tmp_path)
    put(tmp_path, "b")
    assert subjects(tmp_path) == [*start, "b"]


def test_a_disk_that_fills_in_the_middle_of_a_row_stores_nothing(tmp_path, monkeypatch):
    put(tmp_path, "a")
    write, room = os.write, [300]

    def write_while_there_is_room(handle, data):
        if not room:
            full()
        return write(handle, data[: room.pop()])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", write_while_there_is_room)
        assert "No space left" in refused_and_unchanged(tmp_path)
    put(tmp_path, "b")
    assert subjects(tmp_path) == ["a", "b"]


def test_a_limit_of_the_system_on_the_file_stores_nothing(tmp_path):
    put(tmp_path, "a")
    with files_no_larger_than((tmp_path / store.FILE).stat().st_size + 700):
        found = refused_and_unchanged(tmp_path)
    assert "File too large" in found


def test_a_disk_that_does_not_keep_what_it_took_stores_nothing(tmp_path, monkeypatch):
    put(tmp_path, "a")
    write = os.write
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda handle, data: write(handle, data.replace(b"1500", b"1501")))
        assert "does not hold what was written" in refused_and_unchanged(tmp_path)


def test_an_interrupted_write_stores_nothing(tmp_path, monkeypatch):
    put(tmp_path, "a")
    before = (tmp_path / store.FILE).read_bytes()

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        put(tmp_path, "b")
    assert (tmp_path / store.FILE).read_bytes() == before


# Several writers, and killed ones


def test_while_one_writes_another_waits_and_says_so_if_it_is_too_long(tmp_path, monkeypatch):
    put(tmp_path, "a")
    monkeypatch.setattr(store, "LOCK_SECONDS", 0.05)
    with FileLock(tmp_path / f"{store.FILE}.lock"), pytest.raises(BadInput, match="locked by another process"):
        put(tmp_path, "b")
    put(tmp_path, "b")
    assert subjects(tmp_path) == ["a", "b"]


def test_a_hundred_rows_of_ten_processes_are_all_stored_and_none_twice(tmp_path):
    named = in_another_process("together", tmp_path, 10)["named"]
    stored = [row["id"] for row in store.read(tmp_path).rows]
    assert sorted(named) == sorted(stored)
    assert len(set(stored)) == len(stored) == 101


def killed(tmp_path, trials):
    found = in_another_process("kill", tmp_path, trials)
    rows = store.read(tmp_path).rows
    assert len(rows) == found["rows"] >= 1
    assert len({row["id"] for row in rows}) == len(rows)


def test_a_killed_writer_loses_at_most_the_row_it_was_writing(tmp_path):
    killed(tmp_path, 15)


@pytest.mark.slow
def test_two_hundred_killed_writers_lose_at_most_the_rows_they_were_writing(tmp_path):
    killed(tmp_path, 200)


# Anything at all

odd_cells = st.one_of(
    st.text(max_size=12),
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Co"]), max_size=3),
    st.floats().map(repr),
    st.dates().map(str),
    st.sampled_from(
        ["", "=1", "1_000", "0x1", "javascript:alert(1)", '"},{"', "\\", "\u2028", "é", "e\u0301", "٣", *ROW.values()]
    ),
)


@settings(max_examples=150, deadline=None)
@given(changes=st.lists(st.dictionaries(st.sampled_from(COLUMNS), odd_cells, max_size=3), min_size=1, max_size=3))
def test_whatever_the_cells_hold_they_come_back_exactly_or_are_refused(tmp_path_factory, changes):
    place = tmp_path_factory.mktemp("odd")
    base, folder = place / "base.csv", place / "own"
    base.write_bytes(as_csv(row(subject="another")))
    cells = [{**observation("a"), **cells} for cells in changes]
    try:
        done = ledger.add(folder, cells, path=base, recorded_on=TODAY)
    except BadInput:
        assert store.read(folder).rows == []
        return
    stored = {row["id"]: row for row in store.read(folder).rows}
    assert tuple(stored) == done.added
    for given_cells in cells:
        key = given_cells.get("id") or content_id(given_cells)
        assert {**stored[key], "recorded_on": ""} == {
            **dict.fromkeys(COLUMNS, ""), **given_cells, "id": key, "recorded_on": "",
        }  # fmt: skip
    assert len(ledger.read(base, own=folder).rows) == 1 + len(stored)
