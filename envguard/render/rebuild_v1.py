"""The plan of a new environment, or what came of it, for programs, version 1, described by `rebuild.schema.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render.json_v1 import (
    as_json,
    comparison_v1,
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
    from envguard.rebuild_report import Kernel, RebuildPlan, RebuildReport, Rebuilt
    from envguard.render.json_v1 import Json


def rebuild_dumps(told: RebuildReport) -> str:
    """The whole as one JSON document, in ASCII."""
    return as_json(rebuild_v1(told))


def rebuild_v1(told: RebuildReport) -> Json:
    """The whole as values that `json.dumps` takes."""
    return {
        **head("rebuild", told),
        "prefix": string(told.prefix),
        "plan": _plan(told.plan),
        "done": None if told.done is None else _done(told.done),
    }


def _plan(plan: RebuildPlan) -> Json:
    return {
        "environment": environment_v1(plan.environment),
        "verdict": plan.verdict.value,
        "target": string(plan.target),
        "builds": plan.depth.value,
        "channels": [string(name) for name in plan.channels],
        "packages": [
            {
                "name": string(each.name),
                "version": string(each.version),
                "build": string(each.build),
                "channel": string(each.channel),
                "was": optional(each.was),
                "asked": each.asked,
            }
            for each in plan.packages
        ],
        "requirements": [
            {"name": string(each.name), "line": string(each.line), "asked": each.asked} for each in plan.requirements
        ],
        "options": [string(option) for option in plan.options],
        "constraints": [string(pin) for pin in plan.constraints],
        "with_dependencies": plan.with_dependencies,
        "carried": [string(path) for path in plan.carried],
        "loses": [text_v1(each) for each in plan.loses],
        "gains": [text_v1(each) for each in plan.gains],
        "remarks": [text_v1(each) for each in plan.remarks],
        "kernel": _kernel(plan.kernel),
        "commands": [step_v1(each) for each in plan.commands],
        "refused": [text_v1(each) for each in plan.refused],
        "instead": [fix_v1(each) for each in plan.instead],
        "kept": [string(name) for name in plan.kept],
    }


def _done(done: Rebuilt) -> Json:
    return {
        "failure": optional_text_v1(done.failure),
        "output": string(done.output),
        "after": None if done.after is None else done.after.value,
        "remains": [finding_v1(each) for each in done.remains],
        "imports": [
            {
                "name": string(each.name),
                "module": string(each.module),
                "before": each.before,
                "after": each.after,
                "says": string(each.says),
            }
            for each in done.imports
        ],
        "comparison": None if done.comparison is None else comparison_v1(done.comparison),
        "kernel": _kernel(done.kernel),
        "half_built": done.half_built,
        "remarks": [text_v1(each) for each in done.remarks],
    }


def _kernel(kernel: Kernel | None) -> Json | None:
    if kernel is None:
        return None
    return {"name": string(kernel.name), "title": string(kernel.title), "folder": string(kernel.folder)}
