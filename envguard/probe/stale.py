"""What a process has loaded against what the disk holds now: which modules and libraries an install has left behind.

`mark` takes what `live.py` tells and fills in `stale`. The contract:

* Standard library only, Python 3.8 and later, and this one file alone: its source is sent into other kernels.
* Nothing is imported, run or reloaded; no attribute of the user's objects is asked that could run code.
* Only files written since the process started are looked at, for there can be no others; a time limit holds.
* "differs" and "gone" are certain. "changed" says that a file was written since and could not be compared.
* What was merely installed again, or reloaded since, is not stale.
"""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import marshal
import os
import sys
import time
import types
import warnings
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Tuple

Facts = Dict[str, Any]
Known = Dict[Tuple[str, int], List[types.CodeType]]
Place = Optional[Tuple[int, int]]

SECONDS = 0.2
"""For all comparisons, of which there are any only after an install: numpy's 107 modules put there once more take 0.16 s.
What is not reached counts as "changed", and the next look goes on from there."""

_EARLIER = 2.0
"""The start of a process is known to a second or so; and a file that is compared in vain does no harm."""
_LARGEST = 2 << 20
"""Bytes of a source that are compiled at most."""
_NAMED = 100000
"""Bytes of a source without functions whose names are compared."""
_TAKES_MORE = 0x04 | 0x08
"""The flags of code for *args and **kwargs; decorators such as types.coroutine change others."""
_SEGMENT = 1 << 16
"""Bytes at the beginning of a library that decide: headers, build id, the tables of its symbols."""

_ODD = "odd"
"""The verdict on a module that is no plain one of a plain file."""

_same_as_loaded: set[tuple[str, int, int, int]] = set()
"""(file, size, times) of what was found to be what is loaded, so that it need not be compared again."""


def mark(facts: Facts, seconds: float = SECONDS) -> Facts:
    """The facts of this very process, `stale` filled in for modules and mapped libraries."""
    if facts.get("started") is None:
        return facts
    since = facts["started"] - _EARLIER
    libraries = _Libraries(facts.get("mapped"))
    for each in facts.get("mapped") or ():
        if each.get("deleted"):
            each["path"], each["stale"] = libraries.judge(each["path"])
    written = _written(facts["modules"], since)
    until = time.perf_counter() + seconds
    for group in written:
        _mark_package([each for _, *each in sorted(group, key=lambda item: item[0])], libraries, until)
    return facts


def _mark_package(group: list[Any], libraries: _Libraries, until: float) -> None:
    odd, same = [], False
    for told, status in group:
        found = _judge(told, status, libraries, until)
        if found == _ODD:
            odd.append(told)
            continue
        told["stale"] = found
        same = same or found is None
        if found in ("differs", "gone"):
            return  # the package needs a restart, whatever the others are
    for told in odd:
        # what cannot be compared at all is taken to be as the rest of its package
        told["stale"] = None if same else "changed"


def _written(modules: list[Facts], since: float) -> Iterable[list[tuple[Any, Facts, os.stat_result | None]]]:
    """Modules whose files were written or went since, by package; each as (order, what is told of it, status)."""
    groups: dict[str, list[Any]] = {}
    for told in modules:
        path = told["file"]
        if not path or not os.path.isabs(path):
            continue
        try:
            status = os.stat(path)
        except FileNotFoundError:
            status = None
            if not _vanished(path, since):
                continue
        except (OSError, ValueError):  # inside of an archive, or no path at all
            continue
        if status is None or status.st_mtime > since or status.st_ctime > since:
            order = (told["name"].count("."), status.st_size if status else 0, told["name"])
            groups.setdefault(_package(told["name"]), []).append((order, told, status))
    return groups.values()


def _package(name: str) -> str:
    """The top-level name, or what lies in it where it is a mere namespace."""
    top, _, rest = name.partition(".")
    package = sys.modules.get(top)
    if type(package) is types.ModuleType and package.__dict__.get("__file__") is None:
        return top + "." + rest.partition(".")[0]
    return top


def _vanished(path: str, since: float) -> bool:
    """Whether a file may have been removed since, and did not miss all the time: a folder above was written."""
    above = os.path.dirname(path)
    while above != os.path.dirname(above):
        try:
            return os.stat(above).st_mtime > since
        except OSError:
            above = os.path.dirname(above)
    return False


def _judge(told: Facts, status: os.stat_result | None, libraries: _Libraries, until: float) -> str | None:
    path = told["file"]
    if status is None:
        return "gone"
    stamp = (path, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    if stamp in _same_as_loaded:
        return None
    if time.perf_counter() > until:
        return "changed"
    if path.endswith(tuple(importlib.machinery.EXTENSION_SUFFIXES)):
        found = libraries.judge_module(path)
    else:
        found = _compare(told["name"], path, status)
    if found is None and path.endswith(".py"):
        _same_as_loaded.add(stamp)
    return found


def _compare(name: str, path: str, status: os.stat_result) -> str | None:
    """Whether the functions of a loaded module are those of its file; None if they are."""
    module = sys.modules.get(name)
    if type(module) is not types.ModuleType:
        return _ODD  # it took another object's place, whose attributes may run code
    inside = module.__dict__
    spec = inside.get("__spec__")
    # a loader of another kind may have rewritten the code
    loader = getattr(spec, "loader", None)
    if loader is importlib.machinery.FrozenImporter:
        return None  # it came out of the interpreter itself
    if (
        spec is None
        or type(loader) is not importlib.machinery.SourceFileLoader
        or spec.origin != path
        or spec.name != name
    ):
        return _ODD
    if getattr(spec, "_initializing", False):
        return _ODD
    code = _try(_from_cache, path, status) or _try(_compiled, path, status)
    if code is None:
        return "changed"
    return _compare_code(code, inside, name, path, status)


def _compare_code(code: types.CodeType, inside: Facts, name: str, path: str, status: os.stat_result) -> str | None:
    known: Known = {}
    _spread(code, known)
    names = {each for each, _ in known}
    compared = False
    for loaded in _functions(inside, name, path, names):
        compared = True
        there = known.get((loaded.co_name, loaded.co_firstlineno), ())
        if not any(_same(loaded, each) for each in there):
            return "differs"
    if not compared and status.st_size <= _NAMED:
        return _compare_names(inside, path)
    return None


def _try(
    read: Callable[[str, os.stat_result], types.CodeType | None], path: str, status: os.stat_result
) -> types.CodeType | None:
    try:
        return read(path, status)
    # the file may be half written, and both marshal and the compiler raise each of these for bytes that are no Python
    except (OSError, ValueError, SyntaxError, TypeError, EOFError, NotImplementedError, RecursionError, MemoryError):
        return None


def _from_cache(path: str, status: os.stat_result) -> types.CodeType | None:
    """The code that Python itself cached for the file as it is now, which costs a tenth of compiling it."""
    with open(importlib.util.cache_from_source(path), "rb") as file:
        data = file.read(_LARGEST)
    by_hash = int.from_bytes(data[4:8], "little")
    written = int.from_bytes(data[8:12], "little") == int(status.st_mtime) & 0xFFFFFFFF
    size = int.from_bytes(data[12:16], "little") == status.st_size & 0xFFFFFFFF
    if data[:4] != importlib.util.MAGIC_NUMBER or by_hash or not (written and size):
        return None
    found = marshal.loads(data[16:])  # noqa: S302 - the import of the file would do the same, and run it
    return found if isinstance(found, types.CodeType) else None


def _source(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(_LARGEST)


def _compiled(path: str, status: os.stat_result) -> types.CodeType | None:
    if status.st_size > _LARGEST:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code: types.CodeType = compile(_source(path), path, "exec", dont_inherit=True)
        return code


def _spread(code: types.CodeType, known: Known) -> None:
    """Every code object inside of one, by its name and first line."""
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            known.setdefault((each.co_name, each.co_firstlineno), []).append(each)
            _spread(each, known)


def _functions(inside: Facts, name: str, path: str, names: set[str]) -> Iterator[types.CodeType]:
    """The code objects of a module's own functions and methods, as far as its file has any of their name.

    What the file no longer has may be left from before a reload.
    """
    for value in list(inside.values()):
        if type(value) is types.FunctionType:
            yield from _own(value, name, path, names)
        elif issubclass(type(value), type):
            members = type.__dict__["__dict__"].__get__(value)
            if members.get("__module__") != name or type.__dict__["__name__"].__get__(value) not in names:
                continue
            for member in list(members.values()):
                for function in _unwrapped(member):
                    yield from _own(function, name, path, names)


def _unwrapped(member: Any) -> tuple[Any, ...]:
    if type(member) is types.FunctionType:
        return (member,)
    if type(member) in (staticmethod, classmethod):
        return (member.__func__,)
    if type(member) is property:
        return (member.fget, member.fset, member.fdel)
    return ()


def _own(function: Any, name: str, path: str, names: set[str]) -> Iterator[types.CodeType]:
    if type(function) is not types.FunctionType or function.__module__ != name:
        return
    code = function.__code__
    if code.co_filename == path and code.co_name in names:
        yield code


def _same(first: types.CodeType, second: types.CodeType) -> bool:
    """Whether two code objects do the same from the same line on."""
    return (
        first.co_firstlineno == second.co_firstlineno
        and first.co_code == second.co_code
        and first.co_names == second.co_names
        and first.co_varnames == second.co_varnames
        and first.co_freevars == second.co_freevars
        and first.co_argcount == second.co_argcount
        and first.co_kwonlyargcount == second.co_kwonlyargcount
        and first.co_flags & _TAKES_MORE == second.co_flags & _TAKES_MORE
        and _same_constant(first.co_consts, second.co_consts)
    )


def _same_constant(first: Any, second: Any) -> bool:
    if type(first) is not type(second):
        return False
    if isinstance(first, tuple):
        return len(first) == len(second) and all(map(_same_constant, first, second))
    if isinstance(first, types.CodeType):
        return first.co_name == second.co_name and _same(first, second)
    if isinstance(first, (float, complex)):
        return repr(first) == repr(second)  # neither is nan itself, nor 0.0 another than -0.0
    return bool(first == second)


def _compare_names(inside: Facts, path: str) -> str | None:
    """Whether the names that a file without functions is sure to define are those that its module has."""
    try:
        tree = ast.parse(_source(path))
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return "changed"
    gone = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del)}
    if "__getattr__" in inside:
        return None
    for node in tree.body:
        for defined, constant in _defined(node):
            if defined in gone:
                continue
            if defined not in inside:
                return "differs"
            told = defined.startswith("__") and isinstance(constant, str) and isinstance(inside[defined], str)
            if told and defined != "__doc__" and inside[defined] != constant:
                return "differs"
    return None


def _defined(node: ast.stmt) -> Iterator[tuple[str, Any]]:
    """The names that a statement on the top level binds whenever it is run, with the constant if it is one."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name, None
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, getattr(node.value, "value", None)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            if alias.name != "*" and node.module != "__future__":
                yield alias.asname or alias.name, None


class _Libraries:
    """The files that this process has mapped, by their first bytes in memory; read when first asked."""

    def __init__(self, mapped: list[Facts] | None) -> None:
        self.known = mapped is not None
        self._ranges: dict[tuple[str, bool], Place] | None = None

    def judge_module(self, path: str) -> str | None:
        """What holds of an extension module whose file was written since."""
        if not self.known:
            return "changed"
        real = os.path.realpath(path)
        ranges = self.ranges()
        if (real, False) in ranges:
            return None  # the very file
        for (there, deleted), place in ranges.items():
            if deleted and os.path.basename(there) == os.path.basename(real) and _restored(there) == real:
                return _compare_bytes(place, real)
        return "changed"

    def judge(self, path: str) -> tuple[str, str | None]:
        """The path that a deleted library had when it was loaded, and what holds of it."""
        restored = _restored(path)
        if restored is None or not os.path.exists(restored):
            return restored or path, "gone"
        place = self.ranges().get((path, True))
        return restored, "changed" if place is None else _compare_bytes(place, restored)

    def ranges(self) -> dict[tuple[str, bool], Place]:
        """(path, deleted) -> where the beginning of the file lies in memory, None if it cannot be compared."""
        if self._ranges is None:
            self._ranges = {}
            try:
                with open("/proc/self/maps", "rb") as file:
                    lines = file.read().splitlines()
            except OSError:
                lines = []
            for line in lines:
                parts = line.split(None, 5)
                if len(parts) < 6 or not parts[5].startswith(b"/") or int(parts[2], 16):
                    continue
                deleted = parts[5].endswith(b" (deleted)")
                path = os.fsdecode(parts[5][:-10] if deleted else parts[5])
                start, _, end = parts[0].partition(b"-")
                # what the process may write is no longer what the file holds
                place = (int(start, 16), int(end, 16)) if parts[1].startswith(b"r-") else None
                self._ranges.setdefault((path, deleted), place)
        return self._ranges


def _compare_bytes(place: Place, path: str) -> str | None:
    """Whether the beginning of a file is what lies in memory: a library that was put there once more is the same."""
    if place is None:
        return "changed"
    try:
        with open(path, "rb") as file:
            there = file.read(min(_SEGMENT, place[1] - place[0]))
        # unlike a pointer, this raises where the memory's file was cut short
        memory = os.open("/proc/self/mem", os.O_RDONLY)
        try:
            loaded = os.pread(memory, len(there), place[0])
        finally:
            os.close(memory)
    except (OSError, OverflowError):
        return "changed"
    return None if there and loaded == there else "differs"


def _restored(path: str) -> str | None:
    """The path a file had before pip set it aside to remove it: of `~umpy` the entry that ends alike; None if gone."""
    parts = path.split("/")
    for number, part in enumerate(parts):
        if not part.startswith("~"):
            continue
        folder = "/".join(parts[:number]) or "/"
        try:
            names = os.listdir(folder)
        except OSError:
            return None
        tail = part.lstrip("~-.=%0123456789")
        alike = [name for name in names if len(name) == len(part) and name.endswith(tail) and not name.startswith("~")]
        if len(alike) != 1:
            return None
        parts[number] = alike[0]
    return "/".join(parts)
