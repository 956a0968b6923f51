"""A package index of our own, which asks for a name and a password: pages as PEP 503 has them."""

from __future__ import annotations

import base64
import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from envguard.probe.reading import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER, PASSWORD = "ada", "hunter2-0123456789"


class Index:
    """Its address, with and without the password, and what was fetched from it."""

    def __init__(self, port: int, fetched: list[str]) -> None:
        self.plain = f"http://127.0.0.1:{port}/simple"
        self.url = f"http://{USER}:{PASSWORD}@127.0.0.1:{port}/simple"
        self.fetched = fetched


@contextlib.contextmanager
def serving(*folders: Path) -> Iterator[Index]:
    """Serves the wheels of some folders until the end of the block."""
    files = {wheel.name: wheel for folder in folders for wheel in folder.glob("*.whl")}
    fetched: list[str] = []
    wanted = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") != wanted:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="ours"')
                self.end_headers()
                return
            last = self.path.rstrip("/").rpartition("/")[2]
            if last in files:
                fetched.append(last)
                self.answer(files[last].read_bytes(), "application/octet-stream")
                return
            links = [f'<a href="/files/{name}">{name}</a>' for name in files if normalise(name.split("-")[0]) == last]
            self.answer("<br>".join(links).encode(), "text/html")

        def answer(self, content: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Index(server.server_port, fetched)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
