r"""Makes sentences of `Text`, in whatever language a translator speaks; that of this process when there is none.

Templates come from envguard, arguments come from the environment under suspicion. So every argument is cleaned: what
a terminal, a browser or a reader's eye could be misled by is shown as an escape (`\x1b`, `\u202e`), and what is
longer than a line or two is cut. Filling a template never fails, whatever braces a template or an argument holds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.languages import ENGLISH, spoken, translator
from envguard.model import Text
from envguard.render.words import AND_MORE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from envguard.languages import Translator as Translator
    from envguard.model import Argument

LONGEST = 200
"""How many characters of one argument are shown."""

_COMMA, _SEMICOLON, _COLON, _BRACKETED = Text(", "), Text("; "), Text(": "), Text(" ({said})")
_CLAUSES = Text("{first}, {second}")
_FIELD = re.compile(r"\{\{|\}\}|\{(\w+)\}")


def say(text: Text, language: Translator | None = None) -> str:
    """The sentence of a Text: looked up, its arguments cleaned and put in."""
    template = looked_up(text, language)
    for name, value in text.args.items():
        if isinstance(value, Text):
            template = _closed(template, f"{{{name}}}", say(value, language))
    return filled(template, text, lambda value: shown(value, language))


def _without_spaces(sign: str) -> bool:
    """Whether a sign is one of Chinese, in which no spaces stand between words."""
    return "\u3000" <= sign <= "\u9fff" or "\uff00" <= sign <= "\uffef"


def _closed(template: str, field: str, said: str) -> str:
    """A template without the spaces around a field, which are for a name, if words of ours in a script without any go there."""
    before, found, after = template.partition(field)
    if found and _without_spaces(said[:1]) and _without_spaces(before[-2:-1]):
        before = before.removesuffix(" ")
    if found and _without_spaces(said[-1:]) and _without_spaces(after[1:2]):
        after = after.removeprefix(" ")
    return f"{before}{found}{after}"


def looked_up(text: Text, language: Translator | None) -> str:
    """The template of a Text in the language, for the number it has."""
    n = text.args.get("n")
    return (language or translator(spoken()))(text.text, text.plural, n if isinstance(n, int) else 0)


def filled(template: str, text: Text, tell: Callable[[Argument], str]) -> str:
    """A template, or a part of one, with the arguments of a Text in it; what names no argument stays as it is."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0][0]
        return tell(text.args[name]) if name in text.args else match[0]

    return _FIELD.sub(value, template)


def spoken_tag() -> str:
    """The language of this process as HTML names it, such as `zh-CN`."""
    return spoken().replace("_", "-")


def lang_of(language: Translator | None) -> dict[str, str]:
    """The attribute that a fragment needs in a page of another language; a translator of the caller's own tells none."""
    return {} if language is not None or spoken() == ENGLISH else {"lang": spoken_tag()}


def clean(value: str, longest: int | None = LONGEST) -> str:
    """A foreign string made harmless: unprintable characters as escapes, the rest of a long one as an ellipsis."""
    if longest is not None and len(value) > longest:
        value = value[: longest - 1]
        return _visible(value)[: longest - 1] + "…"
    value = _visible(value)
    return value if longest is None or len(value) <= longest else value[: longest - 1] + "…"


def joined(names: Iterable[str], language: Translator | None = None, longest: int = LONGEST) -> str:
    """A list of names; of a long list the first ones and how many more there are."""
    shown = [clean(name) for name in names]
    kept = 0
    for name in shown:
        longest -= len(name) + 2
        if kept and longest < 0:
            break
        kept += 1
    told = comma(language).join(shown[:kept])
    return told if kept == len(shown) else f"{told} {say(given(AND_MORE, n=len(shown) - kept), language)}"


def comma(language: Translator | None = None) -> str:
    """What stands between the things of a list."""
    return looked_up(_COMMA, language)


def clauses(parts: Iterable[str], language: Translator | None = None) -> str:
    """Statements one after the other, as far as there are any."""
    said = ""
    for each in filter(None, parts):
        said = framed(_CLAUSES, language, first=said, second=each) if said else each
    return said


def semicolon(language: Translator | None = None) -> str:
    """What stands between sentences in one line."""
    return looked_up(_SEMICOLON, language)


def colon(language: Translator | None = None) -> str:
    """What stands between a name and what is said of it."""
    return looked_up(_COLON, language)


def bracketed(said: str, language: Translator | None = None) -> str:
    """A remark behind a word."""
    return framed(_BRACKETED, language, said=said)


def labelled(label: Text, language: Translator | None = None) -> str:
    """A word in front of what it announces, with the space that a colon of full width has in itself."""
    said = say(label, language)
    return said if said.endswith("：") else f"{said} "


def given(text: Text, **args: Argument) -> Text:
    """One of the fixed words with its arguments."""
    return Text(text.text, args, text.plural)


def framed(text: Text, language: Translator | None = None, **parts: str | int) -> str:
    """A sentence of ours around parts that are said already: put in as they are, and whole."""
    told = Text(text.text, {**text.args, **parts}, text.plural)
    return filled(looked_up(told, language), told, str)


def shown(value: Argument, language: Translator | None) -> str:
    """An argument as a reader sees it."""
    if isinstance(value, Text):
        return say(value, language)
    if isinstance(value, tuple):
        return joined(value, language)
    return clean(str(value))


def _visible(value: str) -> str:
    # Unprintable covers control characters, bidi overrides, zero-width and other format characters, line separators,
    # lone surrogates (file names that are no UTF-8) and every space but the plain one.
    if value.isprintable():
        return value
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in value)
