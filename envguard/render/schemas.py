"""The JSON Schemas of what envguard tells programs, each made whole: in the files a part stands once, where it belongs."""

from __future__ import annotations

import importlib.resources
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envguard.render.json_v1 import Json

_OF_THE_SERVER = ("report", "timeline", "cuda", "forecast", "undo")
"""The documents that answers of the server's extension hold, under their own ids."""


def schema_of(kind: str) -> Json:
    """The JSON Schema of a kind of document, as `report`, `diff` or `server`, with all the parts that it refers to."""
    file = importlib.resources.files("envguard.render").joinpath(f"{kind}.schema.json")
    own: Json = json.loads(file.read_text(encoding="utf-8"))
    if kind == "report":
        return own
    parts = schema_of("report")["$defs"]
    if kind == "rebuild":
        diff = schema_of("diff")
        shape = {key: value for key, value in diff.items() if key not in ("$schema", "$id", "$defs")}
        parts = {**parts, **diff["$defs"], "comparison": shape}
    whole = {each["$id"]: each for each in map(schema_of, _OF_THE_SERVER)} if kind == "server" else {}
    return {**own, "$defs": {**parts, **own.get("$defs", {}), **whole}}
