"""What is known of an error besides its causes: that it is harmless, another environment's, or about something that nobody has."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from envguard.model import text
from envguard.rules.numpy_versions import removed_since
from envguard.why import disk
from envguard.why.case import owner_of_frame, top_of
from envguard.why.numerics import warning_form
from envguard.why.symptom import base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Environment
    from envguard.model import Text
    from envguard.why.reading import Group
    from envguard.why.symptom import Symptom

_PICKLE = "Can't get attribute "
"""What Python's pickle says, in English everywhere."""


def noted(group: Group, env: Environment) -> Iterator[Text]:
    """What is known of an error whether or not anything explains it."""
    if any(warning_form(symptom) for symptom in group):
        yield text("this is only a warning: the type has grown, which does no harm, and newer numpy does not print it")
    early = next((symptom for symptom in group if "static TLS" in symptom.message), None)
    library = next((each for each in early.libraries), "") if early is not None else ""
    if library:
        yield text(
            "{library} has to be loaded early, before too many others: restart, and import {module} first of all",
            library=base(library),
            module=(top_of(library) or base(library)).removesuffix(".libs"),
        )
    if any(_duplicates(symptom) for symptom in group):
        yield text("libcudart.so is a link to the other file in the same folder, so nothing is there twice")
    other = next((found for symptom in group if (found := other_prefix(symptom, env))), None)
    if other is not None:
        yield text("the traceback is that of another environment: {folder}", folder=other)


def of_names(group: Group, env: Environment) -> Iterator[Text]:
    """What is known of a module or a name that was not found, where nothing explains it."""
    numpy = next((dist.version for dist in env.dists_named.get("numpy", ()) if dist.version), None)
    for symptom in group:
        since = removed_since(symptom.message) if symptom.kind == "AttributeError" else None
        if since is not None:
            yield text("numpy has not had this name since {version}, so what uses it is older than that", version=since)
            return
        asked = symptom.names[0] if symptom.kind == "ModuleNotFoundError" and symptom.names else ""
        if asked.split(".")[:2] == ["numpy", "_core"] and numpy and disk.module(env, "numpy._core") is None:
            yield text(
                "only numpy 2 has {module}, and numpy {version} is here: what asks for it, such as a pickled file, was made "
                "with numpy 2",
                module=asked,
                version=numpy,
            )
            return
    for symptom in group:
        if symptom.kind == "ModuleNotFoundError" and symptom.names and disk.module(env, symptom.names[0]) is not None:
            yield text("{module} is there now; if this kernel does not find it, restart it", module=symptom.names[0])
            return
        if symptom.kind == "ModuleNotFoundError" and symptom.names:
            name = symptom.names[0]
            if name.partition(".")[0] in sys.stdlib_module_names:
                yield text(
                    "{module} is a part of Python itself: this Python was built without it, has lost it, or looks elsewhere "
                    "(PYTHONHOME)",
                    module=name,
                )
            else:
                yield text("no distribution in this environment brings {module}", module=name)
            return
        found = _lacking(symptom, env)
        if found is not None:
            yield found
            return


def _lacking(symptom: Symptom, env: Environment) -> Text | None:
    """A name that the installed version of a module has not: whoever asks for it was made for another."""
    if len(symptom.quoted) < 2 or symptom.kind not in ("ImportError", "AttributeError"):
        return None
    pickled = symptom.message.startswith(_PICKLE)
    name = symptom.quoted[0]
    module = re.sub(r"^module |['\"]", "", symptom.quoted[1]) if not pickled else _module_of(symptom)
    path = next((each for each in (symptom.path, *symptom.files) if each and disk.below(env, each)), None)
    if not name.isidentifier() or not module or path is None or not _is_without(path, name):
        return None
    owner = owner_of_frame(env, path)
    if owner is None:
        return None
    if pickled:
        return text(
            "{owner}, which is installed, has no {name} in {module}: what is read was saved with another version of it",
            owner=owner,
            name=name,
            module=module,
        )
    return text(
        "{owner}, which is installed, has no {name}: what asks for it was made for another version",
        owner=owner,
        name=name,
    )


def _module_of(symptom: Symptom) -> str:
    match = re.search(r"<module '([\w.]{1,200})'", symptom.message)
    return match[1] if match and match[1] != "__main__" else ""


def _is_without(path: str, name: str) -> bool:
    """Whether a file of Python's is there, and never names something."""
    try:
        source = Path(path).read_bytes() if path.endswith(".py") else None
    except (OSError, ValueError):
        return False
    return source is not None and not re.search(rb"\b" + re.escape(name.encode()) + rb"\b|__getattr__", source)


def _duplicates(symptom: Symptom) -> bool:
    names = {name.replace("\\", "/").rpartition("/")[2] for name in symptom.libraries}
    return len(names) >= 2 and all(name.startswith("libcudart.so") for name in names)


def other_prefix(symptom: Symptom, env: Environment) -> str | None:
    """The environment that a traceback is of, if all its files of packages lie in one that is not this one."""
    paths = [path.replace("\\", "/") for path in symptom.frames]
    found = [match[1] for path in paths if not _NO_PREFIX.search(path) and (match := _PREFIX.match(path))]
    if not found or any(disk.below(env, path) is not None for path in symptom.frames):
        return None
    return found[-1] if disk.below(env, f"{found[-1]}/x") is None else None


_NO_PREFIX = re.compile(r"/\.local/lib/python|/Library/Python/|/AppData/Roaming/Python/|/pip-build-env-|/builds-v0/")
"""Packages of the user's, which are imported everywhere, and what builds a package."""
_PREFIX = re.compile(r"(.{1,500}?)/(?:lib|Lib)/(?:python[\d.]+/)?site-packages/")
