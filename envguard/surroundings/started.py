"""The process in which something of an environment is loaded: its Python, just started, with the variables in question."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard import elf, loader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envguard.facts import Environment
    from envguard.loader import World

__all__ = ["environ", "started"]


def environ(env: Environment) -> Mapping[str, str]:
    """The variables of the process that was asked, else of this one if the prefix is its own."""
    if env.process is not None:
        return env.process.environ
    own = os.path.realpath(env.prefix) == os.path.realpath(sys.prefix)
    return os.environ if own else {}


def started(env: Environment) -> World | None:
    """A process of the environment's Python that has just started; None where the loader is unknown."""
    program = os.path.realpath(os.path.join(env.prefix, env.interpreter or "bin/python"))
    python = elf.read(program)
    # without a Python that starts there is nothing to load, and nothing to be said about an empty list
    system = loader.system(python.machine if python is not None else platform.machine())
    if system is None or (python is None and env.compiled):
        return None
    world = loader.World(
        system,
        (python,) if python is not None else (),
        loader.library_path(environ(env).get("LD_LIBRARY_PATH")),
        cwd=env.process.cwd if env.process is not None and env.process.cwd else "/",
    )
    if python is None:
        return world
    brought = loader.load(program, world)
    shared = [each.library for each in brought if (each.library.soname or "").startswith("libpython")]
    return replace(world, callers=(*shared[:1], python)).with_loaded(brought)
