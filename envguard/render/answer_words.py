"""The fixed words of an answer, each a `Text`, as those of a report are."""

from __future__ import annotations

from types import MappingProxyType

from envguard.model import Certainty, Text

WHY = Text("why an error came about")
NO_ERROR = Text("there is no error here to explain")
NOT_EXPLAINED = Text("nothing that envguard knows of {name} explains this error")
LOOKED_AT = Text("looked at:")
WOULD_HELP = Text("what would help:")
CAUSE = Text("cause")
CAUSE_OF_SEVERAL = Text("cause {n}", plural="cause {n}")
HOW_CERTAIN = MappingProxyType({Certainty.CERTAIN: Text("certain"), Certainty.LIKELY: Text("likely")})
EXPLAIN = Text("`envguard explain {code}` tells more")
