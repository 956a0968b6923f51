"""Plans: of every story the steps, what they lose, and what the check would say; and the table of them all."""

from __future__ import annotations

import dataclasses
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from envguard import api, collect, demo
from envguard.analyse import analyse
from envguard.changes import carry, choose, foretell, losses, order, planning
from envguard.commands.tools import conda as conda_table
from envguard.errors import BadArguments
from envguard.facts import DirectUrl, Tool
from envguard.model import Act, Fix, Safety, Verdict, text
from envguard.repair_report import By
from envguard.rules import steps
from tests.changes import test_repair
from tests.envs import scenarios
from tests.require import require
from tests.rules.facts import dist, env, overlap, owned, paths, pkg

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from envguard.repair_report import Plan
    from tests.envs.scenarios import Scenario

    Give = Callable[..., Scenario]

PLANS: dict[str, tuple[str, ...]] = {
    "clean": (),
    "sound": (),
    "s0": ("what is stale or left over goes: …/requests-2.31.0.dist-info",),
    "s1": ("pip takes numpy 2.3.5 off", "conda's numpy 1.26.4 comes back, as conda had linked it"),
    "s2": ("conda's pandas 2.2.3 comes back, as conda had linked it",),
    "s3_foreign": ("pip takes http-extras 1.0 off", "conda's requests 2.32.3 comes back, as conda had linked it"),
    "s3_two_dist_infos": (
        "conda's own …/idna-3.10.dist-info goes first, so that pip takes off nothing but its own",
        "pip takes idna 3.7 off",
        "conda's idna 3.10 comes back, as conda had linked it",
    ),
    "s4": (
        "conda's own …/numpy-1.26.4.dist-info goes first, so that pip takes off nothing but its own",
        "pip takes numpy 2.3.5 off",
        "conda's numpy 1.26.4 comes back, as conda had linked it",
    ),
    "s5": ("pip takes sqlalchemy 1.4.54 off", "conda's sqlalchemy 2.0.36 comes back, as conda had linked it"),
    "record_lost": ("pip takes numpy 2.3.5 off", "conda installs numpy=1.26.4"),
    "base_with_pip": (),
}
LEFT = {"s0": {"requires-dist-unmet", "conda-after-pip"}, "base_with_pip": {"pip-in-base", "pip-overwrote-conda"}}
"""What no step of envguard's clears: a conflict of two packages, and what is base's."""


@cache
def planned(prefix: Path) -> Plan:
    """The plan of a story, which nobody changes."""
    return api.repair_plan(prefix).plan


def titles(plan: Plan) -> tuple[str, ...]:
    return tuple(re.sub(r"lib/python3\.\d+/site-packages", "…", each.title.english()) for each in plan.steps)


@pytest.mark.parametrize("name", PLANS)
def test_every_story(scenario: Give, name: str) -> None:
    found = scenario(name, flavour="conda")
    plan = planned(found.prefix)
    assert titles(plan) == PLANS[name]
    assert {each.rule for each in plan.proof.remains} == LEFT.get(name, set())
    assert plan.proof.new == ()
    assert plan.proof.verdict is (plan.verdict if name in LEFT else Verdict.SOUND)
    assert bool(plan.refused) is (name == "base_with_pip")
    assert plan.rebuild is None
    assert scenarios.state(found.prefix) == scenarios.state(scenarios.get(name, "conda").prefix)


def test_the_table(scenario: Give) -> None:
    """Damage, fix and the test that carries it out; `pytest -rP` shows it."""
    print("| damage | fix | proven by |", "| --- | --- | --- |", sep="\n")
    for name, story in scenarios.STORIES.items():
        plan = planned(scenario(name, flavour="conda").prefix)
        fix = "; ".join(titles(plan)) or ("left alone: base" if plan.refused else "nothing to do")
        if plan.proof.remains and not plan.refused:
            fix += f"; left to you: {', '.join(sorted({each.rule for each in plan.proof.remains}))}"
        proof = "test_every_story_ends_well" if plan.steps else "test_every_story"
        assert (name in test_repair.STORIES) is bool(plan.steps)
        print(f"| {(story.__doc__ or '').strip().rstrip('.')} | {fix} | `{proof}[{name}]` |")


def test_what_is_lost_and_what_else_could_be_chosen(scenario: Give) -> None:
    plan = api.repair_plan(scenario("s1").prefix).plan
    assert [(each.name, each.before, each.after) for each in plan.changes] == [("numpy", "2.3.5", "1.26.4")]
    assert [each.english() for each in plan.loses] == ["pip's numpy 2.3.5: 1.26.4 is there instead"]
    (choice,) = plan.choices
    assert (choice.package, choice.keeps) == ("numpy", "conda")
    assert "pandas 2.2.3, scipy 1.14.1 depend on conda's" in choice.otherwise.english()
    assert plan.needs_restart
    stranger = api.repair_plan(scenario("s3_foreign").prefix).plan
    assert "which somebody asked for" in stranger.loses[0].english()


def test_what_is_kept_stays_pips(scenario: Give) -> None:
    prefix = scenario("s3_two_dist_infos").prefix
    plan = api.repair_plan(prefix, ["Idna"]).plan
    assert titles(plan) == ("conda forgets idna 3.10", "pip installs idna==3.7")
    assert plan.proof.verdict is Verdict.SOUND
    assert plan.kept == ("idna",)
    assert plan.steps[0].step.argv[1:3] == ("remove", "--force")
    with pytest.raises(BadArguments, match="pip has not installed six here"):
        api.repair_plan(prefix, ["six"])
    # a stranger is left alone with what it overwrote, and that is told
    plan = api.repair_plan(scenario("s3_foreign").prefix, ["http-extras"]).plan
    assert plan.steps == ()
    assert [each.rule for each in plan.proof.remains] == ["pip-overwrote-conda"]


@pytest.mark.slow
def test_what_is_kept_and_does_not_fit_is_brought_into_the_range(scenario: Give) -> None:
    """pandas works with sqlalchemy from 2.0 on: it stays pip's, in a version that pip finds in that range."""
    require("network")
    plan = api.repair_plan(scenario("s5").prefix, ["sqlalchemy"]).plan
    assert titles(plan)[0] == "conda forgets sqlalchemy 2.0.36"
    assert titles(plan)[-1] == "pip installs sqlalchemy>=2.0.0"
    assert plan.proof.verdict is Verdict.SOUND
    assert "pip alone keeps it" in plan.loses[0].english()


def test_the_tool_that_is_there_is_named(scenario: Give) -> None:
    here = collect.by_import(scenario("s1").prefix, process=None)
    for name in ("conda", "mamba", "micromamba"):
        there = dataclasses.replace(here, tools=(Tool(name, f"/opt/bin/{name}"),))
        step = planning.plan(there).steps[-1]
        assert step.by is By.TOOL
        assert step.step.argv[:2] == (f"/opt/bin/{name}", "install")
        assert carry.answered(step.step)[:3] == (f"/opt/bin/{name}", "install", "--yes")
    alone = planning.plan(dataclasses.replace(here, tools=())).steps
    assert [each.by for each in alone] == [By.PIP, By.ENVGUARD]
    pixi = dataclasses.replace(
        here, tools=(Tool("pixi", "/opt/bin/pixi"),), manager="pixi", prefix="/w/.pixi/envs/default"
    )
    fixed = steps.restore(pixi, here.by_name["numpy"])
    assert fixed.argv == ("/opt/bin/pixi", "reinstall", "--manifest-path", "/w", "--environment", "default", "numpy")
    assert carry.answered(fixed) == fixed.argv


def test_every_option_is_one_that_conda_documents(scenario: Give) -> None:
    """https://docs.conda.io/projects/conda/en/stable/commands/install.html and remove.html, as the table of commands has them."""
    known = {word for line in (*conda_table._INSTALL, "--force --force-remove") for word in line.split()}
    for name in PLANS:
        for keep in ((), ("idna",)) if name == "s3_two_dist_infos" else ((),):
            prefix = scenario(name, flavour="conda").prefix
            plan = api.repair_plan(prefix, keep).plan if keep else planned(prefix)
            for step in (each.step for each in plan.steps):
                if step.act in (Act.RELINK, Act.FORGET, Act.CONDA_INSTALL, Act.CONDA_REMOVE):
                    options = {word for word in carry.answered(step) if word.startswith("--")}
                    assert options <= known | {"--yes"}, options - known


NUMPY, SCIPY = pkg("numpy", "1.26.4"), pkg("scipy", "1.14.1")
HERS = dist("numpy", "2.3.5")


def test_the_order_of_several_fixes() -> None:
    where = env([NUMPY, SCIPY], [HERS, owned("numpy", "1.26.4", by=NUMPY.record)], overlaps=(overlap(NUMPY, HERS),))
    off, back = steps.uninstall(where, "numpy"), steps.restore(where, NUMPY)
    stale = steps.remove(where, "lib/python3.11/site-packages/numpy-1.26.4.dist-info")
    folder = steps.remove(where, "lib/python3.11/site-packages/scipy")
    pip = steps.pip_install(where, "six")
    fixes = (
        Fix(text("a"), (pip,)),
        Fix(text("b"), (stale, off, back)),
        Fix(text("c"), (folder, steps.restore(where, SCIPY))),
        Fix(text("d"), (steps.remove(where, "x.dist-info"),)),
        Fix(text("e"), (steps.uninstall(where, "idna"),)),
    )
    assert [(step.act, step.of) for step in order.merged(where, fixes)] == [
        (Act.DELETE, stale.of),
        (Act.UNINSTALL, ("numpy", "idna")),
        (Act.DELETE, folder.of),
        (Act.RELINK, ("numpy", "scipy")),
        (Act.DELETE, ("x.dist-info",)),
        (Act.PIP_INSTALL, ("six",)),
    ]
    twice = Fix(text("f"), (off, off, pip))  # two distributions of one name
    assert [step.act for step in order.merged(where, (twice,))] == [Act.UNINSTALL, Act.UNINSTALL, Act.PIP_INSTALL]


def test_what_came_from_elsewhere_is_told() -> None:
    """pip could not get it again, so it cannot be left to pip; and giving it back loses where it came from."""
    hers = dist("numpy", "2.3.5", requested=True, direct_url=DirectUrl("git+https://example.invalid/numpy", vcs="git"))
    where = env([NUMPY], [hers, dist("pip", "24.2")], overlaps=(overlap(NUMPY, hers),))
    (choice,) = losses.choices(where, frozenset())
    assert "it cannot be left to pip" in choice.otherwise.english()
    off = steps.uninstall(where, "numpy")
    told = foretell.after_step(where, off, 0.0).env
    chosen = choose.Chosen((off,), (), told, analyse(told))
    assert [each.english() for each in losses.told(where, chosen)] == [
        "pip's numpy 2.3.5 (git+https://example.invalid/numpy), which somebody asked for: it cannot be there without files of conda's"
    ]


def test_where_too_much_is_damaged_a_new_environment_is_the_better_way(tmp_path: Path) -> None:
    many = [
        pkg(f"lib{n}", missing=paths(f"lib/lib{n}.so", count=1), files=1, requested=(f"lib{n} >=1",) if n else ())
        for n in range(12)
    ]
    wanted = dist("tabulate", "0.9.0")
    damaged = env(many, [wanted], prefix=str(tmp_path))
    assert planning.plan(damaged).rebuild is None
    plan = planning.plan(
        dataclasses.replace(damaged, conda_packages=(*many, pkg("lib12", missing=many[0].missing, files=1)))
    )
    assert plan.rebuild is not None
    assert plan.rebuild.english() == "13 packages would have to be put back"
    (step,) = plan.by_hand[-1].steps
    assert step.argv == ("envguard", "rebuild", f"{tmp_path}-rebuilt", "--prefix", str(tmp_path))


def test_without_pip_its_steps_are_left_to_a_person(tmp_path: Path) -> None:
    demo.build(tmp_path / "demo")
    plan = api.repair_plan(tmp_path / "demo").plan
    assert plan.steps == ()
    assert plan.rebuild is None
    assert "has no pip" in plan.proof.remarks[0].english()
    assert "Take pip's gridmath 2.0.0 off" in plan.by_hand[0].title.english()


def test_what_is_left_to_a_person() -> None:
    where = env([NUMPY], [HERS])
    assert choose.doable(Fix(text("x"), (steps.uninstall(where, "numpy"),)))
    assert not choose.doable(Fix(text("x"), (steps.uninstall(where, "numpy"),), Safety.MANUAL))
    assert not choose.doable(Fix(text("x")))
    assert not choose.doable(Fix(text("x"), (steps.uninstall(where, "numpy"), steps.create(where))))
    assert not choose.doable(Fix(text("x"), (steps.remove_path(where, "/home/ada/.local/x"),)))
    assert not choose.doable(Fix(text("x"), (steps.conda_install(where, "--force-reinstall", "numpy"),)))
    assert foretell.needs_solver(steps.conda_install(where, "numpy"))
    assert not foretell.needs_solver(steps.pip_install(where, "--force-reinstall", "--no-deps", "numpy==1"))


@pytest.mark.parametrize(
    ("traits", "said"),
    [
        ({"base": True}, "is the base environment"),
        ({"frozen": True}, "is declared frozen"),
        ({"writable": False}, "is not writable for you"),
    ],
)
def test_what_is_not_ours_is_left_alone(scenario: Give, traits: dict[str, Any], said: str) -> None:
    here = dataclasses.replace(collect.by_import(scenario("s1").prefix, process=None), **traits)
    plan = planning.plan(here)
    assert (plan.steps, plan.changes) == ((), ())
    assert said in plan.refused[0].english()
    assert plan.by_hand
    if "base" not in traits:
        assert "Make an environment of your own" in plan.by_hand[0].title.english()
