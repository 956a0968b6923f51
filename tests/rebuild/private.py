"""A conda channel of our own behind a secret: the tests' channel over HTTP, for whoever has the password or the token."""

from __future__ import annotations

import base64
import contextlib
import http.server
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from tests.envs import channel

if TYPE_CHECKING:
    from collections.abc import Iterator

USER, PASSWORD, TOKEN = "ada", "hunter2-0123456789", "xy-0123456789ab-cdef"
SECRETS = (PASSWORD, TOKEN)


class Private:
    """Its addresses, with and without the secrets, and what was asked of it."""

    def __init__(self, port: int) -> None:
        self.host = f"http://127.0.0.1:{port}"
        self.plain = f"{self.host}/ours"
        """As records name it, where nothing is to be had: an answer of 401."""
        self.with_token = f"{self.host}/t/{TOKEN}/ours"
        self.with_password = f"http://{USER}:{PASSWORD}@127.0.0.1:{port}/ours"
        self.fetched: list[str] = []
        """The packages that were given away."""
        self.turned_away: list[str] = []
        self.asked = 0


@contextlib.contextmanager
def serving() -> Iterator[Private]:
    """Serves the channel until the end of the block."""
    home = channel.build()
    wanted = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked += 1
            path = self.path.removeprefix(f"/t/{TOKEN}")
            known = path != self.path or self.headers.get("Authorization") == wanted
            if not known:
                told.turned_away.append(self.path)
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="ours"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            file = Path(home, *Path(path.removeprefix("/ours/")).parts)
            if ".." in path or not path.startswith("/ours/") or not file.is_file():
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if file.suffix == ".conda":
                told.fetched.append(file.name)
            self.send_response(200)
            self.send_header("Content-Length", str(file.stat().st_size))
            self.end_headers()
            with file.open("rb") as stream:
                shutil.copyfileobj(stream, self.wfile)

        do_HEAD = do_GET  # noqa: N815 - as the server wants it

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told = Private(server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
