"""Another user's view: for what root may do in spite of modes, as tests often run as root."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NOBODY = 65534


def as_nobody(work: Callable[[], bytes]) -> bytes:
    """What some work answers when another user does it; who is not root is one already. Nothing if it fails."""
    told = work()  # once as ourselves: what it imports may lie where nobody else may read
    if os.geteuid():
        return told
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            os.setuid(NOBODY)
            with os.fdopen(theirs, "wb") as out:
                out.write(work())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as answer:
        told = answer.read()
    os.waitpid(child, 0)
    return told
