"""Rules about what lies in and beside site-packages: another Python's, wheels' own libraries, start-up files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.errors import CannotTell
from envguard.model import Evidence, Fix, Safety, Severity, text
from envguard.rules import arrow, fixes, hdf5, steps, twins
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Distribution, Environment
    from envguard.machine import PathFile, VendoredLibrary

_SHOWN = 6
_SITE = re.compile(r"(?:python|pypy)(\d+\.\d+)t?/site-packages$")

_STATEFUL = re.compile(
    # libraries of which a process should hold one: thread pools, file formats with global state, cryptography, registries
    r"lib(?:arrow|crypto|gdal|geos|geos_c|gomp|grpc|hdf5|hdf5_hl|iomp5|mkl_rt|netcdf|omp|openblas\w*(?:-r\d)?"
    r"|pq|proj|protobuf|qt\w+|ssl|tbb)"
)

_OPENMP = frozenset(("libgomp", "libiomp5", "libomp"))
"""Of which EG330 tells what two of them in one process do."""

_ORDINARY = re.compile(
    # start-up files that their tools write without listing them anywhere
    r"distutils-precedence\.pth|easy-install\.pth|setuptools\.pth|_virtualenv\.pth|__editable__.*\.pth"
    r"|_editable_impl_.*\.pth|.*-nspkg\.pth|pywin32\.pth|conda\.pth|google-cloud.*\.pth"
)


@rule("orphaned-site-packages", code=170, severity=Severity.WARNING, needs=("distributions",))
def orphaned_site_packages(env: Environment) -> Iterator[Found]:
    """Packages were left in the site-packages of another Python.

    When Python is updated from one minor version to the next, packages live in a new folder. Here the old folder
    still holds some, which this environment's Python does not see.

    Why it matters: they cannot be imported, although they take their space and somebody installed them for a
    reason. conda moves its own packages along where it can; what pip installed stays behind without a word.

    How to repair: install again what you still need. When nothing is missing any more, delete the old folder.

    Not reported: an old folder without packages, and one that is a link to the new folder, such as python3.1.
    """
    active = ".".join((env.python_version or "").split(".")[:2])
    others = [(site, match[1]) for site in env.site_packages if (match := _SITE.search(site)) and match[1] != active]
    left = [(site, version, _in(env, site)) for site, version in others]
    if not any(dists for _, _, dists in left):
        return
    if not active:
        raise CannotTell(text("which Python is the environment's own is not known"))
    if not any(match[1] == active for site in env.site_packages if (match := _SITE.search(site))):
        raise CannotTell(text("there is no site-packages folder of Python {version}", version=active))
    for site, version, dists in left:
        if not dists:
            continue
        yield Found(
            subject=site,
            message=text(
                "{n} package is left in the site-packages of Python {version}, and Python {active} does not see it: {names}",
                "{n} packages are left in the site-packages of Python {version}, and Python {active} does not see them: {names}",
                n=len(dists),
                version=version,
                active=active,
                names=tuple(dist.name for dist in dists),
            ),
            evidence=tuple(
                Evidence(text("the environment's Python is {active}", active=active), dist.path)
                for dist in dists[:_SHOWN]
            ),
            fixes=_move(env, site, dists),
        )


def _in(env: Environment, site: str) -> tuple[Distribution, ...]:
    return tuple(dist for dist in env.distributions or () if dist.site == site and dist.kind != "leftover")


def _move(env: Environment, site: str, dists: tuple[Distribution, ...]) -> tuple[Fix, ...]:
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    there = {dist.name for dist in env.distributions or () if dist.site != site}
    wanted = tuple(
        name for dist in dists if dist.owner is None and dist.name not in there and (name := steps.pinned(dist))
    )
    owners = dict.fromkeys(dist.owner for dist in dists if dist.owner and dist.name not in there)
    packages = tuple(env.by_record[owner] for owner in owners if owner in env.by_record)
    found = []
    if packages:
        title = text("Let conda link {packages} for the new Python", packages=tuple(each.name for each in packages))
        found.append(
            fixes.with_tool(
                env, title, (steps.conda_install(env, "--force-reinstall", *(each.name for each in packages)),)
            )
        )
    if wanted:
        title = text("Install {names} for the new Python, as far as you still need it", names=wanted)
        found.append(fixes.by_pip(env, title, (steps.pip_install(env, *wanted),)))
    title = text("When nothing is missing any more, delete {folder}", folder=site)
    return (*found, Fix(title, (steps.remove(env, site),), Safety.MANUAL))


@rule("vendored-library-conflict", code=171, severity=Severity.INFO, needs=("vendored",))
def vendored_library_conflict(env: Environment) -> Iterator[Found]:
    """Wheels brought libraries that conda has, too.

    A wheel carries copies of the libraries it needs, under a name of their own (`numpy.libs/libopenblas-….so`). conda
    has the same library in the environment.

    Why it matters: when both are loaded, each has its own threads, locks and global state. Most of the time nothing
    follows; crashes and hangs with two OpenMP or OpenBLAS libraries are known. Where the running kernel has both loaded it
    is a warning; otherwise, or where no kernel was asked, it is information.

    How to repair: nothing, as long as nothing fails. Otherwise take the package from conda instead of PyPI.

    Not reported: libraries without a state of their own, such as zlib, libpng or the Fortran runtime. HDF5 and Arrow have
    rules of their own (EG350, EG351); so have OpenMP libraries once they are loaded (EG330).
    """
    elsewhere = {stem for module, stem in ((hdf5, "libhdf5"), (arrow, "libarrow")) if module.speaks_of_copies(env)}
    found = [
        each for each in env.vendored or () if _STATEFUL.fullmatch(each.stem.lower()) and each.stem not in elsewhere
    ]
    loaded = [each for each in found if each.stem not in _OPENMP and twins.both_loaded(env, each)]
    at_rest = [each for each in found if each not in loaded]
    if loaded:
        yield Found(
            subject=env.name,
            message=text(
                "the kernel has loaded {libraries} twice: the copies in wheels of {names}, and conda's",
                names=_owners(env, loaded),
                libraries=_stems(loaded),
            ),
            evidence=_places(loaded),
            consequence=text("each has threads and a state of its own; hangs and crashes are possible"),
            severity=Severity.WARNING,
        )
    if at_rest:
        yield Found(
            subject=env.name,
            message=text(
                "wheels of {names} carry their own {libraries}, which conda has here, too",
                names=_owners(env, at_rest),
                libraries=_stems(at_rest),
            ),
            evidence=_places(at_rest),
        )


def _owners(env: Environment, libraries: list[VendoredLibrary]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(env.by_path[each.distribution].name for each in libraries if each.distribution in env.by_path)
    )


def _stems(libraries: list[VendoredLibrary]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.stem for each in libraries))


def _places(libraries: list[VendoredLibrary]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(text("conda has {library} as {path}", library=each.stem, path=each.conda_path), each.path)
        for each in libraries[:_SHOWN]
    )


@rule("executable-pth", code=172, severity=Severity.INFO, needs=("pths", "distributions"))
def executable_pth(env: Environment) -> Iterator[Found]:
    """A start-up file that no package owns runs code or adds folders.

    Python reads every `.pth` file of site-packages whenever it starts: it runs the lines that begin with `import`, and
    puts the other lines on the search path. This one stands in no book, or leads out of the environment.

    Why it matters: what it adds can shadow packages of the environment, and what it runs happens in every Python that
    starts here. Nobody finds it by listing packages.

    How to repair: read the file. If you do not know what it is for, move it away and see what fails.

    Not reported: files of packages and of editable installs, and those that setuptools, virtualenv and namespace packages
    are known to write.
    """
    for pth in env.pths or ():
        name = pth.path.rpartition("/")[2]
        if (
            not (pth.code or pth.outside)
            or _ORDINARY.fullmatch(name)
            or (pth.owner is not None and (not pth.outside or _editable(env, pth)))
        ):
            continue
        message = (
            text("{file} adds {folders} to the search path", file=name, folders=pth.outside)
            if pth.outside
            else text("{file} runs code whenever Python starts, and no package owns it", file=name)
        )
        evidence = [Evidence(text("runs {code}", code=line), pth.path) for line in pth.code]
        evidence += [Evidence(text("adds {folder}", folder=folder), pth.path) for folder in pth.outside]
        yield Found(subject=name, message=message, evidence=tuple(evidence))


def _editable(env: Environment, pth: PathFile) -> bool:
    dist = env.by_path.get(pth.owner or "")
    return dist is not None and dist.editable


RULES: tuple[Rule, ...] = (orphaned_site_packages, vendored_library_conflict, executable_pth)
