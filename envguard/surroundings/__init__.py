"""What user and machine bring to a prefix: the settings of conda and pip, kernelspecs, programs on the PATH, our ledger.

The contract:

* Reading changes nothing, and nothing is run.
* Nothing is raised for what is found: a file that cannot be read becomes an entry of `problems`.
* Where a library that reads a kind of file cannot be imported, the section stays None, and its rules are skipped.
* What a `!command` meets is told only of a kernel that was asked, and of the process that envguard runs in.
* Outside the prefix only names in folders are looked at, and only where the process that was asked imports from them.
* Neither passwords nor tokens are kept, nor the values of a kernel's variables.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from envguard.model import Problem, Text
from envguard.probe import reading
from envguard.surroundings.condarc import conda_config
from envguard.surroundings.cuda import cuda_facts
from envguard.surroundings.elsewhere import elsewhere
from envguard.surroundings.jupyter import frontends, kernelspecs
from envguard.surroundings.ledger import with_ledger
from envguard.surroundings.natives import libraries
from envguard.surroundings.numpies import made_for_numpy1
from envguard.surroundings.pip_config import pip_config
from envguard.surroundings.proj import proj_databases
from envguard.surroundings.shell import shell

if TYPE_CHECKING:
    from envguard.facts import Environment

__all__ = ["surround"]


def surround(env: Environment) -> Environment:
    """The facts about an environment, together with those about what is set up round it."""
    problems = reading.Problems()
    found = dataclasses.replace(
        env,
        conda_config=conda_config(env, problems),
        pip_config=pip_config(env.prefix, problems),
        kernelspecs=kernelspecs(env, problems),
        frontends=frontends(env, problems),
        shell=shell(env),
        libraries=libraries(env),
        numpy1=made_for_numpy1(env),
        proj=proj_databases(env),
        cuda=cuda_facts(env),
        elsewhere=elsewhere(env, env.process, problems) if env.process is not None else None,
    )
    told = (Problem(each["source"], Text(each["reason"], each["args"])) for each in problems.told())
    return with_ledger(dataclasses.replace(found, problems=(*env.problems, *told)))
