"""By what a user, or conda, chose CUDA: metapackages, the specs that were asked for, and a variable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.cuda import Asked
from envguard.surroundings.cuda.present import KINDS, METAPACKAGES
from envguard.surroundings.started import environ

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Environment

OVERRIDE = "CONDA_OVERRIDE_CUDA"
_OF_FRAMEWORKS = frozenset(name for kind in KINDS for name in kind.conda)
_BUILD = re.compile(
    # name=version=build, or name[build=…], with or without quotes
    r"(?:[^\s=<>!~\[]+(?:=[^=\s\[]*=| +[^\s\[]+ +)|[^\[]*\[(?:.*,\s*)?build\s*=\s*)[\"']?(?P<build>[^\s\"',\]]+)"
)


def asked(env: Environment) -> tuple[Asked, ...]:
    """Everything by which it was chosen whether CUDA, and which."""
    return tuple(_asked(env))


def _asked(env: Environment) -> Iterator[Asked]:
    for name in METAPACKAGES:
        package = env.by_name.get(name)
        if package is not None:
            yield Asked(name, package.version, package.build, package.record)
    for package in env.conda_packages or ():
        if package.name in _OF_FRAMEWORKS:
            for spec in package.requested:
                match = _BUILD.match(spec)
                if match is not None and re.search("cuda|cpu|gpu", match["build"]):
                    yield Asked(package.name, None, match["build"], spec)
    value = environ(env).get(OVERRIDE)
    if value is not None:
        yield Asked(OVERRIDE, value, None, OVERRIDE)
