"""Ground for forecasts of pip and uv: copies of environments by hard links, files to install, and the commands run for real."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from envguard.commands import find
from envguard.commands.command import Place
from envguard.probe.reading import FOLDER_NAME, normalise
from tests.envs import trees
from tests.envs.wheelhouse import isolated
from tests.require import absent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envguard.commands.command import Command

SOCKS = (
    "https://files.pythonhosted.org/packages/8d/59/b4572118e098ac8e46e399a1dd0f2d85403ce8bbaad9ec79373ed6badaf9/"
    "PySocks-1.7.1-py3-none-any.whl"
)
SIX = "8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254"


def uv() -> str:
    """The uv of the tests' own environment."""
    found = shutil.which("uv", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))))
    return found or absent("uv", "uv is not on PATH")


def copy(prefix: Path, where: Path) -> Path:
    """A copy of an environment that shares its files: pip and uv take a file off before they write another."""
    where.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-al", str(prefix), str(where / prefix.name)], check=True)
    return where / prefix.name


def compiled(here: Ground) -> Ground:
    """The environment with pip's byte code, which py-rattler does not make and which every run would make for itself."""
    code = [str(here.prefix / "bin" / "python"), "-m", "compileall", "-q", str(here.site / "pip")]
    subprocess.run(code, check=False, capture_output=True, env=isolated())
    return here


def wheel(folder: Path, name: str, version: str, files: Mapping[str, str], requires: tuple[str, ...] = ()) -> Path:
    """A wheel of our own."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in trees.dist_info(name, version, dict(files), requires).items():
            archive.writestr(file, text)
    return path


def dists(site: Path) -> set[tuple[str, str]]:
    """Name and version of every dist-info in a folder, by the names of the folders."""
    found = (FOLDER_NAME.match(path.name) for path in site.glob("*.dist-info"))
    return {(normalise(match["name"]), match["version"]) for match in found if match}


@dataclass
class Ground:
    """Where commands are foretold and carried out."""

    prefix: Path
    folder: Path
    """The current folder of the commands, with the files they name."""
    home: Path
    variables: dict[str, str] = field(default_factory=dict)
    web: str = ""
    """Where a server gives out the folder."""

    @property
    def site(self) -> Path:
        return self.prefix / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"

    def at(self, prefix: Path) -> Ground:
        """The same for another environment."""
        return Ground(prefix, self.folder, self.home, self.variables)

    def environ(self, more: Mapping[str, str] = {}) -> dict[str, str]:
        path = os.pathsep.join((str(self.prefix / "bin"), str(Path(uv()).parent), os.environ["PATH"]))
        own = {
            "HOME": str(self.home),
            "PATH": path,
            "PYTHONDONTWRITEBYTECODE": "1",
            "UV_CACHE_DIR": str(self.home / "uv"),
        }
        plain = {key: value for key, value in isolated().items() if not key.startswith("UV_")}
        plain.pop("PYTHONNOUSERSITE")
        return {**plain, "PIP_CACHE_DIR": str(self.home / "pip"), **own, **self.variables, **more}

    def words(self, line: str) -> list[str]:
        """The words of a line, `{…}` filled in."""
        filled = line.format(
            pip=f"{self.prefix}/bin/python -m pip",
            uv="uv pip",
            py=f"--python {self.prefix}/bin/python",
            socks=SOCKS,
            here=self.folder,
            uri=self.folder.as_uri(),
            web=self.web,
        )
        return shlex.split(filled)

    def place(self, more: Mapping[str, str] = {}) -> Place:
        python = self.prefix / "bin" / "python"
        return Place(str(python), str(self.prefix), str(self.folder), self.environ(more), is_kernel=False)

    def command(self, line: str, more: Mapping[str, str] = {}) -> Command:
        found = find.of_argv(self.words(line), self.place(more))
        assert found is not None
        return found

    def run(self, line: str, more: Mapping[str, str] = {}) -> None:
        """Carries a command out."""
        words = self.words(line)
        words[0] = shutil.which(words[0], path=self.environ()["PATH"]) or words[0]
        done = subprocess.run(
            words, cwd=self.folder, env=self.environ(more), capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
