"""The comparison with the disk as the probe runs it: on the oldest Python, alone, and without harm to odd modules."""

from __future__ import annotations

import json
import subprocess
import sys
import types
from typing import TYPE_CHECKING

import pytest

from envguard.probe import stale
from tests.require import require

if TYPE_CHECKING:
    from pathlib import Path

ALONE = """
import asyncio, json, os, sys, unittest.mock
space = {"__name__": "alone"}
exec(open(sys.argv[1]).read(), space)
told = [{"name": name, "file": getattr(module, "__file__", None)} for name, module in sys.modules.items() if name != "__main__"]
print(json.dumps(space["mark"]({"started": 1.0, "modules": told, "mapped": []}, 60)["modules"]))
"""


@pytest.mark.parametrize("version", ["3.8", f"{sys.version_info[0]}.{sys.version_info[1]}"])
def test_the_standard_library_is_what_its_files_say(version: str):
    python = require(f"python{version}")
    done = subprocess.run([python, "-c", ALONE, stale.__file__], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert len(told) > 50
    assert [each for each in told if each.get("stale")] == []


def test_odd_modules_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "odd.py"
    file.write_text("x = 1\n")

    class Touchy(types.ModuleType):
        def __getattribute__(self, name):
            raise AssertionError(name)

    monkeypatch.setitem(sys.modules, "odd", Touchy("odd"))
    facts = {"started": 1.0, "modules": [{"name": "odd", "file": str(file)}], "mapped": None}
    assert stale.mark(facts)["modules"][0]["stale"] == "changed"


def test_nothing_is_compared_without_a_start():
    facts = {"started": None, "modules": [{"name": "json", "file": json.__file__}], "mapped": None}
    assert "stale" not in stale.mark(facts)["modules"][0]


def test_time_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "slow_one.py").write_text("def f():\n    return 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    __import__("slow_one")
    told = {"name": "slow_one", "file": str(tmp_path / "slow_one.py")}
    assert stale.mark({"started": 1.0, "modules": [dict(told)], "mapped": []}, -1)["modules"][0]["stale"] == "changed"
    assert stale.mark({"started": 1.0, "modules": [dict(told)], "mapped": []})["modules"][0]["stale"] is None
    del sys.modules["slow_one"]
