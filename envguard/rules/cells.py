"""Rules about what notebooks and other files ask installers for; the files are read, never run."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard import versions
from envguard.errors import CannotTell
from envguard.model import Evidence, Severity, text
from envguard.packages.names import conda_names
from envguard.probe.reading import spec_name
from envguard.rules.rule import Found, Rule, rule
from envguard.tables import INSTALLERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Environment
    from envguard.model import Text
    from envguard.scanned import Install, Wanted

CHANGES = ("install", "update", "remove", "sync")
_OUTSIDE = ("shell", "script", "call")
SHOWN = 8

_PROJECT = "project"
"""The aim of tools such as pixi and `uv sync`, whose environment is that of the folder, and nobody else's."""


@rule("cell-shell-pip", code=600, severity=Severity.WARNING, needs=("scanned",))
def cell_shell_pip(env: Environment) -> Iterator[Found]:
    """A cell installs by a command of the shell.

    The cell starts `pip`, `conda` or another installer through the shell (`!pip`, `%%bash`, `os.system`). Which environment
    that is about the PATH of the server decides, not the kernel.

    Why it matters: on the machine of whoever opens the notebook it may be another environment, and the import after it fails
    although the installation went well.

    Where the kernel is known, as in an editor, an error is what would certainly change another environment without naming it;
    what would reach the kernel's is information.

    How to repair: write `%pip install` or `%conda install`, which mean the kernel's own environment; `envguard scan --fix`
    does that.

    Not reported: `%pip`, `!{sys.executable} -m pip`, a command that names its environment, and what installs nothing.
    """
    for file in env.scanned or ():
        for each in file.installs if file.kind in ("notebook", "document") else ():
            if (
                each.form in _OUTSIDE
                and each.verb in CHANGES
                and each.aim not in ("kernel", "name", "prefix", "project")
            ):
                yield _through_the_shell(each)


def _through_the_shell(install: Install) -> Found:
    goes = install.goes
    decides = text("the PATH decides which {tool} that is", tool=install.tool)
    if goes is not None and goes.is_kernel is False:
        made = found(
            install,
            text(
                "{command} would change {environment}, and this kernel runs in {kernel}",
                command=install.said,
                environment=goes.prefix or "?",
                kernel=goes.kernel,
            ),
            goes.reason or decides,
            severity=Severity.WARNING if goes.named else Severity.ERROR,
        )
        return replace(made, evidence=(*made.evidence, *goes.evidence))
    said = text("{command} may install into another environment than the kernel's", command=install.said)
    if goes is not None and goes.is_kernel:
        here = text("here it would reach the kernel's, {environment}", environment=goes.kernel)
        return found(install, said, here, severity=Severity.INFO)
    return found(install, said, decides if goes is None or goes.reason is None else goes.reason)


@rule("cell-unpinned", code=602, severity=Severity.WARNING, needs=("scanned",))
def cell_unpinned(env: Environment) -> Iterator[Found]:
    """Something is to be installed of which the version is left open.

    A command or an environment file asks for a package without an exact version, or for a repository without a commit.

    Why it matters: tomorrow the same line brings something else. Of a repository not even a version tells what it was, so
    that is a warning; a name without a version is information.

    How to repair: write `name==version`, or `name @ git+https://host/project@COMMIT` with the whole commit. `envguard export`
    writes both for an environment that works.

    Not reported: `-r requirements.txt`, a project of one's own (`-e .`), a wheel by its address, installers that renew
    themselves, and what a variable fills in.
    """
    for file in env.scanned or ():
        for each in file.installs:
            if each.verb not in ("install", "update", "create", "sync"):
                continue
            loose = tuple(wanted for wanted in each.wanted if not wanted.pinned and not _is_open(wanted))
            for wanted in loose:
                if wanted.kind == "vcs":
                    yield found(
                        each,
                        text("{requirement} names no commit", requirement=wanted.text),
                        text("a branch or a tag can be moved"),
                        subject=wanted.text,
                        line=wanted.line,
                    )
            names = tuple(wanted.text for wanted in loose if wanted.kind in ("name", "spec"))
            if names:
                yield found(
                    each,
                    text("{names} is asked for without an exact version", "{names} are asked for without exact versions", n=len(names), names=names[:SHOWN]),
                    text("the newest that fits would come"),
                    severity=Severity.INFO,
                )  # fmt: skip


@rule("cell-breaks-constraint", code=603, severity=Severity.WARNING, needs=("scanned",))
def cell_breaks_constraint(env: Environment) -> Iterator[Found]:
    """A version is asked for that does not fit what else is there.

    pip is to install a version which packages of conda's in the environment exclude, or which the same file asks otherwise of
    conda or in an earlier command.

    Why it matters: pip does not read what conda's packages require, and installs it all the same.

    How to repair: ask for a version in the range, or have conda install it together with what depends on it.

    Not reported: requirements without a version; commands in a branch, a loop or a function, of which perhaps only one is run;
    commands for different environments; and packages of conda's unless an environment is given (`--name`, `--prefix`).
    """
    for file in env.scanned or ():
        before: dict[tuple[int, str], tuple[Install, Wanted]] = {}
        for each in file.installs:
            for wanted in each.wanted:
                if wanted.name is None or not wanted.specifier or wanted.kind not in ("name", "spec"):
                    continue
                if not wanted.by_conda:
                    yield from _against_conda(env, each, wanted)
                known = None if each.conditional else before.get((each.stage, wanted.name))
                if known is not None and same_place(known[0], each) and _contradict(known[1], wanted):
                    yield found(
                        each,
                        text("{requirement} does not fit {other}, which the same file asks for", requirement=wanted.text, other=known[1].text),
                        text("{other} stands at {place}", other=known[1].text, place=_where(known[0], known[1].line)),
                        subject=wanted.name,
                        line=wanted.line,
                    )  # fmt: skip
                if not each.conditional:
                    before[each.stage, wanted.name] = (each, wanted)


@rule("environment-file-without-pip", code=605, severity=Severity.WARNING, needs=("scanned",))
def environment_file_without_pip(env: Environment) -> Iterator[Found]:
    """An environment file leaves packages to pip, but does not ask for pip.

    Its dependencies have a `pip:` list, and `pip` itself is not among them.

    Why it matters: conda then adds some pip, or takes that of another environment, and installs the list there.

    How to repair: add `- pip` to the dependencies, above the list.

    Not reported: a file whose `pip:` list is empty.
    """
    for file in env.scanned or ():
        if file.pip_missing is not None:
            source = f"{file.path}:{file.pip_missing}"
            yield Found(
                subject=file.path,
                message=text("packages are listed for pip, but pip itself is not"),
                evidence=(Evidence(text("`pip:` is in the dependencies, and `pip` is not"), source),),
            )


def found(
    install: Install,
    message: Text,
    says: Text,
    *,
    subject: str | None = None,
    severity: Severity | None = None,
    line: int | None = None,
) -> Found:
    """A finding about a command, or about what one of its files lists in a line."""
    evidence = Evidence(says, _where(install, line))
    return Found(subject=subject or install.tool, message=message, evidence=(evidence,), severity=severity)


def _where(install: Install, line: int | None) -> str:
    """The place of a command, or of a line of the file that it stands for."""
    return install.source if line is None else f"{install.source.rpartition(':')[0]}:{line}"


def same_place(first: Install, second: Install) -> bool:
    """Whether two commands may be about one environment."""
    if _PROJECT in (first.aim, second.aim):
        return False
    if second.env is None or first.env is None:
        return not first.apart
    # one may name the environment, the other its folder
    return _last(first.env) == _last(second.env)


def exclusive(first: Install, second: Install) -> bool:
    """Whether of two commands of one place only one can run: they stand in two ways of one choice.

    Two conditions of steps exclude each other as far as anybody can tell if they ask for the same thing in other words.
    """
    if first.cell != second.cell:
        return False
    ways = {(line, column): way for line, column, way in first.branches}
    for line, column, way in second.branches:
        other = ways.get((line, column))
        if other is not None and other != way and ((line, column) != (0, 0) or _asked(other) & _asked(way)):
            return True
    return False


def _asked(condition: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+(?:\.[\w-]+)+", condition))


def _last(env: str) -> str:
    return env.replace("\\", "/").rstrip("/").rpartition("/")[2]


def _is_open(wanted: Wanted) -> bool:
    """Whether what is asked for is an installer itself, or known only when the command runs."""
    return wanted.name in INSTALLERS or "$" in wanted.text or "{" in wanted.text


def _against_conda(env: Environment, install: Install, wanted: Wanted) -> Iterator[Found]:
    """What conda's packages of the environment say against a requirement of pip's."""
    asked = versions.requirement(wanted.text)
    if asked is None or wanted.name is None or not env.conda_packages:
        return
    names = set(conda_names(wanted.name))
    against = []
    for package in env.conda_packages:
        for spec in (*package.depends, *package.constrains):
            try:
                if spec_name(spec) in names and package.name not in names and not versions.reconcilable(asked, (spec,)):
                    against.append(f"{package.name} ({spec})")
            except CannotTell:
                continue
    if against:
        yield found(
            install,
            text("{requirement} does not fit what packages of conda's require: {packages}", requirement=wanted.text, packages=tuple(against[:SHOWN])),
            text("so say the records of {env}", env=env.name),
            subject=wanted.name,
            line=wanted.line,
        )  # fmt: skip


def _contradict(first: Wanted, second: Wanted) -> bool:
    """Whether no version meets two requirements of one name; of two that conda is asked for it decides itself."""
    if first.by_conda and second.by_conda:
        return False
    if first.by_conda or second.by_conda:
        of_conda, of_pip = (first, second) if first.by_conda else (second, first)
        spec = of_conda.text.rpartition("::")[2]
    else:
        if not first.pinned:
            return False
        of_pip, spec = second, f"{first.name} {first.specifier}"
    asked = versions.requirement(of_pip.text)
    try:
        return asked is not None and not versions.reconcilable(asked, (spec,))
    except CannotTell:
        return False


RULES: tuple[Rule, ...] = (
    cell_shell_pip,
    cell_unpinned,
    cell_breaks_constraint,
    environment_file_without_pip,
)
