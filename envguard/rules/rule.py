"""What a rule is: an id, a docstring that is its page, and a function from facts to what it found."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from envguard.model import Certainty, Evidence, Finding, Fix, Severity, Text
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envguard.facts import Environment


@value
class Found:
    """What a rule's function yields; the rule stamps its id, code and severity on it.

    `severity` is given only where one occurrence weighs less than the rule in general.
    """

    subject: str
    message: Text
    evidence: tuple[Evidence, ...]
    consequence: Text | None = None
    fixes: tuple[Fix, ...] = ()
    severity: Severity | None = None
    certainty: Certainty = Certainty.CERTAIN


@value
class Rule:
    """One rule. `needs` names the sections of Environment without which it cannot decide."""

    id: str
    code: int
    severity: Severity
    needs: tuple[str, ...]
    check: Callable[[Environment], Iterator[Found]]
    default: bool = True
    """Whether it runs without being asked for by name."""

    def __call__(self, env: Environment) -> Iterator[Finding]:
        """The findings of this rule; raises CannotTell where it cannot decide."""
        for found in self.check(env):
            yield Finding(
                rule=self.id,
                code=self.code,
                severity=found.severity or self.severity,
                certainty=found.certainty,
                subject=found.subject,
                message=found.message,
                consequence=found.consequence,
                evidence=found.evidence,
                fixes=found.fixes,
            )

    @property
    def title(self) -> str:
        """The first line of the page."""
        return self.page.partition("\n")[0]

    @property
    def page(self) -> str:
        """The whole page, in Markdown: title, what it means, why it matters, how to repair."""
        return inspect.cleandoc(self.check.__doc__ or "")

    def named(self, selector: str) -> bool:
        """Whether a selector of the command line (`id`, `EG102` or `102`) means this rule."""
        return selector.lower() in (self.id, f"eg{self.code}", str(self.code))


def rule(
    id: str,  # noqa: A002 - the field's name, and the word of the design
    *,
    code: int,
    severity: Severity,
    needs: tuple[str, ...],
    default: bool = True,
) -> Callable[[Callable[[Environment], Iterator[Found]]], Rule]:
    """Makes a Rule of a function whose docstring is the rule's page."""

    def make(check: Callable[[Environment], Iterator[Found]]) -> Rule:
        return Rule(id, code, severity, needs, check, default)

    return make
