"""What to hash of a prefix, and what the hashes say: which files of conda's are not conda's any more.

A file is compared only where the record says what it must be: not byte code, not links, not files whose prefix was
rewritten without a hash of the result, not what a RECORD of pip's explains, not what macOS signs anew.
"""

from __future__ import annotations

import errno
import os
import re
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple

if TYPE_CHECKING or __package__:
    from envguard.probe import hashing, join, package_cache, reading
else:  # run alone, by path: this folder is first on sys.path
    import hashing
    import join
    import package_cache
    import reading

if TYPE_CHECKING:
    from envguard.probe.books import Books
    from envguard.probe.conda_book import Entry
    from envguard.probe.disk import Look

_GONE = (errno.ENOENT, errno.ENOTDIR)  # since the folder was listed, or a link that leads nowhere
_MACHO = frozenset(
    bytes.fromhex(magic) for magic in ("cffaedfe", "cefaedfe", "feedface", "feedfacf", "cafebabe", "bebafeca")
)


_DIGEST = re.compile("[0-9a-f]{64}")
_SMALL = 32 << 20
"""Bytes that are read of any file, for a record may err about the size; of a larger one, twice what the record says,
as line ends may have been converted."""
_LARGEST = 1 << 30
"""Bytes of a file whose record does not tell its size: a text in which the prefix was put, or an old record's."""


class Job(NamedTuple):
    """One file to hash: the record it belongs to, its key, where it lies, its digest and its size by the record."""

    record: int
    key: str
    path: bytes
    sha256: str
    size: int | None

    @property
    def most(self) -> int:
        """The bytes beyond which the file is not what was recorded, and not worth reading."""
        return _LARGEST if self.size is None else max(_SMALL, 2 * self.size)


def roots(look: Look) -> list[str]:
    """Where links of the prefix may lead: to itself, and to the package caches, from which conda can link softly."""
    root = look.books.tree.root
    found = [root]
    for folder in package_cache.folders(look.facts["prefix"]):
        real = os.path.realpath(folder)
        # the prefix has no say in what is a cache outside it
        if reading.below(real, root) or not reading.below(os.path.abspath(folder), look.books.tree.prefix):
            found.append(real)
    return found


def jobs(look: Look) -> tuple[list[Job], int]:
    """Every file that can be compared, and the number of those that cannot."""
    books = look.books
    listed = _listed_again(books)
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
            digest = _digest(entry)
            if digest is None or key.startswith("!") or (signed and reading.is_compiled(key)):
                unknown += 1
                continue
            try:
                path = os.fsencode(books.tree.real(key))
            except UnicodeEncodeError:  # half a surrogate pair, which no name on disk can hold
                unknown += 1
                continue
            size = _size([entry, *listed[key]] if key in listed else [entry])
            found.append(Job(number, key, path, digest, size))
    return found, unknown


def _listed_again(books: Books) -> dict[str, list[Entry]]:
    """What the second and every later record say of a file that several list."""
    found: dict[str, list[Entry]] = {}
    for (_, number), keys in books.shared.items():
        for key in keys:
            found.setdefault(key, []).append(books.entries[number][key])
    return found


def _digest(entry: Entry) -> str | None:
    """What a record says the file's hash is, if that is one."""
    digest: Any = entry.sha256
    if isinstance(digest, str) and len(digest) == 64:
        digest = digest.lower()
        return digest if _DIGEST.fullmatch(digest) else None
    return None


def _size(entries: list[Entry]) -> int | None:
    """The largest size that is recorded; None if a record does not tell."""
    largest = 0
    for entry in entries:
        size = reading.number(entry.size)
        if size is None or size < 0:
            return None
        largest = max(largest, size)
    return largest


def conclude(
    look: Look, done: list[Job], different: Mapping[int, str], unreadable: Mapping[int, int]
) -> dict[str, Any]:
    """What changes in the answer: the packages with all their altered files, the damage in the cache, the problems.

    `different` and `unreadable` name files by their number among those done, with the digest found and the error met.
    """
    books, facts = look.books, look.facts
    macos = (facts["platform"] or "").startswith("osx")
    problems = reading.Problems()
    listed = _listed_again(books) if different else {}
    altered: dict[int, set[str]] = {}
    for number, digest in sorted(different.items()):
        job = done[number]
        if digest == hashing.TOO_LARGE and job.size is None:
            problems.add(
                books.tree.spelled(job.key), "could not be hashed: larger than {limit} GB", limit=_LARGEST >> 30
            )
            continue
        others = {_digest(entry) for entry in listed.get(job.key, ())}  # either is right
        if digest in others or None in others or (macos and _is_macho(job.path)):
            continue
        altered.setdefault(job.record, set()).add(job.key)
    for number, error in sorted(unreadable.items()):
        if error not in _GONE:
            source = books.tree.spelled(done[number].key)
            if error == hashing.LEADS_OUT:
                problems.add(source, reading.OUTSIDE)
            else:
                why = os.strerror(error) if error else "not a regular file"
                problems.add(source, "could not be hashed: {error}", error=why)
    packages, wanted = [], {}
    doubly = {key for keys in books.shared.values() for key in keys}
    for number, package in enumerate(facts["conda_packages"] or ()):
        keys = altered.get(number, set())
        # a library of which only the size is recorded is known by that
        by_size = () if macos else join.altered_by_size(number, books, look.explained, doubly)
        packages.append({**package, "altered": books.summarise(sorted(keys.union(by_size)))})
        stem = package["record"][len("conda-meta/") : -len(".json")]
        wanted[stem] = {key: books.tree.real(key) for key in sorted(keys)}
    cached = [
        {"record": "conda-meta/" + stem + ".json", "folder": folder, "files": books.summarise(same)}
        for stem, folder, same in package_cache.find(facts["prefix"], wanted, problems)
    ]
    known = None if facts["conda_packages"] is None else packages
    return {"conda_packages": known, "cached": cached, "problems": problems.told()}


def _is_macho(path: bytes) -> bool:
    return reading.head(os.fsdecode(path), 4) in _MACHO
