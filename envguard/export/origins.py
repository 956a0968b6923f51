"""Where a distribution came from, as a requirement that brings it again; or what to do where none does.

Read from direct_url.json (PEP 610), of which the facts keep less than is needed here: the folder inside a repository, and the
hash of an archive. Credentials go, but for variables in their place, which name no secret.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from envguard import versions
from envguard.masking import SECRET, without_secrets
from envguard.model import Text, text
from envguard.probe import reading
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envguard.facts import Distribution, Environment

_LIMIT = 1 << 20
_COMMIT = re.compile(r"[0-9a-fA-F]{7,64}")
_VCS = ("git", "hg", "svn", "bzr")
_USER = re.compile(r"(?<=://)[^/@\s]*@")
_VARIABLES = re.compile(r"\$\{[A-Z0-9_]+\}(?::\$\{[A-Z0-9_]+\})?@|git@|hg@|svn@")
_PLAIN = re.compile(r"[^\s#;'\"\\`]{1,1000}")
_FOLDER = re.compile(r"[\w./-]{1,300}", re.ASCII)
_HASHES = ("sha256", "sha384", "sha512")


@value
class Origin:
    """How to get a distribution again."""

    line: str | None
    note: Text | None = None
    lost: Text | None = None


def requirement(env: Environment, dist: Distribution) -> Origin:
    """The requirement of a distribution that came from an address."""
    told = direct_url(env, dist)
    url = str(told.get("url") or (dist.direct_url.url if dist.direct_url else ""))
    shown = without_secrets(url)
    if dist.editable:
        return _from_folder(dist, shown, editable=True)
    if isinstance(vcs := told.get("vcs_info"), dict):
        return _from_repository(dist, url, vcs, told.get("subdirectory"))
    if url.startswith("file:"):
        return _from_folder(dist, shown, editable=False, archive="archive_info" in told)
    return _from_archive(dist, url, told.get("archive_info"))


def direct_url(env: Environment, dist: Distribution) -> Mapping[str, Any]:
    """Where a distribution came from, as it notes it itself; nothing if it does not."""
    try:
        data = reading.read(f"{env.prefix}/{dist.path}/direct_url.json", _LIMIT, env.prefix)
        told = json.loads(data.decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _from_repository(dist: Distribution, url: str, vcs: Mapping[str, Any], subdirectory: object) -> Origin:
    kind, commit = vcs.get("vcs"), str(vcs.get("commit_id") or "")
    address, hidden = _without_user(url)
    folder = f"#subdirectory={subdirectory}" if subdirectory else ""
    fits = _PLAIN.fullmatch(address) and (not subdirectory or _FOLDER.fullmatch(str(subdirectory)))
    if kind not in _VCS or not _COMMIT.fullmatch(commit) or not fits:
        said = text("{name} came from {url}, which cannot be written as a requirement", name=dist.name, url=address)
        return Origin(None, said, said)
    line = f"{dist.name} @ {kind}+{address}@{commit}{folder}"
    if address.startswith("file:"):
        return Origin(line, None, text("{name} comes from a repository on this machine: {url}", name=dist.name, url=address))  # fmt: skip
    return Origin(line, None, _hidden(dist, address) if hidden else None)


def _from_archive(dist: Distribution, url: str, archive: object) -> Origin:
    address, hidden = _without_user(url)
    address, query = re.sub(r"[?#].*", "", address), bool(re.search(r"[?]", address))
    if "://" not in address or not _PLAIN.fullmatch(address):
        said = text("{name} came from {url}, which cannot be written as a requirement", name=dist.name, url=address)
        return Origin(None, said, said)
    line = f"{dist.name} @ {address}{_hash(archive)}"
    return Origin(line, None, _hidden(dist, address) if hidden or query else None)


def _hash(archive: object) -> str:
    if not isinstance(archive, dict):
        return ""
    hashes: Any = archive.get("hashes")
    old, _, digest = str(archive.get("hash") or "").partition("=")
    known = {old: digest, **(hashes if isinstance(hashes, dict) else {})}
    return next(
        (
            f"#{name}={known[name]}"
            for name in _HASHES
            if isinstance(known.get(name), str) and re.fullmatch(r"[0-9a-f]{64,128}", known[name])
        ),
        "",
    )


def _from_folder(dist: Distribution, shown: str, *, editable: bool, archive: bool = False) -> Origin:
    """What lies on this machine only: nothing that a file could ask for elsewhere."""
    told = {"name": dist.name, "version": versions.pep440(dist.version or "") or "?", "url": unquote(shown)}
    if editable:
        lost = text(
            "{name} {version} is installed in place from {url}: clone that and `pip install -e` it there", **told
        )
        note = text("installed in place from {url}: clone that there, then `pip install -e FOLDER`", **told)
    elif archive:
        lost = text("{name} {version} was installed from {url}: take that file along, or install a released version", **told)  # fmt: skip
        note = text("installed from {url}: take that file along, then `pip install FILE`", **told)
    else:
        lost = text("{name} {version} was built from {url}: take that folder along, or push it and install from its commit", **told)  # fmt: skip
        note = text("built from {url}: take that folder along, then `pip install FOLDER`", **told)
    return Origin(None, note, lost)


def _without_user(url: str) -> tuple[str, bool]:
    """An address without user and password, and whether there was one to take out."""
    found = _USER.search(url)
    if found is None or _VARIABLES.fullmatch(found[0]):
        kept = without_secrets(url) if found is None else url
        return kept, SECRET in kept
    return without_secrets(_USER.sub("", url, count=1)), True


def _hidden(dist: Distribution, address: str) -> Text:
    return text("{name} was fetched from {url} with credentials, which are left out", name=dist.name, url=address)
