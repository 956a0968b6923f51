"""An export, and the caches, for programs, version 1, described by `export.schema.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render.json_v1 import as_json, head, string, text_v1

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envguard.export_report import Cache, Caches, Export, Tried
    from envguard.render.json_v1 import Json


def export_dumps(forms: Sequence[Export]) -> str:
    """An environment in several forms as one JSON document, in ASCII."""
    return as_json(export_v1(forms))


def caches_dumps(told: Caches) -> str:
    """The caches likewise."""
    return as_json(caches_v1(told))


def export_v1(forms: Sequence[Export]) -> Json:
    """The forms as values that `json.dumps` takes; what was tried is the same for all."""
    first = forms[0]
    tried = next((each.tried for each in forms if each.tried is not None), None)
    return {
        **head("export", first),
        "prefix": string(first.prefix),
        "forms": [
            {
                "form": each.form.value,
                "builds": each.depth.value,
                "content": string(each.content),
                "lost": [{"subject": string(lost.subject), "says": text_v1(lost.says)} for lost in each.lost],
            }
            for each in forms
        ],
        "tried": None if tried is None else [_tried(each) for each in tried],
    }


def caches_v1(told: Caches) -> Json:
    """The caches likewise."""
    return {
        **head("caches", told),
        "prefix": string(told.prefix),
        "caches": [_cache(each) for each in told.caches],
        "notes": [text_v1(each) for each in told.notes],
    }


def _tried(each: Tried) -> Json:
    return {
        "part": each.part,
        "trial": each.trial.value,
        "says": text_v1(each.says),
        "details": [text_v1(detail) for detail in each.details],
    }


def _cache(each: Cache) -> Json:
    return {
        "tool": each.tool,
        "path": string(each.path),
        "size": each.size,
        "free": each.free,
        "archives": each.archives,
        "clear": [[string(word) for word in step.argv] for step in each.clear],
        "notes": [text_v1(note) for note in each.notes],
    }
