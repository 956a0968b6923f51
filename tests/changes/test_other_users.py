"""Environments of others: of what nobody may read nothing is claimed, and what can be done beside them is done."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from envguard.probe.marks import UNFINISHED
from tests.changes import repairing, undoing
from tests.require import require

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.envs.scenarios import Scenario

    Give = Callable[..., Scenario]

_RUN = """
import contextlib, io, json, sys
from envguard.frontends import cli
told = []
for words in json.loads(sys.argv[1]):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = cli.main(words)
    told.append((code, " ".join(out.getvalue().split())))
print(json.dumps(told))
"""


def as_stranger(*commands: list[str], **variables: str) -> list[tuple[int, str]]:
    """What envguard says, and its exit codes, where the modes of files hold for whoever runs it."""
    words = [sys.executable, "-c", _RUN, json.dumps(commands)]
    if os.geteuid() == 0:
        # root may read everything
        words = [require("setpriv"), "--bounding-set=-dac_override,-dac_read_search", *words]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "300", **variables}
    )
    assert done.returncode == 0, done.stderr
    return [(code, said) for code, said in json.loads(done.stdout)]


def test_records_that_only_their_owner_may_read(scenario: Give, tmp_path: Path) -> None:
    prefix = undoing.linked(scenario("sound").prefix, tmp_path / "env")
    for record in (prefix / "conda-meta").glob("*.json"):
        record.chmod(0)
    before = undoing.tree(prefix)
    pip = [str(prefix / "bin/python"), "-m", "pip", "install", "--no-index", "six==1.0"]
    told = as_stranger(
        ["export", "-p", str(prefix), "-o", str(tmp_path / "environment.yml")],
        ["plan", str(prefix)],
        ["repair", "--apply", "--yes", str(prefix)],
        ["protect", "--show", "-p", str(prefix)],
        ["protect", "--", *pip],
        ["diff", str(prefix), str(prefix)],
        ["history", str(prefix)],
        ["rebuild", str(tmp_path / "new"), "-p", str(prefix), "--yes"],
    )
    assert [code for code, _ in told] == [2, 1, 1, 2, 2, 0, 0, 1]
    for _, said in told:
        assert "conda's records" in said
        assert "nothing to repair" not in said
        assert "nothing has to be protected" not in said
    assert sorted(each.name for each in tmp_path.iterdir()) == ["env"]
    undoing.compare(before, undoing.tree(prefix))


def test_folders_that_nobody_else_may_enter(scenario: Give, tmp_path: Path) -> None:
    kept = scenario("sound").prefix
    places = {name: undoing.linked(kept, tmp_path / f"env{len(name)}") for name in ("conda-meta", "lib", ".")}
    for name, prefix in places.items():
        (prefix / name).chmod(0)
    new = str(tmp_path / "new")
    try:
        told = as_stranger(
            *(
                [*words, str(prefix)]
                for prefix in places.values()
                for words in (["export"], ["plan"], ["rebuild", new, "--dry-run", "-p"])
            )
        )
    finally:
        for name, prefix in places.items():
            (prefix / name).chmod(0o755)
    assert [code for code, _ in told] == [2, 1, 1, 0, 1, 1, 2, 2, 2]
    assert "what conda owns in" in told[0][1]
    assert "what conda owns in" in told[2][1]
    assert "envguard: mind: what pip has installed here cannot be told" in told[3][1]
    assert "lib: could not be listed: Permission denied" in told[4][1]
    assert "what pip has installed in" in told[5][1]
    for _, said in told[6:]:
        assert said.endswith("cannot be read: Permission denied")


def test_what_may_only_be_read_is_made_again_elsewhere(scenario: Give, tmp_path: Path) -> None:
    prefix = undoing.linked(scenario("s1").prefix, tmp_path / "env")
    places = [prefix, prefix / "conda-meta", prefix / "lib/python3.11/site-packages"]
    for folder in places:
        folder.chmod(0o555)
    try:
        [(code, said)] = as_stranger(["plan", str(prefix)], HOME=str(tmp_path))
        assert code == 1
        assert f"envguard rebuild {prefix}-rebuilt --prefix {prefix}" in said
        tmp_path.chmod(0o555)
        home = tmp_path / "home"
        [(code, said)] = as_stranger(["plan", str(prefix)], HOME=str(home))
        assert f"envguard rebuild {home}/env-rebuilt --prefix {prefix}" in said
    finally:
        for folder in (tmp_path, *places):
            folder.chmod(0o755)


def test_an_environment_that_a_rebuild_has_not_finished(scenario: Give, tmp_path: Path) -> None:
    prefix = undoing.linked(scenario("sound").prefix, tmp_path / "env")
    (mark := prefix / UNFINISHED).parent.mkdir()
    mark.write_text("{}", encoding="utf-8")
    check, export, plan, protect = as_stranger(
        ["check", str(prefix)],
        ["export", str(prefix)],
        ["plan", str(prefix)],
        ["protect", "--", str(prefix / "bin/python"), "-m", "pip", "install", "--no-index", "six"],
    )
    assert "or was interrupted: it is not whole" in check[1]
    assert "# * a rebuild works on this environment, or was interrupted: it is not whole" in export[1]
    assert "envguard: mind: a rebuild works on this environment" in export[1]
    shutil.copytree(mark.parent, tmp_path / "bare" / mark.parent.name)  # interrupted before a file was there
    [empty] = as_stranger(["check", str(tmp_path / "bare")])
    for code, said in (plan, protect, empty):
        assert code in (1, 2)
        assert "--resume` begins it anew, `--discard` removes it" in said


@pytest.mark.slow
def test_a_new_one_beside_what_may_only_be_read(scenario: Give, tmp_path: Path) -> None:
    prefix = repairing.copied(scenario("sound"), tmp_path / "env")
    (prefix / "pip.conf").write_text("[global]\nno-index = true\n", encoding="utf-8")
    (prefix / "pip.conf").chmod(0)
    folders = [folder for folder, _, _ in os.walk(prefix)]
    for folder in folders:
        os.chmod(folder, 0o555)  # noqa: PTH101
    before = undoing.tree(prefix)
    try:
        (plan, rebuild) = as_stranger(
            ["repair", "--apply", "--yes", str(prefix)],
            ["rebuild", str(tmp_path / "new"), "-p", str(prefix), "--yes", "--no-kernelspec"],
        )
        undoing.compare(before, undoing.tree(prefix))
    finally:
        for folder in folders:
            os.chmod(folder, 0o755)  # noqa: PTH101
    assert plan[0] == 0, plan
    assert rebuild[0] == 0, rebuild
    assert "pip.conf cannot be read by you, and is not copied" in rebuild[1]
    assert not (tmp_path / "new/pip.conf").exists()
    assert "use it: `conda activate" in rebuild[1]
    assert "the old environment can go" not in rebuild[1]
