"""What tests of every kind of answer ask alike: of its schema, of its words with and without colour, in another language."""

from __future__ import annotations

import re

import jsonschema
import pytest

from envguard.render.schemas import schema_of

_COLOR = re.compile(r"\x1b\[[\d;]*m")


def validator(document):
    """What validates this kind of document, by a schema that is itself valid."""
    schema = schema_of(document)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def assert_closed(document):
    """Every object of the schema requires all that it names and allows nothing else."""
    schema = schema_of(document)
    for part in (schema, *schema.get("$defs", {}).values()):
        if "properties" in part:
            assert part["additionalProperties"] is False
            assert part["required"] == list(part["properties"])


def assert_refused(valid, told, path, value):
    """A valid document is none any more with this value at this path."""
    valid.validate(told)
    inner = told
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        valid.validate(told)


def uncolored(text):
    """A text for a terminal without what colours it."""
    return _COLOR.sub("", text)


def angled(template, _plural, _n):
    """A translator into a language that puts each sentence between angle brackets."""
    return f"<{template}>"
