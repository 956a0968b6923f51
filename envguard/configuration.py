"""`[tool.envguard]` of the nearest pyproject.toml that has one.

What is wrong in it becomes a problem of the report: it must neither end a check nor be passed over in silence.
"""

from __future__ import annotations

import datetime
import sys
from typing import TYPE_CHECKING, Any

from envguard.model import Problem, Severity, Text, text
from envguard.settings import Configuration, Suppression

if TYPE_CHECKING:
    from pathlib import Path

FILE = "pyproject.toml"
NEVER = "never"
FAIL_ON = (*(severity.value for severity in Severity), NEVER)
_KEYS = ("select", "ignore", "fail-on", "hint", "suppress")
_SUPPRESS_KEYS = ("rule", "reason", "subject", "until")
_LARGEST = 4 * 1024 * 1024


def configured(folder: Path) -> Configuration:
    """What the nearest pyproject.toml at or above a folder asks for."""
    for parent in (folder, *folder.parents):
        path = parent / FILE
        try:
            if not path.is_file():
                continue
            told = _read(path)
        except Exception as error:  # noqa: BLE001 - not UTF-8, no TOML, no right to read it, nested too deep, a broken tomli
            return Configuration(str(path), problems=(Problem(str(path), _broken(error)),))
        tool = told.get("tool")
        if isinstance(tool, dict) and "envguard" in tool:
            return _Reader(str(path)).read(tool["envguard"])
    return Configuration()


def accepts(configuration: Configuration, name: str, subject: str, today: datetime.date | None = None) -> bool:
    """Whether a project accepts what a rule, or a concern about an install, says of a subject."""
    if name in configuration.ignore:
        return True
    day = today or datetime.datetime.now().astimezone().date()
    return any(each.means(name, subject) and each.holds(day) for each in configuration.suppressions)


def _read(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    with path.open("rb") as file:
        content = file.read(_LARGEST)
    loaded: dict[str, Any] = tomllib.loads(content.decode("utf-8"))
    return loaded


def _broken(error: Exception) -> Text:
    return text("cannot be read, so nothing it asks of envguard holds: {reason}", reason=str(error) or repr(error))


class _Reader:
    """The table with the problems met while reading it."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.problems: list[Problem] = []

    def read(self, table: Any) -> Configuration:
        if not isinstance(table, dict):
            self.problem(text("[tool.envguard] is not a table"))
            table = {}
        for key in table:
            if key not in _KEYS:
                self.problem(text("[tool.envguard] has no option {key}; it has {known}", key=key, known=_KEYS))
        entries = table.get("suppress", [])
        if not isinstance(entries, list):
            self.problem(text("suppress is written as [[tool.envguard.suppress]], once for each suppression"))
            entries = []
        suppressions = tuple(
            found for n, entry in enumerate(entries, 1) if (found := self.suppression(entry, n)) is not None
        )
        return Configuration(
            source=self.source,
            select=self.names(table, "select"),
            ignore=self.names(table, "ignore"),
            fail_on=self.fail_on(table),
            hint=self.hint(table),
            suppressions=suppressions,
            problems=tuple(self.problems),
        )

    def problem(self, reason: Text) -> None:
        self.problems.append(Problem(self.source, reason))

    def names(self, table: dict[str, Any], key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            self.problem(text("{key} is not a list of rules, so it does not hold", key=key))
            return ()
        return tuple(value)

    def fail_on(self, table: dict[str, Any]) -> str | None:
        value = table.get("fail-on")
        if value is None or value in FAIL_ON:
            return value
        self.problem(text("fail-on is {value}, not one of {known}", value=str(value), known=FAIL_ON))
        return None

    def hint(self, table: dict[str, Any]) -> bool:
        value = table.get("hint", True)
        if isinstance(value, bool):
            return value
        self.problem(text("hint is {value}, not true or false", value=str(value)))
        return True

    def suppression(self, entry: Any, n: int) -> Suppression | None:
        """One entry; None, and a problem, where it is not clear what is accepted, why, and until when."""
        if not isinstance(entry, dict):
            self.problem(text("suppression {n} is not a table, so it does not hold", n=n))
            return None
        rule, reason, subject = (entry.get(key) for key in ("rule", "reason", "subject"))
        until = entry.get("until")
        if isinstance(until, str):
            try:
                until = datetime.date.fromisoformat(until)
            except ValueError:
                until = entry["until"]
        if isinstance(until, datetime.datetime):
            until = until.date()
        unknown = tuple(key for key in entry if key not in _SUPPRESS_KEYS)
        wrong: Text | None = None
        if not isinstance(rule, str) or not rule.strip():
            wrong = text("suppression {n} names no rule, so it does not hold", n=n)
        elif not isinstance(reason, str) or not reason.strip():
            wrong = text("the suppression of {rule} gives no reason, so it does not hold", rule=rule)
        elif until is not None and not isinstance(until, datetime.date):
            wrong = text(
                "the suppression of {rule} holds until {until}, which is no date such as 2027-01-31, so it does not hold",
                rule=rule,
                until=str(until),
            )
        elif subject is not None and not isinstance(subject, str):
            wrong = text("the subject in the suppression of {rule} is not a text, so it does not hold", rule=rule)
        elif unknown:
            # A misspelt `subject` or `until` would make it hold for more, or for longer, than was meant.
            wrong = text(
                "the suppression of {rule} has {keys}, which envguard does not know, so it does not hold",
                rule=rule,
                keys=unknown,
            )
        if wrong is not None:
            self.problem(wrong)
            return None
        return Suppression(str(rule).strip(), " ".join(str(reason).split()), subject, until)
