"""The widget in a real browser: its numbers are Python's, a keyboard is enough, and no link can do harm."""

import re
import threading
import tomllib
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

import priors
from cruxes.command.book_serving import server
from cruxes.landing import bank, files, reference
from cruxes.landing.files import Reader
from cruxes.landing.questions import questions, weighed
from priors.elicit import Link, from_real, to_real
from tests.small_bank import drawn, write

BOOK = Path(__file__).parent.parent.parent / "book"
POSITIONS = 20
HASH = "#v=1&theta=20~300&psi=0.4"


def raw_block():
    """What land.md puts into the page."""
    return re.search(r"```\{raw\} html\n(.*?)```", (BOOK / "land.md").read_text(encoding="utf-8"), re.DOTALL)[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory, ledger):
    """A page with the block of land.md, its assets and a small bank: address, tables, banks."""
    root = tmp_path_factory.mktemp("site")
    static = root / "_static"
    static.mkdir()
    for name in (*(path.name for path in (BOOK / "assets").glob("land*.js")), "land.css"):
        (static / name).write_bytes((BOOK / "assets" / name).read_bytes())
    write(static / "generated", ledger)
    page = (
        '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>Land</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"></head>'
        f"<body><main><h1>Where do you land?</h1>{raw_block()}</main></body></html>"
    )
    (root / "land.html").write_text(page, encoding="utf-8")
    with server(root) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}/land.html", *bank.read(static / "generated")
        serving.shutdown()


@pytest.fixture
def page(chromium, site):
    """A fresh page that must end without any script error and without a request to another host."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    found = context.new_page()
    errors, hosts = [], set()
    found.on("pageerror", lambda error: errors.append(str(error)))
    found.on("dialog", lambda dialog: (errors.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    found.on("request", lambda request: hosts.add(re.sub(r"^(\w+:(//[^/]*)?).*", r"\1", request.url, flags=re.DOTALL)))
    yield found
    assert errors == []
    assert hosts <= {site[0].removesuffix("/land.html"), "data:", f"blob:{site[0].removesuffix('/land.html')}", "blob:"}
    context.close()


def landed(page):
    """Waits until everything is shown."""
    page.wait_for_function("document.querySelector('#land')?.dataset.settled")


def positions():
    """Answers of all kinds: none, some, all, narrow, with and without evidence."""
    rng, middle = np.random.default_rng(7), drawn().reader.elicited()
    found = [Reader(), Reader(evidence=False)]
    while len(found) < POSITIONS:
        intervals = {}
        for name in rng.permutation(weighed())[: rng.integers(0, 5)]:
            link, prior = middle[name].link, middle[name]
            loc, scale = prior.loc + prior.scale * rng.normal(0, 0.6), prior.scale * rng.uniform(0.4, 0.9)
            ends = from_real(link, np.array([loc - 1.28 * scale, loc + 1.28 * scale]))
            intervals[str(name)] = tuple(float(f"{end:.4g}") for end in ends)
        chances = {name: round(float(rng.random()), 2) for name in ("psi", "A") if rng.random() < 0.6}
        found.append(Reader(intervals=intervals, chances=chances, evidence=bool(rng.random() < 0.6)))
    return found


NUMBERS = """async ([readers]) => {
  const land = await import('./_static/land.js');
  const base = './_static/generated/';
  const tables = await (await fetch(base + 'land.json')).json();
  const banks = { stated: await land.load(base, 'stated', tables), updated: await land.load(base, 'updated', tables) };
  return readers.map((r) => land.land(r, tables, banks[r.evidence ? 'updated' : 'stated']));
}"""


def plain(reader):
    return {"intervals": {n: list(i) for n, i in reader.intervals.items()}, "chances": dict(reader.chances),
            "evidence": reader.evidence}  # fmt: skip


def assert_same(a, b, where=""):
    """Numbers within 1e-6, all else equal."""
    if isinstance(a, dict):
        assert a.keys() == b.keys(), where
        for key in a:
            assert_same(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, list):
        assert len(a) == len(b), where
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            assert_same(x, y, f"{where}[{i}]")
    elif isinstance(a, (int, float)) and not isinstance(a, bool):
        assert b == pytest.approx(a, abs=1e-6), where
    else:
        assert a == b, where


def test_the_page_computes_what_python_computes_for_twenty_positions(page, site):
    url, said, banks = site
    page.goto(url)
    readers = positions()
    shown = page.evaluate(NUMBERS, [[plain(one) for one in readers]])
    refused = 0
    for reader, found in zip(readers, shown, strict=True):
        expected = reference.land(reader, said, banks)
        refused += expected["refused"]
        assert_same(expected, found)
    assert 0 <= refused < POSITIONS / 2


def test_links_and_files_are_those_that_the_command_makes(page, site):
    url, said, _ = site
    page.goto(url)
    for name in priors.names():
        reader = files.of_worldview(priors.load(name))
        link = files.link(reader, page="")
        state, back, text = page.evaluate(
            """async ([hash]) => {
              const land = await import('./_static/land.js');
              const tables = await (await fetch('./_static/generated/land.json')).json();
              const state = land.parseHash(hash, tables);
              return [state, land.formatHash(state, tables), land.toml(state, tables)];
            }""",
            [link],
        )
        assert state["intervals"].keys() == reader.intervals.keys()
        for one in said["questions"]:
            if one["chance"]:
                assert state["chances"][one["name"]] == pytest.approx(reader.chances[one["name"]])
                continue
            loc = np.mean(to_real(Link(one["link"]), reader.intervals[one["name"]]))
            inside = to_real(Link(one["link"]), one["low"]) <= loc <= to_real(Link(one["link"]), one["high"])
            assert inside
            if name != priors.worldview.BASELINE:
                assert state["intervals"][one["name"]] == pytest.approx(reader.intervals[one["name"]], rel=1e-5)
        if name != priors.worldview.BASELINE:
            assert back == link
            rounded = Reader(
                intervals={q: tuple(float(files.number(x)) for x in i) for q, i in reader.intervals.items()},
                chances=reader.chances,
            )
            ordered = {n: rounded.intervals.get(n, rounded.chances.get(n)) for n in questions()}
            mine = tomllib.loads(files.toml(files.worldview(rounded, drawn().reader)))
            theirs = tomllib.loads(text)
            assert mine.pop("summary").count(",") == theirs.pop("summary").count(",") == len(ordered) - 1
            assert mine == theirs


def test_a_downloaded_file_is_a_worldview(page, site, tmp_path):
    page.goto(site[0] + HASH)
    landed(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    path = tmp_path / "reader.toml"
    download.value.save_as(path)
    found = priors.load(path)
    assert found.beliefs["theta"].interval == (20, 300)
    assert found.probabilities()["psi"] == 0.4


def test_a_keyboard_is_enough_from_the_first_guess_to_the_download(page, site):
    page.goto(site[0])
    page.wait_for_selector("#land form")
    assert page.locator(".land-main").is_hidden()

    def press_until(selector):
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"Tab never reached {selector}")

    press_until("input[type=number]")
    page.keyboard.type("2033")
    page.keyboard.press("Tab")
    page.keyboard.type("20")
    page.keyboard.press("Enter")
    landed(page)
    assert page.evaluate("document.activeElement.tagName") != "BODY"
    press_until("[data-crux=theta] input[type=range]")
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("location.hash.includes('theta=')")
    assert page.locator("[data-crux=theta] input[type=checkbox]").is_checked()
    before = page.locator("[data-crux=theta] .land-said").inner_text()
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    assert page.locator("[data-crux=theta] .land-said").inner_text() != before
    page.keyboard.press("Home")
    press_until(".land-evidence input")
    page.keyboard.press("Space")
    page.wait_for_function("location.hash.includes('on=0')")
    press_until("input[type=radio]:checked")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.hash.includes('e=SWX3')")
    assert "2033~20" in page.evaluate("location.hash")
    press_until(".land-buttons button:nth-of-type(2)")
    with page.expect_download():
        page.keyboard.press("Enter")


def test_the_guess_stands_beside_the_answer(page, site):
    page.goto(f"{site[0]}#v=1&on=1&g=2041~10")
    landed(page)
    assert "Your guess was 2041 if ever, with 10 %" in page.locator(".land-words").inner_text()
    assert "Your guess" in page.locator(".land-chart").text_content()
    assert page.locator(".land-table tbody tr").count() == 1 + len(priors.names())


def test_a_date_is_never_shown_without_the_chance_of_never(page, site):
    page.goto(site[0] + HASH)
    landed(page)
    for selector in (".land-bar", ".land-words"):
        said = page.locator(selector).inner_text()
        assert re.search(r"\d{4}\.\d", said)
        assert "never" in said


def test_too_few_futures_show_words_and_no_number(page, site):
    page.goto(f"{site[0]}#v=1&theta=1500~1600&r=0.8~2.4&phi0=0.85~0.87&on=1")
    refusal = page.locator(".land-refusal")
    refusal.wait_for(state="visible")
    assert "less sure" in refusal.inner_text()
    assert page.locator(".land-words").is_hidden()
    page.locator("[data-crux=theta] input[type=checkbox]").uncheck()
    page.locator("[data-crux=phi0] input[type=checkbox]").uncheck()
    refusal.wait_for(state="hidden")
    assert page.locator(".land-words").is_visible()


def test_a_link_restores_what_it_was_made_from(page, site):
    page.goto(site[0] + HASH + "&on=0&e=SWX3&g=2035~5")
    landed(page)
    said = page.locator(".land-words").inner_text()
    page.wait_for_function("location.hash.startsWith('#v=1')")
    again = page.evaluate("location.hash")
    page.goto("about:blank")
    page.goto(site[0] + again)
    landed(page)
    assert page.locator(".land-words").inner_text() == said
    assert not page.locator(".land-evidence input").is_checked()


HOSTILE = [
    "#v=1&theta=<img src=x onerror=window.hit=1>&psi=0.4",
    '#v=1&theta=20~300"><script>window.hit=1</script>',
    "#v=1&__proto__=1&constructor=2&psi=__proto__",
    "#v=1&e=__proto__&on=constructor&psi=javascript:window.hit=1",
    "#v=1&psi=NaN&theta=Infinity~-1&r=1e308~1e309&A=-5",
    "#v=1&theta=300~20&r=0~0&kappa=1~2&phi0=0.9999999~0.99999999",
    "#v=1&g=99999~999&psi=9999999",
    "#v=2&psi=0.9",
    "#%E0%A4%A&v=1&psi=%",
    "#" + "v=1&" * 50_000,
    "#v=1&psi=" + "9" * 300_000,
    "#v=1&" + "&".join(f"theta=1~{i}" for i in range(2, 60)),
]


@pytest.mark.parametrize("hash_", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_link_neither_executes_nor_hangs(page, site, hash_):
    page.goto(site[0])
    page.wait_for_selector("#land form")
    page.evaluate("h => { location.hash = h; }", hash_)
    page.reload()
    page.wait_for_selector("#land form", state="attached")
    if page.locator("#land form").is_visible():
        page.get_by_role("button", name="Skip").click()
    page.wait_for_function(
        "document.querySelector('#land').dataset.frame || !document.querySelector('.land-refusal').hidden"
    )
    assert page.evaluate("window.hit") is None
    assert page.locator("#land img, #land script, #land a").count() == 0
    state = page.evaluate(
        """async () => {
          const land = await import('./_static/land.js');
          const tables = await (await fetch('./_static/generated/land.json')).json();
          return land.parseHash(location.hash, tables);
        }"""
    )
    assert all(0 <= p <= 1 for p in state["chances"].values())
    assert all(0 < low < high for low, high in state["intervals"].values())
    assert state["event"] in {"LOOP", "SWX3", "ECON10"}


def test_numbers_out_of_range_are_brought_back_into_it(page, site):
    page.goto(site[0])
    state = page.evaluate(
        """async () => {
          const land = await import('./_static/land.js');
          const tables = await (await fetch('./_static/generated/land.json')).json();
          return land.parseHash('#v=1&theta=100000~900000&psi=7&g=3000~400', tables);
        }"""
    )
    low, high = state["intervals"]["theta"]
    assert np.sqrt(low * high) == pytest.approx(questions()["theta"].high, rel=1e-3)
    assert state["chances"]["psi"] == 1
    assert state["guess"] == {"year": 2100, "never": 100}


@pytest.mark.parametrize("width", [375, 768, 1280])
def test_nothing_overflows(page, site, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(site[0] + HASH)
    landed(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("hash_", ["", HASH])
def test_axe_finds_nothing(page, site, hash_):
    page.goto(site[0] + hash_)
    landed(page) if hash_ else page.wait_for_selector("#land form")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_every_control_has_a_name(page, site):
    page.goto(site[0] + HASH)
    landed(page)
    unnamed = page.evaluate(
        """[...document.querySelectorAll('#land input, #land select')]
             .filter((n) => !n.labels.length || !n.labels[0].textContent.trim()).map((n) => n.outerHTML)"""
    )
    assert unnamed == []
    assert page.locator(".land-bar").get_attribute("aria-live") == "polite"


def test_without_javascript_the_page_says_so(chromium, site):
    context = chromium.new_context(java_script_enabled=False)
    found = context.new_page()
    found.goto(site[0])
    assert "needs JavaScript" in found.locator("body").inner_text()
    context.close()


def test_banks_that_cannot_be_fetched_are_said_to_be_missing(page, site):
    page.route("**/*.bin", lambda route: route.fulfill(status=404))
    page.goto(site[0] + HASH)
    page.wait_for_function("document.querySelector('.land-bar')?.textContent.includes('could not be fetched')")


def test_the_second_bank_is_fetched_only_when_it_is_asked_for(page, site):
    fetched = []
    page.on("request", lambda request: fetched.append(request.url.rsplit("/", 1)[-1]))
    page.goto(site[0] + HASH)
    landed(page)
    assert "land-updated.bin" in fetched
    assert "land-stated.bin" not in fetched
    page.locator(".land-evidence input").uncheck()
    page.wait_for_function("document.querySelector('.land-note, .land-caption') && location.hash.includes('on=0')")
    page.wait_for_function("document.querySelector('#land').dataset.settled > 1")
    assert "land-stated.bin" in fetched


def test_a_move_costs_little_more_than_weighing_the_bank(page, site):
    """Weighing reads every draw once for each answer; the distribution of three events may cost some times that."""
    page.goto(site[0])
    ratio = page.evaluate(
        """async () => {
          const land = await import('./_static/land.js');
          const base = './_static/generated/';
          const tables = await (await fetch(base + 'land.json')).json();
          const bank = await land.load(base, 'updated', tables);
          const reader = (i) => ({ intervals: { theta: [20 + i, 300], r: [0.8, 2.5] }, chances: { psi: 0.4 }, evidence: true });
          const middle = (f) => {
            const times = [];
            for (let i = 0; i < 40; i++) { const t = performance.now(); f(reader(i / 100)); times.push(performance.now() - t); }
            return times.sort((a, b) => a - b)[20];
          };
          const whole = middle((r) => land.quick(r, tables, bank));
          return whole / Math.max(middle((r) => land.effective(r, tables, bank)), 0.02);
        }"""
    )
    assert ratio < 200
