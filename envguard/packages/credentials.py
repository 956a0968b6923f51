"""A channel's secret, which records leave out or mask: put into an address from conda's configuration, and taken out again.

What is found here is for requests alone; what is shown or written is `bare`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.machine import CondaConfig

_USER = re.compile(r"(?<=://)[^/\s]*@")
_TOKEN = re.compile(r"(?<!/)/t/[^/\s]+(?=/|$)")
_MASKED = re.compile(r"<\w+>|\*{3,}")
"""What conda, py-rattler and envguard write in place of a secret."""


def bare(url: str) -> str:
    """An address without user, password and token; a folder has none, even one called `t`."""
    return url if url.startswith(("file:", "/", ".", "~")) else _USER.sub("", _TOKEN.sub("", url))


def masked(url: str) -> bool:
    """Whether a secret was there and is hidden."""
    return _MASKED.search(url) is not None


def authenticated(url: str, config: CondaConfig | None) -> str:
    """The address of a channel with the secret that is configured for it; as it is, if it has one, or none is known."""
    if config is None or "://" not in url or bare(url) != url:
        return url
    return next(_known(url.rstrip("/"), config), url)


def authenticated_file(url: str, config: CondaConfig | None) -> str:
    """The same for the address of a package: a secret that is configured now takes precedence over one in a record."""
    channel, *rest = url.rsplit("/", 2)
    plain = bare(channel)
    found = authenticated(plain, config)
    return url if found == plain else "/".join((found, *rest))


def _known(url: str, config: CondaConfig) -> Iterator[str]:
    """The addresses with a secret that stand for this one, those of the strongest layer first."""
    for layer in reversed(config.layers):
        several = (*layer.multichannels, *layer.mirrored_channels)
        for whole in (
            *(layer.channels or ()),
            *(layer.default_channels or ()),
            *(u for each in several for u in each.urls),
        ):
            plain = bare(whole).rstrip("/")
            if plain == url and "://" in whole and bare(whole) != whole:
                yield whole.rstrip("/")
        # below these stand the channels of which they are the place
        bases = [(each.url.rstrip("/"), f"/{each.name}") for each in layer.custom_channels]
        bases += [(layer.channel_alias.rstrip("/"), "")] if layer.channel_alias else []
        for base, name in bases:
            plain = bare(base)
            if plain != base and f"{url}/".startswith(f"{plain}{name}/"):
                yield base + url[len(plain) :]
