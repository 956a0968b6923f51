"""The environments of a server: those of its kernelspecs and of its running kernels, by ids that name no path."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

from envguard.errors import NoSuchEnvironment
from envguard.frontends.server.recent import Recent
from envguard.model import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MOST = 1000
"""Environments that are known at once."""


class Environments:
    """Ids and prefixes. An id that was not given out here leads nowhere."""

    def __init__(self) -> None:
        self._prefixes: Recent[str] = Recent(_MOST)

    def id_of(self, prefix: str) -> str:
        """The id of a prefix; that of a link to it is the same."""
        real = os.path.realpath(prefix)
        found = hashlib.sha256(f"envguard {real}".encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self._prefixes.put(found, self._prefixes.get(found, prefix))
        return found

    def prefix_of(self, name: str) -> str:
        """The prefix of an id; NoSuchEnvironment if it was not given out."""
        found = self._prefixes.get(name)
        if found is None:
            raise NoSuchEnvironment(text("there is no environment of this id; those there are have been listed anew"))
        return found

    def __contains__(self, name: str) -> bool:
        """Whether an id was given out."""
        return name in self._prefixes


def specs(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of the kernelspecs as their manager tells them, what says which Python they start."""
    told = []
    for name, entry in found.items():
        spec = entry.get("spec") or {}
        metadata = spec.get("metadata")
        told.append(
            {
                "name": name,
                "language": spec.get("language"),
                "argv": list(spec.get("argv") or ())[:1],
                "conda_env_path": metadata.get("conda_env_path") if isinstance(metadata, dict) else None,
            }
        )
    return told


def listed(entries: list[dict[str, Any]], ids: Environments, changes: Callable[[Any], dict[str, Any]]) -> list[Any]:
    """The environments as clients hear of them."""
    return [
        {
            "id": ids.id_of(entry["prefix"]),
            "name": entry["name"],
            "prefix": entry["prefix"],
            "base": entry["base"],
            "writable": entry["writable"],
            "kernelspecs": entry["kernelspecs"],
            "changes": changes(entry["refused"]),
        }
        for entry in entries
    ]
