from __future__ import annotations

import json

import pytest

from envguard.model import Certainty, Phase, Safety, Severity, Verdict, Where
from envguard.render.json_v1 import dumps, json_v1
from envguard.render.schemas import schema_of

from .checks import assert_closed, assert_refused, validator
from .reports import BROKEN, HOSTILE, LONG, MISCHIEF, REPORTS, SOUND

SCHEMA = validator("report")


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_fits_the_schema(name):
    SCHEMA.validate(json_v1(REPORTS[name]))
    SCHEMA.validate(json.loads(dumps(REPORTS[name])))


def test_the_schema_knows_every_word_of_the_model():
    properties, parts = schema_of("report")["properties"], schema_of("report")["$defs"]
    told = {
        Verdict: properties["verdict"],
        Phase: properties["phase"],
        Severity: parts["finding"]["properties"]["severity"],
        Certainty: parts["finding"]["properties"]["certainty"],
        Safety: parts["fix"]["properties"]["safety"],
        Where: parts["step"]["properties"]["where"],
    }
    for words, described in told.items():
        assert described["enum"] == [word.value for word in words]


def test_every_object_is_closed_and_requires_what_it_names():
    assert_closed("report")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("extra",), 1),
        (("schema",), 2),
        (("verdict",), "fine"),
        (("environment", "conda_packages"), -1),
        (("findings", 0, "code"), "102"),
        (("findings", 0, "message", "args", "n"), 1.5),
    ],
)
def test_the_schema_refuses(path, value):
    assert_refused(SCHEMA, json_v1(BROKEN), path, value)


def test_a_text_is_template_arguments_and_sentence():
    assert json_v1(BROKEN)["findings"][0]["consequence"] == {
        "id": "{packages} were built against numpy {conda} and can fail on import or compute wrong results",
        "args": {"packages": ["scipy", "pandas", "scikit-learn"], "conda": "1.26.4"},
        "text": "scipy, pandas, scikit-learn were built against numpy 1.26.4 and can fail on import or compute wrong results",
    }


def test_counts():
    assert json_v1(SOUND)["counts"] == {
        "error": 0,
        "warning": 0,
        "info": 0,
        "skipped": 0,
        "failed": 0,
        "problems": 0,
        "checked": 41,
        "suppressed": 0,
        "known": None,
    }


def test_programs_get_names_as_they_are_and_people_get_them_cleaned():
    told = json_v1(HOSTILE)
    message = told["findings"][0]["message"]
    assert message["args"]["package"] == MISCHIEF.replace("\udcff", "\\udcff")
    assert message["args"]["version"] == LONG
    assert message["text"].isprintable()


def test_the_document_is_ascii():
    assert dumps(HOSTILE).isascii()
    json.dumps(json_v1(HOSTILE), ensure_ascii=False).encode()
