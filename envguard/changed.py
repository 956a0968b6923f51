"""From two looks at the traces of installs to what was installed and taken off, and by whom.

Whose a dist-info is, the records of conda that came with it say; INSTALLER is asked only for what no record lists.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from envguard.change_report import Changed, Done
from envguard.model import Change
from envguard.probe.reading import FOLDER_NAME, normalise
from envguard.traces import RECORDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.traces import Traces

CONDA = "conda"
_LARGEST = 64 << 20
_LONGEST = 100


class _Trace(NamedTuple):
    folder: str
    file: str
    name: str
    version: str


def difference(before: Traces, after: Traces) -> Changed | None:
    """What has changed from one look to the next; None if nothing has."""
    old, new = _Look(before), _Look(after)
    fresh = tuple(each for each, when in new.all.items() if old.all.get(each) != when)
    gone = tuple(each for each in old.all if each not in new.all)
    linked = tuple(each for each in fresh if _is_record(each))
    unlinked = tuple(each for each in gone if _is_record(each))
    done: dict[str | None, list[Change]] = {}
    for name in sorted({each.name for each in (*linked, *unlinked)}):
        change = Change(name, old.version(name, records=True), new.version(name, records=True))
        done.setdefault(CONDA, []).append(change)
    infos = [each for each in fresh if not _is_record(each)]
    condas = _listed(linked, infos)
    for name in sorted({each.name for each in infos if each not in condas}):
        here = next(each for each in infos if each.name == name and each not in condas)
        was = next((each.version for each in gone if each.name == name and not _is_record(each)), None)
        change = Change(name, was or old.version(name, records=False), here.version)
        done.setdefault(_installer(here), []).append(change)
    told = {each.name for each in infos} | {each.name for each in unlinked}
    versions = {each.version for each in unlinked}
    for each in sorted(gone, key=lambda each: each.name):
        # conda's pytorch takes torch's dist-info along, of which its name tells nothing but the version
        if not _is_record(each) and each.name not in told and each.version not in versions:
            done.setdefault(None, []).append(Change(each.name, each.version, None))
            told.add(each.name)
    ordered = sorted(done.items(), key=lambda item: (item[0] != CONDA, item[0] is None, item[0] or ""))
    return Changed(tuple(Done(actor, tuple(changes)) for actor, changes in ordered)) if ordered else None


class _Look:
    """One look, by what the names say."""

    def __init__(self, traces: Traces) -> None:
        self.all = {
            trace: when
            for folder, names in traces.items()
            for file, when in names.items()
            if (trace := _trace(folder, file)) is not None
        }

    def version(self, name: str, *, records: bool) -> str | None:
        """The version that is told of a name, by conda's records or by the others."""
        return next(
            (each.version for each in sorted(self.all) if each.name == name and _is_record(each) is records), None
        )


def _trace(folder: str, file: str) -> _Trace | None:
    if Path(folder).name == RECORDS:
        name, _, rest = file.removesuffix(".json").rpartition("-")[0].rpartition("-")
        return _Trace(folder, file, name, rest) if name and rest else None
    match = FOLDER_NAME.match(file)
    return _Trace(folder, file, normalise(match["name"]), match["version"]) if match else None


def _is_record(trace: _Trace) -> bool:
    return Path(trace.folder).name == RECORDS


def _listed(records: Iterable[_Trace], infos: Iterable[_Trace]) -> set[_Trace]:
    """The dist-infos and egg-infos that one of the records lists."""
    waiting, found = set(infos), set()
    for record in records:
        if not waiting:
            break
        try:
            with Path(record.folder, record.file).open("rb") as file:
                content = file.read(_LARGEST)
        except OSError:
            continue
        mine = {each for each in waiting if _lists(content, f"site-packages/{each.file}".encode("utf-8", "replace"))}
        found |= mine
        waiting -= mine
    return found


def _lists(record: bytes, path: bytes) -> bool:
    return path + b"/" in record or path + b'"' in record


def _installer(trace: _Trace) -> str | None:
    try:
        with Path(trace.folder, trace.file, "INSTALLER").open("rb") as file:
            told = file.read(_LONGEST).decode("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return told if told.isprintable() and told else None
