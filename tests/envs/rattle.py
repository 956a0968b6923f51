"""Solves, installs and indexes with py-rattler, as a process of its own: `python rattle.py REQUEST`.

A process, because py-rattler's threads may abort the interpreter when it ends soon after (seen with 0.28: `PyGILState_
Release: thread state must be current`); here nothing is lost by leaving without the ceremony.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any


def run(do: str, **request: Any) -> None:
    """Hands a request to this file in a process of its own."""
    text = json.dumps({"do": do, **request})
    done = subprocess.run([sys.executable, __file__, text], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"py-rattler could not {do} {request}:\n{done.stderr[-2000:]}")


async def index(request: dict[str, Any]) -> None:
    """Writes the repodata.json of a channel."""
    from rattler.index import index_fs

    await index_fs(request["channel"], write_zst=False, write_shards=False)


async def install(request: dict[str, Any]) -> None:
    """Brings a prefix to the specs, keeping what is installed as it is unless it is to be reinstalled."""
    import rattler

    prefix = Path(request["prefix"])
    installed = [rattler.PrefixRecord.from_path(record) for record in sorted(prefix.glob("conda-meta/*.json"))]
    records = await rattler.solve(
        [request["channel"]],
        request["specs"],
        gateway=rattler.Gateway(cache_dir=Path(request["cache"]) / "repodata"),
        locked_packages=installed,
        # The machine's glibc and the like are no business of packages that name none.
        virtual_packages=[],
    )
    requested: list[Any] = [rattler.MatchSpec(spec) for spec in request["specs"]]
    options = {
        "cache_dir": Path(request["cache"]),
        "installed_packages": installed,
        "reinstall_packages": set(request["reinstall"]),
        "show_progress": False,
    }
    try:
        await rattler.install(records, prefix, requested_specs=requested, **options)
    except TypeError:  # 0.28 hands its own wrapper on to Rust, which wants the inner object
        inner = [spec._match_spec for spec in requested]
        await rattler.install(records, prefix, requested_specs=inner, **options)


if __name__ == "__main__":
    work = json.loads(sys.argv[1])
    code = 0
    try:
        asyncio.run({"index": index, "install": install}[work["do"]](work))
    except BaseException:  # noqa: BLE001 - the process must not end the usual way
        traceback.print_exc()
        code = 1
    sys.stderr.flush()
    os._exit(code)
