"""Rules about where a distribution came from: what is not on an index cannot be installed again by its name and version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from envguard.model import Evidence, Fix, Safety, Severity, text
from envguard.rules import fixes, steps
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import DirectUrl, Distribution, Environment

_COMMIT = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_SECRET = re.compile(r"(?<=//)[^/@]*@|[?#].*")


@rule("unpinned-vcs-install", code=140, severity=Severity.INFO, needs=("distributions",))
def unpinned_vcs_install(env: Environment) -> Iterator[Found]:
    """A distribution was installed from a repository without naming a commit.

    pip installed it from a version control system, from a branch or from whatever was newest. Which commit that was
    stands in `direct_url.json`.

    Why it matters: `name==version` does not bring it back, and the same command brings something else tomorrow.

    How to repair: write the commit into the requirement, as `name @ git+https://host/project@COMMIT`.

    Not reported: what was asked for by a whole commit, and what conda owns, whose packages keep the address they were
    built from.
    """
    for dist, origin in _origins(env):
        if origin.vcs and origin.commit and not _COMMIT.fullmatch(origin.requested_revision or ""):
            yield Found(
                subject=dist.name,
                message=text(
                    "{name} was installed from {url}, from what {revision} was then",
                    name=dist.name,
                    url=_shown(origin),
                    revision=origin.requested_revision or "HEAD",
                ),
                evidence=(Evidence(text("the commit is {commit}", commit=origin.commit), _source(dist)),),
            )


@rule("editable-install", code=141, severity=Severity.INFO, needs=("distributions",))
def editable_install(env: Environment) -> Iterator[Found]:
    """A distribution is installed in place, from a folder of sources.

    Its code is not in `site-packages` but in a folder of yours (`pip install -e`, `python setup.py develop`).

    Why it matters: an export that says `name==version` loses it, and nobody else has the folder. Here it is as it
    should be for whoever works on it.

    How to repair: nothing is broken. For an environment that others rebuild, install from a repository and a commit.

    Not reported: a folder that is gone (EG142).
    """
    for dist, origin in _origins(env):
        if dist.editable and origin.exists is not False:
            yield Found(
                subject=dist.name,
                message=text("{name} is installed in place, from {url}", name=dist.name, url=_shown(origin)),
                evidence=(Evidence(text("the distribution names this folder as its origin"), _source(dist)),),
            )


@rule("dead-link-install", code=142, severity=Severity.WARNING, needs=("distributions",))
def dead_link_install(env: Environment) -> Iterator[Found]:
    """The folder that a distribution is installed from in place is gone.

    It is an editable install, or a line that `conda develop` wrote into `conda.pth`, and the folder with the code was moved
    or deleted since. The folder of an editable install may be there and the code in it be elsewhere now.

    Why it matters: `import` does not find it, or finds something else of that name, while pip still lists it. Some
    tools stop when they meet the dead link.

    How to repair: install it again from where the folder is now, or take it off.

    Not reported: a folder on another machine or drive, which cannot be looked for from here. A dead line of a start-up file
    that belongs to nobody is information, since Python passes over it.
    """
    yield from _dead_folders(env)
    yield from _dead_code(env)


def _dead_folders(env: Environment) -> Iterator[Found]:
    for dist, origin in _origins(env):
        if dist.editable and origin.exists is False:
            yield Found(
                subject=dist.name,
                message=text(
                    "{name} is installed in place from {url}, which is gone", name=dist.name, url=_shown(origin)
                ),
                evidence=(Evidence(text("there is no such folder: {url}", url=_shown(origin)), _source(dist)),),
                consequence=text("importing {name} fails, or finds something else", name=dist.name),
                fixes=_take_off(env, dist),
            )


def _dead_code(env: Environment) -> Iterator[Found]:
    """What start-up files and finders lead to and is gone, where the folder of the distribution is not gone itself."""
    told = {dist.path for dist, origin in _origins(env) if dist.editable and origin.exists is False}
    known = {_folder(origin.url) for dist, origin in _origins(env) if dist.path in told}
    dead = {pth.path: (pth.owner, tuple(path for path in pth.dead if path not in known)) for pth in env.pths or ()}
    for each in env.importable or ():
        if each.gone and each.distribution is not None:
            source = f"{each.distribution}/RECORD"
            dead[source] = (each.distribution, (*dead.get(source, ("", ()))[1], each.path))
    for source, (owner, paths) in dead.items():
        if paths and owner not in told:
            yield _leads_nowhere(env, env.by_path.get(owner or ""), source, paths)


def _leads_nowhere(env: Environment, dist: Distribution | None, source: str, paths: tuple[str, ...]) -> Found:
    name = source.rpartition("/")[2]
    evidence = tuple(Evidence(text("there is nothing at {path}", path=path), source) for path in paths)
    if dist is not None and dist.editable:
        return Found(
            subject=dist.name,
            message=text(
                "{name} is installed in place, and its code is gone from {paths}", name=dist.name, paths=paths
            ),
            evidence=evidence,
            consequence=text("importing {name} fails, or finds something else", name=dist.name),
            fixes=_in_place_again(env, dist),
        )
    develop = name == "conda.pth"
    return Found(
        subject=name,
        message=text("{file} adds {paths} to the search path, where there is nothing", file=name, paths=paths),
        evidence=evidence,
        consequence=text("what was imported from there fails, or comes from elsewhere") if develop else None,
        fixes=(Fix(text("Put the folder back, or take its line out of {file}", file=name), (), Safety.MANUAL),)
        if develop and fixes.may_write(env)
        else (),
        severity=Severity.WARNING if develop else Severity.INFO,
    )


def _in_place_again(env: Environment, dist: Distribution) -> tuple[Fix, ...]:
    folder = _folder(dist.direct_url.url) if dist.direct_url is not None and dist.direct_url.exists else None
    if folder is None or not fixes.may_write(env):
        return _take_off(env, dist)
    title = text("Install {name} in place again, from {folder}", name=dist.name, folder=folder)
    step = steps.pip_install(env, "--no-deps", "--editable", folder)
    return (fixes.by_pip(env, title, (step,)),)


def _folder(url: str) -> str:
    """The path of a `file:` URL."""
    return unquote(url.partition("://")[2].partition("#")[0].partition("?")[0])


@rule("temporary-url-install", code=143, severity=Severity.INFO, needs=("distributions",))
def temporary_url_install(env: Environment) -> Iterator[Found]:
    """A distribution was installed from a file or folder that is gone.

    pip installed it from a path of this machine which does not exist any more, such as a build folder.

    Why it matters: it works, but nothing can install it again, and `pip freeze` writes the dead path into
    `requirements.txt`.

    How to repair: install a released version from an index, or keep the file where others can reach it.

    Not reported: what conda owns. Its packages keep the address of the folder they were built in, which never was on
    this machine.
    """
    for dist, origin in _origins(env):
        if not dist.editable and origin.exists is False:
            yield Found(
                subject=dist.name,
                message=text("{name} was installed from {url}, which is gone", name=dist.name, url=_shown(origin)),
                evidence=(Evidence(text("there is no such path: {url}", url=_shown(origin)), _source(dist)),),
            )


def _origins(env: Environment) -> Iterator[tuple[Distribution, DirectUrl]]:
    for dist in env.pip_owned:
        if dist.direct_url is not None:
            yield dist, dist.direct_url


def _shown(origin: DirectUrl) -> str:
    """The address without what could be a password or a token."""
    return _SECRET.sub("", origin.url)


def _source(dist: Distribution) -> str:
    return dist.path if dist.kind == "egg-link" else dist.path + "/direct_url.json"


def _take_off(env: Environment, dist: Distribution) -> tuple[Fix, ...]:
    if not fixes.may_write(env):
        return ()
    title = text("Take {name} off, unless its folder can be put back", name=dist.name)
    if dist.kind == "egg-link":  # pip reads the name of such an install in the folder that is gone
        return (Fix(title, (steps.remove_files(env, dist.path),), Safety.REVIEW, restart=True),)
    return (fixes.by_pip(env, title, (steps.uninstall(env, dist.name),)),)


RULES: tuple[Rule, ...] = (unpinned_vcs_install, editable_install, dead_link_install, temporary_url_install)
