"""Rewrites the records that py-rattler leaves into those that conda leaves (shared facts: two tables of one thing)."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.envs.trees import SITE
from tests.envs.wheelhouse import isolated

if TYPE_CHECKING:
    from collections.abc import Sequence

CONDA_VERSION = "26.7.1"
CONDA = "/opt/conda/bin/conda"
"""What the history calls conda; nothing is there."""
FIELDS = (
    "arch",
    "build",
    "build_number",
    "channel",
    "constrains",
    "depends",
    "extracted_package_dir",
    "files",
    "fn",
    "license",
    "link",
    "md5",
    "name",
    "noarch",
    "package_tarball_full_path",
    "package_type",
    "paths_data",
    "platform",
    "requested_spec",
    "requested_specs",
    "sha256",
    "size",
    "subdir",
    "timestamp",
    "track_features",
    "url",
    "version",
)
"""What conda keeps of a record; it drops what it does not know."""


def dist_strings(prefix: Path) -> set[str]:
    """`channel/subdir::name-version-build` of every record, as conda's history spells it."""
    found = set()
    for path in prefix.glob("conda-meta/*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        found.add(f"{_channel(record)}::{record['name']}-{record['version']}-{record['build']}")
    return found


def to_conda(prefix: Path, specs: Sequence[str], command: str, before: set[str], when: float) -> None:
    """Turns the records that py-rattler just wrote, and the history, into conda's."""
    new = [path for path in sorted(prefix.glob("conda-meta/*.json")) if _is_rattlers(path)]
    loaded = {path: json.loads(path.read_text(encoding="utf-8")) for path in new}
    compiled = _compile(prefix, [r for r in loaded.values() if r.get("noarch") == "python"])
    for path, record in loaded.items():
        text = json.dumps(_rewritten(record, specs, compiled), indent=2, sort_keys=True, separators=(",", ": "))
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
    (prefix / "CACHEDIR.TAG").unlink(missing_ok=True)
    (prefix / "conda-meta" / "created_at").touch()
    _append_history(prefix, specs, command, before, when)


def _append_history(prefix: Path, specs: Sequence[str], command: str, before: set[str], when: float) -> None:
    # conda writes the difference of two states: a forced reinstall of the same build leaves no + and no - line.
    after = dist_strings(prefix)
    lines = [
        f"==> {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(when))} <==",
        f"# cmd: {command}",
        f"# conda version: {CONDA_VERSION}",
        *(f"-{dist}" for dist in sorted(before - after)),
        *(f"+{dist}" for dist in sorted(after - before)),
        f"# update specs: {sorted(specs)!r}",
    ]
    with (prefix / "conda-meta" / "history").open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def _is_rattlers(record: Path) -> bool:
    return (record.stat().st_mode & 0o777) == 0o600


def _channel(record: dict[str, Any]) -> str:
    url, subdir = record["channel"].rstrip("/"), record["subdir"]
    return str(url if url.endswith(f"/{subdir}") else f"{url}/{subdir}")


def _rewritten(record: dict[str, Any], specs: Sequence[str], compiled: dict[str, str]) -> dict[str, Any]:
    noarch = record.get("noarch")
    packed = json.loads(Path(record["extracted_package_dir"], "info", "paths.json").read_text(encoding="utf-8"))
    sizes = {entry["_path"]: entry["size_in_bytes"] for entry in packed["paths"]}
    paths = [_path_entry(entry, sizes, noarch) for entry in record["paths_data"]["paths"]]
    pycs = [compiled[name] for name in record["files"] if name in compiled] if noarch == "python" else []
    asked = [spec for spec in specs if spec.split("=")[0].split()[0] == record["name"]]
    whole = {
        "constrains": [],
        **record,
        "channel": _channel(record),
        "files": [*record["files"], *pycs],
        "package_tarball_full_path": f"{record['extracted_package_dir']}.conda",
        "paths_data": {
            "paths": [*paths, *({"_path": pyc, "path_type": "pyc_file"} for pyc in pycs)],
            "paths_version": 1,
        },
        "requested_spec": asked[0] if asked else "None",
        "requested_specs": asked,
    }
    if noarch:
        whole["package_type"] = f"noarch_{noarch}"
    return {key: whole[key] for key in FIELDS if key in whole}


def _path_entry(entry: dict[str, Any], sizes: dict[str, int], noarch: str | None) -> dict[str, Any]:
    changed = dict(entry)
    if noarch == "python":
        changed["_path"] = _noarch_path(entry["_path"], sizes)
    if entry["path_type"] == "softlink":
        changed.pop("sha256_in_prefix", None)
    elif entry["path_type"] == "hardlink":
        changed.setdefault("sha256_in_prefix", entry["sha256"])
        changed["size_in_bytes"] = sizes[changed["_path"]]
    else:  # entry points, which conda writes without size and hash
        changed = {"_path": entry["_path"], "path_type": "unix_python_entry_point"}
    return changed


def _noarch_path(path: str, sizes: dict[str, int]) -> str:
    if path.startswith(f"{SITE}/"):
        return f"site-packages{path[len(SITE) :]}"
    script = f"python-scripts{path[len('bin') :]}"
    return script if script in sizes else path


def _compile(prefix: Path, records: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Compiles the modules of noarch packages as conda does; source -> .pyc, both relative to the prefix."""
    sources = [name for record in records for name in record["files"] if name.endswith(".py")]
    if not sources:
        return {}
    listing = "".join(f"{prefix / name}\n" for name in sources)
    command = [str(prefix / "bin" / "python"), "-Wi", "-m", "compileall", "-q", "-i", "-"]
    subprocess.run(command, input=listing, text=True, env=isolated(), capture_output=True, check=False)
    cached = {name: os.path.relpath(importlib.util.cache_from_source(str(prefix / name)), prefix) for name in sources}
    return {name: pyc for name, pyc in cached.items() if (prefix / pyc).exists()}
