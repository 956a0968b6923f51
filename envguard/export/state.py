"""The variables that `conda env config vars set` keeps in conda-meta/state: their names, never their values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from envguard.probe import reading

if TYPE_CHECKING:
    from envguard.facts import Environment

_LIMIT = 1 << 20


def variables(env: Environment) -> tuple[str, ...]:
    """The names of the variables that activation sets."""
    try:
        told = json.loads(reading.read(str(Path(env.prefix, "conda-meta", "state")), _LIMIT, env.prefix))
        return tuple(sorted(map(str, told["env_vars"])))
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return ()
