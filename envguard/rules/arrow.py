"""The rule about Apache Arrow: pip's pyarrow beside packages that were built for conda's Arrow libraries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.model import Certainty, Evidence, Severity, text
from envguard.rules import fixes, steps, twins
from envguard.rules.overlaps import live
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import CondaPackage, Distribution, Environment
    from envguard.model import Fix

_STEMS = ("libarrow", "arrow")
_ARROW = re.compile(r"(?:arrow-cpp|libarrow|libparquet|parquet-cpp|pyarrow)(?:-.*)?")
"""The packages of Arrow itself, which conda-forge cuts into many (libarrow-dataset, pyarrow-core)."""
_SHOWN = 6


@rule("arrow-mismatch", code=351, severity=Severity.WARNING, needs=("conda_packages", "distributions"))
def arrow_mismatch(env: Environment) -> Iterator[Found]:
    """The pyarrow of pip meets conda's Arrow libraries.

    The pyarrow of PyPI carries the Arrow libraries inside. conda keeps them in packages of their own (libarrow, arrow-cpp),
    for which its other packages, such as cudf, were built. The two are not binary compatible (NVIDIA/cudf#13596).

    Why it matters: a package built for conda's Arrow that is used with pip's pyarrow fails at import with "undefined
    symbol", or crashes. It is an error where both libraries are loaded in the kernel, a warning where such a package is
    installed, and otherwise information.

    How to repair: take pyarrow and the packages that use it from one side, conda or PyPI.

    Not reported: pure Python packages of conda, which work with either; environments without conda's Arrow libraries.
    """
    pyarrow = next((dist for dist in live(env) if dist.name == "pyarrow" and dist.owner is None), None)
    libraries = tuple(
        package for package in env.conda_packages or () if _ARROW.fullmatch(package.name) and package.name != "pyarrow"
    )
    loaded = twins.copies(env, *_STEMS)
    if len(loaded) > 1:
        yield Found(
            subject="pyarrow",
            message=text("{n} copies of the Arrow library are loaded in the kernel", n=len(loaded)),
            evidence=twins.evidence(loaded),
            consequence=text("functions of one are called with data of the other: undefined symbols, or a crash"),
            fixes=_from_conda(env, pyarrow, libraries),
            severity=Severity.ERROR,
        )
        return
    if pyarrow is None or not libraries:
        return
    users = _built_for_arrow(env)
    evidence = (
        Evidence(text("conda does not own this dist-info"), pyarrow.path),
        *(Evidence(text("is conda's {name} {version}", name=each.name, version=each.version), each.record)
          for each in (*users, *libraries)[:_SHOWN]),
    )  # fmt: skip
    version = pyarrow.version or "?"
    if not users:
        yield Found(
            subject="pyarrow",
            message=text(
                "pip's pyarrow {version} brings Arrow libraries of its own beside conda's {names}",
                version=version,
                names=tuple(each.name for each in libraries[:_SHOWN]),
            ),
            evidence=evidence,
            severity=Severity.INFO,
        )
        return
    yield Found(
        subject="pyarrow",
        message=text(
            "pip's pyarrow {version} does not go with conda's {names}, built for conda's Arrow libraries",
            version=version,
            names=tuple(each.name for each in users[:_SHOWN]),
        ),
        evidence=evidence,
        consequence=text("used in one process they end in undefined symbols, or crash"),
        fixes=_from_conda(env, pyarrow, libraries),
        certainty=Certainty.LIKELY,
    )


def speaks_of_copies(env: Environment) -> bool:
    """Whether this rule speaks of two copies of the library, so that no other need to."""
    return len(twins.copies(env, *_STEMS)) > 1


def _built_for_arrow(env: Environment) -> tuple[CondaPackage, ...]:
    """The compiled packages, apart from Arrow itself, that depend on some part of it, in the order of the records."""
    found: dict[int, CondaPackage] = {}
    for name, users in env.depending.items():
        if _ARROW.fullmatch(name):
            found.update(users)
    return tuple(
        package
        for _, package in sorted(found.items(), key=lambda pair: pair[0])
        if package.noarch is None and package.subdir != "noarch" and not _ARROW.fullmatch(package.name)
    )


def _from_conda(env: Environment, pyarrow: Distribution | None, libraries: tuple[CondaPackage, ...]) -> tuple[Fix, ...]:
    if pyarrow is None or not libraries or env.manager == "pixi":
        return ()
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    core = next((each for each in libraries if each.name in ("libarrow", "arrow-cpp")), libraries[0])
    title = text("Let conda install pyarrow {version} instead of pip", version=core.version)
    back = steps.conda_install(env, "--force-reinstall", f"pyarrow={core.version}")
    return (fixes.with_tool(env, title, (steps.uninstall(env, "pyarrow"), back), pip=True),)


RULES: tuple[Rule, ...] = (arrow_mismatch,)
