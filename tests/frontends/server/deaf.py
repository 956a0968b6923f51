"""Kernels whose beginnings the server misses, as happens where one that died begins again before it is listened to."""

from __future__ import annotations

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager


class Deaf(AsyncMappingKernelManager):
    """Hears of cells, and of nothing else."""

    def track_message_type(self, message_type: str | None) -> bool:
        return message_type == "execute_request"
