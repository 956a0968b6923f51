"""A report that can be shown to strangers: no names of users and hosts, no folders of a home, no secrets.

It rather hides too much than too little. What envguard itself says (templates, ids of rules, kinds) stays as it is.
"""

from __future__ import annotations

import dataclasses
import getpass
import os
import re
import socket
from typing import TYPE_CHECKING, Any

from envguard.masking import SECRET, without_secrets
from envguard.model import Event, Failed, Finding, Skipped, Step, Text
from envguard.settings import Identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.model import Report

HOME, USER, HOST, NOTEBOOK, CELL = "~", "<user>", "<host>", "<notebook>", "<cell>"

_NOBODY = frozenset(
    "root user conda pip python base env lib jovyan vscode runner mambauser localhost admin".split()  # noqa: SIM905 - a list of words
)
"""Names that tell of nobody, and that stand in reports for other reasons."""

_ANNOUNCES = (
    r"(?:token|password|passwd|passphrase|secret|credentials?|api[-_]?key|access[-_]?key|private[-_]?key|authorization)"
)
_SECRET_OPTION = re.compile(rf"--?[\w-]*{_ANNOUNCES}", re.IGNORECASE)
_SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b((?:bearer|basic)\s+)[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1{SECRET}"),
    (re.compile(r"(?<=://)[^/\s@]*(?:@[^/\s@]*)*@"), f"{SECRET}@"),
    (re.compile(r"(/t/)[^/\s'\"]+"), rf"\1{SECRET}"),
    (
        re.compile(rf"((?<![\w-])--?[\w-]*{_ANNOUNCES}[\w-]*(?:\s+|\s*=\s*))('[^']*'|\"[^\"]*\"|\S+)", re.IGNORECASE),
        rf"\1{SECRET}",
    ),
    (re.compile(rf"([\w-]*{_ANNOUNCES}\s*[=:]\s*)('[^']*'|\"[^\"]*\"|[^\s&;,]+)", re.IGNORECASE), rf"\1{SECRET}"),
)
_ANY_HOME = re.compile(
    r"(?:(?<![\w.])|(?<=file://))(?:/home/|/Users/|[A-Za-z]:[\\/]+Users[\\/]+)[^/\\\s'\":;,]+", re.IGNORECASE
)
_BELOW_HOME = re.compile(r"~(?:[/\\]+[^/\\\s'\"`,;:)\]>]*)+")
_TELLS_NOTHING = re.compile(
    r"(?:(?:mini|ana)conda\d?|mini(?:forge|mamba)\d?|mambaforge|micromamba|conda|envs|pkgs|bin|lib|lib64|Lib|Scripts"
    r"|conda-meta|site-packages|include|share|python\d[\d.]*|\.(?:conda|condarc|config|local|cache|mamba|pip|ipython|venv)"
    r"|pip\.conf|environments\.txt)"
)


def redact(report: Report, identity: Identity) -> Report:
    """The report with everything that an identity names, and every secret, replaced."""
    hide = _hider(identity, report.environment.prefix)
    redacted: Report = _walk(report, hide)
    return redacted


def whoami() -> Identity:
    """Whose report it is: the names and the homes that this process knows of itself."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a user id without an entry in the list of users
        user = ""
    host = socket.gethostname()
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home() raises where there is none
    homes = {home, os.path.realpath(home)} - {"~", "/", "\\"}
    users = {
        user,
        *(os.environ.get(name, "") for name in ("USER", "USERNAME", "LOGNAME", "SUDO_USER", "JUPYTERHUB_USER")),
    }
    hosts = {host, host.partition(".")[0]}
    return Identity(tuple(sorted(homes)), _somebody(users), _somebody(hosts))


def _somebody(names: set[str]) -> tuple[str, ...]:
    return tuple(sorted((name for name in names if name and name.lower() not in _NOBODY), key=len, reverse=True))


def _hider(identity: Identity, prefix: str) -> Callable[[str], str]:
    """What is done to a string: secrets first, then the environment's folder, homes, and names as whole words."""
    homes = sorted({home.rstrip("/\\") for home in identity.homes} - {""}, key=len, reverse=True)
    home = re.compile("|".join(rf"(?<![\w.]){re.escape(each)}(?![\w.-])" for each in homes)) if homes else None
    names = [(each, USER) for each in identity.users] + [(each, HOST) for each in identity.hosts]
    words = [
        (re.compile(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", re.IGNORECASE), instead)
        for name, instead in sorted(names, key=lambda pair: -len(pair[0]))
        if name
    ]

    def folded(value: str) -> str:
        value = home.sub(HOME, value) if home else value
        return _ANY_HOME.sub(HOME, value)

    shown = _shortened(folded(prefix), keep_last=True)
    inside = re.compile(rf"{re.escape(prefix)}(?![\w.-])") if shown != prefix and prefix else None

    def hide(value: str) -> str:
        for pattern, instead in _SECRETS:
            value = pattern.sub(instead, value)
        value = without_secrets(value)
        parts = inside.split(value) if inside else [value]
        told = []
        for number, part in enumerate(parts):
            if number:
                below = re.match(r"[/\\][^\s'\"`,;:)\]>]*", part)
                told.append(shown + (below[0] if below else ""))
                part = part[below.end() :] if below else part  # noqa: PLW2901 - what is left of it
            told.append(_below(folded(part), whole=folded(part).startswith(HOME) and not told))
        value = "".join(told)
        for pattern, instead in words:
            value = pattern.sub(instead, value)
        return value

    return hide


def _below(value: str, *, whole: bool) -> str:
    """Paths below a home, with only the folders that everybody has; `whole`: nothing but one path, spaces and all."""
    if whole:
        return _shortened(value, keep_last=False)
    return _BELOW_HOME.sub(lambda match: _shortened(match[0], keep_last=False), value)


def _shortened(path: str, *, keep_last: bool) -> str:
    if not path.startswith(HOME):
        return path
    separator = "\\" if "\\" in path else "/"
    parts = [part for part in re.split(r"[/\\]+", path[1:]) if part]
    told: list[str] = []
    for number, part in enumerate(parts):
        if _TELLS_NOTHING.fullmatch(part) or (keep_last and number == len(parts) - 1):
            told.append(part)
        elif told[-1:] != ["…"]:
            told.append("…")
    return separator.join((HOME, *told))


def _walk(value: Any, hide: Callable[[str], str]) -> Any:
    """The same value with every foreign string in it hidden."""
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, Text):
        return Text(value.text, {name: _walk(each, hide) for name, each in value.args.items()}, value.plural)
    if isinstance(value, Event):
        # names of other people than whose report it is, and of their work, stand in no list of names
        value = dataclasses.replace(
            value, user=value.user and USER, notebook=value.notebook and NOTEBOOK, cell=value.cell and CELL
        )
    if isinstance(value, Step):
        return Step(_argv(value.argv, hide), value.where)
    if isinstance(value, tuple):
        return tuple(_walk(each, hide) for each in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kept = ("rule",) if isinstance(value, (Finding, Skipped, Failed)) else ()
        return dataclasses.replace(
            value,
            **{
                field.name: _walk(getattr(value, field.name), hide)
                for field in dataclasses.fields(value)
                if field.name not in kept
            },
        )
    return value


def _argv(argv: tuple[str, ...], hide: Callable[[str], str]) -> tuple[str, ...]:
    """Arguments, where the secret may be the one after the option that announces it."""
    return tuple(
        SECRET if number and _SECRET_OPTION.fullmatch(argv[number - 1]) else hide(each)
        for number, each in enumerate(argv)
    )
