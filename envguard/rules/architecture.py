"""The rule about programs for one kind of processor where another is meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.model import Evidence, Severity, text
from envguard.rules import fixes, steps
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import CondaPackage, Environment
    from envguard.model import Fix

_SHOWN = 6
_MACHINES = {
    # the last part of conda's platform -> platform.machine() of a Python for it
    "64": "x86_64",
    "32": "i686",
    "aarch64": "aarch64",
    "arm64": "arm64",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
}
_SAME = {"amd64": "x86_64", "x64": "x86_64", "i386": "i686", "i586": "i686", "x86": "i686", "arm64": "aarch64"}
_EXTENSION = r"\.(?:cpython|abi3|pypy)[\w.-]*so$"
_LIBRARY_VARIABLES = ("DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES")
_NATIVE = "/opt/homebrew/"
"""Where Homebrew keeps what it built for Apple's processors; what it built for Intel's is in /usr/local."""


@rule("architecture-mismatch", code=371, severity=Severity.ERROR, needs=("conda_packages",))
def architecture_mismatch(env: Environment) -> Iterator[Found]:
    """Programs for two kinds of processor meet.

    Each compiled package is made for one kind of processor: Intel's (`osx-64`, `linux-64`) or ARM (`osx-arm64`,
    `linux-aarch64`). Here conda's records name more than one, an extension module is for another than Python, or an
    Intel Python runs on an Apple processor by translation (Rosetta).

    Why it matters: a process of one kind cannot load a library of the other: "incompatible architecture (have 'x86_64', need
    'arm64')". A translated Python works, only slower, and without the instructions of newer Intel processors; that alone is
    information, and a warning where it is told to load libraries of Homebrew for Apple's processors.

    How to repair: make the environment anew with one platform, and set CONDA_SUBDIR to the same in the environment's
    configuration.

    Not reported: packages without compiled files (`noarch`).
    """
    yield from _mixed(env)
    yield from _foreign_extensions(env)
    process = env.process
    if process is None or env.platform is None or not _same_prefix(env):
        return
    expected = _MACHINES.get(env.platform.rpartition("-")[2])
    if expected is not None and _kind(expected) != _kind(process.machine) and env.layout != "windows":
        yield Found(
            subject=env.name,
            message=text(
                "conda's packages are for {platform}, and Python runs as a program for {machine}",
                platform=env.platform,
                machine=process.machine,
            ),
            evidence=(Evidence(text("is a program for {machine}", machine=process.machine), process.executable),),
            consequence=text("compiled packages cannot be loaded"),
            fixes=_anew(env),
        )
    yield from _translated(env)
    subdir = process.environ.get("CONDA_SUBDIR")
    if subdir and subdir != env.platform:
        yield Found(
            subject=env.name,
            message=text(
                "CONDA_SUBDIR is {subdir}, and the environment's packages are for {platform}",
                subdir=subdir,
                platform=env.platform,
            ),
            evidence=(Evidence(text("CONDA_SUBDIR is {subdir}", subdir=subdir), "CONDA_SUBDIR"),),
            consequence=text("the next conda install brings packages for another kind of processor"),
            severity=Severity.WARNING,
        )


def _mixed(env: Environment) -> Iterator[Found]:
    by_platform: dict[str, list[CondaPackage]] = {}
    for package in env.conda_packages or ():
        if package.subdir and package.subdir != "noarch" and package.noarch is None:
            by_platform.setdefault(package.subdir, []).append(package)
    if len(by_platform) < 2:
        return
    fewest = sorted(by_platform.items(), key=lambda pair: len(pair[1]))
    yield Found(
        subject=env.name,
        message=text("conda's packages are for {n} platforms: {platforms}", n=len(fewest), platforms=tuple(sorted(by_platform))),
        evidence=tuple(
            Evidence(text("is for {platform}", platform=platform), package.record)
            for platform, packages in fewest
            for package in packages[:2]
        )[:_SHOWN],
        consequence=text("compiled packages for another kind of processor cannot be loaded"),
        fixes=_anew(env),
    )  # fmt: skip


def _foreign_extensions(env: Environment) -> Iterator[Found]:
    """Extension modules for another processor than the interpreter's."""
    if env.process is None or env.process.system != "Linux" or not _same_prefix(env):
        return
    foreign = [
        library
        for library in env.libraries or ()
        if re.search(_EXTENSION, library.path) and _kind(library.machine) != _kind(env.process.machine)
    ]
    if foreign:
        yield Found(
            subject=env.name,
            message=text(
                "{n} extension module is for another processor than Python's {machine}",
                "{n} extension modules are for another processor than Python's {machine}",
                n=len(foreign),
                machine=env.process.machine,
            ),
            evidence=tuple(
                Evidence(text("is for {machine}", machine=library.machine), library.path)
                for library in foreign[:_SHOWN]
            ),
            consequence=text("they cannot be imported"),
        )


def _translated(env: Environment) -> Iterator[Found]:
    process = env.process
    if process is None or not process.translated:
        return
    native = [
        name
        for name in _LIBRARY_VARIABLES
        if any((part + "/").startswith(_NATIVE) for part in process.environ.get(name, "").split(":"))
    ]
    yield Found(
        subject=env.name,
        message=text("Python for Intel processors runs on an Apple processor by translation (Rosetta)"),
        evidence=(
            Evidence(text("is a program for {machine}, translated", machine=process.machine), process.executable),
            *(Evidence(text("leads to libraries for Apple's processors"), name) for name in native),
        ),
        consequence=text("libraries for Apple's processors, such as Homebrew's, cannot be loaded"),
        severity=Severity.WARNING if native else Severity.INFO,
    )


def _kind(machine: str) -> str:
    return _SAME.get(machine.lower(), machine.lower())


def _same_prefix(env: Environment) -> bool:
    """Whether the process is the environment's own Python, as far as the names tell."""
    process = env.process
    return (
        process is not None
        and process.prefix.rstrip("/\\").rpartition("/")[2] == env.prefix.rstrip("/\\").rpartition("/")[2]
    )


def _anew(env: Environment) -> tuple[Fix, ...]:
    title = text("Make an environment in which all packages are for one platform")
    return (fixes.with_tool(env, title, (steps.create(env),), restart=False),)


RULES: tuple[Rule, ...] = (architecture_mismatch,)
