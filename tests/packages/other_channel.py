"""A small channel beside the tests' own: newer and older builds of small packages, as files that are written in a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.envs import rattle, trees
from tests.envs.package import Meta, write

if TYPE_CHECKING:
    from pathlib import Path

BUILD = "pyhother_0"


def _meta(name: str, version: str, *depends: str, build: str = BUILD) -> Meta:
    return Meta(name, version, build, depends=("python >=3.8", *depends), noarch="python")


PACKAGES = (
    _meta("gadget", "1.0", "six"),
    _meta("gadget", "2.0", "six >=1.17", "idna"),
    _meta("six", "1.17.0"),
    _meta("idna", "3.11"),
    _meta("gizmo", "0.1", "gadget"),
    _meta("needy", "1.0", "nowhere >=1"),
    _meta("tabulate", "0.10.0"),
)


def build(folder: Path) -> Path:
    """Writes the channel."""
    for subdir in ("linux-64", "noarch"):
        (folder / subdir).mkdir(parents=True)
    for meta in PACKAGES:
        tree = folder.with_name(f"{folder.name}.trees") / meta.stem
        name = meta.name.replace("-", "_")
        files = {f"{name}.py": f'__version__ = "{meta.version}"\n'}
        told = trees.dist_info(meta.name, meta.version, files)
        tree.mkdir(parents=True)
        trees.from_texts(tree, {f"site-packages/{path}": text for path, text in told.items()})
        write(meta, tree, folder)
    rattle.run("index", channel=str(folder))
    return folder
