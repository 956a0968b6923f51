"""One way of breaking an environment: what it makes envguard say, and how to build it from a seed, broken or sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envguard.cuda_report import CudaReport
from envguard.model import Certainty, Report, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from envguard.model import Answer
    from tests.cases.draw import Draw

    Told = Report | Answer | CudaReport
    Build = Callable[[Draw, Path, bool], Told]

E, W, I = Severity.ERROR, Severity.WARNING, Severity.INFO  # noqa: E741 - as the design's table writes them


@dataclass(frozen=True)
class Mechanism:
    """A way of breaking; `build(draw, folder, sound)` builds it in an empty folder and gives the report on it."""

    name: str
    codes: Mapping[int, Severity]
    """What is told of it, with the worst severity; nothing of that where it is built sound."""
    needs: frozenset[str]
    """What must be readable for it, in the words of the cases: disk, process, server, text."""
    build: Build
    beside: frozenset[int] = frozenset()
    """What is rightly told of the near miss, too: of the story that led there."""


def mechanism(codes: Mapping[int, Severity], *needs: str, beside: tuple[int, ...] = ()) -> Callable[[Build], Mechanism]:
    """Makes a builder a mechanism; its docstring says what breaks, and how the near miss differs."""

    def made(build: Build) -> Mechanism:
        return Mechanism(build.__name__, codes, frozenset(needs), build, frozenset(beside))

    return made


@dataclass(frozen=True)
class Silence:
    """Something that is no damage; `build(draw, folder)` builds it and gives what envguard says."""

    name: str
    codes: frozenset[int]
    """What must not be told of it."""
    build: Callable[[Draw, Path], Told]


def worst(told: Told) -> dict[int, Severity]:
    """Code -> the worst severity of what is told under it; a cause of an error is an error where it is certain.

    What a verdict on CUDA rests on is told apart from the other findings.
    """
    pairs: list[tuple[int, Severity]]
    if isinstance(told, Report):
        pairs = [(finding.code, finding.severity) for finding in told.findings]
    elif isinstance(told, CudaReport):
        pairs = [(finding.code, finding.severity) for finding in told.findings]
        pairs += [(told.verdict.code, E)] if told.verdict.code is not None else []
    else:
        pairs = [(cause.code, E if cause.certainty is Certainty.CERTAIN else W) for cause in told.causes]
    found: dict[int, Severity] = {}
    for code, severity in pairs:
        found[code] = min(severity, found.get(code, I), key=lambda each: each.rank)
    return found


def crashed(told: Told) -> tuple[object, ...]:
    """The rules that failed, of which there must be none."""
    return told.failed if isinstance(told, (Report, CudaReport)) else ()
