"""The environment after a transaction of conda's, against the environment in which it was carried out."""

from __future__ import annotations

import dataclasses
import shlex
from typing import TYPE_CHECKING

import pytest

from envguard.analyse import analyse
from envguard.collect import by_import
from envguard.commands import find
from envguard.commands.command import Place, Target
from envguard.forecast import after, conda, full
from envguard.forecast.transaction import Coming, Transaction
from envguard.process import Module, Process
from tests.envs import channel

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.facts import Environment
    from envguard.model import Finding
    from tests.envs.scenarios import Scenario


def _planned(env: Environment, line: str) -> Transaction:
    words = shlex.split(f"conda {line} --override-channels -c {channel.build().as_uri()}")
    python = f"{env.prefix}/bin/python"
    command = find.of_argv(words, Place(python, env.prefix, env.prefix, {}, is_kernel=False))
    assert command is not None
    found = conda.plan(command, Target(env.prefix, python), env, network=False)
    assert (found.refusal, found.unknown) == (None, ())
    return found


def _told(env: Environment, *rules: str) -> set[tuple[str, str, str]]:
    found: tuple[Finding, ...] = analyse(env).findings
    return {(each.rule, each.severity.value, each.subject) for each in found if each.rule in rules}


RULES = (
    "conda-file-missing",
    "pip-overwrote-conda",
    "duplicate-dist-info",
    "conda-depends-unmet",
    "conda-constrains-violated",
    "conda-record-lost",
)


@pytest.mark.parametrize("flavour", ["rattler", "conda"])
def test_conda_back_over_pip_is_what_it_then_is(flavour: str, scenario: Callable[..., Scenario]):
    env = by_import(scenario("s1", flavour).prefix)
    then = by_import(scenario("s4", flavour).prefix)
    changed = after.apply(env, _planned(env, "install --force-reinstall numpy"))
    assert _told(changed, *RULES) == _told(then, *RULES)
    assert _told(changed, *RULES) != _told(env, *RULES)
    assert {(dist.name, dist.version, bool(dist.owner)) for dist in changed.distributions or ()} == {
        (dist.name, dist.version, bool(dist.owner)) for dist in then.distributions or ()
    }
    assert len(changed.history or ()) == len(env.history or ()) + (flavour == "conda")


def test_what_conda_removes_is_gone_and_pips_files_with_it(scenario: Callable[..., Scenario]):
    env = by_import(scenario("s1").prefix)
    changed = after.apply(env, _planned(env, "remove --force numpy"))
    assert "numpy" not in changed.by_name
    [left] = changed.dists_named["numpy"]
    assert left.owner is None
    assert left.missing.compiled


def test_what_a_kernel_has_loaded_goes_stale(scenario: Callable[..., Scenario]):
    env = by_import(scenario("sound").prefix)
    site = f"{env.prefix}/{env.site_packages[0]}"
    loaded = tuple(
        Module(name, f"{site}/{name}/__init__.py", version)
        for name, version in (("idna", "3.10"), ("requests", "2.32.3"))
    )
    process = Process(
        "kernel", 1, f"{env.prefix}/bin/python", env.prefix, env.prefix, "3.11.7", "Linux", "x86_64", 0.0, None, None,
        (), (), loaded,
    )  # fmt: skip
    env = dataclasses.replace(env, process=process)
    [idna] = (dist.path for dist in env.dists_named["idna"])
    for version, stale in (("3.7", ("idna",)), ("3.10", ())):
        coming = Coming("idna", version, True, (), None, f"idna-{version}-py3-none-any.whl", None)
        assert full._stale(env, after.apply(env, Transaction((coming,), (idna,)))) == stale
    assert full._stale(env, after.apply(env, Transaction(goes=(idna,)))) == ("idna",)


def test_nothing_to_do_is_the_same_environment(scenario: Callable[..., Scenario]):
    env = by_import(scenario("sound").prefix)
    assert after.apply(env, Transaction()) is env
