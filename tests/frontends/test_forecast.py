"""`envguard forecast` and `%envcheck forecast`: as commands on a real environment, and in a real shell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest
from IPython.utils.capture import capture_output

from envguard.forecast_report import Depth, Forecast
from envguard.frontends import cli
from envguard.render.schemas import schema_of
from tests.frontends.shells import a_shell
from tests.require import require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from tests.envs.scenarios import Scenario

    Scenarios = Callable[..., Scenario]


def test_at_a_glance(scenario: Scenarios, capsys: pytest.CaptureFixture[str]):
    pip = str(scenario("clean").prefix / "bin/pip")
    assert cli.main(["forecast", "--quick", "--", pip, "install", "numpy==2.3.5"]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith("✗ harmful  clean:")
    assert "pip would replace conda's numpy 1.26.4 with 2.3.5" in shown


def test_what_changes_nothing_is_harmless(scenario: Scenarios, capsys: pytest.CaptureFixture[str]):
    python = str(scenario("clean").python)
    assert cli.main(["forecast", "--quick", "--", python, "-m", "pip", "install", "numpy"]) == 0
    assert "nothing would change" in capsys.readouterr().out


def test_by_the_resolver_for_a_program(scenario: Scenarios, capsys: pytest.CaptureFixture[str]):
    require("network")
    found = scenario("clean")
    pip = str(found.prefix / "bin/pip")
    before = sorted(path.name for path in found.site.iterdir())
    assert cli.main(["forecast", "--format", "json", "--", pip, "install", "numpy==2.3.5", "tabulate==0.9.0"]) == 1
    told = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(schema_of("forecast")).validate(told)
    assert told["depth"] == "full"
    assert [(each["name"], each["was"], each["version"], each["owner"]) for each in told["replaces"]] == [
        ("numpy", "1.26.4", "2.3.5", "conda")
    ]
    assert [(each["name"], each["version"]) for each in told["installs"]] == [("tabulate", "0.9.0")]
    assert {"EG102", "EG130"} <= {each["code"] for each in told["new_findings"]}
    assert sorted(path.name for path in found.site.iterdir()) == before


def test_html(scenario: Scenarios, capsys: pytest.CaptureFixture[str]):
    pip = str(scenario("clean").prefix / "bin/pip")
    assert cli.main(["forecast", "--quick", "--format", "html", "--", pip, "uninstall", "-y", "pandas"]) == 1
    assert "<title>forecast for clean · envguard</title>" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["pip", "list"], ["ls"], ["pip", "install", "--dry-run", "x"], ["echo", "pip install x"]]
)
def test_what_installs_nothing_has_no_forecast(words: list[str], capsys: pytest.CaptureFixture[str]):
    assert cli.main(["forecast", "--", *words]) == 2
    assert "not one command that installs or removes" in capsys.readouterr().err


def test_a_command_is_needed(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["forecast"]) == 2
    assert "COMMAND" in capsys.readouterr().err


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    with a_shell(tmp_path, monkeypatch) as made:
        yield made


def test_the_magic(shell: InteractiveShell, scenario: Scenarios):
    pip = scenario("clean").prefix / "bin/pip"
    with capture_output() as said:
        shell.run_line_magic("envcheck", f"--quick -o told forecast !{pip} install --upgrade 'numpy>=2'")
    told = shell.user_ns["told"]
    assert isinstance(told, Forecast)
    assert (told.depth, told.tool, [each.name for each in told.replaces]) == (Depth.QUICK, "pip", ["numpy"])
    [shown] = said.outputs
    assert "eg-head eg-broken" in shown.data["text/html"]


def test_the_magic_without_a_sign_means_this_kernel(shell: InteractiveShell):
    with capture_output():
        shell.run_line_magic("envcheck", "--quick -o told forecast pip install a-package-that-is-not-there")
    assert shell.user_ns["told"].is_kernel is True


def test_the_magic_says_what_is_no_install(shell: InteractiveShell):
    with capture_output() as said:
        shell.run_line_magic("envcheck", "forecast !ls")
        shell.run_line_magic("envcheck", "-o 1x forecast pip install x")
    assert said.stderr.count("envguard: ") == 2
    assert "not the name of a variable" in said.stderr
