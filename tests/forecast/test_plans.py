"""What a forecast says where there is no answer, what it never shows, and how it is stopped."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import os
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from envguard import api
from envguard.collect import by_import
from envguard.commands.command import Target, Tool
from envguard.forecast import pip, refusals, uv
from envguard.forecast.child import Watch
from envguard.forecast_report import Outcome
from tests.forecast import ground
from tests.forecast.ground import Ground
from tests.require import require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from envguard.forecast.transaction import Transaction
    from tests.envs.scenarios import Scenario

SECRET = "hunter2"


class _Guarded(SimpleHTTPRequestHandler):
    """A server that asks for a password, and one folder of it that never answers."""

    asked: list[str] = []  # noqa: RUF012 - what the server was asked

    def do_GET(self) -> None:
        wanted = "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode()
        self.asked.append(self.path)
        if "slow" in self.path:
            time.sleep(30)
        if self.headers.get("Authorization") != wanted:
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic realm=x")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        with contextlib.suppress(ConnectionError):  # who has asked is gone; another test would hear of it
            super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def field(scenario: Callable[..., Scenario], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("plans")
    ground.wheel(folder / "simple" / "demo", "demo", "1.0", {"demo.py": ""})
    (folder / "simple" / "slow").mkdir()
    for name, requires in (("one", "shared<2"), ("two", "shared>=2")):
        ground.wheel(folder / "links", name, "1.0", {f"{name}.py": ""}, (requires,))
    ground.wheel(folder / "links", "shared", "1.0", {"shared.py": ""})
    ground.wheel(folder / "links", "shared", "2.0", {"shared.py": ""})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Guarded, directory=str(folder)))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kept = ground.copy(scenario("sound").prefix, tmp_path_factory.mktemp("kept"))
    here = ground.compiled(Ground(kept, folder, tmp_path_factory.mktemp("home")))
    here.web = f"http://me:{SECRET}@127.0.0.1:{server.server_port}/simple"
    yield here
    server.shutdown()
    server.server_close()


def _plan(here: Ground, line: str, watch: Watch | None = None, **variables: str) -> Transaction:
    command = here.command(line, variables)
    target = Target(str(here.prefix), str(here.prefix / "bin" / "python"))
    planner = uv.plan if command.tool is Tool.UV else pip.plan
    return planner(command, target, by_import(here.prefix), here.place(variables), watch=watch or Watch())


LINKS = "--no-index --find-links links"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (f"{{pip}} install {LINKS} one two", "pip finds no versions that go together: "),
        (f"{{uv}} install {{py}} {LINKS} one two", "uv finds no versions that go together: "),
        (f"{{pip}} install {LINKS} shared==3", "pip finds no version for shared==3"),
        (f"{{pip}} install {LINKS} nowhere", "pip finds nothing to install for nowhere"),
        (
            f"{{uv}} install {{py}} {LINKS} nowhere",
            "uv finds no versions that go together: Because nowhere was not found",
        ),
        (f"{{pip}} install {LINKS} --require-hashes shared", "a requirement has no hash"),
        ("{pip} install -r not-there.txt", "pip gives up: Could not open requirements file"),
        ("{uv} install {py} --user six", "uv does not install into the user's folder"),
    ],
)
def test_a_refusal_is_told_in_our_words(line: str, says: str, field: Ground):
    told = _plan(field, line)
    assert told.refusal is not None, told
    assert told.refusal.english().startswith(says)
    assert (told.comes, told.unknown) == ((), ())


@pytest.mark.parametrize("tool", ["{pip} install --retries 0", "{uv} install {py}"])
def test_no_network_is_no_refusal(tool: str, field: Ground):
    told = _plan(field, f"{tool} --index-url http://127.0.0.1:9/simple toolz", UV_HTTP_RETRIES="0")
    assert told.refusal is None
    [unknown] = told.unknown
    assert "cannot reach the index" in unknown.english()


@pytest.mark.parametrize("tool", ["{pip} install", "{uv} install {py}"])
def test_a_password_reaches_the_index_and_nobody_else(tool: str, field: Ground):
    for line, variables in (
        (f"{tool} --index-url {field.web} demo", {}),
        (f"{tool} demo", {"PIP_INDEX_URL": field.web, "UV_INDEX_URL": field.web}),
    ):
        told = api.forecast(field.command(line, variables), field.place(variables), alternatives=False)
        assert [(each.name, each.version) for each in told.installs] == [("demo", "1.0")]
        assert SECRET not in repr(told)
        told = api.forecast(
            field.command(line.replace("demo", "absent"), variables), field.place(variables), alternatives=False
        )
        assert told.outcome in (Outcome.REFUSED, Outcome.UNKNOWN)
        assert SECRET not in repr(told)


@pytest.mark.parametrize("tool", ["{pip} install", "{uv} install {py}"])
def test_a_forecast_ends_in_time_and_when_it_is_cancelled(tool: str, field: Ground):
    began = time.monotonic()
    told = _plan(field, f"{tool} --index-url {field.web} slow", Watch(1.5))
    assert [each.english().partition(" did")[2] for each in told.unknown] == [" not answer within 1.5 s"]
    said: list[str] = []
    stop = threading.Event()
    threading.Timer(1.5, stop.set).start()
    watch = Watch(60, lambda text: said.append(text.english()), stop.is_set)
    told = _plan(field, f"{tool} --index-url {field.web} slow", watch)
    assert [each.english() for each in told.unknown] == ["it was cancelled before there was an answer"]
    assert time.monotonic() - began < 15
    if tool.startswith("{uv"):
        assert said


def test_progress_names_what_pip_looks_at(field: Ground):
    said: list[str] = []
    _plan(field, f"{{pip}} install {LINKS} one", Watch(60, lambda text: said.append(text.english())))
    assert said
    assert all(each.startswith("pip looks at ") for each in said)


def test_an_environment_without_a_pip_or_with_an_old_one_is_asked_by_another(field: Ground, tmp_path: Path):
    require("network")
    here = field.at(ground.copy(field.prefix, tmp_path / "old"))
    here.run("{pip} install --quiet pip==21.3.1")
    told = _plan(here, f"{{pip}} install {LINKS} one")
    assert [each.name for each in told.comes] == ["one", "shared"]
    [note] = told.unknown
    assert note.english() == "pip 21.3.1 cannot foretell; a newer one was asked, which may choose otherwise"
    here.run("{pip} uninstall --quiet --yes pip")
    told = _plan(here, f"{{pip}} install {LINKS} one")
    assert ([each.name for each in told.comes], told.unknown) == (["one", "shared"], ())


def test_pep_668_and_what_cannot_be_taken_off_are_refusals(field: Ground, tmp_path: Path):
    here = field.at(ground.copy(field.prefix, tmp_path))
    (here.site / "tabulate-0.9.0.dist-info/RECORD").unlink()
    for line in ("{pip} uninstall -y tabulate", "{uv} uninstall {py} tabulate"):
        told = _plan(here, line)
        assert told.refusal is not None
        assert "its RECORD is not there" in told.refusal.english()
    (here.site.parent / "EXTERNALLY-MANAGED").write_text("[externally-managed]\n", encoding="utf-8")
    for line in ("{pip} install six", "{pip} uninstall -y six", "{uv} install {py} six"):
        told = _plan(here, line)
        assert told.refusal is not None
        assert "PEP 668" in told.refusal.english()
    assert _plan(here, f"{{pip}} install {LINKS} --break-system-packages shared").refusal is None


def test_what_is_in_the_users_folder_is_taken_off_there(field: Ground):
    base = field.home / ".local" / "lib" / field.site.parent.name / "site-packages"
    base.mkdir(parents=True)
    (base / "six-1.15.0.dist-info").mkdir()
    (base / "six-1.15.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: six\nVersion: 1.15.0\n")
    assert _plan(field, "{pip} uninstall -y six").goes == ()
    [gone] = _plan(field, "{pip} uninstall -y six", PYTHONNOUSERSITE="1").goes
    assert gone.endswith("six-1.16.0.dist-info")


def test_the_text_of_uv_is_understood_like_its_json(field: Ground):
    command = field.command("{uv} install {py} x")
    lines = " - six==1.16.0 (from file:///x.whl)\n + pysocks==1.7.1\n ~ idna==3.10\n + demo @ file:///w/demo-1.0-py3-none-any.whl\n"
    ran = dataclasses.replace(uv.Ran(0, "", ""), stderr=f"Resolved 3 packages\n{lines}")
    assert uv._changes(ran) == (
        ("-", "six", "1.16.0"),
        ("+", "pysocks", "1.7.1"),
        ("~", "idna", "3.10"),
        ("+", "demo", "1.0"),
    )
    assert uv._changes(uv.Ran(0, "{broken", "")) is None
    assert command.tool is Tool.UV


def test_nobody_is_shown_a_secret_that_a_tool_repeats():
    told = refusals.of_pip(f"ERROR: HTTP error 403 for https://me:{SECRET}@host/simple/x\n").refusal
    assert told is not None
    assert SECRET not in told.english()
    assert os.sep not in told.english().partition("http")[0]
