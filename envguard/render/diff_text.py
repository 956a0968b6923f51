"""Two environments side by side for a terminal."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from envguard.render import outline, pairs, words
from envguard.render.cells import cells, cut, wrapped
from envguard.render.language import bracketed, clean, colon, comma, given, say
from envguard.render.lines import BLANK, Line, Span, Wrap, footer, heading, line
from envguard.render.text import written
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.comparison import Comparison
    from envguard.render.language import Translator

WIDEST = 120
_NAME, _KINDS, _SHOWN = 0.26, 16, 40


def comparison(
    told: Comparison, width: int = 80, color: bool = False, *, details: bool = False, language: Translator | None = None
) -> str:
    """The comparison as text of at most `width` columns."""
    return written(lambda room: tuple(_Teller(told, room, details, language).tell()), width, color=color)


@value
class _Teller:
    """The comparison with the choices that every part of the telling needs."""

    comparison: Comparison
    width: int
    details: bool
    language: Translator | None

    def tell(self) -> Iterator[Line]:
        told, language = self.comparison, self.language
        first, second = pairs.names(told)
        symbol, style = ("≠", "strained") if told.matters else ("=", "sound")
        yield line(Span(symbol, style), "  ", Span(pairs.headline(told, language), "strong"), hang=3)
        for name, side in ((first, told.first), (second, told.second)):
            python = given(words.PYTHON, version=side.python_version) if side.python_version else words.NO_PYTHON
            prefix = "" if name == clean(side.prefix) else f"{clean(side.prefix)} · "
            yield line(
                Span(name, "strong"), Span(f"  {prefix}{say(python, language)}", "soft"), indent=3, wrap=Wrap.WIDE
            )
        for note in told.notes:
            yield line(Span("? ", "unknown"), say(note, language), indent=3, hang=2)
        if not told.differences:
            yield BLANK
            yield line(say(words.NO_DIFFERENCE, language), indent=3)
        for title, differences in pairs.parts(told):
            if differences:
                yield from heading(say(title, language))
                yield from self.row("", first, second, "", "soft")
                shown = differences if self.details else differences[:_SHOWN]
                for each in shown:
                    left, right = (pairs.cell(one, each.kinds, self.language) for one in (each.first, each.second))
                    yield from self.row(clean(each.name), left, right, pairs.kinds(each, language))
                yield from self.more(len(differences) - len(shown))
        for name, differences in pairs.one_sided(told):
            if differences:
                yield from heading(
                    f"{say(given(words.ONLY_IN, name=name), language)}{bracketed(str(len(differences)), self.language)}"
                )
                shown = differences if self.details else differences[:_SHOWN]
                yield line(
                    comma(self.language).join(pairs.alone(each, self.language) for each in shown), indent=2, hang=2
                )
                yield from self.more(len(differences) - len(shown))
        for name, findings in pairs.findings(told):
            if findings:
                yield from heading(say(given(words.FINDINGS_ONLY_IN, name=name), language))
            for finding in findings:
                symbol = words.SEVERITY_SYMBOLS[finding.severity]
                severity = f"{symbol} {say(words.SEVERITIES[finding.severity], language)}"
                subject = f"  {outline.code(finding)} {clean(finding.subject)}{colon(self.language)}"
                yield line(
                    Span(severity, finding.severity.value),
                    Span(subject, "strong"),
                    say(finding.message, language),
                    indent=2,
                    hang=2,
                )
        yield from footer(told, language)

    def more(self, n: int) -> Iterator[Line]:
        if n > 0:
            yield line(Span(say(given(words.AND_MORE, n=n), self.language), "soft"), indent=2)

    def row(self, name: str, left: str, right: str, kinds: str, style: str = "") -> Iterator[Line]:
        """One package; a long name or version takes more rows of its own column."""
        room = min(self.width, WIDEST) - 2
        wide = int(room * _NAME)
        last = _KINDS if room > 60 else 0
        lane = (room - wide - last - (6 if last else 4)) // 2
        columns = [(cut(name, wide), wide), (left, lane), (right, lane), *([(kinds, last)] if last else [])]
        rows = zip_longest(*(list(wrapped(said, size)) for said, size in columns), fillvalue="")
        for row in rows:
            told = "  ".join(said + " " * (size - cells(said)) for said, (_, size) in zip(row, columns, strict=True))
            head, rest = told[: len(told) - last] if last else told, told[len(told) - last :] if last else ""
            yield line(Span(head, style), Span(rest.rstrip(), "soft"), indent=2, wrap=Wrap.NEVER)
