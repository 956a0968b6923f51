"""uv: its likeness of pip, and its projects; options of 0.4 to 0.13."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.commands import requirement_files, requirements
from envguard.commands.command import Aim, AimKind, File, Tool, Verb, Word
from envguard.commands.options import Parsed, Style, parse, table
from envguard.commands.requirement_files import Contents
from envguard.commands.tools.projects import project_file
from envguard.model import text

if TYPE_CHECKING:
    from envguard.commands.command import Command
    from envguard.commands.tools.call import Call

GENERAL = (
    "--help -h",
    "--version -V",
    "--quiet -q",
    "--verbose -v",
    "--color =",
    "--no-color",
    "--native-tls",
    "--no-native-tls",
    "--system-certs",
    "--no-system-certs",
    "--offline",
    "--no-offline",
    "--allow-insecure-host --trusted-host =",
    "--no-progress",
    "--directory =",
    "--project =",
    "--config-file =",
    "--no-config --isolated",
    "--no-cache --no-cache-dir -n",
    "--cache-dir =",
    "--python-preference =",
    "--managed-python",
    "--no-managed-python",
    "--no-python-downloads",
    "--allow-python-downloads",
    "--preview",
    "--no-preview",
    "--preview-features =",
)
_RESOLVER = (
    *GENERAL,
    "--index =",
    "--default-index =",
    "--index-url -i --pypi-url =",
    "--extra-index-url =",
    "--find-links -f =",
    "--no-index",
    "--index-strategy =",
    "--keyring-provider =",
    "--upgrade -U",
    "--no-upgrade",
    "--upgrade-package -P =",
    "--upgrade-group =",
    "--resolution =",
    "--prerelease =",
    "--pre",
    "--prerelease-package =",
    "--fork-strategy =",
    "--exclude-newer =",
    "--exclude-newer-package =",
    "--no-sources",
    "--no-sources-package =",
    "--reinstall --force-reinstall",
    "--no-reinstall",
    "--reinstall-package =",
    "--link-mode =",
    "--compile-bytecode --compile",
    "--no-compile-bytecode --no-compile",
    "--config-setting --config-settings -C =",
    "--config-settings-package --config-setting-package =",
    "--no-build-isolation",
    "--build-isolation",
    "--no-build-isolation-package =",
    "--refresh",
    "--no-refresh",
    "--refresh-package =",
    "--python -p =",
)
_PIP = (
    *_RESOLVER,
    "--requirements --requirement -r =",
    "--editable -e =",
    "--no-editable",
    "--no-editable-package =",
    "--constraints --constraint -c =",
    "--overrides --override =",
    "--excludes --exclude =",
    "--build-constraints --build-constraint -b =",
    "--extra =",
    "--all-extras",
    "--no-all-extras",
    "--cert =",
    "--group =",
    "--no-deps",
    "--deps",
    "--require-hashes",
    "--no-require-hashes",
    "--verify-hashes",
    "--no-verify-hashes",
    "--require-build-hashes",
    "--no-require-build-hashes",
    "--system",
    "--no-system",
    "--break-system-packages",
    "--no-break-system-packages",
    "--target -t =",
    "--prefix =",
    "--no-build",
    "--build",
    "--no-binary =",
    "--only-binary =",
    "--python-version =",
    "--python-platform =",
    "--exact",
    "--inexact",
    "--strict",
    "--no-strict",
    "--dry-run",
    "--check",
    "--output-format =",
    "--torch-backend =",
    "--user",
    "--disable-pip-version-check",
    "--allow-empty-requirements",
    "--no-allow-empty-requirements",
    "--yes -y",
)
PIP = table(*_PIP)
PROJECT = table(
    *_RESOLVER,
    "--requirements --requirement -r =",
    "--constraints --constraint -c =",
    "--marker -m =",
    "--dev",
    "--no-dev",
    "--only-dev",
    "--optional =",
    "--group =",
    "--no-group =",
    "--no-default-groups",
    "--only-group =",
    "--all-groups",
    "--editable",
    "--no-editable",
    "--no-editable-package =",
    "--raw --raw-sources",
    "--bounds =",
    "--rev =",
    "--tag =",
    "--branch =",
    "--lfs",
    "--extra =",
    "--all-extras",
    "--no-extra =",
    "--no-all-extras",
    "--no-sync",
    "--locked",
    "--frozen",
    "--active",
    "--no-active",
    "--package =",
    "--all-packages",
    "--script =",
    "--workspace",
    "--no-workspace",
    "--no-install-project",
    "--no-install-workspace",
    "--no-install-local",
    "--no-install-package =",
    "--inexact",
    "--exact",
    "--dry-run",
    "--check",
    "--output-format =",
    "--python-platform =",
    "--no-build",
    "--no-build-package =",
    "--no-binary",
    "--no-binary-package =",
    "--require-build-hashes",
    "--no-require-build-hashes",
)
RUN = {
    **PROJECT,
    **table(
        "--with -w =",
        "--with-editable =",
        "--with-requirements =",
        "--env-file =",
        "--no-env-file",
        "--no-project",
        "--script -s",
        "--gui-script",
        "--module -m",
    ),
}
_IN_PIP = {"install": Verb.INSTALL, "uninstall": Verb.REMOVE, "sync": Verb.SYNC}
_IN_PROJECT = {"add": Verb.INSTALL, "remove": Verb.REMOVE, "sync": Verb.SYNC}
_CHANGES_NOTHING = ("--help", "--version", "--dry-run", "--check")


def understand(call: Call, aim: Aim | None) -> Command | None:
    """What `uv …` would do, `aim` being the Python that started it as a module; None if it changes no environment.

    `uvx`, `uv tool` and a script of its own have environments of theirs, which nobody else sees.
    """
    before = parse(call.words[1:], table(*GENERAL), Style.CLAP, until_word=True)
    if not before.rest or before.has("--help", "--version"):
        return None
    word, rest = before.rest[0], before.rest[1:]
    if word.text == "pip":
        return _pip(call, before, rest, aim)
    if word.text in _IN_PROJECT:
        return _project(call, before, word, rest)
    return None


def run(call: Call) -> Call | None:
    """What `uv run …` starts, in the environment of the project."""
    before = parse(call.words[1:], table(*GENERAL), Style.CLAP, until_word=True)
    if not before.rest or before.rest[0].text != "run":
        return None
    inside = parse(before.rest[1:], RUN, Style.CLAP, until_word=True)
    if not inside.rest or inside.has("--with", "--with-requirements", "--with-editable", "--script", "--no-project"):
        return None  # an environment of its own
    words = (Word("python"), Word("-m"), *inside.rest) if inside.has("--module") else inside.rest
    return call.then(words, aim=Aim(AimKind.PROJECT, "uv"), wrapper="uv")


def _pip(call: Call, before: Parsed, rest: tuple[Word, ...], aim: Aim | None) -> Command | None:
    parsed = _joined(before, parse(rest, PIP, Style.CLAP))
    verb = _IN_PIP.get(parsed.rest[0].text) if parsed.rest else None
    if verb is None or parsed.has(*_CHANGES_NOTHING):
        return None
    words = [word for word in parsed.rest[1:] if word.text]
    named = ("--requirements",) if verb is not Verb.SYNC else ()
    files = [
        (given.value, "requirements", given.known) for given in parsed.options if given.name in named and given.value
    ]
    if verb is Verb.SYNC:
        files += [(word.text, "requirements", word.known) for word in words]
        words = []
    files += [
        (given.value, "constraints", given.known)
        for given in parsed.options
        if given.name == "--constraints" and given.value
    ]
    files += [(path, "constraints", True) for path in call.variables.get("UV_CONSTRAINT", "").split()]
    found = tuple(
        requirements.pip(given.value, known=given.known, editable=True)
        for given in parsed.options
        if given.name == "--editable" and given.value
    ) + tuple(requirements.pip(word.text, known=word.known) for word in words)
    contents = _with_groups(parsed, requirement_files.read(files, call.where))
    if not found and not contents.files:
        return None
    return call.command(Tool.UV, verb, _aim(call, parsed, aim), parsed, found, contents)


def _project(call: Call, before: Parsed, word: Word, rest: tuple[Word, ...]) -> Command | None:
    parsed = _joined(before, parse(rest, PROJECT, Style.CLAP))
    verb = _IN_PROJECT[word.text]
    if parsed.has(*_CHANGES_NOTHING, "--no-sync", "--script") or (parsed.has("--frozen") and verb is not Verb.SYNC):
        return None
    found = tuple(requirements.pip(each.text, known=each.known) for each in parsed.rest if each.text)
    files = [
        (given.value, "requirements" if given.name == "--requirements" else "constraints", given.known)
        for given in parsed.options
        if given.name in ("--requirements", "--constraints") and given.value
    ]
    if verb is Verb.SYNC:
        contents = project_file("pyproject.toml")
    elif found or files:
        contents = requirement_files.read(files, call.where)
    else:
        return None
    return call.command(Tool.UV, verb, Aim(AimKind.PROJECT), parsed, found, contents)


def _aim(call: Call, parsed: Parsed, started_by: Aim | None) -> Aim:
    python = parsed.last("--python")
    if python is not None and python.value:
        return Aim(AimKind.PYTHON, python.value, python.known)
    if (
        not parsed.has("--system")
        and not call.is_set("UV_SYSTEM_PYTHON")
        and (variable := call.variables.get("UV_PYTHON"))
    ):
        return Aim(AimKind.PYTHON, variable)
    return started_by or Aim(AimKind.ACTIVE)


def _with_groups(parsed: Parsed, read: Contents) -> Contents:
    groups = tuple(
        File(requirements.clean(given.value), "project", text("envguard does not read files of that kind"))
        for given in parsed.options
        if given.name == "--group" and given.value
    )
    return Contents(read.requirements, read.constraints, read.files + groups, read.options)


def _joined(before: Parsed, after: Parsed) -> Parsed:
    return Parsed(before.options + after.options, after.rest, before.unknown + after.unknown)
