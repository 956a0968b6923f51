"""The functions that start a program: what each does with its arguments, and what of those is known."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.commands import programs
from envguard.commands.command import Invocation
from envguard.commands.expressions import evaluate, listed, several, text_of
from envguard.commands.text import Located

if TYPE_CHECKING:
    from envguard.commands.command import Span
    from envguard.commands.names import Names
    from envguard.commands.scene import Scene

SHELL = {
    "os.system",
    "os.popen",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "asyncio.create_subprocess_shell",
    "asyncio.subprocess.create_subprocess_shell",
}
"""A text for the shell."""
ARGUMENTS = {
    "subprocess.run",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
    "subprocess.Popen",
}
"""A list, or with `shell=True` a text."""
SPREAD = {"asyncio.create_subprocess_exec", "asyncio.subprocess.create_subprocess_exec"}
"""Each word an argument of its own."""
EXECUTE = {"os.execv", "os.execvp", "os.execve", "os.execvpe", "os.spawnv", "os.spawnvp", "pty.spawn"}
"""A list behind the program."""
IPYTHON = {"system", "system_raw", "system_piped", "getoutput", "run_line_magic", "run_cell_magic", "magic", "run_cell"}
PIP = {"pip.main", "pip._internal.main", "pip._internal.cli.main.main", "pip._internal.main.main"}
EASY = {"setuptools.command.easy_install.main"}
CONDA = {"conda.cli.main", "conda.cli.python_api.run_command", "conda.cli.main.main"}
MODULE = {"runpy.run_module"}

_COMMAND = re.compile(r"(?:\w+\.)*Commands\.([A-Z]+)")


def is_known(name: str) -> bool:
    """Whether a function starts programs, by its full name."""
    if name.startswith("get_ipython()."):
        return name.removeprefix("get_ipython().") in IPYTHON
    return any(name in table for table in (SHELL, ARGUMENTS, SPREAD, EXECUTE, PIP, EASY, CONDA, MODULE))


def started(name: str, call: ast.Call, names: Names, scene: Scene, span: Span) -> list[Invocation]:
    """What such a call starts."""
    options = {word.arg: word.value for word in call.keywords if word.arg}
    if name.startswith("get_ipython()."):
        return _ipython(name.removeprefix("get_ipython()."), call, names, scene, span)
    scene = _surrounded(options, names, scene)
    first = call.args[0] if call.args else options.get("args") or options.get("cmd") or options.get("command")
    if name in SHELL:
        return _script(text_of(first, names), names, scene, span) if first is not None else []
    if name in ARGUMENTS:
        return _arguments(first, options, names, scene, span) if first is not None else []
    if name in SPREAD:
        return _program(listed(ast.List(call.args, ast.Load()), names), names, scene, span)
    if name in EXECUTE:
        given = next((one for one in (evaluate(node, names) for node in call.args) if isinstance(one, list)), None)
        return _program(given, names, scene, span) if given is not None else []
    return _in_process(name, call, options, names, scene, span)


def _in_process(
    name: str, call: ast.Call, options: dict[str, ast.expr], names: Names, scene: Scene, span: Span
) -> list[Invocation]:
    """An installer that runs in the kernel itself."""
    if name in CONDA:
        words = listed(ast.List(call.args, ast.Load()), names)
        words = [_of_enumeration(word, names) for word in words]
        words = words if words and words[0] == "conda" else ["conda", *words]
        return _program(words, names, scene, span)
    module = "easy_install" if name in EASY else "pip"
    if name in MODULE:
        told = evaluate(call.args[0], names) if call.args else None
        if not isinstance(told, str):
            return []
        module = told
    given = None
    first = call.args[0] if call.args else options.get("args")
    if name not in MODULE and first is not None:
        given = several(first, names)
    if given is None:
        argv = names.values.get("sys.argv")
        given = argv[1:] if isinstance(argv, list) else [names.unknown("sys.argv[1:]")]
    return _program([names.interpreter(), "-m", module, *given], names, scene, span)


def _of_enumeration(word: str, names: Names) -> str:
    """`Commands.INSTALL` of conda's own interface is "install"."""
    return found[1].lower() if (found := _COMMAND.fullmatch(names.holes.written(word))) else word


def _surrounded(options: dict[str, ast.expr], names: Names, scene: Scene) -> Scene:
    """What `env=` and `cwd=` say."""
    variables = dict(scene.variables)
    env = options.get("env")
    parts: list[tuple[ast.expr, ast.expr]] = []
    if isinstance(env, ast.Dict):
        parts = [(key, held) for key, held in zip(env.keys, env.values, strict=True) if key is not None]
    elif isinstance(env, ast.Call):
        parts = [(ast.Constant(word.arg), word.value) for word in env.keywords if word.arg]
    for key, held in parts:
        name, value = evaluate(key, names), evaluate(held, names)
        if isinstance(name, str):
            word = names.holes.word(value) if isinstance(value, str) else None
            variables[name] = word.text if word is not None and word.known else None
    folder = scene.folder
    if "cwd" in options and not (isinstance(options["cwd"], ast.Constant) and options["cwd"].value is None):
        from envguard.commands.shell import moved

        folder = moved(folder, [names.holes.word(text_of(options["cwd"], names)).text])
    return replace(scene, variables=variables, folder=folder)


def _arguments(
    first: ast.expr, options: dict[str, ast.expr], names: Names, scene: Scene, span: Span
) -> list[Invocation]:
    given = evaluate(first, names)
    shell = options.get("shell")
    in_shell = shell is not None and not (isinstance(shell, ast.Constant) and not shell.value)
    if isinstance(given, list):
        if in_shell and not scene.windows:  # all but the first are arguments of the shell
            return _script(given[0], names, scene, span) if given else []
        return _program(given, names, scene, span)
    if not isinstance(given, str):
        return []
    if in_shell or scene.windows:
        return _script(given, names, scene, span)
    return _program([given], names, scene, span)  # the name of a program, blanks and all


def _script(text: str, names: Names, scene: Scene, span: Span) -> list[Invocation]:
    from envguard.commands import shell, windows

    read = windows.read if scene.windows else shell.read
    return read(Located.at(text, span), names.holes, replace(scene, depth=scene.depth + 1))


def _program(words: list[str], names: Names, scene: Scene, span: Span) -> list[Invocation]:
    from envguard.commands import python, shell

    read = [names.holes.word(word) for word in words]
    if not read:
        return []
    led = programs.lead(words, read, scene.windows)
    scene = replace(
        scene,
        variables={**scene.variables, **led.variables},
        wrappers=(*scene.wrappers, *led.wrappers),
        depth=scene.depth + 1,
    )
    if led.kind == "tool":
        return [
            Invocation(led.words, scene.form, span, scene.variables, scene.wrappers, scene.folder, scene.conditional)
        ]
    if led.script is None or led.kind not in ("shell", "cmd", "code"):
        return []
    if led.kind == "code":
        return python.read(Located.at(led.script, span), names.holes, scene, led.words[0])
    within = replace(
        scene,
        wrappers=(*scene.wrappers, programs.name_of(led.words[0].text)),
        hooked=led.login,
        windows=led.kind == "cmd",
    )
    if led.kind == "cmd":
        return _script(led.script, names, within, span)
    return shell.read(Located.at(led.script, span), names.holes, within)


def _ipython(name: str, call: ast.Call, names: Names, scene: Scene, span: Span) -> list[Invocation]:
    """The methods of IPython's shell; what a magic would be told of them is told of the magic."""
    from envguard.commands import magics

    given = [text_of(node, names) for node in call.args]
    given += [text_of(word.value, names) for word in call.keywords if word.arg in ("line", "cell", "cmd", "raw_cell")]
    if not given:
        return []
    inner = replace(scene, depth=scene.depth + 1)
    if name in ("system", "system_raw", "system_piped", "getoutput"):
        return magics.system(Located.at(given[0], span), names, inner)
    if name in ("run_line_magic", "magic"):
        magic, line = (
            (given[0], given[1] if len(given) > 1 else "")
            if name == "run_line_magic"
            else (given[0].lstrip("%").partition(" ")[::2])
        )
        magic = names.holes.written(magic)
        return magics.line_magic(magic, Located.at(f"{magic} {line}", span), names, inner, 0)
    if name == "run_cell_magic":
        body = given[2] if len(given) > 2 else ""
        line = names.holes.written(given[1]) if len(given) > 1 else ""
        return magics.cell_magic(names.holes.written(given[0]), line, Located.at(body, span), names.holes, inner)
    return magics.read(Located.at(given[0], span), names.holes, inner) if name == "run_cell" else []
