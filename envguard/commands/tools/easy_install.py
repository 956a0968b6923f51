"""easy_install, which setuptools had until 2025."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.commands import requirements
from envguard.commands.command import Aim, Tool, Verb
from envguard.commands.options import Style, parse, table

if TYPE_CHECKING:
    from envguard.commands.command import Command
    from envguard.commands.tools.call import Call

OPTIONS = table(
    "--help -h",
    "--version",
    "--verbose -v",
    "--quiet -q",
    "--dry-run -n",
    "--prefix =",
    "--install-dir -d =",
    "--script-dir -s =",
    "--zip-ok -z",
    "--always-unzip -Z",
    "--multi-version -m",
    "--upgrade -U",
    "--index-url -i =",
    "--find-links -f =",
    "--always-copy -a",
    "--build-directory -b =",
    "--optimize -O =",
    "--record =",
    "--exclude-scripts -x",
    "--no-deps -N",
    "--editable -e",
    "--allow-hosts -H =",
    "--local-snapshots-ok -l",
    "--no-find-links",
    "--user",
    "--delete-conflicting -D",
)


def understand(call: Call, aim: Aim) -> Command | None:
    """What `easy_install …` would do; None if nothing."""
    parsed = parse(call.words[1:], OPTIONS, Style.OPTPARSE)
    found = tuple(requirements.pip(word.text, known=word.known) for word in parsed.rest if word.text)
    if parsed.has("--help", "--version", "--dry-run", "--editable") or not found:
        return None
    return call.command(Tool.EASY_INSTALL, Verb.INSTALL, aim, parsed, found)
