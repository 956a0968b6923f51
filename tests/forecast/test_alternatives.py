"""Other ways to what a pip command asks for, tried against real channels and real environments."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envguard import collect, facts
from envguard.commands.command import Form, Target
from envguard.forecast import conda_solver
from envguard.forecast.alternatives import alternatives, explain_refusal, held_by_conda, match_spec
from envguard.model import Where
from tests.envs import channel, wheelhouse
from tests.forecast.test_conda import command
from tests.packages import other_channel
from tests.require import absent

if TYPE_CHECKING:
    from collections.abc import Callable

    from envguard.forecast_report import Alternative
    from tests.envs.scenarios import Scenario

CONDA = facts.Tool("conda", "/opt/conda/bin/conda")


@pytest.mark.parametrize(
    ("specifier", "spec"),
    [
        ("", "x"),
        ("==1.2.3", "x==1.2.3"),
        ("===1.2.3", "x==1.2.3"),
        ("==1.2.*", "x=1.2"),
        (">=1.2,<2", "x>=1.2,<2"),
        ("~=1.2.3", "x>=1.2.3,1.2.*"),
        ("!=1.3.*,>=1", "x!=1.3.*,>=1"),
        ("==1.*,!=1.4", "x!=1.4,1.*"),
        ("==2.1+cu121", None),
    ],
)
def test_a_specifier_becomes_a_match_spec(specifier, spec):
    assert match_spec("x", specifier) == spec


@pytest.mark.parametrize(("specifier", "allowed"), [("~=1.2.3", "1.2.9"), ("==1.2.*", "1.2.0"), ("==1.*,!=1.4", "1.5")])
def test_conda_reads_it_as_pip_does(specifier, allowed):
    from rattler import MatchSpec, Version, VersionSpec

    said = str(MatchSpec(match_spec("x", specifier)).version)
    assert VersionSpec(said).matches(Version(allowed))
    assert not VersionSpec(said).matches(Version("2.0"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return other_channel.build(tmp_path_factory.mktemp("channels") / "other")


@pytest.fixture
def ask(
    scenario: Callable[..., Scenario], other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Alternative]]:
    """The ways for a line in a kept scenario whose user has conda, and both channels."""
    condarc = tmp_path / "condarc"
    condarc.write_text(f"channels: ['{other.as_uri()}', '{channel.build().as_uri()}']\n", encoding="utf-8")
    monkeypatch.setenv("CONDARC", str(condarc))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)

    def give(line: str, name: str = "sound", *, form: Form = Form.LINE, **changes: object) -> dict[str, Alternative]:
        prefix = scenario(name).prefix
        env = replace(collect.by_import(prefix, keep=False), tools=(CONDA,), **changes)  # type: ignore[arg-type]
        asked = replace(command(line, tmp_path, prefix), form=form)
        target = Target(str(prefix), str(prefix / "bin/python"), is_kernel=form is not Form.LINE)
        found = alternatives(asked, target, env, network=False, timeout=30)
        assert "--ignore-installed" not in str(found)
        return {way.kind: way for way in found}

    return give


def test_conda_has_it(ask):
    ways = ask("pip install gadget")
    assert list(ways) == ["conda", "protected", "fresh"]
    first = ways["conda"]
    assert first.proven is True
    assert first.steps[0].argv[:2] == ("/opt/conda/bin/conda", "install")
    assert first.steps[0].argv[-1] == "gadget"
    # as conda does it: 2.0 would need a newer six, and what is there stays
    told = "tried without installing: conda would install gadget 1.0 and change nothing that is there"
    assert first.says.english() == told
    risen = ask("pip install 'gadget>1'")["conda"].says.english()
    assert risen.endswith("conda would install gadget 2.0 and change six 1.16.0 → 1.17.0")
    assert ways["protected"].steps[0].argv[:3] == ("envguard", "protect", "--")
    assert ways["protected"].steps[0].argv[-2:] == ("install", "gadget")
    assert ways["fresh"].steps[0].argv[1] == "create"
    assert ways["fresh"].steps[0].argv[-1] == "gadget"
    assert len(ways["fresh"].steps) == 1


def test_what_conda_has_not_is_left_to_pip_after_it(ask):
    ways = ask("pip install --index-url https://me:secret@pypi.example/simple 'gadget<2' tabulate-extra ./local")
    first = ways["conda"]
    assert first.steps[0].argv[-1] == "gadget<2"
    assert first.steps[1].argv[:3] == ("envguard", "protect", "--")
    assert first.steps[1].argv[-4:] == ("--index-url", "https://pypi.example/simple", "tabulate-extra", "./local")
    assert "secret" not in str(ways)
    assert "gadget 1.0" in first.says.english()
    assert ways["fresh"].steps[1].argv[-2:] == ("tabulate-extra", "./local")


def test_in_a_notebook_it_is_a_magic(ask):
    ways = ask("pip install gadget", form=Form.MAGIC)
    assert (ways["conda"].steps[0].where, ways["conda"].steps[0].argv) == (
        Where.CELL,
        ("conda", "install", "--yes", "gadget"),
    )
    assert "ipykernel" in ways["fresh"].steps[0].argv


def test_what_conda_has_installed_conda_removes(ask):
    ways = ask("pip uninstall requests tabulate", form=Form.MAGIC)
    assert list(ways) == ["conda"]
    [step] = ways["conda"].steps
    assert (step.where, step.argv) == (Where.CELL, ("conda", "remove", "--yes", "requests"))
    assert ways["conda"].proven is True
    assert ways["conda"].says.english() == "tried without removing: charset-normalizer, idna, urllib3 would go with it"
    taken = ask("pip uninstall six", "clean")["conda"].says.english()
    assert "would go with it" in taken
    assert "pandas" in taken
    assert not ask("pip uninstall tabulate")
    assert not ask("pip uninstall requests", base=True)


def test_conda_does_not_have_it(ask):
    ways = ask("pip install tabulate-extra")
    assert list(ways) == ["protected", "fresh"]
    # a version that no channel has, and one that only a build label tells
    refused = ask("pip install 'gadget>=7'")["conda"]
    assert refused.proven is False
    assert "gadget>=7" in refused.says.english()
    assert "conda" not in ask("pip install torch==2.4.1+cu121")


def test_where_nothing_may_be_written_only_an_environment_of_its_own(ask):
    for changes in ({"base": True}, {"writable": False}, {"frozen": True}):
        assert list(ask("pip install gadget", **changes)) == ["fresh"]


def test_the_names_of_the_two_worlds(ask):
    ways = ask("pip install torch", "clean")
    assert ways["conda"].steps[0].argv[-1] == "pytorch"
    assert ways["conda"].proven is True
    # a marker that does not hold here asks for nothing
    assert ask("pip install 'gadget; sys_platform == \"win32\"'") == {}


def test_what_constraints_do_not_hold_is_not_called_protected(ask):
    assert list(ask("pip install --force-reinstall gadget")) == ["conda", "fresh"]
    assert ask("pip uninstall -y gadget") == {}
    assert ask("conda install gadget") == {}


def test_pip_comes_off_first_where_conda_would_land_on_it(ask):
    landed = ask("pip install -U tabulate")["conda"]
    assert landed.steps[0].argv[-3:] == ("uninstall", "--yes", "tabulate")
    assert landed.steps[1].argv[1] == "install"
    assert landed.proven is True
    # what lies over conda's already is a case for repair
    broken = ask("pip install -U numpy", "s1")["conda"]
    assert broken.proven is False
    assert broken.says.english() == "pip's numpy 2.3.5 has replaced conda's; that has to be repaired first"


def test_nobody_could_look(scenario, tmp_path, monkeypatch):
    """Without network and without anything kept: only what is conda's business by the table, and not called tried."""
    condarc = tmp_path / "condarc"
    condarc.write_text(
        "channels: [conda-forge]\nchannel_alias: https://me:tk@conda.example.invalid\n", encoding="utf-8"
    )
    monkeypatch.setenv("CONDARC", str(condarc))
    monkeypatch.setenv("HOME", str(tmp_path))
    prefix = scenario("sound").prefix
    env = replace(collect.by_import(prefix, keep=False), tools=(CONDA,))
    target = Target(str(prefix), str(prefix / "bin/python"))
    kinds = {}
    for line in ("pip install h5py", "pip install gadget"):
        kinds[line] = {
            way.kind: way for way in alternatives(command(line, tmp_path, prefix), target, env, network=False)
        }
    assert list(kinds["pip install gadget"]) == ["protected", "fresh"]
    way = kinds["pip install h5py"]["conda"]
    assert way.proven is None
    assert way.says.english() == ("nothing of conda-forge is kept on this machine, and the network was not to be used")


def test_a_refusal_under_protection_is_explained(scenario, other, tmp_path, monkeypatch):
    """Real pip refuses what conda's constraints forbid; the words are ours, and conda's own way is tried."""
    prefix = scenario("clean").prefix
    env = collect.by_import(prefix, keep=False)
    held = tmp_path / "held.txt"
    held.write_text("numpy==1.26.4\n", encoding="utf-8")
    links = [f"--find-links={folder}" for folder in wheelhouse.folders().values()]
    done = subprocess.run(
        [str(prefix / "bin/python"), "-m", "pip", "install", "--dry-run", "--no-index", *links, "-c", str(held), "numpy==2.3.5"],
        env=wheelhouse.isolated(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode
    asked = command("pip install numpy==2.3.5", tmp_path, prefix)
    target = Target(str(prefix), str(prefix / "bin/python"))
    monkeypatch.setenv("HOME", str(tmp_path))
    told, ways = explain_refusal(done.stdout + done.stderr, asked, target, env, network=False)
    assert told.english() == "numpy==2.3.5 was asked for; conda's scipy needs numpy to stay at 1.26.4"
    assert "protected" not in {way.kind for way in ways}


PIP = """
ERROR: Cannot install transformers==5.1.0 because these package versions have conflicting dependencies.

The conflict is caused by:
    transformers 5.1.0 depends on numpy>=2
    The user requested (constraint) numpy==1.26.4
"""
UV = """  × No solution found when resolving dependencies:
  ╰─▶ Because transformers==5.1.0 depends on numpy>=2 and you require
      numpy==1.26.4, we can conclude that transformers==5.1.0 cannot be used.
"""
NOT_CONDAS = PIP.replace("numpy", "colorama")
SUITS = PIP.replace("numpy>=2", "numpy>=1.20")


def test_whose_packages_a_refusal_is_about(scenario):
    env = collect.by_import(scenario("clean").prefix, keep=False)
    expected = "transformers 5.1.0 needs numpy>=2; conda's scipy needs numpy to stay at 1.26.4"
    assert held_by_conda(PIP, env).english() == expected
    assert held_by_conda(UV, env).english() == expected
    requests = PIP.replace("numpy>=2", "requests<2").replace("numpy==1.26.4", "requests==2.32.3")
    assert (
        held_by_conda(requests, env).english()
        == "transformers 5.1.0 needs requests<2; conda has installed requests 2.32.3"
    )
    for other in (NOT_CONDAS, SUITS, "", "ERROR: no such option: --frob"):
        assert held_by_conda(other, env) is None


def test_uv_says_it_in_its_own_words(scenario, tmp_path):
    """What uv really prints is understood as well."""
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        absent("uv", "uv is not beside this Python")
    prefix = scenario("clean").prefix
    held = tmp_path / "held.txt"
    held.write_text("numpy==1.26.4\n", encoding="utf-8")
    links = [f"--find-links={folder}" for folder in wheelhouse.folders().values()]
    done = subprocess.run(
        [str(uv), "pip", "install", "--dry-run", "--offline", "--no-index", *links, "--python", str(prefix / "bin/python"), "-c", str(held), "numpy==2.3.5"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode
    env = collect.by_import(prefix, keep=False)
    assert (
        held_by_conda(done.stderr, env).english()
        == "numpy==2.3.5 was asked for; conda's scipy needs numpy to stay at 1.26.4"
    )


def test_conda_of_the_environment_itself(scenario):
    """Without a configuration the records' own channels are the environment's."""
    env = collect.by_import(scenario("sound").prefix, keep=False)
    assert [(each.origin, each.url) for each in conda_solver.command_channels(None, env, None)] == [
        ("records", channel.build().as_uri())
    ]
    # with its conda in sight that is known: nothing configured means what the tool takes by itself
    told = conda_solver.command_channels(None, replace(env, tools=(CONDA,), manager="conda"), None)
    assert [each.origin for each in told] == ["default", "default", "records"]
    assert [each.name for each in told[:2]] == ["defaults", "defaults"]
    told = conda_solver.command_channels(None, replace(env, tools=(CONDA,)), None)
    assert told[0].name == "conda-forge"


def test_an_environment_without_conda_needs_no_other_way(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    env = collect.by_import(tmp_path / "venv", keep=False)
    target = Target(env.prefix, str(tmp_path / "venv/bin/python"))
    assert alternatives(command("pip install h5py", tmp_path, tmp_path / "venv"), target, env, network=False) == ()
    assert alternatives(command("uv add h5py", tmp_path, tmp_path / "venv"), target, env, network=False) == ()
