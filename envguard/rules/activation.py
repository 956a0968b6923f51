"""Rules about activation: what conda would set before a program of the environment starts, and what was set instead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.errors import CannotTell
from envguard.facts import spec_name
from envguard.model import Evidence, Fix, Safety, Severity, Step, text
from envguard.rules import fixes, steps
from envguard.rules.rule import Found, Rule, rule
from envguard.rules.shadows import absolute, tops, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Activation, Environment
    from envguard.process import Process

_SHOWN = 6
_STATE = "conda-meta/state"
_LOADER = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
_DEEP = 3  # steps from what is loaded to what it depends on
_BUILDING = (
    r"(?:.*FLAGS|CMAKE_.*|MESON_.*|CONDA_.*|(?:CC|CXX|FC|F77|F90|F95|GCC|GXX|LD|AR|AS|NM|CPP|RANLIB|STRIP|OBJCOPY|OBJDUMP)"
    r"|.*_FOR_BUILD|HOST|BUILD|HOST_TRIPLE|BUILD_TRIPLE|PKG_CONFIG.*|RUST.*|CARGO.*|GO(?:PATH|ROOT|CACHE)|NVCC.*|CUDAARCHS"
    r"|XML_CATALOG_FILES|GSETTINGS_SCHEMA_DIR|MANPATH|INFOPATH|PROMPT|PS1|PATH|INCLUDE|LIB|LIBPATH|CPATH|.*COMPLET.*)"
)
"""What only building, or nothing at all that a notebook does, asks for."""
_HOMES = {
    "PROJ_LIB": (("proj", "libproj", "proj4"), "share/proj"),
    "PROJ_DATA": (("proj", "libproj"), "share/proj"),
    "GDAL_DATA": (("libgdal-core", "libgdal", "gdal"), "share/gdal"),
    "GDAL_DRIVER_PATH": (("libgdal-core", "libgdal", "gdal"), "lib/gdalplugins"),
    "ECCODES_DEFINITION_PATH": (("eccodes",), "share/eccodes/definitions"),
    "UDUNITS2_XML_PATH": (("udunits2",), "share/udunits/udunits2.xml"),
    "JAVA_HOME": (("openjdk",), "lib/jvm"),
    "R_HOME": (("r-base",), "lib/R"),
}
"""Variables by which libraries find their own files: the conda packages that bring these, and where they lie."""
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_LISTS = (*_LOADER, "PYTHONPATH", "XDG_DATA_DIRS", "QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH")
"""Lists that others add to, and what EG360 tells of."""


@rule("not-activated", code=230, severity=Severity.WARNING, needs=("process", "activation", "conda_packages"))
def not_activated(env: Environment) -> Iterator[Found]:
    """The kernel runs without the environment's activation.

    `conda activate` runs the scripts of `etc/conda/activate.d` and, on Windows, puts the folder `Library/bin` on the PATH. Jupyter
    starts a kernel by its Python alone, so none of that happens unless Jupyter itself was started from the activated environment.

    Why it matters: libraries do not find their data or each other ("DLL load failed", "cannot open shared object file", no
    proj.db). Where a loaded package needs what is not set, or the variable is for the loader or was set by the
    user (`conda env config vars`), it is a warning; where only an installed one may come to need it, information.

    How to repair: start Jupyter from the activated environment, or let nb_conda_kernels start its kernels.

    Not reported: an activated environment; variables that only compilers ask for.
    """
    process = env.process
    if process is None or not env.is_conda:
        return
    if process.kind != "kernel":
        raise CannotTell(text("with which variables a kernel starts is known of a running one only"))
    if _is_active(env, process):
        return
    used = _in_use(env, process)
    evidence: list[Evidence] = []
    names: list[str] = []
    grave = False
    for script in _scripts(env):
        unset = tuple(
            name for name in script.variables if not re.fullmatch(_BUILDING, name) and not _is_set(env, process, name)
        )
        if unset:
            names += unset
            grave = grave or script.record is None or script.record in used or any(name in _LOADER for name in unset)
            evidence.append(Evidence(text("sets {names}, which the kernel does not have", names=unset), script.path))
    if env.layout == "windows" and not _has_library_bin(env, process):
        names.append("PATH")
        grave = True
        evidence.append(Evidence(text("is not on the PATH of the kernel"), steps.path(env, "Library/bin")))
    if not evidence:
        return
    yield Found(
        subject=env.name,
        message=text(
            "the kernel runs without this environment's activation, which sets {names}",
            names=tuple(dict.fromkeys(names)),
        ),
        evidence=(
            Evidence(text("is {value}", value=process.environ["CONDA_PREFIX"]), "CONDA_PREFIX")
            if process.environ.get("CONDA_PREFIX")
            else Evidence(text("is not set"), "CONDA_PREFIX"),
            *evidence[:_SHOWN],
        ),
        consequence=text("libraries may not find their data, or each other"),
        fixes=_activate(env),
        severity=Severity.WARNING if grave else Severity.INFO,
    )


@rule(
    "activation-points-elsewhere",
    code=231,
    severity=Severity.WARNING,
    needs=("process", "activation", "conda_packages"),
)
def activation_points_elsewhere(env: Environment) -> Iterator[Found]:
    """A variable sends a library of this environment to another's files.

    The environment brings a library with its own data, and a variable of the process (PROJ_LIB, GDAL_DATA, JAVA_HOME, …)
    points to the system's, or to another environment's.

    Why it matters: library and data are of different versions: "proj.db contains DATABASE.LAYOUT.VERSION.MINOR = 3
    whereas a number >= 6 is expected". A container's global setting, a line in `~/.bashrc`, or a Jupyter started from another
    activated environment does that.

    How to repair: unset the variable, or set it right in the kernelspec.

    Not reported: variables that nothing installed here reads; lists of folders that hold one of this environment's;
    certificates, unless they are another environment's, which is information; the variables of another activated
    environment where envguard merely asks this one's Python.
    """
    process = env.process
    if process is None:
        return
    scripts = {name: script for script in reversed(tuple(_scripts(env))) for name in script.variables}
    for name, value in sorted(process.environ.items()):
        brings = _reader(env, scripts.get(name), name)
        if brings is None or name in _LISTS or re.fullmatch(_BUILDING, name):
            continue
        places = (
            [part for part in re.split(r";|:(?![\\/])", value) if part] if env.layout == "windows" else value.split(":")
        )
        if not all(map(absolute, places)) or any(_inside(env, process, place) for place in places):
            continue
        active = process.environ.get("CONDA_PREFIX")
        another = active is not None and not within(active, env.prefix) and any(within(each, active) for each in places)
        if (another and process.kind != "kernel") or (name in _CERTIFICATES and not another):
            continue
        yield Found(
            subject=name,
            message=text("{variable} points to {value}, outside this environment", variable=name, value=value),
            evidence=(
                Evidence(text("is set so in the process"), name),
                Evidence(text("brings its own files for this variable"), brings),
            ),
            consequence=text("the library meets the files of another version"),
            fixes=_set_right(env, process, name),
            severity=Severity.INFO if name in _CERTIFICATES else Severity.WARNING,
        )


def _scripts(env: Environment) -> Iterator[Activation]:
    """The scripts of one shell, since each package brings one for every shell."""
    ends = (".bat", ".cmd", ".ps1") if env.layout == "windows" else (".sh", ".bash")
    every = env.activation or ()
    chosen = tuple(each for each in every if each.path.lower().endswith(ends) or each.path == _STATE)
    known = {each.record for each in chosen}
    yield from chosen
    yield from (each for each in every if each not in chosen and each.record not in known)


def _is_active(env: Environment, process: Process) -> bool:
    if env.shell is not None and env.shell.active_here is not None:
        return env.shell.active_here
    active = process.environ.get("CONDA_PREFIX")
    return active is not None and any(
        within(active, each) and within(each, active) for each in (env.prefix, process.prefix)
    )


def _is_set(env: Environment, process: Process, name: str) -> bool:
    """Whether a variable has a value; of a list for the loader, whether this environment is in it."""
    value = process.environ.get(name, "")
    if name in _LOADER:
        return any(_inside(env, process, part) for part in value.split(":") if part)
    return bool(value)


def _inside(env: Environment, process: Process, path: str) -> bool:
    return within(path, env.prefix) or within(path, process.prefix)


def _has_library_bin(env: Environment, process: Process) -> bool:
    wanted = steps.path(env, "Library/bin")
    parts = next((value for name, value in process.environ.items() if name.upper() == "PATH"), "").split(";")
    return any(within(part.rstrip("\\/"), wanted) for part in parts if part)


def _in_use(env: Environment, process: Process) -> frozenset[str]:
    """The records of what is loaded, and of what these depend on within a few steps."""
    installed = tops(env, process)
    found = {each.record for name, each in installed.items() if each.record and name in process.loaded}
    ahead = set(found)
    for _ in range(_DEEP):
        specs = (spec for record in ahead if record in env.by_record for spec in env.by_record[record].depends)
        names = {spec_name(spec) or "" for spec in specs}
        ahead = {env.by_name[name].record for name in names if name in env.by_name} - found
        found |= ahead
    return frozenset(found)


def _reader(env: Environment, script: Activation | None, name: str) -> str | None:
    """The record of what is installed here and reads a variable; None if nothing is known to."""
    if script is not None and script.record is not None:
        return script.record
    packages, _ = _HOMES.get(name, ((), ""))
    return next((env.by_name[package].record for package in packages if package in env.by_name), None)


def _set_right(env: Environment, process: Process, name: str) -> tuple[Fix, ...]:
    windows = env.layout == "windows"
    argv = ("cmd", "/c", f"set {name}=&& jupyter lab") if windows else ("env", "-u", name, "jupyter", "lab")
    unset = Fix(text("Start Jupyter without {variable}", variable=name), (Step(argv),), Safety.REVIEW, restart=True)
    home = _HOMES.get(name, ((), ""))[1]
    if not home or process.kind != "kernel" or not fixes.may_write(env) or windows or name == "JAVA_HOME":
        return (unset,)
    step = steps.write_kernelspec(env, "--env", name, steps.path(env, home))
    return Fix(text("Set {variable} right in the kernelspec", variable=name), (step,), restart=True), unset


def _activate(env: Environment) -> tuple[Fix, ...]:
    """Jupyter of the environment itself, run activated; else the Jupyter that runs now is taught to activate."""
    chosen = steps.tool(env)
    named = chosen.path if chosen is not None else "conda"
    if env.manager != "pixi" and any(name in env.dists_named for name in ("jupyterlab", "notebook")):
        step = Step((named, "run", "--prefix", env.prefix, "jupyter", "lab"))
        return (Fix(text("Start Jupyter in the activated environment"), (step,), Safety.REVIEW, restart=True),)
    if env.manager == "pixi":
        return (
            Fix(
                text("Start Jupyter through pixi"),
                (Step((named, "run", "jupyter", "lab")),),
                Safety.REVIEW,
                restart=True,
            ),
        )
    title = text("Install nb_conda_kernels where Jupyter runs, whose kernels are activated")
    step = Step((named, "install", "--name", "base", "nb_conda_kernels"))
    return (Fix(title, (step,), Safety.MANUAL, restart=True),)


RULES: tuple[Rule, ...] = (not_activated, activation_points_elsewhere)
