"""Makes every kernel of a prefix load envguard, by one entry in `<prefix>/etc/ipython/ipython_kernel_config.json`.

* The entry is `IPKernelApp.extra_extensions`. `extensions` would do, too, but IPython lets one list replace another: a user's
  `c.InteractiveShellApp.extensions = ["autoreload"]` would be lost in every kernel of the prefix (tried with IPython 9.18).
* Everything else in the file stays, its order, indentation and line ends too. The file is written whole or not at all.
* What was there before is kept beside it, so that `disable` can put it back byte for byte if nobody has changed the file
  since; otherwise only the entry is taken out. Files and folders that `enable` made go again.
* A terminal's IPython does not read that file, and stays as it is.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard import collect, store
from envguard.errors import BadArguments
from envguard.model import Text, text
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

EXTENSION = "envguard"
_APP, _LIST = "IPKernelApp", "extra_extensions"
_APPS, _LISTS = ("IPKernelApp", "InteractiveShellApp"), ("extra_extensions", "extensions")
_LIMIT = 1 << 20
_DISTRIBUTION = re.compile(r"jupyter[-_.]envguard-.*\.(?:dist|egg)-info", re.IGNORECASE)


@value
class Autoload:
    """Whether kernels of a prefix load envguard, and by which file."""

    prefix: str
    file: str
    state: str
    """on, off or broken."""
    reason: Text | None = None
    """What is broken."""
    changed: bool = False
    """Whether the call that gave this has changed it."""

    @property
    def says(self) -> Text:
        """The state in one sentence."""
        if self.reason is not None:
            return self.reason
        return text("on: {file} says so", file=self.file) if self.state == "on" else text("off")

    def __str__(self) -> str:
        return self.says.english()


def file_of(prefix: str | Path) -> Path:
    """The file in which kernels of a prefix find what to load."""
    return Path(prefix, "etc", "ipython", "ipython_kernel_config.json")


def state(prefix: str | Path) -> Autoload:
    """Whether kernels of a prefix load envguard; looks only."""
    where = os.path.abspath(prefix)  # noqa: PTH100 - resolve would follow a linked environment
    file = file_of(where)
    try:
        content = _read(file)
        told = None if content is None else _parse(content, file)
    except BadArguments as error:
        return Autoload(where, str(file), "broken", error.text)
    if told is None or not any(EXTENSION in entries for _, _, entries in _lists(told)):
        return Autoload(where, str(file), "off")
    if not importable(where):
        reason = text("{file} asks for envguard, which is not installed in {prefix}", file=str(file), prefix=where)
        return Autoload(where, str(file), "broken", reason)
    return Autoload(where, str(file), "on")


def enable(prefix: str | Path) -> Autoload:
    """Makes kernels of a prefix load envguard; BadArguments if that cannot be, or should not."""
    env = collect.by_import(prefix)
    file = file_of(env.prefix)
    if env.base:
        raise BadArguments(
            text(
                "{prefix} is the base environment, which is for conda itself; enable envguard where your kernels are",
                prefix=env.prefix,
            )
        )
    if env.frozen:
        raise BadArguments(text("{prefix} is declared read-only (conda-meta/frozen)", prefix=env.prefix))
    if not importable(env.prefix):
        raise BadArguments(
            text(
                "envguard is not installed in {prefix}: each kernel would log an error at its start", prefix=env.prefix
            )
        )
    if os.path.commonpath([os.path.realpath(file.parent), os.path.realpath(env.prefix)]) != os.path.realpath(
        env.prefix
    ):
        raise BadArguments(text("{folder} lies outside {prefix}", folder=str(file.parent), prefix=env.prefix))
    content = _read(file)
    told = {} if content is None else _parse(content, file)
    if any(EXTENSION in entries for _, _, entries in _lists(told)):
        return state(env.prefix)
    _in_python(file.with_suffix(".py"))
    app = told.setdefault(_APP, {})
    app[_LIST] = [*app.get(_LIST, []), EXTENSION]
    new = _as_before(told, content)
    old = _note(file)  # of an attempt that was interrupted
    folders = [folder for folder in (file.parent.parent, file.parent) if not folder.exists()]
    mine = {folder.name for folder in folders} | set(old["folders"] if old else ())
    note = {
        "before": None if content is None else base64.b64encode(content).decode("ascii"),
        "after": _digest(new),
        "folders": sorted(mine),
    }
    with _writing(file):
        try:
            for folder in folders:
                folder.mkdir()
            store.write_atomically(_note_of(file), json.dumps(note).encode())
            store.write_atomically(file, new)
        except OSError:
            _clear(file, mine)
            raise
    return _changed(env.prefix)


def disable(prefix: str | Path) -> Autoload:
    """Takes back what `enable` did, and only that; BadArguments if the file does not let it."""
    before = state(prefix)
    file = Path(before.file)
    content = _read(file)
    told = {} if content is None else _parse(content, file)
    note = _note(file)
    on = any(EXTENSION in entries for _, _, entries in _lists(told))
    if not on and note is None:
        return before
    untouched = note is not None and content is not None and note["after"] == _digest(content)
    with _writing(file):
        if untouched and note is not None:
            _put(file, None if note["before"] is None else base64.b64decode(note["before"]))
        elif on:
            left = _without(told, note)
            _put(file, _as_before(left, content) if left or note is None or note["before"] is not None else None)
        if note is not None:
            _clear(file, note["folders"])
    return _changed(prefix)


def importable(prefix: str) -> bool:
    """Whether the Python of a prefix has envguard, by its files."""
    if os.path.realpath(prefix) == os.path.realpath(sys.prefix):
        return True
    for pattern in ("lib/python*/site-packages", "lib64/python*/site-packages", "Lib/site-packages"):
        for site in Path(prefix).glob(pattern):
            with contextlib.suppress(OSError):
                if (site / EXTENSION / "__init__.py").is_file() or any(
                    _DISTRIBUTION.fullmatch(each.name) for each in site.iterdir()
                ):
                    return True
    return False


def _changed(prefix: str | Path) -> Autoload:
    told = state(prefix)
    return Autoload(told.prefix, told.file, told.state, told.reason, changed=True)


def _read(file: Path) -> bytes | None:
    """The file as it is, None if there is none."""
    try:
        status = file.lstat()
        if stat.S_ISLNK(status.st_mode):
            raise BadArguments(
                text("{file} is a link to {target}: change it there", file=str(file), target=str(file.readlink()))
            )
        if not stat.S_ISREG(status.st_mode):
            raise BadArguments(text("{file} is no file", file=str(file)))
        if status.st_size > _LIMIT:
            raise BadArguments(text("{file} is too large to be a configuration", file=str(file)))
        return file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise BadArguments(
            text("{file} cannot be read: {reason}", file=str(file), reason=error.strerror or str(error))
        ) from error


def _parse(content: bytes, file: Path) -> dict[str, Any]:
    """The configuration; BadArguments if it is not what IPython could read, or what could not be written back."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(found := dict(pairs)) != len(pairs):
            raise BadArguments(text("{file} has one key twice, of which only the last counts", file=str(file)))
        return found

    try:
        told = json.loads(content.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise BadArguments(text("{file} is not JSON: {reason}", file=str(file), reason=str(error)[:200])) from error
    if not isinstance(told, dict):
        raise BadArguments(text("{file} holds no object, as a configuration does", file=str(file)))
    for app in _APPS:
        section = told.get(app, {})
        if not isinstance(section, dict) or not all(isinstance(section.get(name, []), list) for name in _LISTS):
            raise BadArguments(text("{file}: {section} is not what IPython expects there", file=str(file), section=app))
    return told


def _lists(told: dict[str, Any]) -> Iterator[tuple[str, str, list[Any]]]:
    for app in _APPS:
        for name in _LISTS:
            if name in told.get(app, {}):
                yield app, name, told[app][name]


def _without(told: dict[str, Any], note: dict[str, Any] | None) -> dict[str, Any]:
    """The configuration without our entry, and without what only it was in if `enable` made that."""
    for app, name, entries in tuple(_lists(told)):
        if EXTENSION in entries:
            told[app][name] = [entry for entry in entries if entry != EXTENSION]
            if note is not None and not told[app][name]:
                del told[app][name]
    if note is not None and told.get(_APP) == {}:
        del told[_APP]
    return told


def _as_before(told: dict[str, Any], content: bytes | None) -> bytes:
    """The configuration as text, in the manner of the one that was there."""
    old = "{\n  \n}\n" if content is None else content.decode("utf-8")
    indent = re.search(r"^[{\[]\s*?\n([ \t]+)", old)
    new = json.dumps(
        told, indent=indent[1] if indent else 2 if "\n" in old.strip() else None, ensure_ascii=old.isascii()
    )
    new += "\n" if old.endswith("\n") else ""
    return new.replace("\n", "\r\n" if "\r\n" in old else "\n").encode()


def _in_python(file: Path) -> None:
    """BadArguments if a configuration in Python beside it sets the same list, which ours would replace."""
    with contextlib.suppress(OSError):
        if re.search(rb"^[^#\n]*\b%s\b" % _LIST.encode(), file.read_bytes()[:_LIMIT], re.MULTILINE):
            raise BadArguments(text('{file} sets {name} already: add "envguard" there', file=str(file), name=_LIST))


def _put(file: Path, content: bytes | None) -> None:
    if content is None:
        file.unlink(missing_ok=True)
    else:
        store.write_atomically(file, content)


def _clear(file: Path, folders: Collection[str]) -> None:
    """Takes our note away, and the folders that we made if nobody has put anything there."""
    _note_of(file).unlink(missing_ok=True)
    for folder in (file.parent, file.parent.parent):
        if folder.name in folders:
            with contextlib.suppress(OSError):
                folder.rmdir()


def _note_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.envguard")


def _note(file: Path) -> dict[str, Any] | None:
    """What `enable` has noted; None if it has not, or somebody else has written there."""
    try:
        told = json.loads(_note_of(file).read_bytes())
        if told["before"] is not None:
            base64.b64decode(told["before"], validate=True)
        known = isinstance(told["after"], str) and set(told["folders"]) <= {"etc", "ipython"}
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return None
    return told if known else None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@contextlib.contextmanager
def _writing(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadArguments(
            text("{file} cannot be written: {reason}", file=str(file), reason=error.strerror or str(error))
        ) from error
