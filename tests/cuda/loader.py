"""What the loader of this machine really brings in for a stand-in, to hold envguard's word against it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envguard import collect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envguard.cuda import Framework
    from envguard.facts import Environment

CUDA = re.compile(r"lib(?:cu(?!rses|rl)|nv(?!rtc-builtins)|nccl)")
"""The names of CUDA's libraries, but for that which nvrtc opens and nothing asks for."""
_ASK = """
import ctypes, json, sys
for path in sys.argv[1:]:
    # without binding: what lacks a function is found all the same, and only then refused
    ctypes.CDLL(None).dlopen(path.encode(), 1)
with open("/proc/self/maps") as file:
    lines = [line.rstrip("\\n").split(maxsplit=5) for line in file]
print(json.dumps(sorted({line[5] for line in lines if len(line) == 6 and line[5].startswith("/")})))
"""
_IMPORT = "import {name}\n"


def loads(
    python: Path, *files: Path, first: str | None = None, variables: Mapping[str, str] | None = None
) -> frozenset[str]:
    """The CUDA libraries that a process has in memory after it loaded files, or after it imported `first`."""
    code = (_IMPORT.format(name=first) if first else "") + _ASK
    done = subprocess.run(
        [python, "-c", code, *files],
        env={**_clean(), **(variables or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    paths = (Path(each).resolve() for each in json.loads(done.stdout))
    return frozenset(str(path) for path in paths if CUDA.match(path.name))


def refusal(python: Path, name: str, variables: Mapping[str, str] | None = None) -> str | None:
    """The last line of what Python says when it cannot import a module; None if it can."""
    done = subprocess.run(
        [python, "-c", f"import {name}"],
        env={**_clean(), **(variables or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stderr.strip().splitlines()[-1] if done.returncode else None


def asked(python: Path, **variables: str) -> Environment:
    """What envguard knows of the environment of an interpreter that is started with variables."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name not in _clean():
                patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        return collect.by_interpreter(python)


def framework(env: Environment, name: str = "torch") -> Framework:
    """One framework, of which there must be one."""
    assert env.cuda is not None
    (found,) = [each for each in env.cuda.frameworks if each.name == name]
    return found


def resolved(one: Framework) -> frozenset[str]:
    """The files that envguard says the loader comes to."""
    assert one.resolved is not None
    return frozenset(os.path.realpath(each.path) for each in one.resolved if each.path)


def owners(one: Framework) -> dict[str, str]:
    """Family -> whose the file is that the loader comes to."""
    assert one.resolved is not None
    return {each.family: each.origin for each in one.resolved}


def _clean() -> dict[str, str]:
    """The variables round the tests, without those that lead a loader or Python elsewhere."""
    leading = ("LD_", "PYTHON", "CUDA", "CONDA", "COVERAGE", "PYTEST", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(leading)}
