"""What the administrator of a server decides, as plain values."""

from __future__ import annotations

from envguard.value import value


@value
class Options:
    """Of one server."""

    workers: int
    """Processes that read environments, at most."""
    seconds: float
    """For one look at an environment."""
    worker_bytes: int
    """Memory from which on a worker is replaced."""
    worker_questions: int
    """Questions after which it is."""
    subshells: bool
    """Whether a kernel may be asked while it runs a cell."""
    changes: bool
    """Whether a user may have an environment changed at all."""
    terminals: bool
