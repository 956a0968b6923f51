"""The line that says what goes on, how far it is, and how it went."""

from __future__ import annotations

import time
from html import escape

import ipywidgets

from envguard.model import Text, text
from envguard.render.element import write
from envguard.render.language import framed, say
from envguard.render.sentence import coded

_DETAILS = text("Details")
_EVERY = 0.2
"""Seconds between two drawings: each is a message to the browser."""
_HASHED = Text("{done} of {total} GB")


class Status(ipywidgets.HTML):  # type: ignore[misc]
    """A line that a screen reader speaks; failures at once, all else when it has nothing better to do."""

    def __init__(self) -> None:
        super().__init__()
        self.add_class("envguard-panel-status")
        self._drawn = 0.0

    def say(self, line: str, more: str = "", *, failed: bool = False) -> None:
        """Shows a line, and what is folded below it."""
        folded = (
            f"<details><summary>{escape(say(_DETAILS))}</summary><pre>{escape(more)}</pre></details>" if more else ""
        )
        role = 'role="alert"' if failed else 'role="status" aria-live="polite"'
        self.value = f"<span {role}>{write(coded(line))}</span>{folded}"

    def busy(self, line: str) -> None:
        """Shows that something goes on of which nobody knows how long it takes."""
        self.value = f'<span role="status" aria-live="polite">{write(coded(line))}</span> {_bar(line)}'

    def hashed(self, line: str, done: int, total: int) -> None:
        """Shows how many bytes of all are done; not every call is drawn."""
        now = time.monotonic()
        if now - self._drawn >= _EVERY:
            self._drawn = now
            said = framed(_HASHED, done=f"{done / 1e9:.1f}", total=f"{total / 1e9:.1f}")
            # no live region: nobody wants to hear five figures a second; the bar can be asked for its value
            self.value = f"<span>{escape(line)}</span> {_bar(line, done, total)} <span>{escape(said)}</span>"


def _bar(label: str, done: int | None = None, total: int = 0) -> str:
    known = f' value="{done}" max="{max(total, 1)}"' if done is not None else ""
    return f'<progress aria-label="{escape(label)}"{known}></progress>'
