"""Results: what the rules say, complete enough that a renderer needs nothing else.

Every value is frozen. Text that a person reads is a `Text`: an English template with named arguments, so that a
renderer can say it in another language and a program can read the arguments.
"""

from __future__ import annotations

import enum
import hashlib
import re
from dataclasses import field
from types import MappingProxyType
from typing import TYPE_CHECKING

from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Mapping


@value
class Text:
    """One sentence: the English template is its message id, `{name}` stands for an argument.

    `plural` is the template for `args["n"] != 1`. A tuple argument is a list of names, joined by the renderer; a Text
    is words of ours, which are said in the language of the whole.
    """

    text: str
    args: Mapping[str, Argument] = field(default_factory=dict)
    plural: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "args", MappingProxyType(dict(self.args)))

    def __hash__(self) -> int:
        return hash((self.text, tuple(self.args.items())))

    def template(self) -> str:
        """The template that fits the number `n` in English."""
        return self.plural if self.plural is not None and self.args.get("n") != 1 else self.text

    def english(self) -> str:
        """The English sentence, arguments filled in as they are; for logs and exceptions."""
        return fill(self.template(), self.args)


Argument = str | int | tuple[str, ...] | Text


def fill(template: str, args: Mapping[str, Argument]) -> str:
    """Puts arguments into a template, lists joined by commas."""
    return template.format_map(
        {
            key: value.english() if isinstance(value, Text) else ", ".join(value) if isinstance(value, tuple) else value
            for key, value in args.items()
        }
    )


def text(template: str, /, plural: str | None = None, **args: Argument) -> Text:
    """A `Text`, short to write in a rule."""
    return Text(template, args, plural)


class Severity(enum.Enum):
    """How bad: an error breaks code, a warning will, information only helps to understand."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst; the order in which findings are told."""
        return list(Severity).index(self)


class Certainty(enum.Enum):
    """Whether the evidence decides the matter or only suggests it."""

    CERTAIN = "certain"
    LIKELY = "likely"


class Safety(enum.Enum):
    """Whether a fix may be run without thinking, after reading it, or only by hand."""

    SAFE = "safe"
    REVIEW = "review"
    MANUAL = "manual"


class Where(enum.Enum):
    """Where a step of a fix is run."""

    TERMINAL = "terminal"
    CELL = "cell"
    KERNEL = "kernel"


class Phase(enum.Enum):
    """Who has written into the environment, in which order."""

    CONDA_ONLY = "conda only"
    CONDA_THEN_PIP = "conda then pip"
    MIXED = "mixed back and forth"
    NOT_CONDA = "not conda"
    UNKNOWN = "unknown"


class Verdict(enum.Enum):
    """The report in one word."""

    SOUND = "sound"
    STRAINED = "strained"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@value
class Evidence:
    """One statement that anybody can check, and the file or place to check it in."""

    says: Text
    source: str


class Act(enum.Enum):
    """What a step does to the environment, for whoever foretells it, or does it without the program that it names."""

    UNINSTALL = "uninstall"
    """pip takes distributions off; `of` are their names"""
    DELETE = "delete"
    """files and folders go; `of` are their paths below the prefix"""
    RELINK = "relink"
    """conda links packages anew, in the builds of their records; `of` are their names"""
    FORGET = "forget"
    """conda lets go of packages and leaves what depends on them; `of` are their names"""
    CONDA_REMOVE = "conda-remove"
    """conda removes packages; `of` are their names"""
    CONDA_INSTALL = "conda-install"
    """conda installs specs"""
    PIP_INSTALL = "pip-install"
    """pip installs requirements; `of` are its arguments"""


@value
class Step:
    """One command of a fix: an argument vector, never a shell line."""

    argv: tuple[str, ...]
    where: Where = Where.TERMINAL
    act: Act | None = None
    """None if only a person can do it, or if it changes something else than the environment."""
    of: tuple[str, ...] = ()
    """What it acts on."""


@value
class Fix:
    """A way out, as data; envguard runs none of it unless asked."""

    title: Text
    steps: tuple[Step, ...] = ()
    safety: Safety = Safety.REVIEW
    restart: bool = False


@value
class Finding:
    """What a rule found about one subject, with the evidence and the ways out."""

    rule: str
    code: int
    severity: Severity
    certainty: Certainty
    subject: str
    message: Text
    consequence: Text | None
    evidence: tuple[Evidence, ...]
    fixes: tuple[Fix, ...]

    @property
    def fingerprint(self) -> str:
        """What stays the same of a finding from run to run and from machine to machine; not its counts, not its folders."""
        args = sorted(
            f"{name}={_settled(value)}" for name, value in self.message.args.items() if not isinstance(value, int)
        )
        said = "\0".join((self.rule, self.severity.value, _settled(self.subject), *args))
        return hashlib.sha256(said.encode("utf-8", "backslashreplace")).hexdigest()[:32]


_FOLDERS = r"(?:file:/*|(?<![\w.:/\\])(?:[A-Za-z]:)?[\\/])(?:[^\\/:,;'\"]*[\\/])*"
"""The folders of an absolute path, up to its last part."""


def _settled(value: str | tuple[str, ...] | Text) -> str:
    """A value without what differs between two machines: the order of a list, the folder of an absolute path."""
    if isinstance(value, Text):
        value = value.english()
    if isinstance(value, tuple):
        return ",".join(sorted(map(_settled, value)))
    return " ".join(re.sub(_FOLDERS, "", value).split())


@value
class Suppressed:
    """A finding that somebody accepted, with the reason; it does not count, and is not kept silent about."""

    finding: Finding
    reason: str
    until: str | None
    source: str


@value
class RulePage:
    """A rule as a renderer needs it: its names and its page, in Markdown."""

    rule: str
    code: int
    severity: Severity
    title: str
    page: str


@value
class Skipped:
    """A rule that could not decide, and why; silence never looks like health."""

    rule: str
    reason: Text


@value
class Failed:
    """A rule that crashed: a bug of envguard, which must not look like health."""

    rule: str
    error: str


@value
class Problem:
    """Something that could not be read, told once; the rest of the report still stands."""

    source: str
    reason: Text


class Mark(enum.Enum):
    """What makes an event of the timeline worth a second look."""

    HANDOVER = "handover"
    """pip's first install: from here on conda should change nothing"""
    VIOLATION = "violation"
    """conda changed packages although pip had installed"""
    COPIED = "copied"
    """dated before the environment was made, as in a clone or a copy; not judged"""


@value
class Change:
    """One package before and after an event: None before is an addition, None after a removal."""

    name: str
    before: str | None
    after: str | None


@value
class Event:
    """One change of the environment. `when` is local time, ISO 8601, as the source wrote it; None if unknown."""

    when: str | None
    actor: str
    action: str
    packages: tuple[str, ...]
    command: str | None
    source: str
    changes: tuple[Change, ...] = ()
    mark: Mark | None = None
    deed: str | None = None
    """What the ledger tells it as: install, found or undo; None if only files tell of it."""
    notebook: str | None = None
    cell: str | None = None
    user: str | None = None
    undo: str | None = None
    """The checkpoint by which it can be taken back; of an undo, the one that was taken back."""
    undone: bool = False
    """Whether it was taken back later."""
    failed: bool | None = None
    kept: bool | None = None
    """Whether the forecast was what happened."""


@value
class Restart:
    """Whether the kernel must be restarted for what was installed while it ran."""

    needed: bool | None
    """None if that could not be told."""
    names: tuple[str, ...]
    """The modules that are the reason."""
    says: tuple[Text, ...]
    """A sentence for each; or the one that says why not."""


@value
class Summary:
    """The environment in a few figures: what the headline of a report shows."""

    prefix: str
    name: str
    python_version: str | None
    platform: str | None
    base: bool
    writable: bool
    conda_packages: int
    distributions: int
    pip_distributions: int


@value
class Timeline:
    """How an environment came to be, the oldest event first."""

    environment: Summary
    phase: Phase
    events: tuple[Event, ...]
    notes: tuple[Text, ...]
    """What the events cannot tell."""
    envguard_version: str
    made_at: str

    @property
    def handover(self) -> int | None:
        """Which event is pip's first install after conda's; None if there is none."""
        return next((number for number, event in enumerate(self.events) if event.mark is Mark.HANDOVER), None)

    @property
    def violations(self) -> tuple[int, ...]:
        """Which events are conda's although pip had installed."""
        return tuple(number for number, event in enumerate(self.events) if event.mark is Mark.VIOLATION)


@value
class Cause:
    """One explanation of an error, with what confirms it and the ways out."""

    rule: str
    code: int
    certainty: Certainty
    subject: str
    message: Text
    evidence: tuple[Evidence, ...] = ()
    fixes: tuple[Fix, ...] = ()


@value
class Answer:
    """Why an error came about: the most certain cause first, or what was looked at in vain."""

    error: str
    """The error that the causes explain, in its own words; empty if there was none."""
    environment: Summary
    causes: tuple[Cause, ...]
    notes: tuple[Text, ...]
    """What else is known of the error: that it is harmless, or another environment's."""
    looked: tuple[Text, ...]
    """What was looked at."""
    advice: tuple[Text, ...]
    """What would help to find the cause, where there is none."""
    envguard_version: str
    made_at: str


@value
class Report:
    """Everything a renderer needs, in the order in which it is told."""

    environment: Summary
    phase: Phase
    verdict: Verdict
    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    failed: tuple[Failed, ...]
    problems: tuple[Problem, ...]
    timeline: tuple[Event, ...]
    checked: int
    envguard_version: str
    made_at: str
    suppressed: tuple[Suppressed, ...] = ()
    known: int | None = None
    """How many findings a baseline knows, which are left out here; None without a baseline."""
    restart: Restart | None = None
    """None where no kernel was asked, or nothing was installed since it started."""
    of_log: bool = False
    """Whether an installer's log was read, and not the environment, of which nothing is judged then."""

    def count(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return sum(finding.severity is severity for finding in self.findings)
