"""What files and process tell of CUDA: frameworks, what was asked, declared, resolved, installed and mapped.

The contract:

* Nothing is imported or run, and nothing of CUDA is loaded.
* Where neither a framework nor a part of CUDA is in the books, no file is looked at.
* A library is its owner's by a book that lists it, never by its name. A link is no file of its own.
* Nothing of the machine's own CUDA is told but where the loader would take it, or LD_LIBRARY_PATH names its folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.cuda import Cuda
from envguard.surroundings.cuda.present import concerned

if TYPE_CHECKING:
    from envguard.facts import Environment

__all__ = ["cuda_facts"]


def cuda_facts(env: Environment) -> Cuda | None:
    """What concerns CUDA in an environment; None where nobody looked for packages."""
    if env.conda_packages is None and env.distributions is None:
        return None
    if not concerned(env):
        return Cuda(frameworks=())
    # most environments have nothing of it, and the first check of every kernel would pay for the import
    from envguard.surroundings.cuda.gathered import gathered

    return gathered(env)
