"""Whether channels have a package, and in which versions; that nobody could look is another answer than no."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from envguard.model import text
from envguard.packages import asking
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from envguard.model import Text
    from envguard.packages.channels import Channel
    from envguard.packages.repodata import Sources


@value
class Offer:
    """The versions that one channel has, the newest first."""

    channel: Channel
    versions: tuple[str, ...]


@value
class Known:
    """What the channels offer by name. A name without offers is there only if `complete`."""

    offers: Mapping[str, tuple[Offer, ...]] = field(default_factory=dict)
    unknown: Text | None = None
    """Why some or all channels could not be looked at."""

    @property
    def complete(self) -> bool:
        """Whether every channel was looked at: only then is what is not offered not there."""
        return self.unknown is None

    def has(self, name: str) -> bool | None:
        """Whether a channel has it; None if that could not be looked up."""
        return True if self.offers.get(name) else (False if self.complete else None)


def known(sources: Sources, names: Iterable[str], *, timeout: float, cancel: Callable[[], bool] | None = None) -> Known:
    """What the channels offer of these packages (conda's names)."""
    wanted = sorted(set(names))
    gap = unlooked(sources)
    if not sources.channels or not wanted:
        return Known({}, gap)
    reply = asking.ask({"do": "query", "names": wanted, **sources.base()}, timeout=timeout, cancel=cancel)
    if reply.data is None:
        return Known({}, reply.reason)
    offers = {
        name: tuple(
            Offer(channel, tuple(versions))
            for channel, versions in zip(sources.channels, told, strict=False)
            if versions
        )
        for name, told in reply.data["versions"].items()
    }
    return Known({name: each for name, each in offers.items() if each}, gap)


def unlooked(sources: Sources) -> Text | None:
    """Why channels are missing from the answer; None if none is."""
    if not sources.missing:
        return None
    if sources.beside:
        return text(
            "nothing of {channels} is kept on this machine that envguard can read, and the network was not to be used; what conda keeps in {files} only conda reads",
            channels=tuple(channel.name for channel in sources.missing),
            files=sources.beside,
        )
    return text(
        "nothing of {channels} is kept on this machine, and the network was not to be used",
        channels=tuple(channel.name for channel in sources.missing),
    )
