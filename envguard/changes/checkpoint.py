"""A way back, made before a command runs and closed after it.

* `begin` lists the prefix and keeps every file that may be replaced; `end` lists it again, so that what changed is known.
* What began and never ended (the kernel was killed) can be taken back as any other.
* The oldest go first when there are too many, or when what only they hold grows too large. The last one stays.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard import home as homes
from envguard.changes import journal, keeping, listing, owned
from envguard.changes.journal import Noted
from envguard.changes.keeping import CannotKeep, Kept
from envguard.errors import EnvguardError
from envguard.model import Change, Text, text
from envguard.undo_report import Checkpoint, NoUndo, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envguard.changes.listing import Entry, Listing
    from envguard.home import Home

MOST = 20
"""Checkpoints that are kept, at most."""
BOUND = 4 << 30
"""Bytes that all checkpoints but the last may hold of files that are nowhere else any more."""
_HASHED = 200 << 20
"""Bytes hashed when it begins; the rest is hashed when it ends, if it was replaced."""
_HASHED_AFTER = 4 << 30
_SYSTEM = ("/", "/usr")


def begin(
    home: Home,
    command: tuple[str, ...],
    names: tuple[str, ...] | None,
    *,
    budget: int | None = None,
    owner: tuple[int, float] | None = None,
) -> Checkpoint | NoUndo:
    """Makes a way back before a command runs.

    `command` is without secrets, `names` are the normalised names of what may be replaced: None if nothing can be excluded.
    `budget` are the bytes that may be copied where files cannot be linked. `owner` is the process in which the command
    runs, as `ourselves` tells of one; by default this one.
    """
    reason = _hindrance(home)
    if reason is not None:
        return NoUndo(reason)
    try:
        with homes.locked(home):
            return _begin(home, command, names, budget, owner or ourselves())
    except EnvguardError as error:
        return NoUndo(error.text)


def end(home: Home, checkpoint: Checkpoint, *, failed: bool | None) -> Checkpoint:
    """Notes what has changed since; a checkpoint before which nothing changed goes again, and comes back with no `kept`.

    EnvguardError if it is not there any more, or the prefix cannot be listed: it stays one that has not ended.
    """
    with homes.locked(home):
        noted = journal.one(home, checkpoint.id)
        if noted is None:
            raise EnvguardError(text("the checkpoint {id} is gone", id=checkpoint.id))
        if noted.checkpoint.state is not State.BEGUN:
            return noted.checkpoint
        try:
            return _end(home, noted, failed)
        except (OSError, ValueError, listing.TooLarge) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise EnvguardError(
                text("the checkpoint {id} could not be closed: {reason}", id=checkpoint.id, reason=why)
            ) from error


def all(home: Home) -> tuple[Checkpoint, ...]:  # noqa: A001 - checkpoint.all
    """Every checkpoint, the oldest first; those taken back, too."""
    return tuple(noted.checkpoint for noted in journal.every(home)) if home.ours else ()


def unfinished(home: Home) -> tuple[Checkpoint, ...]:
    """Those that nobody will end any more: the command, or an undo, was killed."""
    if not home.ours:
        return ()
    return tuple(
        noted.checkpoint
        for noted in journal.every(home)
        if noted.checkpoint.state in (State.BEGUN, State.UNDOING) and not running(noted)
    )


def made_by(home: Home, process: int, since: str) -> str | None:
    """The id of the last checkpoint that a process has begun and ended since a time, which is written as ids begin; None if there is none."""
    mine = (
        noted.checkpoint.id
        for noted in (journal.every(home) if home.ours else ())
        if noted.process is not None
        and noted.process[0] == process
        and noted.checkpoint.state is State.ENDED
        and noted.checkpoint.id[: len(since)] >= since
    )
    return max(mine, default=None)


def clear(home: Home, id: str | None = None) -> tuple[Checkpoint, ...]:  # noqa: A002 - as the option is called
    """Lets go of one checkpoint, or of all whose commands do not run just now; those that are gone."""
    if not home.ours:
        return ()
    with homes.locked(home):
        gone = tuple(
            noted.checkpoint
            for noted in journal.every(home)
            if (id is None or noted.checkpoint.id == id)
            and not (noted.checkpoint.state is State.BEGUN and running(noted))
        )
        journal.drop(home, {each.id for each in gone})
    return gone


def drop(home: Home, id: str) -> None:  # noqa: A002 - as above
    """Lets go of one, whether its command runs or not: whoever began it says that it will not."""
    with homes.locked(home):
        journal.drop(home, {id})


def running(noted: Noted) -> bool:
    """Whether the process that began a checkpoint is still there."""
    if noted.process is None:
        return False
    import psutil

    number, started = noted.process
    try:
        process = psutil.Process(number)
        return bool(abs(process.create_time() - started) < 1 and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def changes(before: Listing, after: Listing) -> tuple[Change, ...]:
    """How the distributions and conda packages of two listings differ, by name; one that was merely installed again has the same version twice."""
    found: dict[str, Change] = {}
    for look in (owned.infos, owned.records):
        old, new = _versions(look(before), before), _versions(look(after), after)
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name) and name not in found:
                found[name] = Change(name, old.get(name, ("",))[0] or None, new.get(name, ("",))[0] or None)
    return tuple(found[name] for name in sorted(found))


def _versions(found: Mapping[str, tuple[str, str]], taken: Listing) -> dict[str, tuple[str, int]]:
    return {name: (version, taken.entries[path].inode) for path, (name, version) in sorted(found.items())}


def _hindrance(home: Home) -> Text | None:
    if home.state == "none":
        return text("envguard has no folder in {prefix} yet", prefix=home.prefix)
    if not home.ours:
        return home.reason
    if not home.in_prefix or not os.access(home.prefix, os.W_OK):
        return text("{prefix} is not writable for you", prefix=home.prefix)
    if home.prefix in _SYSTEM:
        return text("{prefix} belongs to the system", prefix=home.prefix)
    return None


def _begin(
    home: Home,
    command: tuple[str, ...],
    names: tuple[str, ...] | None,
    budget: int | None,
    owner: tuple[int, float] | None,
) -> Checkpoint | NoUndo:
    now = time.time_ns()
    when = datetime.datetime.fromtimestamp(now / 1e9, datetime.timezone.utc)
    name = f"{when:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    point = Checkpoint(name, when.astimezone().isoformat(timespec="seconds"), State.BEGUN, command)
    noted = Noted(point, journal.place(home) / name, now, None, owner, links=True)
    try:
        _make_room(home, coming=True)
        noted.folder.mkdir(parents=True)
        journal.kept(home).mkdir(exist_ok=True)
        journal.write(noted, whole=False)
        before = listing.take(home.prefix)
        what = _keep(home, noted, before, names, budget)
        journal.write_listing(noted, "before", before)
        journal.write_keeping(noted, what)
        others = tuple(each.checkpoint.id for each in journal.every(home) if each.checkpoint.state is State.BEGUN)
        noted = journal.changed(noted, kept=len(what.linked) + len(what.copies), beside=others)
        noted = replace(noted, links=what.links)
        journal.write(noted)
    except CannotKeep as error:
        reason = error.reason
    except listing.TooLarge:
        reason = text("there are more than {n} files in {prefix}", n=listing.LIMIT, prefix=home.prefix)
    except (OSError, ValueError) as error:
        reason = text("nothing can be kept: {reason}", reason=getattr(error, "strerror", None) or str(error))
    else:
        return noted.checkpoint
    with contextlib.suppress(OSError):
        journal.drop(home, {name})
    return NoUndo(reason)


def _keep(home: Home, noted: Noted, before: Listing, names: tuple[str, ...] | None, budget: int | None) -> Kept:
    entries = before.entries
    paths: Iterable[str] = entries
    if names is not None:
        mine = owned.of(before, names, owned.reader(home.prefix))
        paths = [path for path in entries if path in mine or owned.always(path)]
    records = owned.rewritten(before)
    copied = {path for path in paths if path in records or (owned.edited(path) and owned.small(entries[path].size))}
    what = keeping.keep(home.prefix, journal.kept(home), noted.folder / "copies", entries, paths, copied, budget)
    files = [path for path in paths if entries[path].is_file and path not in what.sums]
    first = [path for path in files if owned.described(path)]
    told = set(first)
    rest = () if names is None else (path for path in files if path not in told and not listing.cache(path))
    sums = keeping.sums(home.prefix, entries, (*first, *rest), _HASHED)
    return replace(what, sums={**what.sums, **sums})


def _end(home: Home, noted: Noted, failed: bool | None) -> Checkpoint:
    before = journal.read_listing(noted, "before")
    what = journal.read_keeping(noted)
    after = listing.take(home.prefix)
    differ = listing.different(before, after, inodes=noted.links)
    # new byte code is there as soon as anything is imported
    paths = [path for path in differ if path in before.entries or not listing.cache(path)]
    if not [path for path in paths if not path.endswith("__pycache__")]:
        journal.drop(home, {noted.checkpoint.id})
        return replace(noted.checkpoint, state=State.ENDED, failed=failed, kept=0)
    gone = [path for path in paths if path in before.entries and before.entries[path].is_file]
    sums, size = _hold(home, before.entries, gone, what)
    now = time.time_ns()
    added = sum(path not in before.entries and not after.entries[path].is_folder for path in paths)
    removed = sum(path not in after.entries and not before.entries[path].is_folder for path in paths)
    noted = journal.changed(
        replace(noted, ended=now),
        state=State.ENDED,
        failed=failed,
        changes=changes(before, after),
        added=added,
        removed=removed,
        replaced=sum(
            path in before.entries and path in after.entries and not after.entries[path].is_folder for path in paths
        ),
        size=size + sum((noted.folder / "copies" / name).stat().st_size for name in what.copies.values()),
        beside=_beside(home, noted, now),
    )
    journal.write_listing(noted, "after", after)
    journal.write_keeping(noted, replace(what, sums={**what.sums, **sums}))
    journal.write(noted)
    with contextlib.suppress(OSError):
        _make_room(home)
    return noted.checkpoint


def _hold(home: Home, entries: Mapping[str, Entry], gone: list[str], what: Kept) -> tuple[dict[str, str], int]:
    """The hashes of replaced files that exist only in our folder now, as far as they were not taken before; and the bytes of these files."""
    linked = set(what.linked)
    sums: dict[str, str] = {}
    size, left = 0, _HASHED_AFTER
    for path in gone:
        entry = entries[path]
        if entry.inode not in linked or path in what.copies:
            continue
        file = journal.kept(home) / str(entry.inode)
        with contextlib.suppress(OSError):
            status = file.lstat()
            size += status.st_size if status.st_nlink == 1 else 0
            untouched = (
                status.st_ino == entry.inode and status.st_size == entry.size and status.st_mtime_ns == entry.mtime
            )
            if (
                untouched
                and path not in what.sums
                and entry.size <= left
                and (told := keeping.digest(file)) is not None
            ):
                sums[path] = told
                left -= entry.size
    return sums, size


def _beside(home: Home, noted: Noted, now: int) -> tuple[str, ...]:
    """The checkpoints whose commands ran while this one's did."""
    return tuple(
        each.checkpoint.id
        for each in journal.every(home)
        if each.checkpoint.id != noted.checkpoint.id
        and each.began < now
        and (each.checkpoint.id in noted.checkpoint.beside if each.ended is None else each.ended > noted.began)
    ) + tuple(
        each.checkpoint.id
        for each in journal.every(home)
        if each.ended is None and each.began > noted.began and each.checkpoint.state is State.BEGUN
    )


def _make_room(home: Home, *, coming: bool = False) -> None:
    """Lets the oldest go while there are too many, or too much is held; with one `coming` the last may go, too."""
    known = journal.every(home)
    spared = {each.checkpoint.id for each in known if each.checkpoint.state is State.BEGUN and running(each)}
    last = known[-1].checkpoint.id if known else None
    held = sum(each.checkpoint.size for each in known)
    count = len(known) + coming
    out: set[str] = set()
    for each in known:
        name = each.checkpoint.id
        if (count <= MOST and held <= BOUND) or name == last:
            break
        if name not in spared:
            out.add(name)
            held -= each.checkpoint.size
            count -= 1
    place = journal.place(home)
    strays = place.is_dir() and len(list(place.iterdir())) > len(known) + (place / "kept").is_dir()
    if out or strays:
        journal.drop(home, out)


def ourselves() -> tuple[int, float] | None:
    """This process, and when it was started; None if that cannot be told."""
    import psutil

    try:
        return os.getpid(), float(psutil.Process().create_time())
    except psutil.Error:
        return None
