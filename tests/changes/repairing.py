"""What the tests of plan and repair share: copies of damaged environments that run, and what a repair has to leave."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from envguard import api
from envguard.model import Severity
from tests.changes import undoing

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.model import Report
    from tests.envs.scenarios import Scenario


def copied(found: Scenario, where: Path) -> Path:
    """A copy of an environment by hard links, whose scripts start its own Python."""
    prefix = undoing.linked(found.prefix, where)
    old, new = f"#!{found.prefix}/".encode(), f"#!{prefix}/".encode()
    for script in (prefix / "bin").iterdir():
        if script.is_symlink() or not script.is_file():
            continue
        with script.open("rb") as file:
            head = file.read(len(old))
        if head == old:
            status, content = script.stat(), script.read_bytes()
            script.unlink()  # the link, not what it shares
            script.write_bytes(content.replace(old, new, 1))
            script.chmod(status.st_mode)
            os.utime(script, ns=(status.st_atime_ns, status.st_mtime_ns))
    return prefix


def told(report: Report) -> set[tuple[str, str]]:
    """Errors and warnings by rule and subject."""
    return {(each.rule, each.subject) for each in report.findings if each.severity is not Severity.INFO}


def requested(prefix: Path) -> set[str]:
    """What somebody asked for and what is there of it: conda's by their records, pip's by REQUESTED."""
    from envguard import collect

    env = collect.by_import(prefix, process=None)
    conda = {package.name for package in env.conda_packages or () if package.requested}
    return conda | {dist.name for dist in env.distributions or () if dist.requested and dist.owner is None}


def check(prefix: Path) -> Report:
    """The report on a prefix."""
    return api.inspect(prefix, process=None)
