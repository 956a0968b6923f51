from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import envguard
from envguard.frontends import arguments, output
from tests.render.forms import RENDERERS

from .reports import REPORTS

ROOT = Path(envguard.__file__).parents[1]
HEAVY = ("rich", "pygments", "jsonschema", "IPython", "subprocess", "asyncio")


def test_every_format_that_is_offered_is_tested() -> None:
    """The command line names the formats apart, so that its help needs no renderer."""
    assert set(arguments.REPORT_FORMATS) == set(output.FORMATS) == set(RENDERERS)


@pytest.mark.parametrize("form", RENDERERS)
@pytest.mark.parametrize("name", REPORTS)
def test_every_renderer_tells_every_report(form, name):
    told = RENDERERS[form](REPORTS[name])
    assert told.endswith("\n")
    assert not told.endswith("\n\n")


def test_importing_it_is_light():
    code = f"import sys, tests.render.forms; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, timeout=60, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
