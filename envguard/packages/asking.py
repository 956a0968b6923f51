"""Asks py-rattler, in a process of its own that a time limit or the user can end.

A channel's address may hold a secret, so the request goes by a file that only the user can read, never by the command
line, and what comes back loses every secret before anybody sees it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard import run
from envguard.masking import without_secrets
from envguard.model import text
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envguard.model import Text

_WORKER = Path(__file__).with_name("worker.py")
_LOOK = 0.02
_LONGEST = 300
"""Characters of a solver's reason that are told; it can name a thousand builds."""
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
"""Variables that the worker gets as they are, since a proxy may want a password; the worker shows them to nobody."""


@value
class Reply:
    """What came back, or why nothing did."""

    data: Mapping[str, Any] | None
    kind: str = ""
    """unsatisfiable, unreachable, unkept, spec, record, library, failed, time, cancelled; empty if all went well."""
    says: str = ""
    """The reason in the library's own words, shortened, without secrets."""

    @property
    def reason(self) -> Text:
        """Why there is no answer, in our words."""
        return _reason(self.kind, self.says)


def ask(request: Mapping[str, Any], *, timeout: float, cancel: Callable[[], bool] | None = None) -> Reply:
    """Hands a request to the worker and waits for its answer; it never raises for what the worker meets."""
    if not sys.executable:  # a Python inside another program
        return Reply(None, "failed", "sys.executable is not known")
    until = time.monotonic() + timeout
    with tempfile.TemporaryDirectory(prefix="envguard-") as folder:  # mode 0700
        source, target = Path(folder, "request.json"), Path(folder, "answer.json")
        told = {"seconds": timeout, "library": _library(), **request}
        source.write_text(json.dumps(told), encoding="utf-8")
        environ = {**run.clean_environment(), **{name: os.environ[name] for name in _PROXIES if name in os.environ}}
        try:
            process = run.start([sys.executable, str(_WORKER), str(source), str(target)], environ, folder)
        except OSError as error:
            return Reply(None, "failed", error.strerror or str(error))
        try:
            while process.poll() is None:
                if cancel is not None and cancel():
                    return Reply(None, "cancelled")
                if time.monotonic() > until:
                    return Reply(None, "time", f"{timeout:g}")
                time.sleep(_LOOK)
        finally:
            run.kill(process)
            process.communicate()
        try:
            answer = json.loads(target.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return Reply(None, "failed", f"exit code {process.returncode}")
    refused = answer.get("error")
    return Reply(answer) if refused is None else Reply(None, refused["kind"], _short(refused["says"]))


def _library() -> str | None:
    """The folder in which this process finds py-rattler; a new process might not, if somebody has extended this one's path."""
    try:
        found = importlib.util.find_spec("rattler")
    except (ImportError, ValueError):
        return None
    return str(Path(found.origin).parents[1]) if found is not None and found.origin else None


def _short(says: str) -> str:
    """A reason on one line, cut where it grows long."""
    line = " ".join(without_secrets(says).split())
    line = line.removeprefix("Cannot solve the request because of: ")
    return line if len(line) <= _LONGEST else line[:_LONGEST].rsplit(" ", 1)[0] + " …"


def _reason(kind: str, says: str) -> Text:
    if kind == "time":
        return text("the solver did not come to an end within {seconds} s", seconds=says)
    if kind == "cancelled":
        return text("it was cancelled")
    if kind == "library":
        return text("{library} cannot be imported: {error}", library="py-rattler", error=says)
    if kind == "unreachable":
        return text("a channel could not be read: {error}", error=says)
    if kind == "unkept":
        return text(
            "what is kept of the channels on this machine is not enough, and the network was not to be used: {error}",
            error=says,
        )
    if kind == "spec":
        return text("conda does not understand what was asked for: {error}", error=says)
    if kind == "record":
        return text("a record of conda's cannot be read: {error}", error=says)
    if kind == "unsatisfiable":
        return text("no packages fit together: {error}", error=says)
    return text("the solver failed: {error}", error=says)
