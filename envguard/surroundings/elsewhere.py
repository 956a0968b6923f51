"""What a process may import from outside its prefix: the user's own folder, PYTHONPATH, the working folder.

Names in folders only. Of a distribution the name of its dist-info tells enough. Folders that come after the prefix's own
site-packages hide nothing there and are not looked into, the user's own apart.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from envguard.probe import reading
from envguard.process import Elsewhere, Offer, Stranger
from envguard.surroundings.jupyter import within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Environment
    from envguard.process import PathEntry, Process

_FOLDERS = 40
_NAMES = 20_000  # in one folder; a working folder may hold somebody's data
_OFFERS = 5_000
_OWN = ("stdlib", "site-packages")
_MODULES = (".py", ".so", ".pyd")
_INFOS = (".dist-info", ".egg-info")


def elsewhere(env: Environment, process: Process, problems: reading.Problems) -> tuple[Elsewhere, ...]:
    """Each folder once, in the order of the process's path, and the user's own last if it is not on it."""
    first = next((n for n, entry in enumerate(process.path) if entry.origin == "site-packages"), len(process.path))
    sites = {_real(os.path.join(env.prefix, *site.split("/"))) for site in env.site_packages}
    user = _real(process.user_site) if process.user_site else None
    found: dict[str, Elsewhere] = {}
    for place, entry in enumerate(process.path):
        real = _real(entry.path)
        if len(found) >= _FOLDERS or real in found or real in sites or entry.origin in _OWN:
            continue
        if (place < first or real == user) and _foreign(env, entry):
            names = _names(entry.path, problems)
            if names is not None:
                offers, strangers = tuple(_offers(entry.path, names)), tuple(_strangers(env, entry.path, names))
                found[real] = Elsewhere(entry.path, entry.origin, place, place < first, offers, strangers)
    if user is not None and process.user_site and user not in found and user not in sites:
        names = _names(process.user_site, problems)
        if names is not None:
            offers, strangers = (
                tuple(_offers(process.user_site, names)),
                tuple(_strangers(env, process.user_site, names)),
            )
            found[user] = Elsewhere(process.user_site, "user-site", None, False, offers, strangers)
    return tuple(found.values())


def _foreign(env: Environment, entry: PathEntry) -> bool:
    """Whether an entry is not simply a part of the environment: a working folder may lie in it, too."""
    return entry.origin in ("current", "added", "pythonpath", "user-site") or not within(entry.path, env.prefix)


def _real(path: str) -> str:
    return os.path.normcase(os.path.realpath(path))


def _names(path: str, problems: reading.Problems) -> dict[str, bool] | None:
    """The names in a folder, and which of them are folders; None if it is none, or says nothing."""
    found: dict[str, bool] = {}
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if len(found) >= _NAMES:
                    problems.add(path, "holds more than {count} names, the rest was not looked at", count=_NAMES)
                    break
                found[entry.name] = entry.is_dir()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        problems.add(path, "could not be listed: {error}", error=reading.why(error))
        return None
    return dict(sorted(found.items()))


def _offers(path: str, names: dict[str, bool]) -> Iterator[Offer]:
    """What can be imported; a package comes before an extension module, and that before a module."""
    left = _OFFERS
    seen = set()
    files = sorted((name for name, folder in names.items() if not folder), key=lambda name: name.endswith(".py"))
    spaces = []
    for name in (*(name for name, folder in names.items() if folder), *files):
        module = name.partition(".")[0]
        folder = names[name]
        if not module.isidentifier() or module.startswith("__") or left <= 0:
            continue
        if folder and name == module:
            left -= 1
            if any(os.path.isfile(os.path.join(path, name, init)) for init in ("__init__.py", "__init__.pyc")):
                seen.add(module)
                yield Offer(module, name, library=module in sys.stdlib_module_names)
            else:
                spaces.append(name)
        elif not folder and module not in seen and _is_module(name, module):
            left -= 1
            seen.add(module)
            yield Offer(module, name, library=module in sys.stdlib_module_names)
    yield from (Offer(name, name, namespace=True) for name in spaces if name not in seen)


def _is_module(name: str, module: str) -> bool:
    return name == module + ".py" or name.endswith(_MODULES[1:])


def _strangers(env: Environment, path: str, names: dict[str, bool]) -> Iterator[Stranger]:
    """The distributions; only into those that the prefix has, too, is it worth while to look."""
    for name in names:
        match = reading.FOLDER_NAME.match(name) if name.endswith(_INFOS) else None
        if match and len(name) <= reading.NAME_LIMIT:
            normal = reading.normalise(match["name"])
            direct = normal in env.dists_named and os.path.isfile(os.path.join(path, name, "direct_url.json"))
            yield Stranger(normal, match["version"], name, direct)
