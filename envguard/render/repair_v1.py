"""A plan, or what came of it, for programs, version 1, described by `repair.schema.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render.json_v1 import (
    as_json,
    change_v1,
    environment_v1,
    finding_v1,
    fix_v1,
    head,
    optional,
    optional_text_v1,
    step_v1,
    string,
    text_v1,
)

if TYPE_CHECKING:
    from envguard.render.json_v1 import Json
    from envguard.repair_report import Choice, Foreseen, Plan, PlannedStep, Repaired, RepairReport


def repair_dumps(told: RepairReport) -> str:
    """The whole as one JSON document, in ASCII."""
    return as_json(repair_v1(told))


def repair_v1(told: RepairReport) -> Json:
    """The whole as values that `json.dumps` takes."""
    return {
        **head("repair", told),
        "prefix": string(told.prefix),
        "plan": _plan(told.plan),
        "done": None if told.done is None else _done(told.done),
    }


def _plan(plan: Plan) -> Json:
    return {
        "environment": environment_v1(plan.environment),
        "verdict": plan.verdict.value,
        "steps": [_step(each) for each in plan.steps],
        "changes": [change_v1(each) for each in plan.changes],
        "loses": [text_v1(each) for each in plan.loses],
        "needs_restart": plan.needs_restart,
        "proof": _foreseen(plan.proof),
        "choices": [_choice(each) for each in plan.choices],
        "by_hand": [fix_v1(each) for each in plan.by_hand],
        "rebuild": optional_text_v1(plan.rebuild),
        "refused": [text_v1(each) for each in plan.refused],
        "kept": [string(name) for name in plan.kept],
    }


def _step(planned: PlannedStep) -> Json:
    return {
        "title": text_v1(planned.title),
        "step": step_v1(planned.step),
        "by": planned.by.value,
        "source": optional_text_v1(planned.source),
    }


def _foreseen(proof: Foreseen) -> Json:
    return {
        "verdict": proof.verdict.value,
        "cleared": [finding_v1(each) for each in proof.cleared],
        "remains": [finding_v1(each) for each in proof.remains],
        "new": [finding_v1(each) for each in proof.new],
        "remarks": [text_v1(each) for each in proof.remarks],
    }


def _choice(choice: Choice) -> Json:
    return {
        "package": string(choice.package),
        "conda": string(choice.conda),
        "name": string(choice.name),
        "pip": string(choice.pip),
        "keeps": choice.keeps,
        "otherwise": text_v1(choice.otherwise),
    }


def _done(done: Repaired) -> Json:
    return {
        "done": done.done,
        "failure": optional_text_v1(done.failure),
        "output": string(done.output),
        "changes": [change_v1(each) for each in done.changes],
        "before": done.before.value,
        "after": done.after.value,
        "cleared": [finding_v1(each) for each in done.cleared],
        "remains": [finding_v1(each) for each in done.remains],
        "new": [finding_v1(each) for each in done.new],
        "checkpoint": optional(done.checkpoint),
        "taken_back": done.taken_back,
        "remarks": [text_v1(each) for each in done.remarks],
    }
