"""Makes environments from exported files, as people would: conda's part by py-rattler, then pip's part by real pip."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from envguard.probe.reading import FOLDER_NAME, normalise
from tests.envs import channel, rattle, trees, wheelhouse

if TYPE_CHECKING:
    from collections.abc import Sequence

_TIMES = ("conda-meta/", "CACHEDIR.TAG", "etc/conda/")
_OF_THIS_INSTALL = ("direct_url.json", "REQUESTED", "RECORD", "INSTALLER")
"""Where it came from and what was asked for is another story the second time; what is installed must be the same."""


def parsed(content: str) -> dict[str, Any]:
    """The environment.yml."""
    loaded: dict[str, Any] = YAML(typ="safe").load(content)
    return loaded


def specs(loaded: dict[str, Any]) -> list[str]:
    return [each for each in loaded["dependencies"] if isinstance(each, str)]


def pip_lines(loaded: dict[str, Any]) -> list[str]:
    return [line for each in loaded["dependencies"] if isinstance(each, dict) for line in each["pip"]]


def conda(where: Path, asked: Sequence[str], channels: Sequence[str]) -> None:
    """`conda env create`, conda's part of it, from the channels that the file names."""
    [place] = [each for each in channels if each != "nodefaults"]
    # py-rattler takes `name=version=build` from an environment.yml, but not as an argument
    asked = [re.sub(r"^([^=]+)=([^=]+)=([^=]+)$", r"\1 ==\2 \3", each) for each in asked]
    rattle.run(
        "install",
        channel=place,
        specs=list(asked),
        prefix=str(where),
        cache=str(channel.build() / "pkgs"),
        reinstall=[],
    )


def pip(where: Path, lines: Sequence[str], *options: str, links: Sequence[Path] = ()) -> None:
    """pip's part: the lines as a requirement file, as conda hands them on."""
    if not lines:
        return
    file = where / "requirements.for-pip.txt"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    places = " ".join(map(str, (*wheelhouse.folders().values(), *links)))
    env = {**wheelhouse.isolated(), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": places, "PIP_NO_CACHE_DIR": "1"}
    command = [
        str(where / "bin/python"),
        "-m",
        "pip",
        "install",
        "--root-user-action=ignore",
        *options,
        "-r",
        str(file),
    ]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    file.unlink()
    assert done.returncode == 0, done.stderr


def from_yml(content: str, where: Path, links: Sequence[Path] = ()) -> Path:
    loaded = parsed(content)
    conda(where, specs(loaded), loaded["channels"])
    pip(where, pip_lines(loaded), links=links)
    return where


def records(prefix: Path) -> set[tuple[str, str, str]]:
    found = (json.loads(path.read_text(encoding="utf-8")) for path in prefix.glob("conda-meta/*.json"))
    return {(each["name"], each["version"], each["build"]) for each in found}


def dists(prefix: Path) -> set[tuple[str, str]]:
    matches = (FOLDER_NAME.match(path.name) for path in (prefix / trees.SITE).glob("*.dist-info"))
    return {(normalise(match["name"]), match["version"]) for match in matches if match}


def files(prefix: Path) -> dict[str, str]:
    """Every file by its content, the prefix in it put aside; byte code and what tells of one installation apart."""
    found = {}
    own = os.fsencode(str(prefix))
    for folder, names, inside in os.walk(prefix):
        names[:] = [name for name in names if name != "__pycache__"]
        for name in inside:
            path = Path(folder, name)
            place = path.relative_to(prefix).as_posix()
            if not place.startswith(_TIMES) and name not in _OF_THIS_INSTALL:
                content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
                found[place] = hashlib.sha256(_without(content, own)).hexdigest()
    return found


def _without(content: bytes, prefix: bytes) -> bytes:
    """A binary keeps its length where a prefix is written into it, so zeros behind a shorter one go, too."""
    if prefix not in content:
        return content
    parts = content.split(prefix)
    if b"\0" not in content:
        return b"<prefix>".join(parts)
    return b"<prefix>".join([parts[0], *(part.replace(b"\0", b"") for part in parts[1:])])


def wheel(
    folder: Path, name: str, version: str, files: dict[str, str], requires: tuple[str, ...] = (), extra: str = ""
) -> Path:
    """A wheel of our own, with an extra if it is to have one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    told = trees.dist_info(name, version, files, (*requires,))
    with zipfile.ZipFile(path, "w") as archive:
        for place, content in told.items():
            if extra and place.endswith("/METADATA"):
                content += f"Provides-Extra: {extra}\n"  # RECORD's hash of it is nothing pip checks
            archive.writestr(place, content)
    return path


def project(folder: Path, name: str, *, requires: tuple[str, ...] = ()) -> Path:
    """A folder of sources that setuptools builds."""
    listed = ", ".join(f'"{each}"' for each in requires)
    trees.from_texts(
        folder,
        {
            "pyproject.toml": f'[project]\nname = "{name}"\nversion = "0.3"\ndependencies = [{listed}]\n'
            '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
            f'[tool.setuptools]\npackages = ["{name}"]\n',
            f"{name}/__init__.py": f'WHO = "{name}"\n',
        },
    )
    return folder


def repository(folder: Path, name: str) -> tuple[Path, str]:
    """A git repository with a project in it; and its commit."""
    project(folder, name)
    who = ("-c", "user.name=Tests", "-c", "user.email=tests@example.invalid", "-c", "commit.gpgsign=false")
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for command in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "First")):
        subprocess.run(["git", *command], cwd=folder, env=env, check=True)
    told = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, env=env, check=True, capture_output=True, text=True)
    return folder, told.stdout.strip()


def equal(first: Path, second: Path) -> None:
    """Two environments hold the same, to the last file."""
    assert records(first) == records(second)
    assert dists(first) == dists(second)
    before, after = files(first), files(second)
    different = sorted(path for path in before.keys() & after.keys() if before[path] != after[path])
    assert (sorted(before.keys() ^ after.keys()), different) == ([], [])
