"""Which files a conda package would write, without fetching it: from the package caches, or from a channel on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from envguard.packages import asking
from envguard.packages.repodata import packages_of
from envguard.probe import conda_book, reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.facts import Environment
    from envguard.machine import CondaConfig
    from envguard.packages.solving import Solved

_LIMIT = 64 << 20


def files(
    env: Environment,
    packages: Iterable[Solved],
    python: str | None,
    config: CondaConfig | None = None,
    *,
    timeout: float = 30.0,
) -> dict[str, tuple[str, ...]]:
    """The files of each package below the prefix, by the package's name; those not known are left out.

    `python` is the version that the prefix will have, by which `noarch: python` packages find their folder.
    """
    found: dict[str, tuple[str, ...]] = {}
    archives: dict[str, Solved] = {}
    for package in packages:
        listed = _installed(env, package) or _unpacked(env, package, config)
        if listed is not None:
            found[package.name] = tuple(_below(env, package, listed, python))
        elif (archive := _local(package.url)) is not None:
            archives[str(archive)] = package
    if archives:
        reply = asking.ask({"do": "paths", "archives": sorted(archives)}, timeout=timeout)
        for archive, told in (reply.data or {"paths": {}})["paths"].items():
            package = archives[archive]
            if told is not None:
                listed = _paths(told.get("info/paths.json"), told.get("info/link.json"), env)
                if listed is not None:
                    found[package.name] = tuple(_below(env, package, listed, python))
    return found


def _installed(env: Environment, package: Solved) -> list[str] | None:
    """What the record of the very same build lists, as it lies in the prefix."""
    present = env.by_name.get(package.name)
    if present is None or not package.same_as(present):
        return None
    try:
        record = json.loads(reading.read(f"{env.prefix}/{present.record}", _LIMIT))
    except (OSError, ValueError):
        return None
    return list(conda_book.listed(record)) if isinstance(record, dict) else None


def _unpacked(env: Environment, package: Solved, config: CondaConfig | None) -> list[str] | None:
    for folder in packages_of(env.prefix, package.stem, config):
        info = folder / "info"
        told = _json(info / "repodata_record.json")
        known = told.get("sha256") if isinstance(told, dict) else None
        if known and package.sha256 and known != package.sha256:
            continue  # another channel's build of that name
        listed = _paths(_json(info / "paths.json"), _json(info / "link.json"), env)
        if listed is not None:
            return listed
    return None


def _paths(told: Any, link: Any, env: Environment) -> list[str] | None:
    """What a package's own list names, and the scripts that are made for a `noarch: python` one."""
    entries = told.get("paths") if isinstance(told, dict) else None
    if not isinstance(entries, list):
        return None
    listed = [each["_path"] for each in entries if isinstance(each, dict) and isinstance(each.get("_path"), str)]
    noarch = link.get("noarch") if isinstance(link, dict) else None
    points = noarch.get("entry_points") if isinstance(noarch, dict) else None
    for point in reading.strings(points):
        name = point.partition("=")[0].strip()
        if name and env.layout == "windows":
            listed += [f"Scripts/{name}-script.py", f"Scripts/{name}.exe"]
        elif name:
            listed.append(f"bin/{name}")
    return listed


def _below(env: Environment, package: Solved, listed: Iterable[str], python: str | None) -> Iterator[str]:
    """The paths of a package as they will lie in the prefix."""
    windows = env.layout == "windows"
    site = "Lib/site-packages" if windows else _site(env, python)
    for path in listed:
        plain = path.replace("\\", "/")
        if package.noarch == "python" and plain.startswith("site-packages/"):
            yield f"{site}{plain[len('site-packages') :]}"
        elif package.noarch == "python" and plain.startswith("python-scripts/"):
            yield f"{'Scripts' if windows else 'bin'}{plain[len('python-scripts') :]}"
        elif ".." not in plain.split("/") and not plain.startswith("/"):
            yield plain


def _site(env: Environment, python: str | None) -> str:
    minor = ".".join((python or env.python_version or "").split(".")[:2])
    return next(
        (site for site in env.site_packages if f"/python{minor}" in f"/{site}"), f"lib/python{minor}/site-packages"
    )


def _local(url: str) -> Path | None:
    """The archive of a channel that is a folder of this machine."""
    parts = urlsplit(url)
    if parts.scheme != "file":
        return None
    path = Path(url2pathname(unquote(parts.path) if "%" in parts.path else parts.path))
    return path if path.is_file() else None


def _json(path: Path) -> Any:
    try:
        return json.loads(reading.read(str(path), _LIMIT))
    except (OSError, ValueError):
        return None
