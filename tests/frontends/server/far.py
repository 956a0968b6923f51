"""A provisioner as clusters have them: the server does not know the kernel as a process of its machine."""

from __future__ import annotations

from typing import Any

from jupyter_client.provisioning import KernelProvisionerBase, LocalProvisioner


class Far(KernelProvisionerBase):
    """Hands everything to one that starts a process, and tells no process."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._other = LocalProvisioner(**options)

    @property
    def has_process(self) -> bool:
        return self._other.has_process

    async def poll(self) -> int | None:
        return await self._other.poll()

    async def wait(self) -> int | None:
        return await self._other.wait()

    async def send_signal(self, signum: int) -> None:
        await self._other.send_signal(signum)

    async def kill(self, restart: bool = False) -> None:
        await self._other.kill(restart=restart)

    async def terminate(self, restart: bool = False) -> None:
        await self._other.terminate(restart=restart)

    async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
        self.connection_info = await self._other.launch_kernel(cmd, **options)
        return self.connection_info

    async def pre_launch(self, **options: Any) -> dict[str, Any]:
        self._other.parent = self.parent
        return await self._other.pre_launch(**options)

    async def cleanup(self, restart: bool = False) -> None:
        await self._other.cleanup(restart=restart)
