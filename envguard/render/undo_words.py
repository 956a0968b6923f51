"""The fixed words of taking back, each a `Text`, as those of a report are."""

from __future__ import annotations

from types import MappingProxyType

from envguard.model import Text
from envguard.undo_report import State

STATES = MappingProxyType(
    {
        State.BEGUN: Text("running, or stopped in the middle"),
        State.ENDED: Text("can be taken back"),
        State.UNDOING: Text("half taken back"),
        State.UNDONE: Text("taken back"),
    }
)
UNFINISHED = Text("never came to its end")
FAILED = Text("failed")
WOULD = Text("can be taken back")
REFUSED = Text("not taken back")
DONE = Text("taken back")
PARTLY = Text("taken back in part")
NOTHING = Text("there is nothing to take back")
NO_COMMAND = Text("no command is known")
BEGAN = Text("begun {when}, {id}")
WHERE = Text("in {prefix}")
WHY_NOT = Text("Why not")
WITH_IT = Text("Taken back with it, as they came later")
CHANGES = Text("What that means")
COLUMNS = (Text("package"), Text("now"), Text("afterwards"))
COLUMNS_DONE = (Text("package"), Text("before"), Text("now"))
ABSENT = Text("–")
GONE = Text("removed")
REMOVES = Text("{n} file goes", plural="{n} files go")
RESTORES = Text("{n} file comes back", plural="{n} files come back")
REMOVED = Text("{n} file removed", plural="{n} files removed")
RESTORED = Text("{n} file brought back", plural="{n} files brought back")
FETCHED = Text("{n} of them from conda's package cache", plural="{n} of them from conda's package cache")
UNCHANGED = Text("nothing has changed since")
KNOWN = Text("What should be known")
LEFT = Text("What does not come back")
SAME = Text("every path is as it was before: kind, mode, date and size")
NOT_SAME = Text("not as before: {paths}")
BY_BOOKS = Text("{n} by a hash in conda's or pip's books", plural="{n} by hashes in conda's or pip's books")
BY_HASH = Text("{n} by the hash taken before", plural="{n} by the hashes taken before")
BY_DATE = Text("{n} by size and date alone", plural="{n} by size and date alone")
PROVEN = Text("what came back was held against: {ways}")

LIST = Text("undo points of {prefix}")
ON = Text("a way back is made before each install")
OFF = Text("no way back is made before installs; `envguard enable --undo` changes that")
CLEARED = Text("{n} undo point was let go", plural="{n} undo points were let go")
LIST_COLUMNS = (Text("id"), Text("command"), Text("changes"), Text("state"))
CHANGED = Text("{n} package", plural="{n} packages")
OPEN = Text("{id} never came to its end: `envguard undo {id}` takes it back")
