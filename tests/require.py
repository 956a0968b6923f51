"""What a test needs of the machine: `require("git")` skips with a reason, or fails where the need must be met.

ENVGUARD_REQUIRE names the needs that must be met, by comma, or `all`, from which `-NEED` takes one away: so a run that is
meant to be complete cannot pass by skipping. What was absent is listed at the end of every run.
`python -m tests.require NEED` tells by its exit code whether a need is met.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ABSENT: dict[str, str] = {}
"""Need -> why it is absent, for the end of the run."""


def require(need: str) -> str:
    """What satisfies a need (a path, mostly); skips the test, or fails it under ENVGUARD_REQUIRE, if nothing does."""
    found, reason = look(need)
    return found if found is not None else absent(need, reason)


def absent(need: str, reason: str) -> str:
    """Skips or fails the test for a need that was found absent, and remembers it."""
    ABSENT[need] = reason
    strict = os.environ.get("ENVGUARD_REQUIRE", "").replace(" ", "").split(",")
    if need in strict or ("all" in strict and f"-{need}" not in strict):
        pytest.fail(f"ENVGUARD_REQUIRE demands {need}: {reason}", pytrace=False)
    pytest.skip(f"needs {need}: {reason}")


@cache
def look(need: str) -> tuple[str | None, str]:
    """What satisfies a need, or None and why nothing does."""
    if need.startswith("python3."):
        return _python(need.removeprefix("python"))
    return KNOWN[need]()


def summary(write: Callable[[str], None]) -> None:
    """Writes the absent needs, one a line."""
    for need, reason in sorted(ABSENT.items()):
        write(f"absent: {need} ({reason})")


def _program(*names: str) -> tuple[str | None, str]:
    found = next(filter(None, map(shutil.which, names)), None)
    return found, "" if found else f"{' or '.join(names)} is not on PATH"


def _python(version: str) -> tuple[str | None, str]:
    """Another Python; those on PATH may be shims of pyenv that refuse to run, so each is run."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    kept = sorted(root.glob(f"versions/{version}.*/bin/python"), reverse=True)
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    for python in filter(None, (shutil.which(f"python{version}"), *map(str, kept))):
        try:
            done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=30, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.stdout.strip() == version:
            return python, ""
    return None, f"no Python {version} on PATH or in pyenv that runs"


def _network() -> tuple[str | None, str]:
    """Whether pip's own index answers; which one that is, the machine knows."""
    from tests.envs.wheelhouse import isolated

    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet", "six"]
    try:
        done = subprocess.run(command, env=isolated(), capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return None, "pip's index did not answer within a minute"
    return ("yes", "") if done.returncode == 0 else (None, "pip reaches no index")


def _labextension() -> tuple[str | None, str]:
    """The tools of the labextension, installed from the npm registry where that has not been done."""
    folder = Path(__file__).parents[1] / "labextension"
    if shutil.which("node") is None:
        return None, "node is not on PATH"
    if not (folder / "node_modules" / ".yarn-state.yml").is_file():
        command = [sys.executable, "-c", "from jupyter_builder.jlpm import main; main()", "install", "--immutable"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            return None, f"jlpm installs nothing: {(done.stdout + done.stderr)[-300:]}"
    return str(folder), ""


def _posix_prefix() -> tuple[str | None, str]:
    from tests.envs.trees import default_scheme

    scheme = default_scheme()
    right = sys.implementation.name == "cpython" and scheme == "posix_prefix"
    return ("posix_prefix", "") if right else (None, f"{sys.implementation.name} installs in the scheme {scheme!r}")


def _linux_64() -> tuple[str | None, str]:
    here = sysconfig.get_platform()
    return (here, "") if here == "linux-x86_64" else (None, f"the pinned wheels are for linux-x86_64, this is {here}")


def _tmpfs() -> tuple[str | None, str]:
    """A program that runs a command where it may mount a small disk of its own."""
    found = shutil.which("unshare")
    if found is not None:
        mount = [found, "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
        if subprocess.run(mount, capture_output=True, check=False).returncode == 0:
            return found, ""
    return None, "this user may mount nothing, not even in a namespace of his own"


def processor_flags() -> frozenset[str]:
    """What the processor can do, in the words of Linux; nothing elsewhere."""
    told = Path("/proc/cpuinfo")
    return frozenset(told.read_text(encoding="utf-8").split()) if told.is_file() else frozenset()


def _older_processor() -> tuple[str | None, str]:
    """A processor for which a library can be too new: nothing is built for more than AVX-512."""
    if "avx512f" in processor_flags():
        return None, "this one reaches x86-64-v4, and nothing asks for more"
    return "older-processor", ""


KNOWN: dict[str, Callable[[], tuple[str | None, str]]] = {
    "git": lambda: _program("git"),
    "cc": lambda: _program("cc", "gcc", "clang"),
    "setpriv": lambda: _program("setpriv"),
    "chromium": lambda: _program("chromium", "chromium-browser", "google-chrome"),
    "network": _network,
    "posix_prefix": _posix_prefix,
    "linux-64": _linux_64,
    "older-processor": _older_processor,
    "tmpfs": _tmpfs,
    "labextension": _labextension,
}


if __name__ == "__main__":
    sys.exit(look(sys.argv[1])[0] is None)
