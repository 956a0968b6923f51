"""What a command would change is what the program itself says: real pip, real uv, real environments."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import sys
import venv
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envguard.commands import tools
from envguard.commands.command import Form, Invocation, Place, Placement, Span, Word
from envguard.commands.find import commands, of_argv, of_line
from envguard.commands.lookup import World, prefix_of, python_of
from envguard.commands.target import target
from tests.envs import wheelhouse

UV = Path(sys.executable).with_name("uv")


@dataclass
class Places:
    root: Path
    conda: Path
    base: Path
    kernel: Place

    def place(self, *path: Path | str, folder: Path | None = None, **variables: str) -> Place:
        search = os.pathsep.join(map(str, (*path, "/usr/bin", "/bin")))
        return replace(
            self.kernel,
            folder=str(folder or self.root / "nowhere"),
            variables={"PATH": search, "HOME": str(self.root / "home"), "PIP_CONFIG_FILE": os.devnull, **variables},
        )


@pytest.fixture(scope="module")
def world(scenario, tmp_path_factory) -> Places:
    """Two venvs, one with pip; a project; the kernel is a conda environment."""
    root = tmp_path_factory.mktemp("targets")
    for name in ("nowhere", "home", "proj/sub", "long " + "x" * 120):
        (root / name).mkdir(parents=True)
    (root / "proj/pyproject.toml").write_text("[project]\nname = 'p'\nversion = '1'\n")
    for name in ("a", "proj/.venv", "long " + "x" * 120 + "/v"):
        venv.create(root / name, with_pip=False, symlinks=True)
    sound, base = scenario("sound"), scenario("base_with_pip")
    [same] = sound.site.glob("pip-*.dist-info")
    asked = "==".join(same.name.removesuffix(".dist-info").split("-"))
    wheel = wheelhouse.wheel_file(asked)
    for name in ("a", "long " + "x" * 120 + "/v"):
        # uv writes the launchers that a path with blanks needs
        install = [
            str(UV),
            "pip",
            "install",
            "-q",
            "--offline",
            "--no-index",
            "--python",
            str(root / name / "bin/python"),
            str(wheel),
        ]
        subprocess.run(install, check=True)
    kernel = Place(str(sound.python), str(sound.prefix), str(root / "nowhere"), {})
    links = root / "links"
    links.mkdir()
    (links / "pip").symlink_to(root / "a/bin/pip")
    (links / "python9").symlink_to(root / "a/bin/python")
    (links / "byenv").write_text("#!/usr/bin/env python3\nfrom pip._internal.cli.main import main\nmain()\n")
    (links / "byenv").chmod(0o755)
    return Places(root, sound.prefix, base.prefix, kernel)


def _said(line: str, place: Place) -> Path:
    """The prefix of the Python in which the pip works that a shell would start for a line."""
    if "--python" in line:  # runs the same pip in another Python
        line = line.replace("--version", "debug")
    done = subprocess.run(
        ["/bin/sh", "-c", line], env=dict(place.variables), cwd=place.folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    if line.endswith(" debug"):
        [python] = [said.partition(": ")[2] for said in done.stdout.splitlines() if said.startswith("sys.executable")]
        return Path(prefix_of(python))
    # `pip 23.2 from PREFIX/lib/python3.11/site-packages/pip (python 3.11)`
    return Path(done.stdout.partition(" from ")[2].rpartition(" (")[0]).parents[3]


PIP_LINES = (
    "pip {}",
    "pip3 {}",
    "python -m pip {}",
    "python3 -m pip {}",
    "python -Im pip {}",
    "python -mpip {}",
    "python -W ignore -u -m pip {}",
    "{a}/bin/pip {}",
    "{a}/bin/python -m pip {}",
    "{conda}/bin/pip {}",
    f"{{conda}}/bin/python3.{sys.version_info[1]} -m pip {{}}",
    "{links}/pip {}",
    "'{long}/bin/pip' {}",
    "'{long}/bin/python' -m pip {}",
    "env FOO=1 pip {}",
    "PATH={a}/bin:/usr/bin pip {}",
    "cd {a} && ./bin/pip {}",
    "cd {a}/bin; ./python -m pip {}",
    "python {a}/bin/pip {}",
    ". {a}/bin/activate && pip {}",
    "nohup pip {}",
    "pip --python {a} {}",
    "pip --python {a}/bin/python {}",
)


@pytest.mark.parametrize("line", PIP_LINES)
def test_the_prefix_is_the_one_that_pip_names_itself(world, line):
    long = str(world.root / ("long " + "x" * 120) / "v")
    names = {"a": str(world.root / "a"), "conda": str(world.conda), "links": str(world.root / "links"), "long": long}

    def full(what: str) -> str:
        return line.replace("{}", what).format(**names)

    for first in (world.conda, *([world.root / "a"] if line.startswith(("pip ", "python -m")) else [])):
        place = world.place(first / "bin")
        [command] = of_line(full("install six"), place)
        found = target(command, place)
        assert found.prefix is not None, found.reason
        assert Path(found.prefix).resolve() == _said(full("--version"), place).resolve()
        assert found.is_kernel == (Path(found.prefix).resolve() == world.conda.resolve())
        assert (found.reason is None) == found.is_kernel


def _of_uv(world, arguments: list[str], place: Place, *, module: bool = False) -> str | None:
    """The environment that uv says it uses; None if it refuses."""
    program = [sys.executable, "-m", "uv"] if module else [str(UV)]
    done = subprocess.run(
        [*program, "-v", *arguments, "--dry-run", "--offline", "--no-index"],
        env={**place.variables, "UV_CACHE_DIR": str(world.root / "cache")}, cwd=place.folder, capture_output=True, text=True,
    )  # fmt: skip
    for said in done.stderr.splitlines():
        if "environment at: " in said:
            folder = arguments[arguments.index("--directory") + 1] if "--directory" in arguments else place.folder
            return os.path.realpath(Path(folder, said.partition("environment at: ")[2].strip()))
    assert "No virtual environment found" in done.stderr, done.stderr
    return None


@pytest.mark.parametrize(
    ("arguments", "folder", "variables"),
    [
        ("pip install six", "nowhere", {}),
        ("pip install six", "proj/sub", {}),
        ("pip install six", "a/lib", {}),
        ("pip install six", "proj/sub", {"VIRTUAL_ENV": "{a}"}),
        ("pip install six", "proj/sub", {"VIRTUAL_ENV": "/none"}),
        ("pip install six", "proj/sub", {"CONDA_PREFIX": "{conda}", "CONDA_DEFAULT_ENV": "sound"}),
        ("pip install six", "proj/sub", {"CONDA_PREFIX": "{conda}", "CONDA_DEFAULT_ENV": "base"}),
        ("pip install six", "nowhere", {"CONDA_PREFIX": "{conda}", "CONDA_DEFAULT_ENV": "base"}),
        ("pip install six", "nowhere", {"CONDA_PREFIX": "{conda}"}),
        ("pip install six", "nowhere", {"VIRTUAL_ENV": "{a}", "CONDA_PREFIX": "{conda}"}),
        ("pip install six", "nowhere", {"PATH": "{a}/bin:/usr/bin"}),
        ("pip install six", "nowhere", {"PATH": "{conda}/bin:/usr/bin"}),
        ("pip install --system six", "nowhere", {"PATH": "{a}/bin:{conda}/bin:/usr/bin", "VIRTUAL_ENV": "{a}"}),
        ("pip install --python {a} six", "nowhere", {}),
        ("pip install -p {conda}/bin/python six", "nowhere", {"VIRTUAL_ENV": "{a}"}),
        ("pip install -p 3.11 six", "nowhere", {"VIRTUAL_ENV": "{a}"}),
        ("pip install -p 3.6 six", "nowhere", {"VIRTUAL_ENV": "{a}"}),
        ("pip install six", "nowhere", {"UV_PYTHON": "{conda}/bin/python", "VIRTUAL_ENV": "{a}"}),
        ("--directory {proj} pip install six", "nowhere", {}),
    ],
)
def test_uv_takes_the_environment_that_is_told(world, arguments, folder, variables):
    if "-p 3.11" in arguments and sys.version_info[:2] != (3, 11):
        arguments = arguments.replace("3.11", f"3.{sys.version_info.minor}")
    names = {"a": world.root / "a", "conda": world.conda, "proj": world.root / "proj"}
    filled = {name: value.format(**names) for name, value in variables.items()}
    place = world.place(folder=world.root / folder, **filled)
    words = shlex.split(arguments.format(**names))
    command = of_argv([str(UV), *words], place)
    assert command is not None
    found = target(command, place)
    said = _of_uv(world, words, place)
    assert (found.prefix and os.path.realpath(found.prefix)) == said
    assert (found.prefix is None) <= (found.reason is not None)


def test_uv_as_a_module_takes_the_python_that_runs_it(world):
    place = replace(world.place(VIRTUAL_ENV=str(world.root / "a")), python=sys.executable, prefix=sys.prefix)
    words = ["pip", "install", "six"]
    command = of_argv([sys.executable, "-m", "uv", *words], place)
    found = target(command, place)
    assert os.path.realpath(found.prefix) == _of_uv(world, words, place, module=True) == os.path.realpath(sys.prefix)
    assert found.is_kernel
    magic = tools.understand(Invocation(tuple(map(Word, ["uv", *words])), Form.MAGIC, Span(1, 0, 1, 1)), place)
    assert target(magic, place).prefix == found.prefix


def test_the_kernel_is_itself(world):
    place = world.place(world.root / "a/bin")
    for cell in ("%pip install six", "!{sys.executable} -m pip install six", "%conda install six", "pip install six",
                 "!conda install -y --prefix {sys.prefix} six"):  # fmt: skip
        place_with = replace(place, variables={**place.variables, "CONDA_EXE": str(world.base / "bin/conda"),
                                               "PATH": f"{world.base}/bin:/usr/bin"})  # fmt: skip
        [command] = commands(cell, place_with)
        found = target(command, place_with)
        assert (found.prefix, found.is_kernel, found.reason) == (place.prefix, True, None), cell
    [command] = commands("!pip install six", place)
    assert target(command, place).is_kernel is False


def test_conda_takes_what_is_named_active_or_its_own(world):
    envs = world.root / "envs"
    (envs / "one/conda-meta").mkdir(parents=True)
    place = world.place(world.base / "bin", CONDA_ENVS_PATH=str(envs))
    active = replace(place, variables={**place.variables, "CONDA_PREFIX": str(world.conda)})
    for name, content in (
        ("one.yml", "name: one\n"),
        ("nameless.yml", "dependencies: [six]\n"),
        ("torn.yml", "name: ["),
    ):
        Path(place.folder, name).write_text(content)
    table = (
        (place, "conda install -n one six", envs / "one"),
        (place, f"conda install -p {world.conda} six", world.conda),
        (place, "conda install six", world.base),
        (place, "conda install -n base six", world.base),
        (active, "conda install six", world.conda),
        (active, f"{world.base}/condabin/conda update --all", world.conda),
        (active, "conda remove -n one six", envs / "one"),
        (active, "conda install -n none six", None),
        (active, "mamba install six", None),
        (active, "sudo conda install six", None),
        (world.place(), "conda install six", None),
        (place, "conda create -n new six", None),
        (active, "conda env update -f one.yml", envs / "one"),
        (active, "conda env update -f nameless.yml", world.conda),
        (active, "conda env update -f torn.yml", None),
        (active, "conda env update -f absent.yml", None),
        (active, "conda env update -n one -f absent.yml", envs / "one"),
        (active, "conda env create -f absent.yml", None),
        (place, "source activate one && conda install six", envs / "one"),
        (place, "conda activate one && conda install six", None),
        (place, f"conda run -p {world.conda} pip install six", world.conda),
        (place, f"conda run -p {world.conda} python -m pip install six", world.conda),
        (place, "conda run -n one pip install six", world.base),  # that has none, so PATH goes on
    )
    for where, line, expected in table:
        [command] = of_line(line, where)
        found = target(command, where)
        assert found.prefix == (str(expected) if expected else None), (line, found)
        assert expected is not None or found.reason is not None
    hooked = of_line(f'eval "$(conda shell.bash hook)"\nconda activate {world.conda}\nconda install six', place)
    assert [target(command, place).prefix for command in hooked] == [str(world.conda)]


def test_projects(world):
    proj = world.root / "proj"
    place = world.place(UV.parent, folder=proj / "sub")
    (proj / ".pixi/envs/default").mkdir(parents=True)
    for line, expected in (
        ("uv add six", proj / ".venv"),
        ("uv sync", proj / ".venv"),
        ("poetry add six", proj / ".venv"),
        ("pdm add six", proj / ".venv"),
        ("pixi add six", proj / ".pixi/envs/default"),
        ("cd / && uv add six", None),
        ("cd $X && uv add six", None),
    ):
        [command] = of_line(line, place)
        found = target(command, place)
        assert found.prefix == (str(expected) if expected else None), (line, found)
        assert found.reason is not None
    outside = replace(place, variables={**place.variables, "UV_PROJECT_ENVIRONMENT": str(world.conda)})
    assert target(of_argv(["uv", "add", "six"], outside), outside).is_kernel


def test_what_cannot_be_decided_says_why(world, tmp_path):
    shim = tmp_path / "pip"
    shim.write_text('#!/usr/bin/env bash\nexec "/x/.pyenv/libexec/pyenv" exec "$program" "$@"\n')
    dead = tmp_path / "dead"
    dead.write_text("#!/nowhere/bin/python\nimport pip\n")
    binary = tmp_path / "pip3"
    binary.write_bytes(b"\x7fELF" + bytes(60))
    for path in (shim, dead, binary):
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "pip9").symlink_to(dead)
    place = world.place(tmp_path)
    for line in (
        "pip install six", f"{tmp_path}/pip9 install six", "pip3 install six", "pip3.1 install six", "py -3 -m pip install six",
        "sudo pip install six", "PATH=$X pip install six", "$PY -m pip install six", f"{tmp_path}/absent/pip install six",
        "conda activate foo && pip install six", ". /nowhere/bin/activate; pip install six", "pip --python /none install six",
        f"{world.root}/proj/.venv/bin/python -m pip install six", "python -m pip install '\0'", "uv pip install six",
    ):  # fmt: skip
        for command in of_line(line, place):
            found = target(command, place)
            assert found.prefix is None, (line, found)
            assert found.reason is not None, line
            assert found.is_kernel is None
    command = of_argv(["sudo", f"{world.root}/a/bin/pip", "install", "six"], place)
    assert target(command, place).prefix == str(world.root / "a")


def test_where_in_it_the_files_go(world, tmp_path):
    place = world.place(world.conda / "bin")

    def put(line: str, **variables: str) -> tuple[Placement, str | None]:
        where = replace(place, variables={**place.variables, **variables})
        [command] = of_line(line, where)
        found = target(command, where)
        return found.placement, found.folder

    user = (Placement.USER, str(world.root / f"home/.local/lib/python3.{sys.version_info.minor}/site-packages"))
    site = (Placement.SITE, None)
    config = tmp_path / "pip.conf"
    config.write_text("[install]\nuser = yes\n")
    assert put("pip install six") == site
    assert put("pip install --user six") == user
    assert put("pip install six", PIP_USER="1") == user
    assert put("pip install six", PIP_CONFIG_FILE=str(config)) == user
    assert put("pip --isolated install six", PIP_USER="1") == site
    assert put("pip install --no-user six", PIP_USER="1") == site
    assert put("pip install six", PIP_USER="0") == site
    assert put("PIP_USER=1 pip install six") == user
    assert put("pip install -t lib six") == (Placement.FOLDER, str(world.root / "nowhere/lib"))
    assert put("cd sub; pip install --target=lib six") == (Placement.FOLDER, str(world.root / "nowhere/sub/lib"))
    assert put("pip install --prefix /p six") == (Placement.FOLDER, "/p")
    assert put("pip install six", PIP_TARGET="/t") == (Placement.FOLDER, "/t")
    assert put("pip uninstall -y six", PIP_USER="1") == site
    assert (
        put("uv pip install --target t six", PATH=str(UV.parent), VIRTUAL_ENV=str(world.root / "a"))[0]
        is Placement.FOLDER
    )


@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "geteuid"), reason="needs a user without rights")
def test_the_users_own_where_site_packages_may_not_be_written(world, monkeypatch):
    place = world.place(world.conda / "bin")
    real = os.access
    closed = str(world.conda)
    # root may write anywhere, so the answer of the system is what is changed here
    monkeypatch.setattr(
        os, "access", lambda path, mode, **kw: not str(path).startswith(closed) if mode == os.W_OK else real(path, mode)
    )
    command = of_argv(["pip", "install", "six"], place)
    found = target(command, place)
    assert (found.placement, found.is_kernel) == (Placement.USER, True)
    assert found.reason is not None
    assert target(of_argv(["python", "-sm", "pip", "install", "six"], place), place).placement is Placement.SITE


def test_prefixes_are_what_python_says(world):
    for python in ("/usr/bin/python3", sys.executable, str(world.conda / "bin/python"), str(world.root / "a/bin/python3"),
                   str(world.root / "links/python9")):  # fmt: skip
        if Path(python).exists():
            said = subprocess.run(
                [python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True
            )
            assert os.path.realpath(prefix_of(python)) == os.path.realpath(said.stdout.strip()), python


def test_a_launcher_of_windows(tmp_path):
    import io
    import zipfile

    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("__main__.py", "import pip")
    python = tmp_path / "python.exe"
    python.touch()
    launcher = tmp_path / "pip.exe"
    launcher.write_bytes(b"MZ" + b"#!\0" * 9 + b"#!" + os.fsencode(python) + b"\n" + archive.getvalue())
    world = World({}, None, str(tmp_path))
    assert python_of(str(launcher), world).path == str(python)
    launcher.write_bytes(b"MZ" + bytes(40))
    assert python_of(str(launcher), world).path is None


def test_a_command_line_has_no_kernel(world):
    place = replace(world.place(world.conda / "bin"), is_kernel=False)
    found = target(of_argv(["pip", "install", "six"], place), place)
    assert (found.prefix, found.is_kernel) == (str(world.conda), None)


_WORDS = st.one_of(
    st.sampled_from(
        [
            "pip",
            "python",
            "-m",
            "install",
            "uninstall",
            "conda",
            "run",
            "-n",
            "-p",
            "env",
            "update",
            "create",
            "uv",
            "add",
            "sync",
            "pixi",
            "poetry",
            "pdm",
            "--python",
            "--prefix",
            "-r",
            "-c",
            "-e",
            "-f",
            "--user",
            "--target",
            "sudo",
            "env",
            ".",
            "..",
            "/",
            "~",
            "{sys.executable}",
            "$X",
            "A=1",
            "--",
            "-",
            "numpy",
            "numpy==1",
            "git+https://u@h/x",
            "@",
            "py",
        ]
    ),
    st.text(max_size=12),
)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.tuples(_WORDS, st.booleans()), min_size=1, max_size=8),
    st.sampled_from(list(Form)),
    st.dictionaries(
        st.sampled_from(["PATH", "VIRTUAL_ENV", "CONDA_SHLVL", "PIP_USER", "UV_PYTHON"]), st.none() | _WORDS
    ),
    st.none() | _WORDS,
)
def test_never_an_exception(words, form, variables, folder):
    place = Place("/nowhere/bin/python", "/nowhere", "/nowhere", {"PATH": "/usr/bin", "HOME": "/nowhere"})
    invocation = Invocation(tuple(Word(*word) for word in words), form, Span(1, 0, 1, 1), variables, (), folder)
    command = tools.understand(invocation, place)
    if command is not None:
        found = target(command, place)
        assert found.prefix is not None or found.reason is not None
