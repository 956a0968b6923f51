"""Modules that a newer Python, or a newer setuptools, has no more, and packages that still ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Evidence, Fix, text
from envguard.rules import fixes, steps
from envguard.why import disk
from envguard.why.case import Row, in_error, owner_of, release, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.model import Cause
    from envguard.why.case import Case
    from envguard.why.symptom import Symptom

_LEFT = {
    (3, 12): ("asynchat", "asyncore", "distutils", "imp", "smtpd"),
    (3, 13): (
        *("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap", "msilib", "nis"),
        *("nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib"),
    ),
}
"""https://docs.python.org/3/whatsnew/3.12.html and 3.13.html, "Removed"."""
_SINCE = {module: since for since, modules in _LEFT.items() for module in modules}
_WITHOUT_PKG_RESOURCES = (82,)
"""https://setuptools.pypa.io/en/latest/history.html"""
_WITH_PKG_RESOURCES = "setuptools<81"
_NAMES_LEFT = (
    ((3, 8), "time", ("clock",)),
    ((3, 9), "fractions", ("gcd",)),
    (
        (3, 10),
        "collections",
        (
            *("Callable", "Container", "Hashable", "Iterable", "Iterator", "Mapping", "MutableMapping"),
            *("MutableSequence", "MutableSet", "Sequence", "Set", "Sized"),
        ),
    ),
    ((3, 11), "asyncio", ("coroutine",)),
    ((3, 11), "inspect", ("getargspec", "formatargspec")),
    ((3, 12), "configparser", ("SafeConfigParser",)),
    ((3, 12), "locale", ("format",)),
    ((3, 13), "unittest", ("makeSuite", "findTestCases")),
    ((3, 14), "ast", ("Num", "Str", "Bytes", "NameConstant", "Ellipsis")),
    (
        (3, 14),
        "asyncio",
        (
            *("AbstractChildWatcher", "FastChildWatcher", "MultiLoopChildWatcher", "PidfdChildWatcher"),
            *("SafeChildWatcher", "ThreadedChildWatcher", "get_child_watcher", "set_child_watcher"),
        ),
    ),
    ((3, 14), "importlib.abc", ("ResourceReader", "Traversable", "TraversableResources")),
    ((3, 14), "pkgutil", ("find_loader", "get_loader")),
    ((3, 14), "pty", ("master_open", "slave_open")),
    ((3, 14), "sqlite3", ("version", "version_info")),
    ((3, 14), "urllib.parse", ("Quoter",)),
    ((3, 14), "urllib.request", ("FancyURLopener", "URLopener")),
)
"""Names that modules of Python had before a release; likewise, under "Removed"; those of 3.14 looked for in 3.13.0 and 3.14.8."""
_NAMED_SINCE = {(module, name): since for since, module, names in _NAMES_LEFT for name in names}
_FOR_312 = {"setuptools": (66, 1), "pip": (23, 1, 2)}
"""The first of each that do without pkgutil.ImpImporter."""
_PROTOBUF_FOR_314 = (5, 27)
"""The first whose compiled part CPython 3.14 loads: 4.21.12 to 5.26.1 end in a TypeError there, 3.20.3 and 5.27.5 to 6.31.1 do
not (CPython 3.14.8). Their wheels are for the stable ABI, so pip installs the old ones on any later Python."""


def _asks_for(symptom: Symptom) -> str:
    return symptom.names[0].partition(".")[0] if symptom.kind == "ModuleNotFoundError" and symptom.names else ""


def _left(symptom: Symptom) -> bool:
    return _asks_for(symptom) in _SINCE or _asks_for(symptom) == "pkg_resources"


def _departed(case: Case) -> Iterator[Cause]:
    module = _asks_for(case.symptom)
    if disk.module(case.env, module) is not None:
        return
    if module == "pkg_resources":
        yield from _pkg_resources(case)
        return
    since = _SINCE[module]
    if release(case.env.python_version)[:2] < since:
        return
    ways = _with(case, "setuptools") if module == "distutils" and not case.version("setuptools") else ()
    yield _asked(case, module, since, ways)


def _asked(case: Case, what: str, since: tuple[int, ...], ways: tuple[Fix, ...] = ()) -> Cause:
    """Somebody asks for what Python has not had since a release."""
    owner = owner_of(case, case.symptom.frames[-1]) if case.symptom.frames else None
    return told(
        "requires-dist-unmet",
        owner.name if owner is not None else what,
        text(
            "{who} asks for {module}, which Python has not had since {since}, and this is {python}",
            who=f"{owner.name} {owner.version or '?'}" if owner is not None else text("the code"),
            module=what,
            since=".".join(map(str, since)),
            python=case.env.python_version or "?",
        ),
        in_error(case.symptom, text("{said}", said=case.symptom.said[:160])),
        fixes=(*ways, *(_newer(case, owner.name) if owner is not None and owner in case.env.pip_owned else ())),
    )


def _pkg_resources(case: Case) -> Iterator[Cause]:
    version = case.version("setuptools")
    if version is not None and release(version) < _WITHOUT_PKG_RESOURCES:
        return
    dist = next(iter(case.env.dists_named.get("setuptools", ())), None)
    yield told(
        "requires-dist-unmet",
        "setuptools",
        text("pkg_resources is a part of setuptools, which is not installed here")
        if version is None
        else text("setuptools {version} has no pkg_resources any more", version=version),
        in_error(case.symptom, text("{said}", said=case.symptom.said[:160])),
        *([Evidence(text("{name} {version} is installed", name=dist.name, version=version or "?"), dist.path)] if dist else []),
        fixes=_with(case, _WITH_PKG_RESOURCES),
    )  # fmt: skip


def _with(case: Case, requirement: str) -> tuple[Fix, ...]:
    """Setuptools of whoever keeps the environment's Python."""
    own = case.env.by_name.get("setuptools")
    if own is not None or (case.env.by_name.get("python") is not None and not case.env.dists_named.get("setuptools")):
        return fixes.install_with_conda(case.env, (requirement,))
    return fixes.install_requirements(case.env, (requirement,))


def _newer(case: Case, name: str) -> tuple[Fix, ...]:
    if not fixes.may_write(case.env):
        return ()
    title = text("Let pip look for a {name} that was made for this Python", name=name)
    return (fixes.by_pip(case.env, title, (steps.pip_install(case.env, "--upgrade", name),)),)


def _name_left(symptom: Symptom) -> bool:
    return symptom.kind in ("AttributeError", "ImportError") and _which_name(symptom) is not None


def _which_name(symptom: Symptom) -> tuple[str, str] | None:
    """The module and the name that a newer Python has not."""
    names = symptom.names
    pairs = (names[:2], names[1::-1])  # `module 'm' has no attribute 'n'`, `cannot import name 'n' from 'm'`
    return next(((m, n) for m, n in (p for p in pairs if len(p) == 2) if (m, n) in _NAMED_SINCE), None)


def _departed_name(case: Case) -> Iterator[Cause]:
    module, name = _which_name(case.symptom) or ("", "")
    since = _NAMED_SINCE[module, name]
    if release(case.env.python_version)[:2] >= since:
        yield _asked(case, f"{module}.{name}", since)


def _importer(symptom: Symptom) -> bool:
    return symptom.kind == "AttributeError" and {"pkgutil", "ImpImporter"} <= {*symptom.names, *symptom.quoted}


def _old_tools(case: Case) -> Iterator[Cause]:
    if release(case.env.python_version)[:2] < (3, 12):
        return
    old = [name for name, first in _FOR_312.items() if (found := case.version(name)) and release(found) < first]
    for name in old:
        yield told(
            "requires-dist-unmet",
            name,
            text(
                "{name} {version} is older than this Python {python}, which has no pkgutil.ImpImporter any more",
                name=name,
                version=case.version(name) or "?",
                python=case.env.python_version or "?",
            ),
            in_error(case.symptom, text("{said}", said=case.symptom.said[:160])),
            fixes=_newer(case, name),
        )


def _metaclass(symptom: Symptom) -> bool:
    return symptom.kind in ("TypeError", None) and symptom.has("Metaclasses with custom tp_new")


def _old_protobuf(case: Case) -> Iterator[Cause]:
    """Protobuf is the one that is known to say so; of others there is no word here."""
    version = case.version("protobuf")
    known = release(version) if version is not None else ()
    if not (4,) <= known < _PROTOBUF_FOR_314 or release(case.env.python_version)[:2] < (3, 14):
        return
    dist = next(iter(case.env.dists_named.get("protobuf", ())), None)
    first = ".".join(map(str, _PROTOBUF_FOR_314))
    yield told(
        "protobuf-mismatch",
        "protobuf",
        text(
            "protobuf {version} is too old for this Python {python}, which loads {first} and later",
            version=version or "?",
            python=case.env.python_version or "?",
            first=first,
        ),
        in_error(case.symptom, text("{said}", said=case.symptom.said[:160])),
        *([Evidence(text("protobuf {version} is installed", version=version or "?"), dist.path)] if dist else []),
        fixes=fixes.meet_constraint(case.env, dist, f"protobuf>={first}", f">={first}")
        if dist is not None and dist.owner is None
        else (),
        certain=not case.symptom.frames or any("protobuf" in frame for frame in case.symptom.frames),
    )


ROWS = (
    Row("protobuf older than Python", (352,), _metaclass, _old_protobuf),
    Row("module that left Python", (132,), _left, _departed),
    Row("name that left Python", (132,), _name_left, _departed_name),
    Row("tools older than Python", (132,), _importer, _old_tools),
)
