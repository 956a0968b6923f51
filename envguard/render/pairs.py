"""A comparison in words, for the text and the HTML alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.comparison import Kind, Owner, Weight
from envguard.render import words
from envguard.render.language import clean, comma, given, say

if TYPE_CHECKING:
    from envguard.comparison import Comparison, Difference, Package
    from envguard.model import Finding, Text
    from envguard.render.language import Translator


def names(comparison: Comparison) -> tuple[str, str]:
    """What to call the two: their names, their folders where the names are the same."""
    first, second = comparison.first, comparison.second
    if first.name != second.name:
        return clean(first.name), clean(second.name)
    return clean(first.prefix), clean(second.prefix)


def headline(comparison: Comparison, language: Translator | None) -> str:
    """How much differs."""
    matters, minor = len(comparison.weighing(Weight.MATTERS)), len(comparison.weighing(Weight.MINOR))
    only = len(comparison.only_in(first=True)) + len(comparison.only_in(first=False))
    counts = ((words.MATTER, matters), (words.MINOR, minor), (words.ONE_SIDED, only), (words.SAME, comparison.same))
    return " · ".join(say(given(text, n=n), language) for text, n in counts)


def parts(comparison: Comparison) -> tuple[tuple[Text, tuple[Difference, ...]], ...]:
    """The packages that both have, what matters first."""
    return (
        (words.WHAT_MATTERS, comparison.weighing(Weight.MATTERS)),
        (words.WHAT_IS_MINOR, comparison.weighing(Weight.MINOR)),
    )


def one_sided(comparison: Comparison) -> tuple[tuple[str, tuple[Difference, ...]], ...]:
    """The packages that only one of them has, under its name."""
    first, second = names(comparison)
    return (first, comparison.only_in(first=True)), (second, comparison.only_in(first=False))


def findings(comparison: Comparison) -> tuple[tuple[str, tuple[Finding, ...]], ...]:
    """The findings that only one of them has, under its name."""
    first, second = names(comparison)
    return (first, comparison.findings_first), (second, comparison.findings_second)


def cell(package: Package | None, kinds: tuple[Kind, ...], language: Translator | None) -> str:
    """A package of one side, with just as much of it as tells the difference."""
    if package is None:
        return ""
    build = package.build if {Kind.BUILD, Kind.REBUILD} & set(kinds) else None
    origin = _owner(package, language) if Kind.OWNER in kinds else package.channel if Kind.CHANNEL in kinds else None
    return " ".join(clean(part) for part in (package.version or "?", build, f"({origin})" if origin else None) if part)


def alone(difference: Difference, language: Translator | None) -> str:
    """A package that only one side has."""
    package = difference.first or difference.second
    version = package.version if package else None
    owner = f" ({_owner(package, language)})" if package and package.owner is not Owner.CONDA else ""
    return f"{clean(difference.name)} {clean(version or '?')}{owner}"


def _owner(package: Package, language: Translator | None) -> str:
    return say(words.PIP_OVER_CONDA, language) if package.owner is Owner.PIP_OVER_CONDA else package.owner.value


def kinds(difference: Difference, language: Translator | None) -> str:
    """In what the two differ."""
    return comma(language).join(say(words.KINDS[kind.value], language) for kind in difference.kinds)
