"""The rule about PROJ, whose library takes no database that is older than itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Certainty, Evidence, Severity, text
from envguard.rules import fixes
from envguard.rules.rule import Found, Rule, rule
from envguard.rules.shadows import within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Environment
    from envguard.machine import ProjDatabase

_VARIABLES = ("PROJ_DATA", "PROJ_LIB")
"""Wheels read both, those with a PROJ before 9.1, which knows the second one only, as well: rasterio 1.3.4 and 1.3.9 do."""


@rule(
    "proj-database-too-old",
    code=232,
    severity=Severity.WARNING,
    needs=("conda_packages", "distributions", "activation", "proj"),
)
def proj_database_too_old(env: Environment) -> Iterator[Found]:
    """A wheel of pip's is sent to a PROJ database too old for its library.

    Wheels of rasterio and fiona bring PROJ and its database. Where PROJ_DATA or PROJ_LIB is set, as conda's proj sets it
    on activation, they take the database that it names instead.

    Why it matters: PROJ takes no database with an older layout than its own: no coordinate system is found by its number, as in
    "The EPSG code is unknown … contains DATABASE.LAYOUT.VERSION.MINOR = 2 whereas a number >= 3 is expected". In a kernel that
    has the variable it is an error; where only an activated environment would have it, a warning.

    How to repair: take rasterio and fiona from conda, like the proj that is there.

    Not reported: a database whose layout is new enough; a kernel without the variable; variables that point out of the
    environment, which EG231 tells; pyproj and pyogrio, whose wheels look for their own database first.
    """
    conda = next((each for each in env.proj or () if each.owner in env.by_record), None)
    if conda is None:
        return
    for each in env.proj or ():
        wheel = env.by_path.get(each.owner)
        if wheel is None or _fits(conda.layout, each.layout):
            continue
        sent = _sent(env, conda)
        if sent is None:
            continue
        in_kernel = env.process is not None and env.process.kind == "kernel"
        package = env.by_record[conda.owner]
        yield Found(
            subject=wheel.name,
            message=text(
                "pip's {name} {version} is sent to the database of conda's {package}, which is too old for it",
                name=wheel.name,
                version=wheel.version or "?",
                package=f"{package.name} {package.version}",
            ),
            evidence=(
                sent,
                _layout(conda),
                _layout(each),
            ),
            consequence=text("no coordinate system is found by its number"),
            fixes=fixes.take_from_conda(env, wheel.name),
            severity=Severity.ERROR if in_kernel else None,
            certainty=Certainty.CERTAIN if in_kernel else Certainty.LIKELY,
        )


def _fits(database: tuple[int, ...], library: tuple[int, ...]) -> bool:
    """Whether a library takes a database, its own being of the layout that it was made for."""
    return database[0] == library[0] and database[1] >= library[1]


def _layout(each: ProjDatabase) -> Evidence:
    written = ".".join(map(str, each.layout))
    if each.version is None:
        return Evidence(text("has layout {layout}", layout=written), each.path)
    return Evidence(
        text("has layout {layout}, that of PROJ {version}", layout=written, version=each.version), each.path
    )


def _sent(env: Environment, conda: ProjDatabase) -> Evidence | None:
    """What sends a wheel to conda's database; None if nothing does."""
    process = env.process
    if process is not None and process.kind == "kernel":
        name = next((name for name in _VARIABLES if process.environ.get(name)), None)
        if name is None:
            return None
        folder = f"{env.prefix.rstrip('/')}/{conda.path.rpartition('/')[0]}"
        value = process.environ[name]
        first = value.split(";" if env.layout == "windows" else ":")[
            0
        ]  # whether another one has a database is not known
        if not within(first, folder):
            return None
        return Evidence(text("is {value}", value=value), name)
    for script in env.activation or ():
        set_here = tuple(name for name in _VARIABLES if name in script.variables)
        if set_here:
            return Evidence(text("sets {names} when the environment is activated", names=set_here), script.path)
    return None


RULES: tuple[Rule, ...] = (proj_database_too_old,)
