"""A conda channel on disk, made of pinned wheels, the running CPython and a few packages of our own."""

from __future__ import annotations

import platform
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.envs import cache, rattle, trees, wheelhouse
from tests.envs.package import Meta, write

ARCH_BUILD = "py{}{}h5eee18b_0".format(*sys.version_info[:2])
PURE_BUILD = "pyhd8ed1ab_0"


@dataclass(frozen=True)
class Recipe:
    """A wheel that becomes a conda package; `depends` of None are derived from the wheel's metadata."""

    spec: str
    noarch: bool = True
    depends: tuple[str, ...] | None = None
    constrains: tuple[str, ...] = ()


RECIPES = (
    Recipe("numpy==1.26.4", noarch=False),
    # Built against conda's numpy 1.26, as a compiled package is: narrower than the wheel's own numpy<2.3.
    Recipe("scipy==1.14.1", noarch=False, depends=("numpy >=1.26,<2", "python {python}")),
    Recipe("pandas==2.2.3", noarch=False, constrains=("sqlalchemy >=2.0.0",)),
    Recipe("greenlet==3.1.1", noarch=False),
    *map(
        Recipe,
        (
            "certifi==2024.8.30",
            "charset-normalizer==3.4.0",
            "idna==3.10",
            "packaging==24.2",
            "python-dateutil==2.9.0.post0",
            "pytz==2024.2",
            "requests==2.32.3",
            "setuptools==75.1.0",
            "six==1.16.0",
            "sqlalchemy==2.0.36",
            "typing-extensions==4.12.2",
            "tzdata==2024.2",
            "urllib3==2.2.3",
            "wheel==0.44.0",
        ),
    ),
    Recipe("pip==24.2", depends=("python >=3.8", "setuptools", "wheel")),
)

_TORCH = {
    "torch/__init__.py": "from torch.version import __version__\n",
    "torch/version.py": '__version__ = "2.4.1"\ncuda = None\n',
}
_LAB = {
    "jupyterlab/__init__.py": '__version__ = "4.2.5"\n',
    "jupyterlab/labapp.py": "def main():\n    print('JupyterLab 4.2.5')\n",
}
_CONDA = {"conda/__init__.py": '__version__ = "24.7.1"\n', "conda/cli.py": "def main():\n    print('conda 24.7.1')\n"}


def _site(files: dict[str, str]) -> dict[str, str]:
    return {f"site-packages/{name}": text for name, text in files.items()}


def _of_conda(name: str, version: str, files: dict[str, str], requires: tuple[str, ...] = ()) -> dict[str, str]:
    """A distribution as conda ships it: with INSTALLER, which its RECORD does not know, as conda-build leaves it."""
    folder = f"{name.replace('-', '_')}-{version}.dist-info"
    return {**trees.dist_info(name, version, files, requires), f"{folder}/INSTALLER": "conda\n"}


OWN: tuple[tuple[Meta, dict[str, str]], ...] = (
    # No distribution, no Python: conda alone knows it.
    (Meta("tzdata", "2024b", "hc8b5060_0", noarch="generic"), {"share/zoneinfo/UTC": "TZif2\nUTC0\n"}),
    # A metapackage holds nothing at all.
    (Meta("pytorch-mutex", "1.0", "cpu"), {}),
    (
        Meta(
            "pytorch",
            "2.4.1",
            f"py{trees.XY}_cpu_0",
            depends=("packaging", f"python >={trees.XY}", "pytorch-mutex 1.0 cpu"),
            constrains=("cpuonly <0",),
        ),
        {f"{trees.SITE}/{name}": text for name, text in _of_conda("torch", "2.4.1", _TORCH, ("packaging",)).items()},
    ),
    (
        Meta(
            "jupyterlab",
            "4.2.5",
            PURE_BUILD,
            depends=("packaging", "python >=3.8", "requests >=2.32"),
            noarch="python",
            entry_points=("jupyter-lab = jupyterlab.labapp:main",),
        ),
        _site(_of_conda("jupyterlab", "4.2.5", _LAB, ("packaging", "requests>=2.32")))
        | {"python-scripts/jlpm": "#!/bin/sh\necho 3.5.0\n"},
    ),
    (
        Meta(
            "conda",
            "24.7.1",
            f"py{trees.XY.replace('.', '')}h06a4308_0",
            depends=("packaging >=23.0", f"python >={trees.XY}", "requests >=2.28.0,<3", "setuptools >=60.0.0"),
            constrains=("conda-build >=24.3",),
        ),
        {
            f"{trees.SITE}/{name}": text
            for name, text in _of_conda("conda", "24.7.1", _CONDA, ("packaging", "requests")).items()
        }
        | {
            "bin/conda": "#!/opt/anaconda1anaconda2anaconda3/bin/python\nfrom conda.cli import main\n\nmain()\n",
            "condabin/conda": "#!/opt/anaconda1anaconda2anaconda3/bin/python\nfrom conda.cli import main\n\nmain()\n",
        },
    ),
)


def build() -> Path:
    """The channel's folder, from the cache if nothing that decides its content has changed."""
    parts = (
        *cache.sources("wheelhouse", "package", "trees", "channel"),
        platform.python_version(),
        platform.python_build(),
        sys.base_prefix,
    )
    return cache.once("channels", cache.digest(*parts), _build)


def need(*names: str) -> None:
    """Raises if a package is missing from the channel because its wheel has no file for this interpreter."""
    for recipe in RECIPES:
        if recipe.spec.partition("==")[0] in names:
            wheelhouse.wheel_file(recipe.spec)


def _build(channel: Path) -> None:
    for subdir in ("linux-64", "noarch"):
        (channel / subdir).mkdir()
    known = wheelhouse.folders()
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(max_workers=2) as pool:
        work = Path(scratch)
        jobs = [pool.submit(_python, work / "python", channel)]
        jobs += [pool.submit(_wheel, recipe, work, channel) for recipe in RECIPES if recipe.spec in known]
        jobs += [pool.submit(_own, meta, files, work, channel) for meta, files in OWN]
        for job in jobs:
            job.result()
    rattle.run("index", channel=str(channel))


def _python(tree: Path, channel: Path) -> None:
    trees.from_running_python(tree)
    write(Meta("python", platform.python_version(), "h955ad1f_0_cpython", depends=("tzdata",)), tree, channel)


def _wheel(recipe: Recipe, work: Path, channel: Path) -> None:
    name, _, version = recipe.spec.partition("==")
    tree = work / name
    trees.from_wheel(recipe.spec, tree, noarch=recipe.noarch)
    site = tree / ("site-packages" if recipe.noarch else trees.SITE)
    derived = trees.depends_of(site, noarch=recipe.noarch)
    depends = derived if recipe.depends is None else recipe.depends
    meta = Meta(
        "typing_extensions" if name == "typing-extensions" else trees.CONDA_NAMES.get(name, name),
        version,
        PURE_BUILD if recipe.noarch else ARCH_BUILD,
        depends=tuple(need.format(python=derived[-1].partition(" ")[2]) for need in depends),
        constrains=recipe.constrains,
        noarch="python" if recipe.noarch else None,
        entry_points=trees.entry_points(site) if recipe.noarch else (),
    )
    write(meta, tree, channel)


def _own(meta: Meta, files: dict[str, str], work: Path, channel: Path) -> None:
    tree = work / f"own-{meta.name}"
    tree.mkdir()
    trees.from_texts(tree, files)
    write(meta, tree, channel)
