"""An extension of a Jupyter server that measures how late its event loop is, for `tests/bench/server.py`."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import psutil
from jupyter_server.base.handlers import APIHandler
from tornado import web

TICK = 0.005
_late: list[float] = []


class Lag(APIHandler):
    @web.authenticated
    def get(self) -> None:
        """What was measured since the last time this was asked."""
        late = sorted(_late)
        _late.clear()
        parts = {f"p{part}": late[min(len(late) - 1, len(late) * part // 100)] for part in (50, 90, 99) if late}
        workers = [
            each.memory_info().rss for each in psutil.Process().children() if "worker" in " ".join(each.cmdline())
        ]
        memory = psutil.Process(os.getpid()).memory_info().rss
        self.finish({**parts, "max": late[-1] if late else 0, "ticks": len(late), "memory": memory, "workers": workers})


async def _measure() -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + TICK
        await asyncio.sleep(TICK)
        _late.append(max(0.0, loop.time() - due))


def _load_jupyter_server_extension(server: Any) -> None:
    server.web_app.add_handlers(".*$", [(f"{server.web_app.settings['base_url']}lag", Lag)])
    server.io_loop.add_callback(_measure)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "tests.bench.lag"}]
