"""The tables of the book: kept whole, refused when stale or changed, and shown without trusting what they hold."""

import json
from concurrent.futures import Future

import numpy as np
import pandas as pd
import pytest

import priors
from cruxes.publication import html, prepare, store
from cruxes.publication.store import Stale
from tests.conftest import TODAY


@pytest.fixture
def book(ledger, tmp_path, monkeypatch):
    monkeypatch.setenv("RSI_ARTEFACTS", str(tmp_path))
    store.opened.cache_clear()
    yield store.begin(ledger, day=TODAY, seed=1)
    store.opened.cache_clear()


TABLE = pd.DataFrame({"who": ["a", ""], "x": [0.1 + 0.2, np.nan], "n": [1, 2], "yes": [True, False]})


def test_a_table_comes_back_to_the_last_bit(book):
    pd.testing.assert_frame_equal(store.add(book, "t", TABLE).table("t"), TABLE)


def test_pages_read_nothing_before_the_book_is_finished(book):
    with pytest.raises(Stale, match="No book has been prepared"):
        store.opened()
    added = store.add(book, "t", TABLE)
    store.finish(added)
    assert store.opened().sha256 == added.sha256


def test_what_an_earlier_try_computed_is_found_again(book, ledger):
    store.add(book, "t", TABLE)
    assert "t" in store.begin(ledger, day=TODAY, seed=1).sha256
    assert "t" not in store.begin(ledger, day=TODAY, seed=2).sha256


@pytest.mark.parametrize("what", ["code", "worldviews", "ledger"])
def test_a_book_is_refused_when_what_it_was_made_of_has_changed(book, monkeypatch, what):
    store.finish(store.add(book, "t", TABLE))
    now = store.inputs
    monkeypatch.setattr(store, "inputs", lambda ledger: now(ledger) | {what: "other"})
    with pytest.raises(Stale, match=rf"stale \({what} changed since\)"):
        store.opened()


def test_a_table_changed_by_hand_is_refused(book):
    added = store.add(book, "t", TABLE)
    path = added.folder / "t.csv"
    path.write_text(path.read_text().replace("0.3", "0.9"))
    with pytest.raises(Stale, match="not the table that was computed"):
        added.table("t")


def test_a_table_that_was_never_computed_is_named(book):
    with pytest.raises(Stale, match="no table 'other'"):
        book.table("other")


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"day": "soon", "tables": {}, "seed": 1, "rows": 1})])
def test_a_damaged_manifest_is_refused_with_a_sentence(book, ledger, text):
    (book.folder / store.MANIFEST).write_text(text)
    with pytest.raises(Stale, match="expected the manifest of a book"):
        store.begin(ledger, day=TODAY, seed=1)


def test_how_numbers_look_is_no_reason_to_compute_them_again(monkeypatch, tmp_path):
    """Looks are left out of the hash, and everything else of the package is in it."""
    hashed = [
        file.relative_to(store.ROOT).as_posix() for file in store.ROOT.rglob("*.py")
        if not file.relative_to(store.ROOT).as_posix().startswith(store.LOOKS)
    ]  # fmt: skip
    assert {"attribution.py", "watch.py", "publication/views.py", "publication/disagreement.py"} <= set(hashed)
    assert not any(name.startswith(("figures/", "command/", "publication/pages/")) for name in hashed)


HOSTILE = '"><script>alert(1)</script>'


def test_text_of_the_ledger_stays_text():
    shown = html.table(pd.DataFrame({HOSTILE: [HOSTILE]}), caption=HOSTILE)
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;") == 4  # label, caption, head and cell


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JaVaScript:alert(1)", "data:text/html,x", "//evil", "https://", 'https://a"onclick="x',
            "https://a b", "http://[", "", "vbscript:x", "https://a\\b"],
)  # fmt: skip
def test_an_address_that_leads_nowhere_on_the_web_is_no_link(url):
    assert "<a" not in html.link(url, "title")


def test_a_link_to_the_web_is_one():
    assert html.link("https://a.org/?x=1&y=2", "A <b>") == (
        '<a href="https://a.org/?x=1&amp;y=2" rel="noopener noreferrer">A &lt;b&gt;</a>'
    )


def test_a_missing_number_is_an_empty_cell():
    assert "<td></td>" in html.table(pd.DataFrame({"a": ["x"], "b": [np.nan]}), caption="c")


def test_files_are_put_where_pages_are_served_and_nothing_else_is(book, tmp_path):
    added = store.add_files(book, "land", lambda folder: (folder / "a.bin").write_bytes(b"\x00\x01"))
    added.put("land", tmp_path / "served")
    assert [(path.name, path.read_bytes()) for path in (tmp_path / "served").iterdir()] == [("a.bin", b"\x00\x01")]


def test_files_changed_by_hand_are_refused(book, tmp_path):
    added = store.add_files(book, "land", lambda folder: (folder / "a.bin").write_bytes(b"\x00\x01"))
    (added.folder / "land" / "a.bin").write_bytes(b"\x00\x02")
    with pytest.raises(Stale, match="not the file that was computed"):
        added.put("land", tmp_path / "served")


def test_a_try_that_is_cut_short_leaves_no_half_of_its_files(book):
    def cut_short(folder):
        (folder / "a.bin").write_bytes(b"\x00")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.add_files(book, "land", cut_short)
    assert [path.name for path in book.folder.iterdir()] == [store.MANIFEST]


class Here:
    """In place of a pool of processes: does in this one what it is given, at once."""

    def __init__(self, processes, *, mp_context, initializer):
        initializer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        prepare._mine.clear()

    def submit(self, function, *arguments):
        done = Future()
        done.set_result(function(*arguments))
        return done


def test_a_book_is_prepared_once_and_what_an_earlier_try_finished_is_not_made_again(book, ledger, monkeypatch):
    made, views = [], []

    def table(name):
        return lambda inputs: made.append(name) or TABLE.assign(seed=inputs.seed)

    monkeypatch.setattr(prepare, "ProcessPoolExecutor", Here)
    monkeypatch.setattr(prepare, "GROUPS", (("a", "b"), ("c",)))
    monkeypatch.setattr(prepare, "TABLES", {name: table(name) for name in "abc"})
    monkeypatch.setattr(
        prepare, "FILES", {"land": lambda inputs, folder: (folder.mkdir(), (folder / "x").write_bytes(b"1"))}
    )
    monkeypatch.setattr(prepare.Inputs, "compute", lambda inputs, name: views.append(name))
    store.add(book, "b", TABLE)
    found = prepare.prepare(ledger, day=TODAY, seed=1)
    assert made == ["a", "c"]
    assert sorted(views) == sorted(priors.packaged())
    assert store.opened().sha256 == found.sha256
    pd.testing.assert_frame_equal(found.table("a"), TABLE.assign(seed=1))
    assert prepare.prepare(ledger, day=TODAY, seed=1).sha256 == found.sha256
    assert made == ["a", "c"]


def test_every_table_is_made_by_one_group():
    from cruxes.publication.tables import GROUPS, TABLES

    assert sorted(name for group in GROUPS for name in group) == sorted(TABLES)
