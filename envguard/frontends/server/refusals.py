"""Why a request is not answered: a status, a word for programs, and a sentence for people. Never a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado import web

from envguard.model import Text, text

if TYPE_CHECKING:
    from collections.abc import Mapping

_USUAL: Mapping[int, tuple[str, Text]] = {
    400: ("bad-request", text("this request cannot be understood")),
    401: ("unauthorised", text("this needs a token or a login")),
    403: ("not-allowed", text("this is not allowed: the token or the login is missing, or does not allow it")),
    404: ("not-found", text("there is nothing at this address")),
    405: ("wrong-method", text("this address does not take that method")),
    409: ("conflict", text("this cannot be done now")),
    413: ("too-large", text("the request is too large")),
    429: ("too-many", text("there is too much to do already")),
    503: ("unavailable", text("this cannot be told now")),
}
_FAILED = ("failed", text("envguard itself failed; its server's log tells how"))


class Refused(web.HTTPError):
    """A request that is not answered, with its own sentence."""

    def __init__(self, status: int, slug: str, message: Text) -> None:
        super().__init__(status, slug)
        self.slug, self.text = slug, message


def refusal(status: int, error: BaseException | None) -> tuple[str, Text]:
    """The word and the sentence for an error that a handler has raised; that of others may hold more than is to be told."""
    if isinstance(error, Refused):
        return error.slug, error.text
    return _USUAL.get(status, _FAILED)
