"""Every subprocess of envguard goes through `run`.

The child has no terminal and no input, its own process group, and an environment without secrets. When its time is
over the whole group is killed. Of what it writes only the first part of stdout and the last part of stderr are kept.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from typing import IO, TYPE_CHECKING

from envguard.errors import Cancelled, ProbeFailed
from envguard.masking import without_secret_addresses, without_secrets
from envguard.model import text
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

KEPT_BYTES = 4 * 1024 * 1024
_CHUNK = 65536
_TICK = 0.05
"""Seconds between two looks at whether somebody has cancelled."""
_GRACE = 2.0
"""Seconds for the child to go once killed, and for its last output to arrive; a grandchild may hold the pipe open for longer."""

_SECRET_NAME = re.compile(
    r"TOKEN|PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY", re.IGNORECASE
)
BY_PATH = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", "PYTHONSAFEPATH": ""}
"""What is set for a script of ours alone that is run by its path, and finds its neighbours in its own folder."""
_NOT_INHERITED = ("__PYVENV_LAUNCHER__",)
"""macOS tells a Python by this variable that it is the venv of the one that started it."""


@value
class Ran:
    """What a finished process left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def last_line(self) -> str:
        """The last line of stderr that says something: what Python and conda put the reason in."""
        lines = [line.strip() for line in self.stderr.splitlines() if line.strip()]
        return without_secrets(lines[-1])[:300] if lines else ""


def run(
    argv: Sequence[str | Path],
    timeout: float,
    *,
    env: Mapping[str, str | None] | None = None,
    cwd: str | Path | None = None,
    kept: int = KEPT_BYTES,
    told: Callable[[str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Ran:
    """Runs a program to its end; ProbeFailed if it cannot be started or its time is over, Cancelled once `cancelled` says so.

    `told` gets each line of stdout as it comes, in a thread of its own. `env` comes on top of the clean environment, of which None takes a variable away. A non-zero exit code is an answer, not an error.
    """
    program = os.fspath(argv[0])
    variables = {name: value for name, value in {**clean_environment(), **(env or {})}.items() if value is not None}
    try:
        process = start([os.fspath(part) for part in argv], variables, cwd)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ProbeFailed(text("{program} cannot be started: {reason}", program=program, reason=reason)) from error
    assert process.stdout is not None
    assert process.stderr is not None
    out, err = _Reader(process.stdout, kept, first=True, told=told), _Reader(process.stderr, kept, first=False)
    try:
        _wait(process, timeout, cancelled)
    except subprocess.TimeoutExpired as error:
        raise ProbeFailed(
            text("{program} did not answer within {seconds} s", program=program, seconds=f"{timeout:g}")
        ) from error
    finally:
        kill(process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)  # one that hangs in a driver cannot even be killed
        out.join()
        err.join()
    return Ran(process.returncode, out.text(), err.text())


def _wait(process: subprocess.Popen[bytes], timeout: float, cancelled: Callable[[], bool] | None) -> None:
    if cancelled is None:
        process.wait(timeout)
        return
    end = time.monotonic() + timeout
    while not cancelled():
        left = end - time.monotonic()
        try:
            process.wait(max(0.0, min(_TICK, left)))
        except subprocess.TimeoutExpired:
            if left <= _TICK:
                raise
        else:
            return
    raise Cancelled(text("cancelled"))


def hand_over(argv: Sequence[str], env: Mapping[str, str], cwd: str | Path | None = None) -> int:
    """Runs a program of the user's own as a shell would, with our terminal, streams and all variables; its exit code.

    Ctrl-C is the program's to answer; we wait until it has.
    """
    try:
        process = subprocess.Popen(argv, env=env, cwd=cwd)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ProbeFailed(text("{program} cannot be started: {reason}", program=argv[0], reason=reason)) from error
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            continue
        return code if code >= 0 else 128 - code


def processors() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS, nor on Windows
        return os.cpu_count() or 1


def clean_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment a child gets: ours in UTF-8 mode, without secrets."""
    kept = {
        name: without_secret_addresses(value)
        for name, value in (os.environ if environ is None else environ).items()
        if not _SECRET_NAME.search(name) and name not in _NOT_INHERITED
    }
    return {**kept, "PYTHONUTF8": "1"}


def start(
    argv: list[str],
    env: Mapping[str, str],
    cwd: str | Path | None = None,
    *,
    stdin: int = subprocess.DEVNULL,
    stderr: int = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """A program in a group of its own, for whoever talks to it while it runs; whoever starts it has to `kill` it."""
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        return subprocess.Popen(
            argv, env=env, cwd=cwd, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, creationflags=flags
        )
    return subprocess.Popen(
        argv, env=env, cwd=cwd, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kills what is left of the child's group: after success only stray grandchildren, after a time-out everything."""
    if sys.platform == "win32":
        if process.poll() is None:
            process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


class _Reader(threading.Thread):
    """Drains a pipe to its end, so that the child never blocks, and keeps a bounded part of it."""

    def __init__(self, pipe: IO[bytes], kept: int, *, first: bool, told: Callable[[str], None] | None = None) -> None:
        super().__init__(daemon=True, name="envguard-reader")
        self._pipe, self._kept, self._first, self._told = pipe, kept, first, told
        self._bytes = bytearray()
        self._line = b""
        self.start()

    def run(self) -> None:
        with contextlib.suppress(OSError, ValueError), self._pipe:
            while chunk := os.read(self._pipe.fileno(), _CHUNK):
                if self._told is not None:
                    *lines, self._line = (self._line[-_CHUNK:] + chunk).split(b"\n")
                    for line in lines:
                        self._told(line.decode("utf-8", errors="replace").rstrip())
                if self._first:
                    self._bytes += chunk[: max(0, self._kept - len(self._bytes))]
                else:
                    self._bytes += chunk
                    del self._bytes[: max(0, len(self._bytes) - self._kept)]

    def join(self, timeout: float | None = _GRACE) -> None:
        super().join(timeout)

    def text(self) -> str:
        return bytes(self._bytes).decode("utf-8", errors="replace")
