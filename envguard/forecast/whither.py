"""Where a command would go, and what speaks against that: the wrong place, or one that refuses."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from envguard import masking
from envguard.commands.command import AimKind, Form, Placement, Tool, Verb
from envguard.forecast.case import PIP_LIKE
from envguard.forecast.glance import glance
from envguard.forecast_report import Alternative, Concern, Remark
from envguard.masking import without_secrets
from envguard.model import Evidence, Severity, Step, Where, text
from envguard.probe import reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.commands.command import Command, Place, Target
    from envguard.forecast.case import Case
    from envguard.forecast.glance import Glance

_AIMING = ("--python", "-p", "--prefix", "-n", "--name", "--system", "--user", "--target", "-t", "--root")
_TAKES_VALUE = ("--python", "-p", "--prefix", "-n", "--name", "--target", "-t", "--root")


def remarks(case: Case) -> Iterator[Remark]:
    """What speaks against the place itself, or against how the command is written."""
    yield from misread(case.command)
    yield from _elsewhere(case)
    yield from _user_site(case)
    yield from _read_only(case)
    yield from _managed(case)
    yield from unreadable(case.command)


def shown(argv: tuple[str, ...]) -> tuple[str, ...]:
    """A command line without its secrets."""
    return masking.words(argv)


def no_tool(command: Command, place: Place) -> Remark | None:
    """The program is not there at all."""
    kinds = (AimKind.PROGRAM, AimKind.PYTHON, AimKind.ACTIVE)
    started_here = command.aim.kind in kinds or (command.tool.is_conda and command.aim.kind is not AimKind.KERNEL)
    if not started_here or not command.certain or command.form in (Form.MAGIC, Form.CALL) or not command.argv:
        return None
    program = os.path.expanduser(command.argv[0])
    relative = os.sep in program and not os.path.isabs(program)
    if relative or "PATH" in command.variables or command.folder is not None:
        return None
    if shutil.which(program, path=place.variables.get("PATH", os.defpath)) is not None:
        return None
    said = text("there is no program {program}", program=command.argv[0])
    return Remark(Concern.NO_TOOL, Severity.WARNING, said, (), command.argv[0])


def no_pip(command: Command, target: Target, place: Place) -> Remark | None:
    """The kernel's own Python has no pip, which is why nothing can be told about where it would install."""
    if command.aim.kind is not AimKind.KERNEL or target.reason is None or "pip" in glance(place.prefix).named:
        return None
    return Remark(Concern.NO_TOOL, Severity.WARNING, target.reason, target.evidence, place.prefix)


def _elsewhere(case: Case) -> Iterator[Remark]:
    """Another environment than the kernel's: by mistake, or because somebody has named it."""
    target, place, aim = case.target, case.place, case.command.aim
    if not place.is_kernel or target.is_kernel is not False or target.placement is Placement.FOLDER:
        return
    named = aim.kind in (AimKind.NAME, AimKind.PREFIX, AimKind.PROJECT) or (
        aim.kind in (AimKind.PYTHON, AimKind.PROGRAM) and ("/" in (aim.value or "") or "\\" in (aim.value or ""))
    )
    evidence = (Evidence(target.reason, target.python or case.look.prefix),) if target.reason else ()
    yield Remark(
        Concern.OTHER_ENVIRONMENT,
        Severity.INFO if named else Severity.ERROR,
        text(
            "{tool} would change {environment}, and this kernel runs in {kernel}",
            tool=case.command.tool.value,
            environment=case.look.prefix,
            kernel=place.prefix,
        ),
        (*evidence, *target.evidence),
        case.look.prefix,
    )


def _user_site(case: Case) -> Iterator[Remark]:
    """The user's own folder; for a Python that is neither conda's nor a venv's that is the usual place."""
    look, folder = case.look, case.target.folder or "~/.local"
    if not case.beside or not (look.is_conda or look.is_venv):
        return
    version = ".".join((look.python_version or "").split(".")[:2])
    if refuses_user(look):
        said = text(
            "pip refuses --user in {environment}, which does not see the user's packages", environment=look.name
        )
    elif case.has("--user") or case.site_writable:
        said = text(
            "{tool} would install into {folder}, from which every Python {version} of yours imports",
            tool=case.command.tool.value,
            folder=folder,
            version=version,
        )
    else:
        said = text(
            "{environment} cannot be written to, so pip would install into {folder}, from which every Python {version} of yours imports",
            environment=look.name,
            folder=folder,
            version=version,
        )
    yield Remark(Concern.USER_SITE, Severity.WARNING, said, case.target.evidence, folder)


def refuses_user(look: Glance) -> bool:
    """Whether it is a virtual environment that sees only itself."""
    if not look.is_venv or look.is_conda:
        return False
    config = reading.head(look.where("pyvenv.cfg"), reading.SMALL_LIMIT).lower()
    return not re.search(rb"include-system-site-packages\s*=\s*true", config)


def _read_only(case: Case) -> Iterator[Remark]:
    look, tool = case.look, case.command.tool
    if case.target.placement is not Placement.SITE:
        return
    if look.is_frozen and not case.has("--override-frozen"):
        mark = Evidence(text("declares it to be read-only"), look.where("conda-meta/frozen"))
        said = text("{environment} is declared read-only", environment=look.name)
        yield Remark(Concern.READ_ONLY, Severity.WARNING, said, (mark,), look.prefix)
    elif not (case.site_writable if tool in PIP_LIKE else look.writable):
        said = text("{environment} cannot be written to", environment=look.name)
        yield Remark(Concern.READ_ONLY, Severity.WARNING, said, (), look.prefix)


def _managed(case: Case) -> Iterator[Remark]:
    """PEP 668, as pip and uv keep to it."""
    command, look = case.command, case.look
    if command.tool not in (Tool.PIP, Tool.UV) or case.target.placement is Placement.FOLDER:
        return
    if not look.externally_managed or case.has("--break-system-packages") or _old_pip(case):
        return
    name = "UV_BREAK_SYSTEM_PACKAGES" if command.tool is Tool.UV else "PIP_BREAK_SYSTEM_PACKAGES"
    if case.variable(name).lower() not in ("", "0", "false", "no", "off") or _configured(case):
        return
    marks = tuple(Evidence(text("says so (PEP 668)"), look.where(mark)) for mark in look.externally_managed[:1])
    said = text(
        "{tool} will refuse: the Python in {environment} belongs to the system's package manager",
        tool=command.tool.value,
        environment=look.prefix,
    )
    yield Remark(Concern.EXTERNALLY_MANAGED, Severity.WARNING, said, marks, look.prefix)


def _old_pip(case: Case) -> bool:
    """Whether its pip is older than PEP 668, which pip 23.0 brought."""
    versions = [dist.version for dist in case.look.named.get("pip", ())]
    major = (versions[0] or "").partition(".")[0] if versions else ""
    return case.command.tool is Tool.PIP and major.isdigit() and int(major) < 23


def _configured(case: Case) -> bool:
    """Whether pip's own files allow it."""
    if case.command.tool is not Tool.PIP:
        return False
    # only where there is a mark, which is rare
    from envguard.surroundings.pip_config import pip_config

    options = pip_config(case.look.prefix, reading.Problems())
    return any(
        each.name == "break-system-packages" and each.value.lower() in ("1", "true", "yes", "on") for each in options
    )


def unreadable(command: Command) -> Iterator[Remark]:
    """The files that were not read; what they name is unknown."""
    for file in command.files:
        if file.unread is not None:
            evidence = (Evidence(file.unread, without_secrets(file.path)),)
            said = text("{file} cannot be read", file=without_secrets(file.path))
            yield Remark(Concern.UNREADABLE, Severity.INFO, said, evidence, without_secrets(file.path))


def misread(command: Command) -> Iterator[Remark]:
    """Quotes that IPython takes off, so that conda is asked for something else."""
    if command.misread:
        said = text(
            "IPython hands {words} to the shell without its quotes, and the shell keeps a part of it for itself",
            "IPython hands {words} to the shell without their quotes, and the shell keeps a part of them for itself",
            n=len(command.misread),
            words=tuple(map(without_secrets, command.misread)),
        )
        yield Remark(Concern.MISREAD, Severity.WARNING, said, (), command.misread[0])


def quoted(command: Command) -> Alternative | None:
    """The same, so that it is read as it was meant."""
    if not command.misread or shown(command.argv) != command.argv:
        return None
    step = Step((f"%{command.tool.value}", *command.argv[1:]), Where.CELL)
    return Alternative("quoted", text("Keep the quotes"), (step,))


def in_kernel(command: Command, place: Place) -> Alternative | None:
    """The same, in the kernel's environment."""
    words = _asked(command)
    if words is None or shown(words) != words:
        return None
    if command.tool is Tool.PIP:
        argv: tuple[str, ...] = ("%pip", *words)
    elif command.tool is Tool.UV and command.verb is not Verb.SYNC and "pip" in command.argv:
        argv = ("uv", "pip", words[0], "--python", place.python, *words[1:])
    elif command.tool.is_conda and command.tool is not Tool.PIXI and _conda_keeps(place.prefix):
        argv = (f"%{command.tool.value}", *words)
    else:
        return None
    return Alternative("kernel", text("Install into the environment of this kernel"), (Step(argv, Where.CELL),))


def _conda_keeps(prefix: str) -> bool:
    """Whether conda keeps a book in a prefix."""
    return os.path.isdir(os.path.join(prefix, "conda-meta"))


def _asked(command: Command) -> tuple[str, ...] | None:
    """The verb and what follows it, without what says where to."""
    verbs = ("install", "uninstall", "remove", "update", "upgrade")
    start = next((number for number, word in enumerate(command.argv) if word in verbs), None)
    if start is None or not command.certain:
        return None
    words: list[str] = []
    skip = False
    for word in command.argv[start:]:
        if skip:
            skip = False
        elif word in _AIMING:
            skip = word in _TAKES_VALUE
        elif word.partition("=")[0] not in _TAKES_VALUE:
            words.append(word)
    return tuple(words)
