"""Which distributions an installer would take off: the ones it sees, as it sees them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from envguard.model import Text, text
from envguard.probe import reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envguard.facts import Distribution, Environment

_NO = ("", "0", "false", "no")


def site(env: Environment) -> str | None:
    """The site-packages folder of the prefix's own Python; None if there is none."""
    version = ".".join((env.python_version or "").split(".")[:2])
    own = (each for each in env.site_packages if version and f"/python{version}/" in each)
    return next(own, None) or next(iter(env.site_packages), None)


def visible(env: Environment) -> dict[str, Distribution]:
    """The distribution that pip finds first of each name in site-packages; of two, as their folder happens to list them."""
    found: dict[str, Distribution] = {}
    here = site(env)
    try:
        listed = os.listdir(os.path.join(env.prefix, *(here or "").split("/")))
    except OSError:
        listed = []
    order = {f"{here}/{name}": place for place, name in enumerate(listed)}
    for dist in sorted(env.distributions or (), key=lambda dist: order.get(dist.path, len(order))):
        if dist.kind != "leftover" and dist.site == here and (dist.has_metadata or dist.kind == "egg-link"):
            found.setdefault(dist.name, dist)
    return found


def in_user_site(env: Environment, variables: Mapping[str, str]) -> frozenset[str]:
    """The names in the user's own site-packages, which come first on the path; none where Python does not look there."""
    if env.manager == "venv" or variables.get("PYTHONNOUSERSITE", "").lower() not in _NO:
        return frozenset()
    folder = env.process.user_site if env.process else _user_site(env, variables)
    try:
        names = os.listdir(folder) if folder else []
    except OSError:
        return frozenset()
    matches = (reading.FOLDER_NAME.match(name) for name in names)
    return frozenset(reading.normalise(match["name"]) for match in matches if match)


def _user_site(env: Environment, variables: Mapping[str, str]) -> str | None:
    home, version = variables.get("HOME"), (env.python_version or "").split(".")[:2]
    base = variables.get("PYTHONUSERBASE") or (os.path.join(home, ".local") if home else None)
    if base is None or env.layout == "windows" or len(version) < 2:
        return None
    return os.path.join(base, "lib", f"python{'.'.join(version)}", "site-packages")


def stuck(env: Environment, dists: Iterable[Distribution], installer: str) -> Text | None:
    """Why an installer will not take one of these off; None if it will."""
    for dist in dists:
        if dist.kind == "dist-info" and not dist.has_record:
            return text(
                "{installer} cannot remove {name} {version}: its RECORD is not there",
                installer=installer,
                name=dist.name,
                version=dist.version or "?",
            )
        if dist.kind == "egg-info" and os.path.isfile(os.path.join(env.prefix, *dist.path.split("/"))):
            return text(
                "{installer} cannot remove {name} {version}: it was installed by distutils, which keeps no list of its files",
                installer=installer,
                name=dist.name,
                version=dist.version or "?",
            )
    return None
