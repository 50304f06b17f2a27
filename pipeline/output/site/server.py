"""Serve the site to this machine only."""

from __future__ import annotations

import errno
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pipeline.errors import Errors, UsageError
from pipeline.output.site.build import INDEX, policy

ADDRESS = "127.0.0.1"
PORT = 8765
_HOSTS = {"localhost", "127.0.0.1", "[::1]"}


class SiteServer(ThreadingHTTPServer):
    """A server on 127.0.0.1 that knows its pages by name and opens nothing else.

    Parameters
    ----------
    folder : Path
        The site.
    port : int, optional
        The default one if left out, and a free one if that is taken.

    Raises
    ------
    UsageError
        If the port that was asked for can't be used.
    """

    daemon_threads = True
    # A second server on the same port would otherwise share it without a word.
    allow_reuse_port = False

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.policy = policy(folder / INDEX)
        self.pages = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.html")}
        try:
            super().__init__((ADDRESS, PORT if port is None else port), _Handler)
        except OSError as error:
            if port is not None or error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise UsageError(Errors.E010.format(port=port or PORT, reason=error.strerror)) from None
            super().__init__((ADDRESS, 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up early is no error; anything else is."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """Address of the index."""
        return f"http://{ADDRESS}:{self.server_address[1]}/"


class _Handler(BaseHTTPRequestHandler):
    server: SiteServer
    server_version = "pipeline"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        """Answer with a page of the site."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answer with a page's headers."""
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        # A web page of someone else's may point its own host name at 127.0.0.1 (DNS rebinding).
        host = self.headers.get("Host", "").rsplit(":", 1)[0] if self._has_port() else self.headers.get("Host", "")
        name = unquote(urlsplit(self.path).path).removeprefix("/") or INDEX
        if host.lower() not in _HOSTS:
            self._send(HTTPStatus.MISDIRECTED_REQUEST, b"Only for this machine.\n", "text/plain", with_body)
        elif path := self.server.pages.get(name):
            self._send(HTTPStatus.OK, path.read_bytes(), "text/html", with_body)
        else:
            self._send(HTTPStatus.NOT_FOUND, b"No such page.\n", "text/plain", with_body)

    def _has_port(self) -> bool:
        return self.headers.get("Host", "").rpartition(":")[2].isdigit()

    def _send(self, status: HTTPStatus, body: bytes, kind: str, with_body: bool) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Content-Security-Policy": self.server.policy + "; frame-ancestors 'none'",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the reader's screen is not a log."""
