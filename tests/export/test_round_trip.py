"""Exported, made anew, compared: the same packages and the same files, from real environments and by the real tools."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envguard import api, collect
from envguard.export.written import write
from envguard.export_report import Depth, Form, Trial
from tests.envs import prefixes, scenarios, trees, wheelhouse
from tests.export import making
from tests.require import require

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.export_report import Export
    from tests.envs.scenarios import Scenario

    Give = Callable[..., Scenario]

TOKEN = "hunter2-ghp_0123456789abcdefghijklmnopqrstuvwxyzAB"


@pytest.fixture(autouse=True)
def _wheels_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """pip is asked with the wheelhouse alone, and envguard with no index that stands in the export."""
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")


def links(monkeypatch: pytest.MonkeyPatch, *more: Path) -> None:
    places = " ".join(map(str, (*wheelhouse.folders().values(), *more)))
    monkeypatch.setenv("PIP_FIND_LINKS", places)


def exported(prefix: Path, form: Form = Form.ENVIRONMENT_YML, depth: Depth = Depth.EXACT, *, verify: bool = False) -> Export:  # fmt: skip
    env = collect.by_import(prefix, keep=False)
    (told,) = write(env, (form,), depth, place=api.place(is_kernel=False) if verify else None)
    return told


def test_a_sound_environment(scenario: Give, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    links(monkeypatch)
    found = scenario("sound", "conda").prefix
    told = exported(found, verify=True)
    assert [(each.part, each.trial) for each in told.tried or ()] == [("conda", Trial.HOLDS), ("pip", Trial.HOLDS)]
    making.equal(found, making.from_yml(told.content, tmp_path / "anew"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "depth"),
    [
        ("s1", Depth.EXACT),
        ("s1", Depth.VERSIONS),
        ("s5", Depth.EXACT),
        ("sound", Depth.HISTORY),
        ("record_lost", Depth.EXACT),
    ],
)
def test_stories(scenario: Give, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, depth: Depth) -> None:
    links(monkeypatch)
    found = scenario(name, "conda").prefix
    anew = making.from_yml(exported(found, depth=depth).content, tmp_path / "anew")
    if name == "record_lost":  # whose record comes back with conda's numpy below pip's
        assert making.records(anew) - making.records(found) == {("numpy", "1.26.4", "py311h5eee18b_0")}
        assert making.dists(anew) == making.dists(found)
    elif name == "s5":  # nothing of conda's needs its sqlalchemy, which pip has replaced
        assert making.records(found) - making.records(anew) == {("sqlalchemy", "2.0.36", "pyhd8ed1ab_0")}
        assert (making.dists(anew), making.files(anew)) == (making.dists(found), making.files(found))
    else:
        making.equal(found, anew)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sound"])
def test_an_explicit_list(scenario: Give, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """py-rattler solves from the channel what the list names: the same file names are the same builds."""
    links(monkeypatch)
    found = scenario(name, "conda").prefix
    lines = exported(found, Form.EXPLICIT).content.splitlines()
    files = lines[lines.index("@EXPLICIT") + 1 :]
    addresses = [line for line in files if line.startswith("file://")]
    for address in addresses:
        place, _, md5 = address.partition("#")
        content = Path(place.removeprefix("file://")).read_bytes()
        assert hashlib.md5(content, usedforsecurity=False).hexdigest() == md5
    names = [
        address.partition("#")[0].rpartition("/")[2].removesuffix(".conda").rsplit("-", 2) for address in addresses
    ]
    channel = addresses[0].rsplit("/", 2)[0]
    making.conda(tmp_path / "anew", ["=".join(parts) for parts in names], [channel])
    rest = [line.removeprefix("# ") for line in files[len(addresses) :]]
    wanted = [line for line in rest if "==" in line]
    making.pip(tmp_path / "anew", wanted, "--no-deps")
    making.equal(found, tmp_path / "anew")


class Everything:
    """An environment with all that is hard to write down, and where its parts lie."""

    def __init__(self, folder: Path) -> None:
        self.repo, self.commit = making.repository(folder / "repo", "gadgets")
        self.source = making.project(folder / "source", "inplace")
        self.wheels = folder / "wheels"
        making.wheel(self.wheels, "toolbox", "2.0", {"toolbox.py": ""}, ("tabulate ; extra == 'fancy'",), "fancy")
        self.local = making.wheel(folder / "elsewhere", "handmade", "1.0", {"handmade.py": ""})
        env = prefixes.Prefix(folder / "env", "conda")
        env.conda(*scenarios.LIGHT)
        env.pip(
            "install",
            "toolbox[fancy]",
            f"git+{self.repo.as_uri()}",
            str(self.local),
            "colorama==0.4.6",
            links=[self.wheels],
        )
        env.pip("install", "--no-build-isolation", "--editable", str(self.source))
        self.prefix = env.path


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    for need in ("linux-64", "posix_prefix", "git"):
        require(need)
    return Everything(tmp_path_factory.mktemp("everything"))


@pytest.mark.slow
def test_vcs_local_wheel_editable_and_extras(
    everything: Everything, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links(monkeypatch, everything.wheels)
    told = exported(everything.prefix, verify=True)
    assert making.pip_lines(making.parsed(told.content)) == [
        "colorama==0.4.6",
        f"gadgets @ git+{everything.repo.as_uri()}@{everything.commit}",
        "tabulate==0.9.0",
        "toolbox==2.0",
    ]
    lost = [each.says.english() for each in told.lost]
    assert f"inplace 0.3 is installed in place from {everything.source.as_uri()}: clone that and `pip install -e` it there" in lost  # fmt: skip
    assert f"handmade 1.0 was installed from {everything.local.as_uri()}: take that file along, or install a released version" in lost  # fmt: skip
    assert [(each.part, each.trial) for each in told.tried or ()] == [("conda", Trial.HOLDS), ("pip", Trial.UNKNOWN)]
    anew = making.from_yml(told.content, tmp_path / "anew", [everything.wheels])
    # and now what the comments say
    making.pip(anew, [str(everything.local)])
    making.pip(anew, [f"--editable {everything.source}"], "--no-build-isolation")
    making.equal(everything.prefix, anew)


@pytest.mark.slow
def test_from_history_with_pip(everything: Everything, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    links(monkeypatch, everything.wheels)
    told = exported(everything.prefix, depth=Depth.HISTORY)
    loaded = making.parsed(told.content)
    assert making.specs(loaded) == [f"python={trees.XY}", "pip", "requests", "six"]
    # tabulate came by an extra, of which no file tells
    assert [line.partition(" ")[0] for line in making.pip_lines(loaded)] == ["colorama==0.4.6", "gadgets", "tabulate==0.9.0", "toolbox==2.0"]  # fmt: skip
    anew = making.from_yml(told.content, tmp_path / "anew", [everything.wheels])
    assert making.records(anew) == making.records(everything.prefix)
    assert making.dists(everything.prefix) - making.dists(anew) == {("handmade", "1.0"), ("inplace", "0.3")}


@pytest.mark.slow
def test_what_a_dockerfile_holds_makes_it_too(
    everything: Everything, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Docker: the two files in it, given to the same tools in its order."""
    links(monkeypatch, everything.wheels)
    content = exported(everything.prefix, Form.DOCKERFILE).content
    parts = content.split("<<'END_OF_FILE' ")[1:]
    files = {part.partition("\n")[0]: part.partition("\n")[2].partition("\nEND_OF_FILE")[0] for part in parts}
    loaded = making.parsed(files["/tmp/conda.yml"])
    making.conda(tmp_path / "anew", making.specs(loaded), loaded["channels"])
    making.pip(tmp_path / "anew", files["/tmp/requirements.txt"].splitlines(), "--no-deps", links=[everything.wheels])
    assert making.records(tmp_path / "anew") == making.records(everything.prefix)
    assert "gadgets" in {name for name, _ in making.dists(tmp_path / "anew")}


def test_a_trial_that_fails_and_one_that_cannot_be_made(scenario: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    found = scenario("sound", "conda").prefix
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    env = collect.by_import(found, keep=False)
    (told,) = write(env, (Form.REQUIREMENTS,), place=api.place(is_kernel=False))
    assert [(each.part, each.trial) for each in told.tried or ()] == [("pip", Trial.FAILS)]
    (told,) = write(env, (Form.REQUIREMENTS,), place=api.place(is_kernel=False), network=False)
    assert [(each.part, each.trial) for each in told.tried or ()] == [("pip", Trial.UNKNOWN)]


def test_no_secret_anywhere(scenario: Give, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the command line, with a password planted where people have theirs."""
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"https://me:{TOKEN}@wheels.example.org/simple")
    found = scenario("sound", "conda").prefix
    for form in (Form.ENVIRONMENT_YML.value, "json"):  # which holds the others
        file = tmp_path / form
        words = ("export", str(found), "--format", form, "-o", str(file))
        done = subprocess.run([sys.executable, "-m", "envguard", *words], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert TOKEN not in done.stderr + file.read_text(encoding="utf-8")
        assert file.stat().st_mode & 0o777 == 0o644
