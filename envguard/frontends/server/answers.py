"""The documents that clients get, put together: what a worker has written stays bytes, and is never parsed here."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any

from envguard.frontends.server.made_at import MADE_AT
from envguard.render.json_v1 import SCHEMA, optional_text_v1, text_v1
from envguard.value import value

if TYPE_CHECKING:
    from envguard.jobs import Job
    from envguard.model import Text

_MADE_AT = MADE_AT.encode("ascii")


@value
class Looked:
    """What is known of a kernel or an environment, ready to be told."""

    state: str
    """How much is known: as the schema of a `kernel-report` names it."""
    changes: dict[str, Any]
    """Whether the environment may be changed from here, and if not, why."""
    kernel: dict[str, str] | None = None
    environment: str | None = None
    """The id of the environment; None if it is not on this machine."""
    why: Text | None = None
    """Why the kernel itself was not asked, or nothing is known."""
    road: str | None = None
    """How the report was come by."""
    undoable: int = 0
    """Installs that could be taken back."""
    stamp: str = ""
    """Two reports with the same stamp are the same but for their times."""
    document: bytes | None = None
    """The report, as JSON; None if there is none."""
    verdict: str = "unknown"
    phase: str = "unknown"


def kernel_report(looked: Looked) -> bytes:
    """A `kernel-report`: what is known of a kernel, with the report that a worker has written."""
    head = {
        "schema": SCHEMA,
        "kind": "kernel-report",
        "kernel": looked.kernel,
        "environment_id": looked.environment,
        "state": looked.state,
        "why": optional_text_v1(looked.why),
        "road": looked.road,
        "changes": looked.changes,
        "undoable": looked.undoable,
        "stamp": looked.stamp,
    }
    report = b"null" if looked.document is None else looked.document.replace(_MADE_AT, _now(), 1)
    return joined(head, "report", report)


def job(told: Job) -> bytes:
    """A `job`: how far it has come, and its result once there is one."""
    progress = told.progress
    head = {
        "schema": SCHEMA,
        "kind": "job",
        "id": told.id,
        "job": told.kind,
        "state": told.state.value,
        "progress": {
            "says": optional_text_v1(progress.says),
            "done": progress.done,
            "of": progress.of,
        },
        "error": optional_text_v1(told.error),
        "environment_id": told.key,
    }
    return joined(head, "result", told.result or b"null")


def document(kind: str, **fields: Any) -> bytes:
    """A document of this kind with these fields."""
    return json.dumps({"schema": SCHEMA, "kind": kind, **fields}).encode("ascii")


def with_part(kind: str, name: str, written: bytes) -> bytes:
    """A document of which a worker has written the one part."""
    return joined({"schema": SCHEMA, "kind": kind}, name, written)


def error(slug: str, message: Text) -> bytes:
    """An `error`: a word for programs, and a sentence for people."""
    return document("error", error=slug, message=text_v1(message))


def joined(head: dict[str, Any], name: str, written: bytes) -> bytes:
    """A document with one more field, of which the value is written already."""
    return json.dumps(head).encode("ascii")[:-1] + b', "' + name.encode("ascii") + b'": ' + written + b"}"


def _now() -> bytes:
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds").encode("ascii")
