"""What is written of checkpoints: `undo/<id>/` in our folder, and what was kept for all of them in `undo/kept/`.

* `checkpoint.json` says how far it has come. It is written whole or not at all, and fsynced, at each step.
* `before` and `after` are the listings, `keeping` tells what is kept, `copies/` holds what could not be linked.
* One that never came to `begun` is nobody's: the command was not started.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard import store
from envguard.changes import keeping, listing
from envguard.changes.keeping import Kept
from envguard.model import Change
from envguard.undo_report import Checkpoint, State
from envguard.value import value

if TYPE_CHECKING:
    from envguard.changes.listing import Listing
    from envguard.home import Home

SCHEMA = 1
_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
_LIMIT = 16 << 20
_PACKED = 1 << 28


@value
class Noted:
    """One checkpoint as the journal has it."""

    checkpoint: Checkpoint
    folder: Path
    began: int
    """Nanoseconds since 1970, of this machine's clock."""
    ended: int | None
    process: tuple[int, float] | None
    """The process that began it, and when that was started; None if that cannot be told."""
    links: bool
    """Whether inodes may be compared."""


def place(home: Home) -> Path:
    """The folder of all checkpoints."""
    return Path(home.folder, "undo")


def kept(home: Home) -> Path:
    """The folder of what is kept by links."""
    return place(home) / "kept"


def every(home: Home) -> tuple[Noted, ...]:
    """All checkpoints that can be read, the oldest first."""
    try:
        names = sorted(os.listdir(place(home)))  # noqa: PTH208
    except OSError:
        return ()
    found = (one(home, name) for name in names)
    return tuple(
        sorted((each for each in found if each is not None), key=lambda each: (each.began, each.checkpoint.id))
    )


def one(home: Home, name: str) -> Noted | None:
    """One checkpoint; None if there is none of that id, or it cannot be read."""
    if not _ID.fullmatch(name):
        return None
    folder = place(home) / name
    try:
        told = json.loads((folder / "checkpoint.json").read_bytes()[:_LIMIT])
        return _parsed(told, folder) if told["id"] == name and told["schema"] == SCHEMA else None
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return None


def write(noted: Noted, *, whole: bool = True) -> None:
    """Writes how far a checkpoint has come; one that is not `whole` yet counts for nothing."""
    point = noted.checkpoint
    told = {
        "schema": SCHEMA,
        "id": point.id,
        "state": point.state.value if whole else "beginning",
        "when": point.when,
        "began": noted.began,
        "ended": noted.ended,
        "process": noted.process,
        "links": noted.links,
        "command": point.command,
        "failed": point.failed,
        "changes": [[change.name, change.before, change.after] for change in point.changes],
        "added": point.added,
        "removed": point.removed,
        "replaced": point.replaced,
        "kept": point.kept,
        "size": point.size,
        "beside": point.beside,
    }
    store.write_atomically(noted.folder / "checkpoint.json", json.dumps(told, indent=1).encode())


def changed(noted: Noted, **fields: Any) -> Noted:
    """The same with other values in its checkpoint."""
    return replace(noted, checkpoint=replace(noted.checkpoint, **fields))


def write_listing(noted: Noted, name: str, taken: Listing) -> None:
    """Writes the listing `before` or `after`."""
    store.write_atomically(noted.folder / name, listing.pack(taken))


def read_listing(noted: Noted, name: str) -> Listing:
    """Such a listing; OSError or ValueError if there is none."""
    return listing.unpack((noted.folder / name).read_bytes())


def write_keeping(noted: Noted, what: Kept) -> None:
    """Writes what is kept."""
    told = {"links": what.links, "linked": what.linked, "copies": dict(what.copies), "sums": dict(what.sums)}
    packed = zlib.compress(json.dumps(told, separators=(",", ":")).encode("ascii"), 1)
    store.write_atomically(noted.folder / "keeping", packed)


def read_keeping(noted: Noted) -> Kept:
    """What is kept; OSError or ValueError if that cannot be read."""
    try:
        told = json.loads(zlib.decompressobj().decompress((noted.folder / "keeping").read_bytes(), _PACKED))
        copies = {str(path): str(int(name)) for path, name in told["copies"].items()}
        sums = {str(path): str(digest) for path, digest in told["sums"].items()}
        return Kept(bool(told["links"]), tuple(map(int, told["linked"])), copies, sums)
    except (zlib.error, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise ValueError(str(error)) from error


def drop(home: Home, names: set[str]) -> None:
    """Removes checkpoints, and those that were never whole; call it with our folder locked."""
    known = {each.checkpoint.id for each in every(home)}
    with contextlib.suppress(FileNotFoundError):
        for entry in sorted(place(home).iterdir()):
            if entry.name != "kept" and (entry.name in names or entry.name not in known):
                remove(entry)
    _sweep(home)


def remove(folder: Path) -> None:
    """Removes one checkpoint's folder, its name as a checkpoint first."""
    with contextlib.suppress(FileNotFoundError):
        (folder / "checkpoint.json").unlink()
    shutil.rmtree(folder, ignore_errors=True)


def empty(home: Home, noted: Noted) -> None:
    """Takes away what a checkpoint needed, and leaves what is told of it."""
    for name in ("before", "after", "keeping"):
        (noted.folder / name).unlink(missing_ok=True)
    shutil.rmtree(noted.folder / "copies", ignore_errors=True)
    _sweep(home)


def _sweep(home: Home) -> None:
    used: set[int] = set()
    for noted in every(home):
        if noted.checkpoint.state is not State.UNDONE:
            with contextlib.suppress(OSError, ValueError):
                used.update(read_keeping(noted).linked)
    keeping.sweep(kept(home), used)


def _parsed(told: dict[str, Any], folder: Path) -> Noted:
    if told["state"] == "beginning":
        raise ValueError("it was never whole")
    counts = {name: int(told[name]) for name in ("added", "removed", "replaced", "kept", "size")}
    point = Checkpoint(
        told["id"],
        str(told["when"]),
        State(told["state"]),
        tuple(map(str, told["command"])),
        told["failed"] if isinstance(told["failed"], bool) else None,
        tuple(Change(str(name), _text(before), _text(after)) for name, before, after in told["changes"]),
        beside=tuple(map(str, told["beside"])),
        **counts,
    )
    process = (int(told["process"][0]), float(told["process"][1])) if told["process"] else None
    ended = None if told["ended"] is None else int(told["ended"])
    return Noted(point, folder, int(told["began"]), ended, process, bool(told["links"]))


def _text(told: object) -> str | None:
    return None if told is None else str(told)
