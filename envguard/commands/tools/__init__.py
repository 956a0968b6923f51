"""From a program and its arguments to what it would install: one table of tools, each with its own table of options.

* What changes no environment is no command: `pip list`, `--dry-run`, `--help`, `conda clean`; neither is what works on a
  place that only the tool itself uses: pipx, uvx, `uv tool`, `pixi global`, `poetry self`.
* An option that no table knows takes no value, so that it never swallows a requirement; the command is then not `certain`.
* A word that is known only when it runs stays a requirement, without a name if its beginning does not tell one.
* Secrets stay in `Command.argv` alone.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.commands import programs
from envguard.commands.command import KERNEL_PYTHON, Aim, AimKind, Form, Tool, Word
from envguard.commands.options import Style, parse, table
from envguard.commands.tools import conda, easy_install, pip, pixi, projects, uv
from envguard.commands.tools.call import Call, aim_at, begin, program_name

if TYPE_CHECKING:
    from envguard.commands.command import Command, Invocation, Place

_PYTHON = re.compile(r"(?:python|pypy)(?:\d[\d.]*)?t?w?(?:\.exe)?")
_PYTHON_OPTIONS = table(
    "-b", "-B", "-d", "-E", "-h", "-i", "-I", "-O", "-P", "-q", "-R", "-s", "-S", "-t", "-u", "-v", "-V", "-x", "-3",
    "-W =", "-X =", "-Q =", "-c =", "-m =", "--check-hash-based-pycs =", "--help", "--version",
)  # fmt: skip
_MODULES = {"pip": "pip", "pip.__main__": "pip", "pip._internal": "pip", "uv": "uv", "conda": "conda", "mamba": "mamba",
            "easy_install": "easy_install", "setuptools.command.easy_install": "easy_install",
            "poetry": "poetry", "pdm": "pdm"}  # fmt: skip
_PROJECTS = {"poetry": Tool.POETRY, "pdm": Tool.PDM}
_DEPTH = 8


def understand(invocation: Invocation, place: Place) -> Command | None:
    """What an invocation would install or remove; None if it changes no environment."""
    return _understood(begin(invocation, place), _DEPTH)


def _understood(call: Call, depth: int) -> Command | None:
    led = programs.lead([word.text for word in call.words], call.words)
    if not led.words or depth == 0:
        return None
    started = replace(
        call, words=led.words, wrappers=(*call.wrappers, *led.wrappers), own={**call.own, **led.variables}
    ).with_variables(led.variables)
    name = program_name(started.program.text)
    if (
        name in (KERNEL_PYTHON, "py")
        or _PYTHON.fullmatch(name)
        or not (started.program.known or programs.TOOL.fullmatch(name))
    ):
        return _of_python(started)
    inner = _run(started, name)
    if inner is not None:
        return _understood(inner, depth - 1)
    if started.invocation.form is Form.MAGIC:
        return _tool(started, name, Aim(AimKind.KERNEL))
    return _tool(started, name, aim_at(AimKind.PROGRAM, started.program))


def _run(call: Call, name: str) -> Call | None:
    """What a program starts in an environment that it chooses."""
    if name in conda.TOOLS:
        return conda.run(call, conda.TOOLS[name])
    if name in _PROJECTS:
        return projects.run(call, _PROJECTS[name])
    return {"uv": uv.run, "pixi": pixi.run}.get(name, lambda _: None)(call)


def _tool(call: Call, name: str, aim: Aim) -> Command | None:
    """What a tool would do, by its name; `aim` is what it is about if it does not say."""
    if pip.NAME.fullmatch(name):
        return pip.understand(call, aim)
    if name in conda.TOOLS:
        return conda.understand(call, conda.TOOLS[name])
    if name == "uv":
        return uv.understand(call, None if aim.kind is AimKind.PROGRAM else aim)
    if name == "pixi":
        return pixi.understand(call)
    if name in _PROJECTS:
        return projects.understand(call, _PROJECTS[name])
    if re.fullmatch(r"easy_install(?:-\d[\d.]*)?", name):
        return easy_install.understand(call, aim)
    return None


def _of_python(call: Call) -> Command | None:
    """What a Python would run as a module, or as a script that is one of the tools."""
    words = call.words[1:]
    if program_name(call.program.text) == "py":
        words = tuple(word for word in words if not re.fullmatch(r"-(?:V:\S+|\d[\d.]*(?:-\d+)?)", word.text))
    parsed = parse(words, _PYTHON_OPTIONS, Style.OPTPARSE, until_word=True)
    module, rest = _module(words)
    if module is None:
        if not parsed.rest or parsed.has("-c", "-h", "-V", "--help", "--version") or not call.program.known:
            return None
        module, rest = program_name(parsed.rest[0].text), parsed.rest[1:]
        if not (module in _MODULES or module == "conda-script" or pip.NAME.fullmatch(module)):
            return None
        module = "conda" if module == "conda-script" else module
    elif module not in _MODULES:
        return None
    name = _MODULES.get(module, module)
    is_kernel = call.program.text == KERNEL_PYTHON or (call.invocation.form is Form.MAGIC and name == "pip")
    aim = Aim(AimKind.KERNEL) if is_kernel else aim_at(AimKind.PYTHON, call.program)
    command = _tool(call.then((Word(name), *rest)), name, aim)
    if command is None:
        return None
    return replace(
        command,
        argv=tuple(word.text for word in call.words),
        certain=command.certain and all(word.known for word in call.words),
    )


def _module(words: tuple[Word, ...]) -> tuple[str | None, tuple[Word, ...]]:
    """The module after `-m`, also in `-Im pip` and `-mpip`, and what follows it."""
    for index, word in enumerate(words):
        letters = re.fullmatch(r"-[bBdEiIOPqRsStuvx3]*m(.*)", word.text)
        if letters:
            rest = words[index + 1 :]
            if letters[1]:
                return letters[1], rest
            return (rest[0].text, rest[1:]) if rest else (None, ())
        if not word.text.startswith("-") or re.fullmatch(r"-[bBdEiIOPqRsStuvx3]*c.*", word.text):
            if index and re.fullmatch(r"-[bBdEiIOPqRsStuvx3]*[WXQ]|--check-hash-based-pycs", words[index - 1].text):
                continue
            break
    return None, ()
