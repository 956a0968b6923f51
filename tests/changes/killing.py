"""A process of envguard that is let end, or is not."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    import subprocess


def finished(process: subprocess.Popen[str], code: int = 0) -> str:
    """What it has said in the end."""
    said, _ = process.communicate(timeout=300)
    assert process.returncode == code, said
    return said


def kill(process: subprocess.Popen[str]) -> None:
    """Ends a process and all that it has started, as the end of a machine would."""
    family: list[psutil.Process] = []
    with contextlib.suppress(psutil.NoSuchProcess):
        todo = [psutil.Process(process.pid)]
        while todo:  # each is stopped before its children are counted, so that it starts no more
            each = todo.pop()
            with contextlib.suppress(psutil.NoSuchProcess):
                each.suspend()
                family.append(each)
                todo += each.children()
        for each in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(family, timeout=30)
    process.communicate()
