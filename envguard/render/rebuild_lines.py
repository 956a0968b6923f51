"""The plan of a new environment, or what came of it, as paragraphs for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.comparison import Weight
from envguard.model import Verdict
from envguard.render import rebuild_words as own
from envguard.render.commands import command, quoted
from envguard.render.finding_lines import finding_lines
from envguard.render.grid import grid
from envguard.render.language import clean, framed, given, joined, say
from envguard.render.lines import BLANK, Span, Wrap, fix_lines, footer, heading, line, printed, sentences
from envguard.render.text import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.model import Text
    from envguard.rebuild_report import RebuildPlan, RebuildReport, Rebuilt
    from envguard.render.language import Translator
    from envguard.render.lines import Line

_ALL = 1 << 20


def rebuild(
    told: RebuildReport,
    width: int = 80,
    color: bool = False,
    *,
    details: bool = False,
    language: Translator | None = None,
) -> str:
    """What would be made, or what was, as text; `details` names every package and shows the commands."""
    return written(lambda room: tuple(_rebuild(told, room, details, language)), width, color=color)


def sound(plan: RebuildPlan, done: Rebuilt) -> bool:
    """Whether all came that was planned, and can be imported where it could be before."""
    came = {*(each.name for each in plan.packages), *(each.name for each in plan.requirements)}
    well = all(each.after is not False for each in done.imports if each.before and each.name in came)
    return done.failure is None and not done.remains and well


def _rebuild(told: RebuildReport, room: int, details: bool, language: Translator | None) -> Iterator[Line]:
    plan, done = told.plan, told.done
    symbol, title, style = _headline(plan, done)
    yield line(Span(f"{symbol} {say(title, language)}", style), hang=2)
    yield line(Span(say(given(own.AT, prefix=plan.target), language), "soft"), indent=2, wrap=Wrap.WIDE)
    yield line(Span(say(given(own.FROM, prefix=told.prefix), language), "soft"), indent=2, wrap=Wrap.WIDE)
    yield from sentences(own.WHY_NOT, plan.refused, language)
    if plan.instead:
        yield from heading(say(own.INSTEAD, language))
    for fix in plan.instead:
        yield BLANK
        yield from fix_lines(fix, None, plan.environment.platform, language)
    if done is not None:
        yield from _came(told, done, room, details, language)
    elif not plan.refused:
        yield from _planned(plan, details, language)
    yield from footer(told, language)


def _headline(plan: RebuildPlan, done: Rebuilt | None) -> tuple[str, Text, str]:
    if plan.refused:
        return "✗", own.REFUSED, "error"
    if done is None:
        return "→", own.WOULD, "strong"
    if done.failure is not None:
        return "✗", own.FAILED, "error"
    return ("✓", own.DONE, "sound") if sound(plan, done) else ("!", own.PARTLY, "strained")


def _planned(plan: RebuildPlan, details: bool, language: Translator | None) -> Iterator[Line]:
    longest = _ALL if details else 400
    yield from heading(say(given(own.CONDA, n=len(plan.packages)), language))
    yield BLANK
    yield line(say(given(own.DEPTHS[plan.depth], channels=plan.channels), language), indent=2, hang=2)
    changed = tuple(f"{p.name} {p.was} → {p.version}" for p in plan.packages if p.was not in (None, p.version))
    asked = tuple(f"{p.name} {p.version}" for p in plan.packages if p.asked)
    new = tuple(f"{p.name} {p.version}" for p in plan.packages if p.was is None)
    for title, names in ((own.ASKED, asked), (own.CHANGED, changed), (own.NEW, new)):
        if names:
            yield line(_named(title, names, longest, language), indent=2, hang=4)
    if details:
        for package in plan.packages:
            told = f"{package.name} {package.version} {package.build}  {package.channel}"
            yield line(Span(clean(told), "soft"), indent=4, hang=2, wrap=Wrap.WIDE)
    if plan.requirements:
        yield from heading(say(given(own.PIP, n=len(plan.requirements)), language))
        yield BLANK
        for each in (*plan.options, *(requirement.line for requirement in plan.requirements)):
            yield line(Span(clean(each, None), "command"), indent=4, wrap=Wrap.NEVER)
        said = [] if plan.with_dependencies else [say(own.ALL_LISTED, language)]
        said += [say(given(own.CONSTRAINED, n=len(plan.constraints)), language)] if plan.constraints else []
        yield line(", ".join(said), indent=2, hang=2)
        if details:
            yield line(Span(joined(plan.constraints, language, _ALL), "soft"), indent=4, hang=2)
    if plan.carried or plan.kernel is not None:
        yield BLANK
    if plan.carried:
        yield line(say(given(own.CARRIED, files=plan.carried), language), indent=2, hang=2)
    kernel = plan.kernel
    if kernel is not None:
        said_of_it = given(own.KERNEL, name=kernel.name, title=kernel.title, folder=kernel.folder)
        yield line(say(said_of_it, language), indent=2, hang=2)
    yield from sentences(own.LOSES, plan.loses, language)
    yield from sentences(own.GAINS, plan.gains, language)
    yield from sentences(own.KNOWN, plan.remarks, language)
    if details:
        yield from heading(say(own.BY_HAND, language))
        yield BLANK
        for step in plan.commands:
            yield line(Span(command(step, plan.environment.platform), "command"), indent=4, wrap=Wrap.NEVER)
    yield BLANK
    yield line(say(own.APPLY, language), indent=2, hang=2)


def _came(told: RebuildReport, done: Rebuilt, room: int, details: bool, language: Translator | None) -> Iterator[Line]:
    plan = told.plan
    target = quoted(plan.target, plan.environment.platform)  # where it stands in a command
    if done.failure is not None:
        yield BLANK
        yield line(say(done.failure, language), indent=2, hang=2)
    yield from printed(own.SAID, done.output, language)
    if done.half_built:
        yield BLANK
        yield line(say(given(own.HALF_BUILT, folder=plan.target, target=target), language), indent=2, hang=2)
    if done.after is not None:
        yield from heading(say(own.CHECKED, language))
        if not done.remains:
            yield BLANK
            style = "strong" if done.after is Verdict.SOUND else "soft"
            yield line(Span(say(own.NONE_LEFT, language), style), indent=2)
        for finding in done.remains:
            yield BLANK
            yield from finding_lines(finding, plan.environment.platform, details, language)
        yield from _imports(done, room, details, language)
    if done.comparison is not None:
        yield from heading(say(own.DIFFERS, language))
        yield BLANK
        differ = done.comparison.differences
        matter = sum(each.weight is Weight.MATTERS for each in differ)
        ends = {"first": quoted(told.prefix, plan.environment.platform), "second": target}
        counted = given(own.DIFFERENCES, n=len(differ), matters=matter, **ends)
        yield line(say(counted if differ else own.NO_DIFFERENCE, language), indent=2, hang=2)
    yield from sentences(own.LOSES, plan.loses if done.failure is None else (), language)
    # with --yes nobody has seen the plan, hence not that it was loosened
    yield from sentences(own.KNOWN, (*plan.remarks, *done.remarks), language)
    if done.failure is None:
        yield BLANK
        kernel = done.kernel
        if kernel is not None:
            said_of_it = given(own.KERNEL, name=kernel.name, title=kernel.title, folder=kernel.folder)
            yield line(say(said_of_it, language), indent=2, hang=2)
        old = plan.environment
        use = own.USE if old.writable and not old.base else own.USE_BESIDE
        yield line(say(given(use, folder=target), language), indent=2, hang=2)


def _imports(done: Rebuilt, room: int, details: bool, language: Translator | None) -> Iterator[Line]:
    if not done.imports:
        return
    yield from heading(say(own.IMPORTS, language))
    yield BLANK
    shown = [each for each in done.imports if details or not (each.before and each.after)]
    if not shown:
        yield line(say(given(own.IMPORTS_WELL, n=len(done.imports)), language), indent=2, hang=2)
        return
    answers = {True: own.YES, False: own.NO, None: own.UNKNOWN}
    rows = tuple(
        tuple(
            (said,)
            for said in (
                clean(each.name),
                clean(each.module),
                *(say(answers[it], language) for it in (each.before, each.after)),
            )
        )
        for each in shown
    )
    yield from grid(tuple(say(each, language) for each in own.IMPORTS_COLUMNS), rows, room, 2)
    for each in shown:
        if each.says:
            yield line(Span(f"{clean(each.module)}: {clean(each.says)}", "soft"), indent=2, hang=2)


def _named(title: Text, names: tuple[str, ...], longest: int, language: Translator | None) -> str:
    return framed(title, language, names=joined(names, language, longest))
