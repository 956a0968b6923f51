"""A module that is not found, or that lacks a name it should have."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from envguard.model import Evidence, Fix, Safety, text
from envguard.rules import fixes, numpy_versions
from envguard.rules.names import normalise
from envguard.why import disk
from envguard.why.case import Row, by_finding, in_error, release, told
from envguard.why.symptom import base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Environment
    from envguard.model import Cause
    from envguard.why.case import Case
    from envguard.why.symptom import Symptom

_USER_SITE = re.compile(
    r"/\.local/lib/python[\d.]+/site-packages|/AppData/Roaming/Python/|/Library/Python/[\d.]+/lib/python/site-packages",
    re.IGNORECASE,
)
_OF_PYTHON = frozenset(("_ssl", "_ctypes", "_sqlite3", "_lzma", "_bz2", "_hashlib", "_tkinter", "_curses", "_decimal"))


def _no_module(symptom: Symptom) -> bool:
    return symptom.kind == "ModuleNotFoundError" and bool(symptom.names)


def _not_found(case: Case) -> Iterator[Cause]:
    env, name = case.env, case.symptom.names[0]
    top = name.partition(".")[0]
    if name.startswith("conda.cli.pip_warning"):
        for path in (env.pip_warnings or ())[:1]:
            found = next(case.findings((241,)), None)
            yield told(
                "conda-itself-damaged",
                "conda",
                text("the command `conda` is that of a conda from PyPI, which refuses to work"),
                Evidence(text("imports conda.cli.pip_warning, which only a conda from PyPI has"), path),
                fixes=found.fixes if found else (),
            )
        return
    if name == "pip":
        yield from (by_finding(found, certain=True) for found in case.findings((211,)))
        return
    shadow = _shadow(case, top)
    if shadow is not None and "." in name:
        yield shadow
        return
    gone = (*_gone(case, name), *_for_another_python(case, name))
    yield from gone
    if gone or disk.module(env, name) is not None:
        return
    elsewhere = tuple(_elsewhere(case, top))
    yield from elsewhere
    yield from (by_finding(found, certain=True) for found in case.findings((132,)) if _requires(found, case, top))
    if not elsewhere and _has_dist(env, top):
        yield from (
            by_finding(found, certain=False) for found in case.findings((100, 102, 121, 120, 123), case.names_of(top))
        )


def _requires(finding: object, case: Case, top: str) -> bool:
    told_args = getattr(finding, "message").args.values()  # noqa: B009 - a Finding
    wanted = case.names_of(top)
    flat = (
        part
        for value in told_args
        if not isinstance(value, int)
        for part in ((value,) if isinstance(value, str) else value)
    )
    return any(normalise(re.split(r"[\s<>=!~;\[(]", part, maxsplit=1)[0]) in wanted for part in flat)


def _has_dist(env: Environment, top: str) -> bool:
    return normalise(top) in env.dists_named or normalise(top) in env.by_name


def _gone(case: Case, name: str) -> Iterator[Cause]:
    """A book lists the module, and it is not there."""
    env = case.env
    last = name.replace(".", "/")
    if name in _OF_PYTHON:
        for package in (each for each in (env.by_name.get("python"),) if each is not None):
            pattern = re.compile(rf".*/lib-dynload/{re.escape(name)}\.[^/]+|DLLs/{re.escape(name)}\.pyd")
            listed = [path for path in disk.listed_by(env, package) if pattern.fullmatch(path)]
            lost = [path for path in listed if not disk.exists(env, path)]
            if lost:
                yield told(
                    "conda-file-missing",
                    "python",
                    text(
                        "{module} is a part of conda's python {version}, and is gone",
                        module=name,
                        version=package.version,
                    ),
                    Evidence(text("is listed, and there is no such file"), lost[0]),
                    fixes=fixes.reinstall(env, package),
                )
        return
    for site in env.site_packages:
        for path in (f"{site}/{last}/__init__.py", f"{site}/{last}.py"):
            for each in disk.listed(env, path):
                if each.path != path or disk.exists(env, path):
                    continue
                owner = each.package or each.dist
                yield told(
                    "conda-file-missing" if each.package else "pip-file-missing",
                    owner.name if owner else name,
                    text("{module} belongs to {owner}, and its files are gone", module=name, owner=each.owner),
                    Evidence(text("{path} is listed here, and there is no such file", path=path), each.book),
                    fixes=fixes.reinstall(env, each.package)
                    if each.package
                    else fixes.install_one(env, each.dist)
                    if each.dist
                    else (),
                )
                return


def _for_another_python(case: Case, name: str) -> Iterator[Cause]:
    """The module is there, for a Python that is not this one."""
    if disk.module(case.env, name) is not None:
        return
    tail = "/" + name.replace(".", "/") + "."
    for dist in case.env.pip_owned:
        if any(tail in f"/{path}" for path in dist.foreign.sample):
            yield from (by_finding(found, certain=True) for found in case.findings((123,), {dist.name}))


def _elsewhere(case: Case, top: str) -> Iterator[Cause]:
    """The module was installed, into another place than this Python's."""
    env = case.env
    if top in sys.stdlib_module_names:
        return
    on_path = {os.path.normcase(entry.path) for entry in env.process.path} if env.process is not None else set()
    for site in disk.user_sites(env):
        found = disk.module_in(site, top)
        if found is not None and os.path.normcase(str(site)) not in on_path and env.process is not None:
            yield told(
                "user-site-not-on-path",
                top,
                text("{module} is installed in your user site, which this Python does not search", module=top),
                Evidence(text("{module} lies here", module=top), str(site / found)),
                fixes=_with_own_pip(env, top),
            )
    for command in env.shell.commands if env.shell is not None else ():
        if command.here is not False or command.prefix is None:
            continue
        for site in disk.sites_of(command.prefix):
            found = disk.module_in(site, top)
            if found is None:
                continue
            yield told(
                "uv-targets-other-env" if command.name == "uv" else "shell-pip-targets-other-python",
                top,
                text(
                    "{module} is installed in {other}, where the shell's {tool} installs, not in this environment",
                    module=top,
                    other=command.prefix,
                    tool=command.name,
                ),
                Evidence(text("{module} lies here", module=top), str(site / found)),
                Evidence(text("is the first {tool} on the PATH", tool=command.name), command.path),
                fixes=_with_own_pip(env, top),
            )
            return
    for site in disk.sites_of(env.prefix):
        relative = disk.below(env, str(site))
        if relative is None or relative in env.site_packages:
            continue
        found = disk.module_in(site, top)
        if found is not None:
            finding = next(case.findings((170,)), None)
            yield told(
                "orphaned-site-packages",
                top,
                text("{module} was left behind in the site-packages of another Python", module=top),
                Evidence(text("{module} lies here", module=top), f"{relative}/{found}"),
                fixes=finding.fixes if finding else _with_own_pip(env, top),
            )


def _with_own_pip(env: Environment, top: str) -> tuple[Fix, ...]:
    from envguard.rules import steps

    if not fixes.may_write(env):
        return fixes.own_environment(env)
    title = text("Install the distribution that brings {module} with this environment's own pip", module=top)
    return (Fix(title, (steps.pip_install(env, normalise(top)),)),)


def _lacks_name(symptom: Symptom) -> bool:
    if symptom.kind == "ImportError":
        return len(symptom.names) >= 2 or (symptom.missing is None and symptom.symbol is None and bool(symptom.name))
    return symptom.kind == "AttributeError" and (len(symptom.names) >= 1 or _of_numpy(symptom))


def _other_code(case: Case) -> Iterator[Cause]:
    """Not the code that one expects was imported: stale, shadowed, the user's own, or half replaced."""
    module = _module_of(case.symptom)
    if module is None:
        return
    top = module.partition(".")[0]
    names = case.names_of(top)
    old = tuple(_stale(case, top, names))
    yield from old
    if old:
        return
    shadow = _shadow(case, top)
    if shadow is not None:
        yield shadow
        return
    yield from _user_site(case, top)
    yield from (by_finding(found, certain=True) for found in case.findings((201, 203, 204), names | {module}))
    since = numpy_versions.removed_since(case.symptom.message) if top == "numpy" else None
    if since is not None:
        yield from _newer_numpy(case, since)
        return
    yield from (
        by_finding(found, certain=False)
        for found in case.findings((102, 101, 104, 120, 123, 100, 131, 130, 132, 302), names)
    )


def _module_of(symptom: Symptom) -> str | None:
    """The module that lacks something: the second name of `cannot import name`, the first of an AttributeError."""
    names = symptom.names
    if symptom.kind == "ImportError":
        return symptom.name or (names[1] if len(names) >= 2 else None)
    return names[0] if names else "numpy" if _of_numpy(symptom) else None


def _of_numpy(symptom: Symptom) -> bool:
    return numpy_versions.removed_since(symptom.message) is not None


def _newer_numpy(case: Case, since: str) -> Iterator[Cause]:
    """The name was taken away by numpy itself: a cause only where pip's numpy has it no more and conda's would have it still."""
    package = case.env.by_name.get("numpy-base") or case.env.by_name.get("numpy")
    if package is not None and release(package.version) < release(since):
        yield from (by_finding(found, certain=True) for found in case.findings((102,), {"numpy", "numpy-base"}))


def _stale(case: Case, top: str, names: frozenset[str]) -> Iterator[Cause]:
    found = next(case.findings((300,), names | {top}), None)
    if found is not None:
        yield by_finding(found, certain=True)
        return
    process = case.env.process
    if process is None or not case.live:
        return
    module = process.loaded.get(top)
    on_disk = next((version for name in sorted(names) if (version := case.version(name))), None)
    if module is None or module.version is None or on_disk is None:
        return
    if release(module.version) != release(on_disk) and release(module.version) and release(on_disk):
        yield from stale(case, top, module.version, on_disk)


def stale(case: Case, top: str, loaded: str, installed: str) -> Iterator[Cause]:
    """The process goes on with what was there when it imported the module."""
    found = next(case.findings((300,), case.names_of(top)), None)
    if found is not None:
        yield by_finding(found, certain=True)
        return
    module = case.env.process.loaded.get(top) if case.env.process is not None else None
    yield told(
        "stale-module",
        top,
        text("{module} {old} is loaded, {new} is installed", module=top, old=loaded, new=installed),
        Evidence(text("was imported as {version}", version=loaded), (module.file if module else None) or top),
        fixes=(Fix(text("Restart the kernel"), (), Safety.SAFE, restart=True),),
    )


def _shadow(case: Case, top: str) -> Cause | None:
    """A file of the user's own that stands before the module everybody else means."""
    env = case.env
    path = _shadowing(case, top)
    if path is None:
        return None
    finding = next(case.findings((203,), {top}), None)
    if finding is not None:
        return by_finding(finding, certain=True)
    meant = disk.module(env, top)
    return told(
        "local-file-shadows",
        top,
        text("{file} is imported instead of the module {module} that it hides", file=path, module=top),
        Evidence(text("this is what `import {module}` finds", module=top), path),
        Evidence(text("this is what it hides"), meant or text("the standard library").text),
        fixes=(
            Fix(
                text("Rename {file}, delete what Python made of it in __pycache__, and restart", file=base(path)),
                (),
                Safety.MANUAL,
                restart=True,
            ),
        ),
    )


def _shadowing(case: Case, top: str) -> str | None:
    """The file that shadows a module of the standard library or of the environment, if it is there."""
    env, process = case.env, case.env.process
    known = top in sys.stdlib_module_names or disk.module(env, top) is not None
    if not known:
        return None
    candidates = [path for path in (*case.symptom.files, case.symptom.path) if path]
    if process is not None:
        loaded = process.loaded.get(top) if case.live else None
        candidates.extend(filter(None, [loaded.file if loaded else None]))
        current = [entry.path for entry in process.path if entry.origin == "current"]
        candidates.extend(f"{folder}/{tail}" for folder in current for tail in (f"{top}.py", f"{top}/__init__.py"))
    for path in candidates:
        clean = path.replace("\\", "/")
        if not clean.endswith((f"/{top}.py", f"/{top}/__init__.py")):
            continue
        foreign = disk.below(env, path) is None and not re.search(
            r"/(?:site|dist)-packages/|/lib(?:64)?/python\d|/[Ll]ib/", clean
        )
        if foreign and Path(path).is_file():
            return path
    return None


def _user_site(case: Case, top: str) -> Iterator[Cause]:
    found = next(case.findings((201,), case.names_of(top)), None)
    if found is not None:
        return
    for path in case.symptom.files:
        clean = path.replace("\\", "/")
        if _USER_SITE.search(clean):
            yield _of_the_user(case, top, path)
            return
    process = case.env.process
    module = process.loaded.get(top) if process is not None and case.live else None
    if module is not None and module.file and _USER_SITE.search(module.file.replace("\\", "/")):
        yield _of_the_user(case, top, module.file)


def _of_the_user(case: Case, top: str, path: str) -> Cause:
    own = disk.module(case.env, top)
    return told(
        "user-site-shadows",
        top,
        text("{module} comes from your user site, not from this environment", module=top),
        in_error(case.symptom, text("names {path}", path=path)),
        *([Evidence(text("this one is not used"), own)] if own else []),
        fixes=(
            Fix(
                text("Start Python with PYTHONNOUSERSITE=1, or uninstall the user's copy of {module}", module=top),
                (),
                Safety.MANUAL,
                restart=True,
            ),
        ),
        certain=own is not None or Path(path).exists(),
    )


def _satisfied(symptom: Symptom) -> bool:
    """What pip says of a requirement that another place satisfies already."""
    return symptom.kind is None and any(_USER_SITE.search(path.replace("\\", "/")) for path in _with_home(symptom))


def _with_home(symptom: Symptom) -> tuple[str, ...]:
    return tuple(path.replace("~", "/~", 1) if path.startswith("~") else path for path in symptom.files)


def _already_there(case: Case) -> Iterator[Cause]:
    names = [
        normalise(re.split(r"[<>=!~\[;]", token, maxsplit=1)[0])
        for token in case.symptom.tokens
        if re.match(r"[A-Za-z][\w.-]*", token) and not token.endswith(":") and "/" not in token
    ]
    yield from (by_finding(found, certain=True) for found in case.findings((201, 200), set(names)))
    for site in disk.user_sites(case.env):
        for name in dict.fromkeys(names):
            found = disk.module_in(site, name.replace("-", "_"))
            if found is not None and not any(case.findings((201,), {name})):
                yield told(
                    "user-site-shadows",
                    name,
                    text("pip sees {name} in your user site and installs nothing into this environment", name=name),
                    Evidence(text("{module} lies here", module=name), str(site / found)),
                    fixes=(
                        Fix(
                            text("Uninstall the user's copy of {module}, then install it here", module=name),
                            (),
                            Safety.MANUAL,
                        ),
                    ),
                )
                return


def _metadata(symptom: Symptom) -> bool:
    paths = [*symptom.files, *symptom.tokens]
    return (
        any(re.search(r"[-\w.]+\.(?:dist|egg)-info", path) for path in paths) or symptom.kind == "PackageNotFoundError"
    )


def _metadata_gone(case: Case) -> Iterator[Cause]:
    for token in (*case.symptom.files, *case.symptom.tokens):
        match = re.search(r"([A-Za-z0-9][\w.]*)-[^-/\\]+\.(?:dist|egg)-info", token)
        if match:
            yield from (by_finding(found, certain=True) for found in case.findings((121,), {match[1]}))
            yield from (by_finding(found, certain=False) for found in case.findings((100, 120, 122), {match[1]}))
            return
    names = {normalise(name) for name in case.symptom.names} | {
        normalise(token.strip(".:")) for token in case.symptom.tokens[-1:]
    }
    yield from (by_finding(found, certain=True) for found in case.findings((121,), names))


ROWS = (
    Row("module not found", (100, 102, 120, 121, 123, 132, 170, 202, 203, 210, 211, 212, 241), _no_module, _not_found),
    Row(
        "name not found",
        (100, 101, 102, 104, 120, 123, 130, 131, 132, 201, 203, 204, 300, 302),
        _lacks_name,
        _other_code,
    ),
    Row("already satisfied", (200, 201), _satisfied, _already_there),
    Row("metadata", (100, 120, 121, 122), _metadata, _metadata_gone),
)
