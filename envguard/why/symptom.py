"""What one error says, taken apart: its type and the names and numbers in it. The sentence round them means nothing.

A message is cut to a bounded length before anything is looked for in it, and every pattern is linear in it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property

from envguard.value import value

LONGEST = 8000
"""Characters of a message that are looked at."""

_DELIMITERS = re.compile(r"[\s'\"`´‘’‚“”„«»「」『』,;()\[\]{}<>=：，；、。]+")
_QUOTED = re.compile(r"['\"`‘“„«「]([^'\"`´‘’“”„«»「」\n]{1,300})['\"´’”“»」]")
_LIBRARY = re.compile(r"(?:\.so(?:\.\d+){0,5}|\.\d+\.dylib|\.dylib|\.dll|\.pyd)$", re.IGNORECASE)
_TAG = re.compile(r"[A-Z][A-Z0-9]{1,30}(?:_[A-Z]{1,20}){0,3}_\d+(?:[._]\d+){0,4}[a-z]?")
_SYMBOL = re.compile(r"[A-Za-z_.$][\w.$@:~]{1,2000}", re.ASCII)
_TELLING = re.compile(r"[_\d$@]|[a-z][A-Z]|^[A-Z]{2}", re.ASCII)
"""What a symbol has, and a word of a sentence has not."""
_NUMBER = re.compile(r"(?<![\w.])\d{1,12}(?![\w.]*\w)")
_HEX = re.compile(r"(?<!\w)0x[0-9a-fA-F]{1,12}(?!\w)")
_VERSION = re.compile(r"(?<![\w.])\d{1,6}(?:\.\d{1,6}){1,3}(?![\w])")
_TRIPLE = re.compile(r"\((\d{1,5}), ?(\d{1,5}), ?(\d{1,5})\)")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w{0,100}(?:\.[A-Za-z_]\w{0,100}){0,12}")
_PYTHONS_OWN = (
    ("ModuleNotFoundError", re.compile(r"No module named ['\"]?[\w.]")),
    ("ImportError", re.compile(r"cannot import name ['\"]")),
    ("AttributeError", re.compile(r"has no attribute ['\"]|_ARRAY_API\b")),
)
"""Sentences of Python itself, which it says in English everywhere, for a text without the type."""


@value
class Symptom:
    """One error."""

    kind: str | None
    """The name of its type, without the module; None where the text does not tell."""
    message: str
    frames: tuple[str, ...] = ()
    """The files of its traceback, the one in which it was raised last."""
    name: str | None = None
    """The module that an ImportError itself says it is about."""
    path: str | None = None

    @property
    def said(self) -> str:
        """The error in one line."""
        first = " ".join(self.message.split())
        return f"{self.kind}: {first}" if self.kind and first else self.kind or first

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """The words, a colon at the end of one kept."""
        return tuple(filter(None, _DELIMITERS.split(self.message)))

    @cached_property
    def words(self) -> frozenset[str]:
        """The words in lower case, without the punctuation round them."""
        return frozenset(token.strip(".:!?*#-").lower() for token in self.tokens)

    @cached_property
    def libraries(self) -> tuple[str, ...]:
        """Shared libraries and extension modules, as they are named: with or without a folder."""
        named = (token.rstrip(".:!?") for token in self.tokens)
        quoted = (text for text in self.quoted if _LIBRARY.search(text))
        return tuple(dict.fromkeys((*quoted, *(token for token in named if _LIBRARY.search(token)))))

    @cached_property
    def quoted(self) -> tuple[str, ...]:
        """What stands in quotes, of whatever language."""
        return tuple(match[1] for match in _QUOTED.finditer(self.message))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The identifiers in quotes, and the one that Python itself names."""
        found: list[str] = [text for text in self.quoted if _IDENTIFIER.fullmatch(text)]
        if not found and self.kind == "ModuleNotFoundError" and self.tokens:
            bare = self.tokens[-1].rstrip(".:!?")  # `python -m pip` names it without quotes
            found = [bare] if _IDENTIFIER.fullmatch(bare) else []
        if self.kind == "ModuleNotFoundError" and self.name:
            found = [self.name, *(each for each in found if each != self.name)]
        return tuple(found)

    @cached_property
    def symbol(self) -> str | None:
        """The symbol that the loader did not find."""
        for before, part in _colons(self.message):
            words = part.lstrip("'\"‘“` (").split(maxsplit=1)
            token = words[0].rstrip(".,;:'\"’”`´)") if words else ""
            if not _SYMBOL.fullmatch(token) or _LIBRARY.search(token) or _TAG.fullmatch(token):
                continue
            rest = part.lstrip("'\"‘“` (")[len(token) :]
            after = rest.strip()
            alone = not after or rest[0] in ",.…'\"’”´)\n" or after.startswith(("(", "version", "Referenced"))
            in_file = any(_LIBRARY.search(each) and ("/" in each or "\\" in each) for each in _named(before))
            telling = _TELLING.search(token) and (any(map(_LIBRARY.search, _named(before))) or _looks_mangled(token))
            if alone and not token.startswith(("/", ".")) and (in_file or telling or "symbol" in before.lower()):
                return token.partition("@")[0]
        return None

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """Versions of symbols, such as GLIBCXX_3.4.29."""
        return tuple(dict.fromkeys(t for token in self.tokens if _TAG.fullmatch(t := token.strip(".:!?"))))

    @cached_property
    def missing(self) -> str | None:
        """The library that the loader did not find, where this is what the error says."""
        if self.symbol or self.tags:
            return None
        for token in self.tokens:
            if token.endswith(":") and _LIBRARY.search(token.rstrip(":")):
                return token.rstrip(":")
            if token.startswith("@") and _LIBRARY.search(token.rstrip(".:")):
                return token.rstrip(".:")
        if self.kind in ("FileNotFoundError", "OSError") and self.libraries:
            return self.libraries[0]
        return None

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """Plain numbers, in their order."""
        return tuple(int(match[0]) for match in _NUMBER.finditer(self.message))

    @cached_property
    def hexes(self) -> tuple[int, ...]:
        """Numbers such as 0x10."""
        return tuple(int(match[0], 16) for match in _HEX.finditer(self.message))

    @cached_property
    def versions(self) -> tuple[str, ...]:
        """Numbers with dots."""
        return tuple(match[0] for match in _VERSION.finditer(self.message))

    @cached_property
    def triples(self) -> tuple[tuple[int, ...], ...]:
        """Versions such as (8, 3, 2)."""
        return tuple(tuple(map(int, match.groups())) for match in _TRIPLE.finditer(self.message))

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Every path it names: libraries, quoted ones, the one of an ImportError; the files of the traceback apart."""
        bare = (token.rstrip(".:!?") for token in self.tokens if "/" in token or "\\" in token)
        quoted = (text for text in self.quoted if "/" in text or "\\" in text)
        return tuple(dict.fromkeys(filter(None, (self.path, *quoted, *bare))))

    def mentions(self, *words: str) -> bool:
        """Whether every one of the names is among the words."""
        return all(word.lower() in self.words for word in words)

    def has(self, part: str) -> bool:
        """Whether a name occurs as part of a word."""
        return part.lower() in self.message.lower()


def symptom(kind: str | None, message: str, frames: tuple[str, ...] = ()) -> Symptom:
    """An error of which only the text is known."""
    message = message[:LONGEST]
    if kind is None:
        kind = next((name for name, pattern in _PYTHONS_OWN if pattern.search(message)), None)
    return Symptom(kind, message, frames)


def about(found: Symptom, name: object, path: object) -> Symptom:
    """The same with what an ImportError tells of itself, if that is what it should be."""
    return replace(found, name=name if isinstance(name, str) else None, path=path if isinstance(path, str) else None)


def base(path: str) -> str:
    """The last part of a path of whatever system."""
    return path.replace("\\", "/").rpartition("/")[2]


def _colons(message: str) -> list[tuple[str, str]]:
    """What follows each colon of a line, the last one first, with what precedes it in the line."""
    found: list[tuple[str, str]] = []
    for line in message.splitlines()[:40]:
        parts = re.split(r": |：", line)
        found.extend((": ".join(parts[:n])[-2000:], parts[n]) for n in reversed(range(1, min(len(parts), 8))))
    return found


def _named(before: str) -> list[str]:
    return [token.rstrip(".:!?") for token in _DELIMITERS.split(before)]


def _looks_mangled(token: str) -> bool:
    return token.startswith(("_Z", "__")) or bool(re.search(r"_\d+_\d+$", token))
