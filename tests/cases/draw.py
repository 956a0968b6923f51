"""What a builder takes from its seed: names of packages and files, versions, contents."""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

Choice = TypeVar("Choice")

_SYLLABLES = ("ba", "du", "fi", "go", "ka", "lu", "me", "no", "pi", "ra", "su", "to", "ve", "wi", "zo")
_ENDS = ("lib", "kit", "tools", "core", "x", "")


class Draw:
    """Everything that one mechanism draws from one seed; seed 0 begins with the name `foolib`."""

    def __init__(self, mechanism: str, seed: int) -> None:
        self.random = random.Random(f"{mechanism} {seed}")
        self._taken: set[str] = set()
        self._first = ["foolib"] if seed == 0 else []

    def name(self) -> str:
        """A name that no package, no module of Python and no table of envguard has."""
        while True:
            made = "".join(self.random.choices(_SYLLABLES, k=3)) + self.random.choice(_ENDS)
            name = self._first.pop() if self._first else made
            if name not in self._taken and name not in sys.stdlib_module_names:
                self._taken.add(name)
                return name

    def version(self, *, main: int | None = None) -> str:
        """Three numbers."""
        first = self.random.randint(1, 40) if main is None else main
        return f"{first}.{self.random.randint(0, 30)}.{self.random.randint(1, 90)}"

    def versions(self) -> tuple[str, str]:
        """An older version and a newer one, of two main numbers."""
        old = self.random.randint(1, 20)
        return self.version(main=old), self.version(main=old + self.random.randint(1, 9))

    def pick(self, options: Sequence[Choice]) -> Choice:
        """One of a table's."""
        return self.random.choice(options)

    def data(self, size: int | None = None) -> bytes:
        """Bytes that are no program."""
        return self.random.randbytes(size or self.random.randint(40, 400))

    def code(self) -> bytes:
        """A module."""
        return f"VALUE = {self.random.randint(0, 10**9)}\n".encode() * self.random.randint(1, 9)
