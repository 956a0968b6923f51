"""Where the package lists of channels are read: from the channels themselves, or from what a package manager has kept of them.

conda, mamba and py-rattler all keep `repodata.json` as `cache/1a2b3c4d.json`, named by the MD5 of the folder's address
(`cache_fn_url` in conda/gateways/repodata/__init__.py, `cache_name_from_url` in libmamba, `url_to_cache_filename` in
rattler's `rattler_repodata_gateway`, which since 0.28 leaves the slash at its end out).

Of a channel that comes in parts (CEP 16) py-rattler keeps the list of them as `1a2b3c4d.shards-cache-v1`, and those that were
asked for; it reads them itself, where it need not fetch any. conda keeps them in a database of its own, which is read by nobody
else.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard.probe import package_cache
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.machine import CondaConfig
    from envguard.packages.channels import Channel


@value
class Sources:
    """What the worker is asked with."""

    channels: tuple[Channel, ...]
    platforms: tuple[str, ...]
    network: bool
    request: tuple[dict[str, Any], ...]
    cache: str
    missing: tuple[Channel, ...]
    """Channels of which nothing is kept here, and which are not asked, since the network is not to be used."""
    beside: tuple[str, ...] = ()
    """Where conda may have kept them in parts, if any are missing."""

    def base(self) -> dict[str, Any]:
        """The part of a request that says where to look."""
        return {
            "channels": list(self.request),
            "platforms": list(self.platforms),
            "network": self.network,
            "cache": self.cache,
        }


def sources(
    channels: Iterable[Channel], platform: str, *, network: bool, prefix: str, config: CondaConfig | None = None
) -> Sources:
    """How each channel can be read; without network a channel is read from what is kept of it, or missing."""
    network = network and not offline(config)
    folders = caches(prefix, config)
    platforms = (platform, "noarch")
    ours = _own_cache(folders)
    told, request, missing = [], [], []
    cache: str | None = None
    for channel in channels:
        entry: dict[str, Any] = {"name": channel.name, "url": channel.url}
        if not channel.local and not network:
            kept = {subdir: path for subdir in platforms if (path := _kept(channel, subdir, folders, ours))}
            parts = (
                None if kept else _kept_in_parts(channel, platforms, (*folders, ours) if cache is None else (cache,))
            )
            if not kept and parts is None:
                missing.append(channel)
                continue
            if kept:
                entry["cached"] = kept
            else:
                cache = parts  # a gateway has one cache
        told.append(channel)
        request.append(entry)
    beside = tuple(_parts_of_conda(folders)) if missing else ()
    return Sources(tuple(told), platforms, network, tuple(request), cache or ours, tuple(missing), beside)


def offline(config: CondaConfig | None) -> bool:
    """Whether conda's configuration forbids the network."""
    layers = reversed(config.layers) if config is not None else ()
    return next((layer.offline for layer in layers if layer.offline is not None), False)


def caches(prefix: str, config: CondaConfig | None = None) -> tuple[str, ...]:
    """The folders in which package managers keep what they fetched, for a prefix."""
    named = [
        os.path.expanduser(folder)  # noqa: PTH111 - Path.expanduser raises where there is no home
        for layer in reversed(config.layers if config is not None else ())
        for folder in layer.pkgs_dirs or ()
    ]
    return tuple(dict.fromkeys((*(f for f in named if Path(f).is_dir()), *package_cache.folders(prefix))))


def packages_of(prefix: str, stem: str, config: CondaConfig | None = None) -> Iterator[Path]:
    """The unpacked folders of a package (`numpy-1.26.4-py311_0`) in these caches; rattler may add a hash to the name."""
    for cache in caches(prefix, config):
        try:
            found = [entry.name for entry in os.scandir(cache) if entry.name.startswith(stem)]
        except OSError:
            continue
        for name in sorted(found):
            if name == stem or name.startswith(stem + "-"):
                yield Path(cache, name)


def _kept(channel: Channel, subdir: str, folders: tuple[str, ...], ours: str) -> str | None:
    """The newest repodata.json that is kept of one folder of a channel."""
    found = []
    for base in dict.fromkeys((channel.url, channel.key)):  # named by the address with the secret, or without
        address = f"{base.rstrip('/')}/{subdir}"
        names = _name(f"{address}/"), _name(address)
        places = [Path(folder, "cache", names[0]) for folder in folders]
        places += [Path(folder, "repodata", name) for folder in folders for name in names]
        places += [Path(ours, name) for name in names]
        for path in places:
            try:
                found.append((path.stat().st_mtime, str(path)))
            except OSError:
                continue
    return max(found)[1] if found else None


def _kept_in_parts(channel: Channel, platforms: Iterable[str], folders: Iterable[str]) -> str | None:
    """The folder in which py-rattler has kept the list of a channel's parts for all platforms."""
    for cache in dict.fromkeys(place for folder in folders for place in (folder, str(Path(folder, "repodata")))):
        for base in dict.fromkeys((channel.url, channel.key)):
            lists = (f"{base.rstrip('/')}/{subdir}/repodata_shards.msgpack.zst" for subdir in platforms)
            if all(any(Path(cache, _list_name(f"{each}{end}")).is_file() for end in ("/", "")) for each in lists):
                return cache
    return None


def _parts_of_conda(folders: Iterable[str]) -> Iterator[str]:
    places = (Path(folder, "cache", "repodata_shards.db") for folder in folders)
    return (str(place) for place in places if place.is_file())


def _list_name(address: str) -> str:
    return _name(address).removesuffix(".json") + ".shards-cache-v1"


def _name(address: str) -> str:
    return hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()[:8] + ".json"


def _own_cache(folders: tuple[str, ...]) -> str:
    """Where what is fetched is kept: with rattler's, if there is such a cache, else in the system's temporary folder."""
    for folder in folders:
        kept = Path(folder, "repodata")
        if kept.is_dir() and os.access(kept, os.W_OK):
            return str(kept)
    # whose name a stranger may have taken before
    place = Path(tempfile.gettempdir(), f"envguard-repodata-{os.getuid() if hasattr(os, 'getuid') else 'user'}")
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        status = place.lstat()
        if stat.S_ISDIR(status.st_mode) and (not hasattr(os, "getuid") or status.st_uid == os.getuid()):
            return str(place)
    except OSError:
        pass
    return tempfile.mkdtemp(prefix="envguard-repodata-")
