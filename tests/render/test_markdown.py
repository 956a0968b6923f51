"""The Markdown report, read as a reader's browser would: by a parser with GitHub's extensions."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from envguard.model import Fix, Step, Where, text
from envguard.render.markdown import block, markdown, span

from .golden import assert_golden
from .reports import HOSTILE, NUMPY, REPORTS, report
from .test_hostile import NAMES
from .test_hostile import REPORTS as ANY

GITHUB = MarkdownIt("commonmark", {"linkify": False}).enable(["table", "strikethrough"])
OURS = re.compile(r"</?(?:details|summary|sub)>")
WICKED = [
    "`",
    "``` # x",
    "a|b",
    "| a |",
    "<b>x</b>",
    "</details>",
    "@somebody",
    "#12",
    "![x](y)",
    "[a](b)",
    "**",
    " `` ",
    "\\`",
    "",
    " ",
]


def structure(said: str) -> list[str]:
    """What kinds of things a reader sees, in their order; of HTML what it is."""
    kinds = []
    for token in GITHUB.parse(said):
        for inner in token.children or [token]:
            if inner.type in ("html_inline", "html_block"):
                kinds += OURS.findall(inner.content)
                left = OURS.sub("", inner.content)
                assert "<" not in left, inner.content
            else:
                kinds.append(inner.type)
    return kinds


@pytest.mark.parametrize("name", REPORTS)
def test_golden(name):
    assert_golden(f"{name}.md", markdown(REPORTS[name]))


@pytest.mark.parametrize("name", WICKED)
def test_a_span_is_one_span_and_says_the_same(name):
    (inline,) = (token for token in GITHUB.parse(f"x {span(name)} y") if token.type == "inline")
    codes = [child.content for child in inline.children if child.type == "code_inline"]
    assert [code.strip() for code in codes] == [" ".join(name.split())]
    assert {child.type for child in inline.children} == {"text", "code_inline"}


@settings(max_examples=100, deadline=None)
@given(ANY)
def test_nothing_hostile_makes_anything_but_words(told):
    kinds = set(structure(markdown(told)))
    assert not kinds & {"link_open", "image", "table_open", "hr", "softbreak", "hardbreak", "s_open", "em_open"}


@settings(max_examples=100, deadline=None)
@given(NAMES)
def test_the_structure_does_not_depend_on_the_name(name):
    def told(subject):
        fix = Fix(
            text("Remove {name}", name=subject), (Step(("pip", "uninstall", subject)), Step((subject,), Where.CELL))
        )
        finding = type(NUMPY)(
            *(NUMPY.rule, NUMPY.code, NUMPY.severity, NUMPY.certainty, subject),
            text("`see {name}` and {name}", name=subject),
            None,
            (),
            (fix,),
        )
        return report(findings=(finding,))

    assert structure(markdown(told(name))) == structure(markdown(told("numpy")))


def test_hostile_values_stand_in_code():
    assert "<script>" not in re.sub(r"(`+).+?\1", "", markdown(HOSTILE), flags=re.DOTALL)


@pytest.mark.parametrize("rows", [["```"], ["a", "````` b"], ["x"]])
def test_a_block_cannot_be_left(rows):
    (token,) = GITHUB.parse(block(rows, "sh"))
    assert (token.type, token.content) == ("fence", "\n".join(rows) + "\n")


def test_a_placeholder_with_an_underscore_is_filled():
    assert "made" in markdown(REPORTS["broken"])
    assert "{made" not in markdown(REPORTS["broken"])


def test_a_fix_is_written_out_once():
    assert markdown(REPORTS["broken"]).count("--force-reinstall") == 1
