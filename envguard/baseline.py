"""The findings that a project knows already, in a file: what is in it is neither shown nor counted for the exit code."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from envguard.errors import BadArguments
from envguard.model import text
from envguard.store import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.model import Report

SCHEMA = 1
KIND = "envguard baseline"


def without_known(report: Report, known: frozenset[str]) -> Report:
    """The report with only the findings that are new; the verdict stays, for what is known is still there."""
    new = tuple(finding for finding in report.findings if finding.fingerprint not in known)
    return dataclasses.replace(report, findings=new, known=len(report.findings) - len(new))


def read(path: Path) -> frozenset[str]:
    """The fingerprints in a baseline; BadArguments if it is none."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadArguments(
            text("the baseline {path} cannot be read: {reason}", path=str(path), reason=error.strerror or str(error))
        ) from error
    except (ValueError, RecursionError) as error:
        raise BadArguments(text("{path} is not a baseline of envguard: it holds no JSON", path=str(path))) from error
    if not isinstance(told, dict) or told.get("kind") != KIND:
        raise BadArguments(text("{path} is not a baseline of envguard", path=str(path)))
    if told.get("schema") != SCHEMA:
        raise BadArguments(text("the baseline {path} was written by a newer envguard", path=str(path)))
    return frozenset(_fingerprint(entry, path) for entry in _list(told.get("findings"), path))


def write(path: Path, report: Report) -> None:
    """Writes a baseline of all findings, whole or not at all; BadArguments if the folder does not let it."""
    entries = sorted(
        (
            {"rule": each.rule, "subject": _plain(each.subject), "fingerprint": each.fingerprint}
            for each in report.findings
        ),
        key=lambda entry: (entry["rule"], entry["subject"], entry["fingerprint"]),
    )
    content = json.dumps({"kind": KIND, "schema": SCHEMA, "findings": entries}, indent=2) + "\n"
    try:
        write_atomically(path, content.encode())
    except OSError as error:
        raise BadArguments(
            text("the baseline {path} cannot be written: {reason}", path=str(path), reason=error.strerror or str(error))
        ) from error


def _list(value: Any, path: Path) -> list[Any]:
    if not isinstance(value, list):
        raise BadArguments(text("{path} is not a baseline of envguard: it lists no findings", path=str(path)))
    return value


def _fingerprint(entry: Any, path: Path) -> str:
    found = entry.get("fingerprint") if isinstance(entry, dict) else None
    if not isinstance(found, str):
        raise BadArguments(text("{path} is not a baseline of envguard: a finding has no fingerprint", path=str(path)))
    return found


def _plain(value: str) -> str:
    return value.encode("utf-8", "backslashreplace").decode("utf-8")
