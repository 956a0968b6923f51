"""How Jupyter would start a kernel: the command and the variables of a kernelspec, with a probe in the kernel's place.

The kernelspecs are those that a Jupyter of this process finds, and names mean what they mean to it: `python` is its own
interpreter, case does not matter, and `python3` is there even without a file.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import string
import sys
from typing import TYPE_CHECKING, Any

from envguard.errors import NoSuchEnvironment, ProbeFailed
from envguard.model import text
from envguard.probe import reading
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_LIMIT = 1 << 20
_NATIVE = "python3"
_OWN = {"python", f"python{sys.version_info[0]}", f"python{sys.version_info[0]}.{sys.version_info[1]}"}
_IN_SHELL = re.compile(r"-m\s+[\w.]+.*?\{connection_file\}[\"']?", re.DOTALL)
_NAMES_TOLD = 12


@value
class Launch:
    """What is started for a kernelspec."""

    name: str
    argv: tuple[str, ...]
    variables: Mapping[str, str]

    def command(self, probe: Sequence[str]) -> list[str]:
        """The command with a Python script and its arguments where the kernel stands.

        What comes before (`conda run`, the runner of nb_conda_kernels, a container) stays: it decides what a kernel meets.
        """
        for place in range(len(self.argv) - 1, 0, -1):
            if self.argv[place] == "-m":
                return [*self.argv[:place], *probe]
            if os.name == "posix" and _IN_SHELL.search(self.argv[place]):
                line = _IN_SHELL.sub(lambda _: shlex.join(probe), self.argv[place], count=1)
                return [*self.argv[:place], line, *self.argv[place + 1 :]]
        program = " ".join(self.argv[:3])
        raise ProbeFailed(
            text(
                "the kernelspec {name} starts {program}, which cannot be asked as a Python",
                name=self.name,
                program=program,
            )
        )


def launch(name: str) -> Launch:
    """How Jupyter would start the kernelspec of this name; an EnvguardError if it could not."""
    folders = list(_folders())
    path = next((path for folder in folders for found, path in _specs(folder) if found == name.lower()), None)
    if path is not None:
        return _read(name, path)
    if name.lower() == _NATIVE and importlib.util.find_spec("ipykernel") is not None:
        return Launch(name, (sys.executable, "-m", "ipykernel_launcher"), {})
    known = sorted({found for folder in folders for found, _ in _specs(folder)})
    if not known:
        raise NoSuchEnvironment(text("there is no kernelspec {name}, nor any other", name=name))
    raise NoSuchEnvironment(
        text("there is no kernelspec {name}; there are {known}", name=name, known=tuple(known[:_NAMES_TOLD]))
    )


def _folders() -> Iterator[str]:
    try:
        from jupyter_core.paths import jupyter_path
    except Exception as error:  # a damaged library may raise anything
        raise ProbeFailed(
            text("Jupyter cannot be asked for its kernelspecs: {reason}", reason=f"{type(error).__name__}: {error}")
        ) from error
    yield from jupyter_path("kernels")
    yield os.path.join(os.path.expanduser(os.environ.get("IPYTHONDIR") or "~/.ipython"), "kernels")


def _specs(folder: str) -> list[tuple[str, str]]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    paths = ((name.lower(), os.path.join(folder, name, "kernel.json")) for name in names)
    return [(name, path) for name, path in paths if os.path.isfile(path)]


def _read(name: str, path: str) -> Launch:
    try:
        spec = json.loads(reading.read(path, _LIMIT).decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise ProbeFailed(
            text("the kernelspec {name} cannot be read: {reason}", name=name, reason=reading.why(error))
        ) from error
    argv = reading.strings(spec.get("argv")) if isinstance(spec, dict) else []
    if not argv:
        raise ProbeFailed(text("the kernelspec {name} does not say what to start", name=name))
    language = reading.string(spec.get("language")) or "python"
    if language.lower() != "python":
        raise ProbeFailed(text("the kernel {name} is one of {language}, not of Python", name=name, language=language))
    if argv[0] in _OWN:
        argv[0] = sys.executable
    variables = _variables(spec.get("env"))
    metadata = spec.get("metadata")
    environment = reading.string(metadata.get("conda_env_path")) if isinstance(metadata, dict) else None
    if shutil.which(argv[0], path=variables.get("PATH", os.environ.get("PATH"))) is None:
        raise _dead(name, argv[0])
    if environment is not None and not os.path.isdir(environment):
        raise _dead(name, environment)
    filled = {"resource_dir": os.path.dirname(path), "prefix": sys.prefix}
    return Launch(
        name,
        tuple(re.sub(r"\{(resource_dir|prefix)\}", lambda match: filled[match[1]], each) for each in argv),
        variables,
    )


def _dead(name: str, target: str) -> ProbeFailed:
    return ProbeFailed(text("the kernelspec {name} starts {target}, which is not there", name=name, target=target))


def _variables(value: Any) -> dict[str, str]:
    """What the file sets, `${NAME}` replaced by what is set here."""
    if not isinstance(value, dict):
        return {}
    return {
        name: string.Template(each).safe_substitute(os.environ)
        for name, each in value.items()
        if isinstance(name, str) and isinstance(each, str)
    }
