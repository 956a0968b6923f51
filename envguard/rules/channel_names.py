"""One name for one channel, whether a record or a setting gives its name, its address, or that of a mirror."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envguard.machine import CondaConfig

DEFAULTS, FORGE, ANACONDA = "defaults", "conda-forge", "anaconda"

_SUBDIR = re.compile(r"/(?:noarch|(?:linux|osx|win|emscripten|wasi|freebsd|zos)-\w+)$")
_SECRET = re.compile(r"(?<=//)[^/@]*@|/t/[^/]+")
_DEFAULTS = re.compile(r"(?:pkgs/)?(?:main|r|free|msys2|pro|mro|mro-archive)|defaults")
_HOSTS = re.compile(
    # where a channel is the first part of the path
    r"https?://(?:conda\.anaconda\.org|(?:www\.)?anaconda\.org|(?:repo\.)?prefix\.dev|conda\.binstar\.org)/(?:channels/)?"
)
_OFFICIAL = re.compile(r"https?://repo\.(?:anaconda\.com|continuum\.io)/")
_MIRROR = re.compile(
    # the tree that universities and clouds mirror: /anaconda/pkgs/main, /anaconda/cloud/conda-forge
    r"https?://[^/]+/(?:.+/)?anaconda/(?:cloud/)?"
)


def canonical(channel: str | None, config: CondaConfig | None = None) -> str | None:
    """The one name of a channel; None for a mirror that does not say what it mirrors, and for a folder."""
    if not channel or "<" in channel or channel == "pypi":
        return None
    name = _SUBDIR.sub("", _SECRET.sub("", channel.strip()).rstrip("/"))
    if config is not None:
        name = _configured(name, config)
    for known in (_OFFICIAL, _HOSTS, _MIRROR):
        name = known.sub("", name, count=1)
    name = name.partition("/label/")[0].lower()
    if name.rpartition("/")[2] == FORGE:
        return FORGE
    if "://" in name or name.startswith((".", "/", "local")) or re.match(r"[a-z]:[\\/]", name):
        return None
    return DEFAULTS if _DEFAULTS.fullmatch(name) else name or None


def _configured(name: str, config: CondaConfig) -> str:
    """What the configuration calls an address."""
    for layer in config.layers:
        if name in (each.rstrip("/") for each in layer.default_channels or ()):
            return DEFAULTS
        for custom in layer.custom_channels:
            if name == f"{custom.url.rstrip('/')}/{custom.name}":
                return custom.name
        if layer.channel_alias and name.startswith(layer.channel_alias.rstrip("/") + "/"):
            return name[len(layer.channel_alias.rstrip("/")) + 1 :]
    return name


def family(name: str) -> str:
    """The distribution a channel belongs to: `anaconda` holds what Anaconda builds for defaults."""
    return DEFAULTS if name == ANACONDA else name
