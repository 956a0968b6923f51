"""The three ways in which the mechanisms ask envguard: of files, of an interpreter, of a process that lives."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from envguard import api, collect
from envguard.analyse import analyse
from envguard.settings import Selection
from envguard.why.answer import answer
from envguard.why.reading import groups_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from envguard.cuda_report import CudaReport
    from envguard.model import Answer, Report

_KERNEL = """
import json, sys
names = {"__name__": "__main__"}
for line in sys.stdin:
    asked, answer = json.loads(line), {"status": "ok", "user_expressions": {}}
    try:
        exec(asked["code"], names)
        for key, expression in asked["user_expressions"].items():
            answer["user_expressions"][key] = {"status": "ok", "data": {"text/plain": repr(eval(expression, names))}}
    except BaseException as error:
        answer.update(status="error", ename=type(error).__name__, evalue=str(error))
    print(json.dumps(answer), flush=True)
"""
_OURS = (
    "COVERAGE",
    "PYTEST",
    "PYTHON",
    "CONDA",
    "VIRTUAL_ENV",
    "LD_",
    "UV_",
    "PIP_",
    "MKL_",
    "OMP_",
    "KMP_",
    "JUPYTER",
    "CUDA",
)


def files(prefix: Path, *, deep: bool = False, select: tuple[str, ...] = ()) -> Report:
    """The report on the files of a prefix."""
    return api.inspect(prefix, Selection(select=select), deep=deep, keep=False, process=None)


def asked(python: Path, **variables: str) -> Report:
    """The report on an interpreter that is started to be asked, with variables set as its user has them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _disturbing(os.environ):
            patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        return api.inspect_python(python)


def drivers(python: Path, **variables: str) -> CudaReport:
    """What is told of CUDA for an interpreter that is started with variables, the driver being asked, too."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _disturbing(os.environ):
            patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        return api.cuda(python=str(python))


class Kernel:
    """A Python that does what it is told over a pipe, and answers as a blocking client of Jupyter's does.

    A kernel of ipykernel's takes a second to start, and what matters here is the same in both: a process that goes on
    living. tests/probe has the real ones.
    """

    def __init__(self, python: Path, cwd: Path, **variables: str) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in _disturbing(os.environ)}
        self._process = subprocess.Popen(
            [python, "-c", _KERNEL],
            cwd=cwd,
            env={**kept, "PATH": str(python.parent), "PYTHONDONTWRITEBYTECODE": "1", **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, code: str) -> None:
        """Runs a cell, which must not fail."""
        replied = self._ask(code, {})
        assert replied["status"] == "ok", replied

    def report(self) -> Report:
        """What envguard says of it."""
        return api.inspect_client(self, timeout=30)

    def why(self, error: str) -> Answer:
        """What envguard says of an error that somebody met in it."""
        env = collect.by_client(self, 30)
        return answer(groups_of(error), env, analyse(env))

    def execute(self, code: str, *, user_expressions: Mapping[str, str], **_: Any) -> dict[str, Any]:
        """As jupyter_client's, in so far as envguard asks it."""
        return {"content": self._ask(code, user_expressions)}

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def __enter__(self) -> Kernel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.kill()
        self._process.wait()

    def _ask(self, code: str, expressions: Mapping[str, str]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"code": code, "user_expressions": dict(expressions)}) + "\n")
        self._process.stdin.flush()
        replied: dict[str, Any] = json.loads(self._process.stdout.readline())
        return replied


def _disturbing(variables: Mapping[str, str]) -> list[str]:
    """What is set round the tests and would be found in the process that is asked."""
    return [name for name in variables if name.startswith(_OURS)]
