"""Where in a Python pip would put its files: site-packages, the user's own, or a folder that was named.

As pip decides it (`decide_user_install` of pip 20 to 26): what the command says, then variables, then pip's
configuration; where nothing says so, the user's own if site-packages may not be written and no venv hides it.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from envguard.commands import lookup
from envguard.commands.command import Placement, Verb
from envguard.model import Evidence, Text, text
from envguard.probe import reading
from envguard.surroundings.pip_config import pip_config
from envguard.value import value

if TYPE_CHECKING:
    from envguard.commands.command import Command
    from envguard.commands.lookup import World

_TRUE = ("y", "yes", "t", "true", "on", "1")
_FALSE = ("n", "no", "f", "false", "off", "0")
_FOLDERS = ("--target", "--prefix", "--root")


@value
class Placed:
    """Where, and why there."""

    placement: Placement
    folder: str | None = None
    reason: Text | None = None
    evidence: tuple[Evidence, ...] = ()


def place(command: Command, prefix: str, python: str, world: World) -> Placed:
    """Where pip's files would go."""
    if command.verb is Verb.REMOVE:
        return Placed(Placement.SITE)
    isolated = command.option("--isolated") is not None
    given = {name: command.option(f"--{name}") for name in ("target", "prefix", "root")}
    sources = {name: "" for name, told in given.items() if told}
    user: bool | None = True if command.option("--user") is not None else None
    if command.option("--no-user") is not None:
        user = False
    user_source = ""
    if not isolated:
        for option in pip_config(prefix, reading.Problems(), world.variables):
            if option.name in given and given[option.name] is None and option.value:
                given[option.name], sources[option.name] = option.value, option.source
            elif option.name == "user" and user is None and option.value.lower() in (*_TRUE, *_FALSE):
                user, user_source = option.value.lower() in _TRUE, option.source
    for name in ("target", "prefix", "root"):
        if named := given[name]:
            return _in_folder(f"--{name}", named, sources.get(name, ""), world)
    return _user_or_site(prefix, python, world, command, user, user_source)


def in_folder(command: Command, world: World) -> Placed | None:
    """The folder that a command names for its files; None if it names none."""
    name = next((name for name in (*_FOLDERS, "--install-dir") if command.option(name)), None)
    return _in_folder(name, command.option(name) or "", "", world) if name else None


def _in_folder(name: str, named: str, source: str, world: World) -> Placed:
    if named.startswith("~/") and (home := world.variables.get("HOME")):
        named = os.path.join(home, named[2:])
    says = Evidence(text("{option} is set here", option=name.removeprefix("--")), source) if source else None
    told = lookup.place_of(named, world)
    return Placed(
        Placement.FOLDER,
        told if told is not None else named,
        text("{option} sends its files to {folder}", option=name, folder=named),
        (says,) if says else (),
    )


def _user_or_site(prefix: str, python: str, world: World, command: Command, user: bool | None, source: str) -> Placed:
    if user is False:
        return Placed(Placement.SITE)
    hidden = _hidden(prefix, world, command)
    folder = user_site(prefix, python, world)
    if user:
        evidence = (Evidence(text("{option} is set here", option="user"), source),) if source else ()
        says = text("pip would refuse --user here, as this Python does not see the user's own packages")
        return Placed(
            Placement.USER,
            folder,
            says if hidden else text("--user sends its files to {folder}", folder=folder or "?"),
            evidence,
        )
    closed = [site for site in _written(prefix) if not _writable(site)]
    if hidden or not closed:
        return Placed(Placement.SITE)
    says = text("{folder} may not be written, so pip takes the user's own packages instead", folder=closed[0])
    return Placed(Placement.USER, folder, says, (Evidence(text("it may not be written"), closed[0]),))


def _hidden(prefix: str, world: World, command: Command) -> bool:
    """Whether this Python does not look at the user's own packages."""
    if world.variables.get("PYTHONNOUSERSITE"):
        return True
    before = command.argv[1 : command.argv.index("-m")] if "-m" in command.argv else command.argv[1:2]
    if any(word.startswith("-") and not word.startswith("--") and set(word[1:]) & set("sSI") for word in before):
        return True
    if lookup.is_venv(prefix):
        config = reading.head(os.path.join(prefix, "pyvenv.cfg"), reading.SMALL_LIMIT).decode("utf-8", "replace")
        settings = dict(line.partition("=")[::2] for line in config.splitlines())
        shared = {name.strip().lower(): told.strip().lower() for name, told in settings.items()}
        return shared.get("include-system-site-packages") != "true"
    return False


def user_site(prefix: str, python: str, world: World) -> str | None:
    """The user's own packages for a Python."""
    version = ".".join((lookup.version_of(prefix, python) or "").split(".")[:2])
    base = world.variables.get("PYTHONUSERBASE")
    if sys.platform == "win32":
        data = base or os.path.join(world.variables.get("APPDATA") or os.path.expanduser("~"), "Python")
        return os.path.join(data, f"Python{version.replace('.', '')}", "site-packages")
    home = world.variables.get("HOME") or os.path.expanduser("~")
    folder = base or os.path.join(home, ".local")
    return os.path.join(folder, "lib", f"python{version}", "site-packages") if version else None


def _written(prefix: str) -> list[str]:
    """The folders that pip would write: a Debian's own Python installs below /usr/local."""
    found = lookup.sites(prefix)
    local = [site for site in found if site.startswith(os.path.join(prefix, "local") + os.sep)]
    if prefix == "/usr" and not local:
        local = [site for site in lookup.sites("/usr/local") if site.endswith("dist-packages")]
    return local or [site for site in found if site.endswith("site-packages")]


def _writable(folder: str) -> bool:
    while not os.path.isdir(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return os.access(folder, os.W_OK)
