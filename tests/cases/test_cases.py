"""The table of the real cases: each is covered by mechanisms that fired in this run, or says why it cannot be."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.cases.draw import Draw
from tests.cases.mechanism import worst
from tests.cases.mechanisms import MECHANISMS
from tests.cases.outcome import FIRED, fired
from tests.cases.silences import SILENCES
from tests.cases.table import ROOT, Case, Line, cases, line, source, written
from tests.require import absent, require


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> tuple[Line, ...]:
    """Every case with what covers it; mechanisms that have not run in this process are run now."""
    file = source()
    if file is None:
        pytest.skip("the cases are not beside this checkout (see tests/cases/table.py)")
    require("posix_prefix")
    if not find_spec("rattler"):
        absent("rattler", "py-rattler is not installed")
    known = cases(file)
    wanted = {code for case in known for code in (*case.codes, 371)}
    away: dict[str, str] = {}
    for one in MECHANISMS:
        if one.name not in FIRED and wanted & one.codes.keys():
            try:
                fired(one, 0, tmp_path_factory.mktemp(one.name) / "built")
            except pytest.skip.Exception as error:
                away[one.name] = f"not on this machine: {error.msg}"
    silent = set()
    for each in SILENCES:
        try:
            told = worst(each.build(Draw(each.name, 0), tmp_path_factory.mktemp(each.name) / "built"))
        except pytest.skip.Exception:
            continue
        if not told.keys() & each.codes:
            silent.add(each.name)
    return tuple(line(case, MECHANISMS, FIRED, away, SILENCES, frozenset(silent)) for case in known)


def test_every_case_is_covered_or_excused(lines: tuple[Line, ...]) -> None:
    print()
    print(written(lines))
    assert [each.case.id for each in lines if each.missing] == []


def test_what_is_of_now_is_not_excused(lines: tuple[Line, ...]) -> None:
    """An excuse is for what comes later or cannot be had here, one code or another; most of the cases have none."""
    now = [each for each in lines if any(code != 140 for code in each.case.codes)]
    assert sum(bool(each.covered) for each in now) >= len(now) - 1


def test_the_join_asks_for_codes_and_for_what_is_readable() -> None:
    one = next(each for each in MECHANISMS if each.needs == {"process", "disk"})
    code = next(iter(one.codes))
    told = {one.name: frozenset(one.codes)}

    def states(
        *codes: int, needs: tuple[str, ...] = ("disk", "process"), known: dict[str, frozenset[int]] = told
    ) -> str:
        return line(Case("x", "y", codes, frozenset(needs)), (one,), known, {}, (), frozenset()).state

    assert states(code) == "covered"
    assert states(code, known={}) == "MISSING"
    assert states(code, needs=("text",)) == "MISSING"
    assert states(code, 999) == "MISSING"
    assert states(140) == "excused"
    assert states(code, 140) == "in part"


def test_no_case_is_known_by_its_id() -> None:
    """Neither the builders nor envguard itself name a case."""
    file = source()
    if file is None:
        pytest.skip("the cases are not beside this checkout (see tests/cases/table.py)")
    ids = {case.id for case in cases(file)}
    texts = [
        path.read_text(encoding="utf-8")
        for folder in ("envguard", "tests/cases")
        for path in (ROOT / folder).rglob("*.py")
    ]
    assert [each for each in ids if any(each in text for text in texts)] == []
