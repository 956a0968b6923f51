"""What conda would set on activation: the scripts of `etc/conda/activate.d`, read as text and never run.

Names of variables only, never a value: `conda env config vars set` is where people keep passwords. What a script works
out at run time (a loop over names, `eval`) is not seen.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Callable, Iterator

if TYPE_CHECKING or __package__:
    from envguard.probe import reading
    from envguard.probe.books import Books
else:  # run alone, by path: this folder is first on sys.path
    import reading
    from books import Books

FOLDER = "etc/conda/activate.d"
STATE = "conda-meta/state"
_SCRIPTS = 200
_VARIABLES = 100  # told of one script
_UNSET = "***unset***"  # conda's mark of a variable that activation takes away
_NAME = "([A-Za-z_][A-Za-z0-9_]{0,99})"
# texts, which `re` compiles when the first script of their kind is met
_QUOTED = r"\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'"
_EXPORT = r"(?m)(?:^|[\s;&|({])(?:export|(?:declare|typeset) -g?x)[ \t]+([^;&|\n#]*)"
_EXPORTED = r"(?:^|(?<=\s))" + _NAME + r"(?==|\s|$)"
_SETENV = r"(?m)(?:^|[\s;&|({])setenv[ \t]+" + _NAME
_FISH = r"(?m)(?:^|[\s;&|({])set[ \t]+((?:-{1,2}[A-Za-z]{1,20}[ \t]+){1,6})" + _NAME + r"(?=[ \t;\n]|$)"
_BATCH = r"(?mi)(?:^|[\s&|(@])set[ \t]+\"?" + _NAME + r"=(?=[^\s\"])"
_POWERSHELL = r"(?i)\$\{?env:" + _NAME + r"\}?[ \t]*=|SetEnvironmentVariable\([ \t]*[\"']" + _NAME + r"[\"']"
_XONSH = r"(?m)(?:^|[\s;])\$" + _NAME + r"[ \t]*=(?!=)"


def _sh(code: str) -> Iterator[str]:
    """The names that a POSIX shell exports; `export -n` takes one back, and assignments alone stay in the shell."""
    for match in re.finditer(_EXPORT, re.sub(_QUOTED, "''", code)):
        if not match.group(1).startswith(("-n", "-p", "-f")):
            yield from (name.group(1) for name in re.finditer(_EXPORTED, match.group(1)))


def _fish(code: str) -> Iterator[str]:
    for match in re.finditer(_FISH, code):
        options = match.group(1).split()
        letters = "".join(option[1:] for option in options if not option.startswith("--"))
        if ("x" in letters or "--export" in options) and "e" not in letters and "--erase" not in options:
            yield match.group(2)


def _matched(pattern: str) -> Callable[[str], Iterator[str]]:
    def names(code: str) -> Iterator[str]:
        return (next(filter(None, match.groups())) for match in re.finditer(pattern, code))

    return names


_LANGUAGES = {
    ".sh": _sh,
    ".bash": _sh,
    ".zsh": _sh,
    ".fish": _fish,
    ".csh": _matched(_SETENV),
    ".tcsh": _matched(_SETENV),
    ".bat": _matched(_BATCH),
    ".cmd": _matched(_BATCH),
    ".ps1": _matched(_POWERSHELL),
    ".xsh": _matched(_XONSH),
}
_COMMENT = r"(?mi)^[ \t]*(?:#|rem\b|::).*$"


def variables(name: str, code: str) -> list[str]:
    """The variables that a script exports, by its text; conda's own notes for deactivation apart."""
    language = _LANGUAGES.get("." + name.rpartition(".")[2].lower())
    found = language(re.sub(_COMMENT, "", code)) if language else iter(())
    return sorted({each for each in found if not each.startswith("_") and "CONDA_BACKUP" not in each})[:_VARIABLES]


def scripts(books: Books) -> list[str]:
    """The keys of the scripts that some shell would source."""
    folder = books.tree.folder(books.tree.key(FOLDER))
    names = sorted(books.tree.names(folder) or ())
    known = [name for name in names if "." + name.rpartition(".")[2].lower() in _LANGUAGES]
    return [folder + "/" + name for name in known[:_SCRIPTS]]


def collect(books: Books, records: list[str], problems: reading.Problems) -> list[dict[str, Any]]:
    """Every script with the record that lists it, and conda's own list of variables (`conda env config vars set`)."""
    found = []
    for key in scripts(books):
        path = books.tree.spelled(key)
        try:
            data = reading.read(books.tree.real(key), reading.SMALL_LIMIT, books.tree.root)
        except OSError as error:
            problems.add(path, "could not be read: {error}", error=reading.why(error))
            continue
        number = books.owner.get(key)
        record = records[number] if number is not None else None
        code = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
        found.append({"path": path, "record": record, "variables": variables(path, code)})
    state = _state(books, problems)
    return [*found, {"path": STATE, "record": None, "variables": state}] if state else found


def _state(books: Books, problems: reading.Problems) -> list[str]:
    if "state" not in (books.tree.names("conda-meta") or ()):
        return []
    try:
        data = reading.read(books.tree.real(STATE), reading.SMALL_LIMIT, books.tree.root)
        value = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):  # not conda's
        return []
    except OSError as error:
        problems.add(STATE, "could not be read: {error}", error=reading.why(error))
        return []
    named = value.get("env_vars") if isinstance(value, dict) else None
    if not isinstance(named, dict):
        return []
    return sorted(name for name, text in named.items() if text != _UNSET and re.fullmatch(_NAME, name))[:_VARIABLES]
