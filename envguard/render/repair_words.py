"""The fixed words of plan and repair, each a `Text`, as those of a report are."""

from __future__ import annotations

from types import MappingProxyType

from envguard.model import Text
from envguard.repair_report import By

NOTHING = Text("nothing to repair")
UNTOLD = Text("it cannot be told whether there is anything to repair")
WOULD = Text("plan of a repair")
PARTLY_WOULD = Text("plan of a repair, which does not clear everything")
NO_STEP = Text("no step that envguard takes")
REFUSED = Text("left alone")
DONE = Text("repaired")
PARTLY = Text("repaired in part")
BACK = Text("not repaired; everything is as it was before")
HALF = Text("not repaired, and not everything is as it was before")
FROM_TO = Text("{before} → {after}")
WHERE = Text("in {prefix}")
WHY_NOT = Text("Why envguard leaves it alone")
STEPS = Text("Steps")
BY = MappingProxyType(
    {
        By.TOOL: None,
        By.PIP: None,
        By.ENVGUARD: Text("envguard does this itself, without that program"),
    }
)
CHANGES = Text("What an import gives")
COLUMNS = (Text("package"), Text("now"), Text("afterwards"))
COLUMNS_DONE = (Text("package"), Text("before"), Text("now"))
ABSENT = Text("–")
LOSES = Text("What is lost")
CHOICES = Text("Whose it is")
KEEPS = MappingProxyType(
    {
        "conda": Text("{package}: conda's {conda}, not pip's {pip}"),
        "pip": Text("{name}: pip's {pip}, not conda's {conda}"),
    }
)
PROOF = Text("What the check says then")
CHECKED = Text("What the check says now")
CLEARED = Text("{n} finding is gone: {names}", plural="{n} findings are gone: {names}")
NOT_CLEARED = Text("no finding goes")
NONE_LEFT = Text("no error and no warning is left")
REMAINS = Text("What is left")
NEW = Text("What is new")
BY_HAND = Text("What only you can do")
INSTEAD = Text("What to do instead")
REBUILD = Text("A new environment is the better way")
KNOWN = Text("What should be known")
SAID = Text("What the program said")
RESTART_NOW = Text("restart the kernel")
APPLY = Text("`envguard repair --apply` does this, with a way back; `%envcheck repair --apply` in a notebook")
RESUME = Text(
    "a repair was interrupted here: `envguard repair --resume` takes back what it had done, and begins anew; `envguard undo` only takes it back"
)
UNDO = Text("`envguard undo {id}` takes it back")
