"""What a resolver says would come and go: what `pip`, `uv` and `conda` find out, and `after` applies to an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.value import value

if TYPE_CHECKING:
    from envguard.facts import CondaPackage, DirectUrl
    from envguard.model import Text


@value
class Coming:
    """One distribution that pip or uv would install."""

    name: str
    """Normalised (PEP 503)."""
    version: str
    requested: bool
    requires: tuple[str, ...] | None
    """Requires-Dist; None if the resolver does not tell."""
    requires_python: str | None
    file: str | None
    """The name of the wheel, or None for what would have to be built."""
    source: str | None
    """The URL or path it comes from, without secrets."""
    direct_url: DirectUrl | None = None


@value
class Transaction:
    """All that one command would change in one prefix."""

    comes: tuple[Coming, ...] = ()
    goes: tuple[str, ...] = ()
    """Paths of dist-infos, relative to the prefix, that would be uninstalled, those replaced among them."""
    links: tuple[CondaPackage, ...] = ()
    """Records that conda would write."""
    link_files: tuple[tuple[str, str], ...] | None = None
    """(path relative to the prefix, record as in CondaPackage.record) of what `links` would write; None if nothing is known."""
    unlisted: tuple[str, ...] = ()
    """The records of `links` whose files are not known, and so not in `link_files`."""
    unlinks: tuple[str, ...] = ()
    """Records (paths, as in CondaPackage.record) that conda would take off."""
    refusal: Text | None = None
    """Why the tool itself would refuse."""
    unknown: tuple[Text, ...] = ()
    """What could not be foretold, and why."""
