"""Markup as values, written out in one place, so that nothing can reach a page unescaped."""

from __future__ import annotations

import html

from envguard.value import value

_VOID = frozenset({"meta"})
_NO_TEXT_ESCAPES = frozenset({"style"})


@value
class Element:
    """A tag with attributes and children; a string among the children is text, never markup."""

    tag: str
    attributes: tuple[tuple[str, str], ...]
    children: tuple[Node, ...]

    def having(self, name: str, value: str) -> Element:
        """The element with one more attribute."""
        return Element(self.tag, (*self.attributes, (name, value)), self.children)


Node = Element | str | tuple["Node", ...]
"""A tuple stands for the nodes in it, one after the other."""


def element(tag: str, *children: Node | None, **attributes: str) -> Element:
    """An Element. `class_="x"` is the attribute class, `aria_label="x"` is aria-label; a child that is None is left out."""
    named = tuple((name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items())
    return Element(tag, named, tuple(child for child in children if child is not None))


def write(node: Node) -> str:
    """The markup of a node; every text and every attribute is escaped here."""
    if isinstance(node, str):
        return html.escape(node)
    if isinstance(node, tuple):
        return "".join(map(write, node))
    opening = "".join(f' {name}="{html.escape(value)}"' for name, value in node.attributes)
    if node.tag in _VOID:
        return f"<{node.tag}{opening}>"
    return f"<{node.tag}{opening}>{_inside(node)}</{node.tag}>"


def _inside(node: Element) -> str:
    if node.tag not in _NO_TEXT_ESCAPES:
        return "".join(map(write, node.children))
    # HTML knows no escapes inside <style>; so only text that cannot end it is let in.
    content = "".join(child for child in node.children if isinstance(child, str))
    if "<" in content:
        raise ValueError("a style sheet must not contain '<'")
    return content
