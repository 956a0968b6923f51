"""What a command line would start in the end: behind sudo, env and their like, in `bash -c`, in `python -c`."""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING

from envguard.commands.command import KERNEL_PYTHON, Word
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOOL = re.compile(
    r"(?:pip[\d.]*|conda|mamba|micromamba|pixi|uvx?|poetry|pdm|easy_install(?:-[\d.]+)?)(?:\.exe|\.bat|\.cmd)?",
    re.IGNORECASE,
)
PYTHON = re.compile(r"(?:python[\d.]*w?|pypy[\d.]*|py)(?:\.exe)?", re.IGNORECASE)
SHELL = re.compile(r"(?:ba|z|da|k|a)?sh(?:\.exe)?", re.IGNORECASE)
CMD = re.compile(r"cmd(?:\.exe)?", re.IGNORECASE)
ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_MODULE = re.compile(r"(?:pip|conda|uv|pdm|poetry|easy_install)(?:\.[\w.]+)?|setuptools\.command\.easy_install")
_CLUSTER_C = re.compile(r"-[a-zA-Z]*c[a-zA-Z]*")

FED = Word("…", known=False)
"""What xargs will append."""


@value
class Wrapper:
    """A program that starts another one: what of its arguments is its own."""

    valued: frozenset[str] = frozenset()
    """Options whose value is a word of its own."""
    positional: int = 0
    """Words of its own before the other program."""
    assigns: bool = False
    """`X=1` may stand in front of the other program."""
    query: frozenset[str] = frozenset()
    """Options with which it starts nothing."""


def _wrapper(valued: str = "", positional: int = 0, assigns: bool = False, query: str = "") -> Wrapper:
    return Wrapper(frozenset(valued.split()), positional, assigns, frozenset(query.split()))


WRAPPERS = {
    "sudo": _wrapper(
        "-u -g -h -p -C -r -t -T -U -D -R --user --group --host --prompt --chdir --chroot --close-from --role --type",
        assigns=True,
        query="-l --list -v --validate -k -K -e --edit -V --version",
    ),
    "doas": _wrapper("-u -C"),
    "env": _wrapper("-u --unset -C --chdir", assigns=True),
    "time": _wrapper("-f -o --format --output"),
    "nohup": _wrapper(),
    "exec": _wrapper("-a"),
    "command": _wrapper(query="-v -V"),
    "builtin": _wrapper(),
    "nice": _wrapper("-n --adjustment"),
    "ionice": _wrapper("-c -n --class --classdata"),
    "chrt": _wrapper(positional=1),
    "taskset": _wrapper(positional=1),
    "timeout": _wrapper("-k -s --kill-after --signal", positional=1),
    "stdbuf": _wrapper("-i -o -e --input --output --error"),
    "setsid": _wrapper(),
    "unbuffer": _wrapper(),
    "chronic": _wrapper(),
    "caffeinate": _wrapper("-t -w"),
    "arch": _wrapper(),
    "torsocks": _wrapper(),
    "proxychains": _wrapper("-f"),
    "proxychains4": _wrapper("-f"),
    "xargs": _wrapper(
        "-n -I -P -L -s -d -a -E --max-args --replace --max-procs --max-lines --delimiter --arg-file --max-chars"
    ),
    "call": _wrapper(),
    "start": _wrapper("/d"),
}
_OF_WINDOWS = {"call", "start"}


@value
class Led:
    """What a command line leads to."""

    start: int
    """Which word is the program; the same as the number of words if there is none."""
    wrappers: tuple[str, ...] = ()
    variables: Mapping[str, str | None] = field(default_factory=dict)
    kind: str = ""
    """tool, shell, cmd or code; "" for any other program."""
    script: str | None = None
    """For shell, cmd and code: the text it is given; None if that comes from a file or its input."""
    fed: bool = False
    """It reads its script from its input."""
    words: tuple[Word, ...] = ()
    """The program and its arguments."""
    login: bool = False


def name_of(text: str) -> str:
    """The name of a program, however it was called."""
    return re.split(r"[/\\]", text)[-1] if text != KERNEL_PYTHON else text


def lead(words: Sequence[str], read: Sequence[Word], windows: bool = False) -> Led:
    """What would be started by these words; `words` are texts with holes, `read` what they stand for."""
    at = 0
    wrappers: list[str] = []
    variables: dict[str, str | None] = {}
    after: tuple[Word, ...] = ()
    replaced = ""
    while at < len(read):
        name = name_of(read[at].text).lower() if windows else name_of(read[at].text)
        name = name.removesuffix(".exe") if windows else name
        wrapper = WRAPPERS.get(name)
        if wrapper is None or (name in _OF_WINDOWS and not windows):
            break
        stop = _past(wrapper, at + 1, read, variables, windows)
        if name == "xargs":
            after, replaced = (FED,), _replaced(read[at + 1 : stop])
        wrappers.append(name)
        at = stop
    else:
        return Led(len(read), tuple(wrappers), variables)
    if name == "find":
        inner = next((i for i, word in enumerate(read) if word.text in ("-exec", "-execdir", "-ok", "-okdir")), None)
        if inner is None or inner + 1 >= len(read):
            return Led(len(read))
        end = next((i for i in range(inner, len(read)) if read[i].text in (";", "+", r"\;")), len(read))
        led = lead(words[inner + 1 : end], read[inner + 1 : end], windows)
        found = tuple(Word("{}", known=False) if "{}" in word.text else word for word in led.words)
        return Led(led.start + inner + 1, ("find", *led.wrappers), led.variables, led.kind, led.script, False, found)
    given = tuple(read[at:])
    if replaced:
        given = tuple(Word(word.text, word.known and replaced not in word.text) for word in given)
    elif after:
        given += after
    kind, script, fed, login = _kind(name, words[at:], given)
    return Led(at, tuple(wrappers), variables, kind, script, fed, given, login)


def _past(
    wrapper: Wrapper, at: int, read: Sequence[Word], variables: dict[str, str | None], windows: bool = False
) -> int:
    """Where the other program begins."""
    left = wrapper.positional
    while at < len(read):
        text = read[at].text
        if text in wrapper.query:
            return len(read)
        if text == "--":
            at += 1
        elif text in wrapper.valued:
            at += 2
        elif (text.startswith("-") and len(text) > 1) or (windows and re.fullmatch(r"/\w+", text)):
            at += 1
        elif wrapper.assigns and (found := ASSIGNMENT.fullmatch(text)):
            variables[found[1]] = found[2] if read[at].known else None
            at += 1
        elif left:
            left -= 1
            at += 1
        else:
            break
    return at


def _replaced(options: Sequence[Word]) -> str:
    """What `xargs -I` puts in place."""
    for place, word in enumerate(options):
        if word.text in ("-I", "--replace"):
            return options[place + 1].text if place + 1 < len(options) else "{}"
        if word.text.startswith("-I"):
            return word.text[2:]
    return ""


def _kind(name: str, words: Sequence[str], read: Sequence[Word]) -> tuple[str, str | None, bool, bool]:
    """What the program is; the script that it is given; whether it reads one from its input; whether it logs in."""
    if TOOL.fullmatch(name):
        return "tool", None, False, False
    if name == KERNEL_PYTHON or PYTHON.fullmatch(name) or (not read[0].known and [w.text for w in read[1:2]] == ["-m"]):
        return (*_python(words, read), False)
    if name == "eval":
        return "eval", " ".join(words[1:]), False, False
    if name == "su":
        place = next((i for i, word in enumerate(read) if word.text in ("-c", "--command")), len(read))
        return ("shell", words[place + 1], False, False) if place + 1 < len(words) else ("", None, False, False)
    if SHELL.fullmatch(name):
        return _shell(words, read)
    if CMD.fullmatch(name):
        place = next((i for i, word in enumerate(read) if word.text.lower() in ("/c", "/k")), len(read))
        return "cmd", " ".join(words[place + 1 :]) or None, False, False
    return "", None, False, False


def _shell(words: Sequence[str], read: Sequence[Word]) -> tuple[str, str | None, bool, bool]:
    login = inline = reads = False
    at = 1
    while at < len(read):
        text = read[at].text
        if text in ("-o", "+o", "-O", "+O", "--rcfile", "--init-file"):
            at += 2
            continue
        if not text.startswith(("-", "+")) or text in ("-", "--"):
            break
        if not text.startswith("--"):
            inline = inline or bool(_CLUSTER_C.fullmatch(text))
            reads = reads or "s" in text
            login = login or "l" in text or "i" in text
        login = login or text in ("--login", "--interactive")
        at += 1
    if at < len(read) and read[at].text in ("-", "--"):
        at += 1
    if inline:
        return "shell", words[at] if at < len(words) else None, False, login
    return "shell", None, reads or at >= len(words), login


def _python(words: Sequence[str], read: Sequence[Word]) -> tuple[str, str | None, bool]:
    at = 1
    while at < len(read):
        text = read[at].text
        if text == "-m" or (text.startswith("-m") and not text.startswith("--")):
            module = (read[at + 1].text if at + 1 < len(read) else "") if text == "-m" else text[2:]
            return ("tool" if _MODULE.fullmatch(module) else "", None, False)
        if text == "-c":
            return "code", words[at + 1] if at + 1 < len(words) else None, False
        if text.startswith("-c") and not text.startswith("--"):
            return "code", words[at][2:], False
        if text in ("-W", "-X", "--check-hash-based-pycs"):
            at += 2
        elif text == "-":
            return "code", None, True
        elif text.startswith("-"):
            at += 1
        else:
            return "tool" if _script(read[at:]) else "", None, False
    return "code", None, True


def _script(read: Sequence[Word]) -> bool:
    """Whether a script that python is given is a tool, or a project's own setup."""
    name = name_of(read[0].text)
    if name == "setup.py":
        return any(word.text in ("install", "develop", "easy_install") for word in read[1:])
    return bool(TOOL.fullmatch(name) and "." not in name)
