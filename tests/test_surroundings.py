"""What is set up round a prefix, from real files: found in order, kept quiet about secrets, and never an exception."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from envguard import collect
from envguard.facts import Environment, Tool
from envguard.machine import CondaLayer, CustomChannel, PipOption
from envguard.surroundings import jupyter, surround
from tests.probe.prefix import Prefix

if TYPE_CHECKING:
    from pathlib import Path

BOM = b"\xef\xbb\xbf"


class World:
    """A prefix, a conda installation and a home, with nothing of this machine's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.home, self.root, self.prefix = path / "home", path / "conda", path / "conda" / "envs" / "lab"
        Prefix(self.prefix).conda("python", "3.11.0", {"bin/python3.11": b"ELF"})
        self.home.mkdir()

    def write(self, path: str, content: bytes | str) -> Path:
        where = self.path / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(content if isinstance(content, bytes) else content.encode())
        return where

    def look(self) -> Environment:
        return collect.by_import(self.prefix)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path)
    for name in list(os.environ):
        if name.startswith(("CONDA", "PIP_", "JUPYTER", "XDG_", "MAMBA", "VIRTUAL_ENV", "_CONDA")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(made.home))
    monkeypatch.setenv("USERPROFILE", str(made.home))
    monkeypatch.setenv("CONDA_ROOT", str(made.root))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "xdg"))
    monkeypatch.setattr("site.USER_BASE", str(made.home / ".local"))
    return made


def test_a_machine_without_settings(world: World):
    env = world.look()
    assert env.conda_config is not None
    assert env.conda_config.channels == ("defaults",)
    assert env.conda_config.channel_priority == "flexible"
    assert [spec for spec in env.kernelspecs or () if spec.level != "system"] == []
    assert env.shell is None
    assert env.problems == ()


def test_the_layers_of_conda_in_their_order(world: World, monkeypatch: pytest.MonkeyPatch):
    files = [
        world.write("conda/.condarc", "channels: [defaults]\nchannel_priority: false\n"),
        world.write("conda/condarc.d/a.yml", "channel_alias: https://conda.example.com\n"),
        world.write("home/.config/conda/.condarc", "pinned_packages: [numpy 1.26]\n"),
        world.write("home/.condarc", BOM + b"channels:\n  - conda-forge\nchannel_priority: strict\n"),
        world.write("conda/envs/lab/.condarc", "channels: [bioconda]\ncreate_default_packages: [pip]\n"),
        world.write("named.yml", "custom_channels:\n  own: https://conda.example.com\n"),
    ]
    world.write("conda/condarc.d/a.txt", "channels: [not-read]\n")
    monkeypatch.setenv("CONDARC", str(files[-1]))
    monkeypatch.setenv("CONDA_CHANNEL_PRIORITY", "flexible")
    config = world.look().conda_config
    assert config is not None
    assert config.layers == (
        CondaLayer(str(files[0]), channels=("defaults",), channel_priority="disabled"),
        CondaLayer(str(files[1]), channel_alias="https://conda.example.com"),
        CondaLayer(str(files[2]), pinned_packages=("numpy 1.26",)),
        CondaLayer(str(files[3]), channels=("conda-forge",), channel_priority="strict"),
        CondaLayer(str(files[4]), channels=("bioconda",), create_default_packages=("pip",)),
        CondaLayer(str(files[5]), custom_channels=(CustomChannel("own", "https://conda.example.com"),)),
        CondaLayer("CONDA_CHANNEL_PRIORITY", channel_priority="flexible"),
    )
    assert config.channels == ("bioconda", "conda-forge", "defaults")
    assert config.channel_priority == "flexible"


def test_the_installation_is_that_of_the_conda_at_hand(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CONDA_ROOT")
    world.write("conda/.condarc", "channels: [conda-forge]\n")
    env = Environment.from_dict(
        {**_facts(world), "tools": [{"name": "conda", "path": str(world.root / "bin" / "conda")}]}
    )
    assert env.tools == (Tool("conda", str(world.root / "bin" / "conda")),)
    config = surround(env).conda_config
    assert config is not None
    assert config.channels == ("conda-forge",)


def _facts(world: World) -> dict[str, object]:
    from envguard.probe import disk

    return disk.collect(str(world.prefix))


def test_secrets_are_not_kept(world: World):
    world.write(
        "home/.condarc",
        "channels: [https://me:hunter2@conda.example.com/x, https://conda.anaconda.org/t/tk-1/own]\n"
        "custom_channels: {own: 'https://me:hunter2@conda.example.com'}\n",
    )
    world.write(
        "conda/envs/lab/share/jupyter/kernels/s/kernel.json",
        json.dumps({"argv": ["python"], "env": {"TOKEN": "hunter2"}}),
    )
    env = world.look()
    assert "hunter2" not in repr(env)
    assert "tk-1" not in repr(env)
    assert env.conda_config is not None
    assert env.conda_config.channels == ("https://conda.example.com/x", "https://conda.anaconda.org/own")
    assert [spec.variables for spec in env.kernelspecs or () if spec.name == "s"] == [("TOKEN",)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"channels: [a\n", "is not valid YAML: "),
        (b"channels: !!python/object:os.system x\n", "is not valid YAML: "),
        (b"\xff\xfe\x00", "could not be read: "),
        (b"- a\n- b\n", "is not a list of settings"),
        (None, "could not be read: "),
    ],
)
def test_a_broken_condarc_is_a_problem(world: World, content: bytes | None, reason: str):
    broken = world.path / "home" / ".condarc"
    if content is None:
        broken.mkdir()
    else:
        broken.write_bytes(content)
    env = world.look()
    assert [(each.source, each.reason.english().startswith(reason)) for each in env.problems] == [(str(broken), True)]
    assert env.conda_config is not None
    assert env.conda_config.layers == ()


@pytest.mark.parametrize(
    "content",
    [b"", b"# nothing\n", b"channels:\n", b"channels: 3\nchannel_priority: [x]\ncustom_channels: 1\n", b"1: 2\n"],
)
def test_odd_settings_say_nothing(world: World, content: bytes):
    world.write("home/.condarc", content)
    env = world.look()
    assert env.problems == ()
    assert env.conda_config is not None
    assert (env.conda_config.channels, env.conda_config.channel_priority) == (("defaults",), "flexible")


def test_duplicate_keys_are_read_as_conda_reads_them(world: World):
    world.write("home/.condarc", "channels: [a]\nchannels: [b]\n")
    env = world.look()
    assert env.problems == ()
    assert env.conda_config is not None
    assert len(env.conda_config.channels) == 1


def test_without_the_library_the_section_is_not_collected(world: World, monkeypatch: pytest.MonkeyPatch):
    world.write("home/.condarc", "channels: [a]\n")
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)
    monkeypatch.setitem(sys.modules, "jupyter_core.paths", None)
    env = world.look()
    assert (env.conda_config, env.kernelspecs, env.frontends) == (None, None, None)
    assert env.pip_config == ()


NAME = "pip.ini" if sys.platform == "win32" else "pip.conf"


def test_options_of_pip_by_strength(world: World, monkeypatch: pytest.MonkeyPatch):
    world.write(f"xdg/pip/{NAME}", "[global]\nuser = true\nindex-url = https://me:hunter2@example.com\n")
    own = world.write(f"conda/envs/lab/{NAME}", BOM + b"[install]\nuser = no\nno_such = 1\n[global]\nroot=/r\n")
    monkeypatch.setenv("PIP_TARGET", "/t")
    assert world.look().pip_config == (
        PipOption("root", "/r", str(own)),
        PipOption("target", "/t", "PIP_TARGET"),
        PipOption("user", "no", str(own)),
    )


def test_pip_may_be_told_to_read_no_file(world: World, monkeypatch: pytest.MonkeyPatch):
    world.write(f"conda/envs/lab/{NAME}", "[global]\nuser = 1\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    assert world.look().pip_config == ()


@pytest.mark.parametrize("content", [b"user = 1\n", b"[global\n", b"[global]\nuser = \xff\n", None])
def test_a_broken_pip_conf_is_a_problem(world: World, content: bytes | None):
    broken = world.prefix / NAME
    if content is None:
        broken.mkdir()
    else:
        broken.write_bytes(content)
    env = world.look()
    assert env.pip_config == ()
    assert [each.source for each in env.problems] == [str(broken)]


def kernel(world: World, where: str, name: str, **more: object) -> None:
    world.write(f"{where}/kernels/{name}/kernel.json", json.dumps({"argv": ["python", "-m", "ipykernel"], **more}))


OWN, USER = "conda/envs/lab/share/jupyter", "data"


@pytest.fixture
def data(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(world.path / USER))
    return world


def _seen(world: World) -> list[tuple[str, str, bool | None, bool | None]]:
    specs = world.look().kernelspecs or ()
    return [(spec.name, spec.level, spec.exists, spec.here) for spec in specs if spec.level != "system"]


def test_kernelspecs_with_what_they_start(data: World):
    python = data.write("conda/envs/lab/bin/python", "")
    other = data.write("other/bin/python3", "")
    kernel(data, OWN, "bare")
    kernel(data, OWN, "own", argv=[str(python)])
    kernel(data, OWN, "other", argv=[str(other)])
    kernel(data, OWN, "dead", argv=[str(data.path / "gone/bin/python")])
    kernel(data, OWN, "none", argv=[])
    kernel(data, OWN, "runner", argv=[str(other)], metadata={"conda_env_path": str(data.prefix)})
    kernel(data, OWN, "gone", argv=[str(other)], metadata={"conda_env_path": str(data.path / "gone")})
    kernel(data, OWN, "ir", argv=["R"])
    kernel(
        data,
        OWN,
        "led",
        argv=["conda", "run", "--prefix", str(data.path / "gone"), "python", "-m", "ipykernel_launcher"],
    )
    kernel(
        data, OWN, "led2", argv=["micromamba", "run", "-p", str(data.prefix), "python", "-p", str(data.path / "gone")]
    )
    kernel(data, OWN, "led3", argv=["conda", "run", "-n", "lab", "python", "-p", str(data.path / "gone")])
    assert _seen(data) == [
        ("bare", "env", None, None),
        ("dead", "env", False, False),
        ("gone", "env", False, False),
        ("ir", "env", None, None),
        ("led", "env", False, False),
        ("led2", "env", True, True),
        ("led3", "env", None, None),
        ("none", "env", None, None),
        ("other", "env", True, False),
        ("own", "env", True, True),
        ("runner", "env", True, True),
    ]


@pytest.mark.parametrize(
    ("preferred", "first"),
    [(None, "env"), ("1", "env"), ("0", "user"), ("false", "user")],
)
def test_the_order_is_jupyters(data: World, monkeypatch: pytest.MonkeyPatch, preferred: str | None, first: str):
    if preferred is not None:
        monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", preferred)
    monkeypatch.setenv("JUPYTER_PATH", str(data.path / "named"))
    for where in (OWN, USER, "named"):
        kernel(data, where, "python3")
    assert [level for _, level, _, _ in _seen(data)] == ["path", first, "user" if first == "env" else "env"]


def test_an_old_jupyter_asks_the_user_first(data: World):
    kernel(data, OWN, "python3")
    kernel(data, USER, "python3")
    site = data.prefix / "lib/python3.11/site-packages/jupyter_core-4.9.2.dist-info"
    site.mkdir(parents=True)
    (site / "METADATA").write_text("Metadata-Version: 2.1\nName: jupyter_core\nVersion: 4.9.2\n")
    collect.forget()
    assert [level for _, level, _, _ in _seen(data)] == ["user", "env"]


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff", b"[" * 100000])
def test_a_broken_kernelspec_is_a_problem(data: World, content: bytes):
    broken = data.write(f"{OWN}/kernels/x/kernel.json", content)
    data.write(f"{OWN}/kernels/file", "no folder")
    (data.path / OWN / "kernels" / "empty").mkdir()
    env = data.look()
    assert [each.source for each in env.problems] == [str(broken)]
    assert _seen(data) == []


def test_odd_kernelspecs_are_no_exception(data: World):
    kernel(data, OWN, "x", argv="python", metadata=[1], env=["A"])
    assert _seen(data) == [("x", "env", None, None)]


def test_front_ends_of_the_widgets(data: World):
    for where, version in ((OWN, "5.0.0"), (USER, "3.1.0")):
        data.write(
            f"{where}/labextensions/@jupyter-widgets/jupyterlab-manager/package.json", json.dumps({"version": version})
        )
    assert [(each.level, each.version) for each in data.look().frontends or () if each.level != "system"] == [
        ("env", "5.0.0"),
        ("user", "3.1.0"),
    ]


def test_what_lies_below_a_prefix_is_not_all_its_own(tmp_path: Path):
    assert jupyter.within(str(tmp_path / "bin"), str(tmp_path))
    assert not jupyter.within(str(tmp_path / "envs" / "x" / "bin"), str(tmp_path))
    assert not jupyter.within(str(tmp_path) + "2/bin", str(tmp_path))
    link = tmp_path / "link"
    (tmp_path / "real").mkdir()
    link.symlink_to(tmp_path / "real")
    assert jupyter.within(str(link / "bin"), str(tmp_path / "real"))


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH."""
    (tmp_path / "path").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    return tmp_path / "path"


def _program(path: Path, content: str) -> None:
    path.write_text(content)
    path.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="shebangs")
@pytest.mark.parametrize(
    ("script", "here"),
    [
        (f"#!{sys.prefix}/bin/python\n", True),
        ("#!/elsewhere/bin/python3\n", False),
        ('#!/bin/sh\n\'\'\'exec\' "/else where/bin/python3" "$0" "$@"\n', False),
        ("#!/bin/sh\necho\n", None),
        ("", None),
    ],
)
def test_the_pip_of_this_process(world: World, path: Path, script: str, here: bool | None):
    _program(path / "pip", script)
    shell = collect.by_import().shell
    assert shell is not None
    assert [(each.name, each.path, each.here) for each in shell.commands] == [("pip", str(path / "pip"), here)]
    assert not shell.kernel


def test_the_variables_of_this_process(world: World, path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    monkeypatch.setenv("CONDA_PREFIX", "/other")
    _program(path / "uv", "ELF")
    shell = collect.by_import().shell
    assert shell is not None
    assert (shell.virtual_here, shell.active_here, shell.active) == (True, False, "/other")
    assert [each.name for each in shell.commands] == ["uv"]


def test_looking_changes_nothing(data: World):
    data.write("home/.condarc", "channels: [a]\n")
    kernel(data, OWN, "python3")
    before = {path: path.stat().st_mtime_ns for path in sorted(data.path.rglob("*"))}
    data.look()
    assert {path: path.stat().st_mtime_ns for path in sorted(data.path.rglob("*"))} == before
