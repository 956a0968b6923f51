"""What the ledger is to remember, from what a front end knows."""

from __future__ import annotations

import dataclasses
import datetime
import os
import re
import subprocess
import sys

import pytest

from envguard import api, ledger
from envguard.change_report import Changed, Done
from envguard.changes import remember
from envguard.forecast_report import Depth, Foreseen
from envguard.ledger_entry import Deed
from envguard.model import Change, text
from tests.render.forecasts import FORECASTS

PLACE = api.place()
NUMPY = Change("numpy", "1.26.4", "2.1.0")
SIX = Change("six", "1.16", None)


def foreseen(name: str, version: str | None, was: str | None) -> Foreseen:
    return Foreseen(name, version, was, "pip", None)


def forecast(depth: Depth, *comes: Foreseen, goes: tuple[Foreseen, ...] = (), **more: object):
    told = dataclasses.replace(FORECASTS["full"], depth=depth, installs=(), replaces=comes, removes=goes, refusal=None)
    return dataclasses.replace(told, **{"unknown": (), **more})


def changed(*changes: Change) -> Changed:
    return Changed((Done("pip", changes),) if changes else ())


UP = foreseen("numpy", "2.1.0", "1.26.4")
SOME = foreseen("numpy", None, "1.26.4")
GONE = foreseen("six", None, "1.16")
FULL, QUICK = Depth.FULL, Depth.QUICK


@pytest.mark.parametrize(
    ("told", "happened", "kept"),
    [
        (forecast(FULL, UP), (NUMPY,), True),
        (forecast(FULL, UP), (NUMPY, SIX), False),
        (forecast(FULL, UP), (), False),
        (forecast(FULL, UP), (Change("numpy", "1.26.4", "2.2.0"),), False),
        (forecast(FULL, UP, goes=(GONE,)), (NUMPY, SIX), True),
        (forecast(FULL, UP, goes=(GONE,)), (NUMPY, Change("six", "1.16", "1.17")), False),
        (forecast(FULL), (), True),
        (forecast(FULL), (NUMPY,), False),
        (forecast(FULL, unknown=(text("x"),)), (NUMPY,), None),
        (forecast(FULL, UP, refusal=text("no")), (), None),
        (forecast(QUICK, UP), (NUMPY, SIX), True),
        (forecast(QUICK, SOME), (NUMPY,), True),
        (forecast(QUICK, SOME), (SIX,), False),
        (forecast(QUICK, SOME), (Change("numpy", "1.26.4", None),), False),
        (forecast(QUICK), (NUMPY,), None),
        (None, (NUMPY,), None),
    ],
)
def test_whether_a_forecast_was_kept(told, happened, kept):
    assert remember.kept(told, changed(*happened)) is kept


def test_an_entry(tmp_path):
    command = api.command(("pip", "install", "--index-url", "https://me:p1anted@h/s", "numpy==2.1.0"), PLACE)
    began = datetime.datetime(2026, 3, 14, 9, 26, 53, 5, tzinfo=datetime.timezone.utc)
    entry = remember.entry(
        Deed.INSTALL,
        changed(NUMPY),
        command=command,
        forecast=forecast(FULL, UP),
        whence=remember.whence("c1", 3),
        began=began,
        failed=False,
    )
    assert re.fullmatch(r"20260314T092653Z-[0-9a-f]{6}", entry.id)
    assert datetime.datetime.fromisoformat(entry.when) == began.replace(microsecond=0)
    assert (entry.tool, entry.verb, entry.kept, entry.failed) == ("pip", "install", True, False)
    assert entry.command == ("pip", "install", "--index-url", "https://h/s", "numpy==2.1.0")
    assert (entry.whence.cell, entry.whence.count, entry.whence.process) == ("c1", 3, os.getpid())
    assert ledger.append(tmp_path, entry) is None
    assert ledger.read(tmp_path).entries == (entry,)


def test_what_was_found_comes_from_nowhere():
    entry = remember.entry(Deed.FOUND, changed(NUMPY))
    assert (entry.command, entry.tool, entry.kept) == ((), None, None)
    assert entry.whence == type(entry.whence)()


@pytest.mark.parametrize(
    ("variables", "namespace", "notebook"),
    [
        ({"JPY_SESSION_NAME": "/home/me/a.ipynb"}, {}, "/home/me/a.ipynb"),
        ({"JPY_SESSION_NAME": "/home/me/console-1-5f0d7a4c"}, {}, None),
        ({"JPY_SESSION_NAME": "/home/me/a.ipynb"}, {"__vsc_ipynb_file__": "/code/b.ipynb"}, "/code/b.ipynb"),
        ({}, {"__vsc_ipynb_file__": object()}, None),
        ({}, {}, None),
    ],
)
def test_from_which_notebook(monkeypatch, variables, namespace, notebook):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert remember.whence(namespace=namespace).notebook == notebook


def test_a_user_without_a_name():
    if not hasattr(os, "setuid") or os.geteuid() != 0:
        pytest.skip("only root can become nobody in particular")
    code = "import os, pwd; from envguard.changes import remember; os.setuid(54321); print(remember.whence().user)"
    variables = {k: v for k, v in os.environ.items() if k not in ("LOGNAME", "USER", "LNAME", "USERNAME")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=variables, check=False)
    assert done.stdout == "None\n", done.stderr


def test_names_are_in_the_order_of_time():
    day = datetime.datetime(2026, 3, 14, 1, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=5)))
    ids = [remember.new_id(day + datetime.timedelta(seconds=number)) for number in range(5)]
    assert ids == sorted(ids)
    assert ids[0].startswith("20260313T200000Z-")
