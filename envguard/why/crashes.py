"""A process that was ended by the system: a segmentation fault, an illegal instruction, a kernel that has died.

The error itself says nothing but that, so a finding of the check is a possible cause, never a certain one: of what is loaded
into one process and does not fit together, and of the package in which it came about where `faulthandler` has told that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.why.case import Row, by_finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.model import Cause
    from envguard.why.case import Case
    from envguard.why.symptom import Symptom

_SAID = re.compile(
    r"segmentation fault|sigsegv|sigill|sigbus|fatal python error: (?:segmentation|aborted|bus error|illegal)|illegal instruction"
    r"|\(core dumped\)|bus error|kernel (?:appears to have )?died|kernel crashed while|kernel has died"
    r"|(?:exit code|exited with code|return code|code:?) (?:139|134|132|-11|-6|-4|-1073741819|3221225477)\b|0xc0000005"
    r"|speicherzugriffsfehler|erreur de segmentation|violaci\u00f3n de segmento|\u6bb5\u9519\u8bef"
)
_ILLEGAL = re.compile(r"illegal (?:hardware )?instruction|sigill|\b(?:132|-4)\b")
_CLASHING = (320, 330, 332, 310, 311, 340, 341, 350, 351, 401, 402, 403, 410, 412, 413)
"""Of things that do not fit together in one process."""
_DAMAGED = (110, 101, 102, 104, 123)
"""Of damaged packages, where they are errors: compiled files that are not what they should be."""


def crashed(symptom: Symptom) -> bool:
    """Whether an error is that a process was ended."""
    return bool(_SAID.search(f"{symptom.kind or ''} {symptom.message}".lower()))


def _possible(case: Case) -> Iterator[Cause]:
    if _ILLEGAL.search(case.symptom.message.lower()):
        found = tuple(case.findings((370, 371)))
        yield from (by_finding(each, certain=False) for each in found)
        if found:
            return
    names = case.packages or None
    for codes in (_CLASHING, _DAMAGED):
        for finding in case.findings(codes, names):
            if finding.severity.rank < (2 if codes is _CLASHING else 1):
                yield by_finding(finding, certain=False)


ROWS = (Row("crash", (*_CLASHING, *_DAMAGED, 370, 371), crashed, _possible),)
