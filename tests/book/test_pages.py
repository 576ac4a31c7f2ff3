"""Pages call the packages: they define nothing, and numbers come from cells."""

from __future__ import annotations

import ast
import re

import pytest

from tests.book.contents import LISTED, PAGES

SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(PAGES.glob("*.md"))}
each_source = pytest.mark.parametrize("name", SOURCES)
FENCE = re.compile(r"^(`{3,}|~{3,}|:{3,})(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)
UNIT = r"(%|percent\b|per cent\b|points?\b|years?\b|months?\b|weeks?\b|days?\b|hours?\b|minutes?\b|nats?\b|bits?\b|draws\b|rows\b|series\b|times\b|x\b|OOM\b)"
NUMBER_WITH_UNIT = re.compile(rf"(?<![\w.#/-])\d[\d.,]*\s*{UNIT}")


def cells(text: str) -> list[str]:
    """Code of a page's cells, without the lines that go to a shell."""
    bodies = [body for _, body in FENCE.findall(text) if body.startswith("{code-cell}")]
    return [
        "\n".join(line for line in body.splitlines()[1:] if not line.startswith((":", "!", "%"))) for body in bodies
    ]


def prose(text: str) -> str:
    """What is typed for readers: no front matter, code, formulas, roles, addresses or comments."""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    for pattern in (FENCE, re.compile(r"\$\$.*?\$\$", re.DOTALL), re.compile(r"<!--.*?-->", re.DOTALL)):
        text = pattern.sub(" ", text)
    return re.sub(r"\{[\w:.-]+\}`[^`]*`|`[^`]*`|\$[^$\n]*\$|\]\([^)]*\)", " ", text)


def test_every_page_of_the_contents_is_there_and_every_page_is_in_the_contents():
    assert sorted(SOURCES) == sorted(LISTED)


@each_source
def test_a_page_defines_nothing(name):
    for cell in cells(SOURCES[name]):
        made = [
            n
            for n in ast.walk(ast.parse(cell))
            if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda)
        ]
        assert made == [], cell


@each_source
def test_a_quantity_in_prose_comes_from_the_code(name):
    assert [found.group() for found in NUMBER_WITH_UNIT.finditer(prose(SOURCES[name]))] == []


@each_source
def test_a_page_reads_nothing_from_the_network(name):
    for cell in cells(SOURCES[name]):
        imported = {
            alias.name.split(".")[0]
            for node in ast.walk(ast.parse(cell))
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        imported |= {
            (node.module or "").split(".")[0] for node in ast.walk(ast.parse(cell)) if isinstance(node, ast.ImportFrom)
        }
        assert imported.isdisjoint({"urllib", "requests", "httpx", "http", "socket"})


def test_the_check_of_prose_sees_a_typed_quantity_and_not_a_date_or_a_code():
    assert NUMBER_WITH_UNIT.search(prose("It rose by 12 % last year."))
    assert not NUMBER_WITH_UNIT.search(prose("By 2030 `40 h` and {glue:text}`x` %, see [it](a-3-years.md)."))
    assert cells("```{code-cell} python\n:tags: [x]\n!rsi book\nf = 1\n```\n") == ["f = 1"]
