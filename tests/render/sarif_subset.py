"""The part of SARIF 2.1.0 that envguard writes, as a JSON Schema.

Written by hand after the OASIS Standard "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", sections
3.13 to 3.58, as no package on PyPI ships the official schema. It is closed: what is not named here is not written.
"""

from __future__ import annotations

from typing import Any


def closed(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


def array(items: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


STRING = {"type": "string"}
SAID = {"type": "string", "minLength": 1}
INDEX = {"type": "integer", "minimum": 0}
BAG = {"type": "object"}
URI = {"type": "string", "pattern": r"^[\w.~:/?#\[\]@!$&'()*+,;=%-]*$"}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
MESSAGE = closed(("text",), text=SAID, markdown=SAID)
ARTIFACT = closed(("uri",), uri=URI, uriBaseId=SAID)
PLACE = {
    "physicalLocation": closed(("artifactLocation",), artifactLocation=ARTIFACT),
    "logicalLocations": array(closed(("fullyQualifiedName",), fullyQualifiedName=SAID), minItems=1),
}
RULE = closed(
    ("id",),
    id=SAID,
    name=SAID,
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=MESSAGE,
    defaultConfiguration=closed(("level",), level=LEVEL),
    properties=BAG,
)
RESULT = closed(
    ("ruleId", "message", "locations", "partialFingerprints"),
    ruleId=SAID,
    ruleIndex=INDEX,
    level=LEVEL,
    message=MESSAGE,
    locations=array(closed(**PLACE), minItems=1, maxItems=1),
    relatedLocations=array(closed(("id",), id=INDEX, message=MESSAGE, **PLACE), uniqueItems=True),
    partialFingerprints={"type": "object", "additionalProperties": SAID},
    suppressions=array(
        closed(("kind",), kind={"enum": ["inSource", "external"]}, justification=STRING), uniqueItems=True
    ),
    properties=BAG,
)
NOTIFICATION = closed(
    ("message",), level=LEVEL, message=MESSAGE, associatedRule=closed((), id=SAID, index=INDEX)
)  # fmt: skip
INVOCATION = closed(
    ("executionSuccessful",), executionSuccessful={"type": "boolean"}, toolExecutionNotifications=array(NOTIFICATION)
)
DRIVER = closed(("name",), name=SAID, semanticVersion=STRING, rules=array(RULE, uniqueItems=True))
RUN = closed(
    ("tool", "results"),
    tool=closed(("driver",), driver=DRIVER),
    automationDetails=closed((), id=SAID),
    originalUriBaseIds={
        "type": "object",
        "additionalProperties": closed(("uri",), uri={**URI, "pattern": r"^file://[\w.~:/!$&'()*+,;=%-]*/$"}),
    },
    invocations=array(INVOCATION),
    results=array(RESULT),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    properties=BAG,
)
LOG = {
    **closed(("version", "runs"), version={"const": "2.1.0"}, runs=array(RUN), **{"$schema": URI}),
    "$schema": "https://json-schema.org/draft/2020-12/schema",
}
