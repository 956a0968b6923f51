"""Carries out one step of a plan: pip's by the environment's own pip, conda's by the package manager or else by py-rattler.

No step asks anything, and each has a time limit. What a program writes is kept to be told if it fails, without secrets.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from envguard import run
from envguard.errors import EnvguardError
from envguard.forecast import child, conda_solver
from envguard.masking import without_secrets
from envguard.model import Act, text
from envguard.packages import linking, repodata, solving
from envguard.packages.linking import Job
from envguard.packages.solving import Wish
from envguard.repair_report import By
from envguard.value import value

if TYPE_CHECKING:
    from envguard.facts import Environment
    from envguard.model import Step, Text
    from envguard.repair_report import PlannedStep

SECONDS = 1800.0
"""For one step: a package manager may have to fetch gigabytes."""
_TAIL = 12
_ASKS = ("conda", "mamba", "micromamba")
_COMMAND = "envguard repair --apply"


@value
class Carried:
    """What came of a step."""

    failure: Text | None = None
    output: str = ""
    """The last lines of what the program wrote."""


def carry_out(env: Environment, planned: PlannedStep, work: Path) -> Carried:
    """Does a step in an environment, of which `env` are the facts right before; `work` is a folder of ours."""
    step = planned.step
    try:
        if step.act is Act.DELETE:
            return Carried(_delete(env.prefix, step.of))
        if planned.by is By.ENVGUARD:
            return Carried(_link(env, step, work))
        return _run(step, work)
    except OSError as error:
        reason = error.strerror or str(error)
        return Carried(text("{path}: {reason}", path=str(error.filename or env.prefix), reason=reason))
    except EnvguardError as error:
        return Carried(error.text)


def _run(step: Step, work: Path) -> Carried:
    """The program that the step names; pip leaves the user's own folder alone, where the same name may be installed, too."""
    own = {"PYTHONNOUSERSITE": "1", "PIP_NO_INPUT": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    variables = {**child.needed_of(os.environ), **own, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    ran = run.run(answered(step), SECONDS, env=variables, cwd=work)
    if ran.code == 0:
        return Carried()
    program = Path(step.argv[0]).name if step.act not in (Act.UNINSTALL, Act.PIP_INSTALL) else "pip"
    lines = [line.rstrip() for line in f"{ran.stdout}\n{ran.stderr}".splitlines() if line.strip()]
    output = without_secrets("\n".join(lines[-_TAIL:]))
    return Carried(text("{program} failed with exit code {code}", program=program, code=ran.code), output)


def answered(step: Step) -> tuple[str, ...]:
    """The words of a step, with the option that keeps its program from asking."""
    program, *rest = step.argv
    if Path(program).stem.lower() in _ASKS and rest and "--yes" not in rest:
        return (program, rest[0], "--yes", *rest[1:])
    return step.argv


def _delete(prefix: str, paths: tuple[str, ...]) -> Text | None:
    root = Path(prefix).resolve()
    for path in paths:
        target = root.joinpath(*path.split("/"))
        if root not in target.parent.resolve().joinpath(target.name).parents:
            return text("{path} does not lie in {prefix}", path=path, prefix=prefix)
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)
    return None


def _link(env: Environment, step: Step, work: Path) -> Text | None:
    config = conda_solver.config_of(env)
    if step.act is Act.RELINK:
        job = Job(env.prefix, relink=step.of)
    elif step.act is Act.CONDA_INSTALL:
        wish = Wish(step.of, freeze=True)
        sources = repodata.sources(
            conda_solver.command_channels(None, env, config),
            env.platform or conda_solver.PLATFORM,
            network=True,
            prefix=env.prefix,
            config=config,
        )
        question = {**sources.base(), "priority": wish.priority, "attempts": solving.attempts(env, wish)}
        job = Job(env.prefix, specs=step.of, question=question)
    else:
        job = Job(env.prefix, drop=step.of)
    return linking.link(job, work, config, _COMMAND, timeout=SECONDS)
