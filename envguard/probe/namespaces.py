"""Namespace packages of the old kinds: an `__init__.py` that only says that others put their modules beside it.

Every project of such a namespace brings this file, in one of several spellings, and the last one installed wins. That
changes nothing, so whoever compares files leaves it out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from envguard.probe import reading
    from envguard.probe.books import Books
else:  # run alone, by path: this folder is first on sys.path
    import reading
    from books import Books

_LONGEST = 2048
"""Bytes that such a file does not reach."""
_NAMED = re.compile(rb"\b(?:extend_path|declare_namespace)\(")
_LINE = re.compile(
    rb"try:|except \w+:|pass|import (?:pkg_resources|pkgutil)|from pkgutil import extend_path"
    rb"|(?:pkg_resources|__import__\(\W{1,3}pkg_resources\W{1,3}\))\.declare_namespace\(__name__\)"
    rb"|__path__ ?(?::[^=]{1,80})?= ?(?:(?:pkgutil|__import__\(\W{1,3}pkgutil\W{1,3}\))\.)?extend_path\(__path__, ?__name__\)"
    rb"|(?:\"{3}|'{3})[^\"']*(?:\"{3}|'{3})"
)


def declares(key: str, books: Books) -> bool:
    """Whether the file of a path is one; False for what cannot be read."""
    if not key.endswith("/__init__.py"):
        return False
    try:
        data = reading.read(books.tree.real(key), _LONGEST, books.tree.root)
    except (OSError, ValueError):
        return False
    told = [line for line in (each.partition(b"#")[0].strip() for each in data.splitlines()) if line]
    return any(map(_NAMED.search, told)) and all(map(_LINE.fullmatch, told))
