"""`%envcheck` in a real kernel: it tells of that very process, and leaves it as it was."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from tests.frontends.notebooks import notebook

if TYPE_CHECKING:
    from pathlib import Path

STATE = """
import json as _json, os as _os, sys as _sys, threading as _threading
def _state():
    return {
        "names": sorted(name for name in globals() if not name.startswith("_")),
        "variables": dict(_os.environ),
        "path": list(_sys.path),
        "folder": _os.getcwd(),
        "threads": sorted(each.name for each in _threading.enumerate()),
        "hooks": [repr(each) for each in (*_sys.meta_path, *_sys.path_hooks, _sys.excepthook, _sys.displayhook)],
        "count": get_ipython().execution_count,
    }
"""
FORK = """
import os, warnings
with warnings.catch_warnings(record=True) as _caught:
    warnings.simplefilter("always")
    _child = os.fork()
    if not _child:
        os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(_child, 0)[1]), len(_caught))
"""
ASK = """
from envguard import collect as _collect
_process = _collect.by_import(process="kernel").process
print(_json.dumps({{"names": [each.name for each in _process.modules], "mapped": [each.path for each in _process.mapped or ()]{more}}}))
"""


def said(outputs: list[Any]) -> Any:
    return json.loads(outputs[0]["text"])


def test_a_check_changes_nothing(kernels: Path):
    _, before, _, shown, again, after, forked = notebook(
        kernels,
        STATE,
        "print(_json.dumps(_state()))",
        "%load_ext envguard",
        "%envcheck",
        "%envcheck --details",
        "print(_json.dumps(_state()))",
        FORK if hasattr(os, "fork") else "print('7 0')",
    )
    assert [set(each["data"]) for each in (*shown, *again)] == [{"text/html", "text/plain"}] * 2
    first, last = said(before), said(after)
    assert last.pop("count") == first.pop("count") + 4
    assert last == first
    assert forked[0]["text"].split()[0] == "7"
    warned = int(forked[0]["text"].split()[1])
    assert warned <= 1  # Python's own, for the threads that every kernel has


def test_what_the_check_itself_brought_is_not_told(kernels: Path):
    (kernels / "foolib.py").write_text("__version__ = '1.5'\n")
    _, _, _, _, told, _, later = notebook(
        kernels,
        "import json as _json, sys; _before = set(sys.modules); import foolib",
        "%load_ext envguard",
        # as where a spec is not plain, which alone needs it
        "from envguard import brought, versions\nwith brought.visit():\n    versions.require_conda()",
        "%envcheck",
        ASK.format(more=', "before": sorted(_before), "loaded": sorted(sys.modules)'),
        "import rattler",
        ASK.format(more=""),
    )
    answer = said(told)
    assert "rattler" in answer["loaded"]
    new = set(answer["names"]) - set(answer["before"])
    assert {name for name in new if not name.startswith("IPython.")} == {"foolib"}  # %load_ext is IPython's
    assert not any("rattler" in path for path in answer["mapped"])
    assert "rattler" in said(later)["names"]
    assert any("rattler" in path for path in said(later)["mapped"])
