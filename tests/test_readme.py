"""The README says what is so: its outputs and tables are compared with the real ones.

ENVGUARD_REGOLD=1 writes them anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from envguard.rules import RULES

README = Path(__file__).parents[1] / "README.md"


def run(*arguments: str) -> str:
    env = {**os.environ, "COLUMNS": "90", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    for name in ("CONDA_EXE", "MAMBA_EXE"):
        env.pop(name, None)
    env["PATH"] = str(Path(sys.executable).parent)
    command = [sys.executable, "-m", "envguard", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=True, encoding="utf-8")
    return done.stdout


def demo() -> str:
    """Temporary names and the date are not compared."""
    shown = re.sub(r"/\S*?/envguard-\w+/demo", "/tmp/demo", run("demo"))
    shown = re.sub(r"(envguard [\d.]+), \S+", r"\1", shown)
    return f"```text\n{shown.strip()}\n```"


def help_text() -> str:
    return f"```text\n{run('--help').strip()}\n```"


def rules() -> str:
    lines = ["| code | rule | what it finds | at worst |", "| --- | --- | --- | --- |"]
    lines += [f"| EG{rule.code} | `{rule.id}` | {rule.title} | {rule.severity.value} |" for rule in RULES]
    return "\n".join(lines)


@pytest.mark.parametrize(("name", "make"), [("demo", demo), ("help", help_text), ("rules", rules)])
def test_the_readme_shows_the_real_thing(name: str, make: type) -> None:
    text = README.read_text(encoding="utf-8")
    section = re.compile(rf"(?s)<!-- {name} -->\n(.*?)<!-- /{name} -->")
    expected = f"{make()}\n"
    if os.environ.get("ENVGUARD_REGOLD"):
        text = section.sub(lambda _: f"<!-- {name} -->\n{expected}<!-- /{name} -->", text)
        README.write_text(text, encoding="utf-8")
    (shown,) = section.findall(text)
    assert shown == expected


def test_every_file_it_names_is_there() -> None:
    text = README.read_text(encoding="utf-8")
    for name in re.findall(r"\]\(([^)#]+)\)|`((?:envguard|tests)/[^`]*)`", text):
        path = name[0] or name[1]
        assert (README.parent / path).exists(), path
