"""The two books held against each other and against the disk: who owns a file, and whose content it has."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any, Mapping

if TYPE_CHECKING or __package__:
    from envguard.probe import namespaces, pip_book, pip_files, reading
    from envguard.probe.books import Books
    from envguard.probe.conda_book import Entry
    from envguard.probe.pip_book import Dist
    from envguard.probe.pip_files import Row
else:  # run alone, by path: this folder is first on sys.path
    import namespaces
    import pip_book
    import pip_files
    import reading
    from books import Books
    from conda_book import Entry
    from pip_book import Dist
    from pip_files import Row


_INFOS = (".dist-info", ".egg-info")
_IMPORTED = (".py", ".so", ".pyd")


def _own(dist: Dist, raw: dict[str, bytes], books: Books, records: list[str]) -> None:
    """Decides who owns a dist-info: conda if a record lists its path and the content is still what conda put there."""
    path = dist.out["path"]
    names = ("RECORD", "METADATA", "PKG-INFO", "INSTALLER", "WHEEL", "top_level.txt")
    keys = {name: books.tree.key(path + "/" + name) for name in names}
    number = next((books.owner[key] for key in (*keys.values(), books.tree.key(path)) if key in books.owner), None)
    if number is None:
        return
    entries = {key: entry for key in keys.values() if key in books.owner and (entry := books.entries[number].get(key))}
    intact = kept(entries, keys, raw)
    dist.out["owner" if intact else "taken_from"] = records[number]


def kept(entries: Mapping[str, Entry], keys: dict[str, str], raw: dict[str, bytes]) -> bool:
    """Whether a dist-info that a record lists has still the content that conda put there, as far as the record tells."""
    for name in ("RECORD", "METADATA"):
        entry, data = entries.get(keys[name]), raw.get(name)
        if entry is not None and entry.sha256 and data:
            return entry.sha256 in reading.spellings(data)
    return True


def _digest(entry: Entry) -> str | None:
    """The hash of an entry, if the record has one there and not anything else that JSON can hold."""
    return entry.sha256 if isinstance(entry.sha256, str) else None


def _judge(key: str, entry: Entry, row: Row, books: Books, budget: list[int], prove: bool) -> str:
    """Whose content a file has that both books claim: conda, pip, same, other, missing or unknown.

    `same` is a text of which the books hold two spellings of the line ends, as wheels built on Windows do.
    """
    if books.tree.has(key) is False:
        return "missing"
    if books.patience.over():
        books.patience.files += 1
        return "unknown"
    real = books.tree.real(key)
    try:
        size = os.lstat(real).st_size
    except (OSError, ValueError):
        return "unknown"
    by_size = None
    # a converted text has another size than either book says, so on Windows only its content counts
    told = reading.is_compiled(key) or not books.tree.windows
    if told and None not in (entry.size, row.size) and entry.size != row.size and size in (entry.size, row.size):
        by_size = "conda" if size == entry.size else "pip"
        if not prove:
            return by_size
    if size > budget[0]:
        return by_size or "unknown"
    budget[0] -= size
    hashes = reading.hashes(real, not reading.is_compiled(key), books.tree.root)
    if not hashes:
        return by_size or "unknown"
    pips, condas = pip_files.hexadecimal(row.sha256) in hashes, _digest(entry) in hashes
    if pips and condas:
        return "same"
    if pips or condas:
        return "pip" if pips else "conda"
    return "other" if entry.sha256 and row.sha256 else "unknown"


def _overlap(
    dist: Dist, number: int, keys: list[str], twin: str | None, books: Books, budget: list[int]
) -> dict[str, Any]:
    """What one record and one RECORD both claim, and whose files are there."""
    own = books.tree.key(dist.out["path"]) + "/"
    entries = books.entries[number]
    on_disk = {"conda": 0, "pip": 0, "other": 0, "missing": 0, "unknown": 0}
    sample: list[dict[str, Any]] = []
    compiled = differ = 0
    keys.sort(key=lambda key: (not reading.is_compiled(key), not key.endswith(".py"), key))
    for key in keys:
        entry, row = entries[key], dist.rows[key]
        if key.startswith(own) or entry.kind not in ("hardlink", "softlink"):
            continue  # a dist-info always differs in RECORD and INSTALLER, and entry points are written anew by both
        theirs = pip_files.hexadecimal(row.sha256)
        if entry.sha256 == theirs and theirs is not None:
            continue
        if entry.kind == "softlink" and os.path.islink(books.tree.real(key)):
            continue
        if namespaces.declares(key, books):
            continue
        state = _judge(key, entry, row, books, budget, prove=len(sample) < reading.SAMPLE)
        if state == "same":
            continue
        differ += 1
        compiled += reading.is_compiled(key)
        on_disk[state] += 1
        if len(sample) < reading.SAMPLE:
            shown = books.tree.spelled(key)
            sample.append({"path": shown, "conda_hash": _digest(entry), "pip_hash": theirs, "on_disk": state})
    extra = (
        key
        for key in dist.rows
        if key not in books.owner
        and not key.startswith(own)
        and not key.endswith(reading.BYTECODE)
        and books.tree.has(key)
    )
    return {
        "shared": len(keys),
        "differ": differ,
        "compiled": compiled,
        "on_disk": on_disk,
        "twin": twin,
        "sample": sample,
        "extra": books.summarise(extra),
    }


def shared_records(books: Books, records: list[str]) -> list[dict[str, Any]]:
    """Files that two records list, and how many of them with different content."""
    found = []
    for (first, second), keys in sorted(books.shared.items()):
        ours, theirs = books.entries[first], books.entries[second]
        differ = [
            key
            for key in keys
            if ours[key].sha256
            and theirs[key].sha256
            and ours[key].sha256 != theirs[key].sha256
            and not key.endswith(reading.BYTECODE)
        ]
        found.append(
            {
                "first": records[first],
                "second": records[second],
                "shared": len(keys),
                "differ": books.summarise(differ),
            }
        )
    return found


def shared_distributions(dists: list[Dist], books: Books) -> list[dict[str, Any]]:
    """Importable files that two distributions of different names claim with different content."""
    seen: dict[str, int] = {}
    shared: dict[tuple[int, int], list[str]] = {}
    for number, dist in enumerate(dists):
        site = dist.out["site"] + "/"
        for key, row in dist.rows.items():
            first = seen.setdefault(key, number)
            other = dists[first]
            if first == number or other.out["name"] == dist.out["name"] or other.rows[key].sha256 == row.sha256:
                continue
            top = key[len(site) :].partition("/")[0] if key.lower().startswith(site.lower()) else ""
            imported = top and top.lower() not in reading.NOT_IMPORTED
            if imported and (key.endswith(".py") or reading.is_compiled(key)) and not namespaces.declares(key, books):
                shared.setdefault((first, number), []).append(key)
    return [
        {
            "first": dists[a].out["path"],
            "second": dists[b].out["path"],
            "shared": len(keys),
            "differ": books.summarise(keys),
        }
        for (a, b), keys in sorted(shared.items())
    ]


def unowned(books: Books, dists: list[Dist], sites: list[str], records: list[str]) -> list[dict[str, Any]]:
    """Importable files that no book owns, inside package folders that conda owns."""
    claimed = {key for dist in dists for key in dist.rows}
    unlisted = {top.lower() for dist in dists if not dist.rows and not dist.out["owner"] for top in dist.tops}
    nobodys = sorted(
        key
        for key in books.strangers()
        if key.endswith(_IMPORTED) and "/__pycache__/" not in key and key not in claimed
    )
    found = []
    for site in sites:
        site_key = books.tree.key(site) + "/"
        inside: dict[str, list[str]] = {}
        for key in nobodys:
            if key.startswith(site_key):
                top, _, below = key[len(site_key) :].partition("/")
                if below:
                    inside.setdefault(top, []).append(key)
        for top, strangers in inside.items():
            number = books.owner.get(site_key + top + "/__init__.py")
            if number is None or top.lower() in unlisted:
                continue  # a namespace belongs to nobody, and what installs without a list may own anything here
            found.append({"record": records[number], "folder": site + "/" + top, "files": books.summarise(strangers)})
    return found


def altered_by_size(number: int, books: Books, explained: set[str], doubly: set[str]) -> list[str]:
    """Compiled files of a record whose size is not conda's and which no RECORD explains.

    A link that leads nowhere, as where the package cache was cleared under it, is a file that is missing.
    """
    found = []
    entries = books.entries[number]
    for key in books.compiled[number]:
        entry = entries[key]
        if entry.kind != "hardlink" or not isinstance(entry.size, int) or key in explained or key in doubly:
            continue
        status = books.tree.status(books.tree.spelled(key))
        if status is not None and stat.S_ISREG(status.st_mode) and status.st_size != entry.size:
            found.append(key)
        elif status is not None and stat.S_ISLNK(status.st_mode) and reading.is_gone(books.tree.real(key)):
            books.missing[number].append(key)
    return found


def overlapping(dists: list[Dist], books: Books, records: list[str]) -> tuple[list[dict[str, Any]], set[str]]:
    """The overlaps of conda's records with the distributions conda does not own, and every path they explain."""
    budget = [reading.HASH_BUDGET]
    overlaps = []
    explained: set[str] = set()
    twins = {(dist.out["owner"], dist.out["name"]): dist.out["path"] for dist in dists if dist.out["owner"]}
    for dist in dists:
        if dist.out["owner"] is not None:
            continue
        by_record: dict[int, list[str]] = {}
        for key in dist.rows:
            number = books.owner.get(key)
            if number is not None and not key.endswith(reading.BYTECODE):
                by_record.setdefault(number, []).append(key)
                explained.add(key)
        for number in sorted(by_record):
            twin = twins.get((records[number], dist.out["name"]))
            overlap = _overlap(dist, number, by_record[number], twin, books, budget)
            overlaps.append({"record": records[number], "distribution": dist.out["path"], **overlap})
    return overlaps, explained


def presence(packages: list[dict[str, Any]], books: Books, explained: set[str], check_sizes: bool) -> None:
    """Fills in which files of each record are gone, and which compiled ones are not conda's any more."""
    doubly = {key for keys in books.shared.values() for key in keys}
    for number, package in enumerate(packages):
        if check_sizes:  # macOS re-signs binaries after linking, which changes their size
            package["altered"] = books.summarise(altered_by_size(number, books, explained, doubly))
        package["missing"] = books.summarise(books.missing[number])


def distributions(
    prefix: str, sites: list[str], books: Books, records: list[str], unreadable: list[str], problems: reading.Problems
) -> list[Dist]:
    """Every distribution of every site-packages, each with its owner; RECORD is parsed only where conda is not it."""
    lost = {reading.normalise(stem.rsplit("-", 2)[0]): stem for stem in unreadable}
    patience = books.patience
    found = []
    for site in sites:
        real = os.path.join(prefix, *site.split("/"))
        try:
            names = sorted(os.listdir(real))
        except OSError as error:
            problems.add(site, "could not be listed: {error}", error=reading.why(error))
            books.blind = True
            continue
        for name in names:
            if name.endswith(_INFOS) and patience.over():
                patience.distributions += 1
                continue
            if name.startswith("~"):
                found.append(pip_book.leftover(site, name, reading.mtime(os.path.join(real, name))))
            if name.endswith(".egg-link"):
                found.append(_egg_link(real, site, name, books, problems))
            if name.startswith("~") or not name.endswith(_INFOS):
                continue
            kind = name.rpartition(".")[2]
            dist, raw = pip_book.describe(prefix, site, name, kind, books.tree, problems)
            patience.size -= sum(map(len, raw.values()))
            _own(dist, raw, books, records)
            if dist.out["owner"] is None and dist.out["name"] in lost and dist.out["installer"] != "pip":
                # its record exists but cannot be read: conda's by name, for want of a path
                dist.out["owner"] = "conda-meta/" + lost[dist.out["name"]] + ".json"
            if dist.out["owner"] is None and "RECORD" in raw:
                odd: list[str] = []
                for path, row in pip_files.parse_record(raw["RECORD"].decode("utf-8-sig", "replace"), site, odd):
                    dist.rows[books.tree.key(path)] = row
                if odd:
                    problems.add(site + "/" + name + "/RECORD", "{count} of its rows could not be read", count=len(odd))
                dist.out["files"] = len(dist.rows)
            found.append(dist)
    for dist in found:
        if dist.out["owner"] is None:
            pip_book.look_for_origin(dist)
    return found


def _egg_link(folder: str, site: str, name: str, books: Books, problems: reading.Problems) -> Dist:
    path = os.path.join(folder, name)
    try:
        data = reading.read(path, reading.SMALL_LIMIT, books.tree.root)
    except OSError as error:
        problems.add(site + "/" + name, "could not be read: {error}", error=reading.why(error))
        data = b""
    return pip_book.egg_link(site, name, reading.mtime(path), data)
