"""What a plan and a repair come to in a word and in rows; for the text and the HTML alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Fix, Safety, Verdict
from envguard.render import repair_words as own
from envguard.render import words
from envguard.render.language import clean, framed, given, joined, say, semicolon

if TYPE_CHECKING:
    from envguard.model import Change, Finding, Text
    from envguard.render.language import Translator
    from envguard.repair_report import Choice, PlannedStep, RepairReport

SYMBOLS = {
    "nothing": "✓",
    "untold": "?",
    "would": "?",
    "partly-would": "?",
    "no-step": "!",
    "refused": "✗",
    "done": "✓",
    "partly": "!",
    "back": "✗",
    "half": "✗",
}
STYLES = {
    "nothing": "sound",
    "untold": "unknown",
    "would": "unknown",
    "partly-would": "unknown",
    "no-step": "strained",
    "refused": "broken",
    "done": "sound",
    "partly": "strained",
    "back": "broken",
    "half": "broken",
}
_TITLES = {
    "nothing": own.NOTHING,
    "untold": own.UNTOLD,
    "would": own.WOULD,
    "partly-would": own.PARTLY_WOULD,
    "no-step": own.NO_STEP,
    "refused": own.REFUSED,
    "done": own.DONE,
    "partly": own.PARTLY,
    "back": own.BACK,
    "half": own.HALF,
}


def kind(told: RepairReport) -> str:
    """What became of it in one word."""
    plan, done = told.plan, told.done
    if done is not None:
        if done.taken_back is not None:
            return "back" if done.taken_back else "half"
        if done.failure is not None:
            return "half"
        return "partly" if done.remains or done.new else "done"
    left = (*plan.proof.remains, *plan.proof.new)
    if plan.refused:
        return "refused" if left or plan.unfinished or plan.verdict is Verdict.UNKNOWN else "nothing"
    if not plan.steps:
        return "no-step" if left else "untold" if plan.verdict is Verdict.UNKNOWN else "nothing"
    return "partly-would" if left else "would"


def title(told: RepairReport) -> Text:
    """The same for a reader."""
    return _TITLES[kind(told)]


def verdicts(told: RepairReport, language: Translator | None) -> str:
    """From which verdict to which."""
    before, after = (
        (told.plan.verdict, told.plan.proof.verdict) if told.done is None else (told.done.before, told.done.after)
    )
    if kind(told) in ("nothing", "untold", "refused", "no-step"):
        return _verdict(before, language)
    return framed(own.FROM_TO, language, before=_verdict(before, language), after=_verdict(after, language))


def _verdict(verdict: Verdict, language: Translator | None) -> str:
    return say(words.VERDICTS[verdict], language)


def as_fix(step: PlannedStep) -> Fix:
    """A step in the form of a way out, whose commands are told in the same manner."""
    return Fix(step.title, (step.step,), Safety.SAFE)


def note(step: PlannedStep, language: Translator | None) -> str:
    """Who does it, where it is not the program that the command names."""
    by = own.BY[step.by]
    said = [say(each, language) for each in (by, step.source) if each is not None]
    return semicolon(language).join(said)


def columns(told: RepairReport) -> tuple[Text, ...]:
    """The heads of what it means for imports."""
    return own.COLUMNS if told.done is None else own.COLUMNS_DONE


def changes(told: RepairReport, language: Translator | None) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """What it means for imports, each with a cell for every column."""
    if told.done is not None and told.done.taken_back:
        return ()
    found = told.plan.changes if told.done is None else told.done.changes
    return tuple(_change(each, language) for each in found)


def _change(change: Change, language: Translator | None) -> tuple[tuple[str, ...], ...]:
    absent = say(own.ABSENT, language)
    before, after = (clean(each, 40) if each else absent for each in (change.before, change.after))
    return (clean(change.name, 60),), (before,), (after,)


def choice(told: Choice, language: Translator | None) -> tuple[str, str]:
    """Whose a package is to be, and what else could be chosen."""
    says = given(own.KEEPS[told.keeps], package=told.package, conda=told.conda, name=told.name, pip=told.pip)
    return say(says, language), say(told.otherwise, language)


def cleared(found: tuple[Finding, ...], language: Translator | None) -> str:
    """How many findings go, by their rules and subjects."""
    if not found:
        return say(own.NOT_CLEARED, language)
    names = tuple(f"{each.rule} {each.subject}" for each in found)
    return framed(own.CLEARED, language, n=len(found), names=joined(names, language))
