"""Repairs of real environments: carried out, checked again, and taken back where a step fails."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from envguard import api, collect, home, ledger
from envguard.changes import carry, checkpoint, repair
from envguard.errors import BadArguments
from envguard.model import Act, Verdict, text
from envguard.render.schemas import schema_of
from envguard.undo_report import Checkpoint, NoUndo, State
from tests.changes import repairing, undoing
from tests.envs import channel

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.repair_report import PlannedStep
    from tests.envs.scenarios import Scenario

    Give = Callable[..., Scenario]

SCHEMA = jsonschema.Draft202012Validator(schema_of("repair"))
LEFT = {"s0": {("requires-dist-unmet", "gadgets"), ("conda-after-pip", "s0")}}
LOST = {"s3_foreign": {"http-extras"}}
"""What is told to be lost, and is."""
STORIES = ("s0", "s1", "s2", "s3_foreign", "s3_two_dist_infos", "s4", "s5", "record_lost")
CONDAS = ("s0", "s1", "s3_foreign", "record_lost")
"""Those of which conda's records and history tell another story than rattler's."""
BACK = (("s3_two_dist_infos", "rattler"), ("s1", "conda"), ("record_lost", "rattler"))
"""Those that are taken back afterwards, too."""
QUICK = ("s3_two_dist_infos", "rattler")


def carried_out(prefix: Path, *keep: str) -> list[str]:
    """Repairs a prefix; what was said meanwhile."""
    said: list[str] = []
    told = api.repair_plan(prefix, keep)
    came = api.repair(told, tell=lambda each: said.append(each.english()))
    assert came.failure is None, (came.failure, came.output)
    assert came.done == len(told.plan.steps)
    # what was foreseen is what came
    assert [each.after for each in came.changes] == [each.after for each in told.plan.changes]
    assert {(each.rule, each.subject) for each in came.cleared} == {
        (each.rule, each.subject) for each in told.plan.proof.cleared
    }
    return said


@pytest.mark.parametrize(
    ("name", "flavour"),
    [
        pytest.param(name, flavour, id=f"{name}-{flavour}", marks=() if (name, flavour) == QUICK else pytest.mark.slow)
        for name in STORIES
        for flavour in ("rattler", "conda")
        if flavour == "rattler" or name in CONDAS
    ],
)
def test_every_story_ends_well(scenario: Give, tmp_path: Path, name: str, flavour: str) -> None:
    prefix = repairing.copied(scenario(name, flavour=flavour), tmp_path / name)
    wanted = repairing.requested(prefix)
    before = undoing.tree(prefix) if (name, flavour) in BACK else {}
    records = {path.name: path.read_bytes() for path in (prefix / "conda-meta").glob("*.json")}
    said = carried_out(prefix)
    left = {each for each in LEFT.get(name, set()) if flavour == "conda" or each[0] != "conda-after-pip"}
    assert repairing.told(repairing.check(prefix)) == left
    assert wanted - repairing.requested(prefix) <= LOST.get(name, set()) | pips(name)
    assert said[0].endswith(".envguard was made: what changes in this environment is noted there")
    # nothing else was touched: the other records, and what rattler would leave behind
    linked = {
        path.name for path in (prefix / "conda-meta").glob("*.json") if path.read_bytes() != records.get(path.name)
    }
    assert len(linked) <= 1
    assert (prefix / "CACHEDIR.TAG").exists() is (flavour == "rattler")
    for path in (prefix / "conda-meta").glob("*.json"):
        assert ".envguard" not in path.read_text(encoding="utf-8")
        assert path.stat().st_mode & 0o777 == (0o600 if flavour == "rattler" else 0o644)
    if (name, flavour) not in BACK:
        return
    undone, problem = api.undo(prefix)
    assert problem is None
    assert undone.proof.same
    undoing.tree(prefix, before)


def pips(name: str) -> set[str]:
    """What pip was asked for and conda has now."""
    return {
        "s1": {"numpy"},
        "s3_two_dist_infos": {"idna"},
        "s4": {"numpy"},
        "s5": {"sqlalchemy"},
        "s0": {"requests"},
    }.get(name, set()) | ({"numpy"} if name == "record_lost" else set())


@pytest.mark.slow
def test_several_at_once_are_one_command_each(scenario: Give, tmp_path: Path) -> None:
    prefix = repairing.copied(scenario("sound"), tmp_path / "env")
    pip = [str(prefix / "bin/python"), "-m", "pip"]
    for words in (
        ("install", *undoing.links(), "--no-deps", "requests==2.31.0", "idna==3.7"),
        ("uninstall", "--yes", "six"),
    ):
        subprocess.run([*pip, *words], env=undoing.environ(prefix), check=True, capture_output=True)
    plan = api.repair_plan(prefix).plan
    assert [(each.step.act, sorted(each.step.of)) for each in plan.steps] == [
        (Act.UNINSTALL, ["idna", "requests"]),
        (Act.RELINK, ["idna", "requests", "six"]),
    ]
    assert len(plan.choices) == 2
    carried_out(prefix)
    assert repairing.check(prefix).verdict is Verdict.SOUND
    assert {"tabulate", "colorama", "requests", "six"} <= repairing.requested(prefix)


@pytest.mark.slow
def test_what_pip_took_from_files_stays_or_is_told(scenario: Give, tmp_path: Path) -> None:
    """A wheel of this machine and an editable project, beside a wheel of this machine over what is conda's."""
    prefix = repairing.copied(scenario("sound"), tmp_path / "env")
    own = undoing.wheel(tmp_path / "wheels", "local", "1.0", {"local.py": ""})
    over = undoing.wheel(tmp_path / "wheels", "idna", "3.7", {"idna/__init__.py": "mine = True\n"})
    pip = [str(prefix / "bin/python"), "-m", "pip", "install", "--no-index", "--no-deps"]
    subprocess.run([*pip, str(own), str(over)], env=undoing.environ(prefix), check=True, capture_output=True)
    site = next(prefix.glob("lib/python3*/site-packages"))
    project = tmp_path / "project"
    project.mkdir()
    (project / "mine.py").write_text("", encoding="utf-8")
    info = site / "mine-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 0.1\n", encoding="utf-8")
    (info / "direct_url.json").write_text(
        json.dumps({"url": project.as_uri(), "dir_info": {"editable": True}}), encoding="utf-8"
    )
    (info / "RECORD").write_text("mine-0.1.dist-info/RECORD,,\nmine.pth,,\n", encoding="utf-8")
    (info / "INSTALLER").write_text("pip\n", encoding="utf-8")
    (info / "REQUESTED").touch()
    (site / "mine.pth").write_text(f"{project}\n", encoding="utf-8")
    plan = api.repair_plan(prefix).plan
    assert [each.english() for each in plan.loses] == [f"pip's idna 3.7 ({over.as_uri()}): 3.10 is there instead"]
    assert "it cannot be left to pip" in plan.choices[0].otherwise.english()
    before = {name: (site / name).read_bytes() for name in ("local.py", "mine.pth", "local-1.0.dist-info/RECORD")}
    carried_out(prefix)
    assert repairing.check(prefix).verdict is Verdict.SOUND
    assert {name: (site / name).read_bytes() for name in before} == before
    assert {"local", "mine", "tabulate", "colorama"} <= repairing.requested(prefix)


@pytest.mark.slow
def test_what_is_kept_is_pips_for_good(scenario: Give, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = repairing.copied(scenario("s3_two_dist_infos", flavour="conda"), tmp_path / "env")
    for name, value in undoing.environ(prefix).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    places = [word.partition("=")[2] for word in undoing.links() if word.startswith("--find-links")]
    monkeypatch.setenv("PIP_FIND_LINKS", " ".join(places))
    carried_out(prefix, "idna")
    assert repairing.told(repairing.check(prefix)) == set()
    env = collect.by_import(prefix, process=None)
    assert "idna" not in env.by_name
    assert [(dist.version, dist.owner) for dist in env.dists_named["idna"]] == [("3.7", None)]
    # conda's own history tells it, lest conda take the record for lost
    assert "::idna-3.10-" in (prefix / "conda-meta/history").read_text(encoding="utf-8").splitlines()[-1]


def test_the_command(scenario: Give, tmp_path: Path) -> None:
    prefix = repairing.copied(scenario("s3_two_dist_infos"), tmp_path / "env")
    before = undoing.tree(prefix)

    def envguard(*words: str, code: int) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "envguard", *words],
            env=undoing.environ(prefix, NO_COLOR="1"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == code, (done.stdout, done.stderr)
        return done

    for words in (("plan", str(prefix)), ("repair", "--prefix", str(prefix))):
        told = json.loads(envguard(*words, "--format", "json", code=1).stdout)
        SCHEMA.validate(told)
        assert [step["by"] for step in told["plan"]["steps"]] == ["envguard", "pip", "envguard"]
        assert told["done"] is None
    assert "nobody can be asked" in envguard("repair", str(prefix), "--apply", code=2).stderr
    assert "no repair was interrupted" in envguard("repair", str(prefix), "--resume", code=1).stderr
    assert "pip has not installed six here" in envguard("plan", str(prefix), "--keep-pip", "six", code=2).stderr
    undoing.compare(before, undoing.tree(prefix))
    assert not (prefix / ".envguard").exists()

    done = envguard("repair", str(prefix), "--apply", "--yes", code=0)
    assert "✓ repaired  strained → sound" in done.stdout
    assert "step 3 of 3" in done.stderr
    (entry,) = ledger.read(str(prefix / ".envguard")).entries
    assert entry.command == repair.COMMAND
    assert entry.failed is False
    assert entry.checkpoint is not None
    assert entry.checkpoint in done.stdout
    told = json.loads(envguard("plan", str(prefix), "--format", "json", code=0).stdout)
    assert told["plan"]["steps"] == []
    assert "nothing to repair" in envguard("repair", str(prefix), "--apply", code=0).stdout


def test_a_step_that_fails_is_taken_back(scenario: Give, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = repairing.copied(scenario("s3_two_dist_infos"), tmp_path / "env")
    before, real = undoing.tree(prefix), carry.carry_out

    def failing(env: object, planned: PlannedStep, work: Path) -> carry.Carried:
        done = real(env, planned, work)  # type: ignore[arg-type]
        return carry.Carried(text("no more"), "token") if planned.by.value == "pip" else done

    monkeypatch.setattr(carry, "carry_out", failing)
    came = api.repair(api.repair_plan(prefix))
    assert (came.taken_back, came.done, came.checkpoint, came.changes) == (True, 1, None, ())
    assert came.failure is not None
    assert came.failure.english() == "step 2 of 3 failed: no more"
    undoing.tree(prefix, before)
    states = [each.state for each in api.undo_list(prefix).checkpoints]
    assert states == [State.UNDONE]


@pytest.mark.slow
def test_an_interrupt_is_taken_back(scenario: Give, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = repairing.copied(scenario("s3_two_dist_infos"), tmp_path / "env")
    before, real = undoing.tree(prefix), carry.carry_out

    def interrupted(env: object, planned: PlannedStep, work: Path) -> carry.Carried:
        real(env, planned, work)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(carry, "carry_out", interrupted)
    came = api.repair(api.repair_plan(prefix))
    assert came.failure is not None
    assert came.failure.english() == "it was interrupted"
    assert came.taken_back
    undoing.tree(prefix, before)


@pytest.mark.slow
def test_what_does_not_help_is_taken_back(scenario: Give, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = repairing.copied(scenario("s3_two_dist_infos"), tmp_path / "env")
    before = undoing.tree(prefix)

    def useless(_env: object, _planned: PlannedStep, _work: Path) -> carry.Carried:
        (prefix / "share" / "useless").write_text("", encoding="utf-8")
        return carry.Carried()

    monkeypatch.setattr(carry, "carry_out", useless)
    came = api.repair(api.repair_plan(prefix))
    assert came.failure is not None
    assert came.failure.english() == "the check finds all that it found before"
    assert came.taken_back
    undoing.tree(prefix, before)


@pytest.mark.slow
def test_a_failing_program_is_quoted_without_secrets(scenario: Give, tmp_path: Path) -> None:
    prefix = repairing.copied(scenario("s3_two_dist_infos"), tmp_path / "env")
    before = undoing.tree(prefix)
    told = api.repair_plan(prefix)
    python = prefix / "bin" / "python3.11"
    python = python if python.exists() else (prefix / "bin" / "python").resolve()
    shim = '#!/bin/sh\necho "looking at https://ada:hunter2@example.invalid/simple" >&2\nexit 7\n'
    content, status = python.read_bytes(), python.stat()
    python.unlink()
    python.write_text(shim, encoding="utf-8")
    python.chmod(0o755)
    came = api.repair(told)
    assert came.failure is not None
    assert came.failure.english() == "step 2 of 3 failed: pip failed with exit code 7"
    assert "looking at" in came.output
    assert "hunter2" not in came.output
    assert came.taken_back
    python.write_bytes(content)
    python.chmod(status.st_mode)
    assert undoing.tree(prefix).keys() == before.keys()


@pytest.mark.slow
def test_what_changed_since_the_plan(scenario: Give, tmp_path: Path) -> None:
    prefix = repairing.copied(scenario("s3_two_dist_infos"), tmp_path / "env")
    told = api.repair_plan(prefix)
    carried_out(prefix)
    came = api.repair(told)
    assert came.failure is not None
    assert came.failure.english() == "the environment has changed since it was planned"
    assert came.taken_back
    assert repairing.check(prefix).verdict is Verdict.SOUND


def test_who_must_not(scenario: Give, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = scenario("base_with_pip")
    with pytest.raises(BadArguments, match="is the base environment"):
        api.repair(api.repair_plan(base.prefix))
    assert not (base.prefix / ".envguard").exists()
    prefix = repairing.copied(scenario("s3_two_dist_infos"), tmp_path / "env")
    told = api.repair_plan(prefix)
    busy = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "pip", "install", str(prefix)])
    try:
        monkeypatch.setattr(
            "envguard.changes.busy.installer", lambda argv: "pip" if "time.sleep(60)" in " ".join(argv) else None
        )
        with pytest.raises(BadArguments, match="pip works on"):
            api.repair(told)
    finally:
        busy.kill()
        busy.wait()
    assert not (prefix / ".envguard").exists()


@pytest.mark.slow
def test_one_at_a_time(scenario: Give, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = repairing.copied(scenario("s3_two_dist_infos"), tmp_path / "env")
    told = api.repair_plan(prefix)
    home.make(prefix)
    first = checkpoint.begin(home.look(prefix), repair.COMMAND, None)
    assert isinstance(first, Checkpoint)
    with pytest.raises(BadArguments, match="another repair"):
        api.repair(told)
    checkpoint.end(home.look(prefix), first, failed=None)
    assert api.undo_list(prefix).checkpoints == ()
    with pytest.raises(BadArguments, match="no step"):
        api.repair(dataclasses.replace(told, plan=dataclasses.replace(told.plan, steps=())))


def test_without_a_way_back_nothing_is_done(scenario: Give, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = repairing.copied(scenario("s3_two_dist_infos"), tmp_path / "env")
    before = undoing.tree(prefix)
    monkeypatch.setattr("envguard.changes.checkpoint.begin", lambda *_args, **_more: NoUndo(text("no room")))
    with pytest.raises(BadArguments, match="no way back could be made, so nothing was done"):
        api.repair(api.repair_plan(prefix))
    undoing.tree(prefix, before)


_CONDA = """#!{python}
import json, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from tests import test_scenarios
from tests.envs.prefixes import Prefix, Step
told = Prefix(Path({prefix!r}), "conda")
told.steps = (Step(1.0, "conda", ""),)
words = sys.argv[1:]
Path({log!r}).write_text(json.dumps(words))
words.remove("--yes")
test_scenarios.conda(told, words)
"""


@pytest.mark.slow
def test_the_package_manager_that_is_there_does_it(
    scenario: Give, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for conda, which understands what conda documents and nothing else, and does it by py-rattler."""
    prefix = repairing.copied(scenario("s1", flavour="conda"), tmp_path / "env")
    program, log = tmp_path / "bin" / "conda", tmp_path / "log"
    program.parent.mkdir()
    root = str(Path(__file__).parents[2])
    program.write_text(
        _CONDA.format(python=sys.executable, tests=root, prefix=str(prefix), log=str(log)), encoding="utf-8"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    channel.build()
    carried_out(prefix)
    assert repairing.check(prefix).verdict is Verdict.SOUND
    words = json.loads(log.read_text(encoding="utf-8"))
    assert words[:4] == ["install", "--yes", "--prefix", str(prefix)]
    assert words[4] == "--force-reinstall"
    assert words[-1].startswith("numpy=1.26.4=")


@pytest.mark.slow
def test_from_the_archive_or_the_channel_where_nothing_is_unpacked(scenario: Give, tmp_path: Path) -> None:
    prefix = repairing.copied(scenario("s3_two_dist_infos"), tmp_path / "env")
    (path,) = (prefix / "conda-meta").glob("idna-*.json")
    record = json.loads(path.read_bytes())
    record["extracted_package_dir"] = "/nowhere/idna"
    path.write_text(json.dumps(record), encoding="utf-8")
    path.chmod(0o600)
    carried_out(prefix)
    assert repairing.check(prefix).verdict is Verdict.SOUND
    assert json.loads(path.read_bytes())["extracted_package_dir"] == "/nowhere/idna"


def test_nothing_to_repair(scenario: Give) -> None:
    found = scenario("clean")
    told = api.repair_plan(found.prefix)
    assert told.plan.steps == ()
    assert told.plan.verdict is Verdict.SOUND
    assert home.look(found.prefix).state == "none"
