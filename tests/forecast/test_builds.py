"""No forecast runs a build backend without an explicit yes, whatever the road to it: each backend here leaves a mark."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from envguard.collect import by_import
from envguard.commands.command import Target, Tool
from envguard.forecast import pip, uv
from tests.forecast import ground
from tests.forecast.ground import Ground
from tests.require import require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envguard.forecast.transaction import Transaction
    from tests.envs.scenarios import Scenario

BACKEND = """
import pathlib, zipfile
pathlib.Path({mark!r}).write_text("built")
def build_wheel(folder, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(pathlib.Path(folder, "planted-2.0-py3-none-any.whl"), "w") as wheel:
        wheel.writestr("planted.py", "")
        wheel.writestr("planted-2.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: planted\\nVersion: 2.0\\n")
        wheel.writestr("planted-2.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("planted-2.0.dist-info/RECORD", "")
    return "planted-2.0-py3-none-any.whl"
build_editable = build_wheel
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "planted"
dynamic = ["version"]
"""
ROADS = (
    "./planted",
    "-e ./planted",
    "git+{uri}/planted",
    "'planted @ git+{uri}/planted'",
    "./planted-2.0.tar.gz",
    "{uri}/planted-2.0.tar.gz",
    "'planted @ {web}/planted-2.0.tar.gz'",
    "-r all.txt",
    "--no-index --find-links links planted",
    "--no-index --find-links links --no-binary planted planted",
    "wheels/of_git-1.0-py3-none-any.whl",
    "wheels/of_archive-1.0-py3-none-any.whl",
    "-c direct.txt planted",
)
ALONE = ("--no-index --find-links links planted",)
"""Where there is an older release with a wheel, uv takes that one when it may not build."""


@pytest.fixture(scope="module")
def field(scenario: Callable[..., Scenario], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    require("git")
    folder = tmp_path_factory.mktemp("planted")
    project = folder / "planted"
    project.mkdir()
    (project / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (project / "backend.py").write_text(BACKEND.format(mark=str(folder / "MARK")), encoding="utf-8")
    with tarfile.open(folder / "planted-2.0.tar.gz", "w:gz") as archive:
        archive.add(project, "planted-2.0")
    who = ("-c", "user.name=Tests", "-c", "user.email=tests@example.invalid", "-c", "commit.gpgsign=false")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "Planted")):
        subprocess.run(["git", *words], cwd=project, check=True)
    ground.wheel(folder / "links", "planted", "1.0", {"planted.py": ""})
    shutil.copy(folder / "planted-2.0.tar.gz", folder / "links")
    ground.wheel(folder / "wheels", "of-git", "1.0", {"of_git.py": ""}, (f"planted @ git+{project.as_uri()}",))
    sdist = (folder / "planted-2.0.tar.gz").as_uri()
    ground.wheel(folder / "wheels", "of-archive", "1.0", {"of_archive.py": ""}, (f"planted @ {sdist}",))
    (folder / "sub").mkdir()
    (folder / "all.txt").write_text("./planted\n-r sub/more.txt\n--no-index\n--find-links links\n", encoding="utf-8")
    (folder / "sub/more.txt").write_text(
        f"six\n-e ./planted\n{sdist}\nplanted @ git+{project.as_uri()}\n", encoding="utf-8"
    )
    (folder / "direct.txt").write_text(f"planted @ {sdist}\n", encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kept = ground.copy(scenario("sound").prefix, tmp_path_factory.mktemp("kept"))
    here = ground.compiled(Ground(kept, folder, tmp_path_factory.mktemp("home")))
    here.web = f"http://127.0.0.1:{server.server_port}"
    yield here
    server.shutdown()
    server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def _plan(here: Ground, line: str, *, build: bool = False) -> Transaction:
    command = here.command(line)
    target = Target(str(here.prefix), str(here.prefix / "bin" / "python"))
    planner = uv.plan if command.tool is Tool.UV else pip.plan
    return planner(command, target, by_import(here.prefix), here.place(), build=build)


@pytest.mark.parametrize(
    "road", [pytest.param(road, marks=() if n % 3 == 0 else pytest.mark.slow) for n, road in enumerate(ROADS)]
)
def test_nothing_is_built_for_a_forecast(road: str, field: Ground):
    for tool in ("{pip} install", "{uv} install {py}"):
        told = _plan(field, f"{tool} {road}")
        assert not (field.folder / "MARK").exists(), tool
        if tool.startswith("{uv") and road in ALONE:
            assert [(each.name, each.version) for each in told.comes] == [("planted", "1.0")]
            continue
        assert told.unknown, tool
        assert any("planted" in each.english() and "runs its code" in each.english() for each in told.unknown), told
        assert "planted" not in {each.name for each in told.comes}
        assert told.refusal is None


def test_uv_itself_refuses_a_dependency_that_says_where_it_is(field: Ground):
    told = _plan(field, "{uv} install {py} --no-index --find-links wheels of-git")
    assert told.refusal is not None
    assert "URL dependenc" in told.refusal.english()
    told = _plan(field, "{pip} install --no-index --find-links wheels of-git")
    assert [each.english() for each in told.unknown] == ["planted could not be foretold: building it runs its code"]
    assert not (field.folder / "MARK").exists()


@pytest.mark.slow
def test_what_needs_no_building_is_foretold_beside_it(field: Ground):
    for tool in ("{pip} install", "{uv} install {py}"):
        told = _plan(
            field, f"{tool} ./planted --no-deps --no-index --find-links wheels wheels/of_git-1.0-py3-none-any.whl"
        )
        assert [(each.name, each.version) for each in told.comes] == [("of-git", "1.0")]
        [unknown] = told.unknown
        assert unknown.english() == "./planted could not be foretold: building it runs its code"


@pytest.mark.parametrize(
    "road", ["./planted", "--no-index --find-links links planted", "'planted @ git+{uri}/planted'"]
)
def test_with_a_yes_it_is_built(road: str, field: Ground):
    for tool in ("{pip} install", "{uv} install {py}"):
        told = _plan(field, f"{tool} {road}", build=True)
        assert (told.unknown, told.refusal) == ((), None)
        [coming] = told.comes
        assert coming.name == "planted"
        assert coming.version in ("2.0", "?") if tool.startswith("{uv") else coming.version == "2.0"
        assert (field.folder / "MARK").exists() or tool.startswith("{uv")  # which takes what it can from the metadata
        (field.folder / "MARK").unlink(missing_ok=True)
