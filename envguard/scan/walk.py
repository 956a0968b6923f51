"""Which files a scan reads: those named, and in folders those whose name tells what they are.

Links to folders are not followed, so that no loop is endless; each file is read once, under whatever name it is met first.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from envguard.model import Problem, text
from envguard.probe.reading import why
from envguard.scan import documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DOCKER = re.compile(r"(?i)(?:docker|container)file(?:[.-].+)?|.+\.(?:docker|container)file")
_SCRIPT = re.compile(r"(?i).+\.(?:sh|bash|zsh|ksh)|postbuild|prebuild")
_ENVIRONMENT = re.compile(r"(?i)(?:.*[._-])?(?:conda[_-]?)?env(?:ironment)?s?(?:[._-].*)?\.ya?ml")
_CI = re.compile(
    r"(?i)(?:.*/)?(?:\.github/(?:workflows|actions)/.+|\.gitlab-ci|azure-pipelines.*|\.circleci/config|\.travis|bitbucket-pipelines"
    r"|\.appveyor|appveyor|action|\.?readthedocs|(?:.*/)?taskfile|\.drone|\.woodpecker(?:/.+)?)\.ya?ml"
)
_OTHERS = (
    ("recipes", re.compile(r"(?i)(?:gnu)?makefile|.+\.mk|\.?justfile")),
    ("definition", re.compile(r"(?i).+\.def|singularity(?:\..+)?")),
    ("windows", re.compile(r"(?i).+\.(?:bat|cmd|ps1)")),
    ("devcontainer", re.compile(r"\.?devcontainer\.json")),
)
_LEFT_OUT = frozenset(
    (
        ".git",
        ".hg",
        ".svn",
        "node_modules",
        ".ipynb_checkpoints",
        "__pycache__",
        "site-packages",
        ".tox",
        ".nox",
        "conda-meta",
    )
)


def kind_of(path: str) -> str | None:
    """What a file is, by its name; None if it is nothing that is read. Of a document the name alone does not tell."""
    plain = path.replace("\\", "/")
    name = plain.rpartition("/")[2]
    if name.lower().endswith(".ipynb"):
        return "notebook"
    if name.lower().endswith(documents.SUFFIXES):
        return "document"
    if _DOCKER.fullmatch(name):
        return "dockerfile"
    if _SCRIPT.fullmatch(name):
        return "script"
    if _CI.fullmatch(plain):
        return "ci"
    if _ENVIRONMENT.fullmatch(name):
        return "environment"
    return next((kind for kind, names in _OTHERS if names.fullmatch(name)), None)


def files(paths: Iterable[str]) -> Iterator[tuple[str, str] | Problem]:
    """Each file with its kind, sorted within a folder; what cannot be looked at as a problem."""
    seen: set[str] = set()
    for given in paths:
        try:
            status = Path(given).stat()
        except (OSError, ValueError) as error:
            yield Problem(given, text("cannot be read: {error}", error=why(error)))
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _below(given, seen)
            continue
        kind = kind_of(os.path.abspath(given)) or kind_of(given)  # noqa: PTH100 - links stay as they are
        if kind is None and given.lower().endswith((".yml", ".yaml")):
            kind = "environment"
        if kind is None or (given.lower().endswith(".md") and not _is_document(given)):
            kind = "script"  # somebody named it, and what is no other kind is a text with commands
        yield from _once(given, kind, seen)


def _below(folder: str, seen: set[str]) -> Iterator[tuple[str, str] | Problem]:
    failed: list[OSError] = []
    for place, names, inside in os.walk(folder, onerror=failed.append):
        names[:] = sorted(
            name
            for name in names
            if name not in _LEFT_OUT and not os.path.isdir(f"{place}/{name}/conda-meta")  # noqa: PTH112
        )
        for name in sorted(inside):
            path = os.path.join(place, name).removeprefix(f".{os.sep}")  # noqa: PTH118 - as it was given
            kind = kind_of(path)
            if kind is not None and (kind != "document" or _is_document(path)):
                yield from _once(path, kind, seen)
    for error in failed:
        yield Problem(str(error.filename), text("cannot be read: {error}", error=why(error)))


def _is_document(path: str) -> bool:
    """Whether a file is a notebook written as text; no, if it cannot be read."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - thousands of them
            return False
        with Path(path).open("rb") as file:
            return documents.is_one(path, file.read(documents.HEAD).decode("utf-8", "replace"))
    except OSError:
        return False


def _once(path: str, kind: str, seen: set[str]) -> Iterator[tuple[str, str] | Problem]:
    try:
        regular = stat.S_ISREG(Path(path).stat().st_mode)  # a pipe would wait for ever
    except (OSError, ValueError) as error:
        yield Problem(path, text("cannot be read: {error}", error=why(error)))
        return
    real = os.path.realpath(path)
    if regular and real not in seen:
        seen.add(real)
        yield path, kind
    elif not regular:
        yield Problem(path, text("is no ordinary file"))
