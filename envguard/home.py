"""Our folder in a prefix: `<prefix>/.envguard`, made only when the user has asked for something that needs it.

* It says of itself where it was made and which folder it is. One that came with a copied or moved environment is foreign:
  told as such, never read further, never written to.
* Where a prefix is not writable, a folder of the user's own takes its place, for the ledger alone.
* Looking makes nothing, and never raises.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard import store
from envguard.errors import BadArguments
from envguard.model import Text, text
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = ".envguard"
SCHEMA = 1
_FILE = "home.json"
_LIMIT = 64 << 10


@value
class Home:
    """Our folder of a prefix, if there is one."""

    prefix: str
    """Absolute, links resolved."""
    folder: str
    """Where it is, or would be."""
    state: str
    """none, ours, foreign or broken."""
    ledger: bool = False
    undo: bool = False
    """Whether the user wants installs to be taken back."""
    reason: Text | None = None
    """Why it is foreign or broken."""
    in_prefix: bool = True
    """Whether it lies in the prefix, not in the user's own data: only there can anything be taken back."""
    new: bool = False
    """Whether the call that gave this has made it."""

    @property
    def ours(self) -> bool:
        """Whether it may be used."""
        return self.state == "ours"


def look(prefix: str | Path) -> Home:
    """Our folder of a prefix, as it is."""
    where = os.path.realpath(prefix)
    inside = os.path.join(where, NAME)  # noqa: PTH118 - a path as the system gave it
    if os.path.lexists(inside):
        return _look(where, inside, in_prefix=True)
    outside = _outside(where)
    if outside is not None and os.path.lexists(outside):
        return _look(where, outside, in_prefix=False)
    return Home(where, inside, "none")


def make(prefix: str | Path, *, undo: bool | None = None) -> Home:
    """Makes our folder if there is none, and notes whether installs are to be taken back; BadArguments if it cannot.

    A foreign or broken one is set aside under another name first: the user has asked for one that works.
    """
    home = look(prefix)
    if not os.path.isdir(home.prefix):  # noqa: PTH112
        raise BadArguments(text("there is no folder {prefix}", prefix=home.prefix))
    try:
        if home.state in ("foreign", "broken"):
            folder = Path(home.folder)
            folder.rename(folder.with_name(f"{folder.name}.aside-{os.urandom(4).hex()}"))
            home = look(prefix)
        if home.ours:
            if undo is not None and undo != home.undo and (home.in_prefix or not undo):
                content = _parse(Path(home.folder, _FILE))
                _write(Path(home.folder), {**content, "undo": undo})
            return look(prefix)
        folder, in_prefix = Path(home.prefix, NAME), True
        if not os.access(home.prefix, os.W_OK | os.X_OK):
            in_prefix = False
            if undo:
                raise BadArguments(
                    text("{prefix} is not writable for you: nothing can be taken back there", prefix=home.prefix)
                )
            outside = _outside(home.prefix)
            if outside is None:
                raise BadArguments(text("{prefix} is not writable for you", prefix=home.prefix))
            folder = Path(outside)
            folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _made(home.prefix, folder, undo=bool(undo), in_prefix=in_prefix)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadArguments(text("{folder} cannot be made: {reason}", folder=home.folder, reason=reason)) from error


def drop(prefix: str | Path) -> bool:
    """Removes our folder with all that is in it, whosever it is; whether there was one. BadArguments if it cannot."""
    home = look(prefix)
    if home.state == "none":
        return False
    try:
        if os.path.islink(home.folder) or not os.path.isdir(home.folder):  # noqa: PTH112, PTH114
            os.unlink(home.folder)  # noqa: PTH108
        elif home.ours:
            with locked(home):
                # first the name, so that nobody takes half a folder for a whole one
                gone = f"{home.folder}.gone-{os.urandom(4).hex()}"
                os.rename(home.folder, gone)  # noqa: PTH104
            shutil.rmtree(gone)
        else:
            shutil.rmtree(home.folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadArguments(text("{folder} cannot be removed: {reason}", folder=home.folder, reason=reason)) from error
    return True


@contextlib.contextmanager
def locked(home: Home, timeout: float = 10.0) -> Iterator[None]:
    """Holds our folder against other processes of envguard; BadArguments if another holds it for longer than that."""
    import filelock

    file = os.path.join(home.folder, "lock")  # noqa: PTH118
    try:
        mode = stat.S_IMODE(os.stat(home.folder).st_mode) & 0o666  # noqa: PTH116
        lock: filelock.BaseFileLock = filelock.FileLock(file, timeout, mode=mode)
        try:
            lock.acquire()
        except NotImplementedError:  # a file system without flock
            lock = filelock.SoftFileLock(f"{file}.soft", timeout, mode=mode)
            lock.acquire()
    except filelock.Timeout as error:
        raise BadArguments(text("another envguard is at work on {prefix}", prefix=home.prefix)) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadArguments(text("{file} cannot be locked: {reason}", file=file, reason=reason)) from error
    try:
        yield
    finally:
        lock.release()


def _look(prefix: str, folder: str, *, in_prefix: bool) -> Home:
    try:
        status = os.lstat(folder)
        if not stat.S_ISDIR(status.st_mode):
            reason = text("{folder} is no folder of envguard's", folder=folder)
            return Home(prefix, folder, "broken", reason=reason, in_prefix=in_prefix)
        told = _parse(Path(folder, _FILE))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)[:200]
        reason = text("{file} cannot be read: {reason}", file=os.path.join(folder, _FILE), reason=why)  # noqa: PTH118
        return Home(prefix, folder, "broken", reason=reason, in_prefix=in_prefix)
    # not by the device: its number may be another after the next start of the machine (network, overlay, btrfs)
    if told["prefix"] != prefix or told["inode"] != status.st_ino:
        reason = text(
            "{folder} was made in {prefix}, and came here with a copied or moved environment",
            folder=folder,
            prefix=told["prefix"],
        )
        return Home(prefix, folder, "foreign", reason=reason, in_prefix=in_prefix)
    return Home(prefix, folder, "ours", told["ledger"], told["undo"] and in_prefix, in_prefix=in_prefix)


def _parse(file: Path) -> dict[str, Any]:
    """What the folder says of itself; OSError or ValueError if it does not."""
    with file.open("rb") as handle:
        told = json.loads(handle.read(_LIMIT).decode("utf-8"))
    kinds = {"schema": int, "prefix": str, "inode": int, "ledger": bool, "undo": bool}
    if not isinstance(told, dict) or not all(isinstance(told.get(key), kind) for key, kind in kinds.items()):
        raise ValueError("it is not what envguard writes there")
    if told["schema"] != SCHEMA:
        raise ValueError("a newer envguard has written it")
    return told


def _made(prefix: str, folder: Path, *, undo: bool, in_prefix: bool) -> Home:
    work = folder.with_name(f"{folder.name}.new-{os.urandom(4).hex()}")
    work.mkdir(mode=0o700)
    try:
        status = work.stat()
        work.chmod(_mode(prefix) if in_prefix else 0o700)
        told = {
            "schema": SCHEMA,
            "prefix": prefix,
            "device": status.st_dev,
            "inode": status.st_ino,
            "made_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "ledger": True,
            "undo": undo,
        }
        _write(work, told)
        with contextlib.suppress(FileExistsError, OSError):
            work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    home = _look(prefix, str(folder), in_prefix=in_prefix)
    if home.state == "broken":
        raise OSError(home.reason.english() if home.reason else "")
    new = home.ours and folder.stat().st_ino == status.st_ino
    return Home(home.prefix, home.folder, home.state, home.ledger, home.undo, home.reason, in_prefix, new)


def _write(folder: Path, told: dict[str, Any]) -> None:
    mode = stat.S_IMODE(folder.stat().st_mode) & 0o666
    store.write_atomically(folder / _FILE, json.dumps(told, indent=1).encode(), mode)


def _mode(prefix: str) -> int:
    """For the owner alone where the prefix is the user's own, else as the prefix is."""
    status = os.stat(prefix)  # noqa: PTH116
    mode = stat.S_IMODE(status.st_mode)
    if os.name == "nt" or not mode & 0o077:
        return 0o700
    user = os.path.realpath(os.path.expanduser("~"))  # noqa: PTH111
    own = status.st_uid == os.geteuid() and not mode & 0o022 and prefix.startswith(user.rstrip(os.sep) + os.sep)
    return 0o700 if own else mode


def _outside(prefix: str) -> str | None:
    """The folder of the user's that stands for one in a prefix that is not writable; None if there is no place for it."""
    try:
        import platformdirs

        data = platformdirs.user_data_dir("envguard", appauthor=False)
    except (ImportError, OSError, RuntimeError):
        return None
    name = hashlib.sha256(prefix.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return os.path.join(data, "prefixes", name)  # noqa: PTH118
