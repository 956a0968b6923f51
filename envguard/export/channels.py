"""The channels that the packages of an environment came from, in the order in which conda would ask them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from envguard.forecast.conda_solver import config_of
from envguard.packages.channels import ALIAS, addresses
from envguard.packages.credentials import bare

if TYPE_CHECKING:
    from envguard.facts import Environment

_SUBDIR = re.compile(r"/(?:noarch|(?:linux|osx|win|emscripten|wasi|freebsd|zos)-\w+)/*$")
_DEFAULTS = re.compile(r"https?://repo\.(?:anaconda\.com|continuum\.io)/pkgs/\w+|defaults|pkgs/\w+")
_USUAL = "conda-forge"


def plain(channel: str) -> str:
    """A channel as `channels:` takes it: without secrets, by its name where everybody's conda knows that."""
    url = _SUBDIR.sub("", bare(channel.strip()).rstrip("/"))
    if _DEFAULTS.fullmatch(url):
        return "defaults"
    return url.removeprefix(f"{ALIAS}/")


def secret(channel: str) -> bool:
    """Whether a channel is written with a user, a password or a token."""
    return bare(channel) != channel


def chosen(env: Environment) -> tuple[tuple[str, ...], bool]:
    """The channels, the strongest first, and whether `defaults` is one of them.

    Those that are configured stand in the order of the configuration, others behind them, the one with most packages first.
    A configured channel that nothing came from is left out: what it brings tomorrow nobody here has asked for.
    """
    used = Counter(
        plain(name) for package in env.conda_packages or () if (name := package.channel) and _is_channel(name)
    )
    config = config_of(env)
    configured = [name for layer in reversed(config.layers if config else ()) for name in layer.channels or ()]
    order: dict[str, None] = {}
    for name in configured:
        # what a name stands for by the configuration is what stands in the records
        spelled = {plain(name), *(plain(url) for url in addresses(name, config))}
        order.update(dict.fromkeys(sorted(spelled & set(used))))
    order.update(dict.fromkeys(name for name, _ in used.most_common()))
    found = tuple(order) or tuple(dict.fromkeys(map(plain, configured))) or (_USUAL,)
    return found, "defaults" in found


def _is_channel(name: str) -> bool:
    return name not in ("pypi", "@", "<develop>", "<unknown>", "unknown") and name.isprintable()
