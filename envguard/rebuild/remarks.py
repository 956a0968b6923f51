"""What is said of a plan beside its packages: what was tried before, what stays behind, what fits neither here nor there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from envguard import versions
from envguard.export.channels import plain, secret
from envguard.model import text
from envguard.probe.reading import normalise
from envguard.versions import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from envguard.facts import Environment
    from envguard.model import Text
    from envguard.packages.repodata import Sources
    from envguard.rebuild.wanted import Wanted


def scripts(env: Environment) -> Iterator[Text]:
    """What of activation's scripts came with no package: it is not copied, since the old environment's paths may stand in it."""
    files = tuple(each.path for each in env.activation or () if each.record is None)
    if files:
        yield text("{files} came with no package, and is not copied", "{files} came with no package, and are not copied", n=len(files), files=files)  # fmt: skip


def closed(env: Environment, paths: Iterable[str]) -> Iterator[Text]:
    """What of these files would be copied, but may be read only by another user."""
    files = tuple(path for path in paths if not os.access(Path(env.prefix, path), os.R_OK))
    if files:
        yield text("{files} cannot be read by you, and is not copied", "{files} cannot be read by you, and are not copied", n=len(files), files=files)  # fmt: skip


def remarks(
    env: Environment, told: Wanted, pins: Mapping[str, str], sources: Sources, tried: tuple[Text, ...]
) -> Iterator[Text]:
    """What is to be known of a plan; `pins` are the versions that conda will bring, `tried` why stricter specs did not do."""
    for said in tried:
        yield text("not possible as it is here ({reason})", reason=said.english())
    if private := tuple(plain(each.url) for each in sources.channels if secret(each.url)):
        yield text(
            "the channel {channels} is asked with a password or a token that is configured here; no command shows it",
            "the channels {channels} are asked with passwords or tokens that are configured here; no command shows them",
            n=len(private),
            channels=private,
        )
    if env.manager == "pixi":
        yield text("pixi builds its own environments anew from its manifest; the new one is none of pixi's")
    there = {**pins, **_versions(env, told)}
    known = versions.marker_environment(env)
    for each in told.requirements:
        for dist in env.dists_named.get(each.name, ()):
            unmet = tuple(line for line in dist.requires if dist.owner is None and _unmet(line, there, known))
            if unmet:
                yield text("{name} requires {requirements}, which is not so here, nor will be there", name=each.name, requirements=unmet)  # fmt: skip


def _versions(env: Environment, told: Wanted) -> dict[str, str]:
    names = {each.name for each in told.requirements}
    return {dist.name: dist.version for dist in env.pip_owned if dist.name in names and dist.version is not None}


def _unmet(line: str, there: Mapping[str, str], known: Mapping[str, str]) -> bool:
    wish = versions.requirement(line)
    if wish is None or "extra" in line.partition(";")[2]:
        return False
    name = normalise(wish.name)
    if name not in there or versions.applies(wish.marker, known) is not Answer.YES:
        return False
    return versions.pip_allows(wish, there[name]) is Answer.NO
