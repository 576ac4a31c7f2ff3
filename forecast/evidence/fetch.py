"""Downloads of the publishers' files: conditional, bounded, and in place of the previous copy only when all is well.

Beside the files lies ``.fetched.json`` with the ETag, Last-Modified and hash of each, so that an unchanged file costs
one request and no transfer. What a file says is for the importers to judge; here it only has to be what its name says
it is, since a page with an error on it often comes with status 200.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import ssl
import struct
import time
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http.client import HTTPException, HTTPResponse
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.error import URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request, UnknownHandler

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from forecast.artefacts import write_whole
from priors.problems import BadInput, Problem

TIMEOUT_SECONDS = 30.0
LONGEST_SECONDS = 300.0
"""For one file in all, however slowly it trickles in."""
LARGEST_BYTES = 64 * 2**20
LARGEST_UNPACKED_BYTES = 512 * 2**20
MOST_MEMBERS = 5_000
DIRECTORY_ENTRY = b"PK\x01\x02"
MOST_REDIRECTS = 5
CHUNK = 64 * 2**10
REDIRECTS = (301, 302, 303, 307, 308)
STATE = ".fetched.json"
AGENT = "rsi-cruxes (conditional requests; at most a few a week)"


def _address(url: str) -> str:
    if not allowed(url):
        raise ValueError("an https address")
    return url


class Source(BaseModel):
    """One file of one publisher: what it is, where it lies, what it is called here, and its form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: Annotated[str, Field(min_length=1)]
    url: Annotated[str, AfterValidator(_address)]
    file: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*\.(yaml|csv|zip|json)$")]
    format: Literal["yaml", "csv", "zip", "json"]


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """``status``: new, changed or unchanged. ``path`` is there in each case; ``bytes`` is its size."""

    name: str
    status: Literal["new", "changed", "unchanged"]
    path: Path
    bytes: int
    sha256: str


class Failed(Exception):
    """Why a file could not be had, in words: found, expected, remedy."""

    def __init__(self, found: str, expected: str, remedy: str) -> None:
        self.found, self.expected, self.remedy = found, expected, remedy
        super().__init__(found)


def allowed(url: str) -> bool:
    """https, or http to this machine itself."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host == "127.0.0.1"))


@cache
def sources() -> Mapping[str, Source]:
    """The packaged list, by name."""
    text = files("forecast.evidence").joinpath("fetch_sources.toml").read_text(encoding="utf-8")
    return {name: Source.model_validate(table) for name, table in tomllib.loads(text).items()}


def fetch(
    chosen: Mapping[str, Source],
    into: Path,
    *,
    timeout: float = TIMEOUT_SECONDS,
    longest: float = LONGEST_SECONDS,
    largest: int = LARGEST_BYTES,
) -> tuple[list[Fetched], list[Problem]]:
    """Fetch each source into a folder, which is made if need be: what arrived, and what did not and why.

    ``timeout`` is for each answer of the server, ``longest`` for one file, both in seconds; ``largest`` in bytes. One
    failure stops no other source, and a file is replaced by a whole one or not at all. Raises BadInput where the folder
    cannot be written to.
    """
    done, problems = [], []
    try:
        with _locked(into):
            for name, source in chosen.items():
                try:
                    done.append(_fetch(name, source, into, timeout=timeout, longest=longest, largest=largest))
                except Failed as bad:
                    problems.append(Problem(file=source.file, where=source.url, found=bad.found, expected=bad.expected,
                                            remedy=f"{bad.remedy} The previous copy, if any, is as it was."))  # fmt: skip
    except OSError as bad:
        found = f"not writable ({bad.strerror or 'no reason given'})"
        raise BadInput([Problem(file=str(into), where="the folder", found=found, expected="a folder to write to",
                                remedy="Choose another with --into, or make room.")]) from None  # fmt: skip
    return done, problems


@contextmanager
def _locked(into: Path) -> Iterator[None]:
    """One fetch at a time in a folder, since they share a state file."""
    from filelock import FileLock

    into.mkdir(parents=True, exist_ok=True)
    with FileLock(into / f"{STATE}.lock"):
        yield


def _fetch(name: str, source: Source, into: Path, *, timeout: float, longest: float, largest: int) -> Fetched:
    path = into / source.file
    state = _state(into)
    before = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None
    known = state.get(source.file, {})
    asked = {}
    if before is not None and (known.get("url"), known.get("sha256")) == (source.url, before):
        asked = {"If-None-Match": known.get("etag"), "If-Modified-Since": known.get("last_modified")}
    headers = {
        key: value for key, value in asked.items() if isinstance(value, str) and value.isascii() and value.isprintable()
    }
    with closing(_answer(source.url, headers, timeout=timeout)) as answer:
        if answer.status == 304 and headers:
            return Fetched(name=name, status="unchanged", path=path, bytes=path.stat().st_size, sha256=str(before))
        if answer.status != 200:
            raise _refusal(answer.status)
        if answer.headers.get_content_type() == "text/html":
            raise _page(source.format)
        data = _body(answer, longest=longest, largest=largest)
        kept = {"etag": answer.headers.get("ETag"), "last_modified": answer.headers.get("Last-Modified")}
    examine(data, source.format)
    digest = hashlib.sha256(data).hexdigest()
    if digest != before:
        write_whole(path, lambda temporary: temporary.write_bytes(data))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    state[source.file] = {"url": source.url, "sha256": digest, "fetched_at": now, **kept}
    text = json.dumps(state, indent=1, sort_keys=True)
    write_whole(into / STATE, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    status: Literal["new", "changed", "unchanged"] = "new" if before is None else "changed"
    return Fetched(
        name=name, status="unchanged" if digest == before else status, path=path, bytes=len(data), sha256=digest
    )  # fmt: skip


def _state(into: Path) -> dict[str, dict[str, Any]]:
    """What was noted of earlier downloads. It only saves transfers, so one that cannot be read counts as empty."""
    try:
        found = json.loads((into / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, dict)} if isinstance(found, dict) else {}


def _answer(url: str, headers: Mapping[str, str], *, timeout: float) -> HTTPResponse:
    """The last answer of a chain of redirects, headers only. Raises Failed."""
    opener = OpenerDirector()  # no handlers for files, ftp and data, none that follows redirects by itself
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(context=ssl.create_default_context()),
        UnknownHandler(),
    ):
        opener.add_handler(handler)
    local = urlsplit(url).scheme == "http"
    for _ in range(MOST_REDIRECTS + 1):
        request = Request(url, headers={"User-Agent": AGENT, "Accept-Encoding": "identity", **headers})
        try:
            answer: HTTPResponse = opener.open(request, timeout=timeout)
        except TimeoutError:
            raise _too_slow(timeout) from None
        except URLError as bad:
            if isinstance(bad.reason, TimeoutError):
                raise _too_slow(timeout) from None
            raise Failed(
                f"not reachable ({ascii(str(bad.reason))[:120]})", "an answer", "Check the connection."
            ) from None
        except (OSError, HTTPException, ValueError) as bad:
            found = f"not answered in HTTP ({type(bad).__name__}: {ascii(str(bad))[:80]})"
            raise Failed(found, "an answer", "Try again later.") from None
        if answer.status not in REDIRECTS:
            return answer
        place = answer.headers.get("Location")
        answer.close()
        if not place:
            raise Failed("a redirect to nowhere", "a new address", "Look at the publisher's page.")
        try:
            url = urljoin(url, place)
        except ValueError:
            url = place
        if not allowed(url) or (urlsplit(url).scheme == "http" and not local):
            raise Failed(f"a redirect to {ascii(url)[:120]}", "one to an https address", "Do not follow it.")
    raise Failed(f"redirected more than {MOST_REDIRECTS} times", "the file", "Look at the publisher's page.")


def _body(answer: HTTPResponse, *, longest: float, largest: int) -> bytes:
    """All of it, or Failed: too large, too slow, cut off or compressed."""
    if (encoding := answer.headers.get("Content-Encoding", "identity").lower()) != "identity":
        raise Failed(f"compressed ({encoding!a}), which was not asked for", "the file as it is", "Try again later.")
    announced = answer.length
    if announced is not None and announced > largest:
        raise _too_large(announced, largest)
    parts, received, end = [], 0, time.monotonic() + longest
    while True:
        try:
            part = answer.read1(CHUNK)
        except TimeoutError:
            raise Failed("cut off: the server fell silent", "the whole file", "Try again later.") from None
        except (OSError, HTTPException) as bad:
            raise Failed(f"cut off ({type(bad).__name__})", "the whole file", "Try again later.") from None
        if not part:
            break
        received += len(part)
        if received > largest:
            raise _too_large(received, largest)
        if time.monotonic() > end:
            raise Failed(f"not done after {longest:.0f} s", "the whole file sooner", "Try again later.")
        parts.append(part)
    if announced is not None and received < announced:
        found = f"cut off after {received:,} of {announced:,} bytes"
        raise Failed(found, "the whole file", "Try again later.")
    return b"".join(parts)


def examine(data: bytes, form: str) -> None:
    """Raises Failed where the bytes are not what they are called: a page, nothing at all, or a bomb."""
    if not data.strip():
        raise Failed("empty", f"a {form} file", "Try again later.")
    if form == "zip":
        _examine_zip(data)
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        raise Failed(f"not UTF-8 at byte {bad.start}", f"a {form} file", "Look at the publisher's page.") from None
    if text.lstrip().startswith("<"):
        raise _page(form)
    if form == "json":
        try:
            json.loads(text)
        except (ValueError, RecursionError) as bad:
            found = f"not json ({type(bad).__name__}: {ascii(str(bad))[:80]})"
            raise Failed(found, "a json file", "Try again later.") from None
    elif form == "csv" and "," not in text.partition("\n")[0]:
        raise Failed("without a header", "a csv file", "Look at the publisher's page.")
    elif form == "yaml" and not re.search(r"^\w+:", text, re.MULTILINE):
        raise Failed("without a key", "a yaml file", "Look at the publisher's page.")


def _examine_zip(data: bytes) -> None:
    """Sizes from the directory alone; nothing is unpacked, and a directory of millions is not even read."""
    bounds = f"at most {MOST_MEMBERS:,} files and {LARGEST_UNPACKED_BYTES:,} bytes"
    remedy = "Do not unpack it; look at the publisher's page."
    if (entries := data.count(DIRECTORY_ENTRY)) > MOST_MEMBERS:
        raise Failed(f"a zip of {entries:,} files", bounds, remedy)
    try:
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OSError):
        if data.lstrip().startswith(b"<"):
            raise _page("zip") from None
        raise Failed("not a zip, or cut off", "a zip file", "Try again later.") from None
    if (unpacked := sum(member.file_size for member in members)) > LARGEST_UNPACKED_BYTES:
        raise Failed(f"a zip of {len(members):,} files that unpack to {unpacked:,} bytes", bounds, remedy)


def _page(form: str) -> Failed:
    return Failed("a web page", f"a {form} file", "Open the address in a browser; the file may have moved.")


def _refusal(status: int) -> Failed:
    if status in (404, 410):
        return Failed(f"not there any more (status {status})", "the file", "Look for its new address.")
    if status >= 500 or status == 429:
        return Failed(f"refused for now (status {status})", "the file", "Try again later.")
    return Failed(f"refused (status {status})", "the file", "Open the address in a browser and look.")


def _too_slow(timeout: float) -> Failed:
    return Failed(f"silent for {timeout:g} s", "an answer", "Try again later.")


def _too_large(size: int, largest: int) -> Failed:
    return Failed(f"{size:,} bytes or more", f"at most {largest:,}", "Look at what the publisher has put there.")
