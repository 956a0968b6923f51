"""NVIDIA's real wheels put into a prefix by pip: fetched once, kept, and installed from there."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.envs import cache
from tests.envs.wheelhouse import isolated
from tests.require import absent, require

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.cases.place import Place


def install(place: Place, *specs: str) -> Place:
    """Puts wheels into a prefix, without what they require; skips the test where they cannot be had."""
    for spec in specs:
        _pip("--python", str(place.python), "install", "--no-deps", "--no-index", "--no-compile", str(fetched(spec)))
    return place


def fetched(spec: str) -> Path:
    """The wheel of a release, which has one for this machine."""
    require("linux-64")

    def fetch(folder: Path) -> None:
        require("network")
        said = _pip("download", "--no-deps", "--only-binary=:all:", "--dest", str(folder), spec, check=False)
        if said:
            absent("NVIDIA's wheels", f"pip cannot fetch {spec}: {said}")

    return next(cache.once("nvidia", cache.digest(spec), fetch).glob("*.whl"))


def install_what_lies_here(place: Place, name: str) -> Place:
    """Puts a wheel into a prefix that this machine's own settings of pip lead to without an index; skips if there is none."""
    said = _pip("--python", str(place.python), "install", "--no-deps", "--no-index", name, check=False, env=os.environ)
    if said:
        absent(f"{name} beside pip", said)
    return place


def _pip(*arguments: str, check: bool = True, env: Mapping[str, str] | None = None) -> str:
    """Runs pip; the last line of its complaint, or nothing."""
    command = [sys.executable, "-m", "pip", *arguments, "--quiet", "--no-cache-dir"]
    command += ["--root-user-action=ignore"] if "install" in arguments else []
    done = subprocess.run(command, env=env or isolated(), capture_output=True, text=True, timeout=600, check=False)
    assert not (check and done.returncode), done.stderr
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""
