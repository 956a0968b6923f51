"""What would come back, and what can be taken back, as the rows of tables; for the text and the HTML alike."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from envguard.render import undo_words as own
from envguard.render.language import clauses, clean, comma, given, joined, say
from envguard.undo_report import State

if TYPE_CHECKING:
    from envguard.model import Change, Text
    from envguard.render.language import Translator
    from envguard.undo_report import Checkpoint, Proof, UndoList, Undone, UndoPlan, UndoReport

_COMMAND = 60
_CHANGES = 3

SYMBOLS = {"would": "?", "refused": "✗", "done": "✓", "partly": "!", "nothing": "·"}
STYLES = {"would": "unknown", "refused": "broken", "done": "sound", "partly": "strained", "nothing": "unknown"}
_TITLES = {
    "would": own.WOULD,
    "refused": own.REFUSED,
    "done": own.DONE,
    "partly": own.PARTLY,
    "nothing": own.NOTHING,
}


def kind(told: UndoReport) -> str:
    """What became of it in one word: would, refused, done, partly or nothing."""
    if told.done is not None:
        return "done" if told.done.proof.same and not told.done.left else "partly"
    if told.plan.checkpoint is None:
        return "nothing"
    return "refused" if told.plan.refused else "would"


def title(told: UndoReport) -> Text:
    """The same for a reader; why there is nothing, where there is nothing."""
    return told.plan.refused[0] if kind(told) == "nothing" and told.plan.refused else _TITLES[kind(told)]


def refused(plan: UndoPlan) -> tuple[Text, ...]:
    """Why it is not done, as far as the title does not say it."""
    return plan.refused if plan.checkpoint is not None else plan.refused[1:]


def columns(told: UndoReport) -> tuple[Text, ...]:
    """The heads of what it means for packages."""
    return own.COLUMNS if told.done is None else own.COLUMNS_DONE


def command(checkpoint: Checkpoint, language: Translator | None, longest: int | None = None) -> str:
    """The command that was run, as one would type it; where it has to be short, without the folder of its program."""
    if not checkpoint.command:
        return say(own.NO_COMMAND, language)
    program, *rest = checkpoint.command
    short = program if longest is None else program.replace("\\", "/").rpartition("/")[2] or program
    words = " ".join(word if word == "&&" else shlex.quote(word) for word in (short, *rest))
    return clean(words) if longest is None else clean(words, longest)


def changes(plan: UndoPlan, language: Translator | None) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """What taking back means for packages, each with a cell for every column."""
    return tuple(_change(change, language) for change in plan.changes)


def _change(change: Change, language: Translator | None) -> tuple[tuple[str, ...], ...]:
    now = clean(change.before, 40) if change.before else say(own.ABSENT, language)
    then = clean(change.after, 40) if change.after else say(own.GONE, language)
    return (clean(change.name, 60),), (now,), (then,)


def counts(plan: UndoPlan, language: Translator | None) -> str:
    """How many files would go and come back."""
    return _counted(((own.REMOVES, plan.removes), (own.RESTORES, plan.restores)), language)


def counted(done: Undone, language: Translator | None) -> str:
    """How many went and came back."""
    numbers = ((own.REMOVED, done.removed), (own.RESTORED, done.restored), (own.FETCHED, done.fetched))
    return _counted(numbers, language)


def _counted(numbers: tuple[tuple[Text, tuple[str, ...]], ...], language: Translator | None) -> str:
    said = [say(given(words, n=len(each)), language) for words, each in numbers if each]
    return comma(language).join(said) or say(own.UNCHANGED, language)


def proof(told: Proof, language: Translator | None) -> tuple[str, ...]:
    """What shows that all is as it was, in sentences."""
    same = say(own.SAME if told.same else given(own.NOT_SAME, paths=told.differs), language)
    numbers = ((own.BY_BOOKS, told.by_books), (own.BY_HASH, told.by_hash), (own.BY_DATE, told.by_date))
    ways = tuple(say(given(words, n=n), language) for words, n in numbers if n)
    return (same, say(given(own.PROVEN, ways=ways), language)) if ways else (same,)


def points(told: UndoList, language: Translator | None) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """What can be taken back, the newest first, each with a cell for every column."""
    return tuple(_point(each, told, language) for each in reversed(told.checkpoints))


def _point(each: Checkpoint, told: UndoList, language: Translator | None) -> tuple[tuple[str, ...], ...]:
    state = own.UNFINISHED if each.id in told.unfinished and each.state is State.BEGUN else own.STATES[each.state]
    said = say(state, language)
    if each.failed:
        said = clauses((said, say(own.FAILED, language)), language)
    if len(each.changes) > _CHANGES:
        changed = say(given(own.CHANGED, n=len(each.changes)), language)
    else:
        changed = joined((change.name for change in each.changes), language) or say(own.ABSENT, language)
    return (clean(each.id),), (command(each, language, _COMMAND),), (changed,), (said,)
