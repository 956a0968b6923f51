"""Names of environments, resolved from files and variables of a made-up home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envguard.errors import BadArguments, NoSuchEnvironment
from envguard.prefixes import is_environment, known, named

if TYPE_CHECKING:
    from pathlib import Path

VARIABLES = (
    "CONDA_EXE",
    "CONDA_ROOT",
    "_CONDA_ROOT",
    "MAMBA_ROOT_PREFIX",
    "CONDA_PREFIX",
    "CONDA_ENVS_PATH",
    "CONDA_ENVS_DIRS",
    "CONDARC",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a miniforge, and no variable of conda set."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.prefix", str(tmp_path / "no" / "such"))
    monkeypatch.setattr("envguard.prefixes._SHARED", ())
    for prefix in ("miniforge3", "miniforge3/envs/work", "miniforge3/envs/twice"):
        _environment(tmp_path / prefix)
    return tmp_path


def _environment(prefix: Path) -> Path:
    (prefix / "conda-meta").mkdir(parents=True)
    return prefix


def test_an_installation_in_the_home_folder_is_found(home: Path):
    assert named("work") == home / "miniforge3/envs/work"
    assert named("base") == named("root") == home / "miniforge3"


def test_the_variables_of_conda_come_first(home: Path, monkeypatch: pytest.MonkeyPatch):
    first, second = _environment(home / "a/twice").parent, _environment(home / "b/twice").parent
    monkeypatch.setenv("CONDA_ENVS_DIRS", f"{first}:{second}")
    assert named("twice") == home / "a/twice"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CONDA_EXE", "opt/bin/conda"),
        ("CONDA_ROOT", "opt"),
        ("MAMBA_ROOT_PREFIX", "opt"),
        ("CONDA_PREFIX", "opt"),
        ("CONDA_PREFIX", "opt/envs/other"),
    ],
)
def test_the_installation_in_use_is_found(home: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str):
    _environment(home / "opt")
    prefix = _environment(home / "opt/envs/twice")
    monkeypatch.setenv(variable, str(home / value))
    assert named("twice") == prefix
    assert named("base") == home / "opt"


def test_the_kernels_own_installation_is_found_without_activation(home: Path, monkeypatch: pytest.MonkeyPatch):
    _environment(home / "site/conda")
    monkeypatch.setattr("sys.prefix", str(_environment(home / "site/conda/envs/mine")))
    assert named("mine") == home / "site/conda/envs/mine"


@pytest.mark.parametrize(
    "condarc",
    [
        "channels:\n  - conda-forge\nenvs_dirs:\n  - {0}/scratch  # big disk\n  - /elsewhere\nauto: true\n",
        "envs_dirs:\n- '{0}/scratch'\n",
        "envs_dirs: [{0}/scratch, /elsewhere]\n",
        "envs_path:\n  - ~/scratch\n",
        "envs_dirs:\n  - $HOME/scratch\n",
    ],
)
def test_envs_dirs_of_a_condarc(home: Path, condarc: str):
    prefix = _environment(home / "scratch/big")
    (home / ".condarc").write_text(condarc.format(home))
    assert named("big") == prefix


def test_other_lists_of_a_condarc_are_not_envs_dirs(home: Path):
    _environment(home / "pkgs/big")
    (home / ".condarc").write_text(f"envs_dirs:\n  - /elsewhere\npkgs_dirs:\n  - {home}/pkgs\n")
    with pytest.raises(NoSuchEnvironment):
        named("big")


def test_environments_txt_is_the_last_resort(home: Path):
    prefix, _ = _environment(home / "project/lone"), _environment(home / "project/work")
    (home / ".conda").mkdir()
    (home / ".conda/environments.txt").write_text(f"{home}/gone\n{prefix}\n{home}/project/work\n")
    assert named("lone") == prefix
    assert named("work") == home / "miniforge3/envs/work"


def test_an_unknown_name_names_the_known_ones(home: Path):
    with pytest.raises(NoSuchEnvironment, match=r"^there is no environment named wrok; known here: base, twice, work$"):
        named("wrok")


def test_not_all_of_a_hundred_names_are_told(home: Path):
    for number in range(100):
        _environment(home / f"miniforge3/envs/e{number:03}")
    assert len(known()) == 103
    with pytest.raises(NoSuchEnvironment) as raised:
        named("wrok")
    assert len(str(raised.value)) < 200


def test_nothing_known(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path / "empty"))
    with pytest.raises(NoSuchEnvironment, match="nor any other"):
        named("work")


@pytest.mark.parametrize("name", ["", "a/b", "/abs", "..", "."])
def test_a_path_is_not_a_name(home: Path, name: str):
    with pytest.raises(BadArguments):
        named(name)


@pytest.mark.parametrize(
    "mark",
    [
        "conda-meta/",
        "pyvenv.cfg",
        "bin/python",
        "lib/python3.11/site-packages/",
        "Lib/site-packages/",
        "Scripts/python.exe",
    ],
)
def test_what_looks_like_an_environment(tmp_path: Path, mark: str):
    assert not is_environment(tmp_path)
    path = tmp_path / mark
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir() if mark.endswith("/") else path.touch()
    assert is_environment(tmp_path)
