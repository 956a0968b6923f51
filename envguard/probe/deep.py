"""What to hash of a prefix, and what the hashes say: which files of conda's are not conda's any more.

A file is compared only where the record says what it must be: not byte code, not links, not files whose prefix was
rewritten without a hash of the result, not what a RECORD of pip's explains, not what macOS signs anew.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple

if TYPE_CHECKING or __package__:
    from envguard.probe import join, package_cache, reading
else:  # run alone, by path: this folder is first on sys.path
    import join
    import package_cache
    import reading

if TYPE_CHECKING:
    from envguard.probe.disk import Look

_GONE = (errno.ENOENT, errno.ENOTDIR)  # since the folder was listed, or a link that leads nowhere
_MACHO = frozenset(
    bytes.fromhex(magic) for magic in ("cffaedfe", "cefaedfe", "feedface", "feedfacf", "cafebabe", "bebafeca")
)


class Job(NamedTuple):
    """One file to hash: the record it belongs to, its key, where it lies, its digest and its size by the record."""

    record: int
    key: str
    path: str
    sha256: str
    size: int


def jobs(look: Look) -> tuple[list[Job], int]:
    """Every file that can be compared, and the number of those that cannot."""
    books = look.books
    found = []
    unknown = 0
    signed = (look.facts["platform"] or "").startswith("osx")
    for number, entries in enumerate(books.entries):
        gone = set(books.missing[number])
        for key, entry in entries.items():
            if key.endswith(reading.BYTECODE) or entry.kind == "softlink" or key in look.explained or key in gone:
                continue
            if books.owner[key] != number:
                continue  # two records list it; once is enough
            if not _is_digest(entry.sha256) or key.startswith("!") or (signed and reading.is_compiled(key)):
                unknown += 1
                continue
            size = entry.size if isinstance(entry.size, int) and entry.size >= 0 else 0
            found.append(Job(number, key, books.tree.real(key), str(entry.sha256), size))
    return found, unknown


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and value.isascii()


def conclude(
    look: Look, done: list[Job], different: Mapping[int, str], unreadable: Mapping[int, int]
) -> dict[str, Any]:
    """What changes in the answer: the packages with all their altered files, the damage in the cache, the problems.

    `different` and `unreadable` name files by their number among those done, with the digest found and the error met.
    """
    books, facts = look.books, look.facts
    macos = (facts["platform"] or "").startswith("osx")
    altered: dict[int, set[str]] = {}
    for number, digest in different.items():
        job = done[number]
        others = _others(look, job)
        if digest in others or None in others or (macos and _is_macho(job.path)):
            continue
        altered.setdefault(job.record, set()).add(job.key)
    problems = reading.Problems()
    for number, error in sorted(unreadable.items()):
        if error not in _GONE:
            why = os.strerror(error) if error else "not a regular file"
            problems.add(books.tree.spelled(done[number].key), "could not be hashed: {error}", error=why)
    packages, cached = [], []
    doubly = {key for keys in books.shared.values() for key in keys}
    for number, package in enumerate(facts["conda_packages"] or ()):
        keys = altered.get(number, set())
        # a library of which only the size is recorded is known by that
        by_size = () if macos else join.altered_by_size(number, books, look.explained, doubly)
        packages.append({**package, "altered": books.summarise(sorted(keys.union(by_size)))})
        stem = package["record"][len("conda-meta/") : -len(".json")]
        for folder, same in package_cache.find(
            facts["prefix"], stem, {key: books.tree.real(key) for key in sorted(keys)}
        ):
            cached.append({"record": package["record"], "folder": folder, "files": books.summarise(same)})
    known = None if facts["conda_packages"] is None else packages
    return {"conda_packages": known, "cached": cached, "problems": problems.told()}


def _others(look: Look, job: Job) -> set[str | None]:
    """The digests that other records give the same file; either is right."""
    if not any(job.key in keys for keys in look.books.shared.values()):
        return set()
    return {entries[job.key].sha256 for entries in look.books.entries if job.key in entries}


def _is_macho(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(4) in _MACHO
    except OSError:
        return False
