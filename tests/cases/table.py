"""Which mechanisms cover a real case: joined by the codes that the case names, never by its id or its words.

The cases themselves are not part of the project; they are used where a folder `shared/cases` stands beside the checkout,
or where ENVGUARD_CASES names a file of them.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from envguard.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.cases.mechanism import Mechanism, Silence

ROOT = Path(__file__).parents[2]
NOTHING = "negative_rule"
"""The category of what must not be reported."""

_LATER = {
    # what the cases mean by a code, where that is told by a capability still to come
    140: "what an export loses: told by export",
}
_ALSO = {370: (371,)}
"""The cases count both rules about the processor under one code."""
_CANNOT = {
    # what no mechanism here can show, for cases of which only so much is readable
    (212, frozenset(("disk", "text"))): "after the fact only uv's own output tells it: a log explained is a later "
    "capability; before it, uv_goes_elsewhere tells it from the variables",
}
_OURS = frozenset(("compat-table",))
"""What envguard brings itself."""
PARTLY = {
    230: "the search for DLLs is Windows' own: on facts in tests/rules/test_activation.py",
    330: "OMP: Error #15 itself is of macOS and Windows: on facts in tests/rules/test_openmp.py",
    370: "Rosetta and Mach-O need a Mac: on facts in tests/rules/test_processor.py",
}
"""What of a code only the tests of its rule show, on facts, for want of the system."""


KNOWN = frozenset(rule.code for rule in RULES)


@dataclass(frozen=True)
class Case:
    """One real breakage, or one thing not to report."""

    id: str
    category: str
    codes: tuple[int, ...]
    needs: frozenset[str]


@dataclass(frozen=True)
class Line:
    """One case in the table: for each code what covers it, or why nothing can."""

    case: Case
    covered: Mapping[int, tuple[str, ...]]
    excused: Mapping[int, str]

    @property
    def missing(self) -> tuple[int, ...]:
        """The codes that are neither."""
        return tuple(code for code in self.case.codes if code not in self.covered and code not in self.excused)

    @property
    def state(self) -> str:
        """covered or silent: every code; in part: some, the rest excused; excused: none is of now."""
        if self.missing:
            return "MISSING"
        if len(self.covered) == len(self.case.codes):
            return "silent" if self.case.category == NOTHING else "covered"
        return "in part" if self.covered else "excused"


def source() -> Path | None:
    """Where the cases lie, if they are here."""
    named = os.environ.get("ENVGUARD_CASES")
    found = Path(named) if named else ROOT.parent / "shared" / "cases" / "cases.json"
    return found if found.is_file() else None


def cases(file: Path) -> tuple[Case, ...]:
    """The cases, with what of them is used."""
    return tuple(
        Case(each["id"], each["category"], tuple(int(code[2:]) for code in each["check_ids"]), frozenset(each["needs"]))
        for each in json.loads(file.read_text(encoding="utf-8"))
    )


def line(
    case: Case,
    mechanisms: tuple[Mechanism, ...],
    told: Mapping[str, frozenset[int]],
    absent: Mapping[str, str],
    silences: tuple[Silence, ...],
    silent: frozenset[str],
) -> Line:
    """What covers a case: `told` are the codes that each mechanism made envguard say, `absent` why one could not run."""
    covered: dict[int, tuple[str, ...]] = {}
    excused: dict[int, str] = {}
    for code in case.codes:
        codes = {code, *_ALSO.get(code, ())}
        if case.category == NOTHING:
            names = tuple(one.name for one in silences if codes & one.codes and one.name in silent)
        else:
            fitting = [one for one in mechanisms if codes & one.codes.keys() and one.needs - _OURS <= case.needs]
            names = tuple(one.name for one in fitting if codes & told.get(one.name, frozenset()))
            names = () if code in _LATER else names
        if names:
            covered[code] = names
            continue
        here = [absent[one.name] for one in mechanisms if codes & one.codes.keys() and one.name in absent]
        cannot = next((why for (of, needs), why in _CANNOT.items() if of == code and case.needs <= needs), None)
        reason = _LATER.get(code) or cannot or next(iter(here), None)
        if reason is not None:
            excused[code] = reason
    return Line(case, covered, excused)


def written(lines: tuple[Line, ...]) -> str:
    """The table as text."""
    out = []
    for each in lines:
        out.append(f"{each.case.id:6} {each.state}")
        for code in each.case.codes:
            if code in each.covered:
                to_come = "what tells of it is to come" if code not in KNOWN else None
                note = PARTLY.get(code) or to_come
                partly = f"  ({note})" if note else ""
                out.append(f"       EG{code} {', '.join(each.covered[code])}{partly}")
            else:
                out.append(f"       EG{code} - {each.excused.get(code, 'NOTHING COVERS IT')}")
    counts = {
        state: sum(each.state == state for each in lines)
        for state in ("covered", "silent", "in part", "excused", "MISSING")
    }
    return "\n".join([*out, "", ", ".join(f"{state}: {count}" for state, count in counts.items())])
