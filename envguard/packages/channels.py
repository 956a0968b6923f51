"""The channels a conda command would ask for a prefix, by their addresses, the first the strongest.

How conda makes an address of a name is told in its user guide, "Managing channels" and "Using the .condarc conda
configuration file" (https://docs.conda.io/projects/conda/en/latest/user-guide/configuration/settings.html); mamba's
`mirrored_channels` in its own (https://mamba.readthedocs.io/en/latest/user_guide/configuration.html).
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from envguard.masking import without_secrets
from envguard.packages.credentials import authenticated, bare, masked
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.machine import CondaConfig

ALIAS = "https://conda.anaconda.org"
_OFFICIAL = "https://repo.anaconda.com"
_DEFAULTS = ("pkgs/main", "pkgs/r", *(("pkgs/msys2",) if sys.platform == "win32" else ()))
_SUBDIR = re.compile(r"/(?:noarch|(?:linux|osx|win|emscripten|wasi|freebsd|zos)-\w+)/*$")


@value
class Channel:
    """One channel. Its address may hold a password or a token: only `shown` is for eyes."""

    name: str
    """As it is written where it is named, without secrets: what `--channel` takes."""
    url: str
    origin: str
    """command, configuration, default, or records."""

    @property
    def shown(self) -> str:
        """The address without secrets."""
        return without_secrets(self.url)

    @property
    def local(self) -> bool:
        """Whether it is a folder of this machine, which needs no network."""
        return self.url.startswith("file:")

    @property
    def key(self) -> str:
        """A key that is the same for two spellings of one channel."""
        return bare(self.url).rstrip("/")


def channels(
    config: CondaConfig | None,
    *,
    named: Iterable[str] = (),
    override: bool = False,
    records: Iterable[str | None] = (),
    fallback: str | None = "defaults",
    folder: str | None = None,
) -> tuple[Channel, ...]:
    """The channels in their order: the command's, the configuration's, then those that installed packages came from.

    `fallback` is what the tool takes where nothing is configured, None if that is not to be guessed. With `override` (`--override-channels`) only the
    command's count. Relative folders begin at `folder`.
    """
    found = [(name, "command") for name in named]
    if not override:
        configured = config.channels if config is not None and _configures(config) else ()
        found += [(name, "configuration") for name in configured]
        if not configured and fallback is not None:
            found.append((fallback, "default"))
        found += [(name, "records") for name in _recorded(records, config)]
    told: dict[str, Channel] = {}
    for name, origin in found:
        for url in addresses(name, config, folder):
            channel = Channel(without_secrets(name) if origin != "records" else _plain(name), url, origin)
            told.setdefault(channel.key, channel)
    return tuple(told.values())


def addresses(name: str, config: CondaConfig | None, folder: str | None = None) -> tuple[str, ...]:
    """The addresses that a name, an address or a folder stands for, with the secrets that are configured for them."""
    return tuple(authenticated(url, config) for url in _addresses(name, config, folder))


def _addresses(name: str, config: CondaConfig | None, folder: str | None) -> tuple[str, ...]:
    plain = _SUBDIR.sub("", name.strip()).rstrip("/")
    if not plain or plain in ("nodefaults", "@", "pypi", "<develop>", "<unknown>"):
        return ()
    layers = tuple(reversed(config.layers)) if config is not None else ()
    if "://" in plain:
        return tuple(_mirrored(plain, config)) or (plain,)
    if plain.startswith((".", "/", "~")) or re.match(r"[A-Za-z]:[\\/]", plain):
        place = Path(folder or ".", os.path.expanduser(plain))  # noqa: PTH111 - Path.expanduser raises for a stranger
        return (Path(os.path.abspath(place)).as_uri(),)  # noqa: PTH100 - a link stays the name that was given
    for layer in layers:
        for several in layer.multichannels:
            if several.name == plain and plain != "defaults":
                return tuple(url for each in several.urls for url in _addresses(each, config, folder) if each != name)
    if plain == "defaults":
        listed = next((layer.default_channels for layer in layers if layer.default_channels), _DEFAULTS)
        return tuple(url for each in listed if each != "defaults" for url in _addresses(each, config, folder))
    if mirrors := tuple(_mirrored(plain, config)):
        return mirrors
    for layer in layers:
        for custom in layer.custom_channels:
            # what is set for `x` holds for `x/label/dev`, too
            if plain == custom.name or plain.startswith(custom.name + "/"):
                return tuple(f"{base.rstrip('/')}/{plain}" for base in _addresses(custom.url, config, folder))
    if plain.startswith("pkgs/"):
        return (f"{_OFFICIAL}/{plain}",)
    alias = next((layer.channel_alias for layer in layers if layer.channel_alias), ALIAS)
    return (f"{alias.rstrip('/')}/{plain}",)


def _mirrored(name: str, config: CondaConfig | None) -> Iterator[str]:
    """Where mamba would fetch a channel from instead: the first of its mirrors that this machine can be asked for."""
    for layer in reversed(config.layers) if config is not None else ():
        for mirror in layer.mirrored_channels:
            if mirror.name.rstrip("/") == name:
                yield from (url.rstrip("/") for url in mirror.urls[:1] if "://" in url and not url.startswith("oci:"))


def _configures(config: CondaConfig) -> bool:
    return any(layer.channels for layer in config.layers)


def _recorded(records: Iterable[str | None], config: CondaConfig | None) -> Iterator[str]:
    """The channels of records that can be asked.

    A secret in one may be of yesterday: one that is configured goes before it, and a password that nothing configures is not tried.
    """
    for name in dict.fromkeys(records):
        if name and name not in ("pypi", "@", "<develop>", "<unknown>", "unknown"):
            plain = bare(name)
            if plain == name or addresses(plain, config) != _addresses(plain, config, None):
                yield plain
            elif "@" not in name and not masked(name):
                yield name


def _plain(name: str) -> str:
    """A record's channel as `--channel` takes it."""
    url = _SUBDIR.sub("", bare(name).rstrip("/"))
    return url.removeprefix(ALIAS + "/")
