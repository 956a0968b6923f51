"""What a translation must keep of the sentence it translates."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.catalog.sources import Message

_FIELD = re.compile(r"\{\w+\}|%\d")
_CODE = re.compile(r"`[^`\n]+`")
_FULL_WIDTH = re.compile("[，。：；！？、（）]")


def problems(wanted: dict[str, Message], known: dict[str, tuple[str | None, str]]) -> Iterator[str]:
    """What is missing, what is unused, and what does not say the same."""
    for text, each in wanted.items():
        if text not in known:
            yield f"not translated: {text!r} ({', '.join(sorted(each.files))})"
            continue
        plural, said = known[text]
        if plural != each.plural:
            yield f"other plural: {text!r}: {plural!r}"
        yield from _differs(each, said)
    yield from (f"unused: {text!r}" for text in known if text not in wanted)


def _differs(each: Message, said: str) -> Iterator[str]:
    templates = [each.text, *([each.plural] if each.plural is not None else [])]
    # a number may be told as a word in one of two English forms: "a file", "{n} files"
    if set(_FIELD.findall(said)) not in [set(_FIELD.findall(one)) for one in templates]:
        yield f"other fields: {each.text!r}: {said!r}"
    if Counter(_CODE.findall(said)) != Counter(_CODE.findall(each.text)):
        yield f"other code: {each.text!r}: {said!r}"
    # a sign of full width has its space in itself
    ends = ((each.text[0], said[0]), (each.text[-1], said[-1]))
    if any(one.isspace() != other.isspace() and not _FULL_WIDTH.match(other) for one, other in ends):
        yield f"other space at an end: {each.text!r}: {said!r}"
    # Lab gives every template to its own `%1`, which would change these
    if re.search(r"%%|%\d", each.text) and re.search(r"\{\w+\}", each.text):
        yield f"a per cent sign that Lab would take for its own: {each.text!r}"
    prose = _CODE.sub("", _FIELD.sub("", said))
    if re.search(r"[\u4e00-\u9fff][,;:?!]|[\u4e00-\u9fff]\.(?:\s|$)|[\u4e00-\u9fff]\(", prose):
        yield f"punctuation of half width in Chinese: {said!r}"
