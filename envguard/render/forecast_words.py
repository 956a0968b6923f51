"""The fixed words of a forecast, each a `Text`, as those of a report are."""

from __future__ import annotations

from types import MappingProxyType

from envguard.forecast_report import Depth, Outcome
from envguard.model import Text

ABOUT = Text("forecast for {name}")
NOWHERE = Text("no environment")
OUTCOMES = MappingProxyType(
    {
        Outcome.HARMLESS: Text("harmless"),
        Outcome.RISKY: Text("risky"),
        Outcome.HARMFUL: Text("harmful"),
        Outcome.REFUSED: Text("would be refused"),
        Outcome.UNKNOWN: Text("cannot be foretold"),
    }
)
SYMBOLS = MappingProxyType(
    {Outcome.HARMLESS: "✓", Outcome.RISKY: "!", Outcome.HARMFUL: "✗", Outcome.REFUSED: "✗", Outcome.UNKNOWN: "?"}
)
STYLES = MappingProxyType(
    {
        Outcome.HARMLESS: "sound",
        Outcome.RISKY: "strained",
        Outcome.HARMFUL: "broken",
        Outcome.REFUSED: "broken",
        Outcome.UNKNOWN: "unknown",
    }
)
DEPTHS = MappingProxyType(
    {
        Depth.QUICK: Text("at a glance: dependencies were not looked up"),
        Depth.FULL: Text("as its resolver would do it"),
    }
)
NEW = Text("{n} new", plural="{n} new")
REPLACED = Text("{n} replaced", plural="{n} replaced")
REMOVED = Text("{n} removed", plural="{n} removed")
NOTHING = Text("nothing would change")
NOT_KNOWN = Text("what would change is not known")
WOULD_CHANGE = Text("would change {prefix}")
WOULD_GO = Text("would go into {folder}")
SPEAKS_AGAINST = Text("What speaks against it")
CHANGES = Text("What would change")
COLUMNS = (Text("package"), Text("now"), Text("afterwards"), Text("owner now"), Text("needed by"))
ABSENT = Text("–")
VERSION_UNKNOWN = Text("another version")
GONE = Text("removed")
COMES = Text("new:")
OWNERS = MappingProxyType({"conda": Text("conda"), "pip": Text("pip")})
AFTERWARDS = Text("What a report would say afterwards")
NOT_YET = Text("not so yet: `envguard check` would say this after the command")
SETTLED = Text("What it would settle")
STALE = Text("loaded in the kernel, and no longer what is on disk then: {names}")
BETTER = Text("Other ways")
WAY = Text("{n}:", plural="{n}:")
TRIED = MappingProxyType({True: Text("tried in a dry run"), False: Text("a dry run failed"), None: Text("not tried")})
NOT_FORETOLD = Text("What could not be foretold")
