"""What belongs to no family: errors that a finding of the check is about, and packages that it found damaged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.facts import CondaPackage
from envguard.model import text
from envguard.rules import fixes
from envguard.rules.numpy_versions import removed_since
from envguard.why import disk
from envguard.why.case import BREAKING, Row, by_finding, in_error, owner_of, told
from envguard.why.symptom import base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.model import Cause, Finding
    from envguard.why.case import Case
    from envguard.why.symptom import Symptom

_NOT_OF_PACKAGES = frozenset(
    (
        "KeyboardInterrupt",
        "SystemExit",
        "NameError",
        "SyntaxError",
        "IndentationError",
        "ZeroDivisionError",
        "KeyError",
        "IndexError",
        "AssertionError",
    )
)
"""Errors of one's own program, which no damage of an environment makes likely."""
_HAVE_NEED = re.compile(r"have '(\w{1,20})', need '(\w{1,20})'")
"""What the loader of macOS says; it speaks English only."""
_ARCHITECTURES = frozenset(("x86_64", "arm64", "aarch64", "i386", "arm64e", "amd64"))


def _kernel(symptom: Symptom) -> bool:
    return (
        symptom.kind in ("FileNotFoundError", "NoSuchKernel", None)
        and any(re.search(r"[/\\](?:python[\d.]*(?:\.exe)?|kernel\.json)$", path) for path in symptom.files)
    ) or symptom.kind == "NoSuchKernel"


def _dead_kernel(case: Case) -> Iterator[Cause]:
    for found in case.findings((221,)):
        if any(path in _said(found) for path in case.symptom.files) or found.subject in case.symptom.names:
            yield by_finding(found, certain=True)


def _widgets(symptom: Symptom) -> bool:
    return any(token.startswith("@jupyter-widgets/") for token in symptom.tokens)


def _frontend(case: Case) -> Iterator[Cause]:
    yield from (by_finding(found, certain=True) for found in case.findings((250,)))


def _multiple(symptom: Symptom) -> bool:
    return symptom.mentions("cupy", "multiple") or (symptom.kind == "UserWarning" and "cupy" in symptom.words)


def _share(case: Case) -> Iterator[Cause]:
    for found in case.findings((104,)):
        if any(word.startswith("cupy") for word in re.findall(r"[\w-]+", _said(found).lower())):
            yield by_finding(found, certain=True)


def _architecture(symptom: Symptom) -> bool:
    named = {word.strip("'()") for word in symptom.words} & _ARCHITECTURES
    return len(named) >= 2 and not any("cpython" in each for each in symptom.libraries if "/" not in each)


def _other_machine(case: Case) -> Iterator[Cause]:
    found = tuple(case.findings((371,)))
    yield from (by_finding(each, certain=True) for each in found)
    pair = _HAVE_NEED.search(case.symptom.message)
    path = next((each for each in case.symptom.libraries if "/" in each), None)
    if found or pair is None or path is None or disk.below(case.env, path) is None:
        return
    owner = owner_of(case, path)
    yield told(
        "architecture-mismatch",
        owner.name if owner else base(path),
        text(
            "{library} was built for {have}, and this Python needs {need}",
            library=base(path),
            have=pair[1],
            need=pair[2],
        ),
        in_error(case.symptom, text("{said}", said=pair[0])),
        fixes=fixes.reinstall(case.env, owner)
        if isinstance(owner, CondaPackage)
        else fixes.install_one(case.env, owner)
        if owner is not None
        else (),
    )


def _instruction(symptom: Symptom) -> bool:
    return any(re.fullmatch(r"(?:avx\w*|sse4\S*|fma3?)", word) for word in symptom.words)


def _processor(case: Case) -> Iterator[Cause]:
    yield from (by_finding(found, certain=True) for found in case.findings((370,)))


def _of_a_package(symptom: Symptom) -> bool:
    return symptom.kind is not None and symptom.kind not in _NOT_OF_PACKAGES and not symptom.kind.endswith("Warning")


def _damaged(case: Case) -> Iterator[Cause]:
    """Damage of a package that the error came out of: a possible cause, no more."""
    near = case.symptom.frames[-1:] or case.symptom.files
    if case.symptom.kind not in ("ImportError", "ModuleNotFoundError", "OSError", "AttributeError") and not near:
        return
    if case.symptom.kind == "ModuleNotFoundError":
        return  # its family asks for exactly what can explain it
    if removed_since(case.symptom.message) is not None:
        return
    for found in case.findings(BREAKING - {160, 103, 170}, case.packages):
        if found.severity.rank < 2:
            yield by_finding(found, certain=False)


def _said(finding: Finding) -> str:
    sources = (each.source for each in finding.evidence)
    return "\n".join(
        (finding.subject, finding.message.english(), *sources, *(each.says.english() for each in finding.evidence))
    )


ROWS = (
    Row("dead kernel", (221,), _kernel, _dead_kernel),
    Row("widgets", (250,), _widgets, _frontend),
    Row("distributions that share files", (104,), _multiple, _share),
    Row("other architecture", (371,), _architecture, _other_machine),
    Row("processor", (370,), _instruction, _processor),
    Row("damaged package", tuple(sorted(BREAKING - {103, 160, 170})), _of_a_package, _damaged),
)
