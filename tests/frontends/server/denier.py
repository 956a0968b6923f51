"""What a test's server asks who may do what: it says no to envguard's where the request has a header that wants that."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth import Authorizer

HEADER = "X-Denied"


class Denier(Authorizer):
    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        wanted = {"GET": "read"}.get(handler.request.method, "write")
        return not (HEADER in handler.request.headers and (action, resource) == (wanted, "envguard"))
