"""Environments in one line: builders whose defaults are a sound package, for tables of facts -> findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from envguard.cuda import Cuda, Driver
from envguard.facts import (
    CondaPackage,
    Deep,
    Distribution,
    Environment,
    Linked,
    OnDisk,
    Overlap,
    Paths,
    Revision,
    SharedFile,
    SharedPaths,
    Tool,
    Unowned,
)
from envguard.library import Library
from envguard.machine import Command, CondaConfig, CondaLayer, Kernelspec, Shell
from envguard.process import Mapped, Module, Process, Variable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.model import Finding
    from envguard.rules.rule import Rule

SITE = "lib/python3.11/site-packages"
PREFIX = "/opt/conda/envs/lab"
CONDA = Tool("conda", "/opt/conda/bin/conda")
PIP = "pip"


class Told(NamedTuple):
    """What a table compares of a finding."""

    severity: str
    subject: str
    message: str


def told(rule: Rule, env: Environment) -> list[Told]:
    """The findings of a rule, as a table states them."""
    return [Told(found.severity.value, found.subject, found.message.english()) for found in rule(env)]


def commands(found: Finding) -> list[list[str]]:
    """The commands of each fix as plain lines."""
    return [[" ".join(step.argv) for step in fix.steps] for fix in found.fixes]


def titles(found: Finding) -> list[str]:
    return [fix.title.english() for fix in found.fixes]


def only(findings: Iterable[Finding]) -> Finding:
    """The one finding there is."""
    (found,) = findings
    return found


def paths(*sample: str, count: int | None = None) -> Paths:
    """Files by name, counted as the probe does."""
    compiled = sum(name.endswith((".so", ".pyd", ".dll")) for name in sample)
    python = sum(name.endswith(".py") for name in sample)
    return Paths(count if count is not None else len(sample), compiled, python, tuple(sample))


def pkg(name: str, version: str = "1.0", build: str = "py311_0", **more: Any) -> CondaPackage:
    """A sound conda package that brings a distribution of its own name."""
    values = {
        "build_number": 0,
        "channel": "conda-forge",
        "subdir": "linux-64",
        "noarch": None,
        "depends": (),
        "constrains": (),
        "requested": (),
        "provides": (name,),
        "linked": 100.0,
        "files": 40,
        "missing": Paths(),
        "altered": Paths(),
    }
    return CondaPackage(
        name=name, version=version, build=build, record=record(name, version, build), **{**values, **more}
    )


def record(name: str, version: str = "1.0", build: str = "py311_0") -> str:
    return f"conda-meta/{name}-{version}-{build}.json"


def dist(name: str, version: str | None = "1.0", **more: Any) -> Distribution:
    """A sound distribution that pip installed."""
    values = {
        "site": SITE,
        "kind": "dist-info",
        "installer": "pip",
        "requested": True,
        "direct_url": None,
        "requires": (),
        "requires_python": None,
        "has_metadata": True,
        "has_record": True,
        "files": 20,
        "installed": 200.0,
        "owner": None,
        "taken_from": None,
        "missing": Paths(),
        **more,
    }
    folder = f"{name}-{version}.{values['kind']}" if version else name
    path = f"{values['site']}/{folder}"
    return Distribution(**{"name": name, "version": version, "path": path, **values})


def owned(name: str, version: str = "1.0", by: str | None = None, **more: Any) -> Distribution:
    """A distribution that conda installed, as a package of the same name unless said otherwise."""
    return dist(name, version, owner=by or record(name, version), installer="conda", **more)


def overlap(package: CondaPackage, other: Distribution, *, twin: str | None = None, **more: Any) -> Overlap:
    """Shape A by default: pip's files are on disk."""
    values = {
        "shared": 30,
        "differ": 12,
        "compiled": 0,
        "on_disk": OnDisk(pip=12),
        "sample": (shared(f"{other.site}/{other.name}/__init__.py"),),
        "extra": Paths(),
        "twin": twin,
    }
    return Overlap(record=package.record, distribution=other.path, **{**values, **more})


def shared(path: str, on_disk: str = "pip") -> SharedFile:
    return SharedFile(path, "c0ffee" * 10, "badcab" * 10, on_disk)


def both(first: Any, second: Any, *sample: str, same: int = 0) -> SharedPaths:
    """Two books of one kind that claim the same files."""
    books = [getattr(side, "record", None) or side.path for side in (first, second)]
    return SharedPaths(*books, len(sample) + same, paths(*sample))


def unowned(package: CondaPackage, folder: str, *sample: str, count: int | None = None) -> Unowned:
    return Unowned(
        package.record, f"{SITE}/{folder}", paths(*(f"{SITE}/{folder}/{name}" for name in sample), count=count)
    )


def revision(
    *lines: str, whole: bool = False, when: str = "2024-05-04 17:18:39", channel: str = "conda-forge"
) -> Revision:
    """A transaction, lines as in conda's history: `+numpy-1.26.4-py311_0`."""
    items = [(line[0] == "-", Linked(*line.lstrip("+-").rsplit("-", 2), channel)) for line in lines]
    return Revision(
        when,
        None,
        None,
        tuple(package for gone, package in items if not gone),
        tuple(package for gone, package in items if gone),
        whole,
        (),
        (),
    )


def spec(name: str, python: str | None = None, **more: Any) -> Kernelspec:
    """A kernelspec of the environment's own, which leaves Python to Jupyter unless told otherwise."""
    values = {
        "path": f"{PREFIX}/share/jupyter/kernels/{name}",
        "level": "env",
        "argv": (python or "python", "-m", "ipykernel_launcher"),
        "exists": True if python else None,
        "here": python.startswith(PREFIX) if python else None,
        "conda_env": None,
        **more,
    }
    return Kernelspec(name=name, python=python, **values)


def config(*layers: CondaLayer | dict[str, Any]) -> CondaConfig:
    """conda's settings, the weakest layer first."""
    return CondaConfig(
        tuple(each if isinstance(each, CondaLayer) else CondaLayer("~/.condarc", **each) for each in layers)
    )


def shell(*commands: Command, kernel: bool = True, active: str | None = None, virtual: str | None = None) -> Shell:
    """What a cell would meet on its PATH."""
    same = [None if named is None else named == PREFIX for named in (active, virtual)]
    return Shell(kernel, commands, active, virtual, *same)


def kernel(
    *mapped: str, modules: Iterable[str | Module] = (), variables: dict[str, str] | None = None, **more: Any
) -> Process:
    """The process of a notebook in the environment, on Linux, with these files in memory; `kind="fresh"` for another."""
    values = {
        "kind": "kernel",
        "pid": 7,
        "executable": f"{PREFIX}/bin/python",
        "prefix": PREFIX,
        "base_prefix": PREFIX,
        "python_version": "3.11.9",
        "system": "Linux",
        "machine": "x86_64",
        "started": 300.0,
        "cwd": "/home/me",
        "user_site": None,
        "path": (),
        **more,
    }
    return Process(
        variables=tuple(Variable(name, value) for name, value in (variables or {}).items()),
        modules=tuple(each if isinstance(each, Module) else Module(each, None) for each in modules),
        mapped=tuple(map(Mapped, mapped)),
        **values,
    )


def elf(path: str, soname: str | None, **more: Any) -> Library:
    """The headers of a compiled file of the prefix."""
    values = {
        "needed": tuple(one.name for one in more.get("found") or ()),
        "rpath": (),
        "runpath": (),
        "needs": (),
        "defines": (),
        "machine": "x86_64",
        "inside": True,
        **more,
    }
    return Library(path=path, soname=soname, **values)


def env(
    conda: Iterable[CondaPackage] | None = (), dists: Iterable[Distribution] | None = (), **more: Any
) -> Environment:
    """A writable environment on linux-64 with conda at hand, and with pip as conda's package."""
    values = {
        "prefix": PREFIX,
        "layout": "unix",
        "platform": "linux-64",
        "interpreter": "bin/python",
        "python_version": "3.11.9",
        "base": False,
        "frozen": False,
        "writable": True,
        "manager": "conda",
        "tools": (CONDA,),
        "site_packages": (SITE,),
        "history": (),
        "pths": (),
        "vendored": (),
        "shebangs": (),
        "pip_warnings": (),
        "externally_managed": (),
        "pinned": (),
        "conda_config": CondaConfig(),
        "pip_config": (),
        "kernelspecs": (),
        "frontends": (),
        "shell": Shell(False, (), None, None),
        "deep": Deep(0, 0, 0),
        "process": kernel(kind="fresh"),
        "importable": (),
        "activation": (),
        "elsewhere": (),
        "libraries": (),
        "proj": (),
        "install_log": (),
        "scanned": (),
        "cuda": Cuda(frameworks=()),
        "driver": Driver(library=None, missing="libcuda.so.1: not found", version=None, init=None, devices=None),
        **more,
    }
    has_pip = dists is None or any(each.name == PIP for each in dists)
    everyone = None if dists is None else (*dists, *(() if has_pip else (owned(PIP, "24.2", by=record(PIP, "24.2")),)))
    return Environment(conda_packages=None if conda is None else tuple(conda), distributions=everyone, **values)
