"""Conda's own book after packages were linked by py-rattler: records like their neighbours, and its history kept on."""

from __future__ import annotations

import contextlib
import datetime
import json
from typing import TYPE_CHECKING, Any

from envguard import store
from envguard._version import __version__
from envguard.packages import credentials
from envguard.probe import reading

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def settle(path: Path, before: Mapping[str, Any], own: Path, specs: tuple[str, ...], mode: int) -> None:
    """Rewrites a new record so that it is like its neighbours; a record that cannot be read or written stays as it is.

    It says what was asked for (`specs`, or as the record `before` it did), has the permissions `mode`, and names
    neither our folder `own` nor a secret.
    """
    with contextlib.suppress(OSError, ValueError):
        told = json.loads(path.read_bytes())
        asked = [spec for spec in specs if reading.spec_name(spec) == told.get("name")]
        for key, value in (("requested_spec", asked[-1] if asked else None), ("requested_specs", asked)):
            if before.get(key) or value:
                told[key] = before.get(key) or value
        for key in ("url", "channel"):  # py-rattler writes the address by which it was fetched, with its secret
            if isinstance(told.get(key), str):
                told[key] = before.get(key) or credentials.bare(told[key])
        for key in ("extracted_package_dir", "package_tarball_full_path", "link"):
            if str(own) in json.dumps(told.get(key)):
                told.pop(key)
                if before.get(key):
                    told[key] = before[key]
        store.write_atomically(path, json.dumps(told, indent=2, sort_keys=True).encode(), mode)


def remember(meta: Path, unlinked: list[str], linked: list[str], command: str, asked: tuple[str, ...] = ()) -> None:
    """Appends a transaction to conda's history, where conda keeps one: its next command would otherwise claim the change.

    `unlinked` and `linked` are packages as the history names them, `asked` the specs that somebody asked for.
    """
    history = meta / "history"
    with contextlib.suppress(OSError):
        if (unlinked or linked) and (history.stat().st_size or asked):
            # local time, as conda writes it
            when = datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")
            lines = [
                f"==> {when} <==",
                f"# cmd: {command}",
                f"# envguard version: {__version__}",
                *(f"-{each}" for each in unlinked),
                *(f"+{each}" for each in linked),
                *([f"# update specs: {sorted(asked)!r}"] if asked else []),
            ]
            with history.open("a", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
