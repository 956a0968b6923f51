"""What conda's solver would make of a prefix, in the attempts that conda itself makes.

As conda-libmamba-solver does it (`_specs_to_tasks_add` in its solver.py, `always_update` in state.py) and conda's
`cli/install.py`: an install first leaves everything alone that was not named, then only prefers what is installed; an
update prefers it at once; python keeps its minor version unless it is named; what once was asked for keeps its spec;
what stands in the way and was never asked for may go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envguard.facts import spec_name
from envguard.packages import asking
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envguard.facts import CondaPackage, Environment
    from envguard.model import Text
    from envguard.packages.repodata import Sources

AGGRESSIVE = ("ca-certificates", "certifi", "openssl")
"""What conda updates with every install (`aggressive_update_packages`, its default)."""


@value
class Wish:
    """What is asked of the solver."""

    specs: tuple[str, ...]
    free: frozenset[str] = frozenset()
    """Installed packages that may take any version."""
    freeze: bool = False
    """Try first to leave everything else alone."""
    only_freeze: bool = False
    prune: bool = False
    """Whether packages that nobody asks for are removed."""
    pins: tuple[str, ...] = ()
    forget: bool = False
    """Whether specs of earlier commands are ignored, as by `update --all`."""
    priority: str = "flexible"


@value
class Solved:
    """One record of the solution, as the channel tells it."""

    name: str
    version: str
    build: str
    build_number: int
    subdir: str
    channel: str | None
    noarch: str | None
    depends: tuple[str, ...]
    constrains: tuple[str, ...]
    url: str
    file_name: str
    sha256: str | None
    site_packages: str | None
    """Where a python of this build has its packages, if it says so (CEP 17)."""

    @property
    def stem(self) -> str:
        """What its record and its folder in a cache are called."""
        return f"{self.name}-{self.version}-{self.build}"

    def same_as(self, package: CondaPackage) -> bool:
        """Whether that is what is installed."""
        mine = (self.name, self.version, self.build, self.build_number)
        return mine == (package.name, package.version, package.build, package.build_number)


@value
class Outcome:
    """The records that the prefix would hold, or why there is no telling."""

    records: tuple[Solved, ...] | None
    kind: str = ""
    """As `asking.Reply.kind`."""
    reason: Text | None = None
    says: str = ""


def solve(
    env: Environment,
    wish: Wish,
    sources: Sources,
    *,
    timeout: float,
    cancel: Callable[[], bool] | None = None,
) -> Outcome:
    """The solution for an environment; of an empty one (no conda packages) that of the specs alone."""
    request = {
        "do": "solve",
        **sources.base(),
        "installed": [_record(env, package) for package in env.conda_packages or ()],
        "priority": wish.priority,
        "attempts": attempts(env, wish),
    }
    reply = asking.ask(request, timeout=timeout, cancel=cancel)
    if reply.data is None:
        return Outcome(None, reply.kind, reply.reason, reply.says)
    return Outcome(tuple(_solved(each) for each in reply.data["records"]))


def asked_for(env: Environment) -> frozenset[str]:
    """The packages that somebody once asked for, by conda's records and by its history."""
    named = {package.name for package in env.conda_packages or () if package.requested}
    for revision in env.history or ():
        named |= {name for spec in revision.update_specs if (name := spec_name(spec))}
        named -= {name for spec in revision.remove_specs if (name := spec_name(spec))}
    return frozenset(named & {package.name for package in env.conda_packages or ()})


def attempts(env: Environment, wish: Wish) -> list[dict[str, Any]]:
    """What the solver is asked, one after the other until it finds something."""
    installed = env.by_name
    named = {name for spec in wish.specs if (name := spec_name(spec))}
    wanted = asked_for(env)
    others = [name for name in installed if name not in named]
    once = {} if wish.forget else {name: spec for name in others if (spec := _once(installed[name]))}
    constraints = [_pin(spec, installed) for spec in wish.pins]
    python = installed.get("python")
    if python is not None and "python" not in named:
        constraints.append("python {}.{}.*".format(*(*python.version.split("."), "0")[:2]))
    free = sorted(wish.free)
    plain = {"free": free, "constraints": constraints, "frozen": False, "keep": False, "best": []}
    if wish.prune:
        return [{**plain, "specs": [*wish.specs]}]
    all_of_them = [*wish.specs, *(once.get(name, name) for name in others)]
    found = []
    if wish.freeze or wish.only_freeze:
        found.append({**plain, "specs": all_of_them, "frozen": True})
    if not wish.only_freeze:
        if wish.specs:
            found.append({**plain, "specs": all_of_them, "best": [*wish.specs], "names": sorted(named)})
        found.append({**plain, "specs": all_of_them})
        # what was asked for stays, in some version; the rest if it fits
        found.append({**plain, "specs": [*wish.specs, *(name for name in others if name in wanted)], "keep": True})
    return found


def _once(package: CondaPackage) -> str | None:
    """The spec by which a package was asked for, if it says more than the name."""
    spec = package.requested[-1] if package.requested else None
    return spec if spec and spec_name(spec) == package.name and spec.strip().lower() != package.name else None


def _pin(spec: str, installed: Mapping[str, CondaPackage]) -> str:
    """A pinned spec; one without a version means the installed build."""
    package = installed.get(spec.strip().lower())
    return spec if package is None else f"{package.name} =={package.version} {package.build}"


def _record(env: Environment, package: CondaPackage) -> str:
    return f"{env.prefix.rstrip('/')}/{package.record}"


def _solved(told: Mapping[str, Any]) -> Solved:
    return Solved(**{**told, "depends": tuple(told["depends"]), "constrains": tuple(told["constrains"])})
