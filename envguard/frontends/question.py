"""What the guard asks, and the real answer of whoever sits before the notebook or the terminal."""

from __future__ import annotations

import builtins
import enum
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from envguard.errors import EnvguardError
from envguard.model import Text
from envguard.render.language import comma, framed, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from IPython.core.interactiveshell import InteractiveShell

YES = ("y", "yes")
NOBODY = Text("nothing was done, as nobody can be asked here; --yes does it without asking")
NOT_DONE = Text("nothing was done")
_ATTEMPTS = 3
_PROMPT = Text("envguard: {letters}, or Enter to cancel? ")
_OFFERED = Text("  {letter}  {answer}")
_MEANS = Text("  {letter}  {answer}: {meaning}")
_NO_ANSWER = Text("  {typed} is none of the answers")


class Answer(enum.Enum):
    """What is to become of a cell."""

    RUN = "run"
    UNDO = "run, with a way back"
    PROTECTED = "run protected"
    CONDA = "use conda"
    KERNEL = "use %pip"
    CANCEL = "cancel"


WORDS = {
    "r": Answer.RUN,
    "run": Answer.RUN,
    "u": Answer.UNDO,
    "undo": Answer.UNDO,
    "run, with a way back": Answer.UNDO,
    "run with a way back": Answer.UNDO,
    "p": Answer.PROTECTED,
    "protected": Answer.PROTECTED,
    "run protected": Answer.PROTECTED,
    "c": Answer.CONDA,
    "conda": Answer.CONDA,
    "use conda": Answer.CONDA,
    "k": Answer.KERNEL,
    "%pip": Answer.KERNEL,
    "use %pip": Answer.KERNEL,
    "": Answer.CANCEL,
    "n": Answer.CANCEL,
    "no": Answer.CANCEL,
    "q": Answer.CANCEL,
    "x": Answer.CANCEL,
    "cancel": Answer.CANCEL,
}
"""What may be typed; the empty answer is the one that changes nothing."""
_LETTERS = {Answer.RUN: "r", Answer.UNDO: "u", Answer.PROTECTED: "p", Answer.CONDA: "c", Answer.KERNEL: "k"}


def ask(shell: InteractiveShell, offered: Mapping[Answer, str], tell: Callable[[str], None]) -> Answer | None:
    """The answer to what is offered (with its meaning); None where nobody could be asked after all.

    Whoever types nothing, ends the input or interrupts it has cancelled; so has who types something else three times.
    """
    letters = [_LETTERS[answer] for answer in offered]
    prompt = framed(_PROMPT, letters=comma().join(letters))
    lines = [
        framed(_MEANS if meaning else _OFFERED, letter=_LETTERS[answer], answer=answer.value, meaning=meaning)
        for answer, meaning in offered.items()
    ]
    tell("\n".join(lines))
    for _ in range(_ATTEMPTS):
        typed = _typed(shell, prompt)
        if typed is None:
            return None
        answer = WORDS.get(" ".join(typed.lower().split()))
        if answer is Answer.CANCEL or answer in offered:
            return answer
        tell(framed(_NO_ANSWER, typed=ascii(" ".join(typed.split())[:40])))
    return Answer.CANCEL


def agreed(shell: InteractiveShell, question: Text) -> bool:
    """Whether somebody has said yes before anything is changed; EnvguardError where nobody can."""
    typed = _typed(shell, say(question)) if can_be_asked(shell) else None
    if typed is None:
        raise EnvguardError(NOBODY)
    sure = typed.strip().lower() in YES
    if not sure:
        sys.stdout.write(f"{say(NOT_DONE)}\n")
    return sure


def can_be_asked(shell: InteractiveShell) -> bool:
    """Whether somebody sits there who can answer."""
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        return bool(getattr(kernel, "_allow_stdin", True))
    try:
        # what is piped into a session are its next cells, none of which is an answer
        return sys.stdin.isatty()
    except (AttributeError, ValueError):
        return False


def _typed(shell: InteractiveShell, prompt: str) -> str | None:
    read = getattr(getattr(shell, "kernel", None), "raw_input", builtins.input)
    try:
        with _interruptible():
            return str(read(prompt))
    except (EOFError, KeyboardInterrupt):
        return ""
    except Exception:  # noqa: BLE001 - a front end without input says so in a way of its own
        return None


@contextmanager
def _interruptible() -> Iterator[None]:
    """Lets an interrupt end the question also in an async cell, for which ipykernel only cancels what is awaited."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
