"""Whether an error in a cell is of a kind that an environment causes, told cheaply: by the error alone, without a look."""

from __future__ import annotations

import re
import sys
from types import ModuleType
from typing import TYPE_CHECKING

from envguard.why import cuda, libraries, numerics, runtime, symbols
from envguard.why.case import top_of
from envguard.why.reading import from_exception
from envguard.why.symptom import base

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.why.symptom import Symptom

_ROWS = (*numerics.ROWS, *symbols.ROWS, *runtime.ROWS, *cuda.ROWS, *libraries.ROWS)
_OF_AN_ENVIRONMENT = frozenset(("pip", "conda", "_ssl", "_ctypes", "_sqlite3", "_lzma", "_bz2", "_hashlib"))
_INSTALL = re.compile(r"[ \t]*[%!]{1,2}[^\n]{0,300}?\binstall\b([^\n]{0,2000})")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,100}")
_CELLS, _LONGEST = 300, 20_000


def telling(error: BaseException, cells: Iterable[str] = ()) -> bool:
    """Whether it is worth while to ask why; `cells` are those run so far, which may have installed something."""
    if not isinstance(
        error, (ImportError, OSError, RuntimeError, AttributeError, ValueError, TypeError, AssertionError)
    ):
        return False
    (group,) = from_exception(error)
    if any(row.fits(symptom) for symptom in group for row in _ROWS):
        return True
    if isinstance(error, ModuleNotFoundError):
        return _module(group[0], cells)
    if isinstance(error, ImportError):
        return _is_installed_or_hides(error.path, error.name)
    if isinstance(error, AttributeError):
        # `obj` is the very module, where the error is one of a module
        module = getattr(error, "obj", None)
        if type(module) is ModuleType:
            return hides(getattr(module, "__file__", None), module.__name__)
    return False


def _module(symptom: Symptom, cells: Iterable[str]) -> bool:
    """One that a library misses, one that every Python has, or one that a cell has just installed."""
    name = symptom.names[0] if symptom.names else ""
    top = name.partition(".")[0]
    if not top:
        return False
    if top in _OF_AN_ENVIRONMENT or any(top_of(path) for path in symptom.frames[-1:]):
        return True
    if "." in name and top in sys.modules and hides(getattr(sys.modules[top], "__file__", None), top):
        return True
    wanted = _plain(top)
    return any(wanted in installed(cell) for cell in list(cells)[-_CELLS:])


def installed(cell: str) -> frozenset[str]:
    """What the lines of a cell ask an installer for, by name."""
    found: set[str] = set()
    if "install" not in cell:
        return frozenset()
    for line in cell[:_LONGEST].splitlines():
        match = _INSTALL.match(line)
        words = match[1].split() if match else []
        found.update(_plain(name[0]) for word in words if (name := _NAME.match(word.strip("'\""))))
    return frozenset(found)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~;\[]", name, maxsplit=1)[0]).lower()


def _is_installed_or_hides(path: str | None, name: str | None) -> bool:
    return bool(path) and (top_of(path or "") is not None or hides(path, name))


def hides(path: str | None, name: str | None) -> bool:
    """Whether a module has the name of one of Python's own and is another."""
    top = (name or "").partition(".")[0]
    clean = (path or "").replace("\\", "/")
    named = base(clean) == f"{top}.py" or clean.endswith(f"/{top}/__init__.py")
    return named and top in sys.stdlib_module_names and not re.search(r"/lib(?:64)?/python\d|/Lib/", clean)
