"""The JSON Schema of what the server's extension answers, with everything in it that it refers to."""

from __future__ import annotations

import json

from envguard.render.cuda_v1 import cuda_schema
from envguard.render.forecast_v1 import forecast_schema
from envguard.render.json_v1 import Json, read_schema, schema, timeline_schema
from envguard.render.undo_v1 import undo_schema


def server_schema() -> Json:
    """One document: the other schemas stand in it under their own ids."""
    loaded: Json = json.loads(read_schema("server.schema.json"))
    others = (schema(), timeline_schema(), cuda_schema(), forecast_schema(), undo_schema())
    return {**loaded, "$defs": {**schema()["$defs"], **loaded["$defs"], **{each["$id"]: each for each in others}}}
