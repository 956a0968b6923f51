"""What `!pip` and `!uv` would meet in a process: the programs on its PATH and the environment they install into."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from envguard.machine import Command, Shell
from envguard.probe import extras, reading
from envguard.surroundings.jupyter import within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envguard.facts import Environment


def shell(env: Environment) -> Shell | None:
    """What the variables of a prefix's process say: of the kernel that was asked, else of this process if it is one."""
    if env.process is not None and env.process.kind == "kernel":
        return _shell(env.prefix, env.process.environ, kernel=True)
    if os.path.realpath(env.prefix) == os.path.realpath(sys.prefix):
        return _shell(env.prefix, os.environ, kernel="ipykernel.kernelapp" in sys.modules)
    return None


def _shell(prefix: str, variables: Mapping[str, str], *, kernel: bool) -> Shell:
    active, virtual = variables.get("CONDA_PREFIX") or None, variables.get("VIRTUAL_ENV") or None
    search = variables.get("PATH", os.defpath)
    return Shell(
        kernel=kernel,
        commands=tuple(command for name in ("pip", "uv") if (command := _command(name, prefix, search))),
        active=active,
        virtual=virtual,
        active_here=_same(active, prefix),
        virtual_here=_same(virtual, prefix),
    )


def _command(name: str, prefix: str, search: str) -> Command | None:
    path = shutil.which(name, path=search)
    if path is None:
        return None
    if name == "uv":
        return Command(name, path, None, None)  # uv installs where variables say, wherever it lies itself
    # the launchers of Windows start the Python of the folder they lie in
    starts = path if path.lower().endswith(".exe") else _interpreter(path, search)
    if starts is None:
        return Command(name, path, None, None)
    folder = os.path.dirname(starts)
    target = os.path.dirname(folder) if os.path.basename(folder) in ("bin", "Scripts") else folder
    return Command(name, path, target, within(folder, prefix))


def _interpreter(path: str, search: str) -> str | None:
    """The Python that a script starts, that which `/usr/bin/env` would find included."""
    head = reading.head(path, 1024)
    named = extras.interpreter(head)
    if named is None and head.startswith(b"#!/usr/bin/env "):
        words = head.partition(b"\n")[0].split()
        named = (
            shutil.which(words[1].decode("utf-8", "replace"), path=search)
            if words[1:2] and b"python" in words[1]
            else None
        )
    return named


def _same(named: str | None, prefix: str) -> bool | None:
    return None if named is None else os.path.realpath(named) == os.path.realpath(prefix)
