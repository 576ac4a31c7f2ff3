"""The ledger's table, searched and sorted in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture
def ledger_page(chromium: Any, address: str) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{address}/ledger.html")
    yield page
    context.close()


def rows(page: Any) -> list[list[str]]:
    """What is to be seen of the table."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".rsi-sortable tbody tr")].filter((row) => !row.hidden)
                 .map((row) => [...row.children].map((cell) => cell.textContent.trim()))"""
    )


def test_a_search_leaves_the_rows_that_have_every_word(ledger_page):
    before = rows(ledger_page)
    ledger_page.get_by_label("Search this table").fill("metr 2026")
    after = rows(ledger_page)
    assert 0 < len(after) < len(before)
    assert all("metr" in " ".join(row).lower() and "2026" in " ".join(row) for row in after)
    assert after == [row for row in before if "metr" in " ".join(row).lower() and "2026" in " ".join(row)]
    assert f"{len(after)} of {len(before)} rows" in ledger_page.locator(".rsi-search").inner_text()


def test_a_column_is_sorted_one_way_and_then_the_other_by_keyboard(ledger_page):
    before = rows(ledger_page)
    button = ledger_page.get_by_role("button", name="Observed", exact=True)
    button.focus()
    ledger_page.keyboard.press("Enter")
    column = [row[2] for row in rows(ledger_page)]
    assert column == sorted(column)
    assert button.locator("xpath=..").get_attribute("aria-sort") == "ascending"
    ledger_page.keyboard.press("Enter")
    assert [row[2] for row in rows(ledger_page)] == sorted(column, reverse=True)
    assert sorted(rows(ledger_page)) == sorted(before)


def test_numbers_are_sorted_as_numbers(ledger_page, address):
    order = ledger_page.evaluate(
        f"""async () => {{
              const {{ compare }} = await import("{address}/_static/tables.js");
              return ["10", "9.5", "<1", "", "1,016", "≥ 3", "-2", "word"].sort(compare);
            }}"""
    )
    assert order == ["-2", "<1", "≥ 3", "9.5", "10", "1,016", "word", ""]
