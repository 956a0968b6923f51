"""The packages of conda's: how each is named, and what of it pip has replaced.

Where pip put its own over a package (shape A), the package is still written if conda's others depend on it: conda would bring
it in any case, and pip then does again what it did here, which is said. Where nothing of conda's needs it, it is left out.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from envguard.export.channels import plain, secret
from envguard.export_report import Depth, Lost
from envguard.masking import without_secrets
from envguard.model import Text, text
from envguard.packages.credentials import bare
from envguard.packages.solving import asked_for
from envguard.probe import reading
from envguard.probe.reading import spec_name
from envguard.rules.overlaps import clashes
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envguard.facts import CondaPackage, Distribution, Environment

_PART = re.compile(r"[A-Za-z0-9_.!+-]{1,200}")
_SPEC = re.compile(r"[\w.:/\[\]='\",<>!~*|+ -]{1,300}")
_URL = re.compile(r"(?:https?|file)://[^\s#?\"'\\]{1,1000}\.(?:conda|tar\.bz2)", re.ASCII)
_HIDDEN = re.compile(r"<secret>|<TOKEN>")
_MD5 = re.compile(r"[0-9a-f]{32}")


@value
class CondaItem:
    """One package of conda's."""

    name: str
    spec: str
    url: str | None
    """Where it was fetched, without secrets; None if the record does not tell."""
    md5: str | None
    note: Text | None = None


@value
class CondaPart:
    """What conda is to bring, and what it cannot."""

    items: tuple[CondaItem, ...]
    lost: tuple[Lost, ...]


def items(env: Environment, depth: Depth, *, needs_pip: bool) -> CondaPart:
    """The packages, python and pip first, as people write them."""
    lost: list[Lost] = []
    found = []
    replaced = env.replaced
    wanted = asked(env, lost) if depth is Depth.HISTORY else None
    for package in env.conda_packages or ():
        if not all(_PART.fullmatch(part) for part in (package.name, package.version, package.build or "0")):
            lost.append(Lost(package.name, text("{record} names something that is no package", record=package.record)))
            continue
        note = _note(env, package, replaced, lost)
        if (note is None and package.name in replaced) or (wanted is not None and package.name not in wanted):
            continue
        spec = spec_of(package, depth) if wanted is None else wanted[package.name]
        if wanted is not None and spec == "python" and needs_pip:
            spec = _python(env, depth)  # for pip's part is exact, and of this Python
        found.append(_item(env, package, spec, note, lost))
    lost += _damaged(env, replaced)
    lost += _overwritten(env)
    if not any(item.name == "python" for item in found) and env.python_version and (needs_pip or not env.is_conda):
        found.append(CondaItem("python", _python(env, depth), None, None))
    if needs_pip and not any(item.name == "pip" for item in found):
        found.append(CondaItem("pip", _pip(env, depth), None, None))
    return CondaPart(tuple(sorted(found, key=lambda item: (item.name != "python", item.name))), tuple(lost))


def spec_of(package: CondaPackage, depth: Depth) -> str:
    """A package as closely as that."""
    # `name=1.2` would also take 1.2.3
    return package.spec if depth is Depth.EXACT and package.build else f"{package.name}=={package.version}"


def _python(env: Environment, depth: Depth) -> str:
    """A Python that conda is to bring although it is not written in its book as asked for."""
    package = env.by_name.get("python")
    if depth is not Depth.HISTORY:
        return spec_of(package, depth) if package is not None else f"python=={env.python_version}"
    return "python={}.{}".format(*[*(env.python_version or "3").split("."), "*"][:2])


def _pip(env: Environment, depth: Depth) -> str:
    package = env.by_name.get("pip")
    return "pip" if package is None or depth is Depth.HISTORY or "pip" in env.replaced else spec_of(package, depth)


def asked(env: Environment, lost: list[Lost]) -> Mapping[str, str]:
    """What was once asked for, each by its last spec; of an environment that tells nothing what nothing else needs."""
    names = asked_for(env)
    written = {}
    for revision in env.history or ():
        written.update({name: spec for spec in revision.update_specs if (name := spec_name(spec))})
    for package in env.conda_packages or ():
        written.update({name: spec for spec in package.requested if (name := spec_name(spec)) == package.name})
    if not names:
        lost.append(
            Lost(
                "conda-meta/history",
                text("nothing tells what was once asked for, so what nothing else needs is listed"),
            )
        )
        written = {}
        names = frozenset(name for name in env.by_name if not _users(env, name))
    found = {}
    for name in names:
        spec = without_secrets(" ".join(written.get(name, name).split()))
        found[name] = spec if _SPEC.fullmatch(spec) and spec_name(spec) == name and not _HIDDEN.search(spec) else name
    return found


def _users(env: Environment, name: str) -> tuple[str, ...]:
    """The packages that depend on another, without those that pip has replaced together with it."""
    instead = env.replaced.get(name)
    return tuple(
        package.name
        for _, package in env.depending.get(name, ())
        if package.name != name and (instead is None or env.replaced.get(package.name) is not instead)
    )


def _note(
    env: Environment, package: CondaPackage, replaced: Mapping[str, Distribution], lost: list[Lost]
) -> Text | None:
    """What stands beside a package that pip has replaced; None beside any other, and if it is left out."""
    dist = replaced.get(package.name)
    if dist is None:
        return None
    told: dict[str, Any] = {
        "name": package.name,
        "version": package.version,
        "other": dist.name,
        "now": dist.version or "?",
    }
    users = _users(env, package.name)
    if not users:
        lost.append(Lost(package.name, text("conda's {name} {version} is left out: pip's {other} {now} has replaced it, and nothing of conda's needs it", **told)))  # fmt: skip
        return None
    lost.append(
        Lost(
            package.name,
            text("pip's {other} {now} has replaced conda's {name} {version}, and would again: what is made from this has the same fault", **told),
        )
    )  # fmt: skip
    return text("needed by {users}; pip then replaces it by {other} {now}, as it did here", users=users, **told)


def _damaged(env: Environment, replaced: Mapping[str, Distribution]) -> Iterator[Lost]:
    """What is not as conda installed it, and would be again."""
    touched = {clash.package.record for clash in clashes(env) if clash.overwrites}
    for package in env.conda_packages or ():
        if package.name in replaced or package.record in touched:
            continue
        if package.missing.count:
            yield Lost(
                package.name,
                text(
                    "{n} file of conda's {name} is missing here, and comes back",
                    "{n} files of conda's {name} are missing here, and come back",
                    n=package.missing.count,
                    name=package.name,
                ),
            )
        if package.altered.count:
            yield Lost(
                package.name,
                text(
                    "{n} file of conda's {name} was changed in place here; what was changed is not written down",
                    "{n} files of conda's {name} were changed in place here; what was changed is not written down",
                    n=package.altered.count,
                    name=package.name,
                ),
            )


def _overwritten(env: Environment) -> Iterator[Lost]:
    """Files of conda's under those of another project."""
    for clash in clashes(env):
        if clash.overwrites and clash.stranger and clash.overlap.differ and clash.package.name not in env.replaced:
            yield Lost(
                clash.dist.name,
                text(
                    "pip's {name} writes over files of conda's {package}, and would again",
                    name=clash.dist.name,
                    package=clash.package.name,
                ),
            )


def _item(env: Environment, package: CondaPackage, spec: str, note: Text | None, lost: list[Lost]) -> CondaItem:
    told = _record(env, package)
    address = told.get("url")
    url = bare(address) if isinstance(address, str) else None
    if url is not None and address != url:
        host = url.split("/")[2]
        lost.append(
            Lost(
                f"channel {host}",
                text("packages of {host} were fetched with a password or a token, which is left out", host=host),
            )
        )
    elif secret(package.channel or ""):
        name = plain(package.channel or "")
        said = text("the channel {channel} was asked with a password or a token, which is left out", channel=name)
        lost.append(Lost(f"channel {name}", said))
    md5 = told.get("md5")
    digest = md5 if isinstance(md5, str) and _MD5.fullmatch(md5) else None
    return CondaItem(package.name, spec, url if url and _URL.fullmatch(url) else None, digest, note)


def _record(env: Environment, package: CondaPackage) -> Mapping[str, Any]:
    """The record itself: the facts leave out where a package was fetched."""
    try:
        data = reading.read(f"{env.prefix}/{package.record}", reading.RECORD_LIMIT, env.prefix)
        told = json.loads(data.decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
