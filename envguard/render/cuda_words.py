"""The fixed words of what `cuda` tells, each a `Text`, as those of a report are."""

from __future__ import annotations

from types import MappingProxyType

from envguard.cuda_report import State
from envguard.model import Text

ABOUT = Text("CUDA in {name}")
STATES = MappingProxyType(
    {
        State.WORKS: Text("works"),
        State.BLOCKED: Text("does not work"),
        State.UNKNOWN: Text("cannot be told"),
        State.ABSENT: Text("nothing to judge"),
    }
)
SYMBOLS = MappingProxyType({State.WORKS: "✓", State.BLOCKED: "✗", State.UNKNOWN: "?", State.ABSENT: "–"})
STYLES = MappingProxyType(
    {State.WORKS: "sound", State.BLOCKED: "broken", State.UNKNOWN: "unknown", State.ABSENT: "unknown"}
)
COLUMNS = (
    Text("framework"),
    Text("asked of conda"),
    Text("built for"),
    Text("would load"),
    Text("in memory"),
    Text("owner"),
)
WHO_USES_IT = Text("Who uses CUDA")
LIBRARIES = Text("{framework}: its libraries")
MACHINE = Text("Driver and GPUs")
ALSO = Text("What else is known")
NOTHING = Text("–")
WITHOUT = Text("no CUDA")
NOT_KNOWN = Text("not known")
NOT_ASKED = Text("not asked")
NOT_LOADED = Text("not loaded")
LOST = Text("{family}: not found")
MORE = Text("and {n} more", plural="and {n} more")
ASKED = Text("conda was asked for {asked}")
ORIGINS = MappingProxyType(
    {
        "conda": Text("conda"),
        "pip": Text("pip"),
        "system": Text("system"),
        "nobody": Text("nobody"),
        "none": Text("not found"),
    }
)
WAYS = MappingProxyType(
    {
        "loaded": Text("is loaded already"),
        "rpath": Text("by RPATH"),
        "library-path": Text("by LD_LIBRARY_PATH"),
        "runpath": Text("by RUNPATH"),
        "cache": Text("by ld.so.cache"),
        "default": Text("in a folder of the system"),
        "path": Text("by its path"),
        "nowhere": Text("nowhere"),
    }
)
NEEDED_BY = Text("needed by {file}")
DRIVER = Text("driver")
DRIVER_NOT_ASKED = Text("was not asked")
DRIVER_FAILED = Text("could not be asked: {reason}")
NO_DRIVER = Text("none: {message}")
RELEASE = Text("{release}")
RUNS = Text("runs CUDA {cuda}")
MODULE = Text("kernel module {module}")
ANSWERS = Text("cuInit answers {code}")
GPU = Text("GPU {index}")
CAPABILITY = Text("capability {capability}")
UNFIT = Text("{frameworks} was not built for it", plural="{frameworks} were not built for it")
HOLDS = Text("holds code for {arch}")
CRASHED = Text("a rule crashed, which is a bug of envguard: {rules}")
