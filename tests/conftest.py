"""What all tests share: a home of their own, English, the fixtures for real environments, and what this machine lacked."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import settings

from tests import order, require
from tests.envs import cache

if TYPE_CHECKING:
    import pytest

pytest_plugins = ("tests.envs.fixtures",)

# the same examples each time, so that a change is what makes a test fail; HYPOTHESIS_PROFILE=default looks for new ones
settings.register_profile("same", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

_HOME = tempfile.TemporaryDirectory(prefix="envguard-home-")


def pytest_configure() -> None:
    """Moves the home folder away: a developer's .condarc, kernelspecs and environments are no part of a test.

    What a test may use of the real home, the cache of built environments and pyenv, is named before.
    """
    os.environ.setdefault("ENVGUARD_TEST_CACHE", str(cache.root()))
    os.environ.setdefault("PYENV_ROOT", str(Path.home() / ".pyenv"))
    os.environ.update(HOME=_HOME.name, USERPROFILE=_HOME.name)
    for name in (
        "CONDARC",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "JUPYTER_PATH",
        "JUPYTER_DATA_DIR",
        "JUPYTER_CONFIG_DIR",
        "JUPYTERLAB_SETTINGS_DIR",
        "JPY_SESSION_NAME",
        "JPY_PARENT_PID",
        "LC_ALL",
        "LC_MESSAGES",
    ):
        os.environ.pop(name, None)
    os.environ.update(LANGUAGE="en", LANG="C.UTF-8")  # whatever this machine's: tests read what is said
    # a shell ignores Ctrl-C for what it starts in the background, and so would every child after it
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        with contextlib.suppress(ValueError):  # only the main thread may
            signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Has the files begun first that take longest."""
    order.longest_first(items)


def pytest_unconfigure() -> None:
    """Removes the home of the tests."""
    _HOME.cleanup()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says at the end what was not tested for want of something."""
    if require.ABSENT:
        terminalreporter.section("not met on this machine")
        require.summary(terminalreporter.write_line)
