"""What an installer's own error means, for a text that holds no other: conda, mamba, pip and uv give up in a few known ways."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.install_log import read
from envguard.model import Cause
from envguard.rules.install_failures import FAILURE_PATTERNS
from envguard.rules.install_log import install_log_warning

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.facts import Environment
    from envguard.machine import LogLine
    from envguard.model import Answer

AT_MOST = 3
_BUILD = "build-failed"
"""How the names of those begin in whose logs the error of a package's build stands."""


def explained(told: Answer, error: str | bytes | Path, env: Environment) -> Answer:
    """The answer with what an installer's error means, if that is the error and nothing else explains it."""
    lines = read(error, FAILURE_PATTERNS)
    lines = tuple(line for line in lines if _is_the_error(told.error, line))
    if told.causes or not lines:
        return told
    found = tuple(install_log_warning(replace(env, install_log=lines)))[-AT_MOST:]
    causes = tuple(
        Cause(each.rule, each.code, each.certainty, each.subject, each.message, each.evidence, each.fixes)
        for each in reversed(found)
    )
    return replace(told, error=told.error or lines[-1].said, causes=causes, notes=(), looked=(), advice=())


def _is_the_error(error: str, line: LogLine) -> bool:
    """Whether the error that was recognised in a text, if any, is the one of which a line tells."""
    kind = error.partition(":")[0]
    return not error or kind in line.said or error[:60] in line.said or line.pattern.startswith(_BUILD)
