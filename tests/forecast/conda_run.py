"""Carries out one conda command with py-rattler, as a process: `python conda_run.py REQUEST`; knows nothing of envguard.

The request says in the solver's terms what the command means, written by hand for each: which specs hold, what may
change, what is linked again.
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


def run(prefix: Path, cache: Path, channels: list[str], **request: Any) -> None:
    """Hands a command to this file in a process of its own."""
    told = {"prefix": str(prefix), "cache": str(cache), "channels": channels, **request}
    done = subprocess.run(
        [sys.executable, __file__, json.dumps(told)], capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode:
        raise RuntimeError(f"py-rattler could not {request}:\n{done.stderr[-2000:]}")


async def carry_out(request: dict[str, Any]) -> None:
    import rattler
    from rattler.channel import ChannelPriority

    prefix, cache = Path(request["prefix"]), Path(request["cache"])
    installed = [rattler.PrefixRecord.from_path(record) for record in sorted(prefix.glob("conda-meta/*.json"))]
    if "keep" in request:  # no solver: only these stay, or come again
        records: list[Any] = [each for each in installed if each.name.normalized in request["keep"]]
    else:
        free = request.get("free", [])
        records = await rattler.solve(
            request["channels"],
            request["specs"],
            gateway=rattler.Gateway(cache_dir=cache / "repodata"),
            locked_packages=[each for each in installed if each.name.normalized not in free],
            virtual_packages=[],
            channel_priority=ChannelPriority.Flexible,
        )
    if request.get("only"):
        others = {each.name.normalized: each for each in installed}
        chosen = {each.name.normalized: each for each in records if each.name.normalized in request["only"]}
        records = list({**others, **chosen}.values())
    asked: list[Any] = [rattler.MatchSpec(name) for name in request["asked"]]
    options = {
        "cache_dir": cache,
        "installed_packages": installed,
        "reinstall_packages": set(request.get("reinstall", [])),
        "show_progress": False,
    }
    try:
        await rattler.install(records, prefix, requested_specs=asked, **options)
    except TypeError:  # 0.28 hands its own wrapper on to Rust, which wants the inner object
        inner = [spec._match_spec for spec in asked]
        await rattler.install(records, prefix, requested_specs=inner, **options)


if __name__ == "__main__":
    code = 0
    try:
        asyncio.run(carry_out(json.loads(sys.argv[1])))
    except BaseException:  # noqa: BLE001 - the process must not end the usual way
        traceback.print_exc()
        code = 1
    sys.stderr.flush()
    os._exit(code)
