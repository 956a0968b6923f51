"""A process that reads and judges environments for a server, and answers in JSON; started by `workers`.

* A question is a line of JSON on stdin, followed by as many bytes as its `body` says. The answer is lines of JSON on stdout:
  any number with `progress`, then one with `head` and the length of the document that follows, or one with `error`.
* The end of stdin is the end of it, in whatever way the server has ended. What it has started is ended, too; only what must come
  to its end, such as an undo, does.
* What libraries print goes nowhere.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import signal
import sys
import threading
import traceback
from typing import IO, TYPE_CHECKING, Any

from envguard.errors import EnvguardError
from envguard.render.json_v1 import optional_text_v1, text_v1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.model import Text

GRACE = 3.0
"""Seconds to end by itself, once the server is gone, or does not want the answer any more."""
QUESTION = 64 << 20
"""Bytes of a body, at most."""


class Desk:
    """What a piece of work may ask for and tell while it is done."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._gone = threading.Event()
        self._unstoppable = False

    def tell(self, says: Text | None = None, done: int | None = None, of: int | None = None) -> None:
        """Says how far the work is."""
        told = {"says": optional_text_v1(says), "done": done, "of": of}
        with contextlib.suppress(OSError):  # nobody listens any more, and the work may have to go on
            self.write({"progress": told})

    def cancelled(self) -> bool:
        """Whether nobody wants the answer any more."""
        return self._gone.is_set()

    @contextlib.contextmanager
    def unstoppable(self) -> Iterator[None]:
        """While this holds, the process does not end before the work has."""
        self._unstoppable = True
        try:
            yield
        finally:
            self._unstoppable = False

    def write(self, head: dict[str, Any], document: bytes = b"") -> None:
        """Writes one line, and what follows it."""
        self._out.write(json.dumps(head).encode("ascii") + b"\n" + document)
        self._out.flush()

    def end(self) -> None:
        """The server is gone: has the work end, and then the process; in the thread that reads."""
        self._gone.set()
        while self._unstoppable:
            threading.Event().wait(0.1)
        threading.Event().wait(GRACE)
        _end_children()
        os._exit(1)


def _end_children() -> None:
    """Kills what this process has started and what that has; each is a group of its own."""
    import psutil

    with contextlib.suppress(psutil.Error):
        for each in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                each.kill()


def main() -> None:
    """Answers questions until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the server's terminal is the server's
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    desk = Desk(out)
    questions: queue.SimpleQueue[tuple[dict[str, Any], bytes] | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, questions, desk), daemon=True).start()
    with contextlib.suppress(Exception):  # if it cannot be imported, whoever asks hears why
        importlib.import_module("envguard.frontends.server.work")
        importlib.import_module("envguard.analyse")
    while (asked := questions.get()) is not None:
        _answer(desk, *asked)
    out.close()


def _listen(source: IO[bytes], questions: queue.SimpleQueue[Any], desk: Desk) -> None:
    try:
        while line := source.readline():
            asked = json.loads(line)
            length = int(asked.pop("body", 0))
            body = source.read(length) if 0 < length <= QUESTION else b""
            questions.put((asked, body))
    finally:
        questions.put(None)
        desk.end()


def _answer(desk: Desk, asked: dict[str, Any], body: bytes) -> None:
    try:
        from envguard.frontends.server.work import WORK

        head, document = WORK[asked.pop("do")](desk, body, **asked)
        desk.write({"head": {**head, "size": _size()}, "length": len(document)}, document)
    except EnvguardError as error:
        desk.write({"error": text_v1(error.text), "kind": type(error).__name__})
    except OSError as error:
        desk.write({"error": None, "kind": type(error).__name__, "trace": traceback.format_exc()})
    except Exception as error:  # noqa: BLE001 - the door of this front end: the server must hear that it was our fault
        desk.write({"error": None, "kind": type(error).__name__, "trace": traceback.format_exc()})


def _size() -> int:
    """Bytes of memory that this process holds."""
    import psutil

    return int(psutil.Process().memory_info().rss)


if __name__ == "__main__":
    main()
