"""What pip and uv write when they give up, in our words: a refusal, or a reason for which nobody can tell.

Each row is a pattern, tried in order, and a function from what it found. What no row knows is told in the tool's own line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.masking import without_secrets
from envguard.model import Text, text
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable

    _Row = tuple[re.Pattern[str], Callable[[re.Match[str]], "GaveUp"]]

_LONGEST = 300
_CAUSES = 8


@value
class GaveUp:
    """Why there is no answer."""

    refusal: Text | None = None
    unknown: Text | None = None
    name: str | None = None
    """What no wheel, or nothing at all, was found of."""


def of_pip(output: str) -> GaveUp:
    """What pip's output means, of a run that failed."""
    return _of("pip", output, _PIP)


def of_uv(output: str) -> GaveUp:
    """What uv's output means, of a run that failed."""
    return _of("uv", output, _UV)


def _of(tool: str, output: str, rows: tuple[_Row, ...]) -> GaveUp:
    for pattern, meaning in rows:
        if found := pattern.search(output):
            return meaning(found)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    told = next((line for line in lines if line.lower().startswith("error:")), lines[-1] if lines else "?")
    causes = [line.removeprefix("cause: ") for line in lines if line.startswith("cause: ")]  # as uv writes them
    said = without_secrets(": ".join((re.sub(r"(?i)^error: *", "", told), *causes)))[:_LONGEST]
    return GaveUp(refusal=text("{tool} gives up: {reason}", tool=tool, reason=said))


def _line(found: re.Match[str], group: int = 1) -> str:
    return without_secrets(" ".join(found[group].split()))[:_LONGEST]


def _conflict(found: re.Match[str]) -> GaveUp:
    causes = tuple(without_secrets(" ".join(line.split())) for line in found[1].splitlines() if line.strip())
    return GaveUp(
        refusal=text("pip finds no versions that go together: {causes}", causes=tuple(dict.fromkeys(causes))[:_CAUSES])
    )


def _unreachable(tool: str) -> Callable[[re.Match[str]], GaveUp]:
    return lambda found: GaveUp(unknown=text("{tool} cannot reach the index: {reason}", tool=tool, reason=_line(found)))


def _no_match(found: re.Match[str]) -> GaveUp:
    asked, versions = _line(found), found[2]
    name = re.split(r"[\s\[<>=!~;@(]", asked)[0]
    other = _OTHER_PYTHON.search(found.string)
    apart = tuple(part.strip() for part in other[1].split("; ")) if other else ()
    exact = re.search(r"===?\s*([\w.!+-]+)$", asked)
    if apart and (versions == "none" or (exact and any(part.split()[0] == exact[1] for part in apart if part))):
        made = text(
            "no version for {requirement} is made for this Python: {versions}", requirement=asked, versions=apart[-3:]
        )
        return GaveUp(refusal=made, name=name)
    if versions == "none":
        return GaveUp(refusal=text("pip finds nothing to install for {requirement}", requirement=asked), name=name)
    return GaveUp(refusal=text("pip finds no version for {requirement}", requirement=asked), name=name)


_OTHER_PYTHON = re.compile(r"Ignored the following versions that require a different python version: (.*)")
_PIP: tuple[_Row, ...] = (
    (re.compile(r"[Rr]etrying \(Retry.*?broken by '(\w+)"), _unreachable("pip")),
    (re.compile(r"(?:Connection(?:Error| aborted)|Could not fetch URL) *:? *(.*)"), _unreachable("pip")),
    (re.compile(r"The conflict is caused by:\n((?:[ \t]+.*\n?)+)"), _conflict),
    (
        re.compile(r"Could not find a version that satisfies the requirement (.*?) \(from versions: (.*)\)"),
        _no_match,
    ),
    (
        re.compile(r"Package '?(.*?)'? requires a different Python: (.*)"),
        lambda found: GaveUp(
            refusal=text("{name} is not made for this Python: {reason}", name=_line(found), reason=_line(found, 2))
        ),
    ),
    (
        re.compile(r"THESE PACKAGES DO NOT MATCH THE HASHES"),
        lambda _: GaveUp(refusal=text("what pip would get has other hashes than the requirement file names")),
    ),
    (
        re.compile(r"In --require-hashes mode, all requirements must"),
        lambda _: GaveUp(refusal=text("a requirement has no hash or no exact version, and pip asks for both here")),
    ),
    (
        re.compile(r"externally-managed-environment"),
        lambda _: GaveUp(refusal=text("the environment is marked as managed by another tool (PEP 668): pip refuses")),
    ),
    (
        re.compile(r"no such option: (\S+)"),
        lambda found: GaveUp(unknown=text("the pip that was asked does not know {option}", option=_line(found))),
    ),
    (
        re.compile(r"No module named '?(pip\b.*?)'?$", re.MULTILINE),
        lambda _: GaveUp(unknown=text("there is no pip in the environment")),
    ),
    (
        re.compile(r"No space left on device"),
        lambda _: GaveUp(unknown=text("the disk is full, and pip has to fetch what it looks at")),
    ),
    (
        re.compile(r"^envguard-probe: (Python .*)", re.MULTILINE),
        lambda found: GaveUp(unknown=text("pip cannot be asked: {reason}", reason=_line(found))),
    ),
)

_UV: tuple[_Row, ...] = (
    (
        re.compile(r"(?:[Ee]rror sending request|dns error|Request failed after|[Cc]ould not connect)(.*)"),
        _unreachable("uv"),
    ),
    (re.compile(r"[Nn]etwork connectivity is disabled(.*)"), _unreachable("uv")),
    (
        re.compile(
            r"(?:Building source distributions(?: for `(.*?)`)? is disabled|`(\S+?)`? .*building from source is disabled)"
        ),
        lambda found: GaveUp(
            unknown=text(
                "{name} could not be foretold: building it runs its code",
                name=without_secrets(found[1] or found[2] or "?"),
            ),
            name=found[1] or found[2],
        ),
    ),
    (
        re.compile(r"No solution found when resolving dependencies(?: for .*?)?:?\s+(?:cause:|╰─▶)?\s*((?:.*\n?)+)"),
        lambda found: GaveUp(
            refusal=text("uv finds no versions that go together: {causes}", causes=_sentences(found[1]))
        ),
    ),
    (
        re.compile(r"`--user` is unsupported"),
        lambda _: GaveUp(refusal=text("uv does not install into the user's folder (--user)")),
    ),
    (
        re.compile(r"externally managed"),
        lambda _: GaveUp(refusal=text("the environment is marked as managed by another tool (PEP 668): uv refuses")),
    ),
)


def _sentences(told: str) -> tuple[str, ...]:
    joined = without_secrets(" ".join(told.replace("│", " ").split("\n\n")[0].split()))
    return (joined[: 2 * _LONGEST].removesuffix("."),)
