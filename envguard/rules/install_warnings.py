"""The warnings of installers that people overlook: their words, what they mean, and what to do.

Not in the table, because they are worth no word: that there is a newer pip or conda, and errors after which nothing was
installed and everybody sees it. `source` is where the words were taken from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.install_log import Pattern
from envguard.model import Fix, Safety, Severity, Step, text
from envguard.rules import fixes, steps
from envguard.rules.names import normalise
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envguard.facts import Environment

    Args = Mapping[str, str]
    Ways = Callable[[Environment, Args], tuple[Fix, ...]]


@value
class Warned:
    """One warning."""

    pattern: Pattern
    severity: Severity
    subject: str
    """The argument that names what it is about, or a word of its own."""
    means: str
    """Its message, with the arguments in braces."""
    so: str | None
    """What comes of it."""
    ways: Ways | None
    source: str
    instead: tuple[str, ...] = ()
    """Warnings that say the same and more: where one of them stands in the log this one is not told."""


_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
_OWNER = rf"(?P<name>{_NAME}) (?P<version>[^\s()]{{1,60}})"


def elsewhere(prefix: str) -> tuple[Fix, ...]:
    """The way out where the log is of another environment than the one at hand: that is the one to look at."""
    step = Step(("envguard", "check", "--prefix", prefix))
    return (Fix(text("Look at the environment that the log is of, where that is"), (step,), Safety.SAFE),)


def _check(env: Environment, _args: Args) -> tuple[Fix, ...]:
    """The facts of today lead to the repair that fits; a log may be old."""
    step = Step(("envguard", "check", "--prefix", env.prefix))
    return (Fix(text("See whether that still holds, and how to repair it"), (step,), Safety.SAFE),)


def _check_deep(env: Environment, _args: Args) -> tuple[Fix, ...]:
    clean = Step(("conda", "clean", "--packages", "--tarballs"))
    title = text("Throw away what the package cache holds, so that it is fetched anew, and compare every file")
    return (Fix(title, (clean, Step(("envguard", "check", "--deep", "--prefix", env.prefix))), Safety.REVIEW),)


def _versions(env: Environment, args: Args) -> tuple[Fix, ...]:
    title = text("See which other versions of {name} there are", name=args["name"])
    return (Fix(title, (Step((steps.python(env), "-m", "pip", "index", "versions", args["name"])),), Safety.SAFE),)


def _conda_build(_env: Environment, _args: Args) -> tuple[Fix, ...]:
    title = text("Update conda-build in the base environment")
    return (Fix(title, (Step(("conda", "update", "--name", "base", "conda-build")),), Safety.REVIEW),)


def _pins(_env: Environment, _args: Args) -> tuple[Fix, ...]:
    title = text("See what is pinned, besides the file conda-meta/pinned of the environment")
    return (Fix(title, (Step(("conda", "config", "--show", "pinned_packages")),), Safety.SAFE),)


def _by_conda(env: Environment, args: Args) -> tuple[Fix, ...]:
    package = env.by_name.get(normalise(args["name"]))
    if package is None or not fixes.may_write(env):
        return _check(env, args)
    title = text("Have {name} updated by conda, which has installed it", name=package.name)
    return (fixes.with_tool(env, title, (steps.conda_install(env, package.name),)),)


def _own_environment(_env: Environment, _args: Args) -> tuple[Fix, ...]:
    title = text("Make an environment of your own, and install there")
    return (Fix(title, (Step(("python3", "-m", "venv", ".venv")),), Safety.SAFE),)


def _active(_env: Environment, _args: Args) -> tuple[Fix, ...]:
    title = text("See which environment uv takes; for that of the kernel give it `--python`")
    return (Fix(title, (Step(("uv", "python", "find")),), Safety.SAFE),)


_PIP = "https://github.com/pypa/pip/blob/23.2.1/src/pip/_internal/"
_PIP_26 = "https://github.com/pypa/pip/blob/26.0/src/pip/_internal/"
_CONDA = "https://github.com/conda/conda/"
_UV = "https://github.com/astral-sh/uv/"
_I, _W = Severity.INFO, Severity.WARNING

WARNINGS = (
    Warned(
        Pattern(
            "requires-other",
            ("requires",),
            r"requires (?P<wants>.{1,300}?), but you(?:'ll)? have (?P<other>\S{1,100}) (?P<found>\S{1,60}) which is incompatible",
            rf"{_OWNER} ",
        ),
        _W,
        "name",
        "{name} {version} requires {wants}, but {other} {found} is installed",
        "pip has installed it all the same: {name} may fail when it is imported, or compute something wrong",
        _check,
        _PIP + "commands/install.py",
    ),
    Warned(
        Pattern("requires-missing", ("requires",), r"requires (?P<wants>[^\n]{1,300}?), which is not installed", rf"{_OWNER} "),
        _W,
        "name",
        "{name} {version} requires {wants}, which is not installed",
        "what of {name} needs it will fail",
        _check,
        _PIP + "commands/install.py",
    ),
    Warned(
        Pattern(
            "has-requirement",
            ("has",),
            r"has requirement (?P<wants>.{1,300}?), but you(?:'ll)? have (?P<other>\S{1,100}) (?P<found>\S{1,60}?)(?:\.(?!\S)| which)",
            rf"{_OWNER} ",
        ),
        _W,
        "name",
        "{name} {version} requires {wants}, but {other} {found} is installed",
        "{name} may fail when it is imported, or compute something wrong",
        _check,
        _PIP + "commands/check.py",
    ),
    Warned(
        Pattern(
            "resolver-blind",
            ("dependency",),
            r"dependency resolver does not (?:currently take into account all the packages|consider dependency conflicts)",
        ),
        _W,
        "pip",
        "pip has installed without regard to what the packages that were there require",
        "some of them may no longer work",
        _check,
        _PIP + "commands/install.py",
        ("requires-other", "requires-missing"),
    ),
    Warned(
        Pattern("user-install", ("Defaulting",), r"Defaulting to user installation because normal site-packages is not writeable"),
        _W,
        "pip",
        "pip has installed into your own folder, because the environment is not writable for you",
        "every environment with the same version of Python imports what lies there, before its own packages",
        _check,
        _PIP + "commands/install.py",
    ),
    Warned(
        Pattern("not-on-path", ("installed",), r"installed in '(?P<folder>[^'\n]{1,400})' which is not on PATH"),
        _I,
        "folder",
        "commands were installed into {folder}, which is not on PATH",
        "they are found by their whole path only; `python -m NAME` starts most of them, too",
        None,
        _PIP + "operations/install/wheel.py",
    ),
    Warned(
        Pattern(
            "invalid-distribution",
            ("Ignoring", "Skipping"),
            r"(?:Ignoring (?:invalid distribution|incompletely removed distribution|dangling temporary directory:) (?P<name>\S{1,300})"
            r"|Skipping (?P<folder>[^\n]{1,300}?) due to invalid metadata entry 'name')",
        ),
        _W,
        "pip",
        "something lies there that was set aside when a package was to be replaced, and was not cleared away",
        "that installation was broken off, so of the package itself files may be missing",
        _check,
        _PIP + "metadata/base.py, " + _PIP_26 + "metadata/importlib/_envs.py, uv 0.13",
    ),
    Warned(
        Pattern(
            "yanked",
            ("yanked version:",),
            rf"yanked version: '(?P<name>{_NAME})' candidate \(version (?P<version>[^\s)]{{1,60}})(?:[^\n]{{1,600}} Reason for being yanked: [^\n]{{1,200}})?",
        ),
        _W,
        "name",
        "{name} {version} has been withdrawn by those who published it",
        "mostly for a grave fault, which the line itself may name",
        _versions,
        _PIP + "resolution/resolvelib/resolver.py",
    ),
    Warned(
        Pattern(
            "yanked-uv",
            ("warning: `",),
            rf"warning: `(?P<name>{_NAME})==(?P<version>[^`\s]{{1,60}})` is yanked(?: \(reason: [^\n]{{1,200}}\))?",
        ),
        _W,
        "name",
        "{name} {version} has been withdrawn by those who published it",
        "mostly for a grave fault, which the line itself may name",
        _versions,
        _UV + "blob/main/crates/uv/src/commands/diagnostics.rs",
    ),
    Warned(
        Pattern("as-root", ("Running",), r"Running pip as (?:the 'root' user|root will break packages)"),
        _I,
        "pip",
        "pip was run as root",
        "in the Python of the system that can break what the system needs; in a container or an environment of its own it is usual",
        None,
        _PIP + "cli/req_command.py",
    ),
    Warned(
        Pattern(
            "outside",
            ("Not uninstalling",),
            rf"Not uninstalling (?P<name>{_NAME}) at (?P<folder>[^\n]{{1,400}}?), outside environment (?P<where>\S{{1,400}})",
        ),
        _W,
        "name",
        "pip has left the {name} in {folder} where it is, since that is outside of {where}",
        "there are two of it now, and the one that comes first on sys.path is imported",
        _check,
        _PIP + "req/req_uninstall.py",
    ),
    Warned(
        Pattern(
            "distutils",
            ("Cannot uninstall",),
            rf"Cannot uninstall '?(?P<name>{_NAME}?)(?=['\s.])[^\n]{{0,80}}(?: ╰─>)? It is a distutils installed project",
        ),
        _W,
        "name",
        "pip could not replace {name}, since it was installed without a list of its files",
        "the old {name} is still there, and nothing of that command was installed",
        _by_conda,
        _PIP + "req/req_uninstall.py",
    ),
    Warned(
        Pattern(
            "no-record",
            ("Cannot uninstall",),
            rf"Cannot uninstall (?P<name>{_NAME}?)(?=[\s,])[^\n]{{0,80}}?(?:, RECORD file not found|(?: ╰─>)? The package's contents are unknown)",
        ),
        _W,
        "name",
        "pip could not replace {name}, since the list of its files is gone",
        "the old {name} is still there, and nothing of that command was installed",
        _check,
        _PIP_26 + "exceptions.py",
    ),
    Warned(
        Pattern(
            "no-record-uv",
            ("Failed to uninstall",),
            r"Failed to uninstall package at `(?P<folder>[^`\n]{1,400})` due to missing `RECORD` file",
        ),
        _W,
        "folder",
        "uv has installed over {folder}, since the list of the files to take off was gone",
        "files of the old version may lie among those of the new one",
        _check,
        "uv 0.13",
    ),
    Warned(
        Pattern("managed", ("externally-managed-environment",), r"externally-managed-environment"),
        _W,
        "pip",
        "pip has installed nothing, since the system manages this Python itself",
        None,
        _own_environment,
        _PIP + "exceptions.py",
    ),
    Warned(
        Pattern("no-extra", ("does not provide",), r"does not provide the extra '(?P<extra>[^'\n]{1,100})'", rf"{_OWNER} "),
        _W,
        "name",
        "{name} {version} has no extra of the name {extra}",
        "what it was to bring has not been installed",
        None,
        _PIP + "resolution/resolvelib/candidates.py",
    ),
    Warned(
        Pattern(
            "no-extra-uv",
            ("The package `",),
            rf"The package `(?P<name>{_NAME})==(?P<version>[^`\s]{{1,60}})` does not have an extra named `(?P<extra>[^`\n]{{1,100}})`",
        ),
        _W,
        "name",
        "{name} {version} has no extra of the name {extra}",
        "what it was to bring has not been installed",
        None,
        _UV + "blob/main/crates/uv-distribution-types/src/resolution.rs",
    ),
    Warned(
        Pattern("not-installed", ("Skipping",), rf"Skipping (?P<name>{_NAME}) as it is not installed"),
        _I,
        "name",
        "{name} was to be uninstalled, but is not installed",
        "the name may be misspelled, or another environment was meant",
        None,
        _PIP + "req/req_install.py",
    ),
    Warned(
        Pattern("target-kept", ("Target directory",), r"Target directory (?P<folder>[^\n]{1,400})[/\\][^/\\\n]{1,200} already exists\. Specify --upgrade"),
        _W,
        "folder",
        "files in {folder} were left as they were, since pip replaces nothing in a target folder without --upgrade",
        "so the old version may be imported from there",
        None,
        _PIP + "commands/install.py",
    ),
    Warned(
        Pattern(
            "uninstalled",
            ("Successfully uninstalled",),
            rf"Successfully uninstalled (?P<name>{_NAME}?)-(?P<version>\d[^\s-]{{0,60}})(?!\S)",
        ),
        _W,
        "name",
        "pip has taken off {name} {version}, which conda had installed",
        "conda does not know of that: its record still tells that version, and its next change may bring it back",
        _check,
        _PIP + "req/req_uninstall.py",
    ),
    Warned(
        Pattern("tar-bz2", ("constrained",), r"constrained to only using the old \.tar\.bz2 file format"),
        _W,
        "conda-build",
        "conda takes only packages in its old format, because of an old conda-build",
        "most builds of the last years are invisible to it, so that it chooses old ones or finds no solution",
        _conda_build,
        _CONDA + "issues/8832",
    ),
    Warned(
        Pattern("pin-overridden", ("pinned spec",), r"pinned spec (?P<spec>.{1,200}?) conflicts with explicit specs"),
        _W,
        "spec",
        "conda has set aside the pin {spec}, since the command asks for something else",
        "the version that was to be kept may be gone",
        _pins,
        _CONDA + "issues/9052",
    ),
    Warned(
        Pattern("pins-ignored", ("pinned spec",), r"pinned specs? (?:were|are|was|is|will be|have been) ignored"),
        _W,
        "conda",
        "conda has not kept to what is pinned",
        "the versions that were to be kept may be gone",
        _pins,
        _CONDA + "issues/9052",
    ),
    Warned(
        Pattern(
            "inconsistent",
            ("The environment is inconsistent",),
            r"The environment is inconsistent, please check the package plan carefully"
            r"(?: The following packages are causing the inconsistency:(?P<listed>(?:\s+- [^\n]{1,300}){1,150}))?",
        ),
        _W,
        "conda",
        "before conda changed anything, requirements of packages were not met: {names}",
        "conda removes or replaces much in such an environment, so its plan has to be read",
        _check,
        _CONDA + "blob/4.7.0/conda/core/solve.py",
    ),
    Warned(
        Pattern(
            "damaged-package",
            ("SafetyError:", "CondaVerificationError:"),
            r"(?:SafetyError|CondaVerificationError): The package for (?P<name>\S{1,100}) located at (?P<folder>.{1,400}?) appears to be corrupted\. The path '(?P<path>[^'\n]{1,400})'",
        ),
        _W,
        "name",
        "the unpacked {name} in conda's cache is not what was published: {path}",
        "every environment that is made from it gets the same damage",
        _check_deep,
        _CONDA + "blob/main/conda/core/path_actions.py",
    ),
    Warned(
        Pattern(
            "clobber",
            ("ClobberError:", "ClobberWarning:"),
            r"Clobber(?:Error|Warning): This transaction has incompatible packages due to a shared path\. packages: (?P<packages>[^\n]{1,400}) path: '(?P<path>[^'\n]{1,400})'",
        ),
        _W,
        "path",
        "several packages bring {path}: {packages}",
        "only the file of one of them is there, and the others may not work with it",
        _check,
        _CONDA + "blob/main/conda/exceptions.py",
    ),
    Warned(
        Pattern(
            "clobber-foreign",
            ("ClobberError:", "ClobberWarning:"),
            r"Clobber(?:Error|Warning): The package '(?P<package>[^'\n]{1,300})' cannot be installed due to a path collision for '(?P<path>[^'\n]{1,400})'",
        ),
        _W,
        "package",
        "{package} was to bring {path}, where a file that is not conda's lay already",
        "it may be pip's, and two books claim it now",
        _check,
        _CONDA + "blob/main/conda/exceptions.py",
    ),
    Warned(
        Pattern(
            "already-present",
            ("The following files were already present",),
            r"The following files were already present(?: in the environment)?:?(?P<listed>(?:\s+- [^\n]{1,300}){1,150})?",
            r"\[(?P<package>[^\]\n]{1,200})\] ",
        ),
        _W,
        "package",
        "files of {package} lay there already, and have been written over",
        "they may have been pip's, and two books claim them now",
        _check,
        "https://github.com/mamba-org/mamba/blob/main/libmamba/src/core/link.cpp",
    ),
    Warned(
        Pattern("frozen-solve", ("failed with initial frozen solve",), r"failed with initial frozen solve"),
        _I,
        "conda",
        "what was asked for does not fit what is installed as it is",
        "so conda has changed other packages, too; its plan tells which it has downgraded or removed",
        None,
        _CONDA + "issues/10902",
    ),
    Warned(
        Pattern("pip-not-listed", ("you have pip-installed dependencies",), r"you have pip-installed dependencies in your environment file, but you do not list pip itself"),
        _W,
        "pip",
        "the environment file lists packages for pip, but not pip itself",
        "conda may take the pip of another environment, and install them there",
        None,
        _CONDA + "blob/4.12.0/conda_env/cli/main_create.py",
    ),
    Warned(
        Pattern(
            "removed-condas",
            ("(from file:///",),
            r"\(from file:///[^)\n]{0,300}(?:/croot/|/conda-bld/|/feedstock_root/|croot/)[^)\n]{0,300}\)",
            rf"- (?P<name>{_NAME})==(?P<version>[^\s()]{{1,60}}) ",
        ),
        _W,
        "name",
        "{name} {version} was taken off, which was made by conda-build and so was conda's",
        "conda's record still names it, and packages of conda's that depend on it may no longer work",
        _check,
        _UV + "blob/main/crates/uv/src/commands/pip/operations.rs; atomantic/PortOS#7752",
    ),
    Warned(
        Pattern("no-hardlink", ("Failed to hardlink files",), r"Failed to hardlink files; falling back to full copy"),
        _I,
        "uv",
        "uv has copied files where it would link them",
        "nothing is wrong with that: its cache lies on another disk, which takes time and space",
        None,
        _UV + "blob/main/crates/uv-install-wheel/src/linker.rs",
    ),
    Warned(
        Pattern(
            "other-project",
            ("`VIRTUAL_ENV=",),
            r"`VIRTUAL_ENV=(?P<active>[^`\n]{1,400})` does not match the project environment path `(?P<project>[^`\n]{1,400})` and will be ignored",
        ),
        _W,
        "project",
        "uv has worked on {project}, the environment of the project, and not on the active {active}",
        "what it installed is not there where it may be looked for",
        _active,
        _UV + "blob/main/crates/uv/tests/it/sync.rs",
    ),
)  # fmt: skip
"""Every warning that is known."""

_FOLDER = r"(?P<folder>(?:/|[A-Za-z]:[/\\])[^\n]{1,400}?)"
PLACES = (
    Pattern("place-of-conda", ("environment location:",), rf"environment location: {_FOLDER}(?:\n|\Z)"),
    Pattern(
        "place-of-pip",
        ("Requirement already satisfied:",),
        rf"Requirement already satisfied: [^\n]{{1,300}}? in {_FOLDER}[/\\][Ll]ib[/\\](?:python[\d.]+[/\\])?site-packages",
    ),
)
"""Where an installer names the environment at which it worked; nothing is told of these lines themselves."""
PATTERNS = (*(each.pattern for each in WARNINGS), *PLACES)
