"""What the branches decide from: the facts, the report, and what both say of one framework."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from envguard.cuda_report import CudaVerdict, State
from envguard.model import Certainty, Evidence, Severity, text
from envguard.tables import cuda as tables
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.cuda import Cuda, CudaFile, Driver, Framework
    from envguard.facts import Environment
    from envguard.model import Finding, Fix, Report, Text

CODES = range(400, 433)
"""The rules on CUDA."""
COMPANIONS = frozenset(("torchvision", "torchaudio", "torchtext", "xformers", "bitsandbytes", "numba-cuda"))
"""Packages that bring CUDA to another one; by themselves they say nothing on whether it works."""


@value
class Case:
    """One environment; there is something to judge, and `cuda` is what its files say."""

    env: Environment
    report: Report
    cuda: Cuda

    @property
    def driver(self) -> Driver | None:
        """What the driver told; None if it was not asked, or did not come to tell whether it works."""
        driver = self.env.driver
        return None if driver is None or (driver.failed is not None and driver.init is None) else driver

    @cached_property
    def judged(self) -> tuple[Framework, ...]:
        """The frameworks that matter, torch first; companions only where nothing else is there."""
        main = [each for each in self.cuda.frameworks if each.name not in COMPANIONS]
        return tuple(sorted(main or self.cuda.frameworks, key=lambda each: each.name != "torch"))

    @cached_property
    def able(self) -> tuple[Framework, ...]:
        """Those of them that were built with CUDA, as far as is known."""
        return tuple(each for each in self.judged if not each.cpu)

    def findings(self, *codes: int, subject: str | None = None) -> tuple[Finding, ...]:
        """The findings of some rules, the gravest first."""
        return tuple(each for each in self.report.findings if each.code in codes and subject in (None, each.subject))

    def variable(self, name: str) -> str | None:
        """A variable of the process, if one was asked."""
        return self.env.process.environ.get(name) if self.env.process is not None else None

    @property
    def library_path(self) -> tuple[str, ...]:
        """The folders of LD_LIBRARY_PATH."""
        return tuple(filter(None, re.split("[:;]", self.variable("LD_LIBRARY_PATH") or "")))

    @property
    def container(self) -> str | None:
        """What kind of container the process runs in."""
        return self.env.process.container if self.env.process is not None else None

    def asked(self, *names: str) -> tuple[str, ...]:
        """What conda was asked for under these names, or under any: `cudatoolkit 11.8`."""
        return tuple(
            " ".join(filter(None, (each.name, each.version)))
            for each in self.cuda.asked
            if not names or each.name in names
        )


def blocked(
    reason: str,
    message: Text,
    *evidence: Evidence,
    fixes: tuple[Fix, ...] = (),
    code: int | None = None,
    certain: bool = True,
) -> CudaVerdict:
    """A verdict that something stands against CUDA."""
    certainty = Certainty.CERTAIN if certain else Certainty.LIKELY
    return CudaVerdict(State.BLOCKED, reason, message, certainty, evidence, fixes, code)


def by_finding(reason: str, finding: Finding) -> CudaVerdict:
    """A verdict that a rule has come to already."""
    return CudaVerdict(
        State.BLOCKED,
        reason,
        finding.message,
        finding.certainty,
        finding.evidence,
        finding.fixes,
        finding.code,
        finding.consequence,
    )


def grave(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that break something."""
    return tuple(each for each in findings if each.severity is Severity.ERROR)


def release(version: str | None) -> tuple[int, ...]:
    """The numbers of a version; empty if there are none."""
    match = re.match(r"\d+(?:\.\d+)*", version or "")
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def cuda_version(number: int | None) -> str | None:
    """12080 as people write it; None for what is none, such as the 0 of a machine without a driver."""
    return tables.spoken(number) if number and number > 0 else None


def book(framework: Framework) -> str:
    """Where it is written which package this is."""
    return framework.record if framework.origin == "conda" and framework.record else framework.distribution or ""


def titled(framework: Framework) -> str:
    """A framework by name and version."""
    return " ".join(filter(None, (framework.name, framework.version)))


def proof(framework: Framework) -> Evidence:
    """What a framework says of the CUDA it was built for."""
    if framework.cpu:
        return Evidence(text("{name} was built without CUDA", name=titled(framework)), framework.source)
    return Evidence(
        text("{name} was built for CUDA {cuda}", name=titled(framework), cuda=framework.declared or "?"),
        framework.source,
    )


def libraries(framework: Framework) -> tuple[CudaFile, ...]:
    """What it would load of a toolkit; nothing that comes with the driver."""
    return tuple(each for each in framework.resolved or () if not tables.is_driver(each.family))
