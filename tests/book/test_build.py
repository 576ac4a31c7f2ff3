"""What fails a build, and what is not built again."""

from __future__ import annotations

import shutil

import pytest

from cruxes.command import book_build
from tests.book.contents import PAGES

HEAD = "---\njupytext: {text_representation: {extension: .md, format_name: myst}}\nkernelspec: {name: python3, display_name: Python 3}\n---\n"
CONTENTS = "format: jb-book\nroot: intro\nparts:\n  - caption: Part\n    chapters: [{file: other}]\n"
CELL = "```{code-cell} python\nfrom pathlib import Path\nprint(len(Path('ran.txt').open('a').write('x') * 'x'))\n```\n"
FORMULA = "$$\\frac{a}{b}$$\n"


@pytest.fixture
def pages(tmp_path, monkeypatch):
    """A book of two pages with the look of ours."""
    monkeypatch.setenv("RSI_ARTEFACTS", str(tmp_path / "artefacts"))
    folder = tmp_path / "book"
    folder.mkdir()
    for name in ("assets", "extensions", "templates"):
        shutil.copytree(PAGES / name, folder / name, ignore=shutil.ignore_patterns("generated", "__pycache__"))
    shutil.copy(PAGES / "_config.yml", folder)
    (folder / "_toc.yml").write_text(CONTENTS)
    (folder / "intro.md").write_text(f"{HEAD}# First\n\n[second](other.md)\n\n{CELL}\n")
    (folder / "other.md").write_text(f"{HEAD}# Second\n\n{FORMULA}\n")
    return folder


def build(pages, **options):
    said: list[str] = []
    made = book_build.build(pages, out=pages, report=said.append, **{"draft": False, **options})
    return made, "\n".join(said)


def test_a_book_is_built_once_and_only_a_changed_page_is_read_again(pages):
    first, said = build(pages)
    assert (first.passed, first.unchanged, first.pages) == (True, False, 2), said
    second, _ = build(pages)
    assert (second.passed, second.unchanged) == (True, True)
    (pages / "other.md").write_text(f"{HEAD}# Second, again\n\n{FORMULA}\n")
    third, said = build(pages)
    assert (third.passed, third.unchanged) == (True, False), said
    assert (pages / "ran.txt").read_text() == "x"
    assert "Second, again" in (first.html / "other.html").read_text()
    (pages / "assets" / "book.css").write_text("p { color: red }")
    fourth, said = build(pages)
    assert (fourth.passed, fourth.unchanged) == (True, False), said
    assert (pages / "ran.txt").read_text() == "xx"
    assert "<math" in (first.html / "other.html").read_text()


def test_a_broken_link_fails_a_build_and_not_a_draft(pages):
    (pages / "other.md").write_text(f"{HEAD}# Second\n\n[nowhere](gone.md)\n")
    made, said = build(pages)
    assert not made.passed
    assert "gone" in said
    assert build(pages, draft=True)[0].passed


def test_tables_that_are_missing_or_stale_fail_a_build(pages):
    (pages / "other.md").write_text(
        f"{HEAD}# Second\n\n```{{code-cell}} python\nfrom cruxes.publication import opened\nopened()\n```\n"
    )
    made, said = build(pages)
    assert not made.passed
    assert "Stale" in said


def test_a_formula_that_cannot_be_read_fails_a_build(pages):
    (pages / "other.md").write_text(f"{HEAD}# Second\n\n$$\\nosuchthing{{a}}$$\n")
    made, said = build(pages)
    assert not made.passed
    assert "nosuchthing" in said


def test_a_draft_leaves_out_pages_that_are_not_there(pages):
    (pages / "intro.md").unlink()
    made, said = build(pages, draft=True)
    assert made.passed, said
    assert (made.html / "other.html").exists()
    assert not (made.html / "intro.html").exists()


def test_a_folder_without_pages_is_told_apart_from_one_with(tmp_path, pages):
    assert list(book_build.missing(pages)) == []
    assert [problem.where for problem in book_build.missing(tmp_path / "nothing")] == ["the pages"]
