"""`rsi book`: what it says where a book cannot be built or shown, and that it shows one to this machine alone."""

from __future__ import annotations

import socket
import threading
from urllib.request import urlopen

import pytest
from typer.testing import CliRunner

from cruxes.command import book, book_build
from cruxes.command.app import app
from cruxes.command.book_serving import server
from priors.problems import BadInput

runner = CliRunner()


def test_help_of_the_book_names_its_three_commands():
    said = runner.invoke(app, ["book", "--help"]).output
    assert all(word in said for word in ("prepare", "build", "serve"))


def test_serving_before_building_says_what_to_run(tmp_path):
    result = runner.invoke(app, ["book", "serve", "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "rsi book build" in result.stderr


def test_a_port_that_is_taken_is_told_with_a_remedy(tmp_path):
    html = tmp_path / "_build" / "html"
    html.mkdir(parents=True)
    (html / "index.html").write_text("x")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(BadInput, match="--port 0"):
            book.serve(port=taken.getsockname()[1], out=tmp_path)


def test_a_served_book_is_there_for_this_machine_alone(tmp_path):
    (tmp_path / "page.html").write_text("a page")
    with server(tmp_path) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        try:
            with urlopen(f"http://127.0.0.1:{found.server_port}/page.html") as answer:
                assert answer.read() == b"a page"
            assert found.server_address[0] == "127.0.0.1"
        finally:
            found.shutdown()
            thread.join()


def test_a_build_without_its_libraries_says_how_to_install_them(tmp_path, monkeypatch):
    (tmp_path / "_config.yml").write_text("")
    monkeypatch.setattr(book_build, "find_spec", lambda name: None)
    (problem,) = book_build.missing(tmp_path)
    assert "scripts/bootstrap.sh test book" in problem.remedy
