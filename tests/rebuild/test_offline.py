"""`--offline`: a new environment from the package cache alone, or one clear line on what is missing there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from envguard.frontends import cli
from envguard.machine import CondaConfig, CondaLayer
from envguard.packages import cached, linking, repodata
from envguard.rebuild import offline
from tests.envs import channel, wheelhouse
from tests.export import making
from tests.rebuild import private
from tests.rebuild.test_private_channel import of_the_channel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.envs.scenarios import Scenario

    Give = Callable[..., Scenario]


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache of py-rattler's in a home of its own, in which nothing is kept yet; its packages' folder."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "CONDA", "RATTLER_"))]:
        monkeypatch.delenv(name)
    (tmp_path / "home").mkdir()
    cache = tmp_path / "cache" / "rattler" / "cache"
    for name in ("pkgs", "repodata"):
        (cache / name).mkdir(parents=True)
    for name, folder in (("HOME", "home"), ("XDG_CACHE_HOME", "cache"), ("JUPYTER_DATA_DIR", "jupyter")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return cache / "pkgs"


@pytest.mark.slow
def test_from_the_cache_alone(
    scenario: Give, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Archives in it, unpacked packages, and wheels in a folder; the channel is there, but is not asked."""
    wheels = " ".join(map(str, wheelhouse.folders().values()))
    new = tmp_path / "new"

    def rebuild(*words: str, code: int) -> str:
        came = cli.main(["rebuild", str(new), "-p", str(old), *words])
        told = capsys.readouterr()
        assert came == code, told.out + told.err
        return " ".join((told.out + told.err).split())

    with private.serving() as ours:
        old = of_the_channel(scenario("sound"), tmp_path / "old", ours.plain, ours.plain + "/{subdir}")
        (old / ".condarc").write_text(f"channels: ['{ours.with_token}']\n", encoding="utf-8")
        said = rebuild("--dry-run", "--offline", code=1)
        assert f"nothing of {ours.plain} is kept on this machine, and the network was not to be used" in said
        assert ours.asked == 0
        monkeypatch.setenv("PIP_FIND_LINKS", f"https://wheels.example.org/simple {wheels}")
        rebuild("--dry-run", code=0)  # by which what the channel says is kept
        ours.asked = 0
        names = {path.stem for path in (old / "conda-meta").glob("*.json")}
        archives = {path.stem: path for path in channel.build().glob("*/*.conda") if path.stem in names}
        for name, path in archives.items():
            if name.startswith(("six-", "python-")):
                shutil.copytree(channel.build() / "pkgs" / name, kept / name, symlinks=True, copy_function=os.link)
                told = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}  # as conda keeps it there
                (kept / name / "info" / "repodata_record.json").write_text(json.dumps(told), encoding="utf-8")
            elif not name.startswith("idna-"):
                os.link(path, kept / path.name)
        # something is missing: one line of each
        said = rebuild("--yes", "--offline", code=1)
        assert "· idna-3.10-pyhd8ed1ab_0 is not in the package cache as its channel has it, and the network is not to be used" in said  # fmt: skip
        monkeypatch.setenv("PIP_FIND_LINKS", "https://wheels.example.org/simple")
        said = rebuild("--yes", "--offline", code=1)
        assert "· colorama==0.4.6, tabulate==0.9.0 are in no folder in which pip looks (`--find-links`), and the network is not to be used" in said  # fmt: skip
        monkeypatch.setenv("PIP_FIND_LINKS", f"https://wheels.example.org/simple {wheels}")
        assert not new.exists()
        (damaged := kept / archives["idna-3.10-pyhd8ed1ab_0"].name).write_bytes(b"half")
        assert "idna-3.10-pyhd8ed1ab_0 is not in the package cache" in rebuild("--yes", "--offline", code=1)
        damaged.unlink()
        os.link(archives["idna-3.10-pyhd8ed1ab_0"], damaged)
        # all is there
        assert "✓ the new environment is there" in rebuild("--yes", "--offline", code=0)
        assert ours.asked == 0
    assert (making.records(new), making.dists(new)) == (making.records(old), making.dists(old))


def test_what_can_be_had_here(tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in ("My_Tool-1.0.0-py3-none-any.whl", "other-thing-2.0.tar.gz", "notes.txt"):
        (folder / name).write_bytes(b"")
    found = offline._files((str(folder), folder.as_uri(), str(tmp_path / "none")))
    for line in ("my-tool==1.0", "other.thing==2.0", "x @ file:///srv/x.whl", "--editable file:///home/me/x", "x @ git+file:///r@1"):  # fmt: skip
        assert offline._is_here(line, found), line
    for line in ("my-tool==1.1", "absent==1.0", "x @ https://example.org/x.whl", "x @ git+https://example.org/r@1"):
        assert not offline._is_here(line, found), line
    (page := tmp_path / "links.html").write_text("", encoding="utf-8")
    assert offline._files((str(page),)) is None
    assert offline._is_here("absent==1.0", None)


def test_an_unpacked_package_is_known_by_its_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another channel may have a package of the same name, version and build."""
    info = tmp_path / "pkgs" / "six-1.0-py_0" / "info"
    info.mkdir(parents=True)
    (info / "paths.json").write_text('{"paths": []}', encoding="utf-8")
    (info / "repodata_record.json").write_text('{"sha256": "aa"}', encoding="utf-8")
    monkeypatch.setenv("CONDA_PKGS_DIRS", str(tmp_path / "pkgs"))
    told = {"name": "six", "version": "1.0", "build": "py_0", "fn": "six-1.0-py_0.conda"}
    for sha256, expected in (("aa", str(info.parent)), ("bb", None), (None, None)):
        assert cached.source(str(tmp_path), {**told, "sha256": sha256}, whole=True) == expected


def test_where_one_copy_is_damaged_the_next_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unpacked folder of which a file was edited in place, beside the archive that it came from."""
    info = tmp_path / "pkgs" / "six-1.0-py_0" / "info"
    info.mkdir(parents=True)
    listed = {"paths": [{"_path": "six.py", "path_type": "hardlink", "sha256": hashlib.sha256(b"whole").hexdigest()}]}
    (info / "paths.json").write_text(json.dumps(listed), encoding="utf-8")
    (archive := tmp_path / "pkgs" / "six-1.0-py_0.conda").write_bytes(b"packed")
    monkeypatch.setenv("CONDA_PKGS_DIRS", str(tmp_path / "pkgs"))
    told = {"name": "six", "version": "1.0", "build": "py_0", "fn": archive.name}
    told |= {"sha256": hashlib.sha256(b"packed").hexdigest(), "extracted_package_dir": str(info.parent)}
    for content, expected in ((b"whole", info.parent), (b"edited", archive)):
        (info.parent / "six.py").write_bytes(content)
        assert cached.source(str(tmp_path), told, whole=True) == str(expected)


def test_a_repair_fetches_nothing_where_conda_is_set_up_so(tmp_path: Path) -> None:
    (tmp_path / "conda-meta").mkdir()
    record = {
        "name": "six",
        "version": "1.0",
        "build": "py_0",
        "url": "https://conda.example.com/ours/noarch/six.conda",
    }
    (tmp_path / "conda-meta" / "six-1.0-py_0.json").write_text(json.dumps(record), encoding="utf-8")
    config = CondaConfig((CondaLayer(".condarc", offline=True),))
    refused = linking.link(linking.Job(str(tmp_path), relink=("six",)), tmp_path, config, "envguard", timeout=1)
    assert refused is not None
    assert refused.english() == "six would have to be fetched, and conda is set up to use no network"
    assert [each.name for each in tmp_path.iterdir()] == ["conda-meta"]


def test_the_strongest_layer_says_whether_there_is_a_network() -> None:
    def config(*told: bool | None) -> CondaConfig:
        return CondaConfig(tuple(CondaLayer(str(place), offline=each) for place, each in enumerate(told)))

    assert repodata.offline(config(True, None))
    assert not repodata.offline(config(True, False))
    assert not repodata.offline(config())
    assert not repodata.offline(None)
