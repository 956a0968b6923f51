"""The words of a shell script: what quotes, escapes and variables make of what is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envguard.commands.text import Holes, Located

    Known = Mapping[str, str | None]
    """Variables by name; None where the value is not known."""

_CONTINUED = re.compile(r"\\\n")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_IN_QUOTES = re.compile(r'\\([$`"\\\n])')
_GLOB = re.compile(r"[*?]")
_NAME = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")
_WHICH = re.compile(r"(?:\$\(|`)\s*(?:which|command\s+-v|type\s+-p)\s+([\w./+-]+)\s*(?:\)|`)")


class Words:
    """Reads the words of one script; what cannot be known is a hole in them."""

    def __init__(self, text: Located, holes: Holes) -> None:
        self.text = text
        self.holes = holes

    def raw(self, node: Any) -> str:
        """A node as it stands in the script."""
        return self.text.text[node.start_byte : node.end_byte]

    def fields(self, node: Any, known: Known) -> list[str]:
        """The words that one word of the script becomes: a variable outside quotes may hold several or none."""
        fields: list[str] = []
        begun = False
        for text, split in self._pieces(node, known):
            if not split:
                if begun:
                    fields[-1] += text
                else:
                    fields.append(text)
                begun = True
                continue
            parts = text.split()
            if not parts:
                begun = begun and not text
                continue
            if begun and not text[0].isspace():
                fields[-1] += parts.pop(0)
            fields += parts
            begun = not text[-1].isspace()
        return fields

    def joined(self, node: Any, known: Known) -> str:
        """One word of the script as one text, as inside quotes."""
        return "".join(text for text, _ in self._pieces(node, known))

    def _pieces(self, node: Any, known: Known) -> Iterator[tuple[str, bool]]:
        """The parts of a word, each with whether the shell splits it at blanks."""
        kind, raw = node.type, self.raw(node)
        if kind in ("command_name", "concatenation"):
            if not node.named_children:
                yield raw, False
            at = node.start_byte
            for child in node.named_children:
                if child.start_byte > at:
                    yield self.text.text[at : child.start_byte], False
                yield from self._pieces(child, known)
                at = child.end_byte
            if at < node.end_byte:
                yield self.text.text[at : node.end_byte], False
        elif kind == "raw_string":
            yield raw[1:].removesuffix("'"), False
        elif kind == "string":
            yield self._quoted(node, known), False
        elif kind in ("simple_expansion", "expansion"):
            found = _NAME.fullmatch(raw)
            value = known.get(found[1]) if found else None
            yield (value, True) if value is not None else (self.holes.hole(self.holes.written(raw)), False)
        elif kind in (
            "word",
            "number",
            "variable_name",
            "file_descriptor",
            "test_operator",
            "regex",
            "variable_assignment",
        ):
            word = _ESCAPE.sub(r"\1", _CONTINUED.sub("", raw))
            yield (self.holes.hole(self.holes.written(word)) if _GLOB.search(_ESCAPE.sub("", raw)) else word), False
        elif kind == "command_substitution" and (found := _WHICH.fullmatch(raw)):
            yield found[1], False  # where that program is: the same as its name
        elif kind == "ansi_c_string":
            yield _decoded(raw[2:-1]), False
        elif kind == "translated_string" and node.named_children:
            yield self._quoted(node.named_children[0], known), False
        else:
            yield self.holes.hole(self.holes.written(raw)), False

    def _quoted(self, node: Any, known: Known) -> str:
        parts: list[str] = []
        at, end = node.start_byte + 1, node.end_byte
        end -= self.text.text[at:end].endswith('"')  # which the parser puts in where it is missing
        for child in node.named_children:
            if child.type == "string_content":
                continue
            parts.append(_IN_QUOTES.sub(_unescaped, self.text.text[at : child.start_byte]))
            parts += [text for text, _ in self._pieces(child, known)]
            at = child.end_byte
        parts.append(_IN_QUOTES.sub(_unescaped, self.text.text[at:end]))
        return "".join(parts)


def _unescaped(found: re.Match[str]) -> str:
    return "" if found[1] == "\n" else found[1]


def _decoded(text: str) -> str:
    """What `$'…'` holds; only the escapes that people use."""
    known = {"n": "\n", "t": "\t"}
    return _ESCAPE.sub(lambda found: known.get(found[1], found[1]), text)
