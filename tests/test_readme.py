"""The README says what is so: its outputs and tables are compared with the real ones.

ENVGUARD_REGOLD=1 writes them anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from envguard.rules import RULES
from tests.cases.place import Place
from tests.cuda import stubs
from tests.cuda.builders import conda_python, toolkit, torch_conda
from tests.envs import scenarios
from tests.envs.wheelhouse import Unavailable
from tests.require import absent, require

README = Path(__file__).parents[1] / "README.md"


def run(*arguments: str, code: int = 0, **variables: str) -> str:
    env = {**os.environ, "COLUMNS": "90", "NO_COLOR": "1", "PYTHONUTF8": "1", **variables}
    for name in ("CONDA_EXE", "MAMBA_EXE"):
        env.pop(name, None)
    env["PATH"] = variables.get("PATH", str(Path(sys.executable).parent))
    command = [sys.executable, "-m", "envguard", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False, encoding="utf-8")
    assert done.returncode == code, done.stderr
    return done.stdout


def demo() -> str:
    """Temporary names and the date are not compared."""
    shown = re.sub(r"/\S*?/envguard-\w+/demo", "/tmp/demo", run("demo"))
    shown = re.sub(r"(envguard [\d.]+), \S+", r"\1", shown)
    return f"```text\n{shown.strip()}\n```"


def cuda() -> str:
    """On a torch that conda chose without CUDA, with a driver of the tests' own in the place of NVIDIA's."""
    require("posix_prefix")
    driver = stubs.variables(version=12020, release="535.104.05", gpus=(("NVIDIA A100", "8.0"),))
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder, "lab"), "own")
        conda_python(place)
        torch_conda(toolkit(place, "12.1"), "2.5.1", None, channel="conda-forge")
        shown = run("cuda", "--python", str(place.python), code=1, **driver)
    shown = re.sub(r"/\S*?/lab\b", "/opt/envs/lab", shown)
    shown = re.sub(r"(·\s+)?/\S+/libcuda", lambda match: f"{'· ' if match[1] else ''}/usr/lib/libcuda", shown)
    shown = re.sub(r"(envguard [\d.]+), \S+", r"\1", shown)
    return f"```text\n{shown.strip()}\n```"


def forecast() -> str:
    """On an environment that conda has made and nobody has touched."""
    require("network")
    try:
        prefix = scenarios.get("clean", "conda").prefix
    except Unavailable as error:
        absent("linux-64", str(error))
    # by its name, since the length of a path would decide where the lines break
    words = ("pip", "install", "numpy==2.3.5", "tabulate==0.9.0")
    shown = run("forecast", "--", *words, code=1, PATH=str(prefix / "bin")).replace(str(prefix), "/opt/envs/clean")
    shown = re.sub(r"file://\S*/channels/\w+", "file:///opt/channel", shown)
    shown = re.sub(r"(envguard [\d.]+), \S+", r"\1", shown)
    return f"```text\n{shown.strip()}\n```"


def help_text() -> str:
    return f"```text\n{run('--help').strip()}\n```"


def rules() -> str:
    lines = ["| code | rule | what it finds | at worst |", "| --- | --- | --- | --- |"]
    lines += [f"| EG{rule.code} | `{rule.id}` | {rule.title} | {rule.severity.value} |" for rule in RULES]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("name", "make"), [("demo", demo), ("forecast", forecast), ("cuda", cuda), ("help", help_text), ("rules", rules)]
)
def test_the_readme_shows_the_real_thing(name: str, make: type) -> None:
    text = README.read_text(encoding="utf-8")
    section = re.compile(rf"(?s)<!-- {name} -->\n(.*?)<!-- /{name} -->")
    expected = f"{make()}\n"
    if os.environ.get("ENVGUARD_REGOLD"):
        text = section.sub(lambda _: f"<!-- {name} -->\n{expected}<!-- /{name} -->", text)
        README.write_text(text, encoding="utf-8")
    (shown,) = section.findall(text)
    if name == "help" and sys.version_info >= (3, 13):  # which puts its columns and the values of options elsewhere
        shown, expected = shown.split(), expected.split()
    assert shown == expected


def test_every_file_it_names_is_there() -> None:
    text = README.read_text(encoding="utf-8")
    for name in re.findall(r"\]\(([^)#]+)\)|`((?:envguard|tests)/[^`]*)`", text):
        path = name[0] or name[1]
        assert (README.parent / path).exists(), path
