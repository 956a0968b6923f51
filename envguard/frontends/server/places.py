"""The environments that kernelspecs and running kernels of a server stand for, at a glance."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

from envguard import api
from envguard.commands.lookup import prefix_of
from envguard.render.json_v1 import optional_text_v1, string

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PYTHON = re.compile(r"(?:python|pypy)[\d.]*(?:t|w)?(?:\.exe)?", re.IGNORECASE)


def places(specs: Sequence[Mapping[str, Any]], prefixes: Sequence[str]) -> list[dict[str, Any]]:
    """One entry for each environment, with the names of the kernelspecs that start its Python."""
    found: dict[str, tuple[str, list[str]]] = {}
    for prefix in prefixes:
        found.setdefault(os.path.realpath(prefix), (prefix, []))
    for spec in specs:
        started = prefix_of_spec(spec)
        if started is not None and os.path.isdir(started):  # noqa: PTH112
            found.setdefault(os.path.realpath(started), (started, []))[1].append(string(spec["name"]))
    return [_place(prefix, names) for prefix, names in found.values()]


def prefix_of_spec(spec: Mapping[str, Any]) -> str | None:
    """The prefix whose Python a kernelspec starts; None if it is none of Python, or leaves that to what it starts."""
    if str(spec.get("language") or "python").lower() != "python":
        return None
    environment = spec.get("conda_env_path")
    if isinstance(environment, str) and environment:
        return environment
    argv = spec.get("argv") or ()
    program = argv[0] if argv and isinstance(argv[0], str) else ""
    if not _PYTHON.fullmatch(os.path.basename(program)):  # noqa: PTH119
        return None
    if os.path.isabs(program):  # noqa: PTH117
        return prefix_of(program) if os.path.exists(program) else None  # noqa: PTH110
    return sys.prefix  # Jupyter starts its own interpreter for a bare `python`


def _place(prefix: str, names: list[str]) -> dict[str, Any]:
    look = api.glance(prefix)
    refused = api.unchangeable(prefix)
    return {
        "name": string(look.name),
        "prefix": string(prefix),
        "base": look.is_base,
        "writable": look.writable and not look.is_frozen,
        "kernelspecs": names,
        "refused": optional_text_v1(refused),
    }
