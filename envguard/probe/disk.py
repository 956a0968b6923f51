"""What the files of one prefix say; run alone as `python disk.py PREFIX OUT`, or imported for `collect`.

The contract, each sentence of which has a test:

* Standard library only, Python 3.8 or later; an older Python 3 is refused with exit code 3 and a line on stderr.
* Nothing is written below the prefix, no file outside it is read, and no code of it is run.
* Nothing is raised for what is found: what cannot be read becomes an entry of `problems`.
* It ends: after so many seconds nothing more is looked at, and what was not looked at is unknown, neither there nor gone.
* Package files are not read. RECORD hashes are compared with record hashes, existence is decided by the names in
  the folders, sizes are asked for compiled files and suspects, and only suspects are hashed, within a budget.
* The answer is plain JSON: what `envguard.facts.Environment.from_dict` takes. PREFIX `-` is this interpreter's own.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 8):  # noqa: UP036 - run by any interpreter; above every other import, so that an old Python gets this far
    sys.stderr.write("envguard-probe: Python %d.%d is too old, 3.8 is needed\n" % sys.version_info[:2])  # noqa: UP031 - as above
    sys.exit(3)

import contextlib
import gc
import itertools
import json
import os
import shutil
from functools import partial
from typing import TYPE_CHECKING, Any, Callable, Iterator, List, NamedTuple

if TYPE_CHECKING or __package__:
    from envguard.probe import (
        activation,
        compiled,
        conda_book,
        extras,
        history,
        imports,
        join,
        marks,
        pip_book,
        reading,
    )
    from envguard.probe.books import Books
    from envguard.probe.conda_book import Read
    from envguard.probe.pip_book import Dist
    from envguard.probe.tree import Tree
else:  # run alone, by path: this folder is first on sys.path
    import activation
    import compiled
    import conda_book
    import extras
    import history
    import imports
    import join
    import marks
    import pip_book
    import reading
    from books import Books
    from conda_book import Read
    from pip_book import Dist
    from tree import Tree

# evaluated when run, hence in Python 3.8's spelling
Reader = Callable[[str, List[str], List[str], reading.Problems, reading.Patience], Iterator[Read]]
"""What reads records, as `conda_book.read` does."""


def _platform(records: Iterator[Read]) -> tuple[str | None, Iterator[Read]]:
    """The platform of the first record that has one, and all records again."""
    seen = []
    for each in records:
        seen.append(each)
        subdir = reading.string(each.record.get("subdir"))
        if subdir and subdir != "noarch":
            return subdir, itertools.chain(seen, records)
    return None, iter(seen)


def tools(prefix: str) -> list[dict[str, str]]:
    """The package managers of this machine, found by name and never run."""
    root = os.path.dirname(os.path.dirname(prefix)) if os.path.basename(os.path.dirname(prefix)) == "envs" else prefix
    folders = [os.path.join(root, "condabin"), os.path.join(root, "bin"), os.path.join(root, "Scripts")]
    found = []
    for name, variable in (("conda", "CONDA_EXE"), ("mamba", ""), ("micromamba", "MAMBA_EXE"), ("pixi", "")):
        path = os.environ.get(variable) if variable else None
        if path and (not os.path.isfile(path) or os.path.splitext(os.path.basename(path))[0] != name):
            path = None
        path = path or shutil.which(name) or shutil.which(name, path=os.pathsep.join(folders))
        if path:
            found.append({"name": name, "path": path})
    return found


def _manager(prefix: str, has_records: bool, history: list[dict[str, Any]] | None) -> str | None:
    meta = os.path.join(prefix, "conda-meta")
    if os.path.exists(os.path.join(meta, "pixi")) or os.path.exists(os.path.join(meta, "pixi_env_prefix")):
        return "pixi"
    if has_records:
        return "conda" if history else "rattler"
    return "venv" if os.path.isfile(os.path.join(prefix, "pyvenv.cfg")) else None


class Look(NamedTuple):
    """What the files of a prefix say, and the books it was learned from."""

    facts: dict[str, Any]
    books: Books
    dists: list[Dist]
    explained: set[str]
    """The files of conda's that a distribution's RECORD lists, too."""


def collect(prefix: str, seconds: float = reading.SECONDS) -> dict[str, Any]:
    """Everything the files of a prefix say, as plain JSON values."""
    return look(prefix, seconds).facts


def look(prefix: str, seconds: float = reading.SECONDS, whole: bool = False, read: Reader = conda_book.read) -> Look:
    """Everything the files of a prefix say, and the books, for whoever asks more of them.

    After so many seconds nothing more is looked at. A section that is not complete for that is None, since what is
    not in it would be taken for absent; of a file that is not looked at nothing is told. With `whole` the books keep all
    that the records say. `read` reads the records.
    """
    with uncollected():
        return _look(prefix, reading.Patience(seconds), whole, read)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """While this holds, the cyclic collector rests.

    A quarter of a million new objects, none of them in a cycle, make it go over everything alive again and again, which
    takes 15 % of the time here, and more in a kernel full of somebody's data.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _look(prefix: str, patience: reading.Patience, whole: bool, read: Reader) -> Look:
    prefix = os.path.abspath(prefix)
    problems = reading.Problems()
    unreadable: list[str] = []
    revisions = history.revisions(prefix, problems)
    sites, every = pip_book.find_sites(prefix, problems)
    listing = conda_book.names(prefix, problems)
    platform, records = _platform(read(prefix, listing or [], unreadable, problems, patience))
    layout = marks.layout(prefix, platform)
    windows, macos = layout == "windows", (platform or "").startswith("osx")
    books = Books(Tree(prefix, fold=windows or macos, windows=windows, patience=patience), patience, whole)
    for site in sites:
        books.tree.folder(site)
    packages = [
        conda_book.package(
            prefix, each, books.add(each.files, partial(conda_book.again, prefix, each.path, patience)), problems
        )
        for each in records
    ]
    names = [package["record"] for package in packages]
    dists = join.distributions(prefix, sites, books, names, unreadable, problems)
    pip = [dist for dist in dists if dist.out["owner"] is None]
    overlaps, explained = join.overlapping(dists, books, names)
    join.presence(packages, books, explained, check_sizes=not macos)
    for dist in pip:
        gone = (k for k in dist.rows if not k.endswith(reading.BYTECODE) and books.tree.has(k) is False)
        dist.out["missing"] = books.summarise(gone)
    python_version = marks.python_version(prefix, packages, sites)
    compiled_files = compiled.of_pip(pip, books)
    compiled.judge(pip, compiled_files, books, platform, python_version)
    known = listing is not None and not patience.records and bool(packages or not unreadable)
    complete = known and every and not books.blind and not patience.distributions
    beside = extras.collect(prefix, layout, sites, books, names, dists, problems)
    importable = imports.collect(sites, books, names, dists, problems) if complete else None
    activating = activation.collect(books, names, problems) if known and not patience.over() else None
    books.tree.tell(problems)
    patience.tell(problems)
    if marks.unfinished(prefix):
        problems.add(marks.UNFINISHED, "a rebuild works on this environment, or was interrupted: it is not whole")
    facts: dict[str, Any] = {
        "prefix": prefix,
        "layout": layout,
        "platform": platform,
        "interpreter": marks.interpreter(prefix, layout),
        "python_version": python_version,
        "base": marks.is_base(prefix, {package["name"] for package in packages}),
        "frozen": os.path.exists(os.path.join(prefix, "conda-meta", "frozen")),
        "writable": marks.writable(prefix, sites),
        "manager": _manager(prefix, bool(packages or unreadable) or not known, revisions),
        "tools": tools(prefix),
        "site_packages": sites,
        "conda_packages": packages if known else None,
        "distributions": [dist.out for dist in dists] if complete else None,
        "history": revisions,
        "overlaps": overlaps if complete else [],
        "shared_records": join.shared_records(books, names),
        "shared_distributions": join.shared_distributions(pip, books) if complete else [],
        # what an unreadable record lists is not unowned
        "unowned": join.unowned(books, dists, sites, names) if complete and not unreadable else [],
        "unreadable_records": unreadable,
        "unlooked": patience.folders + patience.files + patience.records + patience.distributions,
        **(beside if complete else {**beside, "pths": None, "vendored": None, "shebangs": None}),
        "importable": importable,
        "activation": activating,
        "compiled": compiled.collect(sites, books, names, compiled_files)
        if complete and not windows and not macos
        else None,
        "problems": problems.told(),
    }
    return Look(facts, books, dists, explained)


def main(prefix: str, out: str, seconds: str = str(reading.SECONDS)) -> int:
    """Writes the answer into a file: start-up code of the environment may print to stdout."""
    with open(out, "w", encoding="utf-8") as file:
        json.dump(collect(sys.prefix if prefix == "-" else prefix, float(seconds)), file)
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.stderr.write("usage: python disk.py PREFIX OUT [SECONDS]\n")
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
