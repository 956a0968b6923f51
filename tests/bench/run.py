"""Measures envguard beside its peers on a large environment, and prints a table: `python -m tests.bench.run [--quick]`.

Every figure is a median of one run on one machine, so the column to compare with another machine's is the ratio to
the standard library's json reading the same records. A machine's own speed changes, too, by half within minutes where others
work on it: json takes its turn beside each try of a check, and openssl beside each try of hashing. `--quick` takes 40
packages, to see that it runs at all.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.bench import guard, large, process
from tests.bench.peers import openssl, peers, read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FIRST = """
import sys, time
start = time.perf_counter()
from envguard import api
from envguard.frontends import output
from envguard.probe.disk import uncollected
with uncollected():
    output.bundle(api.inspect(sys.argv[1]), details=False)
print(time.perf_counter() - start)
start = time.perf_counter()
import json
from pathlib import Path
for path in sorted(Path(sys.argv[1], "conda-meta").glob("*.json")):
    json.loads(path.read_bytes())
print(time.perf_counter() - start)
"""
"""What `%envcheck` does the first time, in a process that has loaded what every kernel has; then json, on the same processor."""


_FORETELL = """
import sys, time
from envguard import forecast_report
from envguard.commands import command, find, target
place = command.Place(sys.argv[1] + "/bin/python", sys.argv[1], "/", {"PATH": "/usr/bin"})
asked = find.of_argv(["pip", "install", "package0003==9"], place)
where = command.Target(sys.argv[1], place.python, is_kernel=True)
taken = []
for _ in range(5):
    start = time.perf_counter()
    from envguard.forecast.quick import quick
    assert quick(asked, where, place).replaces
    taken.append(time.perf_counter() - start)
print(taken[0], min(taken))
"""
"""The guard's forecast of one install, in a process that has loaded what every kernel has and has read the cell; then once more."""


class Row(NamedTuple):
    """One line of the table; `seconds` is None where there is nothing to measure with."""

    what: str
    seconds: float | None
    note: str = ""
    ratio: float | None = None
    """To json that took its turn with it; without one, json of the same run is what it is compared to."""


def seconds_of(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def median(work: Callable[[], object], times: int) -> float:
    """The median of the seconds that some work takes."""
    return statistics.median(seconds_of(work) for _ in range(times))


def beside(what: str, pairs: list[tuple[float, float]]) -> Row:
    """A line of the median seconds, and of the median ratio to json that took its turn with each."""
    ratio = statistics.median(seconds / other for seconds, other in pairs)
    return Row(what, statistics.median(seconds for seconds, _ in pairs), ratio=ratio)


def first_checks(prefix: Path, times: int) -> list[tuple[float, float]]:
    """The seconds of the first check in a fresh process, imports included, its start and the kernel's own not; and json's."""
    told = in_fresh_processes(_FIRST, prefix, times + 1)[1:]  # the first one writes byte code
    return [(float(first), float(second)) for first, second in map(str.split, told)]


def in_fresh_processes(code: str, prefix: Path, times: int) -> list[str]:
    """What some code says in so many new processes that have loaded what a kernel has."""
    code = f"import ipykernel.kernelapp, ipykernel.zmqshell, IPython.display\n{code}"
    # an installed package has its byte code, whatever this shell says about writing any
    variables = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    argv = [sys.executable, "-c", code, str(prefix)]
    return [
        subprocess.run(argv, capture_output=True, text=True, check=True, env=variables).stdout for _ in range(times)
    ]


def quick_forecast(prefix: Path, times: int) -> tuple[float, float]:
    """The seconds of the first quick forecast in a fresh process, what it imports included, and of a later one."""
    runs = [
        told.split() for told in in_fresh_processes(_FORETELL, prefix, times + 1)[1:]
    ]  # the first one writes byte code
    first, again = (statistics.median(float(told[place]) for told in runs) for place in (0, 1))
    return first, again


def command(prefix: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "envguard", "check", str(prefix), "--no-config", *options]


def run(argv: list[str]) -> None:
    """Runs a command to its end; the byte code of what it imports is there since the first check."""
    subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def peak_memory(argv: list[str]) -> float:
    """The largest resident size of a command in MB, asked of a process that has no other child."""
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    told = subprocess.run([sys.executable, "-c", code, *argv], capture_output=True, text=True, check=True).stdout
    return int(told) / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def rows(prefix: Path, times: int) -> Iterator[Row]:
    """Everything that is measured on one environment."""
    from envguard import api, collect, store

    yield beside("first check in a process (with imports and HTML)", first_checks(prefix, times))

    def afresh() -> None:
        collect.forget()
        api.inspect(prefix)

    afresh()
    pairs = [(seconds_of(afresh), seconds_of(lambda: read_json(prefix))) for _ in range(times)]
    yield beside("check in a process that has everything imported", pairs)
    # what was built a moment ago is not kept, as it might change again within one tick of the clock
    time.sleep(max(0.0, (prefix / "complete").stat().st_ctime + store.SETTLED + 0.1 - time.time()))
    afresh()
    yield Row("repeated check, nothing changed", median(lambda: api.inspect(prefix), times * 2))
    first, again = quick_forecast(prefix, times)
    yield Row("first quick forecast in a process (with imports)", first, "`pip install` over a package of conda's")
    yield Row("quick forecast, repeated", again)
    for names in (("package0003",), None):
        yield from checkpoint_and_undo(prefix, names, times)
    yield from live_part(prefix, *((100, 40) if times == 1 else (1000, 400)), times)
    yield Row("`envguard check` as a command", median(lambda: run(command(prefix)), times))
    yield Row("peak memory of that command", None, f"{peak_memory(command(prefix)):.0f} MB")

    cost = guard.costs(times)
    yield Row("load_ext", cost.load)
    parts = ", ".join(f"{name} {seconds * 1e6:.1f}" for name, seconds in cost.cell.items())
    yield Row("guard, ordinary cell", None, f"{sum(cost.cell.values()) * 1e6:.1f} µs ({parts})")

    yield from in_cells(prefix, times)
    size = 0

    def hash_all() -> None:
        nonlocal size
        env = collect.deeply(prefix)
        size = env.deep.bytes if env.deep else 0

    seconds = median(hash_all, max(2, times // 2))
    yield Row("`--deep`, in a process", seconds, f"{size / 1e9 / seconds:.2f} GB/s of {size / 1e9:.2f} GB")
    yield from hashing_alone(prefix, size, times)
    for what, work in peers(prefix):
        yield Row(what, median(work, times)) if work is not None else Row(what, None, "absent")


def in_cells(prefix: Path, times: int) -> Iterator[Row]:
    """What a worker of the server takes for the cells of a notebook, once it has seen the environment."""
    from envguard import api
    from envguard.frontends.server.install_work import INSTALLS
    from envguard.scan_report import Cell

    with subprocess.Popen([prefix / "bin/python", "-c", "input()", "the-mark"], stdin=subprocess.PIPE) as kernel:
        where: dict[str, Any] = {"prefix": str(prefix), "process": kernel.pid, "mark": "the-mark"}
        look = functools.partial(INSTALLS["installs"], None, b"", **where)  # type: ignore[arg-type] # its desk is not asked
        before = functools.partial(look, cells=[["a", "%pip install package0003==9"]])
        before()
        yield Row("an install looked at before its cell runs, repeated", median(before, times))
        kernel.communicate(b"\n")
    place = dataclasses.replace(api.place_in(str(prefix)), is_kernel=True)
    cells = [Cell("a", "!pip install package0003==9"), Cell("b", "%pip install six"), Cell("c", "%conda install xz")]
    api.cells(cells, place)
    yield Row("remarks on three cells that are typed, repeated", median(lambda: api.cells(cells, place), times))


def live_part(prefix: Path, modules: int, libraries: int, times: int) -> Iterator[Row]:
    """What a check takes longer for the process it runs in, in a Python of the environment itself."""
    folder = process.build(prefix.parent, modules, libraries)
    argv = [prefix / "bin/python", process.__file__, folder, str(times), Path(process.__file__).parents[2]]
    path = [entry for entry in sys.path if entry.endswith("site-packages")]
    told = subprocess.run([*argv, *path], capture_output=True, text=True, check=True).stdout
    seconds = json.loads(told)
    loaded = f"{modules} modules and {len(list((folder / 'libraries').iterdir()))} mapped libraries"
    yield Row("live part beyond the disk check", seconds["first"], loaded)
    yield Row("live part of a repeated check", seconds["again"], loaded)
    yield Row("its probe alone", seconds["probe"], loaded)


def checkpoint_and_undo(prefix: Path, names: tuple[str, ...] | None, times: int) -> Iterator[Row]:
    """The seconds of a way back and of going it, on a copy by links in which one package is replaced as pip does it."""
    from envguard import home
    from envguard.changes import checkpoint, undo
    from envguard.undo_report import Checkpoint

    taken: dict[str, list[float]] = {"begin": [], "end": [], "undo, planned and done": []}
    with tempfile.TemporaryDirectory(dir=prefix.parent) as folder:
        where = Path(folder, "copy")
        subprocess.run(["cp", "-al", prefix, where], check=True)
        place = home.make(where, undo=True)
        [site] = where.glob("lib/python3*/site-packages")
        name = names[0] if names else "package0003"
        for _ in range(times):
            start = time.perf_counter()
            point = checkpoint.begin(place, ("pip", "install", name), names)
            taken["begin"].append(time.perf_counter() - start)
            assert isinstance(point, Checkpoint), point
            for file in site.glob(f"{name}*/**/*"):
                if file.is_file():
                    content = file.read_bytes()
                    file.unlink()
                    file.write_bytes(content + b"# newer")
            start = time.perf_counter()
            checkpoint.end(place, point, failed=False)
            taken["end"].append(time.perf_counter() - start)
            start = time.perf_counter()
            plan = undo.plan(place)
            assert undo.run(place, plan).proof.same
            taken["undo, planned and done"].append(time.perf_counter() - start)
    what = f"{name} alone" if names else "everything kept"
    for step, seconds in taken.items():
        yield Row(f"checkpoint, {what}: {step}", statistics.median(seconds))


def hashing_alone(prefix: Path, size: int, times: int) -> Iterator[Row]:
    """What the workers make, their start included, and what openssl makes that takes its turn with them."""
    from envguard.hashes import hash_files
    from envguard.probe import deep, disk

    jobs, _ = deep.jobs(disk.look(str(prefix), whole=True))

    pairs = [(size / 1e9 / seconds_of(lambda: hash_files(jobs)), openssl(2)) for _ in range(times)]
    ours = statistics.median(speed for speed, _ in pairs)
    ratios = [speed / other for speed, other in pairs if other]
    told = f", {statistics.median(ratios):.2f} of what openssl makes" if ratios else ""
    yield Row("its hashing alone", size / 1e9 / ours, f"{ours:.2f} GB/s{told}")
    theirs = [other for _, other in pairs if other]
    yield Row(
        "openssl speed sha256, 2 processes", None, f"{statistics.median(theirs):.2f} GB/s" if theirs else "absent"
    )


def growth(where: Path, sizes: tuple[int, ...], times: int) -> Iterator[Row]:
    """How the check grows with the environment; small files, as only their number matters here."""
    from envguard import api, collect

    for packages in sizes:
        prefix = large.build(where, packages, mean_size=600)

        def afresh(prefix: Path = prefix) -> None:
            collect.forget()
            api.inspect(prefix)

        seconds, plain = median(afresh, times), median(lambda: read_json(prefix), times)  # noqa: B023 - called at once
        yield Row(
            f"check of {packages} packages",
            seconds,
            f"{seconds / plain:.1f} × json, {seconds / packages * 1e3:.2f} ms each",
        )


def machine() -> str:
    """The machine in one line."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{model}, {os.cpu_count()} processors{load}, {platform.system()}, Python {platform.python_version()}"


def table(found: list[Row]) -> str:
    """The rows as Markdown, with the ratio to reading the same records with the standard library's json."""
    base = next((row.seconds for row in found if row.what.startswith("stdlib json")), None)
    if base is None:
        lines = ["| what | seconds | |", "|---|--:|---|"]
        return "\n".join([*lines, *(f"| {row.what} | {row.seconds or 0:.3f} | {row.note} |" for row in found)])
    lines = ["| what | seconds | × json | |", "|---|--:|--:|---|"]
    for row in found:
        seconds = f"{row.seconds:.3f}" if row.seconds is not None else ""
        ratio = f"{row.ratio or row.seconds / base:.2f}" if row.seconds is not None else ""
        lines.append(f"| {row.what} | {seconds} | {ratio} | {row.note} |")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="40 packages, once each")
    parser.add_argument(
        "--where", type=Path, default=Path(tempfile.gettempdir(), "envguard-bench"), help="folder for the environments"
    )
    options = parser.parse_args(argv)
    times = 1 if options.quick else 5
    prefix = large.build(options.where, *((40, 600) if options.quick else ()))
    print(f"{machine()}\n\n{prefix.name}, medians of {times}\n")
    print(table(list(rows(prefix, times))))
    print("\n" + table(list(growth(options.where, (20, 40) if options.quick else (100, 500, 2000), times))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
