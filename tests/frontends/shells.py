"""A shell of IPython in this process, with the extension loaded."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from IPython.core.interactiveshell import InteractiveShell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest


@contextmanager
def a_shell(folder: Path, monkeypatch: pytest.MonkeyPatch, *, loaded: bool = True) -> Iterator[InteractiveShell]:
    """The one shell of this process while this holds; its own files lie in a folder, and nobody's history is read."""
    monkeypatch.setenv("IPYTHONDIR", str(folder))
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(ipython_dir=str(folder))
    if loaded:
        shell.run_line_magic("load_ext", "envguard")
    yield shell
    if loaded:
        shell.run_line_magic("unload_ext", "envguard")
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()
