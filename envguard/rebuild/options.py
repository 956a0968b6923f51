"""How a rebuild was asked for, which a second try reads back from the unfinished environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envguard.export_report import Depth
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Mapping


@value
class Options:
    """How a rebuild was asked for."""

    depth: Depth = Depth.EXACT
    loosen: bool = False
    keep: tuple[str, ...] = ()
    kernel: bool = True
    kernel_name: str | None = None
    network: bool = True

    def written(self) -> dict[str, Any]:
        """The same as plain values."""
        return {**{name: self.__dict__[name] for name in type(self).__dataclass_fields__}, "depth": self.depth.value, "keep": list(self.keep)}  # fmt: skip

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Options:
        """What `written` gave."""
        known = {name: told[name] for name in cls.__dataclass_fields__ if name in told}
        return cls(**{**known, "depth": Depth(told["depth"]), "keep": tuple(told["keep"])})
