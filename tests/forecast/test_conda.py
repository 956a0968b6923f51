"""conda's commands foretold, then carried out by py-rattler in a real environment: the records on disk equal the forecast."""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envguard import collect
from envguard.commands import tools
from envguard.commands.command import Form, Invocation, Place, Span, Target, Word
from envguard.forecast import conda
from tests.envs import channel
from tests.envs.fixtures import _needs
from tests.envs.prefixes import Prefix, part
from tests.forecast import conda_run
from tests.packages import other_channel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.commands.command import Command
    from envguard.facts import Environment
    from envguard.forecast.transaction import Transaction


def command(line: str, folder: Path, prefix: Path) -> Command:
    words = tuple(map(Word, shlex.split(line)))
    place = Place(str(prefix / "bin/python"), str(prefix), str(folder), {}, is_kernel=False)
    found = tools.understand(Invocation(words, Form.LINE, Span(1, 0, 1, len(line))), place)
    assert found is not None
    return found


@dataclass
class World:
    """An environment whose story goes on, and the channels it knows."""

    prefix: Path
    main: Path
    other: Path

    def look(self) -> Environment:
        return collect.by_import(self.prefix, keep=False)

    def foretell(self, line: str, env: Environment | None = None, **options: object) -> Transaction:
        asked = command(line.format(other=self.other.as_uri(), here=self.other.parent), self.other.parent, self.prefix)
        target = Target(str(self.prefix), str(self.prefix / "bin/python"))
        return conda.plan(asked, target, env or self.look(), **options)  # type: ignore[arg-type]

    def run(self, **request: object) -> None:
        channels = (
            [self.other.as_uri(), self.main.as_uri()] if request.pop("with_other", False) else [self.main.as_uri()]
        )
        conda_run.run(self.prefix, self.main / "pkgs", channels, asked=ASKED, **request)

    def records(self) -> set[str]:
        return {path.stem for path in (self.prefix / "conda-meta").glob("*.json")}

    def files_of_pip(self, env: Environment) -> dict[str, str]:
        """The content of every file in a RECORD that conda does not own."""
        rows = (
            line.split(",")[0]
            for dist in env.pip_owned
            for line in (self.prefix / dist.path / "RECORD").read_text("utf-8").splitlines()
        )
        site = self.prefix / env.site_packages[0]
        paths = {(site / row).resolve() for row in rows if not row.endswith(".pyc")}
        return {
            path.relative_to(self.prefix.resolve()).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in paths
            if path.is_file()
        }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """conda's small packages, then pip's: an older requests and certifi, of which conda then has not the book."""
    _needs("light")
    folder = tmp_path_factory.mktemp("conda")
    main, other = channel.build(), other_channel.build(folder / "other")
    env = Prefix(folder / "env")
    env.conda("python", "pip", "six")
    env.pip("install", "requests==2.31.0", "tabulate==0.9.0")
    part(env.path)
    condarc = folder / "condarc"
    condarc.write_text(f"channels:\n  - {main.as_uri()}\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONDARC", str(condarc))
        patch.setenv("HOME", str(folder / "home"))
        patch.delenv("XDG_CONFIG_HOME", raising=False)
        yield World(env.path, main, other)


@dataclass(frozen=True)
class Case:
    """A command, what it means to the solver, and what it must change."""

    line: str
    means: dict[str, object]
    links: tuple[str, ...]
    unlinks: tuple[str, ...] = ()
    pinned: str = ""


ASKED = ["python", "pip", "six", "jupyterlab", "gizmo", "sqlalchemy"]
"""What somebody asked for in the course of the story; a record says so when it is written."""
EVERY = ["python", "pip", "six"]
OVER_PIP = ("certifi-2024.8.30", "charset-normalizer-3.4.0", "idna-3.10", "requests-2.32.3", "urllib3-2.2.3")
CASES = (
    # over what pip brought: its own requests, idna, certifi, urllib3
    Case(
        "conda install jupyterlab",
        {"specs": [*EVERY, "jupyterlab"]},
        ("jupyterlab-4.2.5", "packaging-24.2", *OVER_PIP),
    ),
    # an older version, from a channel that only the command names
    Case(
        "conda install --yes -c {other} gadget=1.0",
        {"specs": [*EVERY, "jupyterlab", "gadget=1.0"], "with_other": True},
        ("gadget-1.0",),
    ),
    Case(
        "conda install -c {other} gizmo",
        {"specs": [*EVERY, "jupyterlab", "gadget", "gizmo"], "with_other": True},
        ("gizmo-0.1",),
    ),
    # mamba keeps what is there and satisfies
    Case("mamba install -c {other} gadget", {"specs": [*EVERY, "jupyterlab", "gizmo"], "with_other": True}, ()),
    # one alone: its six stays too old
    Case(
        "conda update --no-deps -c {other} gadget",
        {
            "specs": [*EVERY, "jupyterlab", "gizmo", "gadget=2.0"],
            "free": ["gadget"],
            "only": ["gadget"],
            "with_other": True,
        },
        ("gadget-2.0",),
        ("gadget-1.0",),
    ),
    Case(
        "conda install -c {other} 'gadget<2'",
        {"specs": [*EVERY, "jupyterlab", "gizmo", "gadget<2"], "with_other": True},
        ("gadget-1.0",),
        ("gadget-2.0",),
    ),
    # the named one rises, and what it needs with it
    Case(
        "conda update -c {other} gadget",
        {"specs": [*EVERY, "jupyterlab", "gizmo", "gadget=2.0"], "free": ["gadget"], "with_other": True},
        ("gadget-2.0", "six-1.17.0"),
        ("gadget-1.0", "six-1.16.0"),
    ),
    Case(
        "conda install --force-reinstall --no-deps requests",
        {"keep": None, "reinstall": ["requests"]},
        ("requests-2.32.3",),
        ("requests-2.32.3",),
    ),
    # everything rises but what is pinned
    Case("conda update --all -c {other}", {"keep": None}, (), pinned="idna 3.10\n"),
    Case(
        "conda update --all -c {other}",
        {"specs": [*EVERY, "jupyterlab", "gizmo", "idna"], "free": ["idna"], "with_other": True},
        ("idna-3.11",),
        ("idna-3.10",),
    ),
    # conda env update: the file's specs, nothing else touched
    Case(
        "conda env update -f {here}/environment.yml",
        {"specs": [*EVERY, "jupyterlab", "gizmo", "sqlalchemy"], "with_other": True},
        ("greenlet-3.1.1", "sqlalchemy-2.0.36", "typing_extensions-4.12.2"),
    ),
    # with what depends on it, and what only they needed
    Case("conda remove gadget", {"drop": ["gadget", "gizmo"]}, (), ("gadget-2.0", "gizmo-0.1")),
    Case("conda remove --force six", {"drop": ["six"]}, (), ("six-1.17.0",)),
)


def test_each_command_does_what_was_foretold(world: World):
    (world.other.parent / "environment.yml").write_text("dependencies:\n  - sqlalchemy\n", encoding="utf-8")
    for case in CASES:
        (world.prefix / "conda-meta" / "pinned").write_text(case.pinned, encoding="utf-8")
        env = world.look()
        foretold = world.foretell(case.line, env)
        assert (foretold.refusal, foretold.unknown) == (None, ()), case.line
        links = {Path(each.record).stem: each for each in foretold.links}
        unlinks = {Path(record).stem for record in foretold.unlinks}
        assert {name.rsplit("-", 1)[0] for name in links} == set(case.links), case.line
        assert {name.rsplit("-", 1)[0] for name in unlinks} == set(case.unlinks), case.line
        assert foretold.unlisted == ()
        landings = conda.landings(env, foretold)
        before, of_pip = world.records(), world.files_of_pip(env)
        means = dict(case.means)
        names = [package.name for package in env.conda_packages or ()]
        if "drop" in means:
            drop = means.pop("drop")
            means["keep"] = [name for name in names if name not in drop]  # type: ignore[operator]
        elif means.get("keep", "") is None:
            means["keep"] = names
        world.run(**means)
        # records: name by name, version by version, build by build
        assert world.records() == (before - unlinks) | set(links), case.line
        _files_are_as_foretold(world, foretold)
        # files of pip's
        now = world.files_of_pip(env)
        landed = {path for landing in landings for path in landing.files}
        assert {path for path in of_pip if now.get(path) != of_pip[path]} <= landed, case.line
        written = {path for name in links for path in _listed(world, name)}
        assert landed == written & set(of_pip), case.line
        if case.line == "conda install jupyterlab":
            names = {landing.distribution.rsplit("/", 1)[1].split("-")[0] for landing in landings}
            assert names == {"certifi", "charset_normalizer", "idna", "requests", "urllib3"}
            assert any(now.get(path) != of_pip[path] for path in landed)


def _listed(world: World, stem: str) -> set[str]:
    record = json.loads((world.prefix / "conda-meta" / f"{stem}.json").read_text("utf-8"))
    return {entry["_path"] for entry in record["paths_data"]["paths"] if not entry["_path"].endswith(".pyc")}


def _files_are_as_foretold(world: World, foretold: Transaction) -> None:
    for package in foretold.links:
        told = {path for path, record in foretold.link_files or () if record == package.record}
        assert {path for path in told if not path.endswith(".pyc")} == _listed(world, Path(package.record).stem), (
            package.name
        )


def test_what_cannot_be_told_is_told_so(world: World):
    env = world.look()
    asked = world.foretell
    assert (
        asked("conda remove nosuch", env).refusal.english() == "conda removes only what is installed, and nosuch is not"
    )
    assert (
        asked("conda update nosuch", env).refusal.english() == "conda updates only what is installed, and nosuch is not"
    )
    refused = asked("conda install -c {other} needy", env).refusal.english()
    assert "nowhere" in refused
    assert "needy" in refused
    assert "nosuchthing" in asked("conda install nosuchthing", env).refusal.english()
    assert "earlier revision" in asked("conda install --revision 2", env).unknown[0].english()
    assert "linked as they are" in asked("conda install ./x-1.0-0.conda", env).unknown[0].english()
    assert "could not be read" in asked("conda install --file nowhere.txt", env).unknown[0].english()
    assert "within 0 s" in asked("conda install jupyterlab", env, timeout=0.0).unknown[0].english()
    assert "cancelled" in asked("conda install jupyterlab", env, cancel=lambda: True).unknown[0].english()
    for line in ("pixi install", "pixi update", "pixi add --pypi flask"):
        assert "manifest" in asked(line, env).unknown[0].english()
    (world.other.parent / "empty.yml").write_text("dependencies: []\n", encoding="utf-8")
    assert asked("conda env update --prune -f {here}/empty.yml", env).unlinks == ()
    secret = "http://me:secret@127.0.0.1:9/t/tk-1/private"
    for line in (f"conda install -c {secret} six", f"conda install --offline -c {secret} six"):
        told = asked(line, env)
        assert told.refusal is None
        assert told.links == ()
        said = told.unknown[0].english()
        assert "127.0.0.1:9" in said
        assert "secret" not in said
        assert "tk-1" not in said
    assert asked("conda create -n other six", env).links == ()


def test_python_keeps_its_minor_version(world: World):
    """As conda does: only who names python may change it."""
    env = world.look()
    assert asked_python(world, env, "conda install jupyterlab") == ()
    assert "python" in world.foretell("conda install python=3.2", env).refusal.english()


def asked_python(world: World, env: Environment, line: str) -> tuple[str, ...]:
    return tuple(each.name for each in world.foretell(line, env).links if each.name == "python")


@pytest.mark.parametrize("flavour", ["rattler", "conda"])
def test_records_of_both_kinds(scenario, flavour, monkeypatch, tmp_path):
    """What nobody asked for goes with what needed it; what somebody asked for stays, as the record or the history tells."""
    monkeypatch.setenv("HOME", str(tmp_path))
    found = scenario("clean", flavour=flavour)
    env = collect.by_import(found.prefix, keep=False)
    world = World(found.prefix, channel.build(), tmp_path / "other")

    def gone(line: str) -> set[str]:
        told = world.foretell(line, env)
        return {env.by_record[record].name for record in told.unlinks}

    orphans = {"python-dateutil", "python-tzdata", "pytz", "six"}
    assert gone("conda remove pandas") == {"pandas", *orphans}
    assert gone("micromamba remove --no-prune-deps pandas") == {"pandas"}
    assert gone("conda remove numpy") == {"numpy", "pandas", "scipy", *orphans}
    assert gone("conda remove --force numpy") == {"numpy"}
    assert len(gone("conda remove --all")) == len(env.conda_packages or ())
    told = world.foretell("conda install jupyterlab", env)
    assert {each.name for each in told.links} == {"jupyterlab", "packaging"}
    assert told.unlinks == ()
    again = world.foretell("conda install --force-reinstall numpy", env)
    assert [each.spec for each in again.links] == [env.by_name["numpy"].spec]
    assert world.foretell("conda install 'numpy<1.20'", env).refusal is not None


def test_offline_by_what_is_kept(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Nothing is kept: nobody knows. What conda has kept is enough; the files of what was never fetched are not known."""
    condarc = tmp_path / "condarc"
    condarc.write_text("channels: ['https://conda.example.invalid/lab']\n", encoding="utf-8")
    monkeypatch.setenv("CONDARC", str(condarc))
    monkeypatch.setenv("CONDA_PKGS_DIRS", str(tmp_path / "pkgs"))
    env = world.look()
    told = world.foretell("conda install --offline jupyterlab", env)
    assert (told.links, told.refusal) == ((), None)
    assert "network was not to be used" in told.unknown[0].english()
    cache = tmp_path / "pkgs" / "cache"
    cache.mkdir(parents=True)
    for subdir in ("linux-64", "noarch"):
        address = f"https://conda.example.invalid/lab/{subdir}/"
        name = hashlib.md5(address.encode()).hexdigest()[:8]
        (cache / f"{name}.json").write_bytes((world.other / subdir / "repodata.json").read_bytes())
    told = world.foretell("conda install --offline tabulate", env)
    assert (told.unknown, told.refusal) == ((), None)
    [package] = told.links
    assert (package.name, package.version, package.provides) == ("tabulate", "0.10.0", ("tabulate",))
    assert package.channel == "https://conda.example.invalid/lab"
    assert (told.link_files, told.unlisted) == (None, (package.record,))
