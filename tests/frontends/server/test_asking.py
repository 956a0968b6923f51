"""A real kernel asked without a cell's being run: idle, busy, dead; and what a subshell would do to its cell."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import AsyncKernelManager

from envguard.asking import Busy, opened
from envguard.errors import ProbeFailed
from envguard.frontends.server import kernels

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

HOOK = """
import threading
hooked = []
get_ipython().events.register("post_execute", lambda: hooked.append(threading.current_thread().name))
"""


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[kernels.Kernel, Any]]:
    manager = AsyncKernelManager(connection_file=str(folder / "kernel.json"))
    await manager.start_kernel(cwd=str(folder))
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        pid = manager.provisioner.pid
        found = kernels.Kernel("id", "python3", "Python", "python", pid, manager.connection_file, "idle", manager)
        yield found, client
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)


async def value(client: Any, expression: str) -> str:
    reply = await client.execute("", silent=True, user_expressions={"it": expression}, reply=True, timeout=30)
    return str(reply["content"]["user_expressions"]["it"]["data"]["text/plain"])


def test_idle_busy_and_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kernels, "PATIENCE", 1.0)

    async def story() -> None:
        async with running(tmp_path) as (kernel, client):
            await client.execute(HOOK, reply=True, timeout=30)
            packed, road = await kernels.ask(kernel, ("HOME",), subshells=False)
            told = opened(packed)
            assert (road, told["kind"], told["pid"]) == ("user_expressions", "kernel", kernel.process)
            assert "HOME" in {each["name"] for each in told["variables"]}
            unknown = replace(kernel, language=None)
            assert (await kernels.ask(unknown, (), subshells=False))[1] == "user_expressions"
            client.execute("import time\nfor _ in range(100): time.sleep(0.1)")
            await asyncio.sleep(0.5)
            # whoever believes that it is idle waits, but not for long
            with pytest.raises(Busy):
                await kernels.ask(kernel, (), subshells=False)
            busy = replace(kernel, state="busy")
            with pytest.raises(Busy, match="running a cell"):
                await kernels.ask(busy, (), subshells=False)
            await in_a_subshell(busy, client)
            assert await kernels.is_alive(kernel)
            await kernel.manager.shutdown_kernel(now=True)
            assert not await kernels.is_alive(kernel)
            assert not await kernels.is_alive(replace(kernel, state="dead"))

    async def in_a_subshell(busy: kernels.Kernel, client: Any) -> None:
        try:
            packed, road = await kernels.ask(busy, (), subshells=True)
        except Busy:
            pytest.importorskip("ipykernel", minversion="7", reason="subshells came with ipykernel 7")
            raise
        told = opened(packed)
        assert (road, told["pid"]) == ("subshell", busy.process)
        # why that is off by default: what belongs to the end of the cell has run in the middle of it
        await busy.manager.interrupt_kernel()
        await asyncio.sleep(0.5)
        assert "subshell" in await value(client, "hooked")

    asyncio.run(story())


def test_what_a_kernel_answers_is_not_trusted():
    for packed in ("", "'small:AAAA'", "'plain:!!!!'", "'plain:W10='", "x" * 1000, "'small:" + "A" * 4000 + "'"):
        with pytest.raises(ProbeFailed):
            opened(packed)
