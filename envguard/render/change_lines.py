"""What an install has made worse, in a few lines under the cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import text
from envguard.render import outline
from envguard.render.cells import cut
from envguard.render.language import clean, colon, comma, given, labelled, say, semicolon
from envguard.render.words import AND_MORE, SEVERITY_SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.change_report import Aftermath, Changed
    from envguard.model import Change, Finding, Text
    from envguard.render.language import Translator

WIDTH = 200
FINDINGS_SHOWN = 3
_CHANGES_SHOWN = 4


def lines(told: Aftermath, language: Translator | None = None, *, undo: bool = False) -> tuple[str, ...]:
    """One line of what changed and what of the kernel is stale, one for each of the first findings, one for the rest.

    With `undo` the last one names the way back.
    """
    return tuple(_lines(told, language, undo=undo))


def _lines(told: Aftermath, language: Translator | None, *, undo: bool) -> Iterator[str]:
    sentence = _changes(told.changed, language)
    if told.between:
        sentence = f"{labelled(text('since the last cell:'), language)}{sentence}"
    if told.stale:
        sentence += f"{semicolon(language)}{_stale(told.stale, language)}"
    yield f"envguard: {sentence}"
    shown = told.findings[:FINDINGS_SHOWN]
    for finding in shown:
        yield cut(f"  {_finding(finding, language)}", WIDTH)
    if told.findings:
        more = len(told.findings) - len(shown)
        rest = f"{say(given(AND_MORE, n=more), language)}{semicolon(language)}" if more else ""
        yield f"  {rest}{say(text('%envcheck tells more'), language)}"
    if undo:
        yield f"  {say(text('`%envguard undo` takes it back'), language)}"


def _changes(changed: Changed, language: Translator | None) -> str:
    every = [(done.actor, change) for done in changed.done for change in done.changes]
    # what was replaced says more than what came
    every.sort(key=lambda item: (item[1].before is None, item[1].before == item[1].after))
    said = [say(_change(change, actor), language) for actor, change in every[:_CHANGES_SHOWN]]
    rest = len(every) - len(said)
    return (
        f"{comma(language).join(said)} {say(given(AND_MORE, n=rest), language)}" if rest else comma(language).join(said)
    )


def _change(change: Change, actor: str | None) -> Text:
    by = actor or "?"
    if change.before is None:
        added = {"name": change.name, "version": change.after or "?", "by": by}
        return text("{name} {version} added ({by})", **added) if actor else text("{name} {version} added", **added)
    if change.after is None:
        gone = {"name": change.name, "version": change.before, "by": by}
        return text("{name} {version} removed ({by})", **gone) if actor else text("{name} {version} removed", **gone)
    if change.before == change.after:
        again = {"name": change.name, "version": change.after, "by": by}
        if actor:
            return text("{name} {version} installed once more ({by})", **again)
        return text("{name} {version} installed once more", **again)
    other = {"name": change.name, "before": change.before, "after": change.after, "by": by}
    return text("{name} {before} → {after} ({by})", **other) if actor else text("{name} {before} → {after}", **other)


def _stale(names: tuple[str, ...], language: Translator | None) -> str:
    said = text(
        "{names} is stale in this kernel: restart it",
        "{names} are stale in this kernel: restart it",
        names=names,
        n=len(names),
    )
    return say(said, language)


def _finding(finding: Finding, language: Translator | None) -> str:
    said, subject = say(finding.message, language), clean(finding.subject)
    about = said if subject in said else f"{subject}{colon(language)}{said}"
    return f"{SEVERITY_SYMBOLS[finding.severity]} {outline.code(finding)} {clean(finding.rule)}{colon(language)}{about}"
