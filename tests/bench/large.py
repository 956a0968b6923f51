"""A large environment to measure on: by default 450 conda packages, 217 distributions, 63,000 files, 1.3 GB.

The files are made up, their number, names, sizes and the size of the records are those of a real environment of a
data scientist; a fifth of them is byte code, every fortieth is compiled, and a record lists one folder after the other, as in 668
records that people published (562 of them are sorted, and in all together the folder changes at every ninth path).
`python` in it is a link to the running interpreter, so that pip can be asked about it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import shutil
import sys
from pathlib import Path

SITE = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
SHARE_OF_DISTRIBUTIONS = 217 / 450
FILES_PER_PACKAGE = 139


def build(where: Path, packages: int = 450, mean_size: int = 21_000) -> Path:
    """Builds the environment once; an existing complete one is used again."""
    prefix = where / f"large-{packages}-{mean_size}-sorted-{sys.version_info[0]}.{sys.version_info[1]}"
    if (prefix / "complete").exists():
        return prefix
    shutil.rmtree(prefix, ignore_errors=True)
    (prefix / "conda-meta").mkdir(parents=True)
    (prefix / "bin").mkdir()
    (prefix / SITE).mkdir(parents=True)
    (prefix / "bin/python").symlink_to(Path(sys.executable).resolve())
    base = Path(sys.executable).resolve().parent
    version = ".".join(map(str, sys.version_info[:3]))
    (prefix / "pyvenv.cfg").write_text(f"home = {base}\ninclude-system-site-packages = false\nversion = {version}\n")
    dice = random.Random(450)
    for number in range(packages):
        _package(prefix, number, packages, mean_size, dice)
    (prefix / "conda-meta/history").write_text("==> 2024-05-04 17:18:39 <==\n# cmd: conda create --name large\n")
    (prefix / "complete").touch()
    return prefix


def _package(prefix: Path, number: int, packages: int, mean_size: int, dice: random.Random) -> None:
    name = f"package{number:04d}"
    python = number < packages * SHARE_OF_DISTRIBUTIONS
    files: dict[str, bytes] = {}
    for index in range(max(3, int(dice.expovariate(1 / FILES_PER_PACKAGE)))):
        folder = f"part{index // 18}/"
        if python:
            folder = f"{SITE}/{name}/{folder if index >= 18 else ''}"
            if index % 40 == 1:
                path = f"{folder}module{index}.cpython-311-x86_64-linux-gnu.so"
            else:  # each module is followed by its byte code
                path = (
                    f"{folder}__pycache__/module{index - 1}.cpython-311.pyc"
                    if index % 2
                    else f"{folder}module{index}.py"
                )
        else:
            path = f"lib/{name}.so.{index}" if index < 3 else f"share/{name}/{folder}data{index}.txt"
        files[path] = dice.randbytes(max(16, int(dice.expovariate(1 / mean_size))))
    depends = [f"package{dice.randrange(number):04d} >=1.0,<3" for _ in range(min(number, 6))]
    if python:
        files[f"{SITE}/{name}/__init__.py"] = b""
        info = f"{SITE}/{name}-1.{number}.dist-info"
        requires = "".join(
            f"Requires-Dist: {d.partition(' ')[0]}>=1.0\n"
            for d in depends
            if int(d[7:11]) < packages * SHARE_OF_DISTRIBUTIONS
        )
        head = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.{number}\n{requires}\n"
        files[f"{info}/METADATA"] = (head + "Words of a readme. " * 400).encode()
        files[f"{info}/INSTALLER"] = b"conda\n"
        files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\n"
        files[f"{info}/RECORD"] = "\n".join(_row(path, data) for path, data in files.items()).encode()
    files = dict(sorted(files.items()))
    entries = []
    for path, data in files.items():
        where = prefix / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        entries.append(
            {
                "_path": path,
                "path_type": "hardlink",
                "sha256": digest,
                "sha256_in_prefix": digest,
                "size_in_bytes": len(data),
            }
        )
    record = {
        "build": "h0_0",
        "build_number": 0,
        "channel": "https://channel.invalid/main/linux-64",
        "constrains": [],
        "depends": depends,
        "files": list(files),
        "fn": f"{name}-1.{number}-h0_0.conda",
        "name": name,
        "paths_data": {"paths": entries, "paths_version": 1},
        "subdir": "linux-64",
        "url": f"https://channel.invalid/main/linux-64/{name}-1.{number}-h0_0.conda",
        "version": f"1.{number}",
    }
    (prefix / f"conda-meta/{name}-1.{number}-h0_0.json").write_text(json.dumps(record, indent=2))


def _row(path: str, data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{path.removeprefix(SITE + '/')},sha256={digest},{len(data)}"
