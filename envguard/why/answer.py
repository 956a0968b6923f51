"""From errors to an answer: which rows of the table fit, what confirms them, and what to say if nothing does."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from envguard._version import __version__
from envguard.analyse import now, summary
from envguard.model import Answer, Certainty, text
from envguard.why.case import Case
from envguard.why.crashes import crashed
from envguard.why.notes import noted, of_names, other_prefix
from envguard.why.table import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Environment
    from envguard.model import Cause, Report, Text
    from envguard.why.case import Row
    from envguard.why.reading import Group
    from envguard.why.symptom import Symptom

AT_MOST = 3
_GROUPS = 6
"""How many recognised errors of a long text are tried, the last one first."""
_SHOWN = 300


def answer(groups: tuple[Group, ...], env: Environment, report: Report, *, named: bool = True) -> Answer:
    """Why the last error came about that anything explains; of a chain of errors each may be the one explained.

    Where nobody has `named` the environment, an error of another one is not explained by what is wrong with this one.
    """
    known = [group for group in groups if any(rows(symptom) for symptom in group)]
    for group in known[:_GROUPS]:
        if not named and any(other_prefix(symptom, env) for symptom in group):
            continue
        causes = _causes(_with_alike(group, known[:_GROUPS]), env, report)
        if causes:
            return _answer(group[0], causes, _notes(group, env, explained=True), env, report)
    told = known or [group for group in groups if any(symptom.kind for symptom in group)]
    shown = next(iter(told), ())
    return _answer(shown[0] if shown else None, (), _notes(shown, env), env, report)


def rows(symptom: Symptom) -> tuple[Row, ...]:
    """The rows of the table that can explain an error, the last resort apart from what it is the only one for."""
    return tuple(row for row in ROWS if row.fits(symptom))


def _with_alike(group: Group, others: list[Group]) -> Group:
    """The chain, and what else the text says of numpy's interface, which is told in two errors."""
    if not any(row.name in _COUPLED for symptom in group for row in rows(symptom)):
        return group
    rest = (symptom for other in others if other is not group for symptom in other)
    return (*group, *(symptom for symptom in rest if any(row.name in _COUPLED for row in rows(symptom))))


_COUPLED = frozenset(("size of numpy's types", "numpy's API", "numpy's core"))


def _causes(group: Group, env: Environment, report: Report) -> tuple[Cause, ...]:
    found: dict[tuple[int, str], Cause] = {}
    for symptom in group:
        case = Case(symptom, env, report)
        for row in rows(symptom):
            for cause in row.confirm(case):
                key = (cause.code, cause.subject)
                if key not in found or (found[key].certainty, cause.certainty) == (Certainty.LIKELY, Certainty.CERTAIN):
                    found[key] = cause
    ordered = sorted(found.values(), key=lambda cause: cause.certainty is not Certainty.CERTAIN)
    return tuple(ordered[:AT_MOST])


def _answer(
    symptom: Symptom | None, causes: tuple[Cause, ...], notes: tuple[Text, ...], env: Environment, report: Report
) -> Answer:
    nothing = symptom is None or bool(causes)
    return Answer(
        error=symptom.said[:_SHOWN] if symptom is not None else "",
        environment=summary(env),
        causes=causes,
        notes=notes,
        looked=() if nothing else tuple(_looked(env, report)),
        advice=() if nothing else tuple(_advice(env, symptom)),
        envguard_version=__version__,
        made_at=now(),
    )


def _notes(group: Group, env: Environment, *, explained: bool = False) -> tuple[Text, ...]:
    return (*noted(group, env), *(() if explained else of_names(group, env)))


def _looked(env: Environment, report: Report) -> Iterator[Text]:
    yield text(
        "the records of {n} package of conda's",
        "the records of {n} packages of conda's",
        n=len(env.conda_packages or ()),
    )
    yield text(
        "{n} distribution and what it says of its files",
        "{n} distributions and what they say of their files",
        n=len(env.distributions or ()),
    )
    yield text("{n} rule of the check", "{n} rules of the check", n=report.checked)
    if env.process is not None and env.process.kind == "kernel":
        yield text("the modules and libraries that this process has loaded")


def _advice(env: Environment, symptom: Symptom | None) -> Iterator[Text]:
    other = other_prefix(symptom, env) if symptom is not None else None
    if other is not None:
        yield text(
            "ask about that environment, where it is: `envguard why FILE --prefix {folder}`", folder=shlex.quote(other)
        )
        return
    if symptom is not None and crashed(symptom):
        yield text("run the code as `python -X faulthandler SCRIPT`, which names the module in which it ends")
        yield text("if it ends without a word, look at the memory: a process that takes too much is killed so, too")
        return
    if env.process is not None and env.process.kind == "kernel":
        yield text("if something was installed or upgraded since this kernel was started, restart it and try again")
    if env.deep is None and env.conda_packages:
        yield text("`envguard check --deep` also hashes every file, and finds what was edited in place")
    yield text("give the whole traceback, from a terminal as well as from the notebook: `envguard why FILE`")
