"""A real kernel, spoken to as a front end does: what a cell shows, what it asks, and what comes back."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import KernelManager

from tests.envs import wheelhouse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[2]
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Shown:
    """All that a front end sees of one cell."""

    status: str = ""
    count: int | None = None
    out: str = ""
    err: str = ""
    data: list[dict[str, str]] = field(default_factory=list)
    name: str = ""
    """Of the exception."""
    value: str = ""
    traceback: str = ""
    asked: list[str] = field(default_factory=list)
    payload: list[dict[str, Any]] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    """The types of the messages, one after the other."""


def variables(folder: Path, python: Path | str) -> dict[str, str]:
    """The process environment of a kernel that finds envguard, its tests and what they need."""
    path = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    own = {"PYTHONPATH": path, "IPYTHONDIR": str(folder / "ipython"), "PYTHONDONTWRITEBYTECODE": "1"}
    beside = {"PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"}
    plain = {name: value for name, value in wheelhouse.isolated().items() if not name.startswith("ENVGUARD_")}
    return {**plain, **own, **beside}


class Kernel:
    """A kernel of an interpreter that finds envguard, its tests and what they need behind its own packages."""

    def __init__(self, folder: Path, python: Path | str = sys.executable, **more: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.manager = KernelManager()
        self.manager.kernel_spec.argv[0] = str(python)
        self.manager.start_kernel(env={**variables(folder, python), **more}, cwd=str(folder))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code: str, *answers: str, stdin: bool = True, interrupt: bool = False) -> Shown:
        """Runs a cell and answers what it asks; an answer too few is none, and `interrupt` is Ctrl-C in its place."""
        shown, left = Shown(), iter(answers)

        def hear(message: dict[str, Any]) -> None:
            _hear(shown, message)

        def asked(message: dict[str, Any]) -> None:
            shown.asked.append(message["content"]["prompt"])
            if interrupt:
                self.manager.interrupt_kernel()
            else:
                self.client.input(next(left))

        reply = self.client.execute_interactive(
            textwrap.dedent(code),
            allow_stdin=stdin,
            output_hook=hear,
            stdin_hook=asked,
            timeout=120,
            stop_on_error=False,
        )
        shown.status, shown.count = reply["content"]["status"], reply["content"]["execution_count"]
        shown.payload = reply["content"].get("payload", [])
        return shown

    def all(self, cells: Sequence[str]) -> Iterator[Shown]:
        for cell in cells:
            yield self.run(cell)


def _hear(shown: Shown, message: dict[str, Any]) -> None:
    kind, content = message["msg_type"], message["content"]
    if kind == "stream":
        if content["name"] == "stdout":
            shown.out += content["text"]
        else:
            shown.err += content["text"]
    elif kind in ("display_data", "execute_result"):
        shown.data.append(content["data"])
    elif kind == "error":
        shown.name, shown.value = content["ename"], content["evalue"]
        shown.traceback = _COLOUR.sub("", "\n".join(content["traceback"]))
    # the pieces in which a stream comes are a matter of the clock
    if kind != "status" and shown.kinds[-1:] != [kind]:
        shown.kinds.append(kind)
