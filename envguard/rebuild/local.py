"""What pip had from this machine: folders and files, to be installed from there again if they are still what they were."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from envguard.export.origins import direct_url
from envguard.model import Text, text

if TYPE_CHECKING:
    from envguard.facts import Distribution, Environment

_PLAIN = re.compile(r"file:///[^\s'\"\\`#;]{1,1000}")


def line(env: Environment, name: str) -> tuple[str | None, Text | None]:
    """The requirement that installs a distribution from where it came from; else why that cannot be."""
    dist = next((each for each in env.dists_named.get(name, ()) if each.owner is None and each.direct_url), None)
    if dist is None or dist.direct_url is None:
        return None, text("pip's {name}: nothing tells where it came from", name=name)
    told = direct_url(env, dist)
    url = str(told.get("url") or dist.direct_url.url).partition("#")[0]
    if not _PLAIN.fullmatch(url):
        return None, _lost(dist, text("it came from {url}", url=url))
    path = Path(url2pathname(urlsplit(url).path))
    if not path.exists():
        return None, _lost(dist, text("{path} is not there any more", path=str(path)))
    archive = told.get("archive_info")
    if isinstance(archive, dict):
        hashes = archive.get("hashes")
        known = hashes.get("sha256") if isinstance(hashes, dict) else None
        if known is not None and known != _digest(path):
            return None, _lost(dist, text("{path} is not the file that it was installed from", path=str(path)))
    if dist.editable:
        return f"--editable {url}", None
    return f"{dist.name} @ {url}", None


def _lost(dist: Distribution, reason: Text) -> Text:
    return text(
        "pip's {name} {version}: {reason}", name=dist.name, version=dist.version or "?", reason=reason.english()
    )


def _digest(path: Path) -> str | None:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError:
        return None
    return digest.hexdigest()
