"""pixi; options of 0.20 to 0.70."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.commands import requirements
from envguard.commands.command import Aim, AimKind, Tool, Verb
from envguard.commands.options import Parsed, Style, parse, table
from envguard.commands.tools.projects import project_file

if TYPE_CHECKING:
    from envguard.commands.command import Command
    from envguard.commands.tools.call import Call

OPTIONS = table(
    "--help -h",
    "--version -V",
    "--verbose -v",
    "--quiet -q",
    "--color =",
    "--no-progress",
    "--manifest-path -m =",
    "--workspace -w =",
    "--environment -e =",
    "--all -a",
    "--feature -f =",
    "--platform -p =",
    "--pypi",
    "--editable",
    "--host",
    "--build",
    "--git -g =",
    "--branch =",
    "--tag =",
    "--rev =",
    "--subdir -s =",
    "--index =",
    "--no-install",
    "--no-lockfile-update",
    "--frozen",
    "--locked",
    "--force-reinstall",
    "--dry-run -n",
    "--json",
    "--exclude =",
    "--skip =",
    "--auth-file =",
    "--concurrent-downloads =",
    "--concurrent-solves =",
    "--pinning-strategy =",
    "--pypi-keyring-provider =",
    "--run-post-link-scripts",
    "--tls-no-verify",
    "--tls-root-certs =",
    "--use-environment-activation-cache",
)
_VERBS = {
    "add": Verb.INSTALL,
    "a": Verb.INSTALL,
    "remove": Verb.REMOVE,
    "rm": Verb.REMOVE,
    "install": Verb.SYNC,
    "i": Verb.SYNC,
    "update": Verb.UPDATE,
    "upgrade": Verb.UPDATE,
    "reinstall": Verb.INSTALL,
}


def understand(call: Call) -> Command | None:
    """What `pixi …` would do to the environment of a project; None if nothing, as `pixi global`, which has its own."""
    parsed = parse(call.words[1:], OPTIONS, Style.CLAP)
    verb = _VERBS.get(parsed.rest[0].text) if parsed.rest else None
    if verb is None or parsed.has("--help", "--version", "--dry-run", "--no-install"):
        return None
    words = tuple(word for word in parsed.rest[1:] if word.text)
    if verb is Verb.INSTALL and not words and parsed.rest[0].text != "reinstall":
        return None
    read = requirements.pip if parsed.has("--pypi") else None
    found = tuple(
        read(word.text, known=word.known) if read else requirements.conda(word.text, known=word.known) for word in words
    )
    contents = project_file("pixi.toml") if verb in (Verb.SYNC, Verb.UPDATE) else None
    return call.command(Tool.PIXI, verb, Aim(AimKind.PROJECT), parsed, found, contents)


def run(call: Call) -> Call | None:
    """What `pixi run …` starts, in the environment of the project."""
    parsed = parse(call.words[1:], OPTIONS, Style.CLAP, until_word=True)
    if not parsed.rest or parsed.rest[0].text not in ("run", "r"):
        return None
    inside: Parsed = parse(parsed.rest[1:], OPTIONS, Style.CLAP, until_word=True)
    return call.then(inside.rest, aim=Aim(AimKind.PROJECT, "pixi"), wrapper="pixi") if inside.rest else None
