"""Makes a new environment as planned: all of conda's, then pip once, constrained; then it is checked, tried and compared.

* From the first moment to the last the new prefix is marked as unfinished; whatever ends the work leaves it so.
* The old prefix is only read. Its Python is started at the end, to see what it can import, and writes nothing.
"""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from envguard import collect, run, store
from envguard.analyse import analyse
from envguard.changes import busy
from envguard.changes.choose import serious
from envguard.changes.protect import protection
from envguard.compare import compare
from envguard.errors import BadArguments, EnvguardError
from envguard.forecast.child import needed_of
from envguard.forecast.conda_solver import config_of
from envguard.masking import without_secrets
from envguard.model import text
from envguard.packages import linking
from envguard.rebuild import importing, kernel, marker, offline, planning
from envguard.rebuild_report import Rebuilt
from envguard.rules import steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.facts import Environment
    from envguard.model import Text
    from envguard.rebuild.options import Options
    from envguard.rebuild.planning import Prepared
    from envguard.rebuild_report import RebuildPlan

SECONDS = 3600.0
"""For conda's part, and for pip's: either may have to fetch gigabytes, and pip may have to build."""
COMMAND = "envguard rebuild"
_TAIL = 12


class _Failed(Exception):
    """A part could not be done; why, and what was written."""

    def __init__(self, reason: Text, output: str = "") -> None:
        super().__init__(reason.english())
        self.reason, self.output = reason, output


def rebuild(plan: RebuildPlan, options: Options, tell: Callable[[Text], None]) -> Rebuilt:
    """Does what a plan says, if it still holds; BadArguments with the reason if it must not. `tell` hears of each part."""
    if plan.refused:
        raise BadArguments(plan.refused[0])
    busy.refuse(plan.environment.prefix)
    old = _look(plan.environment.prefix)
    unfinished = marker.read(plan.target)
    prepared = planning.prepare(old, plan.target, options, resumed=unfinished is not None)
    if prepared.plan.refused:
        raise BadArguments(prepared.plan.refused[0])
    if _contents(prepared.plan) != _contents(plan):
        raise BadArguments(text("the environment or the channels have changed since it was planned"))
    if unfinished is not None:
        work = marker.again(unfinished)
    else:
        work = marker.begin(plan.target, plan.environment.prefix, options.written())
    try:
        new = _made(old, prepared, work, tell)
    except _Failed as failed:
        return _left(failed.reason, failed.output)
    except EnvguardError as error:
        return _left(error.text)
    except OSError as error:
        reason = error.strerror or str(error)
        return _left(
            text("{path}: {reason}", path=str(error.filename2 or error.filename or plan.target), reason=reason)
        )
    except KeyboardInterrupt:
        return _left(text("it was interrupted"))
    return new


def _made(old: Environment, prepared: Prepared, work: Path, tell: Callable[[Text], None]) -> Rebuilt:
    plan, wanted = prepared.plan, prepared.wanted
    assert wanted is not None
    _conda(old, prepared, work, tell)
    for path in plan.carried:
        _copy(Path(old.prefix, path), Path(plan.target, path))
    if wanted.requirements:
        tell(text("pip installs {n} package", "pip installs {n} packages", n=len(wanted.requirements)))
        _pip(old, prepared, work)
    tell(text("checking the new environment"))
    new = _look(plan.target)
    report = analyse(new)
    comparison = compare(old, new, (analyse(old), report))
    tell(text("importing what was asked for, in both environments"))
    tried = importing.tried(old, new, {*wanted.asked, *wanted.asked_of_pip})
    if plan.kernel is not None:
        kernel.write(plan.kernel, plan.target)
    marker.end(plan.target)
    return Rebuilt(
        failure=None,
        output="",
        after=report.verdict,
        remains=serious(report),
        imports=tried,
        comparison=comparison,
        kernel=plan.kernel,
        half_built=False,
    )


def _conda(old: Environment, prepared: Prepared, work: Path, tell: Callable[[Text], None]) -> None:
    """All of conda's packages, by py-rattler: exactly those of the plan, from a cache or a channel."""
    assert prepared.wanted is not None
    assert prepared.question is not None
    tell(text("conda's {n} package", "conda's {n} packages", n=len(prepared.records)))
    job = linking.New(
        prepared.plan.target,
        prepared.records,
        prepared.question,
        prepared.wanted.asked,
        prepared.plan.environment.prefix,
        network=not prepared.offline,
    )
    refused = linking.create(job, work, config_of(old), COMMAND, timeout=SECONDS)
    if refused is not None:
        raise _Failed(refused)


def _pip(old: Environment, prepared: Prepared, work: Path) -> None:
    """Everything that pip is to bring, in one go, and nothing of conda's moves for it."""
    wanted, target = prepared.wanted, prepared.plan.target
    assert wanted is not None
    made = _look(target)
    with tempfile.TemporaryDirectory(prefix="pip-", dir=work) as folder:  # for the user alone: lines may hold secrets
        requirements, constraints = Path(folder, "requirements.txt"), Path(folder, "constraints.txt")
        lines = [
            *(f"{option} {value}" for option, value in wanted.options if not prepared.offline),
            *(each.line for each in wanted.requirements),
        ]
        requirements.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        constraints.write_text(protection(made).content, encoding="utf-8")
        variables = {
            **needed_of(os.environ),
            "PYTHONNOUSERSITE": "1",
            "PYTHONPATH": None,
            "PYTHONHOME": None,
            "PIP_NO_INPUT": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            # which lead elsewhere, or hold for another environment
            "PIP_CONSTRAINT": None,
            "PIP_DRY_RUN": None,
            "PIP_REQUIRE_VIRTUALENV": None,
            "PIP_TARGET": None,
            "PIP_PREFIX": None,
            "PIP_USER": None,
            **(offline.variables(old, wanted) if prepared.offline else {}),
        }
        command = (steps.python(made), "-m", "pip", "install", *([] if wanted.with_dependencies else ["--no-deps"]))
        ran = run.run(
            (*command, "--requirement", str(requirements), "--constraint", str(constraints)),
            SECONDS,
            env=variables,
            cwd=folder,
        )
    if ran.code != 0:
        said = [line.rstrip() for line in f"{ran.stdout}\n{ran.stderr}".splitlines() if line.strip()]
        output = without_secrets("\n".join(said[-_TAIL:]))
        raise _Failed(text("{program} failed with exit code {code}", program="pip", code=ran.code), output)
    there = {dist.name for dist in _look(target).pip_owned}
    missing = tuple(each.name for each in wanted.requirements if each.name not in there)
    if missing:
        raise _Failed(text("pip reported no error, but {names} is not there", names=missing))


def _copy(source: Path, target: Path) -> None:
    """Copies a file in which a secret may stand: nobody can read it before it has the mode of the old one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    store.write_atomically(target, source.read_bytes(), stat.S_IMODE(source.stat().st_mode))


def _look(prefix: str) -> Environment:
    return collect.by_import(prefix, keep=False, process=None)


def _contents(plan: RebuildPlan) -> tuple[object, ...]:
    """What two plans have to agree on to be the same."""
    return plan.packages, plan.requirements, plan.options, plan.carried, plan.kernel


def _left(reason: Text, output: str = "") -> Rebuilt:
    """What is told of an environment that was not finished."""
    return Rebuilt(
        failure=reason,
        output=output,
        after=None,
        remains=(),
        imports=(),
        comparison=None,
        kernel=None,
        half_built=True,
    )
