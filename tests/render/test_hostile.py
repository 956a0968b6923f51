"""Whatever an environment's names are made of, no renderer fails and none lets anything act."""

from __future__ import annotations

import json

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from envguard.model import Evidence, Failed, Fix, Phase, Problem, Severity, Skipped, Step, Verdict, Where
from envguard.model import text as sentence
from envguard.render.html import html, page
from envguard.render.json_v1 import dumps, json_v1
from envguard.render.plain import plain
from envguard.render.report_lines import lines
from envguard.render.schemas import schema_of
from envguard.render.text import text

from .reports import NUMPY, report, summary
from .test_html import Markup

NAMES = st.text(st.characters(), max_size=300) | st.sampled_from(
    [
        "</pre></section><script>x</script>",
        "--><img onerror=x>",
        "]]>",
        "\x9b31m",
        "\x00",
        "&lt;",
        "{0.__class__}",
        "\ud800",
    ]
)
TAGS = Markup(page(report(findings=(NUMPY,)), details=True)).tags | {"ul", "li", "details", "summary"}
VALID = jsonschema.Draft202012Validator(schema_of("report"))


def about(name: str, severity: Severity, where: Where):
    """A report with the name in every place that something foreign can get into."""
    said = sentence("{name} {names}", name=name, names=(name, name))
    finding = type(NUMPY)(
        rule=NUMPY.rule,
        code=NUMPY.code,
        severity=severity,
        certainty=NUMPY.certainty,
        subject=name,
        message=said,
        consequence=said,
        evidence=(Evidence(said, name),),
        fixes=(Fix(said, (Step((name, name), where), Step(("pip", name), where)), restart=True),),
    )
    return report(
        environment=summary(name=name, prefix=name, python_version=name, platform=name),
        phase=Phase.MIXED,
        verdict=Verdict.BROKEN,
        findings=(finding,),
        skipped=(Skipped(NUMPY.rule, said),),
        failed=(Failed(NUMPY.rule, name),),
        problems=(Problem(name, said),),
        envguard_version=name,
        made_at=name,
    )


REPORTS = st.builds(about, NAMES, st.sampled_from(Severity), st.sampled_from(Where))


@settings(max_examples=150, deadline=None)
@given(REPORTS, st.integers(1, 200), st.booleans())
def test_text(told, width, details):
    for said in (text(told, width, details=details), plain(lines(told, width, details=details), max(width, 40))):
        assert all(row.isprintable() and row == row.rstrip() for row in said.split("\n"))
        said.encode()


@settings(max_examples=150, deadline=None)
@given(REPORTS)
def test_html(told):
    for said in (html(told), page(told, details=True)):
        markup = Markup(said)
        assert markup.tags <= TAGS
        assert "<script" not in said
        assert markup.text.replace("\n", "").isprintable()
        said.encode()


@settings(max_examples=150, deadline=None)
@given(REPORTS)
def test_json(told):
    VALID.validate(json_v1(told))
    assert json.loads(dumps(told)) == json_v1(told)
    assert all(row.isprintable() for row in dumps(told).split("\n"))
