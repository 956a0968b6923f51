"""Writes a stamp into the file of a notebook: its metadata alone, so that every other character stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard import store
from envguard._version import __version__
from envguard.analyse import now
from envguard.errors import BadArguments
from envguard.model import text
from envguard.probe import reading
from envguard.rules.notebook_imports import stamped
from envguard.scan import notebook
from envguard.scan.json_places import metadata
from envguard.scan.stamps import KEY, SCHEMA

if TYPE_CHECKING:
    from envguard.facts import Environment


def stamp(path: str | Path, env: Environment) -> tuple[str, ...]:
    """Stamps a notebook with an environment; the modules that the stamp tells of. BadArguments if it cannot be."""
    file = Path(path).expanduser()
    try:
        content = file.read_bytes().decode("utf-8")
        scanned = notebook.read(str(file), content, with_imports=True)
        record = _record(env, sorted({each.name for each in scanned.imports}))
        changed = _with(content, record)
        _check(content, changed, record)
        store.write_atomically(file.resolve(), changed.encode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadArguments(
            text("{file} cannot be stamped: {error}", file=str(path), error=reading.why(error))
        ) from error
    return tuple(record["packages"])


def _check(content: str, changed: str, record: dict[str, Any]) -> None:
    """ValueError unless the record is all that has changed."""
    before, after = json.loads(content.removeprefix("\ufeff")), json.loads(changed.removeprefix("\ufeff"))
    stamped_before, stamped_after = before.pop("metadata"), after.pop("metadata")
    if before != after or stamped_after != {**stamped_before, KEY: record}:
        raise ValueError("its metadata cannot be changed")


def _record(env: Environment, modules: list[str]) -> dict[str, Any]:
    here = stamped(env)
    return {
        "schema": SCHEMA,
        "envguard": __version__,
        "made_at": now(),
        "python": env.python_version,
        "platform": env.platform,
        "packages": {
            name: {"distribution": here[name].distribution, "version": here[name].version, "by": here[name].by}
            for name in modules
            if name in here
        },
    }


def _with(content: str, record: dict[str, Any]) -> str:
    """The text with the record in its metadata, in the form that the file has."""
    start, end = metadata(content)
    told = json.loads(content[start:end])
    told[KEY] = record
    line = content.rfind("\n", 0, start) + 1
    outer = content[line:start]
    indent = outer[: len(outer) - len(outer.lstrip(" \t"))]
    if "\n" not in content.strip():
        return content[:start] + json.dumps(told, ensure_ascii=content.isascii()) + content[end:]
    ending = "\r\n" if "\r\n" in content else "\n"
    made = json.dumps(told, indent=indent or 1, ensure_ascii=content.isascii())
    return content[:start] + made.replace("\n", f"{ending}{indent}") + content[end:]
