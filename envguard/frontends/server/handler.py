"""What all routes have in common: JSON, errors without tracebacks, and bodies of which no more is read than is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from jupyter_server.base.handlers import APIHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado import web

from envguard.errors import BadArguments, EnvguardError, NoSuchEnvironment, ProbeFailed
from envguard.frontends.server import answers
from envguard.frontends.server.refusals import Refused, refusal
from envguard.model import text

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from envguard.frontends.server.app import EnvguardApp
    from envguard.frontends.server.offers import Offers
    from envguard.frontends.server.service import Service
RESOURCE = "envguard"
LONGEST = 64 << 10
"""Bytes of a body."""
LONGEST_CELLS = 1 << 20
"""Bytes of a body that holds the cells of a notebook."""


@web.stream_request_body
class Handler(ExtensionHandlerMixin, APIHandler):
    """A route of ours."""

    auth_resource = RESOURCE
    longest = LONGEST
    """Bytes of a body."""
    _track_activity = False  # a panel that looks is nobody at work, so that a server is ended for idleness as ever
    _body = b""

    async def prepare(self) -> None:  # type: ignore[override]  # as APIHandler's own is
        """Refuses a large body before it is read."""
        await super().prepare()
        if int(self.request.headers.get("Content-Length") or 0) > self.longest:
            raise self._too_large()

    def data_received(self, chunk: bytes) -> None:
        """Collects the body; of one that is too long no more than it takes to see that."""
        if len(self._body) <= self.longest:
            self._body += chunk

    @property
    def body(self) -> bytes:
        """What was sent; one that is too long is refused."""
        if len(self._body) > self.longest:
            raise self._too_large()
        return bytes(self._body)

    def _too_large(self) -> Refused:
        return Refused(413, "too-large", text("a request may have {n} bytes at most", n=self.longest))

    def compute_etag(self) -> None:
        """Gives none: documents have a stamp of their own."""

    def tell(self, document: bytes, status: int = 200) -> None:
        """Answers with a JSON document, which nobody on the way may keep."""
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.finish(document)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Says in one sentence why there is no answer; of our own faults the log tells more."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        slug, message = refusal(status_code, error)
        self.set_header("Cache-Control", "no-store")
        self.finish(answers.error(slug, message))

    def log_exception(self, *details: Any) -> None:
        """Logs only what is a fault of ours."""
        if not isinstance(details[1], (EnvguardError, web.HTTPError)):
            super().log_exception(*details)

    @property
    def app(self) -> EnvguardApp:
        """The extension."""
        return cast("EnvguardApp", self.extensionapp)

    async def service(self) -> Service:
        """What looks at kernels and environments; made for the first request."""
        return (await self.app.ready())[0]

    async def offers(self) -> Offers:
        """What takes on jobs; made for the first request."""
        return (await self.app.ready())[1]

    async def answered(self, waiting: Awaitable[Any]) -> Any:
        """The result; an error of envguard's becomes a refusal with its HTTP status."""
        try:
            return await waiting
        except NoSuchEnvironment as error:
            raise Refused(404, "not-found", error.text) from error
        except ProbeFailed as error:
            raise Refused(503, "unavailable", error.text) from error
        except BadArguments as error:
            raise Refused(409, "conflict", error.text) from error
