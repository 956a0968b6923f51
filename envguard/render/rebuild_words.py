"""The fixed words of a rebuild, each a `Text`."""

from __future__ import annotations

from types import MappingProxyType

from envguard.export_report import Depth
from envguard.model import Text

WOULD = Text("plan of a new environment")
REFUSED = Text("nothing is made")
DONE = Text("the new environment is there")
PARTLY = Text("the new environment is there, and not all is well in it")
FAILED = Text("the new environment was not finished")
FROM = Text("in place of {prefix}, which stays as it is")
AT = Text("in {prefix}")
WHY_NOT = Text("Why not")
INSTEAD = Text("What to do instead")
CONDA = Text("First conda brings {n} package", plural="First conda brings {n} packages")
DEPTHS = MappingProxyType(
    {
        Depth.EXACT: Text("the same versions and builds as here, from {channels}"),
        Depth.VERSIONS: Text("the same versions as here, in other builds where need be, from {channels}"),
        Depth.HISTORY: Text("what was once asked for, and what that needs today, from {channels}"),
    }
)
ASKED = Text("asked for: {names}")
CHANGED = Text("another version than here: {names}")
NEW = Text("not here so far: {names}")
PIP = Text("Then pip installs {n} package, once", plural="Then pip installs {n} packages, once")
ALL_LISTED = Text("every one is listed, so pip looks for no others")
CONSTRAINED = Text(
    "and leaves {n} package of conda's as it is", plural="and leaves the {n} packages of conda's as they are"
)
CARRIED = Text("settings are copied: {files}")
KERNEL = Text("notebooks find it as the kernel {name} ({title}), written into {folder}")
LOSES = Text("What is lost")
GAINS = Text("What comes back")
KNOWN = Text("What should be known")
BY_HAND = Text("The same by hand")
APPLY = Text("without `--dry-run` envguard asks, and then makes it")
IMPORTS = Text("What can be imported")
IMPORTS_WELL = Text("all {n} modules that were asked for, in both environments")
IMPORTS_COLUMNS = (Text("package"), Text("module"), Text("before"), Text("now"))
YES = Text("yes")
NO = Text("no")
UNKNOWN = Text("not tried")
CHECKED = Text("What the check says of the new environment")
NONE_LEFT = Text("no error and no warning")
DIFFERS = Text("What differs")
NO_DIFFERENCE = Text("nothing: every package is the same")
DIFFERENCES = Text(
    "{n} package: `envguard diff {first} {second}` shows it",
    plural="{n} packages, {matters} of them so that code can notice: `envguard diff {first} {second}` shows them",
)
SAID = Text("What the program said")
HALF_BUILT = Text(
    "{folder} is marked as unfinished: `envguard rebuild {target} --resume` begins it anew with what was fetched, `envguard rebuild {target} --discard` removes it"
)
USE_BESIDE = Text("use it: `conda activate {folder}`")
"""Where the old environment is not the user's to remove."""
USE = Text("use it: `conda activate {folder}`; the old environment can go once nobody needs it")
