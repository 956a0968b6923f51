"""A report of a hundred thousand findings: what people look at stays short, the counts stay true."""

from __future__ import annotations

import dataclasses
import functools
import re

import pytest

from envguard.model import Evidence, Problem, Severity, Suppressed, text
from envguard.render import sarif as sarif_module
from envguard.render.excerpt import LISTED, SHOWN, Rest, excerpt
from envguard.render.html import html
from envguard.render.json_v1 import json_v1
from envguard.render.markdown import markdown
from envguard.render.sarif import MOST, sarif
from envguard.render.text import text as as_text

from .reports import NUMPY, report

ALIKE = dataclasses.replace(NUMPY, message=text("overwritten"), consequence=None, evidence=(), fixes=())
LOOKED_AT = {
    "text": as_text,
    "text-colour": functools.partial(as_text, color=True),
    "text-details": functools.partial(as_text, details=True),
    "html": html,
    "html-details": functools.partial(html, details=True),
    "markdown": markdown,
}


@functools.cache
def alike(n, severity=Severity.ERROR):
    return tuple(dataclasses.replace(ALIKE, severity=severity, subject=f"package-{number:06}") for number in range(n))


def subjects(told):
    return set(re.findall(r"package-\d{6}", told))


@pytest.mark.parametrize("form", LOOKED_AT)
@pytest.mark.parametrize("severity", [Severity.ERROR, Severity.INFO])
@pytest.mark.parametrize(
    ("n", "more"),
    [
        (SHOWN, None),
        (SHOWN + 1, "… and 1 more of this rule: `envguard check --format json` lists it"),
        (100_000, "… and 99980 more of this rule: `envguard check --format json` lists them all"),
    ],
    ids=["all", "but-one", "hundred-thousand"],
)
def test_a_reader_is_shown_the_first_of_a_rule(form, severity, n, more):
    told = LOOKED_AT[form](report(findings=alike(n, severity)))
    assert subjects(told) == {f"package-{number:06}" for number in range(SHOWN)}
    assert f"{n} {'info' if severity is Severity.INFO else 'errors'}" in told
    words = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", re.sub("</?code[^>]*>", "`", told)).split())
    assert more in words if more else "of this rule" not in words
    assert len(told) < 50_000


def test_each_rule_and_severity_has_its_own_share():
    other = dataclasses.replace(ALIKE, rule="other")
    slight = dataclasses.replace(ALIKE, severity=Severity.INFO)
    told = tuple(excerpt((*(ALIKE, other) * (SHOWN + 2), *(slight,) * (SHOWN + 1))))
    assert told == (*(ALIKE, other) * SHOWN, Rest(2), Rest(2), *(slight,) * SHOWN, Rest(1))


def suppressed(n):
    return report(suppressed=tuple(Suppressed(each, "known", None, "pyproject.toml") for each in alike(n)))


def unread(n):
    return report(problems=tuple(Problem(f"package-{number:06}", text("not JSON")) for number in range(n)))


def evidence(n):
    told = tuple(Evidence(text("overwritten"), f"package-{number:06}") for number in range(n))
    return report(findings=(dataclasses.replace(ALIKE, evidence=told),))


@pytest.mark.parametrize("form", ["html", "html-details", "markdown"])
@pytest.mark.parametrize("told_of", [suppressed, unread, evidence])
@pytest.mark.parametrize(("n", "more"), [(LISTED, None), (LISTED + 1, "and 1 more"), (10_000, "and 9950 more")])
def test_a_folded_list_shows_its_first_entries(form, told_of, n, more):
    told = LOOKED_AT[form](told_of(n))
    assert subjects(told) == {f"package-{number:06}" for number in range(LISTED)}
    assert f"{n} " in told
    assert re.findall(r"and \d+ more", told) == ([more] if more else [])


def test_json_tells_all():
    assert len(json_v1(report(findings=alike(100_000)))["findings"]) == 100_000


def test_sarif_tells_as_many_as_code_scanning_takes():
    (run,) = sarif(report(findings=alike(100_000)))["runs"]
    (left_out,) = run["invocations"][0]["toolExecutionNotifications"]
    assert len(run["results"]) == MOST
    assert left_out["level"] == "warning"
    assert (
        left_out["message"]["text"] == "75000 results were left out: code scanning takes no more than 25000 of one run"
    )


@pytest.mark.parametrize(
    ("findings", "suppressed", "told", "left_out"),
    [(20, 0, 20, 0), (21, 0, 20, 1), (15, 5, 20, 0), (15, 6, 20, 1), (21, 5, 20, 6), (0, 21, 20, 1)],
)
def test_sarif_leaves_out_suppressed_findings_first(monkeypatch, findings, suppressed, told, left_out):
    monkeypatch.setattr(sarif_module, "MOST", 20)
    accepted = tuple(Suppressed(each, "known", None, "pyproject.toml") for each in alike(suppressed))
    (run,) = sarif(report(findings=alike(findings), suppressed=accepted))["runs"]
    notes = [each["message"]["text"] for each in run["invocations"][0]["toolExecutionNotifications"]]
    assert len(run["results"]) == told
    assert sum("suppressions" not in each for each in run["results"]) == min(findings, told)
    assert [note.partition(" ")[0] for note in notes] == ([str(left_out)] if left_out else [])
