"""A kernel of the server: what is known of it, and asking it without a cell's being run.

* Channels of our own, for a moment; they are closed whatever comes of it.
* A kernel that runs a cell is not asked: the request would wait behind the cell. One that has subshells could answer at once,
  and is asked only where `subshells` says so: a subshell runs what is hooked to the end of a cell in the middle of one
  (Matplotlib's figures are shown then, to nobody), and its "idle" makes Jupyter take the kernel for idle.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import queue
from typing import TYPE_CHECKING, Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_client.session import Session

from envguard.asking import Busy, letters, question
from envguard.errors import ProbeFailed
from envguard.model import text
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from envguard.model import Text

PYTHON = "python"
PATIENCE = 2.0
"""Seconds for a kernel that is idle to answer."""
_CONTROL = 2.0
"""Seconds for what a kernel answers beside its cells."""


@value
class Kernel:
    """One running kernel, as the server knows it."""

    id: str
    name: str
    display_name: str
    language: str | None
    """None where the server does not know it."""
    process: int | None
    """Its number, if it is a process of this machine that this server has started."""
    mark: str
    """What only its command line says: the file of its connection."""
    state: str
    """idle, busy, starting, dead, …"""
    manager: Any
    gateway: bool = False
    """Whether another server runs it, to which this one only hands on."""

    @property
    def local(self) -> bool:
        """Whether it runs on the machine of the server, as far as the server knows."""
        return self.process is not None

    def told(self) -> dict[str, str]:
        """What a client hears of it."""
        return {
            "id": self.id,
            "name": self.name,
            "display_name": self.display_name,
            "where": "local" if self.local else "remote",
        }


def find(managers: Any, name: str) -> Kernel | None:
    """The kernel of this id; None if there is none."""
    if name not in managers:
        return None
    manager = managers.get_kernel(name)
    provisioner = getattr(manager, "provisioner", None)
    # of a kernel behind a gateway it would have to be fetched
    spec = None if provisioner is None else manager.kernel_spec
    process = provisioner.pid if isinstance(provisioner, LocalProvisioner) else None
    told = getattr(manager, "kernel", None) if provisioner is None else None
    kernelspec = str(told.get("name", "") if isinstance(told, dict) else getattr(manager, "kernel_name", "") or "")
    return Kernel(
        id=name,
        name=kernelspec,
        display_name=str(getattr(spec, "display_name", "") or kernelspec),
        language=str(getattr(spec, "language", "") or "") or None,
        process=process,
        mark=str(getattr(manager, "connection_file", "")),
        state=str(getattr(manager, "execution_state", "") or "unknown"),
        manager=manager,
        gateway=provisioner is None,
    )


def stranger(kernel: Kernel) -> Text | None:
    """Why it cannot be asked whatever its state; None if it may be one of Python."""
    if kernel.language is None or kernel.language.lower() == PYTHON:
        return None
    return text("the kernel runs {language}, not Python", language=kernel.language)


async def is_alive(kernel: Kernel) -> bool:
    """Whether it still runs, as its manager sees it."""
    if kernel.state == "dead":
        return False
    try:
        return bool(await awaited(kernel.manager.is_alive()))
    except Exception:  # noqa: BLE001 - whatever a provisioner of others raises, the kernel cannot be asked
        return False


async def ask(kernel: Kernel, names: Sequence[str], *, subshells: bool) -> tuple[str, str]:
    """What it tells of itself, still packed, and by which road; Busy if it runs a cell, ProbeFailed if it cannot be asked."""
    if not kernel.gateway:
        return await _ask(kernel, names, subshells=subshells)
    # a gateway's client waits for its socket without letting others go on, so it gets a thread and a loop of its own
    work = functools.partial(_ask, kernel, names, subshells=subshells)
    return await asyncio.get_running_loop().run_in_executor(None, lambda: asyncio.run(work()))


async def _ask(kernel: Kernel, names: Sequence[str], *, subshells: bool) -> tuple[str, str]:
    async with _client(kernel) as client:
        if kernel.language is None:
            language = (await _control(client, "kernel_info_request", {})).get("language_info", {}).get("name")
            if str(language).lower() != PYTHON:
                raise ProbeFailed(text("the kernel runs {language}, not Python", language=str(language)))
        if kernel.state != "busy":
            return await _reply(client, names, None), "user_expressions"
        if not subshells:
            raise Busy(text("the kernel is running a cell"))
        info = await _control(client, "kernel_info_request", {})
        if "kernel subshells" not in info.get("supported_features", ()):
            raise Busy(text("the kernel is running a cell"))
        made = await _control(client, "create_subshell_request", {})
        subshell = made.get("subshell_id")
        try:
            return await _reply(client, names, subshell), "subshell"
        finally:
            with contextlib.suppress(ProbeFailed):
                await _control(client, "delete_subshell_request", {"subshell_id": subshell})


@contextlib.asynccontextmanager
async def _client(kernel: Kernel) -> AsyncIterator[Any]:
    try:
        # a session of its own: by the manager's the kernel would take it for another client of that one's, and end that
        known = kernel.manager.session
        session = Session(config=known.config, key=known.key, signature_scheme=known.signature_scheme)
        client = kernel.manager.client(session=session)
        # nothing is shown and nobody is asked; a gateway's client has one socket for all of it
        shown = kernel.gateway
        await awaited(client.start_channels(shell=True, iopub=shown, stdin=shown, hb=shown, control=True))  # noqa: S604 - a channel
    except Exception as error:  # managers and provisioners of others may raise anything
        raise ProbeFailed(text("the kernel cannot be reached: {reason}", reason=type(error).__name__)) from error
    try:
        yield client
    finally:
        with contextlib.suppress(Exception):
            await awaited(client.stop_channels())


async def _reply(client: Any, names: Sequence[str], subshell: str | None) -> str:
    message = client.session.msg("execute_request", {"code": "", **question(names)})
    if subshell is not None:
        message["header"]["subshell_id"] = subshell
    return letters(await _answer(client, "shell", message, PATIENCE))


async def _control(client: Any, kind: str, content: dict[str, Any]) -> dict[str, Any]:
    message = client.session.msg(kind, content)
    return await _answer(client, "control", message, _CONTROL)


async def _answer(client: Any, name: str, message: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The content of the reply to a message on one of the channels; Busy if it does not come in time."""
    channel = getattr(client, f"{name}_channel")
    channel.send({**message, "channel": name})  # a gateway has one socket, and tells them apart by this

    async def wait() -> dict[str, Any]:
        while True:
            reply = await channel.get_msg(timeout=seconds)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                content: dict[str, Any] = reply["content"]
                return content

    try:
        return await asyncio.wait_for(wait(), seconds)
    except (asyncio.TimeoutError, TimeoutError, queue.Empty) as error:
        raise Busy(text("the kernel did not answer within {seconds} s", seconds=f"{seconds:g}")) from error


async def awaited(found: Any) -> Any:
    """What was found, or what it becomes: some managers answer at once, others later."""
    return await found if inspect.isawaitable(found) else found
