"""The environments are what they claim to be; everything in them was done by the real tools."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
from email.parser import HeaderParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.envs import cache, channel, prefixes, scenarios, wheelhouse

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.envs.scenarios import Scenario

    Give = Callable[..., Scenario]

both = pytest.mark.parametrize("flavour", prefixes.FLAVOURS)
NUMPY = "import numpy; print(numpy.__version__)"


def dist_infos(env: Scenario, name: str) -> dict[str, str]:
    """Version -> INSTALLER of every dist-info of a distribution."""
    found = {}
    for info in env.site.glob(f"{name}-*.dist-info"):
        metadata = HeaderParser().parsestr((info / "METADATA").read_text(encoding="utf-8"))
        found[metadata["Version"]] = (info / "INSTALLER").read_text(encoding="utf-8").strip()
    return found


def record(env: Scenario, name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(env.record(name).read_text(encoding="utf-8"))
    return loaded


def history(env: Scenario) -> str:
    return (env.prefix / "conda-meta" / "history").read_text(encoding="utf-8")


def changed(env: Scenario, name: str) -> dict[str, int]:
    """How many hard-linked files of a record are as conda left them, have changed, or are missing; .pyc apart."""
    count = {"same": 0, "changed": 0, "missing": 0}
    for entry in record(env, name)["paths_data"]["paths"]:
        if entry["path_type"] == "hardlink" and not entry["_path"].endswith(".pyc"):
            path = env.prefix / entry["_path"].replace("site-packages/", f"{channel.trees.SITE}/", 1)
            path = path if path.exists() else env.prefix / entry["_path"]
            wanted = entry.get("sha256_in_prefix", entry["sha256"])
            state = "missing" if not path.exists() else hashlib.sha256(path.read_bytes()).hexdigest() == wanted
            count[{True: "same", False: "changed"}.get(state, "missing")] += 1  # type: ignore[call-overload]
    return count


@pytest.mark.parametrize(
    ("name", "flavour"),
    [
        pytest.param(name, flavour, marks=() if flavour == "rattler" or name == "s1" else pytest.mark.slow)
        for name in scenarios.STORIES
        for flavour in ("rattler", "conda")
    ],
)
def test_python_starts_in_its_own_prefix(scenario: Give, name: str, flavour: str) -> None:
    env = scenario(name, flavour)
    assert Path(env.run("import sys; print(sys.prefix)")) == env.prefix
    assert [step.when for step in env.story] == sorted({step.when for step in env.story})


@both
@pytest.mark.parametrize(
    ("name", "version"), [("clean", "1.26.4"), ("s1", "2.3.5"), ("s4", "1.26.4"), ("record_lost", "2.3.5")]
)
def test_numpy_imports(scenario: Give, name: str, version: str, flavour: str) -> None:
    assert scenario(name, flavour).run(NUMPY) == version


@pytest.mark.parametrize("name", ["clean", "sound"])
def test_pip_finds_nothing_wrong_in_a_sound_environment(scenario: Give, name: str) -> None:
    env = scenario(name)
    done = subprocess.run([env.python, "-m", "pip", "check"], env=wheelhouse.isolated(), capture_output=True, text=True)
    assert done.stdout.strip() == "No broken requirements found."


@both
def test_clean_is_as_conda_left_it(scenario: Give, flavour: str) -> None:
    env = scenario("clean", flavour)
    for name in ("numpy", "pandas", "idna", "pip"):
        assert changed(env, name).keys() >= {"same"}
        assert changed(env, name)["changed"] == changed(env, name)["missing"] == 0
    assert set(dist_infos(env, "numpy").values()) == {"conda"}


def test_records_of_rattler(scenario: Give) -> None:
    env = scenario("clean")
    idna = record(env, "idna")
    assert env.record("idna").stat().st_mode & 0o777 == 0o600
    assert all(entry["_path"].startswith("lib/python") for entry in idna["paths_data"]["paths"])
    assert not any("sha256_in_prefix" in entry for entry in idna["paths_data"]["paths"])
    assert "constrains" not in idna
    assert not any(name.endswith(".pyc") for name in idna["files"])
    assert history(env) == ""
    assert (env.prefix / "CACHEDIR.TAG").exists()
    link = next(e for e in record(env, "python")["paths_data"]["paths"] if e["path_type"] == "softlink")
    assert link["sha256_in_prefix"] != link["sha256"]


def test_records_of_conda(scenario: Give) -> None:
    env = scenario("clean", "conda")
    idna, python = record(env, "idna"), record(env, "python")
    assert env.record("idna").stat().st_mode & 0o777 == 0o644
    kinds = {e["path_type"]: e for e in idna["paths_data"]["paths"]}
    assert kinds["hardlink"]["_path"].startswith("site-packages/")
    assert kinds["hardlink"]["sha256_in_prefix"] == kinds["hardlink"]["sha256"]
    assert set(kinds["pyc_file"]) == {"_path", "path_type"}
    assert (env.prefix / kinds["pyc_file"]["_path"]).exists()
    assert all((env.prefix / name).exists() for name in idna["files"])
    assert all(name.startswith("lib/python") for name in idna["files"])
    assert idna["constrains"] == []
    assert (idna["requested_spec"], record(env, "numpy")["requested_spec"]) == ("None", "numpy")
    assert not any("sha256_in_prefix" in e for e in python["paths_data"]["paths"] if e["path_type"] == "softlink")
    replaced = [e for e in python["paths_data"]["paths"] if "prefix_placeholder" in e]
    assert any(e["size_in_bytes"] != (env.prefix / e["_path"]).stat().st_size for e in replaced)
    assert record(env, "pandas")["constrains"] == ["sqlalchemy >=2.0.0"]
    assert not (env.prefix / "CACHEDIR.TAG").exists()
    assert (env.prefix / "conda-meta" / "created_at").exists()


def test_history_of_conda(scenario: Give) -> None:
    lines = history(scenario("clean", "conda")).splitlines()
    assert re.fullmatch(r"==> 2024-05-0\d \d\d:\d\d:39 <==", lines[0])
    assert lines[1].startswith("# cmd: ")
    assert lines[2] == "# conda version: 26.7.1"
    assert all(re.fullmatch(r"\+file:///.+/(linux-64|noarch)::[^/]+-[^-]+-[^-]+", line) for line in lines[3:-1])
    assert lines[-1].startswith("# update specs: ['numpy', ")


def test_files_are_links_into_the_package_cache_in_shared_environments_only(
    scenario: Give, fresh_scenario: Give
) -> None:
    name = "idna/__init__.py"
    assert (scenario("sound").site / name).stat().st_nlink > 1
    fresh = fresh_scenario("sound")
    linked = [p for p in fresh.prefix.rglob("*") if p.is_file() and not p.is_symlink() and p.stat().st_nlink > 1]
    assert linked == []
    assert fresh.run("import tabulate; print(tabulate.__version__)") == "0.9.0"


@both
def test_s1_conda_keeps_its_record_of_what_pip_replaced(scenario: Give, flavour: str) -> None:
    env = scenario("s1", flavour)
    assert dist_infos(env, "numpy") == {"2.3.5": "pip"}
    assert record(env, "numpy")["version"] == "1.26.4"
    count = changed(env, "numpy")
    assert min(count.values()) > 100
    assert env.record("numpy").stat().st_mtime < (env.site / "numpy-2.3.5.dist-info" / "RECORD").stat().st_mtime


def test_s2_pandas_is_gone_but_for_its_record(scenario: Give) -> None:
    env = scenario("s2")
    assert not (env.site / "pandas" / "__init__.py").exists()
    assert changed(env, "pandas")["same"] == 0


def test_s3_another_distribution_brought_a_file_of_requests(scenario: Give) -> None:
    env = scenario("s3_foreign")
    assert env.run("import requests; print(requests.__version__)") == "2.32.3+extras"
    assert changed(env, "requests")["changed"] == 1
    assert "requests/__version__.py," in (env.site / "http_extras-1.0.dist-info" / "RECORD").read_text(encoding="utf-8")


def test_s3_two_dist_infos(scenario: Give) -> None:
    assert dist_infos(scenario("s3_two_dist_infos"), "idna") == {"3.10": "conda", "3.7": "pip"}


@both
def test_s4_conda_files_with_the_dist_info_of_pip(scenario: Give, flavour: str) -> None:
    env = scenario("s4", flavour)
    assert dist_infos(env, "numpy") == {"1.26.4": "conda", "2.3.5": "pip"}
    assert changed(env, "numpy")["changed"] == changed(env, "numpy")["missing"] == 0
    assert env.record("numpy").stat().st_mtime > (env.site / "numpy-2.3.5.dist-info" / "RECORD").stat().st_mtime
    revisions = history(env).split("==> ")[1:]
    assert len(revisions) == (2 if flavour == "conda" else 0)
    # The same build before and after: conda writes no line for it.
    assert not revisions or "::" not in revisions[1]
    assert not revisions or revisions[1].splitlines()[-1] == "# update specs: ['numpy']"


@both
def test_s5_the_constraint_and_what_breaks_it(scenario: Give, flavour: str) -> None:
    env = scenario("s5", flavour)
    assert record(env, "pandas")["constrains"] == ["sqlalchemy >=2.0.0"]
    assert list(dist_infos(env, "[Ss][Qq][Ll][Aa]lchemy").items()) == [("1.4.54", "pip")]


def test_record_lost_leaves_the_history_as_only_trace(scenario: Give) -> None:
    env = scenario("record_lost", "conda")
    assert not list((env.prefix / "conda-meta").glob("numpy-*"))
    assert len(re.findall(r"^\+\S+::numpy-1\.26\.4-", history(env), re.MULTILINE)) == 1
    assert not re.findall(r"^-", history(env), re.MULTILINE)


@both
def test_base_has_conda_and_pip_replaced_what_it_needs(scenario: Give, flavour: str) -> None:
    env = scenario("base_with_pip", flavour)
    assert all((env.prefix / name).is_dir() for name in ("pkgs", "envs", "condabin"))
    assert os.access(env.prefix / "condabin" / "conda", os.X_OK)
    assert any(need.startswith("requests ") for need in record(env, "conda")["depends"])
    assert dist_infos(env, "requests") == {"2.31.0": "pip"}


@both
def test_s0_conda_landed_on_what_pip_had_installed(scenario: Give, flavour: str) -> None:
    env = scenario("s0", flavour)
    url = json.loads(next(env.site.glob("gadgets-*.dist-info/direct_url.json")).read_text(encoding="utf-8"))
    assert url["vcs_info"]["vcs"] == "git"
    assert dist_infos(env, "requests") == {"2.31.0": "pip", "2.32.3": "conda"}
    assert dist_infos(env, "idna") == {"3.10": "conda"}
    assert dist_infos(env, "torch") == {"2.4.1": "conda"}
    assert (env.prefix / "bin" / "jlpm").exists()
    assert len(history(env).split("==> ")) == (3 if flavour == "conda" else 1)


def test_record_of_conda_packages_is_pips(scenario: Give) -> None:
    """As conda-build leaves it: INSTALLER rewritten after RECORD was, everything else as hashed."""
    info = scenario("clean").site / "numpy-1.26.4.dist-info"
    lines = dict(line.split(",")[:2] for line in (info / "RECORD").read_text(encoding="utf-8").splitlines())

    def hashed(name: str) -> str:
        return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256((info / name).read_bytes()).digest()).decode()[:-1]

    assert lines[f"{info.name}/METADATA"] == hashed("METADATA")
    assert lines[f"{info.name}/INSTALLER"] != hashed("INSTALLER")


def test_everything_comes_from_the_cache_the_second_time(scenario: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    env = scenario("s1")
    before = (env.prefix / "bin" / f"python{channel.trees.XY}").parent.stat().st_ctime_ns, channel.build().stat().st_ino
    # Whoever builds anything starts a process.
    monkeypatch.setattr(subprocess, "Popen", None)
    again = scenarios.get("s1")
    assert again == env
    assert (
        (env.prefix / "bin" / f"python{channel.trees.XY}").parent.stat().st_ctime_ns,
        channel.build().stat().st_ino,
    ) == before


def test_a_changed_environment_is_told_again(scenario: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Path] = []
    scenario("sound")  # which also skips where nothing can be built
    monkeypatch.setitem(
        scenarios.STORIES, "own", lambda env: (told.append(env.path), env.hand("a file", write={"a": ""}))
    )
    place = scenarios.get("own").prefix
    told.clear()
    scenarios.get("own")
    assert told == []
    (place / "a").write_text("changed", encoding="utf-8")
    scenarios.get("own")
    assert told == [place]


def test_an_interrupted_build_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVGUARD_TEST_CACHE", str(tmp_path))

    def stop(work: Path) -> None:
        (work / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.once("kind", "key", stop)
    assert list((tmp_path / "kind").iterdir()) == []
    assert cache.once("kind", "key", lambda work: (work / "whole").touch()).joinpath("whole").exists()
