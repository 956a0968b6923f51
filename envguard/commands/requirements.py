"""One requirement as pip, uv and the others write it, and one match spec as conda writes it."""

from __future__ import annotations

import re

from envguard import versions
from envguard.commands.command import Kind, Requirement
from envguard.errors import CannotTell
from envguard.masking import without_secrets
from envguard.probe.reading import normalise

_VCS = re.compile(r"(?:git|hg|svn|bzr)\+", re.IGNORECASE)
# what is searched for has bounds: an editor sends whatever is typed, and a long word would take minutes
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://|file:", re.IGNORECASE)
_NAMED_URL = re.compile(
    r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?\s*@\s*((?:[A-Za-z][\w+.-]*:|\.{0,2}/|\.).*)", re.DOTALL
)
_START = re.compile(r"\s*([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*(?=$|[=<>!~;@\s(,])")
_PATH = re.compile(r"[.~]?[\\/]|\.\.?(?:$|[\\/\[])|~[\\/]|[A-Za-z]:[\\/]|[^<>=;@]*[\\/]")
_EXTRAS = re.compile(r"(.+?)\[([^\[\]]*)\]$", re.DOTALL)
_ARCHIVE = re.compile(r"[^\s<>=;]+\.(?:whl|zip|tar\.gz|tgz|tar\.bz2|tar\.xz|tar)$", re.IGNORECASE)
_COMMIT = re.compile(r"@(?:[0-9a-f]{40}|[0-9a-f]{64})$", re.IGNORECASE)
_POETRY = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?@(\S.*)", re.DOTALL)

_CONDA_FILE = re.compile(r"([^\\/]{1,200})-([^-\\/]{1,100})-[^-\\/]{1,100}\.(?:conda|tar\.bz2)(?:#\S*)?$")
_CHANNEL = re.compile(r"([^\s\[\]'\"]*?)::(?:[^:\s]*:)?(.*)", re.DOTALL)
_CONDA_NAME = re.compile(r"[A-Za-z0-9_][\w.-]*")
_EXACT = re.compile(r"==[^\s=<>!~*,|]+(?:[\s=]+[^\s*]+)?$")
_EXACT_BUILD = re.compile(r"=[^\s=<>!~*,|]+=[^\s=*]+$")
_EXACT_WORDS = re.compile(r"\d[^\s=<>!~*,|]*(?:\s+[^\s*]+)?$")

PYPI = "pypi"
"""The channel of what conda leaves to pip, as conda itself lists it."""


def pip(
    written: str, *, known: bool = True, editable: bool = False, shown: str | None = None, source: str | None = None
) -> Requirement:
    """A requirement of pip's; `shown` is how it stands in a file whose variables were filled in."""
    told = clean(written if shown is None else shown).strip()
    asked, marker = _marker(written.strip())
    named = None if editable else _NAMED_URL.fullmatch(asked)
    name, extras, place = (named[1], named[2] or "", named[3]) if named else (None, "", asked)
    if place.lower().startswith("file:"):
        return _located(told, Kind.PATH, place, name, extras, marker, editable, source)
    if _VCS.match(place) or _URL.match(place):
        kind = Kind.VCS if _VCS.match(place) else Kind.URL
        return _located(told, kind, place, name, extras, marker, editable, source)
    if named or editable or _PATH.match(place) or _ARCHIVE.fullmatch(place):
        return _located(told, Kind.PATH, place, name, extras, marker, editable, source)
    return _named(told, written.strip(), known, marker, source)


def poetry(written: str, *, known: bool = True) -> Requirement:
    """A requirement of poetry's: as pip's, and `name@^1.2`."""
    at = _POETRY.fullmatch(written)
    if at is None or _VCS.match(at[3]) or _URL.match(at[3]):
        return pip(written, known=known)
    wanted = "" if at[3] == "latest" else at[3].strip()
    return Requirement(
        clean(written),
        Kind.NAME,
        normalise(at[1]),
        wanted,
        _split(at[2]),
        pinned=bool(re.fullmatch(r"(==)?\d[\w.]*", wanted)),
    )


def conda(written: str, *, known: bool = True, source: str | None = None) -> Requirement:
    """A match spec of conda's, or the address of one of its packages."""
    told, asked = clean(written).strip(), written.strip()
    if file := _CONDA_FILE.search(asked):
        kind = Kind.URL if _URL.match(asked) else Kind.PATH
        return Requirement(told, kind, file[1].lower(), f"=={file[2]}", pinned=True, source=source)
    channel = _CHANNEL.fullmatch(asked)
    rest = channel[2].strip() if channel else asked
    name = _CONDA_NAME.match(rest)
    wanted = rest[name.end() :].strip() if name else ""
    if wanted and wanted[0] not in "=<>!~[ (" and not rest[name.end() : name.end() + 1].isspace():  # type: ignore[union-attr]
        name, wanted = None, ""  # a glob, or what a variable is part of
    if not known:
        wanted = ""
    return Requirement(
        told,
        Kind.SPEC,
        name[0].lower() if name else None,
        wanted,
        pinned=any(exact.fullmatch(wanted) for exact in (_EXACT, _EXACT_BUILD, _EXACT_WORDS)),
        channel=clean(channel[1]) if channel and channel[1] else _in_brackets(wanted),
        source=source,
    )


def clean(written: str) -> str:
    """A text without the secrets in it."""
    return without_secrets(written)


def _in_brackets(wanted: str) -> str | None:
    found = re.search(r"[\[,\s]channel=['\"]?([^'\",\]]+)", wanted)
    return clean(found[1]) if found else None


def _marker(written: str) -> tuple[str, str | None]:
    """A requirement without its marker; in a URL a semicolon parts only before a blank."""
    sign = "; " if _URL.search(written) or _VCS.match(written) else ";"
    asked, found, marker = written.partition(sign)
    return (asked.strip(), marker.strip() or None) if found else (written, None)


def _located(
    told: str,
    kind: Kind,
    place: str,
    name: str | None,
    extras: str,
    marker: str | None,
    editable: bool,
    source: str | None,
) -> Requirement:
    """A requirement that says where it is."""
    with_fragment = kind is not Kind.PATH or place.lower().startswith("file:")
    address, _, fragment = place.strip().partition("#") if with_fragment else (place.strip(), "", "")
    fields = dict(part.partition("=")[::2] for part in fragment.split("&"))
    if kind is Kind.PATH and (split := _EXTRAS.fullmatch(address)):
        address, extras = split[1], extras or split[2]
    if name is None and (egg := _START.match(fields.get("egg", ""))):
        name, extras = egg[1], extras or (egg[2] or "")
    found = None if kind is Kind.VCS else _of_archive(re.split(r"[\\/]", address.partition("?")[0])[-1])
    return Requirement(
        told,
        kind,
        normalise(name) if name else found[0] if found else None,
        f"=={found[1]}" if found else "",
        _split(extras),
        marker,
        editable,
        pinned=bool(_COMMIT.search(address)) if kind is Kind.VCS else found is not None or "sha256" in fields,
        source=source,
    )


def _named(told: str, written: str, known: bool, marker: str | None, source: str | None) -> Requirement:
    """A requirement by name; of one that is not valid, or not known whole, what its beginning tells."""
    try:
        parsed = versions.requirement(written) if known else None
        pinned = parsed is not None and versions.pins(parsed)
    except CannotTell:
        parsed, pinned = None, False
    if parsed is None:
        start = _START.match(written)
        name = normalise(start[1]) if start else None
        return Requirement(told, Kind.NAME, name, "", _split(start[2]) if start else (), marker, source=source)
    return Requirement(
        told,
        Kind.NAME,
        normalise(parsed.name),
        str(parsed.specifier),
        tuple(sorted(parsed.extras)),
        str(parsed.marker) if parsed.marker is not None else None,
        pinned=pinned,
        source=source,
    )


def _of_archive(file: str) -> tuple[str, str] | None:
    try:
        return versions.of_archive(file) if _ARCHIVE.fullmatch(file) else None
    except CannotTell:
        return None


def _split(extras: str | None) -> tuple[str, ...]:
    return tuple(sorted(part.strip() for part in (extras or "").split(",") if part.strip()))
