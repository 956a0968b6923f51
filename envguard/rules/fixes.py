"""Ways out, as data: one function per kind of damage.

* Where nothing may be written (another's or a frozen environment) the way out is an environment of one's own.
* pip's RECORD is used to take files off only while its dist-info is the only one of that name: pip uninstalls whichever
  it meets first.
* What conda itself needs is never taken off before conda has put it back.
* What a plan does is made of these, too; its order is that of `changes/order.py`.
* `--ignore-installed` is never suggested: it leaves two books about the same files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Fix, Safety, Text, text
from envguard.rules import steps
from envguard.rules.dependants import needed_by_conda
from envguard.rules.overlaps import Clash, clashes_of, conda_copies, pip_copies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.facts import CondaPackage, Distribution, Environment, Paths
    from envguard.model import Argument, Step

_NO_TOOL = Text("{title} (with conda, mamba or micromamba, none of which was found here)")


def reinstall(env: Environment, *packages: CondaPackage) -> tuple[Fix, ...]:
    """The files of packages as conda had put them."""
    if not may_write(env):
        return own_environment(env, *packages)
    title = text("Put conda's files of {packages} back", packages=tuple(package.name for package in packages))
    return (with_tool(env, title, (steps.restore(env, *packages),)),)


def keep_record(env: Environment, kept: CondaPackage, others: tuple[CondaPackage, ...]) -> tuple[Fix, ...]:
    """Of several records of one package all but one go; by hand, since whose files are there must be looked at."""
    if not may_write(env):
        return own_environment(env, kept)
    title = text("Delete the other record, then let conda link {package} again", package=kept.spec)
    deleted = steps.remove_files(env, *(each.record for each in others))
    return (with_tool(env, title, (deleted, steps.restore(env, kept)), safety=Safety.MANUAL),)


def replace_record(env: Environment, record: str, spec: str) -> tuple[Fix, ...]:
    """A record that cannot be read goes, and conda writes a new one; by hand, since nothing tells what else is damaged."""
    if not may_write(env):
        return own_environment(env)
    title = text("Delete {record}, then let conda install {spec} again", record=record, spec=spec)
    deleted, again = steps.remove_files(env, record), steps.conda_install(env, "--force-reinstall", spec)
    return (with_tool(env, title, (deleted, again), safety=Safety.MANUAL),)


def reinstall_or_remove(env: Environment, package: CondaPackage) -> tuple[Fix, ...]:
    """For a package that was taken off and that nothing depends on: back it comes, or its record goes as well."""
    back = reinstall(env, package)
    if not may_write(env) or env.manager == "pixi":
        return back
    title = text("Or let conda forget {package}, if it was meant to go", package=package.name)
    return (*back, with_tool(env, title, (steps.conda_remove(env, package.name),)))


def give_back(env: Environment, clash: Clash) -> tuple[Fix, ...]:
    """What both books claim becomes conda's again."""
    package, dist = clash.package, clash.dist
    if not may_write(env):
        return own_environment(env, package)
    packages = _all_overwritten(env, dist) or (package,)
    told = _told(dist, packages)
    if env.base and needed_by_conda(env) & {each.name for each in packages}:
        return (_conda_first(env, dist, packages),)
    off, back = steps.uninstall(env, dist.name), steps.restore(env, *packages)
    if clash.stranger:
        title = Text(
            "Uninstall {name} {version}, then put conda's {packages} back; "
            "afterwards another version of {name} can be installed",
            told,
        )
        return (with_tool(env, title, (off, back), pip=True),)
    if clash.overlap.shape == "conda" and not clash.overlap.extra.count and clash.proven:
        return (drop(env, dist),)
    if clash.overlap.shape == "conda":
        title = Text("Take off what is left of pip's {name} {version}, then put conda's {packages} back", told)
    else:
        title = Text("Take pip's {name} {version} off, then put conda's {packages} back", told)
    first = tuple(steps.remove(env, other.path) for other in conda_copies(env, package, dist))
    return (with_tool(env, title, (*first, off, back), pip=True),)


def give_back_stand_in(env: Environment, package: CondaPackage, dist: Distribution) -> tuple[Fix, ...]:
    """A distribution stands, without a common file, where conda's package was taken off."""
    if not may_write(env):
        return own_environment(env, package)
    if env.base and package.name in needed_by_conda(env):
        return (_conda_first(env, dist, (package,)),)
    title = Text("Take pip's {name} {version} off, then put conda's {packages} back", _told(dist, (package,)))
    return (with_tool(env, title, (steps.uninstall(env, dist.name), steps.restore(env, package)), pip=True),)


def leave_to_pip(env: Environment, packages: tuple[CondaPackage, ...], dist: Distribution) -> tuple[Fix, ...]:
    """What both books claim becomes pip's for good: conda's records go first, since conda takes the shared files along."""
    wanted = steps.pinned(dist)
    if not may_write(env):
        return own_environment(env)
    if wanted is None or env.manager == "pixi":
        return ()  # pixi brings back what its manifest asks for
    title = text(
        "Let conda forget its {packages}, then let pip install {requirement} once more",
        packages=tuple(f"{each.name} {each.version}" for each in packages),
        requirement=wanted,
    )
    off = steps.conda_forget(env, *(each.name for each in packages))
    back = steps.pip_install(env, "--force-reinstall", "--no-deps", wanted)
    return (with_tool(env, title, (off, back), pip=True),)


def drop(env: Environment, dist: Distribution) -> Fix:
    """A stale dist-info goes; `pip uninstall` would take the files of the live copy with it."""
    title = text("Delete the stale folder {folder}", folder=dist.path.rpartition("/")[2])
    return Fix(title, (steps.remove(env, dist.path),), restart=True)


def remove_folder(env: Environment, dist: Distribution) -> tuple[Fix, ...]:
    """A folder nobody needs goes."""
    if not may_write(env):
        return ()
    title = text("Delete the folder {folder}", folder=dist.path.rpartition("/")[2])
    return (Fix(title, (steps.remove(env, dist.path),)),)


def clear_folder(env: Environment, folder: str, package: CondaPackage, files: Paths) -> tuple[Fix, ...]:
    """Files of nobody's go: one by one if all are named, else with their folder, which conda then links anew."""
    if not may_write(env):
        return ()
    if files.count == len(files.sample):
        step = steps.remove_files(env, *files.sample)
        return (Fix(text("Delete {files}, unless they are yours", files=files.sample), (step,), restart=True),)
    title = text(
        "Delete {folder}, unless some of it is yours, then put conda's {package} back",
        folder=folder,
        package=package.name,
    )
    both = (steps.remove(env, folder), steps.restore(env, package))
    return (with_tool(env, title, both, safety=Safety.MANUAL),)


def install_lost(env: Environment, name: str, version: str, dist: Distribution | None) -> tuple[Fix, ...]:
    """A package whose record was lost is installed anew, after pip's copy is off."""
    if not may_write(env):
        return own_environment(env)
    back = steps.conda_install(env, f"{name}={version}")
    if dist is None:
        return (with_tool(env, text("Install conda's {name} {version} again", name=name, version=version), (back,)),)
    title = text(
        "Take pip's {name} {other} off, then install conda's {package} {version} again",
        name=dist.name,
        other=dist.version or "?",
        package=name,
        version=version,
    )
    return (with_tool(env, title, (steps.uninstall(env, dist.name), back), pip=True),)


def meet_constraint(env: Environment, dist: Distribution, conda_spec: str, specifier: str | None) -> tuple[Fix, ...]:
    """A distribution of pip's is exchanged for a version conda's packages can work with, by pip or by conda."""
    if not may_write(env):
        return own_environment(env)
    found = []
    if specifier is not None:
        title = text(
            "Let pip install a version of {name} in the range {specifier}", name=dist.name, specifier=specifier
        )
        found.append(by_pip(env, title, (steps.pip_install(env, f"{dist.name}{specifier}"),)))
    if env.manager != "pixi":
        both = (steps.uninstall(env, dist.name), steps.conda_install(env, conda_spec))
        found.append(with_tool(env, text("Let conda install {name} instead of pip", name=dist.name), both, pip=True))
    return tuple(found)


def install_requirements(env: Environment, requirements: tuple[str, ...]) -> tuple[Fix, ...]:
    """What a distribution of pip's asks for, installed by pip."""
    if not may_write(env):
        return own_environment(env)
    title = text("Install {requirements}", requirements=requirements)
    return (by_pip(env, title, (steps.pip_install(env, *requirements),)),)


def install_with_conda(env: Environment, specs: tuple[str, ...]) -> tuple[Fix, ...]:
    """What is conda's own, installed by conda in a range that somebody asks for."""
    if not may_write(env):
        return own_environment(env)
    return (with_tool(env, text("Let conda install {specs}", specs=specs), (steps.conda_install(env, *specs),)),)


def take_from_conda(env: Environment, *names: str) -> tuple[Fix, ...]:
    """Distributions of pip's go, and conda's packages of the same things come; pixi would have to be told in its manifest."""
    if env.manager == "pixi":
        return ()
    if not may_write(env):
        return own_environment(env)
    wanted = tuple({"tables": "pytables"}.get(name, name) for name in names)
    title = text("Let conda install {names} instead of pip", names=names)
    return (with_tool(env, title, (steps.uninstall(env, *names), steps.conda_install(env, *wanted)), pip=True),)


def other_version(dist: Distribution, package: CondaPackage, dependants: tuple[str, ...]) -> Fix:
    """No version of conda's package pleases both sides, so the side that pip brought has to move."""
    title = text(
        "Look for a version of {name} that works with {package}: no other suits conda's {dependants} as well",
        name=dist.name,
        package=f"{package.name} {package.version}",
        dependants=dependants,
    )
    return Fix(title, safety=Safety.MANUAL)


def install_one(env: Environment, dist: Distribution) -> tuple[Fix, ...]:
    """A damaged distribution is installed anew in its version, its dependencies left alone."""
    wanted = steps.pinned(dist)
    if not may_write(env):
        return own_environment(env)
    if wanted is None:
        return ()
    step = steps.pip_install(env, "--force-reinstall", "--no-deps", wanted)
    return (by_pip(env, text("Install {requirement} again", requirement=wanted), (step,)),)


def install_again(env: Environment, dists: tuple[Distribution, ...]) -> tuple[Fix, ...]:
    """The same of several, as far as an index has them."""
    wanted = tuple(each for dist in dists if (each := steps.pinned(dist)) is not None)
    if not may_write(env):
        return own_environment(env)
    if not wanted:
        return ()
    step = steps.pip_install(env, "--force-reinstall", "--no-deps", *wanted)
    return (by_pip(env, text("Install {requirements} again", requirements=wanted), (step,)),)


def keep_one(env: Environment, copies: tuple[Distribution, ...], kept: Distribution) -> tuple[Fix, ...]:
    """Of distributions that share files or a name all go and one is installed again."""
    wanted = steps.pinned(kept)
    if not may_write(env):
        return own_environment(env)
    if wanted is None:
        return ()
    names = tuple(dict.fromkeys(dist.name for dist in copies))
    # pip takes off one copy of a name at a time
    off = (names,) if len(names) == len(copies) else tuple((dist.name,) for dist in copies)
    title = text("Uninstall {names}, then install only {requirement}", names=names, requirement=wanted)
    return (by_pip(env, title, (*(steps.uninstall(env, *each) for each in off), steps.pip_install(env, wanted))),)


def leave_base(env: Environment, wanted: tuple[Distribution, ...], removable: tuple[str, ...]) -> tuple[Fix, ...]:
    """A new environment takes what pip put into base; base is freed of what nothing there needs."""
    requirements = tuple(name for dist in wanted if (name := steps.pinned(dist)))
    move = [steps.create(env, "pip")]
    if requirements:
        move.append(steps.install_elsewhere(env, *requirements))
    title = text("Make an environment for your work, and install there what base now holds")
    new = with_tool(env, title, move, safety=Safety.MANUAL, restart=False)
    if not removable or not may_write(env):
        return (new,)
    title = text("Afterwards uninstall from base what pip added to it")
    return (new, by_pip(env, title, (steps.uninstall(env, *removable),)))


def anew(env: Environment) -> tuple[Fix, ...]:
    """A new environment beside this one, with what somebody asked for: all of conda's first, then pip's."""
    if env.manager == "pixi":
        return ()
    title = text("Make a new environment with what somebody asked for here, and leave this one as it is")
    return (Fix(title, (steps.rebuild(env),), Safety.MANUAL),)


def own_environment(env: Environment, *packages: CondaPackage) -> tuple[Fix, ...]:
    """The way out where nothing may be written."""
    if env.frozen:
        title = text("Make an environment of your own: this one is declared frozen by conda-meta/frozen")
    else:
        title = text("Make an environment of your own, or ask the owner of this one, which you may not write to")
    step = steps.create(env, *(f"{package.name}={package.version}" for package in packages))
    return (with_tool(env, title, (step,), safety=Safety.MANUAL, restart=False),)


def _told(dist: Distribution, packages: tuple[CondaPackage, ...]) -> dict[str, Argument]:
    return {
        "name": dist.name,
        "version": dist.version or "?",
        "packages": tuple(f"{each.name} {each.version}" for each in packages),
    }


def _conda_first(env: Environment, dist: Distribution, packages: tuple[CondaPackage, ...]) -> Fix:
    """The order for what conda itself needs: conda's files first, and then only pip's dist-info goes."""
    off = () if dist.taken_from else tuple(steps.remove(env, copy.path) for copy in pip_copies(env, dist.name))
    title = Text(
        "Put conda's {packages} back first, since conda itself needs it; "
        "only then delete the dist-info of pip's {name} {version}",
        _told(dist, packages),
    )
    return with_tool(env, title, (steps.restore(env, *packages, independent=True), *off))


def _all_overwritten(env: Environment, dist: Distribution) -> tuple[CondaPackage, ...]:
    found = (clash.package for clash in clashes_of(env, dist) if clash.overlap.differ)
    return tuple(dict.fromkeys(found))


def may_write(env: Environment) -> bool:
    """Whether a fix may change this environment."""
    return env.writable and not env.frozen


def by_pip(env: Environment, title: Text, argv: Iterable[Step]) -> Fix:
    """A fix that needs the environment's pip; without one it is left to the reader."""
    safety = Safety.REVIEW if steps.has_pip(env) else Safety.MANUAL
    return Fix(title, tuple(argv), safety, restart=True)


def with_tool(
    env: Environment,
    title: Text,
    argv: Iterable[Step],
    *,
    pip: bool = False,
    safety: Safety = Safety.REVIEW,
    restart: bool = True,
) -> Fix:
    """A fix that needs a package manager; without one, or without the pip it needs, it is left to the reader."""
    found = steps.tool(env) is not None
    if not found or (pip and not steps.has_pip(env)):
        safety = Safety.MANUAL
    if not found:
        title = Text(_NO_TOOL.text, {"title": title})
    return Fix(title, tuple(argv), safety, restart)
