"""A process with much in memory: real modules from files, and real libraries, all of which somebody's kernel might have.

Run by the environment's own Python: `python process.py FOLDER TIMES PATH …` prints in seconds what the
probe alone takes, and how much longer a check takes for the process, the first time and again.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NAMES = 90
"""In a module; numpy's and pandas' have about so many."""


def build(where: Path, modules: int, libraries: int) -> Path:
    """Writes modules and libraries once, below a folder."""
    folder = where / f"process-{modules}-{libraries}"
    if (folder / "complete").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    for number in range(modules):
        package = folder / "modules" / f"loaded{number // 20:03d}"
        if number % 20 == 0:
            package.mkdir(parents=True)
            (package / "__init__.py").write_text("import json, os, re, sys\n__version__ = '1.0'\n")
            continue
        body = "".join(f"def f{index}(x):\n    return x + {index}\n" for index in range(NAMES))
        (package / f"m{number % 20}.py").write_text(f"import json, os, re, sys\n{body}")
    (folder / "libraries").mkdir()
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is not None:
        (folder / "one.c").write_text("int one(void) { return 1; }\n")
        subprocess.run([compiler, "-shared", "-fPIC", "-o", folder / "one.so", folder / "one.c"], check=True)
        for number in range(libraries):
            shutil.copy(folder / "one.so", folder / "libraries" / f"libone{number}.so.1")
    (folder / "complete").touch()
    return folder


def least(works: Sequence[Callable[[], object]], times: int) -> list[float]:
    """The least seconds of each work; they take turns, so that a busy machine is as bad for one as for the other."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(times):
        for work, seconds in zip(works, taken, strict=True):
            started = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - started)
    return [min(seconds) for seconds in taken]


def measure(folder: Path, times: int) -> dict[str, float]:
    """What the live part takes in this process, whose prefix is the environment."""
    sys.path.append(str(folder / "modules"))
    for path in sorted((folder / "modules").glob("*/*.py")):
        name = path.parent.name if path.stem == "__init__" else f"{path.parent.name}.{path.stem}"
        importlib.import_module(name)
    libraries = [ctypes.CDLL(str(path)) for path in sorted((folder / "libraries").iterdir())]
    from envguard import api, collect
    from envguard.probe import live

    def afresh(process: str | None) -> None:
        collect.forget()
        api.inspect(process=process)

    for process in ("kernel", None):
        afresh(process)
    told = live.collect()
    assert len(told["modules"]) >= len(list((folder / "modules").glob("*/*.py")))
    assert len(told["mapped"] or ()) >= len(libraries)
    first = least([lambda: afresh("kernel"), lambda: afresh(None)], times)
    again = least([lambda: api.inspect(process="kernel"), lambda: api.inspect(process=None)], times * 2)
    (probe,) = least([live.collect], times)
    return {"probe": probe, "first": first[0] - first[1], "again": again[0] - again[1]}


if __name__ == "__main__":
    sys.path += sys.argv[3:]
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]))))
