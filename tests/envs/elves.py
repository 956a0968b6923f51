"""Real ELF files by the compiler of this machine: libraries with chosen names, versions, needs and search paths."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from tests.require import require

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

HOST = """
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv) {
    char line[4096];
    for (int i = 1; i < argc; i++)
        if (!dlopen(argv[i], RTLD_NOW)) { printf("error %s\\n", dlerror()); return 1; }
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps)) fputs(line, stdout);
    return 0;
}
"""
"""A program that loads what it is told to, and says what it has in memory then."""


def library(
    path: Path,
    *,
    soname: str | None = None,
    offers: Iterable[str] | Mapping[str, Iterable[str]] = (),
    wants: Iterable[str] = (),
    needs: Iterable[Path] = (),
    rpath: str | None = None,
    runpath: str | None = None,
    flags: Iterable[str] = (),
) -> Path:
    """A shared library. `offers` are functions, or versions with their functions; `wants` are called by it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    versions = offers if not isinstance(offers, (list, tuple, set)) else {}
    names = [name for each in versions.values() for name in each] if versions else list(offers)
    wanted = list(wants)
    code = [f"extern int {name}(void);" for name in wanted]
    code += [f"int {name}(void) {{ return 1; }}" for name in names]
    code += ["int own(void) { return " + " + ".join(["0", *(f"{name}()" for name in wanted)]) + "; }"]
    return _compile(path, "\n".join(code), needs, _paths(rpath, runpath), [
        "-shared", "-fPIC", "-nostdlib", "-Wl,--unresolved-symbols=ignore-all",
        *([f"-Wl,-soname,{soname}"] if soname else []), *_script(path, versions), *flags,
    ])  # fmt: skip


def program(path: Path, *, rpath: str | None = None, runpath: str | None = None, needs: Iterable[Path] = ()) -> Path:
    """`HOST` as a program, with search paths of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return _compile(path, HOST, needs, _paths(rpath, runpath), ["-ldl"])


def mapped(host: Path, *files: Path, library_path: str | None = None, cwd: Path | None = None) -> set[str]:
    """What the real loader brings in when a program loads files; AssertionError with its words if it cannot."""
    env = {**os.environ, "LC_ALL": "C"}
    env.pop("LD_LIBRARY_PATH", None)
    if library_path is not None:
        env["LD_LIBRARY_PATH"] = library_path
    done = subprocess.run([host, *files], env=env, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    parts = (line.split(maxsplit=5) for line in done.stdout.splitlines())
    return {os.path.realpath(each[5].strip()) for each in parts if len(each) == 6 and each[5].startswith("/")}


def refusal(host: Path, *files: Path, library_path: str | None = None) -> str | None:
    """What the real loader says when it cannot load files; None if it can."""
    try:
        mapped(host, *files, library_path=library_path)
    except AssertionError as error:
        return str(error).partition("\n")[0].removeprefix("error ")
    return None


def _paths(rpath: str | None, runpath: str | None) -> list[str]:
    if rpath is not None:
        return ["-Wl,--disable-new-dtags", f"-Wl,-rpath,{rpath}"]
    return ["-Wl,--enable-new-dtags", f"-Wl,-rpath,{runpath}"] if runpath is not None else []


def _script(path: Path, versions: Mapping[str, Iterable[str]]) -> list[str]:
    if not versions:
        return []
    script = path.with_name(path.name + ".versions")
    script.write_text("".join(f"{version} {{ {'; '.join(names)}; }};\n" for version, names in versions.items()))
    return [f"-Wl,--version-script={script}"]


def _compile(path: Path, code: str, needs: Iterable[Path], paths: list[str], flags: list[str]) -> Path:
    command = [
        require("cc"), "-x", "c", "-O0", "-o", path, "-", "-x", "none", "-Wl,--no-as-needed", *needs, *paths,
        *flags,
    ]  # fmt: skip
    done = subprocess.run(command, input=code, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return path
