"""What a test's server asks who may do what: everything but what is envguard's."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth import Authorizer


class Denier(Authorizer):
    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return resource != "envguard"
