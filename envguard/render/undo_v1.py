"""Taking back for programs, version 1, described by `undo.schema.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render.json_v1 import as_json, change_v1, head, optional_text_v1, string, text_v1

if TYPE_CHECKING:
    from envguard.render.json_v1 import Json
    from envguard.undo_report import Checkpoint, Left, UndoList, Undone, UndoPlan, UndoReport


def undo_dumps(told: UndoReport) -> str:
    """What would be done, or what was, as one JSON document, in ASCII."""
    return as_json(undo_v1(told))


def undo_list_dumps(told: UndoList) -> str:
    """What can be taken back as one JSON document, in ASCII."""
    return as_json(undo_list_v1(told))


def undo_v1(told: UndoReport) -> Json:
    """What would be done, or what was, as values that `json.dumps` takes."""
    return {
        **head("undo", told),
        "prefix": string(told.prefix),
        "plan": _plan(told.plan),
        "done": None if told.done is None else _done(told.done),
    }


def undo_list_v1(told: UndoList) -> Json:
    """What can be taken back, likewise."""
    return {
        **head("undo-list", told),
        "prefix": string(told.prefix),
        "wanted": told.wanted,
        "reason": optional_text_v1(told.reason),
        "checkpoints": [_checkpoint(each) for each in told.checkpoints],
        "unfinished": [string(each) for each in told.unfinished],
        "cleared": [_checkpoint(each) for each in told.cleared],
    }


def _plan(plan: UndoPlan) -> Json:
    return {
        "checkpoint": None if plan.checkpoint is None else _checkpoint(plan.checkpoint),
        "also": [_checkpoint(each) for each in plan.also],
        "changes": [change_v1(each) for each in plan.changes],
        "removes": [string(path) for path in plan.removes],
        "restores": [string(path) for path in plan.restores],
        "left": [_left(each) for each in plan.left],
        "remarks": [text_v1(each) for each in plan.remarks],
        "refused": [text_v1(each) for each in plan.refused],
    }


def _done(done: Undone) -> Json:
    proof = done.proof
    return {
        "removed": [string(path) for path in done.removed],
        "restored": [string(path) for path in done.restored],
        "fetched": [string(path) for path in done.fetched],
        "left": [_left(each) for each in done.left],
        "proof": {
            "same": proof.same,
            "differs": [string(path) for path in proof.differs],
            "by_books": proof.by_books,
            "by_hash": proof.by_hash,
            "by_date": proof.by_date,
        },
    }


def _checkpoint(each: Checkpoint) -> Json:
    return {
        "id": string(each.id),
        "when": string(each.when),
        "state": each.state.value,
        "command": [string(word) for word in each.command],
        "failed": each.failed,
        "changes": [change_v1(change) for change in each.changes],
        "added": each.added,
        "removed": each.removed,
        "replaced": each.replaced,
        "kept": each.kept,
        "size": each.size,
        "beside": [string(name) for name in each.beside],
    }


def _left(left: Left) -> Json:
    return {"path": string(left.path), "reason": text_v1(left.reason)}
