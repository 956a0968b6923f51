"""Makes and changes real conda prefixes: conda's part of a story through py-rattler, pip's part through pip."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.envs import channel, rattle, records, wheelhouse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FLAVOURS = ("conda", "rattler")
"""Whose records a prefix holds."""
BEGIN = 1_714_843_119.0
"""When every story begins: 4 May 2024, 17:18:39 UTC."""
BETWEEN = 7 * 24 * 3600.0
"""A story goes on after a week, so that no two steps can be taken for one."""


@dataclass(frozen=True)
class Step:
    """Something that was done to a prefix, and when the story says so."""

    when: float
    tool: str
    """conda, pip or hand."""
    command: str


class Prefix:
    """A conda environment being told: each method is one step, a week after the last."""

    def __init__(self, path: Path, flavour: str = "rattler") -> None:
        self.path = path
        self.flavour = flavour
        self.steps: tuple[Step, ...] = ()
        self._specs: tuple[str, ...] = ()

    @property
    def python(self) -> Path:
        return self.path / "bin" / "python"

    @property
    def site(self) -> Path:
        return self.path / channel.trees.SITE

    def keep(self, specs: Sequence[str]) -> None:
        """Says what an existing environment was asked for before this part of its story."""
        self._specs = tuple(specs)

    def conda(self, *specs: str, reinstall: Sequence[str] = ()) -> None:
        """`conda create`, `conda install` or, with `reinstall`, `conda install --force-reinstall`."""
        channel.need(*specs)
        verb = "install" if self.steps else "create"
        asked = tuple(reinstall) or specs
        options = ["--force-reinstall"] if reinstall else []
        command = " ".join([records.CONDA, verb, "--yes", "--prefix", str(self.path), *options, *asked])
        before = records.dist_strings(self.path)
        self._specs = (*self._specs, *specs)
        with self._step("conda", command) as when:
            home = channel.build()
            rattle.run(
                "install",
                channel=home.as_uri(),
                specs=self._specs,
                prefix=str(self.path),
                cache=str(home / "pkgs"),
                reinstall=list(reinstall),
            )
            if self.flavour == "conda":
                records.to_conda(self.path, asked, command, before, when)

    def pip(self, *arguments: str, links: Sequence[Path] = (), **environ: str) -> None:
        """Runs the environment's own pip, which finds wheels only in the wheelhouse and in `links`."""
        for spec in {wheel.spec for wheel in wheelhouse.WHEELS}.intersection(arguments):
            wheelhouse.wheel_file(spec)
        places = (*wheelhouse.folders().values(), *links)
        found = [] if arguments[0] == "uninstall" else ["--no-index", "--no-cache-dir"]
        found += [] if arguments[0] == "uninstall" else [f"--find-links={place}" for place in places]
        env = {**wheelhouse.isolated(), "PATH": f"{self.path / 'bin'}{os.pathsep}{os.environ['PATH']}", **environ}
        with self._step("pip", " ".join(["pip", *arguments])):
            call = [str(self.python), "-m", "pip", arguments[0], "--root-user-action=ignore", *found, *arguments[1:]]
            done = subprocess.run(call, env=env, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"{' '.join(arguments)} failed in {self.path}:\n{done.stdout}\n{done.stderr}")

    def hand(self, what: str, *, write: dict[str, str] | None = None, remove: Sequence[Path] = ()) -> None:
        """What neither conda nor pip did: files written or removed."""
        with self._step("hand", what):
            for name, text in (write or {}).items():
                (self.path / name).parent.mkdir(parents=True, exist_ok=True)
                (self.path / name).write_text(text, encoding="utf-8")
            for path in remove:
                path.unlink()

    @contextmanager
    def _step(self, tool: str, command: str) -> Iterator[float]:
        began, when = time.time(), BEGIN + len(self.steps) * BETWEEN
        yield when
        self.steps = (*self.steps, Step(when, tool, command))
        self._date(began - 2, when)

    def _date(self, since: float, when: float) -> None:
        """Moves what this step wrote to the story's time; Python sources stay, for their .pyc name their time."""
        infos = [path for path in self.site.glob("*.dist-info") if path.is_dir()]
        written = [*(self.path / "conda-meta").glob("*"), *(file for info in infos for file in info.rglob("*"))]
        for path in (*written, *infos):
            status = path.stat()
            # A file with more than one link is the package cache's too, and older than the story anyway.
            if status.st_mtime >= since and (path.is_dir() or status.st_nlink == 1):
                os.utime(path, (when, when))


def build(specs: Sequence[str], where: Path, flavour: str = "rattler") -> Prefix:
    """A clean environment at `where`, which must not exist yet."""
    prefix = Prefix(where, flavour)
    prefix.conda(*specs)
    return prefix


def part(prefix: Path) -> None:
    """Gives a prefix files of its own instead of links into the package cache, so that it may be damaged in place."""
    for folder, _, names in os.walk(prefix):
        status = Path(folder).stat()
        for name in names:
            file = Path(folder, name)
            if file.lstat().st_nlink > 1:
                copy = file.with_name(f"{name}.parted")
                shutil.copy2(file, copy)
                copy.replace(file)
        os.utime(folder, ns=(status.st_atime_ns, status.st_mtime_ns))
