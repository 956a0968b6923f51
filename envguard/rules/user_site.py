"""Rules about the user's own site-packages, which every Python of one version shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Evidence, Fix, Safety, Severity, Step, text
from envguard.rules import fixes, steps
from envguard.rules.names import providers
from envguard.rules.overlaps import live
from envguard.rules.rule import Found, Rule, rule
from envguard.rules.shadows import needed, python_of, shadows, short, tops, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Environment
    from envguard.process import Elsewhere, Process, Stranger
    from envguard.rules.shadows import Shadow

_SHOWN = 6
_OFF = ("", "0", "no", "n", "false", "f", "off")
_NEEDS = ("process", "elsewhere", "importable", "distributions")


@rule("user-site-active", code=200, severity=Severity.INFO, needs=_NEEDS)
def user_site_active(env: Environment) -> Iterator[Found]:
    """The user's own packages can be imported in this environment.

    What `pip install --user` brought lies in a folder of the user's, `~/.local` on Linux, which all Pythons of the same
    version share. The process looks there before it looks into the environment.

    Why it matters: the environment is more than its books say. It may work on this account and nowhere else, and pip takes
    what lies there for installed ("Requirement already satisfied"). Where the environment leans on it, or where it is
    another Python's folder, it is a warning; else it is information.

    How to repair: install into the environment what it needs, and switch the folder off with PYTHONNOUSERSITE.

    Not reported: a folder with nothing in it; Pythons that do not look there, as in a venv; what hides the environment's own
    packages (EG201).
    """
    assert env.process is not None
    for place in _own(env, on_path=True):
        if not place.strangers and not any(not offer.namespace for offer in place.offers):
            continue
        other = python_of(place.path)
        foreign = other is not None and other != short(env.process.python_version)
        leaned = tuple(_leaned_on(env, env.process, place)) if _managed(env) else ()
        names = tuple(dict.fromkeys(stranger.name for stranger in place.strangers))
        if foreign:
            message = text("the packages of another Python, {version}, are on the path", version=other or "?")
        elif leaned:
            message = text(
                "{n} module comes from the user's own packages, not from this environment: {names}",
                "{n} modules come from the user's own packages, not from this environment: {names}",
                n=len(leaned),
                names=tuple(name for name, _ in leaned),
            )
        else:
            message = text(
                "the user's own packages are on the path: {n} distribution",
                "the user's own packages are on the path: {n} distributions",
                n=len(names),
            )
        yield Found(
            subject="user site",
            message=message,
            evidence=(
                Evidence(text("is on the path of the process, before the environment's own packages"), place.path),
                *(evidence for _, evidence in leaned[:_SHOWN]),
            ),
            consequence=text("what works here may fail for another user, and pip takes what lies there for installed"),
            fixes=_without(env, env.process),
            severity=Severity.WARNING if foreign or leaned else Severity.INFO,
        )


def _leaned_on(env: Environment, process: Process, place: Elsewhere) -> Iterator[tuple[str, Evidence]]:
    """What a kernel has loaded from the folder, or a distribution requires, and the environment itself lacks."""
    installed, names = tops(env, process), {dist.name for dist in live(env)}
    wanted = needed(env, {stranger.name for stranger in place.strangers} - names)
    seen = set()
    for stranger in place.strangers:
        if stranger.name in wanted and not _provided(env, stranger.name):
            seen.add(stranger.name)
            whose = wanted[stranger.name]
            yield stranger.name, Evidence(text("{names} requires it", names=whose), f"{place.path}/{stranger.folder}")
    for offer in place.offers:
        module = process.loaded.get(offer.name) if process.kind == "kernel" else None
        file = module.file if module is not None else None
        if file and offer.name not in installed and offer.name not in seen and within(file, place.path, offer.file):
            yield offer.name, Evidence(text("the kernel has loaded it from there"), file)


@rule("user-site-shadows", code=201, severity=Severity.WARNING, needs=_NEEDS)
def user_site_shadows(env: Environment) -> Iterator[Found]:
    """The user's own copy of a package hides the environment's.

    `pip install --user` once brought a package that this environment has, too. Python looks into the user's folder first.
    Or only its dist-info is left there: then the environment's code runs, and its version is told wrongly.

    Why it matters: installing, updating and removing in the environment changes nothing of what is imported. Packages
    compiled against the environment's version meet the other one. Where both are the same version, and in a Python
    that is neither conda's nor a venv, it is information.

    How to repair: uninstall the user's copy, or switch the folder off with PYTHONNOUSERSITE.

    Not reported: packages that only the user's folder has (EG200); a kernel that has loaded the environment's own.
    """
    assert env.process is not None
    for place in _own(env, on_path=True):
        groups: dict[str, list[Shadow]] = {}
        for shadow in shadows(env, env.process, place):
            groups.setdefault(shadow.dist.name if shadow.dist else shadow.offer.name, []).append(shadow)
        for name, group in groups.items():
            yield _hidden(env, env.process, name, group)
        yield from _stale(env, env.process, place, frozenset(groups))


def _hidden(env: Environment, process: Process, name: str, group: list[Shadow]) -> Found:
    first = next((shadow for shadow in group if shadow.loaded), group[0])
    theirs = first.stranger.version if first.stranger is not None else None
    ours = first.dist.version if first.dist is not None else None
    told = tuple(
        Evidence(text("the kernel has loaded it from there"), shadow.loaded.file or shadow.path)
        for shadow in group
        if shadow.loaded is not None
    )
    found = Evidence(text("comes first on the path"), first.path)
    installed = Evidence(text("this is the environment's own"), first.hidden.path)
    mild = first.same_version or not _managed(env)
    return Found(
        subject=name,
        message=text(
            "the user's own {name} {version} is imported instead of this environment's {other}",
            name=name,
            version=theirs or "?",
            other=ours or "?",
        ),
        evidence=(*(told[:1] or (found,)), installed),
        consequence=text("what is installed or removed here changes nothing of what is imported"),
        fixes=_drop(env, process, name) if first.stranger is not None else _without(env, process),
        severity=Severity.INFO if mild else Severity.WARNING,
    )


def _stale(env: Environment, process: Process, place: Elsewhere, told: frozenset[str]) -> Iterator[Found]:
    """Dist-infos without their code."""
    offered = {offer.name for offer in place.offers if not offer.namespace}
    modules: dict[str, set[str]] = {}
    for name, each in tops(env, process).items():
        modules.setdefault(each.distribution or "", set()).add(name)
    for stranger in place.strangers:
        mine = next(iter(dist for dist in live(env) if dist.name == stranger.name), None)
        code = modules.get(mine.path, set()) if mine is not None else set()
        if mine is None or not code or code & offered or stranger.direct or stranger.name in told:
            continue
        if stranger.version in (None, mine.version):
            continue
        yield Found(
            subject=mine.name,
            message=text(
                "{name} is told to be {version}, by what is left of it in the user's own folder; {other} is imported",
                name=mine.name,
                version=stranger.version or "?",
                other=mine.version or "?",
            ),
            evidence=(
                Evidence(text("has no code beside it, and comes first"), f"{place.path}/{stranger.folder}"),
                Evidence(text("this is the environment's own"), mine.path),
            ),
            consequence=text("pip and everything that asks for the version are told the wrong one"),
            fixes=_delete(env, place, stranger),
            severity=Severity.WARNING if _managed(env) else Severity.INFO,
        )


@rule("user-site-not-on-path", code=202, severity=Severity.WARNING, needs=_NEEDS)
def user_site_not_on_path(env: Environment) -> Iterator[Found]:
    """What was installed for the user is not found by this environment.

    `pip install --user` put distributions into the user's own folder, and this process does not look there: it is a venv,
    or PYTHONNOUSERSITE or `-s` switched the folder off. Something here needs them, or pip is set to install there.

    Why it matters: the installation succeeds and the import fails.

    How to repair: install into the environment, without `--user`.

    Not reported: a user's folder of which nothing here needs anything.
    """
    assert env.process is not None
    process = env.process
    names = {dist.name for dist in live(env)}
    for place in _own(env, on_path=False):
        absent = tuple(each for each in place.strangers if each.name not in names and not _provided(env, each.name))
        wanted = needed(env, {each.name for each in absent})
        missed = tuple(each for each in absent if each.name in wanted)
        by_setting = _user_is_set(env, process) if env.manager != "venv" else None  # there pip refuses
        told = missed or (absent if by_setting else ())
        if not told:
            continue
        evidence = tuple(
            Evidence(text("lies where the process does not look"), f"{place.path}/{each.folder}") for each in told
        )
        requirers = tuple(dict.fromkeys(whose for each in missed for whose in wanted[each.name]))
        if requirers:
            evidence = (Evidence(text("{names} requires it", names=requirers), missed[0].name), *evidence)
        if by_setting:
            evidence = (Evidence(text("sends installations into the user's folder"), by_setting), *evidence)
        yield Found(
            subject="user site",
            message=text(
                "{names} was installed for the user, where this environment does not look",
                "{names} were installed for the user, where this environment does not look",
                n=len(told),
                names=tuple(each.name for each in told),
            ),
            evidence=evidence[:_SHOWN],
            consequence=text("importing it here fails, although pip has installed it"),
            fixes=_bring(env, tuple(each.name for each in told), by_setting=by_setting is not None),
        )


def _own(env: Environment, *, on_path: bool) -> Iterator[Elsewhere]:
    for place in env.elsewhere or ():
        if place.origin == "user-site" and (place.place is not None) is on_path:
            yield place


def _managed(env: Environment) -> bool:
    """Whether the environment is meant to stand for itself; a system's Python and its users' folders belong together."""
    return env.is_conda or env.manager is not None


def _provided(env: Environment, name: str) -> bool:
    return any(each in env.by_name for each in providers(name))


def _user_is_set(env: Environment, process: Process) -> str | None:
    """What makes pip install for the user by default."""
    if process.environ.get("PIP_USER", "").lower() not in _OFF:
        return "PIP_USER"
    options = (each for each in env.pip_config or () if each.name == "user" and each.value.lower() not in _OFF)
    return next((each.source for each in options), None)


def _without(env: Environment, process: Process) -> tuple[Fix, ...]:
    """The user's folder switched off, for the kernel or on activation."""
    if not fixes.may_write(env):
        return ()
    if process.kind == "kernel" or "ipykernel" in env.dists_named:
        title = text("Let the kernel ignore the user's own packages")
        return (Fix(title, (steps.write_kernelspec(env, "--env", "PYTHONNOUSERSITE", "1"),), restart=True),)
    conda = next((each.path for each in env.tools if each.name == "conda"), None)
    if not env.is_conda or conda is None:
        return ()
    step = Step((conda, "env", "config", "vars", "set", "--prefix", env.prefix, "PYTHONNOUSERSITE=1"))
    return (
        Fix(text("Switch the user's own packages off whenever the environment is activated"), (step,), restart=True),
    )


def _drop(env: Environment, process: Process, name: str) -> tuple[Fix, ...]:
    """The user's copy goes; it is the first that pip meets as long as the folder is on the path."""
    if not steps.has_pip(env):
        return _without(env, process)
    title = text("Uninstall the user's own {name}, which is the one that pip meets first", name=name)
    return (Fix(title, (steps.uninstall(env, name),), Safety.REVIEW, restart=True), *_without(env, process))


def _delete(env: Environment, place: Elsewhere, stranger: Stranger) -> tuple[Fix, ...]:
    title = text("Delete the stale folder {folder}", folder=stranger.folder)
    separator = "\\" if env.layout == "windows" else "/"
    return (Fix(title, (steps.remove_path(env, place.path + separator + stranger.folder),), restart=True),)


def _bring(env: Environment, names: tuple[str, ...], *, by_setting: bool) -> tuple[Fix, ...]:
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    title = text("Install {names} into this environment", names=names)
    return (fixes.by_pip(env, title, (steps.pip_install(env, *(("--no-user",) if by_setting else ()), *names),)),)


RULES: tuple[Rule, ...] = (user_site_active, user_site_shadows, user_site_not_on_path)
