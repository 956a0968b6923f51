"""The event that a kernel's environment has changed, for whoever listens on Jupyter's event bus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SCHEMA_ID = "https://events.jupyter.org/jupyter_envguard/environment_changed/v1"
"""A name, not a place; it begins as those of Jupyter's own do."""


def register(logger: Any) -> None:
    """Makes the event known, at the start of a server: who listens to all events hears those that are known by then."""
    logger.register_event_schema(Path(__file__).with_name("environment_changed.v1.yaml"))


def environment_changed(logger: Any, kernel: str, environment: str | None, verdict: str, phase: str) -> None:
    """Tells that the report on a kernel's environment is another than the last one."""
    data = {"kernel_id": kernel, "environment_id": environment, "verdict": verdict, "phase": phase}
    logger.emit(schema_id=SCHEMA_ID, data=data)
