"""What NVIDIA's driver and CUDA libraries say to a process that has the kernel's variables, without touching the kernel.

`probe/native.py` is run by envguard's own interpreter, or by the environment's where that does not start with these
variables. What crashed or hung is told, and the rest is asked in a further process without it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from envguard import elf, loader
from envguard.cuda import Call, Driver, Gpu
from envguard.errors import ProbeFailed
from envguard.probe import live, native, reading
from envguard.run import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envguard.facts import Environment

SECONDS = 10.0
"""For one process; cuInit takes some on a machine with many GPUs, and may hang."""

_ROUNDS = 8
"""Processes at most: each crash costs one."""
_ANSWER = 4 << 20
_LIBRARIES = 200
_AT_START = ("LD_LIBRARY_PATH", "LD_PRELOAD")
"""What the loader reads once, when a process starts; a notebook may have set it since, to no effect."""
_NO_DEVICE = 100


class _Told:
    """What the processes have told so far."""

    def __init__(self) -> None:
        self.driver: dict[str, Any] = {}
        self.gpus: dict[int, Gpu] = {}
        self.calls: dict[tuple[str, str], Call] = {}
        self.done: set[str] = set()
        self.failed: str | None = None
        self.pending: tuple[str, str] | None = None
        self.started = self.ended = False

    def take(self, content: bytes) -> None:
        """Adds the lines of one process; one that is cut off, or is none of the probe's, says nothing."""
        self.pending, self.started, self.ended = None, False, False
        for line in content.split(b"\n"):
            try:
                told = json.loads(line)
                self._line(told)
            except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
                continue
            self.started = True

    def _line(self, told: Mapping[str, Any]) -> None:
        if "driver" in told:
            self.driver.update(told["driver"])
        elif "gpu" in told:
            gpu = Gpu(**told["gpu"])
            self.gpus[gpu.index] = gpu
        elif "done" in told:
            self.done.add(told["done"])
        elif "function" in told:
            key = (told["path"], told["function"])
            answered = "answer" in told or "error" in told
            if answered:
                self.calls[key] = Call(*key, told.get("answer"), told.get("error"))
            self.pending = None if answered else key
            return
        else:
            self.ended = told["end"] is True
        self.pending = None


def driver(
    env: Environment, libraries: Sequence[str] = (), timeout: float = SECONDS, interpreter: str | None = None
) -> Driver | None:
    """What the driver says, and what the named library files do; None on another system than Linux.

    `interpreter` is what runs the probe, by default envguard's own. Nothing is raised for what it does.
    """
    if not sys.platform.startswith("linux"):
        return None
    told = _Told()
    paths = _ordered([path for path in dict.fromkeys(libraries) if path.startswith("/")][:_LIBRARIES])
    own = _program(env)
    for program in dict.fromkeys(filter(None, (interpreter or sys.executable, None if interpreter else own))):
        libcuda = _libcuda(env) if program != own else _mapped(env)
        _ask(env, told, program, libcuda or native.DRIVER, paths, timeout)
        if told.started:
            break
    return _driver(told, libcuda or native.DRIVER, env)


def files(env: Environment) -> tuple[str, ...]:
    """The CUDA libraries whose version matters: those a kernel has in memory, else those that would be loaded."""
    if env.cuda is None:
        return ()
    found = env.cuda.mapped
    if found is None:
        found = tuple(file for framework in env.cuda.frameworks for file in framework.resolved or ())
    return tuple(dict.fromkeys(file.path for file in found if file.path is not None))


def _ask(env: Environment, told: _Told, program: str, libcuda: str, paths: Sequence[str], timeout: float) -> None:
    """Asks until everything has been answered, has crashed or has taken too long."""
    left_out: list[tuple[str, str]] = []
    quiet, told.failed = False, None
    for _ in range(_ROUNDS):
        options = [f"--driver={libcuda}", *(["--no-driver"] if quiet else [])]
        for path, function in left_out:
            options += ["--without", function, path]
        # -I and -S: the kernel's PYTHON variables are for its interpreter, and nothing but the standard library is needed
        command = [program, "-I", "-S", "-B", native.__file__, *options]
        reason, hung = _once(env, told, command, [path for path in paths if path not in told.done], timeout)
        if told.ended:
            return
        if told.pending is None:
            told.failed = told.failed or reason
            return
        path, function = told.pending
        left_out.append(told.pending)
        if path in (libcuda, native.NVML):
            told.failed = f"{function} {reason}"
        else:
            told.calls[told.pending] = Call(path, function, None, reason)
        if hung and quiet:
            return
        quiet = quiet or hung  # what hangs once in the driver hangs in every call that asks it


def _once(
    env: Environment, told: _Told, command: Sequence[str], paths: Sequence[str], timeout: float
) -> tuple[str, bool]:
    """Runs the probe once; why it did not come to its end, if it did not, and whether its time was over."""
    cwd = env.process.cwd if env.process is not None else None
    try:
        with tempfile.TemporaryDirectory(prefix="envguard-") as folder:
            out = os.path.join(folder, "told.jsonl")
            reason, hung = "", False
            try:
                ran = run(
                    [*command, out, *paths],
                    timeout,
                    env=_variables(env),
                    cwd=cwd if cwd is not None and os.path.isdir(cwd) else None,
                )
            except ProbeFailed as error:
                reason, hung = error.text.english(), True
            else:
                reason = _ending(ran.code) if ran.code <= 0 else ran.last_line or f"ended with exit code {ran.code}"
            told.take(reading.read(out, _ANSWER) if os.path.exists(out) else b"")
    except OSError as error:
        return f"no room for its answer: {error.strerror or error}", False
    if hung and told.pending is not None:
        reason = f"did not answer within {timeout:g} s"
    return reason, hung


def _ending(code: int) -> str:
    if code == 0:
        return "ended before everything was answered"
    try:
        return f"crashed ({signal.Signals(-code).name})"
    except ValueError:
        return f"crashed (signal {-code})"


def _driver(told: _Told, libcuda: str, env: Environment) -> Driver:
    known = told.driver
    missing = told.calls.get((libcuda, "dlopen"))
    init = known.get("init")
    return Driver(
        library=known.get("library"),
        missing=missing.error if missing is not None else None,
        version=known.get("version") or None,
        init=init,
        devices=0 if init == _NO_DEVICE else known.get("devices"),
        gpus=tuple(gpu for _, gpu in sorted(told.gpus.items())),
        release=known.get("release"),
        nvml=known.get("nvml"),
        module=known.get("module"),
        nodes=tuple(known.get("nodes", ())),
        closed=tuple(known.get("closed", ())),
        calls=tuple(call for call in told.calls.values() if call.path not in (libcuda, native.NVML)),
        failed=told.failed,
        asked_as=env.process.kind if env.process is not None else "envguard",
    )


def _variables(env: Environment) -> dict[str, str | None]:
    """The process's variables on top of ours, of which those go that it would have told of and has not."""
    if env.process is None:
        return {}
    told = {name: value for name, value in env.process.environ.items() if live.SECRET not in value}
    ours = {name for name in os.environ if live.TOLD.fullmatch(name) and name not in env.process.environ}
    return {**dict.fromkeys(ours), **told, **_at_start(env)}


def _at_start(env: Environment) -> dict[str, str | None]:
    """What the loader of a kernel was told when that was started."""
    process = env.process
    if process is None or process.kind != "kernel":
        return {}
    try:
        same = os.path.samefile(f"/proc/{process.pid}/exe", process.executable)
        content = reading.read(f"/proc/{process.pid}/environ", _ANSWER) if same else b""
    except OSError:
        return {}
    if not content:
        return {}
    pairs = (os.fsdecode(each).partition("=") for each in content.split(b"\0"))
    started = {name: value for name, _, value in pairs}
    return {name: started.get(name) for name in _AT_START}


def _program(env: Environment) -> str | None:
    """The environment's Python, if there is one."""
    path = os.path.join(env.prefix, env.interpreter) if env.interpreter else ""
    return path if os.access(path, os.X_OK) else None


def _mapped(env: Environment) -> str | None:
    """The libcuda that a kernel has in memory."""
    process = env.process
    if process is None or process.kind != "kernel":
        return None
    paths = (each.path for each in process.mapped or () if not each.deleted)
    return next((path for path in paths if os.path.basename(path).startswith("libcuda.so")), None)


def _libcuda(env: Environment) -> str | None:
    """The libcuda that the environment's Python would get, which has search paths of its own; None if there is none."""
    found = _mapped(env)
    python = None if found else elf.read(os.path.realpath(_program(env) or ""))
    system = loader.system(python.machine) if python is not None else None
    if python is None or system is None:
        return found
    variables = _variables(env)
    path = variables["LD_LIBRARY_PATH"] if "LD_LIBRARY_PATH" in variables else os.environ.get("LD_LIBRARY_PATH")
    cwd = env.process.cwd if env.process is not None else None
    world = loader.World(system, (python,), loader.library_path(path), cwd=cwd or os.getcwd())
    return loader.resolve(native.DRIVER, (dataclasses.replace(python, runpath=()),), world).path


def _ordered(paths: Sequence[str]) -> list[str]:
    """Libraries in such an order that what one of them needs of the others is in memory before."""
    known = {path: elf.read(path) for path in paths}
    named = {library.soname: path for path, library in known.items() if library is not None and library.soname}
    found: dict[str, None] = {}

    def follow(path: str, above: frozenset[str]) -> Iterator[str]:
        library = known[path]
        for name in library.needed if library is not None else ():
            if name in named and named[name] not in above and named[name] not in found:
                yield from follow(named[name], above | {path})
        yield path

    for path in paths:
        found.update(dict.fromkeys(follow(path, frozenset())))
    return list(found)
