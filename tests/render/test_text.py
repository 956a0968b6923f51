from __future__ import annotations

import re
import sys
from dataclasses import replace

import pytest
from rich.cells import cell_len

from envguard.model import text as sentence
from envguard.render.commands import command
from envguard.render.plain import plain
from envguard.render.report_lines import lines
from envguard.render.text import text

from .checks import uncolored
from .reports import BROKEN, HURT, NUMPY, REPORTS, SOUND, STRAINED, report, summary


def commands(told):
    platform = told.environment.platform
    return {command(step, platform) for finding in told.findings for fix in finding.fixes for step in fix.steps}


def facts(told: str) -> str:
    return "".join(told.split())


@pytest.fixture(params=["missing", "broken"])
def no_rich(request, monkeypatch):
    """rich cannot be imported: it is not there, or what is there fails in a way of its own."""

    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] == "rich":
                raise AttributeError("half of rich was overwritten")

    for name in [name for name in sys.modules if name.partition(".")[0] == "rich"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "envguard.render.styled", raising=False)
    if request.param == "missing":
        monkeypatch.setitem(sys.modules, "rich", None)
    else:
        monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("name", REPORTS)
def test_only_commands_are_wider_than_the_terminal(name, width):
    told = REPORTS[name]
    for details in (False, True):
        for row in text(told, width, details=details).splitlines():
            assert cell_len(row) <= width or row.strip() in commands(told)
            assert row == row.rstrip()


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("name", REPORTS)
def test_commands_are_never_wrapped(name, width):
    rows = {row.strip() for row in text(REPORTS[name], width).splitlines()}
    assert commands(REPORTS[name]) <= rows | commands(STRAINED)
    assert commands(BROKEN) <= {row.strip() for row in text(BROKEN, 40).splitlines()}


def test_prose_is_not_stretched():
    long = replace(NUMPY, message=sentence("word " * 100), consequence=sentence("word " * 100))
    rows = text(report(findings=(long,)), 300).splitlines()
    assert max(len(row) for row in rows if "word" in row) <= 100


@pytest.mark.parametrize("name", REPORTS)
def test_no_colour_unless_asked_for(name):
    told = REPORTS[name]
    assert "\x1b" not in text(told)
    assert "\x1b[" in text(told, color=True)
    assert uncolored(text(told, color=True)) == text(told)


@pytest.mark.parametrize("variable", ["COLUMNS=30", "NO_COLOR=1", "FORCE_COLOR=1", "TERM=dumb", "TTY_COMPATIBLE=1"])
def test_nothing_is_asked_of_the_surroundings(variable, monkeypatch):
    expected = text(STRAINED), text(STRAINED, color=True)
    monkeypatch.setenv(*variable.split("="))
    assert (text(STRAINED), text(STRAINED, color=True)) == expected


@pytest.mark.parametrize("name", REPORTS)
def test_without_rich_the_same_facts(name, no_rich):
    told = REPORTS[name]
    rows = text(told, color=True).splitlines()
    assert "envguard.render.styled" not in sys.modules
    assert "\x1b" not in "".join(rows)
    assert facts("".join(rows)) == facts(plain(lines(told, 80), 80))
    assert all(cell_len(row) <= 80 or row.strip() in commands(told) for row in rows)
    assert all(row == row.rstrip() for row in rows)


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("name", REPORTS)
def test_plain_and_rich_tell_the_same(name, width):
    told = REPORTS[name]
    assert facts(plain(lines(told, width), width)) == facts(text(told, width))


@pytest.mark.parametrize(
    ("told", "headline"),
    [
        (SOUND, "✓ sound  analysis: nothing wrong was found"),
        (STRAINED, "! strained  base: it may work today, but something in it can break"),
        (BROKEN, "✗ broken  analysis: parts of it cannot work as they are"),
        (HURT, "? unknown  analysis: envguard could not judge it"),
    ],
)
def test_the_first_line_says_whether_it_is_sound(told, headline):
    assert text(told).splitlines()[0] == headline


def test_what_to_do_first_is_the_first_fix_there_is():
    unfixed = replace(NUMPY, fixes=(), subject="earlier")
    told = text(report(findings=(unfixed, NUMPY)))
    block = told.partition("Do this first")[2].partition("Findings")[0]
    assert "Take pip's numpy out and put conda's back" in block
    assert "for EG102 numpy" in block
    assert "Do this first" not in text(report(findings=(unfixed,)))


def test_information_is_no_call_to_action():
    assert "Do this first" not in text(report(findings=STRAINED.findings[2:]))


def test_details_tell_all():
    brief, full = text(STRAINED), text(STRAINED, details=True)
    assert "and 5 more" in brief
    assert "more" not in full.replace("tells more", "")
    assert "direct_url.json" in full
    assert "direct_url.json" not in brief


def test_every_long_list_says_what_it_keeps_back():
    told = text(HURT)
    assert "11 problems met while reading" in told
    assert "and 3 more" in told
    assert "broken-11.json: not JSON: line 11" in text(HURT, details=True)


def test_a_bug_of_ours_shows_its_last_line_only():
    told = text(HURT)
    assert "1 rule failed: a bug of envguard, please report it" in told
    assert "✗ kernelspec-dead: KeyError: 'argv'" in told
    assert "Traceback" not in told


def test_wide_characters_keep_the_width():
    told = report(environment=summary(prefix="/home/" + "环境" * 60, name="环境" * 30))
    for width in (40, 80):
        assert all(cell_len(row) <= width for row in text(told, width).splitlines())
        assert all(cell_len(row) <= width for row in plain(lines(told, width), width).splitlines())


def test_every_word_can_be_translated():
    def shouting(template: str, plural: str | None, n: int) -> str:
        return re.sub(r"(?<!\{)\b[a-zA-Z]+\b(?!\})", "X", template if n == 1 or plural is None else plural)

    told = report(findings=BROKEN.findings[:1], skipped=STRAINED.skipped, failed=HURT.failed, problems=HURT.problems)
    # What is left is names: of rules, packages, paths, and what a traceback says.
    left = text(told, language=shouting)
    for word in ("sound", "rule", "error:", "warning", "fix", "evidence", "first", "restart", "more", "could", "from"):
        assert not re.search(rf"\b{word}\b", left), word
