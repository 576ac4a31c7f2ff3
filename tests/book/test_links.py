"""Every link of the built book leads somewhere."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from bs4 import BeautifulSoup

from tests.book.contents import NAMES, ROOT

each_page = pytest.mark.parametrize("name", NAMES)


@cache
def parsed(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def targets(page: BeautifulSoup) -> list[str]:
    """Every address that a page mentions, those of pictures in several sizes taken apart."""
    found = [str(tag[name]) for name in ("href", "src") for tag in page.find_all(attrs={name: True})]
    for tag in page.find_all(srcset=True):
        found += [part.split()[0] for part in str(tag["srcset"]).split(",")]
    return found


@each_page
def test_every_internal_link_leads_to_a_file_and_a_place_in_it(html, name):
    dead = []
    for target in targets(parsed(html / f"{name}.html")):
        if urlsplit(target).scheme or target in {"", "#"}:
            continue
        file, place = urldefrag(target)
        path = html / unquote(urlsplit(file).path) if file else html / f"{name}.html"
        there = path.is_file() and (not place or path.suffix != ".html" or parsed(path).find(id=unquote(place)))
        if not there:
            dead.append(target)
    assert dead == []


@each_page
def test_a_link_leads_to_the_web_and_nowhere_else(html, name):
    schemes = {urlsplit(target).scheme for target in targets(parsed(html / f"{name}.html"))}
    assert schemes <= {"", "https", "http", "data"}


@each_page
def test_no_place_has_two_meanings(html, name):
    ids = Counter(str(tag["id"]) for tag in parsed(html / f"{name}.html").find_all(id=True))
    assert [one for one, times in ids.items() if times > 1] == []


@each_page
def test_what_a_page_shows_brings_no_script_of_its_own(html, name):
    article = parsed(html / f"{name}.html").find("article")
    assert article is not None
    handlers = [tag for tag in article.find_all(True) if any(key.startswith("on") for key in tag.attrs)]
    inline = [tag for tag in article.find_all("script") if tag.get("type") != "module" and not tag.get("src")]
    assert handlers + inline == []


@each_page
def test_a_page_names_no_folder_of_the_machine_that_built_it(html, name):
    said = (html / f"{name}.html").read_text(encoding="utf-8")
    folders = {str(ROOT), str(Path.home()), tempfile.gettempdir() + "/"} - {"/"}
    assert [folder for folder in folders if folder in said] == []


@each_page
def test_a_page_has_one_heading_of_its_own_and_a_language(html, name):
    page = parsed(html / f"{name}.html")
    assert len(page.find("article").find_all("h1")) == 1
    assert page.html["lang"] == "en"
    assert re.sub(r"\s+", " ", page.title.text).strip()
