"""`%envcheck plan` and `%envcheck repair` in a real shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envguard.model import Verdict
from envguard.repair_report import RepairReport
from tests.changes import repairing, undoing
from tests.frontends.test_magic import completed, run, shell  # noqa: F401 - the fixture

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from tests.envs.scenarios import Scenario

    Give = Callable[..., Scenario]


def test_plan(shell: InteractiveShell, scenario: Give):  # noqa: F811
    prefix = scenario("s3_two_dist_infos").prefix
    result, out, error, shown = run(shell, f"%envcheck plan -o told {prefix}")
    assert (result, out, error) == (None, "", "")
    assert [set(bundle) for bundle in shown] == [{"text/html", "text/plain"}]
    assert all("pip takes idna 3.7 off" in said for said in shown[0].values())
    assert isinstance(shell.user_ns["told"], RepairReport)
    assert "is not the name of a variable" in run(shell, f"%envcheck plan -o 1 {prefix}")[2]
    assert "no repair was interrupted" in run(shell, f"%envcheck repair --resume {prefix}")[2]


@pytest.mark.slow
def test_repair(
    shell: InteractiveShell,  # noqa: F811
    scenario: Give,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    prefix = repairing.copied(scenario("s3_two_dist_infos"), tmp_path / "env")
    before = undoing.tree(prefix)
    for line in (f"%envcheck repair {prefix}", f"%envcheck repair --keep-pip idna {prefix}"):
        shown = run(shell, line)[3]
        assert "plan of a repair" in shown[0]["text/plain"]
    assert "conda forgets idna" in shown[0]["text/html"]
    _, _, error, shown = run(shell, f"%envcheck repair --apply {prefix}")
    assert len(shown) == 1
    assert "nobody can be asked here" in error
    monkeypatch.setattr("envguard.frontends.question.can_be_asked", lambda _shell: True)
    monkeypatch.setattr("builtins.input", lambda _question: "n")
    assert run(shell, f"%envcheck repair --apply {prefix}")[1] == "nothing was done\n"
    undoing.compare(before, undoing.tree(prefix))

    _, _, error, shown = run(shell, f"%envcheck repair --apply --yes {prefix}")
    assert "step 3 of 3" in error
    assert len(shown) == 1
    assert "✓ repaired" in shown[0]["text/plain"]
    assert repairing.check(prefix).verdict is Verdict.SOUND


def test_completion(shell: InteractiveShell):  # noqa: F811
    assert completed(shell, "%envcheck pl") == ["plan"]
    assert completed(shell, "%envcheck repair --a") == ["--apply"]
    assert completed(shell, "%envcheck plan --k") == ["--keep-pip"]
