"""pip, by its own name or as a module of a Python; options of pip 20 to 26."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.commands import requirement_files, requirements
from envguard.commands.command import Aim, AimKind, File, Tool, Verb
from envguard.commands.options import Parsed, Style, parse, table
from envguard.commands.requirement_files import Contents
from envguard.model import text

if TYPE_CHECKING:
    from envguard.commands.command import Command, Requirement
    from envguard.commands.tools.call import Call

NAME = re.compile(r"pip-?(?:\d[\d.]*)?t?")

GENERAL = (
    "--help -h",
    "--debug",
    "--isolated",
    "--require-virtualenv --require-venv",
    "--python =",
    "--verbose -v",
    "--version -V",
    "--quiet -q",
    "--log --log-file --local-log =",
    "--no-input",
    "--keyring-provider =",
    "--proxy =",
    "--no-proxy-env",
    "--retries =",
    "--resume-retries =",
    "--timeout --default-timeout =",
    "--exists-action =",
    "--trusted-host =",
    "--cert =",
    "--client-cert =",
    "--cache-dir =",
    "--no-cache-dir",
    "--disable-pip-version-check",
    "--no-color",
    "--no-python-version-warning",
    "--use-feature =",
    "--use-deprecated =",
    "--root-user-action =",
    "--break-system-packages",
)
INSTALL = table(
    *GENERAL,
    "--requirement -r =",
    "--constraint -c =",
    "--build-constraint =",
    "--requirements-from-script =",
    "--no-deps --no-dependencies",
    "--only-deps --only-dependencies",
    "--pre",
    "--all-releases =",
    "--only-final =",
    "--editable -e =",
    "--dry-run",
    "--target -t =",
    "--platform =",
    "--python-version =",
    "--implementation =",
    "--abi =",
    "--user",
    "--no-user",
    "--root =",
    "--prefix =",
    "--build -b --build-dir --build-directory =",
    "--src --source --source-dir --source-directory =",
    "--upgrade -U",
    "--upgrade-strategy =",
    "--force-reinstall",
    "--ignore-installed -I",
    "--ignore-requires-python",
    "--no-build-isolation",
    "--use-pep517",
    "--no-use-pep517",
    "--check-build-dependencies",
    "--config-settings -C --config-setting =",
    "--install-option =",
    "--global-option =",
    "--compile",
    "--no-compile",
    "--no-warn-script-location",
    "--no-warn-conflicts",
    "--no-binary =",
    "--only-binary =",
    "--prefer-binary",
    "--require-hashes",
    "--no-require-hashes",
    "--progress-bar =",
    "--no-clean",
    "--report =",
    "--group =",
    "--refresh-package =",
    "--uploaded-prior-to =",
    "--index-url -i --pypi-url =",
    "--extra-index-url =",
    "--no-index",
    "--find-links -f =",
)
UNINSTALL = table(*GENERAL, "--requirement -r =", "--yes -y")
_GENERAL = table(*GENERAL)
_VERBS = {"install": (Verb.INSTALL, INSTALL), "uninstall": (Verb.REMOVE, UNINSTALL)}
_CHANGES_NOTHING = ("--help", "--version", "--dry-run")


def understand(call: Call, aim: Aim) -> Command | None:
    """What `pip …` would do; None if it changes nothing."""
    before = parse(call.words[1:], _GENERAL, Style.OPTPARSE, until_word=True)
    if not before.rest or before.rest[0].text not in _VERBS or before.has("--help", "--version"):
        return None
    verb, known = _VERBS[before.rest[0].text]
    after = parse(before.rest[1:], known, Style.OPTPARSE)
    parsed = Parsed(before.options + after.options, after.rest, before.unknown + after.unknown)
    if parsed.has(*_CHANGES_NOTHING) or (verb is Verb.INSTALL and call.is_set("PIP_DRY_RUN")):
        return None
    other = before.last("--python")
    if other is not None and other.value:
        aim = Aim(AimKind.PYTHON, other.value, other.known)
    elif (variable := call.variables.get("PIP_PYTHON")) and not parsed.has("--isolated"):
        aim = Aim(AimKind.PYTHON, variable)
    contents = _files(parsed, call)
    found = named(parsed)
    if not found and not contents.files:
        return None  # pip asks for at least one
    return call.command(Tool.PIP, verb, aim, parsed, found, contents)


def named(parsed: Parsed) -> tuple[Requirement, ...]:
    """The requirements on the command line, those of `--editable` where they stand among the options first."""
    editable = [
        requirements.pip(given.value, known=given.known, editable=True)
        for given in parsed.options
        if given.name == "--editable" and given.value
    ]
    return (*editable, *(requirements.pip(word.text, known=word.known) for word in parsed.rest if word.text))


def _files(parsed: Parsed, call: Call) -> Contents:
    """What its files say, those that variables name, too."""
    roles = {"--requirement": "requirements", "--constraint": "constraints"}
    files = [
        (given.value, roles[given.name], given.known) for given in parsed.options if given.value and given.name in roles
    ]
    if not parsed.has("--isolated"):
        for variable, role in (("PIP_REQUIREMENT", "requirements"), ("PIP_CONSTRAINT", "constraints")):
            files += [(path, role, True) for path in call.variables.get(variable, "").split()]
    read = requirement_files.read(files, call.where)
    projects = tuple(
        File(requirements.clean(given.value), "project", text("envguard does not read files of that kind"))
        for given in parsed.options
        if given.value and given.name in ("--group", "--requirements-from-script")
    )
    return Contents(read.requirements, read.constraints, read.files + projects, read.options)
