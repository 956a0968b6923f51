"""What `uv pip` would do, by uv's own dry run.

`--no-build` keeps uv from running any build backend; of a release that has a source archive only, uv then looks at the
next older one with a wheel. The JSON that uv writes calls its schema a preview, so its text is understood as well.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sysconfig
import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.commands.command import Placement, Verb
from envguard.commands.options import Style
from envguard.commands.requirements import clean
from envguard.commands.tools import uv as table
from envguard.forecast import child, installed, refusals
from envguard.forecast.pip import removal
from envguard.forecast.pip_changes import wheel_version
from envguard.forecast.transaction import Coming, Transaction
from envguard.forecast.wanted import Said, building, said, sync, wanted
from envguard.model import Text, text
from envguard.probe import reading
from envguard.run import Ran

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.commands.command import Command, Place, Requirement, Target
    from envguard.facts import Environment
    from envguard.forecast.child import Watch

_OURS = (
    "--requirements",
    "--editable",
    "--python",
    "--system",
    "--no-system",
    "--dry-run",
    "--output-format",
    "--quiet",
    "--verbose",
    "--color",
    "--no-color",
    "--no-progress",
    "--build",
    "--no-build",
    "--no-binary",
    "--only-binary",
    "--disable-pip-version-check",
    "--strict",
    "--no-strict",
    "--link-mode",
    "--compile-bytecode",
    "--no-compile-bytecode",
    "--yes",
)
"""Options that this module sets itself, or that change nothing of what comes and goes."""
_BUILDS = ("--build", "--no-build", "--no-binary", "--only-binary")
_TRUE = ("1", "true", "yes", "on", "y", "t")
_CHANGE = re.compile(r"^ ([-+~]) (\S+?)(?:==(\S+)|(?: @ (\S+)))?(?: \(.*\))?$")


def plan(
    command: Command,
    target: Target,
    env: Environment,
    place: Place,
    *,
    build: bool = False,
    watch: Watch = child.PATIENT,
) -> Transaction:
    """What a `uv pip install`, `uninstall` or `sync` would change in the environment that is its target."""
    line = line_of(command)
    if line is None or command.verb not in (Verb.INSTALL, Verb.REMOVE, Verb.SYNC):
        return Transaction(unknown=(text("envguard foretells `uv pip install`, `uninstall` and `sync` only"),))
    if not command.certain:
        return Transaction(unknown=(text("a part of the command is known only when it runs"),))
    if env.externally_managed and not line.has("--break-system-packages", "--target", "--prefix"):
        return Transaction(
            refusal=text("the environment is marked as managed by another tool (PEP 668): uv refuses to change it")
        )
    if command.verb is Verb.REMOVE:
        return removal(command, env, {}, "uv")
    program = _program(command, place)
    if program is None:
        return Transaction(unknown=(text("there is no uv that could be asked"),))
    if target.python is None:
        return Transaction(unknown=(target.reason or text("there is no Python that could be asked"),))
    with tempfile.TemporaryDirectory(prefix="envguard-") as scratch:
        asked = (
            sync(line, command, place, scratch, build=build)
            if command.verb is Verb.SYNC
            else wanted(line, command, place, scratch, build=build)
        )
        unknown = tuple(dict.fromkeys(building(each.name or each.text) for each in asked.built))
        if not asked.words and not line.has("--group"):
            return Transaction(unknown=unknown)
        argv = [
            program,
            "pip",
            command.verb.value,
            "--dry-run",
            "--python",
            target.python,
            "--no-progress",
            "--color=never",
        ]
        argv += line.all_but(tuple(name for name in _OURS if not (build and name in _BUILDS)))
        argv += [] if build else ["--no-build"]
        argv += asked.words
        if watch.progress is not None:
            watch.progress(text("uv looks at what the command asks for"))
        variables = child.variables(command, place, asked.named)
        folder = child.folder(command, place)
        ran = child.ask([*argv, "--output-format=json"], variables, folder, watch)
        if isinstance(ran, Ran) and ran.code == 2 and "--output-format" in ran.stderr:
            ran = child.ask(argv, variables, folder, watch)
    if not isinstance(ran, Ran):
        return Transaction(unknown=(*unknown, ran))
    if ran.code != 0:
        return _gave_up(refusals.of_uv(ran.stderr), unknown)
    changes = _changes(ran)
    if changes is None:
        return Transaction(unknown=(*unknown, text("uv's answer could not be read")))
    kept = {each.name for each in asked.built if each.name} if command.verb is Verb.SYNC else set()
    found = _transaction(changes, command, target, env, kept)
    sources = set() if build else _sources(line, place, found.comes)
    unknown = tuple(dict.fromkeys((*unknown, *(building(name) for name in sorted(sources)))))
    return replace(found, comes=tuple(each for each in found.comes if each.name not in sources), unknown=unknown)


def _sources(line: Said, place: Place, comes: Iterable[Coming]) -> set[str]:
    """The names that uv would take as source code: where that is asked for, and what is told without a version."""
    told = (place.variables or os.environ).get("UV_NO_BINARY_PACKAGE", "").split()
    named = {reading.normalise(name) for given in (*line.values("--no-binary"), *told) for name in given.split(",")}
    every = ":all:" in line.values("--no-binary") or (place.variables or os.environ).get("UV_NO_BINARY", "") in _TRUE
    return {each.name for each in comes if each.name in named or every or each.version == "?"}


def line_of(command: Command) -> Said | None:
    """The command line behind `uv pip`, read once more: what `command` holds has no secrets."""
    words = command.argv
    begin = next((place for place, word in enumerate(words) if _is_uv(word)), None)
    if begin is None:
        return None
    whole = said(words[begin + 1 :], table.PIP, Style.CLAP)
    if whole.words[:1] != ("pip",) or whole.words[1:2] not in (("install",), ("uninstall",), ("sync",)):
        return None
    return Said(whole.options, whole.words[2:])


def _is_uv(word: str) -> bool:
    return os.path.basename(word).removesuffix(".exe") == "uv"


def _program(command: Command, place: Place) -> str | None:
    """The uv that the command means; if that is a module, the one of its Python or envguard's."""
    first = command.argv[0] if command.argv else ""
    if os.path.isabs(first) and _is_uv(first) and os.path.exists(first):
        return first
    path = (place.variables or os.environ).get("PATH")
    beside = [os.path.dirname(each) for each in (first, place.python) if os.path.isabs(each)]
    beside.append(sysconfig.get_path("scripts"))
    return shutil.which("uv", path=path) or shutil.which("uv", path=os.pathsep.join(beside))


def _gave_up(why: refusals.GaveUp, unknown: tuple[Text, ...]) -> Transaction:
    """Of a command of which a part was left out, nobody knows whether the whole would be refused."""
    if unknown or why.refusal is None:
        return Transaction(unknown=(*unknown, *filter(None, (why.unknown or why.refusal,))))
    return Transaction(refusal=why.refusal)


def _changes(ran: Ran) -> tuple[tuple[str, str, str | None], ...] | None:
    """(sign, name, version) of each change; None if neither form is understood."""
    if ran.stdout.lstrip().startswith("{"):
        try:
            told = json.loads(ran.stdout)["changes"]
            signs = {"installed": "+", "uninstalled": "-", "reinstalled": "~"}
            return tuple(
                (signs[each["action"]], reading.normalise(each["name"]), reading.string(each.get("version")))
                for each in told
            )
        except (ValueError, LookupError, TypeError, AttributeError):
            return None
    lines = (_CHANGE.match(line) for line in f"{ran.stdout}\n{ran.stderr}".splitlines())
    found = tuple(
        (line[1], reading.normalise(line[2]), line[3] or wheel_version(line[4] or "")) for line in lines if line
    )
    return found if found or "Would make no changes" in ran.stderr + ran.stdout else None


def _transaction(
    changes: Iterable[tuple[str, str, str | None]],
    command: Command,
    target: Target,
    env: Environment,
    kept: set[str],
) -> Transaction:
    asked = {each.name: each for each in command.requirements if each.name}
    comes: list[Coming] = []
    gone: list[str] = []
    here = installed.site(env)
    dists = [dist for dist in env.distributions or () if dist.site == here and dist.kind != "leftover"]
    for sign, name, version in changes:
        if sign in "-~" and name not in kept and target.placement is Placement.SITE:
            gone += [dist.path for dist in dists if dist.name == name and version in (dist.version, None)]
        if sign in "+~":
            comes.append(_coming(name, version, asked.get(name)))
    going = [dist for dist in dists if dist.path in gone]
    return Transaction(tuple(comes), tuple(dict.fromkeys(gone)), refusal=installed.stuck(env, going, "uv"))


def _coming(name: str, version: str | None, asked: Requirement | None) -> Coming:
    """Uv tells name and version; a wheel that the command names tells its own file."""
    direct = asked is not None and asked.kind.value in ("url", "path")
    place = asked.text.partition(" @ ")[2] or asked.text if asked is not None and direct else None
    file = re.split(r"[/\\]", re.split(r"[#?]", place)[0])[-1] if place else None
    known = version or (asked.specifier.removeprefix("==") if asked is not None and direct else "") or "?"
    return Coming(
        name,
        known,
        asked is not None,
        None,
        None,
        file if file and file.endswith(".whl") else None,
        clean(place) if place else None,
    )
