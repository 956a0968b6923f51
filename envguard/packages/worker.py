"""py-rattler in a process of its own: `python worker.py REQUEST ANSWER`, both files of JSON.

* Nothing of envguard is imported, so that the file can be started by its path, and no notebook hosts py-rattler's threads:
  they may abort the interpreter that ends soon after an answer (seen with 0.28), and only a process can be given up.
* Whatever goes wrong is an answer: {"error": {"kind": …, "says": …}}.
* Nothing is installed but by `link`, and without `network` nothing but files is asked.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

_LOOK = 0.05
_KINDS = {
    "SolverError": "unsatisfiable",
    "GatewayError": "unreachable",
    "FetchRepoDataError": "unreachable",
    "InvalidChannelError": "unreachable",
    "InvalidUrlError": "unreachable",
    "InvalidMatchSpecError": "spec",
    "InvalidVersionSpecError": "spec",
    "InvalidPackageNameError": "spec",
}


class Unknown(Exception):
    """Something of the question cannot be looked up here."""


def _sources(request: dict[str, Any]) -> list[Any]:
    """The channels in their order; those of one name (`defaults`) are one tier of the priority.

    One that may only be read from what is kept of it is made of those files.
    """
    import rattler

    tiers: list[tuple[str, list[Any]]] = []
    for channel in request["channels"]:
        at = rattler.Channel(channel["url"])
        kept = channel.get("cached")
        parts = [at] if kept is None else [rattler.SparseRepoData(at, subdir, path) for subdir, path in kept.items()]
        if tiers and tiers[-1][0] == channel["name"]:
            tiers[-1][1].extend(parts)
        else:
            tiers.append((channel["name"], parts))
    if not hasattr(rattler, "MultiSource"):  # before 0.27: each folder is a tier of its own
        return [part for _, parts in tiers for part in parts]
    return [parts[0] if len(parts) == 1 else rattler.MultiSource(name, parts) for name, parts in tiers]


def _gateway(request: dict[str, Any]) -> Any:
    import rattler

    action: Any = "cache-or-fetch" if request["network"] else "force-cache-only"
    client = rattler.networking.Client.authenticated_client() if request["network"] else None
    return rattler.Gateway(
        cache_dir=Path(request["cache"]),
        default_config=rattler.SourceConfig(cache_action=action),
        client=client,
    )


def _record(record: Any) -> dict[str, Any]:
    noarch = record.noarch
    kind = "python" if noarch.python else "generic" if noarch.generic else None
    return {
        "name": record.name.normalized,
        "version": str(record.version),
        "build": str(getattr(record.build, "build", None) or record.build),
        "build_number": record.build_number,
        "subdir": record.subdir,
        "channel": record.channel,
        "noarch": kind,
        "depends": list(record.depends),
        "constrains": list(record.constrains),
        "url": record.url,
        "file_name": record.file_name,
        "sha256": record.sha256.hex() if record.sha256 else None,
        "site_packages": record.python_site_packages_path,
    }


async def query(request: dict[str, Any]) -> dict[str, Any]:
    """Which versions of some names each channel has, the newest first."""
    import rattler

    answer = await _gateway(request).query(
        _sources(request), request["platforms"], request["names"], recursive=False, channel_relations="disabled"
    )
    records = [each for part in answer for each in part]
    found: dict[str, list[list[str]]] = {name: [] for name in request["names"]}
    for channel in request["channels"]:
        place = _place(channel["url"])
        here = [each for each in records if _place(each.channel or each.url.rsplit("/", 2)[0]) == place]
        for name in request["names"]:
            versions = {str(each.version) for each in here if each.name.normalized == name}
            found[name].append(sorted(versions, key=rattler.Version, reverse=True))
    return {"versions": found}


def _only_what_is_kept(request: dict[str, Any]) -> bool:
    """Whether a channel of another machine is read from what py-rattler keeps of it in parts."""
    far = (each for each in request.get("channels", ()) if not each["url"].startswith("file:"))
    return not request.get("network", True) and any("cached" not in each for each in far)


def _place(url: str) -> str:
    """An address without user, password and token, which records do not repeat."""
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    parts = path.strip("/").split("/")
    while "t" in parts[:-1]:
        del parts[parts.index("t") : parts.index("t") + 2]
    return f"{scheme}://{host.rpartition('@')[2]}/{'/'.join(parts)}"


def _installed(request: dict[str, Any]) -> list[Any]:
    import rattler

    found = []
    for path in request["installed"]:
        try:
            found.append(rattler.PrefixRecord.from_path(path))
        except Exception as error:
            raise Unknown(f"{Path(path).name}: {error}") from error
    return found


def _virtual() -> list[Any]:
    import rattler

    return list(rattler.VirtualPackage.detect(rattler.VirtualPackageOverrides.from_env()))


async def solve(request: dict[str, Any]) -> dict[str, Any]:
    """The records a prefix would hold: the first of several attempts that has a solution."""
    return {"records": [_record(each) for each in await _solution(request)]}


async def _solution(request: dict[str, Any]) -> list[Any]:
    import rattler

    installed = {each.name.normalized: each for each in _installed(request)}
    gateway, sources = _gateway(request), _sources(request)
    priority = getattr(rattler.channel.ChannelPriority, request["priority"].capitalize())

    async def attempt(specs: list[str], kept: list[Any], constraints: list[str], *, frozen: bool = False) -> list[Any]:
        return await rattler.solve(
            sources,
            [rattler.MatchSpec(spec) for spec in specs],
            gateway=gateway,
            platforms=request["platforms"],
            locked_packages=() if frozen else kept,
            pinned_packages=kept if frozen else (),
            virtual_packages=_virtual(),
            timeout=datetime.timedelta(seconds=request["seconds"]),
            channel_priority=priority,
            constraints=[rattler.MatchSpec(spec) for spec in constraints],
            channel_relations="disabled",
        )

    refused: Exception | None = None
    for asked in request["attempts"]:
        kept = [each for name, each in installed.items() if name not in asked["free"]]
        try:
            best = []
            if asked["best"]:
                # left to itself the solver would rather keep what is installed than take the newest of what is named
                alone = await attempt(asked["best"], [], asked["constraints"])
                names = set(asked["names"])
                best = [f"{each.name.normalized} =={each.version}" for each in alone if each.name.normalized in names]
            specs = [*asked["specs"], *best]
            records = await attempt(specs, kept, asked["constraints"], frozen=asked["frozen"])
        except Exception as error:
            if type(error).__name__ != "SolverError":
                raise
            refused = refused or error
            continue
        if asked["keep"]:
            records = _with_bystanders(records, installed, rattler.MatchSpec)
        return records
    assert refused is not None
    raise refused


def _with_bystanders(records: list[Any], installed: dict[str, Any], spec: Any) -> list[Any]:
    """The solution and those installed packages nobody asked for that still fit to it."""
    chosen = {each.name.normalized: each for each in records}
    left = {name: each for name, each in installed.items() if name not in chosen}
    changed = True
    while changed:  # what fits only beside another that does not fit goes, too
        changed = False
        together = {**chosen, **left}
        for name, each in list(left.items()):
            if not all(_met(need, together, spec) for need in each.depends) or any(
                _forbids(other, each, spec) or _forbids(each, other, spec) for other in together.values()
            ):
                del left[name], together[name]
                changed = True
    return [*records, *left.values()]


def _met(need: str, together: dict[str, Any], spec: Any) -> bool:
    name = need.split()[0].split("::")[-1]
    return name.startswith("__") or (name in together and bool(together[name].matches(spec(need))))


def _forbids(first: Any, second: Any, spec: Any) -> bool:
    name = second.name.normalized
    return any(each.split()[0] == name and not second.matches(spec(each)) for each in first.constrains)


async def link(request: dict[str, Any]) -> dict[str, Any]:
    """Links packages anew, lets go of others, or brings the prefix to a solution; what is linked then that was not, and was."""
    import rattler
    from rattler.package_streaming import extract

    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    installed = _installed(request)
    before = {each.name.normalized: _stem(each) for each in installed}
    named = set(request["relink"])
    if request["attempts"]:
        records = await _solution(request)
    else:
        gone = set(request["drop"])
        records = [each for each in installed if each.name.normalized not in gone]
        for each in records:
            each.url = request["urls"].get(each.name.normalized, each.url)
    for archive, folder in request["archives"].items():
        extract(archive, folder)
    # without `requested_specs`: it would write them anew into every record, in place
    await rattler.install(
        records,
        Path(request["prefix"]),
        cache_dir=Path(request["packages"]),
        installed_packages=installed,
        reinstall_packages=named,
        show_progress=False,
        client=rattler.networking.Client.authenticated_client(),
    )
    after = {each.name.normalized: _stem(each) for each in records}
    return {
        "linked": sorted(_told(each) for each in records if before.get(each.name.normalized) != _stem(each)),
        "unlinked": sorted(_told(each) for each in installed if after.get(each.name.normalized) != _stem(each)),
    }


def _end_with(parent: int) -> None:
    """Ends this process once whoever asked has been killed: what is half done is taken back then, and must not go on."""
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)


def _stem(record: Any) -> str:
    return f"{record.name.normalized}-{record.version}-{getattr(record.build, 'build', None) or record.build}"


def _told(record: Any) -> str:
    """A package as conda's history names it."""
    channel = (record.channel or "").rstrip("/")
    channel = _place(channel).rstrip("/") if "://" in channel else channel
    folder = channel if channel.endswith(f"/{record.subdir}") else f"{channel}/{record.subdir}"
    return f"{folder}::{_stem(record)}"


async def paths(request: dict[str, Any]) -> dict[str, Any]:
    """The files of package archives on this machine, and the scripts to be made; None for what cannot be read."""
    found: dict[str, Any] = {}
    for archive in request["archives"]:
        try:
            found[archive] = await _listed(archive)
        except Exception:  # noqa: BLE001 - rattler's errors share no base class
            found[archive] = None
    return {"paths": found}


async def _listed(archive: str) -> dict[str, Any]:
    from rattler.package_streaming import PackageArchive

    opened = await PackageArchive.from_path(archive)
    told = await opened.read_files(["info/paths.json", "info/link.json"])
    return {name: json.loads(content) for name, content in told.items() if content is not None}


def _main(source: str, target: str) -> None:
    # A folder of envguard's, in which `names.py` stands, is no place to import from.
    here = Path(__file__).parent.resolve()
    sys.path = [entry for entry in sys.path if Path(entry).resolve() != here]
    request = json.loads(Path(source).read_text(encoding="utf-8"))
    if request.get("library"):  # last, so that this interpreter's own comes first
        sys.path.append(request["library"])
    warnings.simplefilter("ignore")
    try:
        answer = asyncio.run({"query": query, "solve": solve, "paths": paths, "link": link}[request["do"]](request))
    except ImportError as error:
        answer = {"error": {"kind": "library", "says": str(error)}}
    except Unknown as error:
        answer = {"error": {"kind": "record", "says": str(error)}}
    except BaseException as error:  # noqa: BLE001 - a panic of Rust's is a BaseException
        kind = _KINDS.get(type(error).__name__, "failed")
        if kind == "unreachable" and _only_what_is_kept(request):
            kind = "unkept"
        answer = {"error": {"kind": kind, "says": str(error).strip()}}
    Path(target).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    _main(*sys.argv[1:3])
    sys.stderr.flush()
    os._exit(0)  # the ordinary end is what py-rattler's threads may spoil
