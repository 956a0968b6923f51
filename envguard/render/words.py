"""The fixed words of a report, each a `Text`, so that a catalog can hold them all; and the symbols beside them.

A symbol never stands alone and neither does a colour: both repeat a word.
"""

from __future__ import annotations

from types import MappingProxyType

from envguard.model import Certainty, Mark, Phase, Safety, Severity, Text, Verdict, Where

VERDICTS = MappingProxyType(
    {
        Verdict.SOUND: Text("sound"),
        Verdict.STRAINED: Text("strained"),
        Verdict.BROKEN: Text("broken"),
        Verdict.UNKNOWN: Text("unknown"),
    }
)
VERDICT_SYMBOLS = MappingProxyType(
    {Verdict.SOUND: "✓", Verdict.STRAINED: "!", Verdict.BROKEN: "✗", Verdict.UNKNOWN: "?"}
)
MEANINGS = MappingProxyType(
    {
        Verdict.SOUND: Text("nothing wrong was found"),
        Verdict.STRAINED: Text("it may work today, but something in it can break"),
        Verdict.BROKEN: Text("parts of it cannot work as they are"),
        Verdict.UNKNOWN: Text("envguard could not judge it"),
    }
)
LOG_READ = Text("only a log was read, which does not tell its state")

SEVERITIES = MappingProxyType(
    {Severity.ERROR: Text("error"), Severity.WARNING: Text("warning"), Severity.INFO: Text("info")}
)
SEVERITY_SYMBOLS = MappingProxyType({Severity.ERROR: "✗", Severity.WARNING: "!", Severity.INFO: "i"})
SEVERITY_COUNTS = MappingProxyType(
    {
        Severity.ERROR: Text("{n} error", plural="{n} errors"),
        Severity.WARNING: Text("{n} warning", plural="{n} warnings"),
        Severity.INFO: Text("{n} info", plural="{n} info"),
    }
)
CERTAINTIES = MappingProxyType({Certainty.CERTAIN: None, Certainty.LIKELY: Text("likely")})

PHASES = MappingProxyType(
    {
        Phase.CONDA_ONLY: Text("conda only"),
        Phase.CONDA_THEN_PIP: Text("first conda, then pip"),
        Phase.MIXED: Text("conda and pip mixed back and forth"),
        Phase.NOT_CONDA: Text("not a conda environment"),
        Phase.UNKNOWN: Text("nothing tells whether conda or pip came last"),
    }
)
SAFETIES = MappingProxyType(
    {
        Safety.SAFE: Text("safe to run"),
        Safety.REVIEW: Text("read it before you run it"),
        Safety.MANUAL: Text("to be done by hand"),
    }
)
PLACES = MappingProxyType(
    {
        Where.TERMINAL: Text("in a terminal:"),
        Where.CELL: Text("in a notebook cell:"),
        Where.KERNEL: Text("in the kernel:"),
    }
)
RESTART = Text("restart the kernel afterwards")
RESTARTS = MappingProxyType(
    {
        True: Text("restart needed: {reasons}"),
        False: Text("no restart needed: {reasons}"),
        None: Text("whether a restart is needed could not be told: {reasons}"),
    }
)

REPORT_ON = Text("envguard report on {name}")
PYTHON = Text("Python {version}")
NO_PYTHON = Text("no Python")
FROM_CONDA = Text("{n} package from conda", plural="{n} packages from conda")
FROM_PIP = Text("{n} from pip", plural="{n} from pip")
BASE = Text("the base environment")
READ_ONLY = Text("not writable for you")
NO_FINDINGS = Text("no findings")
CHECKED = Text("{n} rule checked", plural="{n} rules checked")
UNDECIDED = Text("{n} could not decide", plural="{n} could not decide")
CRASHED = Text("{n} failed", plural="{n} failed")

DO_FIRST = Text("Do this first")
SETTLES = Text("for {code} {subject}")
QUOTED = Text("“{says}”")
FINDINGS = Text("Findings")
SIFTED = Text("{n} finding is not shown, as you have chosen", plural="{n} findings are not shown, as you have chosen")
ALSO = Text("Good to know")
SO = Text("so:")
EVIDENCE = Text("evidence")
EVIDENCE_COUNT = Text("{n} piece of evidence", plural="{n} pieces of evidence")
FIX = Text("fix:")
FIX_OF_SEVERAL = Text("fix {n}:", plural="fix {n}:")
AS_ABOVE = Text("as above")
SEE_FIRST = Text("see “Do this first”")
COULD_NOT_DECIDE = Text("{n} rule could not decide", plural="{n} rules could not decide")
FAILED = Text(
    "{n} rule failed: a bug of envguard, please report it",
    plural="{n} rules failed: a bug of envguard, please report it",
)
COULD_NOT_READ = Text("{n} problem met while reading", plural="{n} problems met while reading")
AND_MORE = Text("and {n} more", plural="and {n} more")
MORE_OF_RULE = Text(
    "… and {n} more of this rule: `envguard check --format json` lists it",
    plural="… and {n} more of this rule: `envguard check --format json` lists them all",
)
LEFT_OUT = Text(
    "{n} result was left out: code scanning takes no more than {most} of one run",
    plural="{n} results were left out: code scanning takes no more than {most} of one run",
)
SUMMARY = Text("{meaning}. {checked}.")
MADE_BY = Text("envguard {version}, {made_at}")
EXPLAIN = Text("`envguard explain {code}` tells more about a finding")
PLAN = Text("`envguard plan` shows the smallest way back to a sound state")

PHASE_SYMBOLS = MappingProxyType(
    {Phase.CONDA_ONLY: "✓", Phase.CONDA_THEN_PIP: "✓", Phase.MIXED: "!", Phase.NOT_CONDA: "·", Phase.UNKNOWN: "?"}
)
PHASE_STYLES = MappingProxyType(
    {
        Phase.CONDA_ONLY: "sound",
        Phase.CONDA_THEN_PIP: "sound",
        Phase.MIXED: "strained",
        Phase.NOT_CONDA: "unknown",
        Phase.UNKNOWN: "unknown",
    }
)
TIMELINE = Text("How it came to be")
TIMELINE_OF = Text("timeline of {name}")
ALL_OF_IT = Text("`envguard history` tells all of it")
NO_EVENTS = Text("nothing in this environment tells when it was made or changed")
WHEN = Text("when")
NO_DATE = Text("no date")
CONDA = Text("conda")
PIP = Text("pip and others")
HANDOVER = Text("hand-over: pip installs from here on; conda should not come back")
HANDOVER_SHORT = Text("hand-over to pip")
MARKS = MappingProxyType(
    {
        Mark.HANDOVER: None,
        Mark.VIOLATION: Text("conda after pip"),
        Mark.COPIED: Text("dated before this environment was made (copied)"),
    }
)
MARK_SYMBOLS = MappingProxyType({Mark.HANDOVER: "⇒", Mark.VIOLATION: "✗", Mark.COPIED: "○"})
MARK_STYLES = MappingProxyType({Mark.HANDOVER: "strong", Mark.VIOLATION: "error", Mark.COPIED: "soft"})
VIOLATIONS = Text(
    "conda changed packages once after pip had installed",
    plural="conda changed packages {n} times after pip had installed",
)
BY_ACTOR = Text("by {actor}")
ACTIONS = MappingProxyType(
    {
        "create": Text("made the environment"),
        "nothing": Text("changed nothing"),
        "notice": Text("took note of what pip had installed"),
        "undo": Text("took back an install"),
    }
)
IN_NOTEBOOK = Text("in {notebook}")
IN_CELL = Text("cell {cell}")
BY_USER = Text("by {user}")
FOUND_LATER = Text("found afterwards")
COMMAND_FAILED = Text("the command failed")
TAKEN_BACK = Text("taken back later")
NOT_FORECAST = Text("not what the forecast said")
UNDO_POINT = Text("can be taken back: {command}")
HISTORY = Text("All of its history ({n} event)", plural="All of its history ({n} events)")
ADDED = Text("added")
ADDED_COUNT = Text("added {n} package", plural="added {n} packages")
REMOVED = Text("removed")
REMOVED_COUNT = Text("removed {n} package", plural="removed {n} packages")
CHANGED = Text("changed")
CHANGED_COUNT = Text("changed {n} package", plural="changed {n} packages")
OPEN_ENDS = Text("What this cannot tell")
MORE_EVENTS = Text("… {n} more event", plural="… {n} more events")

SUPPRESSED = Text(
    "{n} finding is suppressed by this project",
    plural="{n} findings are suppressed by this project",
)
UNTIL = Text("until {date}")
KNOWN = Text("{n} known finding not shown", plural="{n} known findings not shown")
NO_NEW_FINDINGS = Text("no new findings")

DIFFERENCES_OF = Text("{first} and {second} compared")
NO_DIFFERENCE = Text("no package differs")
MATTER = Text("{n} difference matters", plural="{n} differences matter")
MINOR = Text("{n} is minor", plural="{n} are minor")
ONE_SIDED = Text("{n} package in one only", plural="{n} packages in one only")
SAME = Text("{n} the same", plural="{n} the same")
WHAT_MATTERS = Text("What matters")
WHAT_IS_MINOR = Text("Minor")
ONLY_IN = Text("Only in {name}")
FINDINGS_ONLY_IN = Text("Findings only in {name}")
PACKAGE = Text("package")
PIP_OVER_CONDA = Text("pip over conda")
DIFFERS_IN = Text("differs in")
KINDS = MappingProxyType(
    {
        "only": Text("presence"),
        "owner": Text("owner"),
        "version": Text("version"),
        "patch": Text("patch"),
        "build": Text("build"),
        "rebuild": Text("rebuild"),
        "channel": Text("channel"),
    }
)
