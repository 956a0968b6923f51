"""What stands for and against CUDA in one environment: the verdict and the table beside it.

Kept to the rules of `envguard.model`: frozen, in the order in which it is told, and complete enough for a renderer.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from envguard.value import value

if TYPE_CHECKING:
    from envguard.model import Certainty, Evidence, Finding, Fix, Summary, Text


class State(enum.Enum):
    """The verdict in one word."""

    WORKS = "works"
    """nothing that can be seen from here stands against it"""
    BLOCKED = "blocked"
    """something stands against it"""
    UNKNOWN = "unknown"
    """it cannot be told"""
    ABSENT = "absent"
    """nothing that would use CUDA is installed"""


@value
class CudaVerdict:
    """What comes first of all that stands against CUDA, or that nothing does."""

    state: State
    reason: str
    """The branch of the decision that it is, a word for programs: cpu-build, no-driver, gpu-hidden …"""
    message: Text
    certainty: Certainty
    evidence: tuple[Evidence, ...] = ()
    fixes: tuple[Fix, ...] = ()
    code: int | None = None
    """The rule that tells more; None where no rule is about it."""
    consequence: Text | None = None


@value
class CudaLibrary:
    """One library of CUDA, as a process would load it, or has it."""

    family: str
    name: str
    version: str | None
    origin: str
    """conda, pip, system, nobody, or none (not found)."""
    owner: str | None
    path: str | None
    way: str | None = None
    needed_by: str | None = None


@value
class CudaRow:
    """One package that uses CUDA: what was asked for, what it says, what would be loaded, what is."""

    framework: str
    version: str | None
    build: str | None
    origin: str
    """conda or pip."""
    owner: str | None
    """conda's record, or the dist-info."""
    asked: tuple[str, ...]
    """What conda was asked for: `cudatoolkit 11.8`."""
    declared: str | None
    """The CUDA version it was built for."""
    cpu: bool | None
    """Whether it was built without CUDA; None if that is not known."""
    source: str
    """Where that stands."""
    arch: tuple[str, ...]
    """The GPU architectures it holds code for; empty if not known."""
    resolved: tuple[CudaLibrary, ...] | None
    """What a process that starts now would load; None if that is not known."""
    mapped: tuple[CudaLibrary, ...] | None
    """What the kernel has in memory for it; None if no kernel was asked."""


@value
class CudaGpu:
    """One GPU, and which of the packages hold no code for it."""

    index: int
    name: str
    capability: str | None
    unfit: tuple[str, ...]


@value
class CudaDriver:
    """What NVIDIA's driver told."""

    library: str | None
    """The libcuda that was loaded; None if there is none."""
    missing: str | None
    """The loader's message if there is none."""
    cuda: str | None
    """The newest CUDA it can run, `12.8`."""
    release: str | None
    """The driver's own version, `535.104.05`."""
    module: str | None
    """The version of the kernel module."""
    answer: int | None
    """What cuInit answered: 0, or an error."""
    failed: str | None
    """Why it could not be asked."""


@value
class CudaReport:
    """Everything that `cuda` tells."""

    environment: Summary
    verdict: CudaVerdict
    asked: tuple[str, ...]
    """What conda was asked for in the whole environment."""
    rows: tuple[CudaRow, ...]
    driver: CudaDriver | None
    """None if it was not asked."""
    gpus: tuple[CudaGpu, ...]
    remarks: tuple[Text, ...]
    findings: tuple[Finding, ...]
    """Those of the rules on CUDA, apart from what the verdict says already."""
    failed: tuple[str, ...]
    """Rules on CUDA that crashed: a bug of envguard."""
    envguard_version: str
    made_at: str
