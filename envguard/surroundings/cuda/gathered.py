"""What files and process tell of CUDA where something of it is there, kept until one of them changes."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.cuda import Cuda, Framework
from envguard.store import Memory
from envguard.surroundings.cuda.asked import asked
from envguard.surroundings.cuda.declared import declared
from envguard.surroundings.cuda.installed import installed, mapped, searched
from envguard.surroundings.cuda.look import Look
from envguard.surroundings.cuda.nvcc import nvcc
from envguard.surroundings.cuda.owners import Owner, Owners
from envguard.surroundings.cuda.present import present
from envguard.surroundings.cuda.resolved import Session
from envguard.surroundings.started import environ, started
from envguard.tables import cuda as tables
from envguard.value import value

if TYPE_CHECKING:
    from envguard.facts import Environment
    from envguard.loader import World
    from envguard.surroundings.cuda.declared import Declared
    from envguard.surroundings.cuda.present import Present

__all__ = ["gathered"]


@value
class _Told:
    """What the files tell, and who owns what of them, for the kernels that map them."""

    cuda: Cuda
    owners: Owners
    paths: tuple[str, ...]
    """What was looked at."""


_told: Memory[_Told] = Memory()


def gathered(env: Environment) -> Cuda:
    """What concerns CUDA in an environment, and what a kernel has of it in memory."""
    world = started(env) if env.layout == "unix" else None
    if world is not None and not world.callers:
        world = None
    question = _question(env, world)
    told = _told.recall(env.prefix, lambda _told: question)
    if told is None:
        start, told = time.time(), _look(env, world)
        _told.keep(env.prefix, told, told.paths, question, start)
    return replace(told.cuda, mapped=mapped(env.process, told.owners))


def _question(env: Environment, world: World | None) -> tuple[object, ...]:
    """What the answer rests on beside the paths."""
    variables = environ(env)
    path = env.process.path if env.process is not None else None
    loads = (world.library_path, world.cwd, id(world.system), world.callers) if world is not None else None
    told = tuple(variables.get(name) for name in ("PATH", "CONDA_OVERRIDE_CUDA"))
    return (env.conda_packages, env.distributions, env.overlaps, env.importable, env.site_packages, path, loads, told)


def _look(env: Environment, world: World | None) -> _Told:
    look = Look(env)
    owners = Owners(look)
    there = present(env)
    for each in there:
        book = _book(each)
        if book is not None:
            owner = Owner(book, "pip" if each.by_pip else "conda", None)
            for folder in (each.kind.imported, f"{each.kind.imported}.libs", f"{each.kind.imported}_cuda.libs"):
                owners.add_folder(os.path.join(look.root, *each.site.split("/"), folder), owner)
    session = Session(world, look, owners) if world is not None else None
    return _Told(
        Cuda(
            frameworks=tuple(_framework(each, look, session) for each in there),
            asked=asked(env),
            installed=installed(look, owners),
            searched=searched(world.library_path, world.cwd, look, owners) if world is not None else (),
            nvcc=nvcc(look),
        ),
        owners,
        tuple(sorted(look.paths)),
    )


def _book(each: Present) -> str | None:
    if each.by_pip and each.distribution is not None:
        return each.distribution.path
    return each.package.record if each.package is not None else None


def _framework(each: Present, look: Look, session: Session | None) -> Framework:
    said = declared(each, look)
    version = each.distribution.version if each.distribution is not None else None
    if said is not None and said.version is not None:
        version = said.version
    elif version is None and each.package is not None:
        version = each.package.version
    version = version.partition("+")[0] if version is not None else None
    return Framework(
        name=each.kind.name,
        version=version,
        origin="pip" if each.by_pip else "conda",
        record=each.package.record if each.package is not None else None,
        distribution=each.distribution.path if each.distribution is not None else None,
        build=each.package.build if each.package is not None and not each.by_pip else None,
        declared=said.cuda if said is not None else None,
        cpu=said.cpu if said is not None else None,
        source=said.source if said is not None else "",
        arch=_arch(each, said, version),
        resolved=session.resolved(each, said) if session is not None else None,
    )


def _arch(each: Present, said: Declared | None, version: str | None) -> tuple[str, ...]:
    if said is None or said.arch:
        return said.arch if said is not None else ()
    if each.kind.name != "torch" or version is None or said.cuda is None:
        return ()
    if each.by_pip or each.package is None:
        return tables.arch(version, said.cuda)
    # a channel is told by its name, or by its address
    channel = next(iter({"pytorch", "conda-forge"}.intersection((each.package.channel or "").split("/"))), "")
    return tables.arch(version, said.cuda, channel)
