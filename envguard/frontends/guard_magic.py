"""What `%envguard` does: shows and sets what the guard of this kernel is to do."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING

from envguard import api
from envguard.errors import BadArguments, EnvguardError
from envguard.forecast_report import Concern
from envguard.frontends import guard as guards
from envguard.frontends import protection, undo_magic, weighing
from envguard.frontends.modes import concerns, mode_named, names
from envguard.model import Text, text
from envguard.render.language import clean, framed, say
from envguard.settings import Mode

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from envguard.frontends.guard import Guard

MEANINGS = {
    Mode.OFF: Text("installs are not looked at"),
    Mode.WARN: Text("one line before an install that something speaks against, and it runs"),
    Mode.ASK: Text("an install that something speaks against waits for your answer"),
    Mode.BLOCK: Text("a cell with an install that something speaks against does not run"),
}
ABOUT = {
    Concern.OTHER_ENVIRONMENT: Text("it changes another environment than this kernel's"),
    Concern.CONDA_AFTER_PIP: Text("conda would work on an environment that pip has changed since"),
    Concern.REPLACES_CONDA: Text("it would replace or remove what conda owns"),
    Concern.BREAKS_CONSTRAINT: Text("what conda's packages ask for would no longer hold"),
    Concern.LANDS_ON_PIP: Text("conda would write over files of pip's"),
    Concern.BASE: Text("it changes the base environment, which conda itself lives in"),
    Concern.READ_ONLY: Text("you may not write where it would"),
    Concern.USER_SITE: Text("it goes into your own folder, which every Python of that version imports"),
    Concern.EXTERNALLY_MANAGED: Text("the operating system manages this Python, and pip will refuse"),
    Concern.NO_TOOL: Text("the program is not there"),
    Concern.UNREADABLE: Text("a requirement file cannot be read"),
    Concern.MISREAD: Text("the shell would keep a part of what it is asked for"),
    Concern.UNSTOPPABLE: Text("constraints do not hold it"),
}
_MODE = Text("mode: {mode}, set by {source}: {meaning}")
_DEFAULT_MODE = Text("mode: {mode}, the default: {meaning}")
_OFF = Text("protection: off")
_LOST = Text(
    "protection: lost: PIP_CONSTRAINT or UV_CONSTRAINT was changed since; `%envguard protect on` sets them again"
)
_ON = Text(
    "protection: on: what pip and uv install from this kernel leaves conda's packages as they are, or fails;"
    " pip before 26.2 holds what it builds to that, too"
)
_NOT_HELD = Text("  not held: {name}: {reason}")
_IGNORED = Text("ignored: {concerns}")
_NOTHING_IGNORED = Text("ignored: nothing")
_BY_WHOM = Text("{concern} ({reason})")
_ABOUT = Text("{concern}  {about}")
_ABOUT_IGNORED = Text("{concern}  {about} (ignored: {reason})")
_LOADED = Text("loaded by every kernel of {prefix}: {state}")
_NO_REASON = Text("no reason given")
_MORE = Text("`%envguard --help` tells what can be set")
WORDS = (*names(), "default", "heed", "ignore", "protect", "rules", "undo")
BEFORE_A_CONCERN = ("heed", "ignore")


def envguard(shell: InteractiveShell, line: str) -> None:
    """The magic `%envguard`."""
    guard = guards.of(shell)
    if guard is None:
        raise EnvguardError(text("the guard is not there; `%reload_ext envguard` brings it"))
    match line.split():
        case []:
            _say(_state(guard))
        case ["-h" | "--help"]:
            magic = shell.find_line_magic("envguard")  # type: ignore[no-untyped-call]
            _say(inspect.getdoc(magic) or "")
        case ["rules"]:
            _say(_rules(guard))
        case ["default"]:
            guard.modes.chosen = None
            _say(_mode(guard))
        case ["protect", "on"]:
            _protect(guard)
        case ["protect", "off"]:
            if guard.protection is not None:
                guard.protection.off()
                guard.protection = None
            _say(_protection(guard))
        case ["protect", *_]:
            raise BadArguments(text("`%envguard protect` takes on or off"))
        case ["undo", *words]:
            undo_magic.undo(shell, guard, words)
        case ["ignore", concern, *reason]:
            guard.modes.reasons[_known(concern)] = " ".join(reason) or say(_NO_REASON)
        case ["heed", concern]:
            _heed(guard, _known(concern))
        case [word] if (mode := mode_named(word)) is not None:
            guard.modes.chosen = mode
            _say(_mode(guard))
        case _:
            raise BadArguments(
                text("`%envguard {line}` is nothing it knows; `%envguard --help` tells", line=line.strip())
            )


def complete(words: list[str], symbol: str) -> list[str]:
    """What may follow the words of a line, its first one left out."""
    if not words:
        candidates: tuple[str, ...] = ("--help",) if symbol.startswith("-") else WORDS
    elif words == ["protect"]:
        candidates = ("off", "on")
    elif words[0] == "undo":
        candidates = undo_magic.candidates(words[1:])
    else:
        candidates = concerns() if len(words) == 1 and words[0] in BEFORE_A_CONCERN else ()
    return [candidate for candidate in candidates if candidate.startswith(symbol)]


def _known(concern: str) -> str:
    if concern not in concerns():
        raise BadArguments(text("there is no concern {concern}; `%envguard rules` lists them", concern=concern))
    return concern


def _heed(guard: Guard, concern: str) -> None:
    guard.modes.reasons.pop(concern, None)
    if concern in guard.modes.ignored():
        raise BadArguments(text("{concern} is ignored by c.EnvGuard.ignore; change it there", concern=concern))
    project = api.project()
    if concern in weighing.ignored_by(project):
        raise BadArguments(
            text("{concern} is ignored by {source}; change it there", concern=concern, source=project.source or "")
        )


def _protect(guard: Guard) -> None:
    if guard.protection is None:
        guard.protection = protection.for_kernel()
    else:
        guard.protection.on()
    _say(_protection(guard))
    told = guard.protection.told
    for left in told.left_out if told is not None else ():
        named = left.name if left.version is None else f"{left.name} {left.version}"
        _say(framed(_NOT_HELD, name=clean(named), reason=say(left.reason)))


def _state(guard: Guard) -> str:
    ignored = [
        framed(_BY_WHOM, concern=concern, reason=clean(reason)) for concern, reason in sorted(_ignored(guard).items())
    ]
    rows = (
        _mode(guard),
        _protection(guard),
        framed(_LOADED, prefix=clean(sys.prefix), state=say(api.autoload_state(sys.prefix).says)),
        *undo_magic.state(),
        framed(_IGNORED, concerns=", ".join(ignored)) if ignored else say(_NOTHING_IGNORED),
    )
    return "\n".join((*rows, say(_MORE)))


def _mode(guard: Guard) -> str:
    mode, source = guard.modes.mode()
    template = _MODE if source else _DEFAULT_MODE
    return framed(template, mode=mode.value, source=source, meaning=say(MEANINGS[mode]))


def _protection(guard: Guard) -> str:
    if guard.protection is None:
        return say(_OFF)
    return say(_LOST if guard.protection.state == "lost" else _ON)


def _ignored(guard: Guard) -> dict[str, str]:
    return {**weighing.ignored_by(api.project()), **guard.modes.ignored()}


def _rules(guard: Guard) -> str:
    ignored = _ignored(guard)
    width = max(map(len, concerns()))
    rows = []
    for concern, about in ABOUT.items():
        name, reason = concern.value, ignored.get(concern.value)
        template = _ABOUT if reason is None else _ABOUT_IGNORED
        rows.append(framed(template, concern=name.ljust(width), about=say(about), reason=clean(reason or "")))
    return "\n".join(rows)


def _say(lines: str) -> None:
    sys.stdout.write(f"{lines}\n")
