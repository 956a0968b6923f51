"""Whatever is installed, and however it ends: taken back, the tree is what it was, byte for byte."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from envguard import home
from envguard.changes import checkpoint, undo
from envguard.undo_report import Checkpoint, State
from tests.changes import undoing
from tests.envs import channel, rattle, scenarios

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envguard.home import Home
    from envguard.undo_report import Undone

PIP = ("python", "-m", "pip", "install")
OFF = ("python", "-m", "pip", "uninstall", "--yes")
UV = ("uv", "pip")
EVERYTHING = None

COMMANDS: dict[str, tuple[tuple[str, ...], tuple[str, ...] | None]] = {
    "new": ((*PIP, "gizmo==1.0"), ()),
    "new, with what it needs": ((*PIP, "sqlalchemy==1.4.54"), ()),
    "new, and named": ((*PIP, "extra"), ("extra",)),
    "upgrade of pip's": ((*PIP, "--upgrade", "tabulate"), ("tabulate",)),
    "pip by itself": ((*PIP, "--force-reinstall", "--no-deps", "pip==24.2"), ("pip",)),
    "downgrade of conda's": ((*PIP, "requests==2.31.0"), ("requests",)),
    "downgrade, and the forecast knew nothing": ((*PIP, "idna==3.7"), ()),
    "again": ((*PIP, "--force-reinstall", "--no-deps", "six"), ("six",)),
    "again, everything it needs": ((*PIP, "--force-reinstall", "requests==2.32.3"), EVERYTHING),
    "beside": ((*PIP, "--ignore-installed", "--no-deps", "idna==3.7"), ("idna",)),
    "uninstall of conda's": ((*OFF, "six"), ("six",)),
    "uninstall of two": ((*OFF, "requests", "tabulate"), ("requests", "tabulate")),
    "uninstall of pip itself": ((*OFF, "pip"), ("pip",)),
    "extras": ((*PIP, "requests[socks]==2.31.0", "--no-deps"), ("requests",)),
    "editable": ((*PIP, "--no-build-isolation", "--no-deps", "-e", "{project}"), ()),
    "a project": ((*PIP, "--no-build-isolation", "--no-deps", "{project}"), ()),
    "a wheel's file": ((*PIP, "{wheels}/gizmo-2.0-py3-none-any.whl"), ()),
    "files of another": ((*PIP, "thief"), ()),
    "a RECORD that cannot be read": ((*PIP, "broken"), ("requests",)),
    "without byte code": ((*PIP, "--no-compile", "gizmo==1.0"), ()),
    "nothing there by that name": ((*PIP, "no-such-thing"), ()),
    "a new and an impossible one": ((*PIP, "--force-reinstall", "six", "no-such-thing"), ("six",)),
    "into a folder of the prefix": ((*PIP, "--target", "{prefix}/lib/elsewhere", "gizmo==1.0"), ()),
    "uv, copies": ((*UV, "install", "--link-mode=copy", "gizmo==2.0", "idna==3.7"), ("idna",)),
    "uv, hard links": ((*UV, "install", "--link-mode=hardlink", "--reinstall", "six"), ("six",)),
    "uv, symbolic links": ((*UV, "install", "--link-mode=symlink", "gizmo==1.0"), ()),
    "uv, byte code": ((*UV, "install", "--compile-bytecode", "gizmo==1.0"), EVERYTHING),
    "uv uninstall": ((*UV, "uninstall", "requests"), ("requests",)),
    "uv sync": ((*UV, "sync", "{requirements}"), EVERYTHING),
    "byte code anew": (
        ("python", "-m", "compileall", "-q", "-f", "{site}/pip/_internal/cli", "{site}/six.py"),
        EVERYTHING,
    ),
    "conda install": (("conda", "install", "typing_extensions"), EVERYTHING),
    "conda reinstall": (("conda", "reinstall", "six"), EVERYTHING),
    "conda remove": (("conda", "remove", "requests"), EVERYTHING),
}


class Place:
    """An environment, our folder in it, and the means to run things there."""

    def __init__(self, prefix: Path, around: Path) -> None:
        self.prefix, self.around = prefix, around
        self.wheels = undoing.wheels(around / "wheels")
        self.project = around / "project"
        (self.project / "own").mkdir(parents=True, exist_ok=True)
        (self.project / "own" / "__init__.py").write_text("")
        (self.project / "pyproject.toml").write_text(
            '[project]\nname = "own"\nversion = "1"\nscripts.own = "own:main"\n[tool.setuptools]\npackages = ["own"]\n'
        )
        self.requirements = around / "requirements.txt"
        self.requirements.write_text("six==1.16.0\ngizmo==2.0\n")
        # byte code of what pip imports, which would be new each time otherwise
        subprocess.run(
            [*self.argv((*PIP, "gizmo==1.0")), "--dry-run"],
            env=undoing.environ(prefix),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self.home: Home = home.make(prefix, undo=True)

    @property
    def python(self) -> str:
        return str(self.prefix / "bin" / "python")

    def argv(self, command: tuple[str, ...]) -> list[str]:
        site = next(self.prefix.glob("lib/python3*/site-packages"))
        words = [
            word.format(
                wheels=self.wheels, project=self.project, prefix=self.prefix, site=site, requirements=self.requirements
            )
            for word in command
        ]
        if words[0] == "uv":
            found = [] if "uninstall" in words else undoing.links(self.wheels)
            program = str(Path(sys.executable).with_name("uv"))
            return [
                program,
                *words[1:3],
                "--python",
                self.python,
                "--cache-dir",
                str(self.around / "uv"),
                *found,
                *words[3:],
            ]
        if words[1:4] == ["-m", "pip", "install"]:
            words[4:4] = undoing.links(self.wheels)
        return [self.python, *words[1:]]

    def run(self, command: tuple[str, ...]) -> int:
        if command[0] == "conda":
            return self.conda(*command[1:])
        argv = self.argv(command)
        done = subprocess.run(argv, env=undoing.environ(self.prefix), capture_output=True, text=True, check=False)
        return done.returncode

    def conda(self, verb: str, *specs: str) -> int:
        have = [spec for spec in scenarios.LIGHT if verb != "remove" or spec not in specs]
        folder = channel.build()
        rattle.run(
            "install",
            channel=folder.as_uri(),
            specs=[*have, *(specs if verb == "install" else ())],
            prefix=str(self.prefix),
            cache=str(folder / "pkgs"),
            reinstall=list(specs) if verb == "reinstall" else [],
        )
        return 0

    def install(self, command: tuple[str, ...], names: tuple[str, ...] | None) -> Checkpoint:
        point = checkpoint.begin(self.home, command, names)
        assert isinstance(point, Checkpoint), point
        code = self.run(command)
        return checkpoint.end(self.home, point, failed=code != 0)

    def back(self, name: str | None = None) -> Undone:
        plan = undo.plan(self.home, name)
        assert not plan.refused, plan.refused[0].english()
        return undo.run(self.home, plan)


@pytest.fixture(scope="module")
def sound(scenario: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    around = tmp_path_factory.mktemp("undo")
    yield Place(undoing.linked(scenario("sound").prefix, around / "env"), around)
    shutil.rmtree(around)


@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=() if n % 5 == 0 else pytest.mark.slow) for n, what in enumerate(COMMANDS)]
)
def test_each_command_taken_back(sound: Place, what: str):
    command, names = COMMANDS[what]
    before = undoing.tree(sound.prefix)
    ended = sound.install(command, names)
    changed = ended.added + ended.removed + ended.replaced
    if what == "nothing there by that name":
        assert not changed
        assert ended.failed
        assert ended.id not in {each.id for each in checkpoint.all(sound.home)}
        return
    failing = "cannot be read" in what or "impossible" in what
    assert changed or failing, "the command did nothing"
    if changed:
        undone = sound.back()
        assert undone.proof.same, undone.proof.differs
        assert not undone.left
        assert undone.checkpoint.state is State.UNDONE
    undoing.compare(before, undoing.tree(sound.prefix))


HEAVY = ("s1", "s2", "s4", "s5", "record_lost")
LIGHT = (("s3_foreign", "conda"), ("base_with_pip", "rattler"))
REST = (("s3_foreign", "rattler"), ("s3_two_dist_infos", "rattler"), ("s0", "rattler"))


@pytest.mark.parametrize(
    ("name", "flavour"), [LIGHT[0], *(pytest.param(*each, marks=pytest.mark.slow) for each in (*LIGHT[1:], *REST))]
)
def test_each_light_scenario(scenario: Callable[..., Any], tmp_path: Path, name: str, flavour: str):
    _there_and_back(
        Place(undoing.linked(scenario(name, flavour).prefix, tmp_path / "env"), tmp_path), "requests==2.31.0"
    )
    shutil.rmtree(tmp_path / "env")


def _there_and_back(place: Place, *specs: str) -> None:
    before = undoing.tree(place.prefix)
    names = tuple(spec.partition("==")[0] for spec in specs)
    place.install((*PIP, "--no-deps", "--force-reinstall", *specs, "gizmo==1.0"), names)
    first = undoing.tree(place.prefix)
    place.install((*OFF, "gizmo", *names[:1]), None)
    undone = place.back()
    assert undone.proof.same
    undoing.compare(first, undoing.tree(place.prefix))
    undone = place.back()
    assert undone.proof.same
    assert not undone.left
    undoing.compare(before, undoing.tree(place.prefix))


def test_two_at_once_go_back_together_or_not_at_all(sound: Place):
    before = undoing.tree(sound.prefix)
    one = checkpoint.begin(sound.home, ("pip", "install", "gizmo"), ())
    assert isinstance(one, Checkpoint)
    other = checkpoint.begin(sound.home, ("pip", "install", "extra"), ())
    assert isinstance(other, Checkpoint)
    assert sound.run((*PIP, "gizmo==1.0")) == sound.run((*PIP, "extra")) == 0
    one = checkpoint.end(sound.home, one, failed=False)
    other = checkpoint.end(sound.home, other, failed=False)
    assert one.beside == (other.id,)
    assert other.beside == (one.id,)
    [why] = undo.plan(sound.home, other.id).refused
    assert "began while another install ran" in why.english()
    plan = undo.plan(sound.home, one.id)
    assert [each.id for each in plan.also] == [other.id]
    assert undo.run(sound.home, plan).proof.same
    undoing.compare(before, undoing.tree(sound.prefix))
    assert undo.plan(sound.home, one.id).refused[0].english().endswith("has been taken back already")


def test_what_somebody_else_changed_since_is_not_lost(sound: Place):
    before = undoing.tree(sound.prefix)
    sound.install((*PIP, "gizmo==1.0"), ())
    sound.run((*PIP, "extra"))
    plan = undo.plan(sound.home)
    assert "extra" in plan.refused[0].english()
    assert "extra.py" in plan.refused[0].english()
    sound.run((*OFF, "extra"))
    cached = next(sound.prefix.glob("lib/python3*/site-packages/gizmo"))
    subprocess.run([sound.python, "-c", "import gizmo.deep.er"], check=True)  # byte code is nobody's change
    (sound.prefix / "notes").mkdir()
    (sound.prefix / "notes" / "mine.txt").write_text("mine")
    (sound.prefix / "mine.ipynb").write_text("mine")
    plan = undo.plan(sound.home)
    assert not plan.refused
    assert "mine.ipynb" in plan.remarks[0].english()
    undone = undo.run(sound.home, plan)
    assert not cached.exists()
    assert set(undone.proof.differs) == {"mine.ipynb", "notes", "notes/mine.txt"}
    (sound.prefix / "mine.ipynb").unlink()
    shutil.rmtree(sound.prefix / "notes")
    os.utime(sound.prefix, ns=(before["."][1], before["."][1]))  # type: ignore[arg-type]
    undoing.compare(before, undoing.tree(sound.prefix))


def test_the_user_s_files_stay_even_if_they_came_while_it_ran(sound: Place):
    before = undoing.tree(sound.prefix)
    point = checkpoint.begin(sound.home, ("pip",), ())
    assert isinstance(point, Checkpoint)
    sound.run((*PIP, "gizmo==1.0"))
    (sound.prefix / "work").mkdir()
    (sound.prefix / "work" / "mine.ipynb").write_text("saved while pip ran")
    checkpoint.end(sound.home, point, failed=False)
    sound.back()
    assert (sound.prefix / "work" / "mine.ipynb").read_text() == "saved while pip ran"
    shutil.rmtree(sound.prefix / "work")
    os.utime(sound.prefix, ns=(before["."][1], before["."][1]))  # type: ignore[arg-type]
    undoing.compare(before, undoing.tree(sound.prefix))


def test_undo_waits_for_no_installer(sound: Place):
    before = undoing.tree(sound.prefix)
    sound.install((*PIP, "extra"), ())
    code = "import sys, time; sys.argv[1:]; print('up', flush=True); time.sleep(60)"
    script = sound.around / "pip"
    script.write_text(code)
    process = subprocess.Popen([sound.python, script, "install", "x"], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        plan = undo.plan(sound.home)
        assert "pip works on" in plan.refused[0].english()
    finally:
        process.kill()
        process.communicate()
    sound.back()
    undoing.compare(before, undoing.tree(sound.prefix))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["clean", *HEAVY])
def test_each_numeric_scenario(scenario: Callable[..., Any], tmp_path: Path, name: str):
    place = Place(undoing.linked(scenario(name).prefix, tmp_path / "env"), tmp_path)
    spec = {"clean": "numpy==2.3.5", "s1": "numpy==1.26.4", "s4": "numpy==1.26.4", "s5": "sqlalchemy==2.0.36"}
    _there_and_back(place, spec.get(name, "numpy==2.3.5"))
    shutil.rmtree(tmp_path / "env")
