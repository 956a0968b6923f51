"""A new environment from what this machine has, without a network: whether that is enough is told before anything is made.

Conda's packages have to lie whole in a package cache, pip's in a folder that `--find-links` names. What pip keeps of an
index is no help: without the index it does not look there.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from envguard import versions
from envguard.changes import permitted
from envguard.commands.find import of_argv
from envguard.commands.target import target
from envguard.forecast import pip
from envguard.forecast.conda_solver import config_of
from envguard.masking import without_secrets
from envguard.model import text
from envguard.packages import provided
from envguard.probe import reading
from envguard.probe.reading import normalise
from envguard.rules import steps
from envguard.surroundings.pip_config import indexes
from envguard.versions import Answer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from envguard.facts import Environment
    from envguard.model import Text
    from envguard.packages.solving import Solved
    from envguard.rebuild.wanted import Wanted


def refusals(env: Environment, told: Wanted, records: tuple[Solved, ...]) -> Iterator[Text]:
    """What is missing here, conda's in one sentence and pip's in another."""
    absent = provided.lacking(env.prefix, records, config_of(env))
    if absent is not None:
        yield absent
    found = _files(places(env, told))
    nowhere = tuple(without_secrets(each.line) for each in told.requirements if not _is_here(each.line, found))
    if nowhere:
        yield text(
            "{requirements} is in no folder in which pip looks (`--find-links`), and the network is not to be used",
            "{requirements} are in no folder in which pip looks (`--find-links`), and the network is not to be used",
            n=len(nowhere),
            requirements=nowhere,
        )
    elif told.requirements and absent is None:
        yield from _tried(env, told)


def places(env: Environment, told: Wanted) -> tuple[str, ...]:
    """The folders and pages of this machine where pip finds packages, as it is set up and as earlier commands said."""
    configured = (each.value.split() for each in indexes(env.prefix, reading.Problems()) if each.name == "find-links")
    given = [value for option, value in told.options if option == "--find-links"]
    return tuple(
        dict.fromkeys(each for each in (*(one for all_ in configured for one in all_), *given) if _local(each))
    )


def variables(env: Environment, told: Wanted) -> dict[str, str]:
    """What keeps pip from every network."""
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": " ".join(places(env, told))}


def _local(place: str) -> bool:
    return "://" not in place or place.startswith("file:")


def _files(folders: tuple[str, ...]) -> tuple[tuple[str, str], ...] | None:
    """The names and versions of the files there; None if a page of links is among them, of which only pip can tell."""
    found = []
    for place in folders:
        path = Path(url2pathname(urlsplit(place).path) if "://" in place else os.path.expanduser(place))  # noqa: PTH111
        if path.is_file():
            return None
        names = [each.name for each in path.iterdir()] if path.is_dir() else []
        found += [told for name in names if (told := versions.of_archive(name)) is not None]
    return tuple(found)


def _is_here(line: str, files: Collection[tuple[str, str]] | None) -> bool:
    """Whether a requirement can be had without a network, as far as names tell."""
    if "://" in line:
        return "file://" in line
    wish = versions.requirement(line)
    if wish is None or files is None:
        return True  # for pip to judge
    return any(
        name == normalise(wish.name) and versions.pip_allows(wish, version) is Answer.YES for name, version in files
    )


def _tried(env: Environment, told: Wanted) -> Iterator[Text]:
    """What pip itself says to it, by its dry run; what would have to be built is not told before."""
    place = permitted.place(env.prefix)
    with tempfile.TemporaryDirectory(prefix="envguard-") as folder:
        file = Path(folder, "requirements.txt")
        file.write_text("".join(f"{each.line}\n" for each in told.requirements), encoding="utf-8")
        here = replace(place, folder=folder, variables={**place.variables, **variables(env, told)})
        words = ("--ignore-installed", *([] if told.with_dependencies else ["--no-deps"]))
        command = of_argv((steps.python(env), "-m", "pip", "install", *words, "--requirement", str(file)), here)
        assert command is not None
        found = pip.plan(command, target(command, here), env, here)
    if found.refusal is not None:
        yield found.refusal
