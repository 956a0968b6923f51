"""Rules about the installers themselves: where they would install, and what is set up for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Evidence, Fix, Safety, Severity, Step, Where, text
from envguard.rules import fixes, steps
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Environment
    from envguard.machine import Command, Shell

_SHOWN = 6
_OFF = ("", "0", "no", "n", "false", "f", "off")
_KERNELS = ("ipykernel", "ipython")


@rule("shell-pip-targets-other-python", code=210, severity=Severity.WARNING, needs=())
def shell_pip_targets_other_python(env: Environment) -> Iterator[Found]:
    """The pip of the shell installs into another Python.

    `!pip install` in a cell runs whichever pip is first on the PATH. Here that one belongs to another Python than the
    kernel's.

    Why it matters: the installation succeeds, into the other environment, and the import in the notebook still fails. In
    a notebook's kernel it is a warning; where envguard was started from a terminal without activation it is information.

    How to repair: use `%pip install` in a cell, which always means the kernel's own Python.

    Not reported: no pip on the PATH at all; programs that do not tell which Python they start; other environments than the one
    that envguard runs in.
    """
    shell = env.shell
    pip = _command(shell, "pip")
    if shell is None or pip is None or pip.here is not False:
        return
    install = Step(("%pip", "install", "PACKAGE"), Where.CELL)
    yield Found(
        subject="pip",
        message=text("the shell's pip installs into {other}, not into this environment", other=pip.prefix or "?"),
        evidence=(Evidence(text("this is the first pip on the PATH"), pip.path),),
        consequence=text("what `!pip install` brings cannot be imported here"),
        fixes=(Fix(text("Install with the kernel's own pip"), (install,), Safety.SAFE),)
        if fixes.may_write(env)
        else (),
        severity=Severity.WARNING if shell.kernel else Severity.INFO,
    )


@rule("no-pip-in-env", code=211, severity=Severity.WARNING, needs=("distributions",))
def no_pip_in_env(env: Environment) -> Iterator[Found]:
    """The environment has a Python and no pip.

    `%pip install` and `python -m pip` do not work here.

    Why it matters: people then type `!pip install`, which takes whatever pip is on the PATH, that is another
    environment's. Where notebooks are run (ipykernel or IPython is installed), it is a warning; elsewhere, and in pixi's
    environments, which are meant to be without, it is information.

    How to repair: let conda install pip; in a venv use uv with `--python`, or `ensurepip`.

    Not reported: environments without Python.
    """
    if env.interpreter is None or steps.has_pip(env) or "pip" in env.by_name:
        return
    names = {dist.name for dist in env.distributions or ()}
    notebook = any(name in names for name in _KERNELS) and env.manager != "pixi"
    yield Found(
        subject="pip",
        message=text("there is no pip in this environment"),
        evidence=tuple(Evidence(text("holds no distribution named pip"), site) for site in env.site_packages[:1]),
        consequence=text("`%pip install` fails, and `!pip install` means another environment") if notebook else None,
        fixes=_bring_pip(env),
        severity=Severity.WARNING if notebook else Severity.INFO,
    )


def _bring_pip(env: Environment) -> tuple[Fix, ...]:
    if env.manager == "pixi":
        return ()
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    if env.is_conda:
        return (fixes.with_tool(env, text("Let conda install pip"), (steps.conda_install(env, "pip"),), restart=False),)
    uv = _command(env.shell, "uv")
    if uv is not None:
        step = Step((uv.path, "pip", "install", "--python", steps.python(env), "pip"))
        return (Fix(text("Let uv install pip"), (step,)),)
    return (Fix(text("Install the pip that comes with Python"), (Step((steps.python(env), "-m", "ensurepip")),)),)


@rule("uv-targets-other-env", code=212, severity=Severity.WARNING, needs=())
def uv_targets_other_env(env: Environment) -> Iterator[Found]:
    """The uv of the shell installs into another environment.

    `uv pip install` goes where VIRTUAL_ENV points, and without that where CONDA_PREFIX does, wherever the kernel's
    Python is (uv's guide, "Using Python environments"). Here the variable names another environment.

    Why it matters: uv replaces packages there without asking; in conda's base that has stopped conda itself. In a
    notebook's kernel it is a warning; where envguard was started from a terminal it is information.

    How to repair: name the Python: `uv pip install --python …`.

    Not reported: no uv on the PATH; neither variable set; other environments than the one that envguard runs in.
    """
    shell = env.shell
    uv = _command(shell, "uv")
    if shell is None or uv is None:
        return
    variable, target, here = (
        ("VIRTUAL_ENV", shell.virtual, shell.virtual_here)
        if shell.virtual is not None
        else ("CONDA_PREFIX", shell.active, shell.active_here)
    )
    if target is None or here is not False:
        return
    step = Step((uv.path, "pip", "install", "--python", steps.python(env), "PACKAGE"))
    yield Found(
        subject="uv",
        message=text("uv would install into {other}, not into this environment", other=target),
        evidence=(Evidence(text("{variable} is {target}", variable=variable, target=target), variable),),
        fixes=(Fix(text("Name the Python to uv"), (step,), Safety.SAFE),) if fixes.may_write(env) else (),
        severity=Severity.WARNING if shell.kernel else Severity.INFO,
    )


def _command(shell: Shell | None, name: str) -> Command | None:
    """A program on the PATH; that of another environment's processes is nobody's business here."""
    return next((each for each in shell.commands if each.name == name), None) if shell is not None else None


@rule("script-shebang-elsewhere", code=213, severity=Severity.WARNING, needs=("shebangs",))
def script_shebang_elsewhere(env: Environment) -> Iterator[Found]:
    """Scripts of this environment start another environment's Python.

    The first line of a script names its Python by path. Scripts in this environment's folder name one that lies
    elsewhere: the environment was moved, copied or renamed.

    Why it matters: `pip`, `jupyter` and others then work on the old place, or fail with "bad interpreter" if it is gone.

    How to repair: install the scripts' packages again. A whole environment is better made anew at its place, or copied
    with `conda create --clone` or conda-pack.

    Not reported: scripts that leave Python to the PATH, scripts that no package owns, launchers of Windows (`.exe`).
    """
    away = tuple(each for each in env.shebangs or () if not each.inside)
    if not away:
        return
    count = sum(each.count for each in away)
    yield Found(
        subject=env.name,
        message=text(
            "{n} script starts a Python outside this environment: {pythons}",
            "{n} scripts start a Python outside this environment: {pythons}",
            n=count,
            pythons=tuple(each.interpreter for each in away),
        ),
        evidence=tuple(
            Evidence(text("starts {python}", python=each.interpreter), script)
            for each in away
            for script in each.scripts
        )[:_SHOWN],
        consequence=text("these commands act on another environment, or fail"),
        fixes=_rewrite(env, tuple(dict.fromkeys(owner for each in away for owner in each.owners))),
    )


def _rewrite(env: Environment, owners: tuple[str, ...]) -> tuple[Fix, ...]:
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    packages = tuple(env.by_record[owner] for owner in owners if owner in env.by_record)
    dists = (env.by_path[owner] for owner in owners if owner in env.by_path)
    wanted = tuple(name for dist in dists if (name := steps.pinned(dist)))
    found = list(fixes.reinstall(env, *packages)) if packages else []
    if wanted:
        title = text("Let pip write the scripts of {names} anew", names=wanted)
        found.append(fixes.by_pip(env, title, (steps.pip_install(env, "--force-reinstall", "--no-deps", *wanted),)))
    return tuple(found)


@rule("pip-user-or-target-set", code=502, severity=Severity.INFO, needs=("pip_config",))
def pip_user_or_target_set(env: Environment) -> Iterator[Found]:
    """The settings of pip send installations elsewhere.

    A file or a variable sets `user`, `target`, `prefix` or `root` for every `pip install`, or forbids installing outside
    virtual environments, for which pip does not take conda's.

    Why it matters: what pip then installs does not come into this environment, or not at all. Some sites want
    that, for instance where the environment is shared.

    How to repair: take the setting out, or override it for one command (`PIP_USER=0`).

    Not reported: the same settings switched off.
    """
    for option in env.pip_config or ():
        if option.value.lower() in _OFF or option.name == "break-system-packages":
            continue
        if option.name == "require-virtualenv":
            if env.manager == "venv":
                continue
            message = text(
                "pip is set to refuse installing outside virtual environments, and takes none of conda's for one"
            )
        elif option.name == "user":
            message = text("pip is set to install into the user's folder, not into this environment")
        else:
            message = text(
                "pip is set to install into {place}, not into this environment ({option})",
                place=option.value,
                option=option.name,
            )
        yield Found(
            subject=option.name,
            message=message,
            evidence=(
                Evidence(text("sets {option} to {value}", option=option.name, value=option.value), option.source),
            ),
        )


@rule("externally-managed", code=503, severity=Severity.INFO, needs=("externally_managed",))
def externally_managed(env: Environment) -> Iterator[Found]:
    """The environment is marked as managed by another tool.

    A file EXTERNALLY-MANAGED lies beside the standard library (PEP 668). pip refuses to install here.

    Why it matters: `%pip install` fails with "externally-managed-environment". Whoever put the mark wants packages to be
    installed by that tool, or into an environment of their own.

    How to repair: make an environment for your work; do not use `--break-system-packages`.

    Not reported: a mark of the Python that a venv was made from, which does not hold for the venv.
    """
    for mark in (env.externally_managed or ())[:1]:
        told = (Evidence(text("this file forbids it (PEP 668)"), mark),)
        yield Found(subject=env.name, message=text("pip may not install into this environment"), evidence=told)


RULES: tuple[Rule, ...] = (
    shell_pip_targets_other_python,
    no_pip_in_env,
    uv_targets_other_env,
    script_shebang_elsewhere,
    pip_user_or_target_set,
    externally_managed,
)
