"""The extension as Jupyter's server loads it: its options, its routes, and what it starts only when somebody asks.

At the start of a server nothing is read, started or scanned here, and no rule is imported.
"""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool, Int

from envguard.frontends.server.events import environment_changed, register
from envguard.frontends.server.handlers import handlers
from envguard.frontends.server.options import Options

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

    from envguard.frontends.server.offers import Offers
    from envguard.frontends.server.service import Service
    from envguard.frontends.server.workers import Workers


class EnvguardApp(ExtensionApp):
    """Reports on the environments of this server's kernels."""

    name = "envguard"
    description = "Tells whether conda and pip agree about the environments of this server's kernels."
    load_other_extensions = True

    allow_changes = Bool(
        None,
        allow_none=True,
        help="""Whether a user may take installs back from the browser. By default where the server offers terminals, in
        which the same user could do it by hand. Never in a base environment, in a read-only one, or in another user's.""",
    ).tag(config=True)
    ask_busy_kernels = Bool(
        False,
        help="""Whether a kernel that has subshells (ipykernel 7 and later) is asked while it runs a cell. What is hooked to
        the end of a cell runs then, in the middle of it, and Jupyter takes the kernel for idle. A kernel that has loaded
        Matplotlib is never asked so, as its figures would be lost.""",
    ).tag(config=True)
    workers = Int(2, min=1, max=16, help="Processes that read environments, at most.").tag(config=True)
    scan_timeout = Int(60, min=1, help="Seconds that a look at an environment may take.").tag(config=True)
    worker_memory = Int(
        512, min=64, help="Megabytes of memory from which on a process that reads environments is replaced."
    ).tag(config=True)
    worker_requests = Int(2000, min=1, help="Questions after which a process that reads environments is replaced.").tag(
        config=True
    )

    _making: asyncio.Future[tuple[Service, Offers]] | None = None

    def initialize_settings(self) -> None:
        """Makes our event known to Jupyter's event bus."""
        register(self.server.event_logger)

    def initialize_handlers(self) -> None:
        """Adds the routes."""
        self.handlers.extend(handlers())

    @property
    def server(self) -> ServerApp:
        """The server that has loaded this."""
        assert self.serverapp is not None
        return self.serverapp

    @property
    def options(self) -> Options:
        """What the administrator has decided, and what the server itself offers."""
        terminals = bool(self.server.web_app.settings.get("terminals_available", False))
        return Options(
            workers=self.workers,
            seconds=float(self.scan_timeout),
            worker_bytes=self.worker_memory << 20,
            worker_questions=self.worker_requests,
            subshells=self.ask_busy_kernels,
            changes=terminals if self.allow_changes is None else self.allow_changes,
            terminals=terminals,
        )

    async def ready(self) -> tuple[Service, Offers]:
        """What answers and what takes on jobs; made when somebody first asks, and imported beside the event loop."""
        if self._making is None:
            self._making = asyncio.ensure_future(self._make())
        return await asyncio.shield(self._making)

    async def _make(self) -> tuple[Service, Offers]:
        loop, options, server = asyncio.get_running_loop(), self.options, self.server
        await loop.run_in_executor(None, importlib.import_module, "envguard.frontends.server.workers")
        from envguard.frontends.server.workers import Workers

        workers = Workers(options.workers, options.seconds, options.worker_bytes, options.worker_questions)
        await loop.run_in_executor(None, _warm, workers)
        from envguard.frontends.server.offers import Offers
        from envguard.frontends.server.service import Service

        service = Service(options, workers, server.kernel_manager, server.kernel_spec_manager, self._tell)
        return service, Offers(service, self.log)

    def _tell(self, *details: Any) -> None:
        environment_changed(self.server.event_logger, *details)

    async def stop_extension(self) -> None:
        """Ends jobs and workers with the server."""
        if self._making is not None:
            service, offers = await self._making
            await offers.close()
            await service.close()


def _warm(workers: Workers) -> None:
    """Starts a worker, and imports meanwhile what a first request needs and a server does not need to start."""
    workers.warm()
    for name in ("envguard.running", "envguard.frontends.server.offers", "envguard.frontends.server.service", "psutil"):
        importlib.import_module(name)
