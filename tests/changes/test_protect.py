"""Protection by constraints: what is pinned, what the variables become, and what real pip and uv do under it."""

from __future__ import annotations

import compileall
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from envguard import api, collect
from envguard.changes import limits, protect
from envguard.changes.protected import Done
from envguard.commands import find
from envguard.commands.command import Place, Placement
from envguard.errors import EnvguardError
from envguard.frontends.protecting import done_lines
from tests.envs import cache, scenarios
from tests.envs.wheelhouse import isolated
from tests.forecast import ground
from tests.require import require
from tests.rules.facts import PREFIX, SITE, dist, env, overlap, owned, pkg

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.envs.scenarios import Scenario

NUMPY = "8cba086a43d54ca804ce711b2a940b16e452807acebe7852ff327f1ecd49b0d4"
TABULATE = "024ca478df22e9340661486f85298cff5f6dcdba14f3813e8830015b9ed1948f"
CERTIFI = "922820b53db7a7257ffbda3f597266d435245903d80737e34f8a45ff3e3230d8"


# what is pinned


def _of(*dists: object) -> tuple[tuple[str, ...], dict[str, str]]:
    told = protect.protection(env((pkg("x"),), list(dists)))  # type: ignore[arg-type]
    return told.pins, {each.name: each.reason.english() for each in told.left_out if each.name != "pip"}


def test_what_conda_owns_is_pinned_and_what_is_not_is_told():
    assert _of(owned("numpy", "1.26.4"), owned("torch", "2.4.1+cu118"), owned("a", "1.0+0.gabc"), owned("b", "1!2.0"))[
        0
    ] == (
        "a==1.0+0.gabc",
        "b==1!2.0",
        "numpy==1.26.4",
        "torch==2.4.1+cu118",
    )
    assert _of(owned("pip", "24.2"), dist("tabulate"), owned("tqdm", "4.0", kind="leftover")) == (
        (),
        {},
    )
    assert _of(owned("odd", "2024a-custom")) == ((), {"odd": "2024a-custom is no version for pip"})
    assert _of(owned("mute", None)) == ((), {"mute": "it does not tell its version"})
    assert _of(owned("bad\nname", "1")) == ((), {"bad\nname": "it is no name for pip"})
    twice = owned("six", "1.16", path=f"{SITE}/six-1.16.dist-info")
    assert _of(owned("six", "1.15"), twice)[1] == {"six": "conda has it in more than one version: 1.15, 1.16"}
    same = owned("six", "1.15.0", path=f"{SITE}/six-1.15.0.dist-info")
    assert _of(owned("six", "1.15"), same) == (("six==1.15",), {}) or _of(owned("six", "1.15.0"), same)[0]


def test_what_pip_has_replaced_or_doubled_is_not_held():
    assert _of(dist("idna", "3.7"), owned("idna", "3.10")) == ((), {"idna": "pip has put another idna beside conda's"})
    assert _of(dist("pandas", "2", taken_from="conda-meta/pandas-1-0.json")) == (
        (),
        {"pandas": "pip has replaced conda's"},
    )
    package, other = pkg("numpy", "1.26.4", provides=("numpy",)), dist("numpy", "2.3.5")
    where = env((package,), [other], overlaps=(overlap(package, other),))
    told = protect.protection(where)
    assert (told.pins, [each.name for each in told.left_out]) == ((), ["numpy", "pip"])


# the variables


def test_the_users_own_files_stay_and_are_as_before_afterwards(
    scenario: Callable[..., Scenario], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    where = tmp_path / "a b 约"
    where.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(where))
    (tmp_path / "pip.conf").write_text(
        "[global]\nconstraint = no.txt\n[install]\nconstraint = one.txt\n   two.txt\n", encoding="utf-8"
    )
    environ = {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "UV_CONSTRAINT": " mine.txt  more.txt", "X": "1"}
    before = dict(environ)
    given = protect.Protected(scenario("clean").prefix, environ)
    assert given.state == "off"
    told = given.on()
    assert given.on() == told
    [folder] = where.iterdir()
    assert (folder.stat().st_mode & 0o777, (folder / "constraints.txt").stat().st_mode & 0o777) == (0o700, 0o600)
    url = (folder / "constraints.txt").as_uri()
    assert " " not in url
    assert environ["PIP_CONSTRAINT"] == f"one.txt two.txt {url}"
    assert environ["UV_CONSTRAINT"] == f"mine.txt more.txt {url}"
    assert given.state == "on"
    assert "numpy==1.26.4" in (folder / "constraints.txt").read_text(encoding="utf-8").splitlines()
    with protect.Protected(given.prefix, environ):
        assert environ["PIP_CONSTRAINT"].startswith(f"one.txt two.txt {url} file://")
    assert environ["PIP_CONSTRAINT"] == f"one.txt two.txt {url}"
    if (child := os.fork()) == 0:  # a child that ends does not take the file along
        given._file.remove()  # type: ignore[union-attr]
        os._exit(0)
    os.waitpid(child, 0)
    assert (folder / "constraints.txt").exists()
    given.off()
    assert environ == before
    assert not list(where.iterdir())
    given.off()

    given.on()
    environ["PIP_CONSTRAINT"] += " later.txt"
    assert given.state == "on"
    environ["UV_CONSTRAINT"] = "other.txt"
    assert given.state == "lost"
    given.off()
    assert environ == {**before, "PIP_CONSTRAINT": "one.txt two.txt later.txt", "UV_CONSTRAINT": "other.txt"}


def test_it_follows_the_prefix_and_comes_back_if_somebody_cleans_up(
    fresh_scenario: Callable[..., Scenario], monkeypatch: pytest.MonkeyPatch
):
    kept = fresh_scenario("sound")
    environ: dict[str, str] = {}
    with protect.Protected(kept.prefix, environ) as given:
        path = given._file.path  # type: ignore[union-attr]
        assert not given.refresh()
        for found in (*kept.site.glob("idna-*"), kept.record("idna")):
            (scenarios.shutil.rmtree if found.is_dir() else os.unlink)(found)
        assert given.refresh()
        assert "idna" not in path.read_text(encoding="utf-8")
        scenarios.shutil.rmtree(path.parent)
        given.refresh()
        assert path.exists()
        monkeypatch.setattr(tempfile, "tempdir", str(kept.prefix / "nowhere"))
        with pytest.raises(EnvguardError, match="cannot be written to"):
            protect.Protected(kept.prefix, {}).on()
    assert environ == {}
    assert not path.parent.exists()


def test_there_must_be_something_to_protect(tmp_path: Path):
    (tmp_path / "pyvenv.cfg").write_text("version = 3.11.7\n", encoding="utf-8")
    with pytest.raises(EnvguardError, match="conda owns no Python package"):
        protect.Protected(tmp_path, {}).on()


# what constraints do not hold

_shared = pkg("requests", "2.32.3", provides=("requests",))
_extras = dist("http-extras", "1.0")
_foreign = overlap(_shared, _extras)
HERE = env(
    (pkg("numpy", "1.26.4", provides=("numpy",)), pkg("odd", provides=("odd",)), _shared),
    [
        owned("numpy", "1.26.4"),
        owned("odd", "not a version"),
        owned("requests", "2.32.3"),
        owned("pip", "24.2"),
        _extras,
        dist("tabulate"),
    ],
    overlaps=(dataclasses.replace(_foreign, on_disk=dataclasses.replace(_foreign.on_disk, pip=0, conda=1)),),
)
PLACE = Place(f"{PREFIX}/bin/python", PREFIX, "/", {}, is_kernel=False)
NOT_HELD = {
    "pip install --force-reinstall numpy": "conda's numpy anew",
    "pip install --force-reinstall tabulate": "writes what is there anew",
    "pip install -I tabulate": "writes what is there anew",
    "env PIP_FORCE_REINSTALL=1 pip install tabulate": "writes what is there anew",
    "uv pip install --reinstall tabulate": "writes what is there anew",
    "uv pip install --reinstall-package NumPy tabulate": "conda's numpy anew",
    "uv pip install --exact tabulate": "remove everything that it does not name",
    "uv pip sync lock.txt": "remove everything that it does not name",
    "pip uninstall -y numpy": "numpy is conda's",
    "uv pip uninstall numpy": "numpy is conda's",
    "pip uninstall -y http-extras": "shares files with conda's requests",
    "pip install ./numpy-1.26.4-cp311-cp311-linux_x86_64.whl": "would be put over conda's numpy",
    "pip install git+https://github.com/numpy/numpy@v1.26.4#egg=numpy": "would be put over conda's numpy",
    "pip install -U odd": "cannot be pinned",
    "pip install odd==2": "cannot be pinned",
    "conda install numpy": "does not hold conda",
    "poetry add numpy": "poetry takes no constraints",
    "uv add numpy": "uv takes no constraints",
}
HELD = (
    "pip install numpy==2.3.5",
    "pip install -U numpy",
    "pip install odd",
    "pip install -U pip",
    "pip install --force-reinstall --no-deps tabulate",
    "pip install ./tabulate-0.9-py3-none-any.whl",
    "pip uninstall -y tabulate",
    "uv pip install --reinstall-package tabulate tabulate",
    "sudo pip install tabulate",
    "pip install -c own.txt tabulate",
)
DEAF = {
    "sudo pip install tabulate": "sudo keeps the variables back",
    "pip --isolated install tabulate": "--isolated keeps pip",
    "env PIP_CONSTRAINT=x.txt pip install tabulate": "sets PIP_CONSTRAINT itself",
    "uv pip install -c own.txt tabulate": "uv forgets UV_CONSTRAINT",
}


def _refused(line: str, *, by_variables: bool = False) -> str | None:
    command = find.of_argv(line.split(), PLACE)
    assert command is not None, line
    told = limits.refuses(command, HERE, {}, by_variables=by_variables)
    return None if told is None else told.english()


@pytest.mark.parametrize("line", NOT_HELD)
def test_what_constraints_do_not_hold_is_refused(line: str):
    assert NOT_HELD[line] in (_refused(line) or "")


def test_everything_else_is_let_run():
    assert {line: _refused(line) for line in HELD} == dict.fromkeys(HELD)
    for line, says in DEAF.items():
        assert _refused(line) is None
        assert says in (_refused(line, by_variables=True) or "")
    assert _refused("pip install -c own.txt tabulate", by_variables=True) is None  # pip takes both
    command = find.of_argv(["pip", "install", "--force-reinstall", "--target", "/x", "numpy"], PLACE)
    assert command is not None
    assert limits.refuses(command, HERE, {}, Placement.FOLDER) is None


# real pip, real uv


@pytest.fixture(scope="module")
def field(scenario: Callable[..., Scenario], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the clean environment, in a folder with a blank and a CJK character; with files that commands name."""
    require("network")
    folder = tmp_path_factory.mktemp("w")
    prefix = ground.copy(scenario("clean").prefix, folder / "an env 环境")
    theirs = (prefix / SITE / "requests/__version__.py").read_text(encoding="utf-8")
    ground.wheel(
        folder / "wheels", "http-extras", "1.0", {"http_extras.py": "", "requests/__version__.py": f"{theirs}#\n"}
    )
    ground.wheel(folder / "wheels", "same-extras", "1.0", {"same_extras.py": "", "requests/__version__.py": theirs})
    ground.wheel(folder / "wheels", "wants-more", "1.0", {"wants_more.py": ""}, ("numpy>=2,<2.4",))
    (folder / "mine.txt").write_text("tabulate==0.8.10\n", encoding="utf-8")
    hashed = f"tabulate==0.9.0 --hash=sha256:{TABULATE}\ncertifi==2024.8.30 --hash=sha256:{CERTIFI}\n"
    (folder / "hashed.txt").write_text(hashed, encoding="utf-8")
    (folder / "hashed-numpy.txt").write_text(f"numpy==2.3.5 --hash=sha256:{NUMPY}\n", encoding="utf-8")
    build = '[build-system]\nrequires = ["flit_core>=3.4,<4", "idna>3.10"]\nbuild-backend = "flit_core.buildapi"\n'
    project = '[project]\nname = "builds"\nversion = "1.0"\ndescription = "x"\n'
    (folder / "builds").mkdir()
    (folder / "builds" / "pyproject.toml").write_text(build + project, encoding="utf-8")
    (folder / "builds" / "builds.py").write_text("", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def pips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The oldest pip and the newest, each in a folder of its own, from which they run as they are."""

    def fetch(spec: str, folder: Path) -> None:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), spec]
        subprocess.run(command, env=isolated(), check=True)
        for wheel in folder.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder)
        compileall.compile_dir(folder / "pip", quiet=2)

    newest = tmp_path_factory.mktemp("newest")
    fetch("pip", newest)
    return {"oldest": cache.once("pips", "22.2", lambda folder: fetch("pip==22.2", folder)), "newest": newest}


class Run:
    """Protected commands of one tool."""

    def __init__(self, tool: str, folder: Path, prefix: Path, pip: Path | None) -> None:
        self.tool, self.folder, self.prefix = tool, folder, prefix
        python = str(self.prefix / "bin" / "python")
        self.head = (
            [ground.uv(), "pip", "install", "--python", python] if tool == "uv" else [python, "-m", "pip", "install"]
        )
        self.variables = {**isolated(), "PYTHONDONTWRITEBYTECODE": "1", "PIP_ROOT_USER_ACTION": "ignore"}
        if pip is not None:
            self.variables["PYTHONPATH"] = str(pip)
        self.told: list[str] = []

    def __call__(self, *words: str, **more: str) -> Done:
        place = Place(self.head[0], str(self.prefix), str(self.folder), {**self.variables, **more}, is_kernel=False)
        return api.protect([*self.head, *words], place, lambda told: self.told.append(told.english()), network=False)

    def names(self) -> set[tuple[str, str]]:
        return ground.dists(self.prefix / SITE)


@pytest.fixture(scope="module", params=[pytest.param("oldest", marks=pytest.mark.slow), "newest", "uv"])
def run(
    request: pytest.FixtureRequest, field: Path, pips: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """A tool, and a copy of the environment of its own."""
    prefix = ground.copy(field / "an env 环境" / "clean", tmp_path_factory.mktemp(request.param) / "an env 环境")
    return Run(request.param, field, prefix, pips.get(request.param))


def test_conda_stays_as_it_is_whatever_is_asked_for(run: Run):
    before, state = run.names(), _conda(run.prefix)
    done = run("numpy==2.3.5")
    assert (done.code, run.names()) == (1, before)
    assert done.refusal is not None
    assert done.refusal.english() == "numpy==2.3.5 was asked for; conda's scipy needs numpy to stay at 1.26.4"
    assert "numpy==1.26.4" in done.output
    done = run("wants-more", "--find-links", "wheels")
    assert done.refusal is not None
    # uv speaks of all its versions, and pip says `and`
    version, needs = ("", "numpy>=2,<2.4") if run.tool == "uv" else (" 1.0", "numpy<2.4 and >=2")
    assert done.refusal.english() == f"wants-more{version} needs {needs}; conda's scipy needs numpy to stay at 1.26.4"
    done = run("-r", "hashed-numpy.txt", "--require-hashes")
    assert done.refusal is not None
    assert done.code == 1

    done = run("http-extras", "--find-links", "wheels")
    assert (done.code, run.names()) == (None, before)
    assert done.refusal is not None
    assert "http-extras ships files of conda's requests, such as lib/python3.11/" in done.refusal.english()

    done = run("same-extras", "--find-links", "wheels")
    assert (done.code, done.refusal, done.changed, done.unseen) == (0, None, (), ())
    done = run("-r", "hashed.txt", "--require-hashes")
    assert (done.code, done.changed, done.unseen) == (0, (), ())
    assert run.names() - before == {("same-extras", "1.0"), ("tabulate", "0.9.0")}
    assert _conda(run.prefix) == state
    [line] = {line for line in run.told if ".envguard" not in line}
    assert "15 packages of conda's in" in line


def test_the_users_own_constraints_count_besides_ours_and_builds_do_not_hear_of_them(run: Run):
    if run.tool == "newest":
        pytest.skip("it spares builds whatever way the constraints come")
    variable = "UV_CONSTRAINT" if run.tool == "uv" else "PIP_CONSTRAINT"
    done = run("tabulate", "./builds", **{variable: "mine.txt"})
    assert (done.code, done.refusal, done.changed) == (0, None, ())
    assert run.names() >= {("tabulate", "0.8.10"), ("builds", "1.0")}


def test_the_variables_alone_hold_pip_and_uv(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    where = tmp_path / "t m 约"
    where.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(where))
    environ = {
        **run.variables,
        "UV_CONSTRAINT": str(run.folder / "mine.txt"),
        "PIP_CONSTRAINT": str(run.folder / "mine.txt"),
    }
    with protect.Protected(run.prefix, environ):
        for asked, fits in (("numpy==2.3.5", False), ("tabulate==0.9.0", False), ("numpy", True)):
            call = [*run.head, "--dry-run", asked]
            done = subprocess.run(call, env=environ, capture_output=True, text=True, check=False)
            assert (done.returncode == 0) is fits, done.stderr + done.stdout


def test_on_the_command_line(field: Path, pips: dict[str, Path], tmp_path: Path):
    given = Run("newest", field, field / "an env 环境" / "clean", pips["newest"])
    exe = [sys.executable, "-m", "envguard", "protect"]

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        environ = {**isolated(), "PIP_ROOT_USER_ACTION": "ignore"}
        return subprocess.run([*exe, *words], env=environ, cwd=field, capture_output=True, text=True, check=False)

    done = call("--", *given.head, "same-extras", "--find-links", "wheels", "--dry-run")
    assert (done.returncode, "not one command that installs" in done.stderr) == (2, True)
    done = call("--", *given.head, "--force-reinstall", "numpy")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "envguard: refused: --force-reinstall would write conda's numpy anew, whatever the version\n"
    done = call("--", *given.head, "--no-index", "nothing-of-that-name")
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if ".envguard" not in line]
    assert said[-1].startswith("ERROR: No matching distribution")
    told = json.loads(call("--show", "--format", "json", "--prefix", str(given.prefix)).stdout)
    assert (len(told["pins"]), [each["name"] for each in told["left_out"]]) == (15, ["pip", "setuptools", "wheel"])
    file = tmp_path / "c.txt"
    assert call("--output", str(file), "--prefix", str(given.prefix)).returncode == 0
    assert file.read_text(encoding="utf-8").splitlines()[1:] == told["pins"]
    assert (
        "# not pinned: pip 24.2: installers may renew themselves"
        in call("--show", "--prefix", str(given.prefix)).stdout
    )
    assert call().returncode == 2
    # what a command prints is its own, so there is no JSON of it, and it tells itself where it goes
    for options in (("--format", "json"), ("--prefix", str(given.prefix)), ("--name", "work")):
        done = call(*options, "--", *given.head, "six")
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
        assert options[0] in done.stderr


def test_what_nobody_could_look_at_before_is_told():
    bare, unseen = Done("/p", 0), Done("/p", 0, unseen=("a", "b"))
    kept = "envguard: conda's files are as they were"
    assert list(done_lines(bare)) == [kept]
    assert list(done_lines(unseen)) == ["envguard: what a, b would bring could not be looked at before", kept]


def _conda(prefix: Path) -> tuple[object, ...]:
    """What is conda's."""
    found = collect.by_import(prefix)
    return found.conda_packages, tuple(each for each in found.distributions or () if each.owner is not None)
