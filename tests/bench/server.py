"""A server under load: many clients, many kernels, large environments. `python -m tests.bench.server` prints the numbers.

Each client asks for the report of one kernel after another, now and then of the kernel's process, and sometimes for the
timeline, with the pause of a person who works; the files of one environment are touched meanwhile, so that it is read anew.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests

from tests.bench import large
from tests.frontends.server.place import TOKEN, Server, gone, libraries, processes

PAUSE = (0.2, 1.0)
"""Seconds between two requests of a client."""


def measure(
    folder: Path, clients: int, kernels: int, packages: int, seconds: float, environments: int = 3
) -> dict[str, Any]:
    """Everything that was measured."""
    prefixes = [large.build(folder / f"large{number}", packages, 2000) for number in range(environments)]
    server = Server(folder / "server", extensions=("envguard", "tests.bench.lag"))
    try:
        path = libraries(folder / "libraries")
        names = [server.python(f"large{number}", prefix / "bin/python", path) for number, prefix in enumerate(prefixes)]
        with ThreadPoolExecutor(4) as pool:
            started = list(pool.map(lambda number: _start(server, names[number % len(names)]), range(kernels)))
        time.sleep(2)
        idle = _lag(server, 3)
        first = [_timed(server, f"kernels/{started[number]}/report") for number in range(len(prefixes))]
        after_first = _lag(server, 0)
        told = _load(server, started, prefixes[0], clients, seconds)
        loaded = _lag(server, 0)
        children = processes(server.process.pid)
        ended = time.monotonic()
        os.kill(server.process.pid, signal.SIGTERM)
        server.process.wait(60)
        left = gone(children, 20)
        return {
            "clients": clients,
            "kernels": kernels,
            "environments": len(prefixes),
            "packages": packages,
            "idle": idle,
            "first report of each environment": first,
            "lag of the first reports": after_first,
            "load": told,
            "lag under load": loaded,
            "seconds to end": time.monotonic() - ended,
            "processes left": len(left),
            "processes left after kill -9": _killed(folder, names, prefixes, path),
        }
    finally:
        server.stop()


def _start(server: Server, name: str) -> str:
    reply = requests.post(
        server.url("/api/kernels"), json={"name": name}, headers={"Authorization": f"token {TOKEN}"}, timeout=120
    )
    found: str = reply.json()["id"]
    return found


def _timed(server: Server, path: str) -> float:
    answer = server.get(path)
    assert answer.status == 200, answer.text
    return round(answer.seconds, 3)


def _lag(server: Server, seconds: float) -> dict[str, Any]:
    if seconds:
        server.session.get(server.url("/lag"), timeout=60)
        time.sleep(seconds)
    told: dict[str, Any] = server.session.get(server.url("/lag"), timeout=60).json()
    lag = {name: f"{told[name] * 1000:.1f} ms" for name in ("p50", "p90", "p99", "max") if name in told}
    return {**lag, "server MB": told["memory"] >> 20, "workers MB": [each >> 20 for each in told["workers"]]}


def _load(server: Server, kernels: list[str], touched: Path, clients: int, seconds: float) -> dict[str, Any]:
    end = time.monotonic() + seconds
    taken: dict[str, list[float]] = {"report": [], "live": [], "timeline": []}
    failed: list[str] = []

    def client(number: int) -> None:
        dice = random.Random(number)
        with requests.Session() as session:
            session.trust_env = False
            session.headers["Authorization"] = f"token {TOKEN}"
            while time.monotonic() < end:
                kernel = dice.choice(kernels)
                kind = dice.choices(("report", "live", "timeline"), (16, 3, 1))[0]
                path = {"report": "report", "live": "report?live=1", "timeline": "timeline"}[kind]
                started = time.monotonic()
                reply = session.get(server.url(f"/envguard/v1/kernels/{kernel}/{path}"), timeout=120)
                taken[kind].append(time.monotonic() - started)
                if reply.status_code != 200:
                    failed.append(reply.text)
                time.sleep(dice.uniform(*PAUSE))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for each in threads:
        each.start()
    while time.monotonic() < end:  # somebody installs something
        (touched / large.SITE / "touched").touch()
        time.sleep(5)
    for each in threads:
        each.join()
    told: dict[str, Any] = {"failed": failed[:3]}
    for kind, every in taken.items():
        every.sort()
        if every:
            told[kind] = {
                "n": len(every),
                "median": round(every[len(every) // 2], 3),
                "p95": round(every[len(every) * 95 // 100], 3),
            }
    return told


def _killed(folder: Path, names: list[str], prefixes: list[Path], path: Path) -> int:
    """How many processes of ours are left after the server was killed; kernels end by themselves, as Jupyter has them."""
    server = Server(folder / "killed")
    try:
        for name, prefix in zip(names, prefixes, strict=True):
            server.python(name, prefix / "bin/python", path)
        told = server.get("environments").json["environments"]
        for each in told:
            threading.Thread(target=lambda name=each["id"]: _quietly(server, name), daemon=True).start()
        time.sleep(0.5)
        children = processes(server.process.pid)
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        return len(gone(children, 20))
    finally:
        server.stop()


def _quietly(server: Server, name: str) -> None:
    headers = {"Authorization": f"token {TOKEN}"}
    try:
        requests.get(server.url(f"/envguard/v1/environments/{name}/report"), headers=headers, timeout=60)
    except requests.RequestException:
        return


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--kernels", type=int, default=20)
    parser.add_argument("--packages", type=int, default=450)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="envguard-bench-"))
    told = measure(folder, options.clients, options.kernels, options.packages, options.seconds)
    print(json.dumps(told, indent=1))
    bad = told["load"]["failed"] or told["processes left"] or told["processes left after kill -9"]
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
