"""Real environments made anew: sound, with all that was asked for, equal to what their own export makes, the old one untouched."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import jsonschema
import pytest

from envguard import api, collect
from envguard.commands.find import of_argv
from envguard.commands.tools import conda as conda_table
from envguard.errors import BadArguments
from envguard.export.written import write
from envguard.export_report import Depth, Form
from envguard.frontends import cli
from envguard.model import Verdict, text
from envguard.render import rebuild_lines
from envguard.render.rebuild_lines import sound
from envguard.render.rebuild_v1 import rebuild_v1
from envguard.render.schemas import schema_of
from tests.changes import repairing, undoing
from tests.envs import wheelhouse
from tests.export import making

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from envguard.rebuild.options import Options
    from envguard.rebuild_report import RebuildReport
    from tests.envs.scenarios import Scenario

    Give = Callable[..., Scenario]

SCHEMA = jsonschema.Draft202012Validator(schema_of("rebuild"))
STORIES = (
    ("clean", "rattler"),
    ("sound", "conda"),
    ("s0", "conda"),
    ("s1", "rattler"),
    ("s2", "conda"),
    ("s3_foreign", "rattler"),
    ("s3_two_dist_infos", "conda"),
    ("s4", "rattler"),
    ("s5", "conda"),
    ("record_lost", "conda"),
)
LEFT = {"s0": {("requires-dist-unmet", "gadgets")}}
"""A conflict that the plan tells of, and that pip would refuse to look away from."""
LOST = {"s3_foreign": {"http-extras"}}


@pytest.fixture(autouse=True)
def _wheels_of_the_tests(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """pip finds the wheelhouse alone; kernels go into a folder of the test's."""
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", " ".join(map(str, wheelhouse.folders().values())))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))


def rebuilt(prefix: Path, new: Path, options: Options | None = None) -> RebuildReport:
    """Plans and carries out; the old one must stay what it is to the last date."""
    before = undoing.tree(prefix)
    told = api.rebuild_plan(new, prefix, options)
    assert told.plan.refused == ()
    assert not new.exists()
    came = dataclasses.replace(told, done=api.rebuild(told, options))
    undoing.compare(before, undoing.tree(prefix))
    assert came.done is not None
    assert came.done.failure is None, (came.done.failure, came.done.output)
    SCHEMA.validate(rebuild_v1(came))
    assert not list(new.glob(".envguard*"))
    return came


def exported(prefix: Path) -> str:
    (told,) = write(collect.by_import(prefix, keep=False), (Form.ENVIRONMENT_YML,), Depth.EXACT)
    return told.content


@pytest.mark.slow
@pytest.mark.parametrize(("name", "flavour"), STORIES)
def test_every_story_is_rebuilt(scenario: Give, tmp_path: Path, name: str, flavour: str) -> None:
    old, new = scenario(name, flavour=flavour).prefix, tmp_path / "new"
    came = rebuilt(old, new)
    left = LEFT.get(name, set())
    assert repairing.told(repairing.check(new)) == left
    assert repairing.requested(old) - repairing.requested(new) <= LOST.get(name, set())
    assert came.done is not None
    assert sound(came.plan, came.done) is not bool(left)
    assert {each.name for each in came.done.imports if each.before and not each.after} == LOST.get(name, set())
    # it is what was planned, and what its own export makes
    content = exported(new)
    loaded = making.parsed(content)
    planned = {f"{each.name}={each.version}={each.build}" for each in came.plan.packages}
    specs = making.specs(loaded)
    assert {each for each in specs if each != "pip"} == planned
    assert making.pip_lines(loaded) == [each.line for each in came.plan.requirements]
    # (py-rattler takes a build with a dot from a record, but not as an argument)
    making.conda(tmp_path / "exported", [each.replace("=py3.11_cpu_0", "") for each in specs], loaded["channels"])
    making.pip(tmp_path / "exported", making.pip_lines(loaded), "--no-deps")
    making.equal(new, tmp_path / "exported")
    if name in ("clean", "sound"):
        making.equal(old, new)
        assert came.done.comparison is not None
        assert came.done.comparison.differences == ()


def test_a_rebuild(scenario: Give, tmp_path: Path) -> None:
    """Two dist-infos of one name, one of them pip's over conda's: conda's alone is in the new one."""
    old, new = scenario("s3_two_dist_infos").prefix, tmp_path / "new"
    came = rebuilt(old, new)
    assert [each.english() for each in came.plan.loses] == ["pip's idna 3.7: conda's 3.10 is there instead"]
    assert came.done is not None
    assert (came.done.after, came.done.remains) == (Verdict.SOUND, ())
    loosened = dataclasses.replace(came, plan=dataclasses.replace(came.plan, remarks=(text("it was loosened"),)))
    assert "it was loosened" in rebuild_lines.rebuild(loosened)
    assert [(each.name, each.before, each.after) for each in came.done.imports] == [
        (name, True, True) for name in ("idna", "pip", "requests", "six")
    ]
    # what was asked for is known in it as it was: by records, and by conda's own history
    env = collect.by_import(new, keep=False)
    asked = {package.name for package in env.conda_packages or () if package.requested}
    assert asked == {"python", "pip", "six", "requests", "idna"}
    (revision,) = env.history or ()
    assert sorted(revision.update_specs) == ["idna", "pip", "python", "requests", "six"]
    assert {each.name for each in revision.linked} == {package.name for package in env.conda_packages or ()}
    assert env.manager == "conda"
    done = subprocess.run(
        [new / "bin" / "pip", "--version"], capture_output=True, text=True, check=True, env=undoing.environ(new)
    )
    assert str(new) in done.stdout


@pytest.mark.slow
def test_the_command_by_hand_makes_the_same(scenario: Give, tmp_path: Path) -> None:
    """The same specs, channels and prefix through py-rattler; and every option is one that conda documents for it."""
    old, new = scenario("s3_two_dist_infos").prefix, tmp_path / "new"
    plan = api.rebuild_plan(new, old).plan
    (create,) = plan.commands
    found = of_argv(create.argv, api.place(is_kernel=False))
    assert found is not None
    specs = [each.text for each in found.requirements]
    channels = [given for name, given in found.options if name == "--channel" and given]
    assert found.option("--prefix") == str(new)
    making.conda(new, specs, channels)
    assert making.records(new) == {(each.name, each.version, each.build) for each in plan.packages}
    known = {word for line in conda_table._INSTALL for word in line.split()}
    assert {word for word in create.argv if word.startswith("--")} <= known


@pytest.mark.slow
@pytest.mark.parametrize("flavour", ["conda", "rattler"])
def test_what_is_kept_stays_pips_if_nothing_of_condas_needs_it(scenario: Give, tmp_path: Path, flavour: str) -> None:
    prefix = scenario("s5", flavour=flavour).prefix
    told = api.rebuild_plan(tmp_path / "new", prefix, api.rebuild_options(keep=("SQLAlchemy",)))
    assert [each.line for each in told.plan.requirements] == ["sqlalchemy==1.4.54"]
    assert "sqlalchemy" not in {each.name for each in told.plan.packages}
    with pytest.raises(BadArguments, match=r"numpy cannot be left to pip: conda brings numpy 1\.26\.4"):
        api.rebuild_plan(tmp_path / "new", scenario("s1").prefix, api.rebuild_options(keep=("numpy",)))
    with pytest.raises(BadArguments, match="pip has not installed six here"):
        api.rebuild_plan(tmp_path / "new", prefix, api.rebuild_options(keep=("six",)))


def test_what_the_channels_do_not_have_any_more(scenario: Give, tmp_path: Path) -> None:
    """One clear line with the spec; looser ones only if that is said, and it is told which held."""
    prefix = undoing.linked(scenario("sound").prefix, tmp_path / "env")
    record = next((prefix / "conda-meta").glob("six-*.json"))
    told = json.loads(record.read_text(encoding="utf-8"))
    record.unlink()
    renamed = record.with_name("six-1.16.0-pyhd8ed1ab_7.json")
    renamed.write_text(json.dumps({**told, "build": "pyhd8ed1ab_7", "build_number": 7}), encoding="utf-8")
    plan = api.rebuild_plan(tmp_path / "new", prefix).plan
    first, second = (each.english() for each in plan.refused)
    assert first.startswith("no packages fit together: ")
    assert "six" in first
    assert "pyhd8ed1ab_7" in first
    assert "`--loosen`" in second
    assert plan.packages == ()
    plan = api.rebuild_plan(tmp_path / "new", prefix, api.rebuild_options(loosen=True)).plan
    assert plan.refused == ()
    assert plan.depth is Depth.VERSIONS
    assert "pyhd8ed1ab_7" in plan.remarks[0].english()
    assert not (tmp_path / "new").exists()


def command(*words: str, home: Path, prefix: Path) -> subprocess.CompletedProcess[str]:
    env = {**undoing.environ(prefix), "JUPYTER_DATA_DIR": str(home / "jupyter"), "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "envguard", "rebuild", *words],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_command(scenario: Give, tmp_path: Path) -> None:
    """It shows and asks; nobody can be asked here."""
    prefix, new = scenario("s3_two_dist_infos").prefix, tmp_path / "new"
    shown = command(str(new), "-p", str(prefix), "--dry-run", "--details", home=tmp_path, prefix=prefix)
    assert shown.returncode == 0, shown.stderr
    assert "First conda brings 11 packages" in shown.stdout
    assert "pip's idna 3.7: conda's 3.10 is there instead" in shown.stdout
    assert "--override-channels" in shown.stdout
    assert not new.exists()


@pytest.mark.slow
def test_nobody_can_be_asked(scenario: Give, tmp_path: Path) -> None:
    prefix, new = scenario("s3_two_dist_infos").prefix, tmp_path / "new"
    asked = command(str(new), "-p", str(prefix), home=tmp_path, prefix=prefix)
    assert asked.returncode == 2
    assert "nobody can be asked here" in asked.stderr
    told = command(str(new), "-p", str(prefix), "--dry-run", "--format", "json", home=tmp_path, prefix=prefix)
    SCHEMA.validate(json.loads(told.stdout))
    assert not new.exists()


def test_it_was_never_begun(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for word in ("--resume", "--discard"):
        assert cli.main(["rebuild", str(tmp_path / "new"), word, "--yes"]) == 2
        assert "is no environment that a rebuild has left unfinished" in capsys.readouterr().err
        for more in (("-p", "/old"), ("--loosen",), ("--keep-pip", "idna"), ("--offline",)):
            assert cli.main(["rebuild", str(tmp_path / "new"), word, "--yes", *more]) == 2
            assert "know from the unfinished environment what was asked for" in capsys.readouterr().err
    assert cli.main(["rebuild", str(tmp_path / "new"), "--resume", "--discard", "--yes"]) == 2


def test_a_base_environment_is_only_read(scenario: Give, tmp_path: Path) -> None:
    """What was asked for in it, without conda itself."""
    prefix = scenario("base_with_pip", flavour="conda").prefix
    plan = api.rebuild_plan(tmp_path / "new", prefix).plan
    assert "in which conda itself runs; `--from-history` makes" in plan.refused[0].english()
    plan = api.rebuild_plan(tmp_path / "new", prefix, api.rebuild_options(depth=Depth.HISTORY)).plan
    assert plan.refused == ()
    names = {each.name for each in plan.packages}
    assert "conda" not in names
    assert {"python", "pip"} <= names
    assert "conda stays in base, where conda runs" in [each.english() for each in plan.loses]
    # and beside it, where environments belong
    assert (
        api.rebuild_plan(prefix / "envs" / "new", prefix, api.rebuild_options(depth=Depth.HISTORY)).plan.refused == ()
    )
    inside = api.rebuild_plan(prefix / "lib" / "new", prefix, api.rebuild_options(depth=Depth.HISTORY)).plan
    assert "lies inside the environment" in inside.refused[0].english()
