"""What the guard and its neighbours cost a shell: `%load_ext envguard`, and a cell that installs nothing."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from typing import NamedTuple

_CELL = """
import numpy as np
import pandas as pd

def prepare(frame, columns=("a", "b", "c")):
    # drop what is not a number, and scale the rest
    frame = frame.loc[:, list(columns)].dropna()
    return (frame - frame.mean()) / frame.std()

frames = [prepare(pd.read_csv(path)) for path in sorted(paths)]
result = pd.concat(frames).groupby("a").agg({"b": ["mean", "std"], "c": "max"})
result.plot(kind="bar", figsize=(12, 6), title="Everything by a")
"""
_MEASURE = f"""
import json, time
from types import SimpleNamespace
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
started = time.perf_counter()
shell.extension_manager.load_extension("envguard")
loaded = time.perf_counter() - started
told = SimpleNamespace(raw_cell={_CELL!r})
result = SimpleNamespace(info=told, error_in_exec=None, error_before_exec=None, success=True)
ours = [
    (event, each) for event in ("pre_run_cell", "post_run_cell") for each in shell.events.callbacks[event]
    if type(getattr(each, "__self__", None)).__module__.startswith("envguard.")
]
best = {{}}
for event, each in ours:
    argument = told if event == "pre_run_cell" else result
    def batch():
        started = time.perf_counter()
        for _ in range(500):
            each(argument)
        return (time.perf_counter() - started) / 500
    name = each.__self__.__class__.__name__.lower()
    best[name] = best.get(name, 0) + min(batch() for _ in range(7))
print(json.dumps({{"load": loaded, "cell": best}}))
"""


class Costs(NamedTuple):
    """In seconds."""

    load: float
    """`%load_ext envguard`, in a process that has IPython."""
    cell: dict[str, float]
    """What is added to an ordinary cell, by who adds it."""


def costs(times: int) -> Costs:
    """Measured in fresh processes; the first one writes byte code."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-c", _MEASURE]
        env = {**_environment(), "IPYTHONDIR": home}
        runs = [
            json.loads(subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout)
            for _ in range(times + 1)
        ][1:]
    cell = {name: statistics.median(run["cell"][name] for run in runs) for name in runs[0]["cell"]}
    return Costs(statistics.median(run["load"] for run in runs), cell)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("ENVGUARD_")}
