"""poetry and pdm, which change the environment of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.commands import requirements
from envguard.commands.command import Aim, AimKind, File, Tool, Verb
from envguard.commands.options import Style, parse, table
from envguard.commands.requirement_files import Contents
from envguard.model import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envguard.commands.command import Command
    from envguard.commands.tools.call import Call

POETRY = table(
    "--help -h",
    "--version -V",
    "--quiet -q",
    "--verbose -v",
    "--ansi",
    "--no-ansi",
    "--no-interaction -n",
    "--no-plugins",
    "--no-cache",
    "--directory -C =",
    "--project -P =",
    "--group -G =",
    "--dev -D",
    "--editable -e",
    "--extras -E =",
    "--all-extras",
    "--optional",
    "--python =",
    "--platform =",
    "--markers =",
    "--source =",
    "--allow-prereleases",
    "--dry-run",
    "--lock",
    "--with =",
    "--without =",
    "--only =",
    "--only-root",
    "--no-root",
    "--no-directory",
    "--sync",
    "--compile",
    "--all-groups",
)
PDM = table(
    "--help -h",
    "--version -V",
    "--config -c =",
    "--verbose -v",
    "--quiet -q",
    "--no-cache -n",
    "--ignore-python -I",
    "--project -p =",
    "--global -g",
    "--venv =",
    "--group -G =",
    "--with =",
    "--without =",
    "--dev -d",
    "--prod --production",
    "--editable -e =",
    "--lockfile -L =",
    "--frozen-lockfile --no-lock",
    "--override =",
    "--skip -k =",
    "--no-isolation",
    "--config-setting -C =",
    "--unconstrained -u",
    "--prerelease --pre",
    "--stable",
    "--no-sync",
    "--no-self",
    "--no-editable",
    "--dry-run",
    "--check",
    "--clean",
    "--only-keep",
    "--reinstall",
    "--outdated",
    "--top",
    "--fail-fast -x",
    "--save-compatible",
    "--save-safe-compatible",
    "--save-wildcard",
    "--save-exact",
    "--save-minimum",
    "--update-reuse",
    "--update-eager",
    "--update-all",
    "--update-reuse-installed",
)
_VERBS = {
    Tool.POETRY: {
        "add": Verb.INSTALL,
        "remove": Verb.REMOVE,
        "install": Verb.INSTALL,
        "update": Verb.UPDATE,
        "sync": Verb.SYNC,
    },
    Tool.PDM: {
        "add": Verb.INSTALL,
        "remove": Verb.REMOVE,
        "install": Verb.INSTALL,
        "update": Verb.UPDATE,
        "up": Verb.UPDATE,
        "sync": Verb.SYNC,
    },
}
_TABLES: Mapping[Tool, Mapping[str, tuple[str, bool]]] = {Tool.POETRY: POETRY, Tool.PDM: PDM}
_CHANGES_NOTHING = ("--help", "--version", "--dry-run", "--lock", "--no-sync", "--check")


def understand(call: Call, tool: Tool) -> Command | None:
    """What `poetry add …` or `pdm add …` would do; None if it changes no environment."""
    parsed = parse(call.words[1:], _TABLES[tool], Style.CLAP)
    word = parsed.rest[0].text if parsed.rest else ""
    verb = _VERBS[tool].get(word)
    if verb is None or parsed.has(*_CHANGES_NOTHING):
        return None
    read = requirements.poetry if tool is Tool.POETRY else requirements.pip
    found = tuple(read(each.text, known=each.known) for each in parsed.rest[1:] if each.text)
    if tool is Tool.PDM:
        found += tuple(
            requirements.pip(given.value, known=given.known, editable=True)
            for given in parsed.options
            if given.name == "--editable" and given.value
        )
    if word in ("add", "remove") and not found:
        return None
    contents = None if word in ("add", "remove") else project_file("pyproject.toml")
    return call.command(tool, verb, Aim(AimKind.PROJECT), parsed, found, contents)


def run(call: Call, tool: Tool) -> Call | None:
    """What `poetry run …` or `pdm run …` starts, in the environment of the project."""
    parsed = parse(call.words[1:], _TABLES[tool], Style.CLAP, until_word=True)
    if not parsed.rest or parsed.rest[0].text != "run":
        return None
    inside = parse(parsed.rest[1:], _TABLES[tool], Style.CLAP, until_word=True)
    name = tool.value
    return call.then(inside.rest, aim=Aim(AimKind.PROJECT, name), wrapper=name) if inside.rest else None


def project_file(name: str) -> Contents:
    """The file of a project, from which its tool takes what is to be installed."""
    return Contents(files=(File(name, "project", text("envguard does not read files of that kind")),))
