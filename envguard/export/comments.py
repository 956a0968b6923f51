"""What stands behind `#` in every form: whence it is, how to use it, and what it does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard._version import __version__
from envguard.analyse import now
from envguard.masking import without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.export.inventory import Inventory
    from envguard.export.pip_part import PipItem
    from envguard.model import Text

_LONGEST = 500


def header(told: Inventory, how: Iterable[str]) -> Iterator[str]:
    """The lines at the top of a file, without `#`."""
    env = told.env
    about = ", ".join(filter(None, (env.platform, f"Python {env.python_version}" if env.python_version else None)))
    yield f"The environment {visible(told.env.name)}{f' ({about})' if about else ''}, written down by envguard {__version__} on {now()[:10]}."
    yield from how
    if told.lost:
        yield ""
        yield "Mind what is not in here, or not as it was there:"
        yield from (f"  * {said(each.says)}" for each in told.lost)


def item(found: PipItem) -> str:
    """A distribution that stands in a comment only, with what to do about it."""
    return visible(f"{found.name} {found.version}: {found.note.english() if found.note is not None else ''}")


def said(text: Text) -> str:
    """A sentence on one line; files are for others, so in English."""
    return visible(text.english())


def visible(value: str) -> str:
    """A foreign string that cannot leave its line or mislead a terminal."""
    shown = without_secrets(" ".join(value.split()))
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in shown)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def hashed(lines: Iterable[str]) -> str:
    """The lines as comments."""
    return "".join(f"# {line}".rstrip() + "\n" for line in lines)
