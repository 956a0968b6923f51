"""kernelspecs: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.rules.kernelspecs import kernelspec_dead, kernelspec_other_env, kernelspec_overridden
from tests.rules.facts import PREFIX, Told, commands, env, only, owned, spec, told

OTHER, OWN = "/other/bin/python", f"{PREFIX}/bin/python"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (spec("python3", OTHER), [("warning", f"the kernelspec python3 of this environment starts {OTHER}")]),
        (spec("lab", OTHER), [("warning", f"the kernelspec lab of this environment starts {OTHER}")]),
        # put there on purpose, as in the base of a hub
        (spec("course", OTHER), [("info", f"the kernelspec course of this environment starts {OTHER}")]),
        (spec("python3"), []),
        (spec("python3", OWN), []),
        (spec("conda-env-other-py", OTHER, conda_env="/other"), []),
        (spec("ir", argv=("R", "--slave")), []),
        (spec("python3", OTHER, level="user"), []),
        (spec("python3", OTHER, exists=False), []),
    ],
)
def test_other_env(found, expected):
    assert [(each.severity, each.message) for each in told(kernelspec_other_env, env(kernelspecs=(found,)))] == expected


@pytest.mark.parametrize(
    ("found", "severity"),
    [
        (spec("x", OTHER, exists=False), "error"),
        (spec("x", OTHER, exists=False, level="user"), "warning"),
        (spec("x", OTHER, exists=False, level="system"), "info"),
        (spec("x", OTHER, exists=False, level="path"), "info"),
        (spec("x", OTHER), None),
        (spec("x"), None),
    ],
)
def test_dead(found, severity):
    expected = [Told(severity, "x", f"the kernelspec x starts {OTHER}, which is not there")] if severity else []
    assert told(kernelspec_dead, env(kernelspecs=(found,))) == expected


def test_a_runner_names_the_environment_that_is_gone():
    found = spec("x", OTHER, conda_env="/gone", exists=False, level="user")
    assert (
        told(kernelspec_dead, env(kernelspecs=(found,)))[0].message
        == "the kernelspec x starts /gone, which is not there"
    )


USERS = spec("Python3", OTHER, level="user", path="~/.local/share/jupyter/kernels/Python3")
HIDDEN = f"the kernelspec python3 of this environment is hidden by another, which starts {OTHER}"


@pytest.mark.parametrize(
    ("specs", "expected"),
    [
        ((USERS, spec("python3", OWN)), [Told("warning", "python3", HIDDEN)]),
        ((USERS, spec("python3")), [Told("warning", "python3", HIDDEN)]),
        ((spec("python3", OWN), USERS), []),
        ((USERS,), []),
        ((spec("python3", OWN, level="user"), spec("python3", OWN)), []),
        ((spec("python3", level="user"), spec("python3", OWN)), []),
        ((USERS, spec("other", OWN)), []),
        # neither is this environment's: the other rule's matter
        ((USERS, spec("python3", OTHER)), []),
    ],
)
def test_overridden(specs, expected):
    assert told(kernelspec_overridden, env(kernelspecs=specs)) == expected


def test_ways_out():
    where = env((), [owned("ipykernel")], kernelspecs=(spec("python3", OTHER),))
    assert commands(only(kernelspec_other_env(where))) == [[f"{OWN} -m ipykernel install --sys-prefix"]]
    bare = env(kernelspecs=(spec("python3", OTHER),))
    folder = f"{PREFIX}/share/jupyter/kernels"
    assert commands(only(kernelspec_other_env(bare))) == [[f"rm -r {folder}/python3"]]
    named = env((), [owned("ipykernel")], kernelspecs=(spec("lab", OTHER, exists=False),))
    assert commands(only(kernelspec_dead(named))) == [
        [f"{OWN} -m ipykernel install --sys-prefix --name lab"],
        [f"rm -r {folder}/lab"],
    ]
    hiding = only(kernelspec_overridden(env(kernelspecs=(USERS, spec("python3", OWN)))))
    assert commands(hiding) == [["jupyter kernelspec remove -f Python3"]]
    # jupyter would remove the first of that name, which is another
    dead = env(kernelspecs=(USERS, spec("python3", OTHER, exists=False)), writable=True)
    assert commands(only(kernelspec_dead(dead))) == [[f"rm -r {PREFIX}/share/jupyter/kernels/python3"]]
