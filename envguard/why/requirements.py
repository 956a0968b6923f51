"""Errors that a package raises itself, since what it requires or a file of its own is not as it should be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.model import Evidence, Fix, Safety, text
from envguard.rules import fixes
from envguard.rules.names import normalise
from envguard.why import disk
from envguard.why.case import Row, by_finding, told
from envguard.why.symptom import base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.model import Cause, Finding
    from envguard.why.case import Case
    from envguard.why.symptom import Symptom

_KINDS = ("DistributionNotFound", "ContextualVersionConflict", "VersionConflict")
_REQUIREMENT = re.compile(r"([A-Za-z][\w.-]{0,99}?)(?:\[[\w,-]{0,99}\])?(?:[<>=!~]=|[<>])\d")
_NAMED = re.compile(r"([A-Za-z][\w.-]{0,99})")
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def _requires(symptom: Symptom) -> bool:
    return symptom.kind in _KINDS or (
        symptom.kind in ("ImportError", "SystemError", "RuntimeError", "VersionError", "ImportWarning")
        and (bool(_REQUIREMENT.search(symptom.message)) or len(symptom.versions) >= 2)
    )


def _unmet(case: Case) -> Iterator[Cause]:
    """A requirement that the check has found unmet, and that the error names with whoever has it or with its range."""
    words = {normalise(word) for word in case.symptom.words}
    ranges = {normalise(match[1]) for match in _REQUIREMENT.finditer(case.symptom.message)}
    for finding in case.findings((132,)):
        wanted = _wanted(finding)
        if wanted & ranges or (normalise(finding.subject) in words and wanted & words):
            yield by_finding(finding, certain=True)


def _wanted(finding: Finding) -> set[str]:
    told = finding.message.args.get("requirements", ())
    found = (_NAMED.match(each) for each in (told if isinstance(told, tuple) else ()))
    return {normalise(match[1]) for match in found if match}


def _no_file(symptom: Symptom) -> bool:
    return symptom.kind in ("FileNotFoundError", "OSError") and symptom.missing is None and bool(symptom.files)


def _listed_file(case: Case) -> Iterator[Cause]:
    """A file that the error names by its whole path: a book lists it, or a variable leads to it."""
    env = case.env
    for path in case.symptom.files[:4]:
        relative = disk.below(env, path)
        if relative is None:
            yield from _by_variable(case, path)
        elif not disk.exists(env, relative):
            for each in disk.listed(env, relative):
                if each.path == relative:
                    owner = each.package or each.dist
                    ways = fixes.reinstall(env, each.package) if each.package else ()
                    yield told(
                        "conda-file-missing" if each.package else "pip-file-missing",
                        owner.name if owner else relative,
                        text("{library} belongs to {owner} and is not on disk any more", library=base(path), owner=each.owner),
                        Evidence(text("{path} is listed here, and there is no such file", path=relative), each.book),
                        fixes=ways or (fixes.install_one(env, each.dist) if each.dist else ()),
                    )  # fmt: skip
                    return


def _by_variable(case: Case, path: str) -> Iterator[Cause]:
    name = next((name for name in _CERTIFICATES if case.variable(name) == path), None)
    if name is None or not disk.is_gone(path):
        return
    found = next(case.findings((231,), {name}), None)
    if found is not None:
        yield by_finding(found, certain=True)
        return
    yield told(
        "activation-points-elsewhere",
        name,
        text("{variable} leads to certificates that are not there: {path}", variable=name, path=path),
        Evidence(text("there is nothing at {path}", path=path), name),
        fixes=_unset(name),
    )


def _unset(name: str) -> tuple[Fix, ...]:
    title = text("Unset {variable} before the kernel starts, or set it in kernel.json", variable=name)
    return (Fix(title, (), Safety.MANUAL, restart=True),)


ROWS = (
    Row("requirement not met", (132,), _requires, _unmet),
    Row("file not found", (100, 123, 231), _no_file, _listed_file),
)
