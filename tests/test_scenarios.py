"""What envguard says of real environments that real tools damaged, and that its first fix leaves them sound."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envguard import api
from envguard.model import Phase, Severity, Verdict
from tests.envs import prefixes
from tests.envs.prefixes import Prefix

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.model import Fix, Report
    from tests.envs.scenarios import Scenario

    Give = Callable[..., Scenario]

E, W = "error", "warning"
EXPECTED = {
    "clean": (Phase.CONDA_ONLY, Verdict.SOUND, set()),
    "sound": (Phase.CONDA_THEN_PIP, Verdict.SOUND, set()),
    "s0": (
        Phase.MIXED,
        Verdict.STRAINED,
        {
            (W, "pip-overwrote-conda", "requests"),
            (W, "duplicate-dist-info", "requests"),
            (W, "requires-dist-unmet", "gadgets"),
        },
    ),
    "s1": (
        Phase.CONDA_THEN_PIP,
        Verdict.BROKEN,
        {
            (E, "pip-overwrote-conda", "numpy"),
            (E, "conda-depends-unmet", "scipy"),
            (W, "requires-dist-unmet", "scipy"),
        },
    ),
    "s2": (Phase.CONDA_ONLY, Verdict.BROKEN, {(E, "conda-file-missing", "pandas")}),
    "s3_foreign": (Phase.CONDA_THEN_PIP, Verdict.STRAINED, {(W, "pip-overwrote-conda", "requests")}),
    "s3_two_dist_infos": (
        Phase.CONDA_THEN_PIP,
        Verdict.STRAINED,
        {(W, "pip-overwrote-conda", "idna"), (W, "duplicate-dist-info", "idna")},
    ),
    "s4": (
        Phase.MIXED,
        Verdict.STRAINED,
        {(W, "pip-overwrote-conda", "numpy"), (W, "duplicate-dist-info", "numpy")},
    ),
    "s5": (
        Phase.CONDA_THEN_PIP,
        Verdict.BROKEN,
        {(E, "conda-constrains-violated", "pandas"), (W, "pip-overwrote-conda", "sqlalchemy")},
    ),
    "record_lost": (
        Phase.CONDA_THEN_PIP,
        Verdict.BROKEN,
        {(E, "conda-depends-unmet", "scipy"), (W, "requires-dist-unmet", "scipy")},
    ),
    "base_with_pip": (
        Phase.CONDA_THEN_PIP,
        Verdict.BROKEN,
        {(E, "pip-in-base", "base"), (W, "pip-overwrote-conda", "requests")},
    ),
}
ONLY_WITH_HISTORY = {
    "record_lost": {(W, "conda-record-lost", "numpy")},
    "s0": {(W, "conda-after-pip", "s0")},
}
"""py-rattler writes no history, so what only a history proves is told in conda's flavour alone."""
UNSOLVABLE = {
    ("s0", "rattler"): {(W, "requires-dist-unmet", "gadgets")},
    ("s0", "conda"): {(W, "requires-dist-unmet", "gadgets"), (W, "conda-after-pip", "s0")},
}
"""What no command can mend: gadgets wants an older requests, and conda's jupyterlab a newer one."""

both = pytest.mark.parametrize("flavour", prefixes.FLAVOURS)


def told(report: Report) -> set[tuple[str, str, str]]:
    """Errors and warnings; information is not part of a verdict."""
    return {
        (finding.severity.value, finding.rule, finding.subject)
        for finding in report.findings
        if finding.severity is not Severity.INFO
    }


@both
@pytest.mark.parametrize("name", EXPECTED)
def test_it_is_told_for_what_it_is(scenario: Give, name: str, flavour: str) -> None:
    report = api.inspect(scenario(name, flavour=flavour).prefix)
    phase, verdict, findings = EXPECTED[name]
    if flavour == "conda":
        findings = findings | ONLY_WITH_HISTORY.get(name, set())
    elif phase is Phase.CONDA_THEN_PIP:
        phase = Phase.UNKNOWN  # without a history nothing tells that conda did not come back
    assert told(report) == findings
    assert (report.phase, report.verdict) == (phase, verdict)
    assert (report.failed, report.problems) == ((), ())


@both
def test_the_replaced_numpy_is_told_with_what_it_breaks(scenario: Give, flavour: str) -> None:
    report = api.inspect(scenario("s1", flavour=flavour).prefix)
    finding = next(each for each in report.findings if each.rule == "pip-overwrote-conda")
    assert (
        finding.message.english() == "pip's numpy 2.3.5 replaced conda's numpy 1.26.4: 439 files that both claim differ"
    )
    assert finding.consequence is not None
    assert finding.consequence.english() == (
        "pandas 2.2.3, scipy 1.14.1 were installed for numpy 1.26.4; 2.3.5 is outside the range of scipy (numpy >=1.26,<2)"
    )


@both
def test_each_piece_of_evidence_can_be_checked(scenario: Give, flavour: str) -> None:
    """A source is a file of the prefix, or a folder of it."""
    for name in EXPECTED:
        env = scenario(name, flavour=flavour)
        for finding in api.inspect(env.prefix).findings:
            assert finding.evidence, (name, finding.rule)
            for evidence in finding.evidence:
                assert (env.prefix / evidence.source).exists(), (name, finding.rule, evidence.source)


def test_a_check_leaves_everything_as_it_was(scenario: Give) -> None:
    env = scenario("s1", flavour="conda")

    def state() -> list[tuple[str, int, int, int, int]]:
        found = []
        for folder, names, files in os.walk(env.prefix):
            for name in (".", *names, *files):
                status = Path(folder, name).lstat()
                found.append((f"{folder}/{name}", status.st_mode, status.st_size, status.st_mtime_ns, status.st_ino))
        return sorted(found)

    before = state()
    api.inspect(env.prefix)
    api.inspect_python(env.python)
    assert state() == before


@pytest.mark.parametrize("flavour", ["rattler", pytest.param("conda", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name == "s1" else pytest.mark.slow)
        for name, (_, verdict, _) in EXPECTED.items()
        if verdict is not Verdict.SOUND
    ],
)
def test_the_first_fixes_leave_it_sound(fresh_scenario: Give, name: str, flavour: str) -> None:
    """Fixes are carried out as they are told until nothing is left: pip's steps by real pip, conda's by py-rattler."""
    env = fresh_scenario(name, flavour=flavour)
    for _ in range(3):
        serious = [each for each in api.inspect(env.prefix).findings if each.severity is not Severity.INFO]
        fix = next((fix for finding in serious for fix in finding.fixes if fix.steps), None)
        if fix is None:
            break
        carry_out(env, fix)
    report = api.inspect(env.prefix)
    assert told(report) == UNSOLVABLE.get((name, flavour), set())
    assert (report.verdict is Verdict.SOUND) == (name != "s0")


def carry_out(env: Scenario, fix: Fix) -> None:
    """Does the steps of a fix; every command must be of a form that this knows."""
    told = Prefix(env.prefix, env.flavour)
    told.steps = env.story
    for step in fix.steps:
        program, arguments = step.argv[0], list(step.argv[1:])
        if arguments[:2] == ["-m", "pip"]:
            assert program == str(env.python)
            told.pip(*arguments[2:])
        elif program == "rm":
            assert arguments[0] == "-r"
            shutil.rmtree(arguments[1])
        elif Path(program).name == "conda":
            conda(told, arguments)
        else:
            pytest.fail(f"an unknown command: {step.argv}")


def conda(told: Prefix, arguments: list[str]) -> None:
    """`conda install` through py-rattler, from the channel of the tests; options are those that conda documents.

    An exact spec is spelled `name=version=build` for conda, and `name ==version build` where py-rattler reads strictly.
    """
    verb, *rest = arguments
    assert verb == "install"
    specs: list[str] = []
    reinstall = False
    while rest:
        word = rest.pop(0)
        if word == "--prefix":
            assert rest.pop(0) == str(told.path)
        elif word == "--channel":
            rest.pop(0)
        elif word in ("--force-reinstall", "--no-deps"):
            reinstall = reinstall or word == "--force-reinstall"
        else:
            assert not word.startswith("-"), word
            name, _, exact = word.partition("=")
            specs.append(f"{name} =={exact.replace('=', ' ')}" if exact.count("=") == 1 else word)
    names = [path.stem.rsplit("-", 2)[0] for path in (told.path / "conda-meta").glob("*.json")]
    wanted = {re.split("[ =<>]", spec)[0]: spec for spec in specs}
    told.keep([name for name in names if name not in wanted])
    told.conda(*wanted.values(), reinstall=list(wanted) if reinstall else ())


def test_fixes_start_programs_that_are_there(scenario: Give) -> None:
    env = scenario("s1")
    for finding in api.inspect(env.prefix).findings:
        for fix in finding.fixes:
            for step in fix.steps:
                if step.argv[1:3] == ("-m", "pip"):
                    subprocess.run([step.argv[0], "-m", "pip", "--version"], check=True, capture_output=True)
