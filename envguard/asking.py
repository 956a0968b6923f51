"""The roads to what a process tells of itself: this one, one that is started to be asked, a kernel by its client.

All give the same dict, that of `probe/live.py`.
"""

from __future__ import annotations

import binascii
import contextlib
import functools
import json
import os
import re
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard.errors import ProbeFailed
from envguard.model import text
from envguard.probe import live, reading, stale
from envguard.run import BY_PATH, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Command = Callable[[Sequence[str]], Sequence[str]]

ANSWER = 256 << 20
"""Bytes of an answer at most; that of a full Anaconda has one MB."""
_TOO_OLD = 3
"""The probes' exit code under a Python below 3.8."""
_ASK = (
    "(lambda live, stale: ("
    "__import__('builtins').exec({live!r}, live), __import__('builtins').exec({stale!r}, stale),"
    " live['encoded'](stale['mark'](live['collect']('kernel', {names!r}))))[-1]"
    ")({{'__name__': 'envguard_live'}}, {{'__name__': 'envguard_stale'}})"
)
"""Sent into a kernel: fresh namespaces, nothing of which stays."""
_LETTERS = re.compile(r"'(small|plain):([A-Za-z0-9+/=]+)'")


class Busy(ProbeFailed):
    """A kernel did not answer in time: it is running a cell."""


def here(kind: str, names: Iterable[str]) -> dict[str, Any]:
    """What this process tells of itself; `names` are further variables to tell."""
    told = live.collect(kind, names)
    return stale.mark(told) if kind == "kernel" else told


def answer_of(
    command: Command,
    program: str,
    probe: str,
    arguments: Callable[[str], Sequence[str]],
    timeout: float,
    env: Mapping[str, str | None] | None = None,
    cwd: str | None = None,
) -> Any:
    """What a probe answers that another interpreter runs by its path; ProbeFailed if it does not.

    The interpreter runs plainly, not with -I: that would hide what its users have on their path. The probe answers into a
    file, for a sitecustomize may print, and no .pyc is written. `arguments` takes the file of the answer.
    """
    with tempfile.TemporaryDirectory(prefix="envguard-") as folder:
        answer = os.path.join(folder, "facts.json")  # noqa: PTH118 - an argument
        ran = run(command([probe, *arguments(answer)]), timeout, env={**(env or {}), **BY_PATH}, cwd=cwd)
        if ran.code == _TOO_OLD or ran.last_line.startswith("SyntaxError"):
            raise ProbeFailed(text("{program} is older than Python 3.8, which the probe needs", program=program))
        if ran.code != 0:
            reason = ran.last_line or f"exit code {ran.code}"
            home = {**os.environ, **(env or {})}.get("PYTHONHOME")
            if home:
                raise ProbeFailed(
                    text(
                        "{program} could not run the probe: {reason}; PYTHONHOME is {home}, with which only the Python of "
                        "that folder starts",
                        program=program,
                        reason=reason,
                        home=home,
                    )
                )
            raise ProbeFailed(text("{program} could not run the probe: {reason}", program=program, reason=reason))
        try:
            return json.loads(reading.read(answer, ANSWER))
        except (OSError, ValueError, RecursionError) as error:
            raise not_understood(program) from error


def not_understood(program: str) -> ProbeFailed:
    """What is said of an answer that is none."""
    return ProbeFailed(text("{program} ran but did not answer; is it a Python?", program=program))


def program(
    command: Command,
    name: str,
    names: Iterable[str],
    timeout: float,
    env: Mapping[str, str | None] | None = None,
    cwd: str | None = None,
) -> dict[str, Any]:
    """What an interpreter tells that is started for it, of the process that its users would start.

    `env` is what they would set, None for what they would not have; `cwd` where they would stand.
    """
    told = answer_of(command, name, live.__file__, lambda out: [out, "fresh", *names], timeout, env, cwd)
    if not isinstance(told, dict) or not isinstance(told.get("variables"), list):
        raise not_understood(name)
    set_by_them = {name: value for name, value in {**os.environ, **(env or {})}.items() if value is not None}
    told["variables"] = [
        {**each, "value": set_by_them[each["name"]]} if each["name"] in BY_PATH else each
        for each in told["variables"]
        if each["name"] not in BY_PATH or each["name"] in set_by_them
    ]
    return told


def client(kernel: Any, names: Iterable[str], timeout: float) -> dict[str, Any]:
    """What a kernel tells to one silent request of its client (a blocking one of jupyter_client's).

    No cell is run and none is counted, the namespace stays as it is. A kernel answers when its running cell has ended:
    Busy if that takes longer than `timeout`.
    """
    try:
        reply = kernel.execute("", reply=True, timeout=timeout, **question(names))
    except TimeoutError as error:
        if not kernel.is_alive():
            raise ProbeFailed(text("the kernel does not run")) from error
        raise Busy(text("kernel busy")) from error
    return opened(letters(reply["content"]))


def question(names: Iterable[str]) -> dict[str, Any]:
    """What is sent to a kernel, with empty code, for it to tell of itself: a silent request, which counts for nothing."""
    return {
        "silent": True,
        "store_history": False,
        "user_expressions": {
            "envguard": _ASK.format(live=_source(live.__file__), stale=_source(stale.__file__), names=tuple(names))
        },
        "allow_stdin": False,
        "stop_on_error": False,
    }


def letters(content: Mapping[str, Any]) -> str:
    """The answer in what a kernel replies, still packed; ProbeFailed if there is none."""
    shown = content.get("user_expressions", {}).get("envguard", {})
    found = _LETTERS.search(str(shown.get("data", {}).get("text/plain", "")))
    if found is None:
        reason = f"{shown.get('ename') or content.get('status')}: {shown.get('evalue') or ''}".rstrip(": ")
        raise ProbeFailed(text("the kernel could not run the probe: {reason}", reason=reason))
    return found[0]


def opened(packed: str) -> dict[str, Any]:
    """What a kernel tells, unpacked; ProbeFailed if that is not what the probe would say."""
    found = _LETTERS.fullmatch(packed)
    told = None
    with contextlib.suppress(ValueError, zlib.error, RecursionError):
        answer = binascii.a2b_base64(found[2]) if found is not None else b""
        if found is not None and found[1] == "small":
            answer = zlib.decompressobj().decompress(answer, ANSWER)  # no more than that, however much it would be
        told = json.loads(answer)
    if not isinstance(told, dict):
        raise ProbeFailed(text("what the kernel answered is not what the probe tells"))
    return told


def is_here(told: Mapping[str, Any]) -> bool:
    """Whether the prefix that a process tells of is the folder of that name on this machine."""
    try:
        status = Path(told["prefix"]).stat()
    except OSError:
        return False
    return told.get("place") == [status.st_dev, status.st_ino]


@functools.cache
def _source(probe: str) -> str:
    return Path(probe).read_text(encoding="utf-8")
