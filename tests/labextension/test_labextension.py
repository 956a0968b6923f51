"""The labextension: its types, its own tests, what is built of it, and that Python and TypeScript write the same lines."""

from __future__ import annotations

import functools
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from envguard._version import __version__
from envguard.model import Step, Where
from envguard.render.commands import command
from tests.require import require

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "labextension"
LARGEST = 150_000
"""Bytes that every page loads."""
COMMANDS = Path(__file__).with_name("commands.json")

CASES: list[tuple[tuple[str, ...], Where, str]] = [
    (("/e/bin/python", "-m", "pip", "uninstall", "--yes", "numpy"), Where.TERMINAL, "linux-64"),
    (("conda", "install", "numpy<2"), Where.TERMINAL, "linux-64"),
    (("echo", "it's", "", "$HOME", "a;b", "日本", "~"), Where.TERMINAL, "linux-64"),
    (("echo", "\x1b[31m", "\u202e", "a\nb"), Where.TERMINAL, "osx-arm64"),
    ((r"C:\Program Files\py.exe", "numpy<2", 'a"b & calc', "$(calc)", "`x`", "“x”"), Where.TERMINAL, "win-64"),
    (("pip", "install", "numpy<2", "{x}"), Where.CELL, "linux-64"),
    (("%pip", "install", "numpy"), Where.CELL, "linux-64"),
    (("conda", "install", "numpy<2", 'a"b', r"a\b"), Where.CELL, "linux-64"),
    (("mamba", "install", "{x}"), Where.CELL, "win-64"),
    (("!uv", "pip", "install", "{x}"), Where.CELL, "linux-64"),
    (("%env", "MKL_THREADING_LAYER=GNU"), Where.CELL, "linux-64"),
    (("import", "torch", "ext_1"), Where.CELL, "linux-64"),
    (("import", "torch", "x;evil()"), Where.CELL, "linux-64"),
    ((), Where.CELL, "linux-64"),
    (("restart",), Where.KERNEL, "linux-64"),
]


def package() -> dict[str, Any]:
    told: dict[str, Any] = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
    return told


@functools.cache
def built() -> dict[str, Any]:
    """The build, as hatchling runs it."""
    return runpy.run_path(str(FOLDER / "hatch_build.py"))


def node(*command: str) -> None:
    """Runs a tool of the labextension, which is installed first where that has not been done."""
    require("labextension")
    environment = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-c", "from jupyter_builder.jlpm import main; main()", *command],
        cwd=FOLDER,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_python_and_typescript_write_the_same_lines():
    told = [
        [list(argv), where.value, platform, command(Step(argv, where), platform)] for argv, where, platform in CASES
    ]
    if os.environ.get("ENVGUARD_REGOLD"):
        COMMANDS.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    assert json.loads(COMMANDS.read_text(encoding="utf-8")) == told


def test_one_version():
    assert package()["version"] == __version__


def test_the_lock_names_no_hosts():
    lock = (FOLDER / "yarn.lock").read_text(encoding="utf-8")
    assert not re.findall(r"https?://\S+", lock)
    assert not (FOLDER / "package-lock.json").exists()


def test_every_development_dependency_has_a_reason():
    told = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [each for each in package()["devDependencies"] if f"`{each}`" not in told] == []


def test_the_shortcut_collides_with_nothing():
    jupyterlab = pytest.importorskip("jupyterlab")
    schemas = Path(sys.prefix) / "share" / "jupyter" / "lab" / "schemas"
    assert jupyterlab
    taken = {
        tuple(each.get("keys", ()))
        for schema in schemas.glob("*/*/*.json")
        for each in json.loads(schema.read_text(encoding="utf-8")).get("jupyter.lab.shortcuts", ())
    }
    own = [
        tuple(each["keys"])
        for schema in (FOLDER / "schema").glob("*.json")
        for each in json.loads(schema.read_text(encoding="utf-8")).get("jupyter.lab.shortcuts", ())
    ]
    assert len(taken) > 50
    assert [keys for keys in own if keys in taken or own.count(keys) > 1] == []


def test_nothing_is_drawn_as_markup():
    sources = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("src/**/*.ts*")}
    for forbidden in ("dangerouslySetInnerHTML", "innerHTML", "insertAdjacentHTML", "eval("):
        assert [str(path) for path, source in sources.items() if forbidden in source] == []


def test_the_bundle_is_small_and_up_to_date():
    if not built()["BUILT_FROM"].is_file():
        pytest.skip("nothing has been built in this checkout: `pip install .` does")
    sizes = {path.name.partition(".")[0]: path.stat().st_size for path in (built()["OUTPUT"] / "static").glob("*.js")}
    [entry] = (built()["OUTPUT"] / "static").glob("remoteEntry.*.js")
    exposed = "".join(re.findall(r'"\./(?:index|style)":.*?\.then', entry.read_text(encoding="utf-8")))
    at_once = {"remoteEntry", *re.findall(r"\.e\((\d+)\)", exposed)}
    assert 20_000 < sum(size for name, size in sizes.items() if name in at_once) <= LARGEST
    assert len(sizes.keys() - at_once - {"style"}) == 1  # CodeMirror's lint, which only a cell with an install brings
    assert built()["is_built"](), "src/ has changed since the build: `pip install .` builds it anew"


@pytest.mark.slow
def test_an_sdist_becomes_a_wheel_without_node(tmp_path: Path):
    if not built()["BUILT_FROM"].is_file():
        pytest.skip("nothing has been built in this checkout: `pip install .` does")

    def build(kind: str, folder: Path, **environ: str) -> Path:
        command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(tmp_path / kind)]
        subprocess.run(command, cwd=folder, env={**os.environ, **environ}, check=True, capture_output=True)
        [made] = (tmp_path / kind).iterdir()
        return made

    with tarfile.open(build("sdist", ROOT)) as sdist:
        names = sdist.getnames()
        sdist.extractall(tmp_path, filter="data")
    assert [name for name in names if re.search(r"node_modules|/\.yarn/|labextension/lib/", name)] == []
    [unpacked] = tmp_path.glob("jupyter_envguard-*")
    with zipfile.ZipFile(build("wheel", unpacked, PATH=str(tmp_path / "nothing"))) as wheel:
        told = wheel.namelist()
    shared = [name for name in told if "/share/jupyter/labextensions/@jupyter-envguard/labextension/" in name]
    assert {Path(name).name for name in shared} >= {"install.json", "package.json", "plugin.json"}
    assert any("/static/remoteEntry." in name for name in shared)
    assert not [name for name in told if name.startswith("envguard/labextension")]
    assert {"envguard/py.typed", "envguard/locale/zh_CN/LC_MESSAGES/envguard.mo"} <= {*told}
    assert [name for name in told if name.endswith((".po", ".md", ".pyc"))] == []
    assert any(name.endswith("/licenses/LICENSE") for name in told)


def test_a_source_that_has_changed_is_built_anew(tmp_path: Path):
    hook = built()
    for name in hook["SOURCES"]:
        source = FOLDER / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    shutil.copy(FOLDER / "hatch_build.py", tmp_path)
    copy = runpy.run_path(str(tmp_path / "hatch_build.py"))
    before = copy["hash_of_sources"]()
    assert before == hook["hash_of_sources"]()
    assert not copy["is_built"]()
    (tmp_path / "src" / "index.ts").write_text("changed")
    assert copy["hash_of_sources"]() != before


@pytest.mark.slow
def test_the_types_are_what_the_schemas_say():
    node("types", "--check")


@pytest.mark.slow
def test_it_compiles():
    node("tsc", "--noEmit")


@pytest.mark.slow
def test_it_is_formatted():
    node("lint")


@pytest.mark.slow
def test_its_own_tests_pass():
    node("test")
