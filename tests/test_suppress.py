"""`[tool.envguard]`: what it says holds, what is wrong in it is said, and nothing in it ends a check."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import pytest

from envguard import api
from envguard.configuration import configured
from envguard.model import Verdict
from envguard.rules import RULES
from envguard.suppress import checked, counts, suppress
from tests.render.reports import NUMPY, PANDAS, report

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.model import Report
    from envguard.settings import Configuration

TODAY = datetime.date(2026, 6, 1)
REASON = 'reason = "we know"'


def settings(folder: Path, content: str) -> Configuration:
    (folder / "pyproject.toml").write_text(content, encoding="utf-8")
    return checked(configured(folder), RULES)


def entry(*lines: str) -> str:
    return "\n".join(("[[tool.envguard.suppress]]", *lines))


def told(folder: Path, content: str) -> Report:
    both = report(findings=(NUMPY, PANDAS), verdict=Verdict.BROKEN)
    return suppress(both, settings(folder, content), TODAY)


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        (('rule = "pip-overwrote-conda"', REASON), ["pandas"]),
        (('rule = "EG102"', REASON), ["pandas"]),
        (('rule = "pip-overwrote-conda"', 'subject = "numpy"', REASON), ["pandas"]),
        (('rule = "pip-overwrote-conda"', 'subject = "scipy"', REASON), ["numpy", "pandas"]),
        (('rule = "pip-overwrote-conda"', "until = 2026-06-01", REASON), ["pandas"]),
        (('rule = "pip-overwrote-conda"', 'until = "2026-06-01"', REASON), ["pandas"]),
        (('rule = "pip-overwrote-conda"', "until = 2026-06-01T10:00:00", REASON), ["pandas"]),
        (('rule = "pip-overwrote-conda"', "until = 2026-05-31", REASON), ["numpy", "pandas"]),
    ],
)
def test_what_is_left(tmp_path: Path, lines: tuple[str, ...], left: list[str]) -> None:
    found = told(tmp_path, entry(*lines))
    assert [finding.subject for finding in found.findings] == left
    assert len(found.suppressed) == 2 - len(left)
    assert [each.reason for each in found.suppressed] == ["we know"] * (2 - len(left))
    assert found.verdict is Verdict.BROKEN
    counted = counts(settings(tmp_path, entry(*lines)), TODAY)
    assert [finding.subject for finding in (NUMPY, PANDAS) if counted(finding)] == left


@pytest.mark.parametrize("name", ["pip-overwrote-conda", "EG102", "102"])
def test_a_rule_that_is_ignored_does_not_count(tmp_path: Path, name: str) -> None:
    counted = counts(settings(tmp_path, f'[tool.envguard]\nignore = ["{name}"]'), TODAY)
    assert [finding.subject for finding in (NUMPY, PANDAS) if counted(finding)] == ["pandas"]


def test_the_verdict_is_on_what_is_left(tmp_path: Path) -> None:
    both = "\n".join(entry(f'rule = "{rule}"', REASON) for rule in ("EG102", "conda-depends-unmet"))
    found = told(tmp_path, both)
    assert (found.findings, found.verdict, len(found.suppressed)) == ((), Verdict.SOUND, 2)


def test_what_has_expired_says_so(tmp_path: Path) -> None:
    found = told(tmp_path, entry('rule = "EG102"', "until = 2026-05-31", REASON))
    (problem,) = found.problems
    assert problem.reason.english() == (
        "the suppression of pip-overwrote-conda ended on 2026-05-31, so it does not hold any more; its reason was: we know"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (entry('rule = "EG102"'), "gives no reason"),
        (entry('rule = "EG102"', 'reason = " "'), "gives no reason"),
        (entry(REASON), "names no rule"),
        (entry("rule = 102", REASON), "names no rule"),
        (entry('rule = "no-such-rule"', REASON), "no-such-rule, which does not exist"),
        (entry('rule = "EG102"', REASON, 'until = "soon"'), "which is no date"),
        (entry('rule = "EG102"', REASON, "until = 3"), "which is no date"),
        (entry('rule = "EG102"', REASON, "subject = 3"), "is not a text"),
        (entry('rule = "EG102"', REASON, 'subjekt = "numpy"'), "has subjekt"),
        ('[tool.envguard]\nsuppress = "EG102"', "suppress is written as"),
        ('[tool.envguard]\nsuppress = ["EG102"]', "suppression 1 is not a table"),
        ('[tool.envguard]\nselect = "EG102"', "select is not a list"),
        ('[tool.envguard]\nignore = ["nonsense"]', "ignore names the rule nonsense"),
        ('[tool.envguard]\nfail-on = "sometimes"', "fail-on is sometimes"),
        ('[tool.envguard]\nfail_on = "error"', "no option fail_on"),
        ("[tool]\nenvguard = 3", "not a table"),
        ("[tool.envguard", "cannot be read"),
        ("a = 1\na = 2", "cannot be read"),
        ("x = " + "[" * 5000, "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_and_holds_nothing(tmp_path: Path, content: str, said: str) -> None:
    found = told(tmp_path, content)
    assert len(found.findings) == 2
    assert found.suppressed == ()
    (problem,) = found.problems
    assert said in problem.reason.english()
    assert problem.source == str(tmp_path / "pyproject.toml")


def test_what_is_accepted_of_installs_is_nothing_to_a_report(tmp_path: Path) -> None:
    both = '[tool.envguard]\nignore = ["replaces-conda"]\n' + entry('rule = "base"', REASON)
    found = told(tmp_path, both)
    assert (len(found.findings), found.suppressed, found.problems) == (2, (), ())
    (problem,) = settings(tmp_path, '[tool.envguard]\nselect = ["replaces-conda"]').problems
    assert "select names the rule replaces-conda, which does not exist" in problem.reason.english()


def test_bytes_that_are_no_utf_8(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"[tool.envguard]\nselect = ['\xff']")
    assert len(configured(tmp_path).problems) == 1


def test_the_nearest_that_speaks_of_envguard(tmp_path: Path) -> None:
    inner = tmp_path / "a/b"
    inner.mkdir(parents=True)
    settings(tmp_path, '[tool.envguard]\nselect = ["EG102"]\nignore = ["EG130"]\nfail-on = "warning"')
    (tmp_path / "a/pyproject.toml").write_text("[project]\nname = 'a'\n")
    found = api.configured(inner)
    assert (found.select, found.ignore, found.fail_on) == (("EG102",), ("EG130",), "warning")
    assert found.source == str(tmp_path / "pyproject.toml")
    settings(tmp_path / "a", "[tool.envguard]")
    assert api.configured(inner).select == ()


def test_none_at_all(tmp_path: Path) -> None:
    assert configured(tmp_path).suppressions == ()
