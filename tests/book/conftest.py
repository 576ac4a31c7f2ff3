"""The built book on 127.0.0.1, and Chromium to read it with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cruxes.command.book_serving import server
from forecast.evidence import ledger as ledgers
from tests import small_book
from tests.book.contents import PAGES, READY, ROOT

WIDTHS = (375, 768, 1280)
HEIGHT = 900
HARMLESS = ("Got invalid theme mode",)
"""Of the console: pydata-sphinx-theme says this on a reader's first visit."""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What one page did: addresses asked for, bytes of each, faults, pixels too wide by width, axe's findings."""

    asked: tuple[str, ...]
    weight: dict[str, int]
    faults: tuple[str, ...]
    too_wide: dict[int, int]
    axe: tuple[str, ...]
    axe_dark: tuple[str, ...]


@pytest.fixture(scope="session")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built book (RSI_BOOK_HTML), else of one built of a few hundred draws: its pages are those of the
    real one, its numbers are worth nothing."""
    if READY is not None:
        return Path(READY)
    folder = tmp_path_factory.getbasetemp() / "small-book"
    own = {"RSI_ARTEFACTS": str(folder / "artefacts"), "RSI_LEDGER": str(folder / "no-own-rows")}
    own["PYTHONPATH"] = str(ROOT)  # this checkout's packages, wherever those of the environment come from
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(name, value)
        small_book.fill(ledgers.read())
    run = subprocess.run(
        [Path(sys.executable).parent / "rsi", "book", "build", "--json", "--out", folder / "out"],
        capture_output=True, text=True, cwd=ROOT, env=os.environ | own,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-4000:]
    return Path(json.loads(run.stdout)["html"])


@pytest.fixture(scope="session")
def address(html: Path) -> Iterator[str]:
    """Where it is served."""
    with server(html) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser. Fails, saying what to install, where there is none; RSI_NO_BROWSER=1 leaves these tests out."""
    if os.environ.get("RSI_NO_BROWSER") == "1":
        pytest.skip("RSI_NO_BROWSER is set")
    found = subprocess.run([ROOT / "scripts" / "chromium.sh"], capture_output=True, text=True)
    if found.returncode:
        pytest.fail(found.stderr.strip().splitlines()[-1], pytrace=False)
    from playwright.sync_api import sync_playwright

    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=sandbox)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def visit(chromium: Any, address: str) -> Callable[[str], Visit]:
    """Reads a page once: from top to bottom, in three widths, with axe in light and for contrast in dark."""
    seen: dict[str, Visit] = {}

    def read(name: str) -> Visit:
        if name not in seen:
            seen[name] = _read(chromium, f"{address}/{name}.html")
        return seen[name]

    return read


def _read(chromium: Any, url: str) -> Visit:
    from axe_playwright_python.sync_playwright import Axe

    asked: list[str] = []
    weight: dict[str, int] = {}
    faults: list[str] = []
    context = chromium.new_context(viewport={"width": WIDTHS[-1], "height": HEIGHT}, color_scheme="light")
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: None if _overtaken(request) else faults.append(f"failed: {request.url}"))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(f"{line.text} ({line.location['url']})") if _is_fault(line) else None)
    page.on("response", lambda answer: weight.update({answer.url: int(answer.headers.get("content-length", 0))}))
    page.goto(url, wait_until="load")
    page.evaluate(
        """async () => {
             for (let y = 0; y < document.body.scrollHeight; y += 800) { scrollTo(0, y); await new Promise(requestAnimationFrame); }
             scrollTo(0, 0);
           }"""
    )
    page.wait_for_load_state("networkidle")
    too_wide = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        too_wide[width] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"], "preload": False}
    light = _serious(Axe().run(page, options=rules))
    page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    dark = _serious(Axe().run(page, options=rules | {"runOnly": {"type": "rule", "values": ["color-contrast"]}}))
    context.close()
    return Visit(
        asked=tuple(asked), weight=weight, faults=tuple(faults), too_wide=too_wide, axe=light, axe_dark=dark
    )  # fmt: skip


def _overtaken(request: Any) -> bool:
    """A picture still on its way when the window took another width, which asks for another picture."""
    return request.resource_type == "image" and request.failure == "net::ERR_ABORTED"


def _is_fault(line: Any) -> bool:
    return line.type in {"error", "warning"} and not line.text.startswith(HARMLESS)


def _serious(found: Any) -> tuple[str, ...]:
    return tuple(
        f"{one['id']} ({one['impact']}): {one['help']}; {one['nodes'][0]['html'][:160]}"
        for one in found.response["violations"]
        if one["impact"] in {"serious", "critical"}
    )


@pytest.fixture(scope="session")
def sources() -> dict[str, str]:
    """Text of every page that there is, by name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(PAGES.glob("*.md"))}
