"""Downloads from a server of our own: only a whole file of the right kind takes the place of the previous one."""

import hashlib
import io
import json
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import typer
from pydantic import ValidationError
from typer.testing import CliRunner

from cruxes.command import fetching
from cruxes.command.app import _Commands
from forecast.evidence import fetch
from priors.problems import BadInput

OLD, NEW = b"Model,eci\na,100\n", b"Model,eci\na,101\nb,120\n"
ETAG = '"v2"'


class Server(ThreadingHTTPServer):
    """Answers each path with the function of that name in `answers`; counts what was asked, and with which headers."""

    daemon_threads = True
    request_queue_size = 16

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.asked, self.released = {}, [], threading.Event()

    def handle_error(self, *_):
        """A client that hangs up is what some of the tests are about."""

    def url(self, path="/file"):
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        self.server.answers[self.path](self)

    def log_message(self, *_):
        pass


def reply(status=200, body=NEW, *, length=None, **headers):
    """An answer; `length` is what the header says of it, where that is not the truth, and False leaves it out."""

    def send(handler):
        handler.send_response(status)
        if length is not False:
            handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return send


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.released.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def get(server, tmp_path):
    """Fetch one source from the server into a folder that has the previous copy of it."""
    folder = tmp_path / "downloads"
    folder.mkdir()

    def run(answer=None, *, form="csv", previous=OLD, **limits):
        source = fetch.Source(what="a test", url=server.url(), file=f"scores.{form}", format=form)
        path = folder / source.file
        if previous is not None and not path.exists():
            path.write_bytes(previous)
        if answer is not None:
            server.answers["/file"] = answer
        done, problems = fetch.fetch({"one": source}, folder, **limits)
        assert len(done) + len(problems) == 1
        assert {p.name for p in folder.iterdir()} <= {source.file, fetch.STATE, f"{fetch.STATE}.lock"}
        return (done[0].status if done else problems[0].found), (path.read_bytes() if path.exists() else None)

    run.folder = folder
    return run


def zipped(**members):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(
                zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED
            )  # at no time of day: workers collect alike
    return made.getvalue()


def test_a_new_file_arrives_whole(get):
    assert get(reply(), previous=None) == ("new", NEW)


def test_a_changed_file_takes_the_place_of_the_previous_one(get):
    assert get(reply()) == ("changed", NEW)


def test_the_same_content_again_is_unchanged(get):
    assert get(reply(body=OLD)) == ("unchanged", OLD)


def test_an_unchanged_file_is_asked_for_but_not_sent_again(get, server):
    get(reply(ETag=ETAG, Last_Modified="Sat, 21 Nov 2026 05:00:00 GMT"))
    assert get(lambda handler: (handler.send_response(304), handler.end_headers())) == ("unchanged", NEW)
    headers = server.asked[-1][1]
    assert headers["If-None-Match"] == ETAG
    assert headers["If-Modified-Since"] == "Sat, 21 Nov 2026 05:00:00 GMT"


@pytest.mark.parametrize("damage", ["lost", "edited", "state lost", "state damaged", "other address"])
def test_a_copy_that_is_not_the_one_fetched_is_fetched_in_full(get, server, damage):
    get(reply(ETag=ETAG))
    path, state = get.folder / "scores.csv", get.folder / fetch.STATE
    if damage == "lost":
        path.unlink()
    elif damage == "edited":
        path.write_bytes(OLD)
    elif damage == "state lost":
        state.unlink()
    elif damage == "state damaged":
        state.write_text("[1, ")
    else:
        state.write_text(state.read_text().replace("/file", "/elsewhere"))
    assert get(previous=None)[1] == NEW
    assert "If-None-Match" not in server.asked[-1][1]


def test_not_modified_without_having_asked_is_an_error(get):
    said, data = get(lambda handler: (handler.send_response(304), handler.end_headers()))
    assert (said, data) == ("refused (status 304)", OLD)


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, "not there any more"), (410, "not there any more"), (403, "refused (status 403)"), (500, "refused for now"),
     (503, "refused for now"), (429, "refused for now"), (206, "refused (status 206)"), (204, "refused (status 204)")],
)  # fmt: skip
def test_any_status_but_200_is_said_in_words_and_leaves_the_previous_file(get, status, said):
    found, data = get(reply(status))
    assert said in found
    assert data == OLD


@pytest.mark.parametrize("form", ["csv", "yaml", "json", "zip"])
@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"<!DOCTYPE html><p>Sign in</p>", "text/plain"), (b"\n  <html>", "text/csv"), (b"a: 1, b", "text/html")],
)
def test_a_web_page_with_status_200_is_refused(get, form, body, kind):
    assert get(reply(body=body, Content_Type=kind), form=form) == ("a web page", OLD)


@pytest.mark.parametrize(
    ("form", "body", "said"),
    [
        ("csv", b"", "empty"),
        ("csv", b" \n", "empty"),
        ("csv", b"\xff\xfe,a", "not UTF-8"),
        ("csv", b"no header\n", "without a header"),
        ("yaml", b"just words", "without a key"),
        ("json", b'{"a": ', "not json"),
        ("json", b"[" * 100_000, "not json"),
        ("zip", b"PK\x03\x04 cut", "not a zip"),
        ("zip", zipped(a="x")[:-10], "not a zip"),
    ],
)
def test_what_is_not_of_its_kind_is_refused(get, form, body, said):
    found, data = get(reply(body=body), form=form)
    assert said in found
    assert data == OLD


@pytest.mark.parametrize(
    ("form", "body"),
    [("csv", NEW), ("yaml", b"benchmark_name: x\nresults: {}\n"), ("json", b'{"a": 1}'), ("zip", zipped(a="x,y"))],
)
def test_each_kind_is_kept_byte_for_byte(get, form, body):
    assert get(reply(body=body), form=form) == ("changed", body)


def test_a_zip_bomb_is_refused_by_what_its_directory_says(get, monkeypatch):
    bomb = zipped(a=bytes(2**21))
    assert len(bomb) < 10_000
    monkeypatch.setattr(fetch, "LARGEST_UNPACKED_BYTES", 2**20)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_, **__: pytest.fail("unpacked"))
    found, data = get(reply(body=bomb), form="zip")
    assert "unpack to 2,097,152 bytes" in found
    assert data == OLD


def test_a_zip_of_very_many_files_is_refused(get, monkeypatch):
    monkeypatch.setattr(fetch, "MOST_MEMBERS", 2)
    found, data = get(reply(body=zipped(a="1", b="2", c="3")), form="zip")
    assert "a zip of 3 files" in found
    assert data == OLD


@pytest.mark.parametrize("length", [None, False])
def test_a_body_over_the_limit_is_not_read_to_its_end(get, length):
    body = b"a,b\n" * 100_000
    found, data = get(reply(body=body, length=length), largest=50_000)
    assert "bytes or more" in found
    assert data == OLD


def test_a_body_announced_over_the_limit_is_not_read_at_all(get):
    found, data = get(reply(length=10**15))
    assert found == "1,000,000,000,000,000 bytes or more"
    assert data == OLD


def test_an_interrupted_transfer_leaves_the_previous_file(get):
    found, data = get(reply(length=len(NEW) + 1))
    assert found == f"cut off after {len(NEW):,} of {len(NEW) + 1:,} bytes"
    assert data == OLD


def test_an_interrupted_chunked_transfer_leaves_the_previous_file(get):
    def send(handler):
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"100\r\nModel,eci\n")
        handler.close_connection = True

    found, data = get(send)
    assert "cut off" in found
    assert data == OLD


def test_an_announced_length_that_is_too_short_cuts_a_json_off_and_that_is_seen(get):
    found, data = get(reply(body=b'{"a": [1, 2, 3]}', length=9), form="json")
    assert "not json" in found
    assert data == OLD


def test_a_compressed_answer_that_nobody_asked_for_is_refused(get, server):
    found, data = get(reply(Content_Encoding="gzip"))
    assert "compressed" in found
    assert data == OLD
    assert server.asked[-1][1]["Accept-Encoding"] == "identity"


def test_a_silent_server_is_given_up_on(get, server):
    found, data = get(lambda handler: server.released.wait(), timeout=0.1)
    assert found == "silent for 0.1 s"
    assert data == OLD


def test_a_server_that_falls_silent_in_the_middle_is_given_up_on(get, server):
    def send(handler):
        reply(length=1000)(handler)
        handler.wfile.flush()
        server.released.wait()

    found, data = get(send, timeout=0.1)
    assert found == "cut off: the server fell silent"
    assert data == OLD


def test_a_server_that_trickles_is_given_up_on(get):
    assert get(reply(), longest=-1.0) == ("not done after -1 s", OLD)


def test_a_server_that_speaks_something_else_is_said_in_words(get):
    found, data = get(lambda handler: handler.wfile.write(b"220 ftp ready\r\n\r\n"))
    assert "not answered in HTTP" in found
    assert data == OLD


def test_nobody_there_is_said_in_words(get, server):
    source = fetch.Source(what="a test", url="http://127.0.0.1:1/file", file="scores.csv", format="csv")
    done, (problem,) = fetch.fetch({"one": source}, get.folder)
    assert not done
    assert "not reachable" in problem.found


def test_a_redirect_is_followed(get, server):
    server.answers["/moved"] = reply()
    assert get(reply(302, Location="/moved")) == ("changed", NEW)


def test_a_redirect_loop_ends(get, server):
    found, data = get(reply(302, Location="/file"))
    assert "redirected more than" in found
    assert data == OLD
    assert len(server.asked) == fetch.MOST_REDIRECTS + 1


@pytest.mark.parametrize(
    "place",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "data:text/plain,a",
        "http://127.0.0.2/x",
        "http://localhost/x",
        "//[",
        "gopher:x",
    ],
)
def test_a_redirect_to_another_scheme_or_host_without_encryption_is_refused(get, server, place):
    found, data = get(reply(302, Location=place))
    assert found.startswith("a redirect to")
    assert data == OLD
    assert len(server.asked) == 1


def test_a_redirect_to_nowhere_is_refused(get):
    assert get(reply(302)) == ("a redirect to nowhere", OLD)


def test_one_failure_stops_no_other_source(server, tmp_path):
    server.answers |= {"/gone": reply(404), "/file": reply()}
    chosen = {
        name: fetch.Source(what="a test", url=server.url(f"/{name}"), file=f"{name}.csv", format="csv")
        for name in ("gone", "file")
    }
    done, problems = fetch.fetch(chosen, tmp_path)
    assert [one.name for one in done] == ["file"]
    assert [problem.file for problem in problems] == ["gone.csv"]


def test_a_full_disk_leaves_the_previous_file_and_is_said_in_words(get, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(BadInput, match="No space left on device"):
        get(reply())
    assert (get.folder / "scores.csv").read_bytes() == OLD


@pytest.mark.parametrize("change", [{"url": "http://metr.org/x"}, {"url": "file:///x"}, {"file": "../x.csv"},
                                    {"file": "/x.csv"}, {"format": "exe"}, {"more": 1}])  # fmt: skip
def test_a_source_that_is_not_https_or_leaves_the_folder_cannot_be_described(change):
    with pytest.raises(ValidationError):
        fetch.Source.model_validate({"what": "x", "url": "https://a.org/x", "file": "x.csv", "format": "csv"} | change)


def test_the_packaged_sources_are_the_publishers_own_and_each_has_its_file():
    found = fetch.sources()
    assert {"metr", "eci", "benchmarks", "posttrainbench"} <= set(found)
    assert len({source.file for source in found.values()}) == len(found)
    assert all(source.url.startswith("https://") for source in found.values())
    assert all(source.file.endswith(f".{source.format}") for source in found.values())


@pytest.fixture
def rsi(server, monkeypatch):
    """The command, on two sources of our own server."""
    sources = {
        name: fetch.Source(what=f"the {name} one", url=server.url(f"/{name}"), file=f"{name}.csv", format="csv")
        for name in ("first", "second")
    }
    monkeypatch.setattr(fetch, "sources", lambda: sources)
    server.answers |= {"/first": reply(), "/second": reply(404)}
    app = typer.Typer(cls=_Commands, pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    fetching.register(app)
    return lambda *arguments: CliRunner().invoke(app, ["fetch", *map(str, arguments)])


def test_the_command_says_what_arrived_and_what_did_not_and_exits_with_2(rsi, tmp_path):
    done = rsi("--into", tmp_path)
    assert done.exit_code == 2
    assert "first" in done.stdout
    assert "new" in done.stdout
    assert "second.csv: http://127.0.0.1" in done.stderr
    assert (tmp_path / "first.csv").read_bytes() == NEW


def test_one_source_can_be_named(rsi, tmp_path):
    done = rsi("first", "--into", tmp_path)
    assert done.exit_code == 0
    assert not (tmp_path / "second.csv").exists()


def test_json_has_files_and_problems(rsi, tmp_path):
    done = rsi("--into", tmp_path, "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 2
    (one,) = found["files"]
    assert one["sha256"] == hashlib.sha256(NEW).hexdigest()
    assert [problem["file"] for problem in found["problems"]] == ["second.csv"]


def test_an_unknown_name_is_refused_before_anything_is_asked_for(rsi, server, tmp_path):
    done = rsi("third", "first", "--into", tmp_path / "new")
    assert done.exit_code == 2
    assert "one of first, second" in done.stderr
    assert not server.asked
    assert not (tmp_path / "new").exists()


def test_the_list_asks_nobody(rsi, server):
    done = rsi("--list")
    assert done.exit_code == 0
    assert "the second one" in done.stdout
    assert not server.asked


def test_a_folder_that_cannot_be_made_is_said_in_words(rsi, tmp_path):
    (tmp_path / "file").write_text("kept")
    done = rsi("first", "--into", tmp_path / "file" / "new")
    assert done.exit_code == 2
    assert "not writable" in done.stderr
