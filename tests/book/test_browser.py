"""The book in a real browser."""

from __future__ import annotations

import pytest

from tests.book.contents import LANDING, NAMES

each_page = pytest.mark.parametrize("name", NAMES)
HEAVIEST_PAGE, HEAVIEST_LANDING = 1_500_000, 600_000
SCRIPTED = {"land"}
"""Pages of which a part needs a script."""

COLOURED = """
() => {
  const grey = (c) => { const m = c.match(/[\\d.]+/g).map(Number); return m[3] === 0 || (m[0] === m[1] && m[1] === m[2]); };
  const seen = [...document.querySelectorAll("body *")].filter((e) => e.checkVisibility() && !e.closest("svg, picture"));
  return seen.filter((e) => !grey(getComputedStyle(e).color) || !grey(getComputedStyle(e).backgroundColor))
             .map((e) => e.outerHTML.slice(0, 120));
}
"""
PALE = """
() => {
  const lightness = (c) => Math.max(...c.match(/[\\d.]+/g).slice(0, 3).map(Number));
  const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  return [...document.querySelectorAll("article *")].filter((e) => e.checkVisibility() && own(e) && lightness(getComputedStyle(e).color) > 90)
             .map((e) => e.outerHTML.slice(0, 120));
}
"""


@each_page
def test_reading_a_page_asks_nothing_of_any_other_machine(visit, address, name):
    assert [url for url in visit(name).asked if not url.startswith((address, "data:", "blob:"))] == []


@each_page
def test_reading_a_page_raises_no_error(visit, name):
    assert visit(name).faults == ()


@each_page
def test_a_page_fits_a_telephone_a_tablet_and_a_desk(visit, name):
    assert {width: pixels for width, pixels in visit(name).too_wide.items() if pixels > 0} == {}


@each_page
def test_a_page_has_no_serious_barrier(visit, name):
    assert visit(name).axe == ()


@each_page
def test_a_page_is_legible_in_the_dark(visit, name):
    assert visit(name).axe_dark == ()


@each_page
def test_a_page_is_light(visit, name):
    weight = {url: size for url, size in visit(name).weight.items() if ".woff" not in url}
    limit = HEAVIEST_LANDING if name == LANDING else HEAVIEST_PAGE
    assert sum(weight.values()) < limit, sorted(weight.items(), key=lambda one: -one[1])[:5]


@each_page
def test_a_page_prints_in_black_and_white(chromium, address, name):
    context = chromium.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(f"{address}/{name}.html")
    page.emulate_media(media="print")
    assert page.evaluate(COLOURED) == []
    assert page.evaluate(PALE) == []
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") in {
        "rgb(255, 255, 255)",
        "rgba(0, 0, 0, 0)",
    }
    for picture in page.locator("article img").all():
        assert "grayscale(1)" in picture.evaluate("e => getComputedStyle(e).filter")
    context.close()


@each_page
def test_a_page_says_the_same_without_scripts(chromium, address, name):
    said = []
    for scripts in (True, False):
        context = chromium.new_context(java_script_enabled=scripts)
        page = context.new_page()
        page.goto(f"{address}/{name}.html")
        said.append(page.locator("article :is(h1, h2, h3, p, td, th, li, math)").all_text_contents())
        context.close()
    if name in SCRIPTED:
        assert said[1][0] == said[0][0]
    else:
        assert said[0] == said[1]


@each_page
def test_every_figure_is_a_vector_with_words_for_those_who_cannot_see_it(chromium, address, name):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{address}/{name}.html")
    found = page.locator("article img").evaluate_all(
        "all => all.map((e) => [e.getAttribute('src'), e.alt, e.width, e.height])"
    )
    context.close()
    assert [one for one in found if not one[0].endswith(".svg") or len(one[1]) < 20 or not (one[2] and one[3])] == []


@each_page
def test_the_browser_sets_the_mathematics_itself(chromium, address, name):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/{name}.html")
    unset = page.locator("article").inner_text()
    heights = [box["height"] for math in page.locator("article math").all() if (box := math.bounding_box())]
    context.close()
    assert "\\(" not in unset
    assert "$$" not in unset
    assert all(height > 5 for height in heights)


def test_the_menu_of_a_telephone_opens_and_closes_from_the_keyboard(chromium, address):
    context = chromium.new_context(viewport={"width": 375, "height": 800})
    page = context.new_page()
    page.goto(f"{address}/{NAMES[0]}.html")
    menu = page.locator(".bd-sidebar-primary")
    assert not menu.is_visible() or menu.bounding_box()["x"] < 0
    page.locator("button.primary-toggle").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.bd-sidebar-primary').getBoundingClientRect().x >= 0")
    page.keyboard.press("Escape")
    context.close()
