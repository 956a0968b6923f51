"""What all tests share: the fixtures for real environments, and the list of what this machine lacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import require

if TYPE_CHECKING:
    import pytest

pytest_plugins = ("tests.envs.fixtures",)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says at the end what was not tested for want of something."""
    if require.ABSENT:
        terminalreporter.section("not met on this machine")
        require.summary(terminalreporter.write_line)
