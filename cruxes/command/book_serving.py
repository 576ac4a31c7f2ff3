"""A folder of pages on 127.0.0.1, for reading and for tests."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # the name is the library's
        pass


def server(folder: Path, *, port: int = 0) -> ThreadingHTTPServer:
    """Not yet serving; ``server_port`` is the port taken (0 asks for a free one). Raises OSError where it is in use."""
    return ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(folder)))
