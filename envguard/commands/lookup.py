"""Which file a program is, which Python it starts, and which prefix that Python has: read from files, nothing is started."""

from __future__ import annotations

import glob
import os
import re
import shlex
import shutil
import sys
from typing import TYPE_CHECKING

from envguard.model import Evidence, Text, text
from envguard.probe import extras, marks, reading
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEAD = 2048
_LAUNCHER = 1 << 20
_LINKS = 40


@value
class World:
    """What a lookup needs to know of the process that does it."""

    variables: Mapping[str, str]
    path: str | None
    """PATH; None if that is not known."""
    folder: str | None
    """Where it stands; None if that is not known."""


@value
class Found:
    """A file that was looked for, or why there is none."""

    path: str | None
    reason: Text | None = None
    evidence: tuple[Evidence, ...] = ()


def program(name: str, world: World) -> Found:
    """The file that a name starts."""
    if has_folder(name):
        where = place_of(name, world)
        if where is None:
            return Found(None, text("the folder of {program} is known only when the command runs", program=name))
        found = shutil.which(where)
        return Found(found, None if found else text("there is no program {program}", program=where))
    if world.path is None:
        return Found(None, text("PATH is known only when the command runs"))
    found = shutil.which(name, path=world.path)
    if found is None:
        return Found(None, text("there is no {program} on PATH", program=name))
    found = os.path.join(world.folder or os.getcwd(), found)
    return Found(found, None, (Evidence(text("this is the first {program} on PATH", program=name), found),))


def python_of(script: str, world: World) -> Found:
    """The Python that a program like pip starts, by its first line or its launcher."""
    head = reading.head(script, _HEAD)
    named = extras.interpreter(head) if head.startswith(b"#!") else _of_launcher(script, head)
    if named is None and head.startswith(b"#!"):
        named = _by_env(head)
        if named is not None:
            found = program(named, world)
            return Found(found.path, found.reason, (*_starts(script, named), *found.evidence))
    if named is None:
        if b"pyenv" in head or b"asdf" in head or b"mise" in head:
            says = text("{program} is a shim, and which Python it starts is decided when it runs", program=script)
        else:
            says = text("{program} is no script of Python, and which Python it uses cannot be told", program=script)
        return Found(None, says)
    python = os.path.normpath(os.path.join(os.path.dirname(script), named))
    if not os.path.exists(python):
        says = text("{program} starts {python}, which is not there", program=script, python=python)
        return Found(None, says, _starts(script, python))
    return Found(python, None, _starts(script, python))


def python(name: str, world: World) -> Found:
    """The interpreter that a name starts; a script in its place is a shim, of which nothing can be told."""
    found = program(name, world)
    if found.path is not None and reading.head(found.path, 2) == b"#!":
        says = text("{program} is a shim, and which Python it starts is decided when it runs", program=found.path)
        return Found(None, says, found.evidence)
    return found


def prefix_of(interpreter: str) -> str:
    """The sys.prefix that an interpreter will have, as Python itself works it out.

    A pyvenv.cfg beside the path by which it is started makes a venv; otherwise links are followed, and the folder above
    that holds the library is the prefix.
    """
    folder = os.path.dirname(os.path.abspath(interpreter))
    for each in (folder, os.path.dirname(folder)):
        if os.path.isfile(os.path.join(each, "pyvenv.cfg")):
            return each
    path = os.path.abspath(interpreter)
    for _ in range(_LINKS):
        try:
            path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))
        except OSError:  # no link
            break
    above = folder = os.path.dirname(path)
    while os.path.dirname(above) != above:
        if glob.glob(os.path.join(glob.escape(above), "lib*", "python3*", "os.py")) or os.path.isfile(
            os.path.join(above, "Lib", "os.py")
        ):
            return above
        above = os.path.dirname(above)
    return os.path.dirname(folder) if os.path.basename(folder).lower() in ("bin", "scripts") else folder


def python_in(prefix: str) -> str | None:
    """The interpreter of a prefix; None if it has none."""
    name = marks.interpreter(prefix, marks.layout(prefix, None))
    return os.path.join(prefix, *name.split("/")) if name else None


def is_venv(prefix: str) -> bool:
    """Whether a prefix was made by venv or virtualenv."""
    return os.path.isfile(os.path.join(prefix, "pyvenv.cfg"))


def is_conda(prefix: str) -> bool:
    """Whether a prefix has records of conda's."""
    return os.path.isdir(os.path.join(prefix, "conda-meta"))


def sites(prefix: str) -> list[str]:
    """The folders of a prefix from which its Python imports what is installed."""
    here = glob.escape(prefix)
    patterns = (
        "lib*/python3*/site-packages",
        "Lib/site-packages",
        "lib*/python3*/dist-packages",
        "local/lib/python3*/dist-packages",
    )
    return sorted({found for pattern in patterns for found in glob.glob(os.path.join(here, *pattern.split("/")))})


def version_of(prefix: str, interpreter: str | None) -> str | None:
    """The version of a prefix's Python, `3.11` or longer."""
    told = marks.python_version(prefix, [], [])
    if told:
        return told
    for path in (interpreter or "", os.path.realpath(interpreter or "")):
        if named := re.search(r"python(3\.\d+)(?:\.exe)?$", path):
            return named[1]
    libraries = re.findall(r"python(3\.\d+)", " ".join(sites(prefix)))
    return libraries[0] if len(set(libraries)) == 1 else None


def bin_of(prefix: str) -> str:
    """The folder of a prefix's programs."""
    return os.path.join(prefix, "Scripts" if marks.layout(prefix, None) == "windows" else "bin")


def has_folder(name: str) -> bool:
    """Whether a program is named by a path."""
    return "/" in name or (os.altsep is not None and os.sep in name) or (sys.platform == "win32" and "\\" in name)


def place_of(path: str, world: World) -> str | None:
    """A path made absolute; None where the folder is not known."""
    if os.path.isabs(path):
        return os.path.normpath(path)
    return None if world.folder is None else os.path.normpath(os.path.join(world.folder, path))


def _starts(script: str, named: str) -> tuple[Evidence, ...]:
    return (Evidence(text("its first line starts {python}", python=named), script),)


def _by_env(head: bytes) -> str | None:
    """What `#!/usr/bin/env python3` starts."""
    line = head[2:].partition(b"\n")[0].decode("utf-8", "replace").strip()
    try:
        words = shlex.split(line)
    except ValueError:
        return None
    if not words or os.path.basename(words[0]) != "env":
        return None
    rest = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    return rest[0] if rest and re.fullmatch(r"(?:python|pypy)[\d.]*", rest[0]) else None


def _of_launcher(path: str, head: bytes) -> str | None:
    """The Python of a launcher of Windows: it stands before the archive at the launcher's end."""
    if not head.startswith(b"MZ"):
        return None
    beside = re.sub(r"\.exe$", "-script.py", path, flags=re.IGNORECASE)
    if beside != path and (named := extras.interpreter(reading.head(beside, _HEAD))):
        return named
    try:
        data = reading.read(path, _LAUNCHER)
    except (OSError, ValueError):
        return None
    end = data.rfind(b"PK\x05\x06")
    if end < 0 or len(data) < end + 20:
        return None
    size, offset = (int.from_bytes(data[end + at : end + at + 4], "little") for at in (12, 16))
    before = data[: max(0, end - size - offset)]
    begin = before.rfind(b"#!")
    return extras.interpreter(before[begin:]) if begin >= 0 else None
