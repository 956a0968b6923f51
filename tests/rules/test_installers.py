"""installers: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.machine import Command, PipOption, Shebang
from envguard.rules.installers import (
    externally_managed,
    no_pip_in_env,
    pip_user_or_target_set,
    script_shebang_elsewhere,
    shell_pip_targets_other_python,
    uv_targets_other_env,
)
from tests.rules.facts import PREFIX, SITE, Told, commands, dist, env, only, owned, paths, pkg, shell, told

THEIRS = Command("pip", "/usr/bin/pip", "/usr", False)
OURS = Command("pip", f"{PREFIX}/bin/pip", PREFIX, True)
UNTOLD = Command("pip", "/usr/bin/pip", None, None)
UV = Command("uv", "/usr/bin/uv", None, None)
PIP = "the shell's pip installs into /usr, not into this environment"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (shell(THEIRS), [Told("warning", "pip", PIP)]),
        (shell(THEIRS, kernel=False), [Told("info", "pip", PIP)]),
        (shell(OURS), []),
        (shell(UNTOLD), []),
        (shell(), []),
    ],
)
def test_shell_pip(found, expected):
    assert told(shell_pip_targets_other_python, env(shell=found)) == expected


OTHER = "uv would install into /opt/conda, not into this environment"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (shell(UV, active="/opt/conda"), [Told("warning", "uv", OTHER)]),
        (shell(UV, active="/opt/conda", kernel=False), [Told("info", "uv", OTHER)]),
        (shell(UV, active=PREFIX, virtual="/opt/conda"), [Told("warning", "uv", OTHER)]),
        (shell(UV, active="/opt/conda", virtual=PREFIX), []),
        (shell(UV, active=PREFIX), []),
        (shell(UV), []),
        (shell(active="/opt/conda"), []),
    ],
)
def test_uv(found, expected):
    assert told(uv_targets_other_env, env(shell=found)) == expected


@pytest.mark.parametrize("rule", [shell_pip_targets_other_python, uv_targets_other_env])
def test_there_is_no_shell_of_another_environment(rule):
    assert told(rule, env(shell=None)) == []


NONE = "there is no pip in this environment"
KERNEL = owned("ipykernel")


def bare(*dists, **more):
    """An environment without pip."""
    where = env((pkg("python", provides=()),), (*dists, dist("pip")), **more)
    object.__setattr__(where, "distributions", tuple(each for each in where.distributions if each.name != "pip"))
    return where


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (bare(KERNEL), [Told("warning", "pip", NONE)]),
        (bare(), [Told("info", "pip", NONE)]),
        (bare(KERNEL, manager="pixi"), [Told("info", "pip", NONE)]),
        (bare(KERNEL, interpreter=None), []),
        (env((), [KERNEL]), []),
        (env((), [KERNEL, dist("pip")]), []),
        (env([pkg("pip", provides=())], [KERNEL]), []),
    ],
)
def test_no_pip(where, expected):
    assert told(no_pip_in_env, where) == expected


def test_pip_comes_from_whoever_keeps_the_book():
    assert commands(only(no_pip_in_env(bare(KERNEL)))) == [[f"/opt/conda/bin/conda install --prefix {PREFIX} pip"]]
    venv = env((), [KERNEL, dist("pip", kind="leftover")], manager="venv", shell=shell(UV))
    assert commands(only(no_pip_in_env(venv))) == [[f"/usr/bin/uv pip install --python {PREFIX}/bin/python pip"]]
    venv = env((), [KERNEL, dist("pip", kind="leftover")], manager="venv")
    assert commands(only(no_pip_in_env(venv))) == [[f"{PREFIX}/bin/python -m ensurepip"]]


NUMPY, RICH = pkg("numpy", "1.26.4"), dist("rich")
AWAY = Shebang("/old/bin/python3.11", False, 3, ("bin/pip", "bin/rich"), (NUMPY.record, RICH.path))
HERE = Shebang(f"{PREFIX}/bin/python", True, 9, ("bin/black",), ())


@pytest.mark.parametrize(
    ("shebangs", "expected"),
    [
        (
            (AWAY, HERE),
            [Told("warning", "lab", "3 scripts start a Python outside this environment: /old/bin/python3.11")],
        ),
        ((HERE,), []),
        ((), []),
    ],
)
def test_shebangs(shebangs, expected):
    assert told(script_shebang_elsewhere, env([NUMPY], [RICH], shebangs=shebangs)) == expected


def test_scripts_are_written_anew_by_their_owners():
    found = commands(only(script_shebang_elsewhere(env([NUMPY], [RICH], shebangs=(AWAY,)))))
    assert "--force-reinstall" in found[0][0]
    assert found[0][0].endswith("numpy=1.26.4=py311_0")
    assert found[1] == [f"{PREFIX}/bin/python -m pip install --force-reinstall --no-deps rich==1.0"]


REFUSES = "pip is set to refuse installing outside virtual environments, and takes none of conda's for one"


@pytest.mark.parametrize(
    ("option", "more", "expected"),
    [
        (("user", "true"), {}, "pip is set to install into the user's folder, not into this environment"),
        (("target", "/t"), {}, "pip is set to install into /t, not into this environment (target)"),
        (("user", "0"), {}, None),
        (("user", "False"), {}, None),
        (("require-virtualenv", "1"), {}, REFUSES),
        (("require-virtualenv", "1"), {"manager": "venv"}, None),
        (("break-system-packages", "1"), {}, None),
    ],
)
def test_pip_config(option, more, expected):
    where = env(pip_config=(PipOption(*option, "/etc/pip.conf"),), **more)
    assert told(pip_user_or_target_set, where) == ([Told("info", option[0], expected)] if expected else [])


def test_externally_managed():
    mark = "lib/python3.11/EXTERNALLY-MANAGED"
    assert told(externally_managed, env(externally_managed=(mark,))) == [
        Told("info", "lab", "pip may not install into this environment")
    ]
    assert told(externally_managed, env()) == []


def test_scripts_of_packages_that_are_gone_are_no_crash():
    away = Shebang("/old/bin/python", False, 1, ("bin/x",), ("conda-meta/x-1-0.json", f"{SITE}/x.dist-info"))
    assert only(script_shebang_elsewhere(env([pkg("y", missing=paths())], shebangs=(away,)))).fixes == ()
