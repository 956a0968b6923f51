"""What did not simply come from an index: repositories, folders, files, extras, and an index with a password."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from envguard import api, collect
from envguard.export_report import Depth
from envguard.frontends.rebuilding import rebuild_as
from envguard.model import Verdict
from envguard.rebuild import kernel, local
from envguard.rebuild.options import Options
from envguard.rebuild.wanted import _asked
from tests.changes import repairing, undoing
from tests.envs import wheelhouse
from tests.export import making
from tests.export.test_round_trip import Everything
from tests.rebuild.index import PASSWORD, serving
from tests.rebuild.test_rebuild import rebuilt
from tests.require import require
from tests.rules.facts import dist, env, pkg, revision

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from envguard.rebuild_report import RebuildReport
    from tests.envs.scenarios import Scenario

    Give = Callable[..., Scenario]


@pytest.fixture(autouse=True)
def _no_index_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))


def links(monkeypatch: pytest.MonkeyPatch, *more: Path) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", " ".join(map(str, (*wheelhouse.folders().values(), *more))))


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    for need in ("linux-64", "posix_prefix", "git"):
        require(need)
    return Everything(tmp_path_factory.mktemp("everything"))


@pytest.mark.slow
def test_vcs_editable_local_wheel_and_extras(
    everything: Everything, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links(monkeypatch, everything.wheels)
    came = rebuilt(everything.prefix, tmp_path / "new")
    assert [each.line for each in came.plan.requirements] == [
        "colorama==0.4.6",
        f"gadgets @ git+{everything.repo.as_uri()}@{everything.commit}",
        f"handmade @ {everything.local.as_uri()}",
        f"--editable {everything.source.as_uri()}",
        "tabulate==0.9.0",
        "toolbox==2.0",
    ]
    assert came.plan.loses == ()
    assert came.done is not None
    assert came.done.after is Verdict.SOUND
    assert all(each.after for each in came.done.imports)
    making.equal(everything.prefix, tmp_path / "new")
    assert repairing.requested(everything.prefix) <= repairing.requested(tmp_path / "new")
    new = collect.by_import(tmp_path / "new", keep=False)
    (inplace,) = new.dists_named["inplace"]
    assert inplace.editable


@pytest.mark.slow
def test_only_what_was_asked_for(everything: Everything, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip finds the rest itself, and what an extra brought, of which no file tells, stays."""
    links(monkeypatch, everything.wheels)
    came = rebuilt(everything.prefix, tmp_path / "new", Options(depth=Depth.HISTORY))
    assert came.plan.with_dependencies
    assert making.records(tmp_path / "new") == making.records(everything.prefix)
    assert making.dists(tmp_path / "new") == making.dists(everything.prefix)


@pytest.mark.slow
def test_a_repair_loses_no_extra(everything: Everything, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    links(monkeypatch, everything.wheels)
    prefix = undoing.linked(everything.prefix, tmp_path / "env")
    wanted, dists = repairing.requested(prefix), making.dists(prefix)
    making.pip(prefix, ["idna==3.7"], "--ignore-installed")
    assert repairing.check(prefix).verdict is not Verdict.SOUND
    came = api.repair(api.repair_plan(prefix))
    assert came.failure is None, came.output
    assert {each.rule for each in came.remains} <= {"script-shebang-elsewhere"}  # of the copy
    assert wanted <= repairing.requested(prefix)
    assert dists == making.dists(prefix)


@pytest.mark.slow
def test_an_index_with_a_password_is_kept(scenario: Give, tmp_path: Path) -> None:
    """By the environment's own pip.conf, which is copied; the password is shown nowhere."""
    wheels = tmp_path / "wheels"
    making.wheel(wheels, "toolbox", "2.0", {"toolbox.py": ""}, ("tabulate ; extra == 'fancy'",), "fancy")
    prefix = repairing.copied(scenario("s3_two_dist_infos"), tmp_path / "env")
    with serving(wheels, *wheelhouse.folders().values()) as index:
        (prefix / "pip.conf").write_text(f"[global]\nindex-url = {index.url}\n", encoding="utf-8")
        (prefix / "pip.conf").chmod(0o600)
        pip_install(prefix, "toolbox[fancy]")
        # repair: what is kept comes from that index once more
        index.fetched.clear()
        told = api.repair_plan(prefix, ["idna"])
        done = api.repair(told)
        assert done.failure is None, done.output
        assert index.fetched == ["idna-3.7-py3-none-any.whl"]
        assert api.undo(prefix)[0].proof.same
        # rebuild
        index.fetched.clear()
        came = rebuilt(prefix, tmp_path / "new")
        assert came.plan.carried == ("pip.conf",)
        assert sorted(index.fetched) == ["tabulate-0.9.0-py3-none-any.whl", "toolbox-2.0-py3-none-any.whl"]
    assert (tmp_path / "new" / "pip.conf").read_bytes() == (prefix / "pip.conf").read_bytes()
    assert (tmp_path / "new" / "pip.conf").stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in shown(came)


@pytest.mark.slow
def test_an_index_of_a_command_is_kept(scenario: Give, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a ledger tells of an install: its own index, which nothing configures."""
    wheels = tmp_path / "wheels"
    making.wheel(wheels, "onlyhere", "1.0", {"onlyhere.py": ""})
    prefix = repairing.copied(scenario("sound"), tmp_path / "env")
    home = api.make_home(prefix, undo=False)
    command = (str(prefix / "bin/python"), "-m", "pip", "install", "--find-links", str(wheels), "onlyhere")
    begun = api.begin_installs(home, (api_seen(command, prefix),), undo=False)
    links(monkeypatch)
    pip_install(prefix, "--find-links", str(wheels), "onlyhere")
    api.end_installs(begun, api.whence(None, None, {}), failed=False)
    came = rebuilt(prefix, tmp_path / "new")
    assert came.plan.options == (f"--find-links {wheels}",)
    assert "onlyhere==1.0" in [each.line for each in came.plan.requirements]


def api_seen(words: tuple[str, ...], prefix: Path) -> object:
    from envguard.changes.around import Seen

    place = dataclasses.replace(api.place_in(str(prefix)), folder=str(prefix))
    return Seen(api.foretell(api.command(words, place), place))


def pip_install(prefix: Path, *words: str) -> None:
    from envguard import run

    variables = {name: os.environ.get(name) for name in ("PIP_FIND_LINKS", "PIP_NO_INDEX")}
    ran = run.run(
        (prefix / "bin/python", "-m", "pip", "install", "--root-user-action=ignore", "--no-cache-dir", *words),
        120,
        env=variables,
    )
    assert ran.code == 0, ran.stderr


def shown(told: RebuildReport) -> str:
    import io

    return rebuild_as(told, "json", io.StringIO()) + rebuild_as(told, "text", io.StringIO(), details=True)


def test_what_is_gone_from_this_machine_is_told(tmp_path: Path) -> None:
    wheel = making.wheel(tmp_path / "wheels", "handmade", "1.0", {"handmade.py": ""})
    info = tmp_path / "lib/python3.11/site-packages/handmade-1.0.dist-info"
    info.mkdir(parents=True)
    from envguard.facts import DirectUrl

    def told(direct: dict[str, object], *, editable: bool = False) -> tuple[str | None, str | None]:
        (info / "direct_url.json").write_text(json.dumps(direct), encoding="utf-8")
        hers = dist("handmade", "1.0", direct_url=DirectUrl(str(direct["url"]), editable=editable))
        found, reason = local.line(env([], [hers], prefix=str(tmp_path)), "handmade")
        return found, None if reason is None else reason.english()

    url = wheel.as_uri()
    sha = local._digest(wheel)
    assert told({"url": url, "archive_info": {"hashes": {"sha256": sha}}}) == (f"handmade @ {url}", None)
    changed = told({"url": url, "archive_info": {"hashes": {"sha256": "0" * 64}}})
    assert changed == (None, f"pip's handmade 1.0: {wheel} is not the file that it was installed from")
    assert told({"url": tmp_path.as_uri(), "dir_info": {"editable": True}}, editable=True) == (f"--editable {tmp_path.as_uri()}", None)  # fmt: skip
    shutil.rmtree(wheel.parent)
    assert told({"url": url, "archive_info": {}}) == (None, f"pip's handmade 1.0: {wheel} is not there any more")
    assert told({"url": "file:///a b", "dir_info": {}})[0] is None


def test_the_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where `ipykernel install --user` writes it, whole, and never over another one."""
    from jupyter_client.kernelspec import KernelSpecManager

    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    new = tmp_path / "My env"
    logos = new / "lib/python3.11/site-packages/ipykernel/resources"
    logos.mkdir(parents=True)
    (logos / "logo-64x64.png").write_bytes(b"PNG")
    (new / "bin").mkdir()
    (new / "bin/python").write_text("", encoding="utf-8")
    assert kernel.planned(str(new), None, {"numpy"}) is None
    planned = kernel.planned(str(new), None, {"ipykernel"})
    assert planned is not None
    assert (planned.name, planned.title) == ("my-env", "Python (My env)")
    kernel.write(planned, str(new))
    kernel.write(planned, str(new))  # as after an interruption
    found = KernelSpecManager().get_kernel_spec("my-env")
    assert found.argv == [str(new / "bin/python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    assert found.display_name == "Python (My env)"
    assert sorted(path.name for path in (tmp_path / "jupyter/kernels/my-env").iterdir()) == ["kernel.json", "logo-64x64.png"]  # fmt: skip
    assert [path.name for path in (tmp_path / "jupyter/kernels").iterdir()] == ["my-env"]
    with pytest.raises(Exception, match="there is a kernel my-env already"):
        kernel.planned(str(tmp_path / "another"), "my-env", {"ipykernel"})
    with pytest.raises(Exception, match="is no name for a kernel"):
        kernel.planned(str(new), "../up", {"ipykernel"})


def test_how_it_was_asked_for_is_kept_for_a_second_try() -> None:
    asked = Options(Depth.VERSIONS, True, ("idna",), False, "mine", False)
    assert Options.read(json.loads(json.dumps(asked.written()))) == asked


@pytest.mark.slow
def test_the_kernel_starts(scenario: Give, tmp_path: Path) -> None:
    """A real ipykernel from the index, found by Jupyter under its name, and running in the new environment."""
    from jupyter_client.manager import start_new_kernel

    require("network")
    prefix = repairing.copied(scenario("sound"), tmp_path / "env")
    pip_install(prefix, "ipykernel")
    came = rebuilt(prefix, tmp_path / "new", Options(kernel_name="Anew"))
    assert came.done is not None
    assert came.done.kernel is not None
    assert came.done.kernel.name == "anew"
    manager, client = start_new_kernel(kernel_name="anew")
    try:
        reply = client.execute_interactive("import sys, tabulate", user_expressions={"where": "sys.prefix"}, timeout=60)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert str(tmp_path / "new") in reply["content"]["user_expressions"]["where"]["data"]["text/plain"]


def test_a_secret_in_what_was_asked_for_goes_into_no_new_book() -> None:
    """Of a package whose record was lost, the history alone tells the spec."""
    packages = [pkg(name, "1.0", "0") for name in ("python", "pip")]
    linked = ("+python-1.0-0", "+pip-1.0-0", "+six-1.16.0-py_0")
    for spec, expected in (("six[channel='https://u:hunter2-01@h.example/ours']", "six"), ("six >=1.0", "six >=1.0")):
        history = (dataclasses.replace(revision(*linked), update_specs=(spec,)),)
        assert _asked(env(packages, [], history=history))["six"] == expected
