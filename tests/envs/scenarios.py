"""The stories: how real environments came to be what they are. Each is told once and kept; see `get`."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.envs import cache, channel, trees
from tests.envs.prefixes import FLAVOURS, Prefix, Step, part
from tests.envs.wheelhouse import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIGHT = ("python", "pip", "six", "requests")
"""Small and pure: built in a second."""
NUMERIC = ("python", "pip", "numpy", "pandas", "requests", "scipy", "sqlalchemy")


@dataclass(frozen=True)
class Scenario:
    """A finished environment."""

    name: str
    flavour: str
    prefix: Path
    python: Path
    site: Path
    """Its site-packages."""
    story: tuple[Step, ...]

    def run(self, code: str) -> str:
        """What a program prints in the environment; it leaves no .pyc behind."""
        env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONNOUSERSITE": "1"}
        for name in ("PYTHONPATH", "PYTHONHOME"):
            env.pop(name, None)
        command = [str(self.python), "-W", "ignore", "-c", code]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def record(self, name: str) -> Path:
        """The record of a conda package."""
        [path] = [
            path for path in (self.prefix / "conda-meta").glob(f"{name}-*.json") if path.stem.rsplit("-", 2)[0] == name
        ]
        return path


def clean(env: Prefix) -> None:
    """conda alone."""
    env.conda(*NUMERIC)


def sound(env: Prefix) -> None:
    """pip added only what conda has not."""
    env.conda(*LIGHT)
    env.pip("install", "tabulate==0.9.0", "colorama==0.4.6")


def s1(env: Prefix) -> None:
    """pip put numpy 2.3.5 over conda's 1.26.4."""
    env.conda(*NUMERIC)
    env.pip("install", "numpy==2.3.5")


def s2(env: Prefix) -> None:
    """pip uninstalled conda's pandas."""
    env.conda(*NUMERIC)
    env.pip("uninstall", "--yes", "pandas")


def s3_foreign(env: Prefix) -> None:
    """A wheel of another distribution brought its own requests/__version__.py."""
    env.conda(*LIGHT)
    theirs = (env.site / "requests/__version__.py").read_text(encoding="utf-8").replace("2.32.3", "2.32.3+extras")
    files = {"http_extras.py": "", "requests/__version__.py": theirs}
    env.pip("install", "http-extras==1.0", links=[_wheel(env, "http-extras", "1.0", files)])


def s3_two_dist_infos(env: Prefix) -> None:
    """pip installed another idna without removing conda's."""
    env.conda(*LIGHT)
    env.pip("install", "--ignore-installed", "idna==3.7")


def s4(env: Prefix) -> None:
    """conda put numpy 1.26.4 back over pip's 2.3.5, whose dist-info stays."""
    s1(env)
    env.conda(reinstall=["numpy"])


def s5(env: Prefix) -> None:
    """pip installed an SQLAlchemy that conda's pandas forbids."""
    env.conda(*NUMERIC)
    env.pip("install", "sqlalchemy==1.4.54")


def record_lost(env: Prefix) -> None:
    """As s1, and then `conda list` deleted the record of conda's numpy."""
    s1(env)
    env.hand("conda list", remove=[*env.path.glob("conda-meta/numpy-1.26.4-*.json")])


def base_with_pip(env: Prefix) -> None:
    """A base environment in which pip replaced requests, which conda itself needs."""
    env.conda("python", "pip", "conda")
    files = {"pkgs/urls.txt": "", "pkgs/cache/.keep": "", "envs/.conda_envs_dir_test": ""}
    env.hand("the folders of an installer", write=files)
    env.pip("install", "requests==2.31.0")


def s0(env: Prefix) -> None:
    """The story of the manual: conda's pytorch, a project from git by pip, then JupyterLab by conda onto pip's files."""
    env.conda("python", "pip", "setuptools", "wheel", "pytorch")
    env.pip("install", "--no-build-isolation", f"git+{_repository(env).as_uri()}")
    env.conda("jupyterlab")


STORIES: dict[str, Callable[[Prefix], None]] = {
    "clean": clean,
    "sound": sound,
    "s0": s0,
    "s1": s1,
    "s2": s2,
    "s3_foreign": s3_foreign,
    "s3_two_dist_infos": s3_two_dist_infos,
    "s4": s4,
    "s5": s5,
    "record_lost": record_lost,
    "base_with_pip": base_with_pip,
}


def tell(name: str, flavour: str, where: Path, *, alone: bool = False) -> Scenario:
    """Builds a scenario at `where`, which must not exist yet; `alone`, it shares no file with the package cache."""
    if flavour not in FLAVOURS:
        raise ValueError(f"flavour {flavour!r} is none of {FLAVOURS}")
    env = Prefix(where, flavour)
    STORIES[name](env)
    if alone:
        part(where)
    return _scenario(name, flavour, where, env.steps)


def get(name: str, flavour: str = "rattler") -> Scenario:
    """The kept scenario, told now if it is new or if anything in it has been changed since. Only for reading."""
    folder = cache.once("envs", _key(), lambda _: None) / flavour
    folder.mkdir(exist_ok=True)
    place, told = folder / name, folder / f"{name}.json"
    with cache.lock(f"{folder.parent.name}-{flavour}-{name}"):
        if told.exists():
            kept = json.loads(told.read_text(encoding="utf-8"))
            if kept["state"] == state(place):
                return _scenario(name, flavour, place, tuple(Step(*step) for step in kept["steps"]))
        told.unlink(missing_ok=True)
        for old in folder.glob(f"{name}*"):
            if old == place or old.name.startswith(f"{name}."):
                shutil.rmtree(old)
        scenario = tell(name, flavour, place)
        steps = [(step.when, step.tool, step.command) for step in scenario.story]
        told.write_text(json.dumps({"state": state(place), "steps": steps}), encoding="utf-8")
    return scenario


def state(prefix: Path) -> str:
    """Changes when any file of a prefix does, the .pyc apart that running Python leaves."""
    lines = []
    for folder, names, files in os.walk(prefix):
        names[:] = sorted(name for name in names if name != "__pycache__")
        for name in sorted(files):
            status = os.lstat(f"{folder}/{name}")
            lines.append(f"{folder}/{name} {status.st_size} {status.st_mtime_ns} {status.st_mode}")
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _key() -> str:
    return cache.digest(*cache.sources("rattle", "records", "prefixes", "scenarios"), channel.build().name)


def _scenario(name: str, flavour: str, where: Path, steps: tuple[Step, ...]) -> Scenario:
    return Scenario(name, flavour, where, where / "bin" / "python", where / trees.SITE, steps)


def _wheel(env: Prefix, name: str, version: str, files: dict[str, str]) -> Path:
    """A wheel of our own beside the prefix; its folder."""
    folder = env.path.with_name(f"{env.path.name}.wheels")
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in trees.dist_info(name, version, files).items():
            wheel.writestr(path, text)
    return folder


def _repository(env: Prefix) -> Path:
    """A git repository beside the prefix, with a project that needs torch and an older requests than JupyterLab does."""
    if not shutil.which("git"):
        raise Unavailable("git is not installed")
    folder = env.path.with_name(f"{env.path.name}.repo")
    project = '[project]\nname = "gadgets"\nversion = "0.1"\ndependencies = ["torch", "requests<2.32"]\n'
    build = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
    trees.from_texts(folder, {"pyproject.toml": project + build, "gadgets/__init__.py": "import torch\n"})
    who = ("-c", "user.name=Tests", "-c", "user.email=tests@example.invalid", "-c", "commit.gpgsign=false")
    env_ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    when = {"GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z"}
    for command in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "Gadgets")):
        subprocess.run(["git", *command], cwd=folder, env={**env_, **when}, check=True)
    return folder
