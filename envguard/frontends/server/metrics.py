"""What the server counts, on the `/metrics` of Jupyter's server; made when it is first counted."""

from __future__ import annotations

from functools import cache
from typing import Any


def counted(name: str, kind: str, outcome: str, seconds: float) -> None:
    """Counts one piece of work (`scan` or `job`) and how long it took."""
    total, duration = _metrics(name)
    total.labels(kind, outcome).inc()
    duration.labels(kind).observe(seconds)


@cache
def _metrics(name: str) -> tuple[Any, Any]:
    from prometheus_client import REGISTRY, Counter, Histogram

    said = {"scan": "Looks at environments by worker processes", "job": "Forecasts and undos"}[name]
    try:
        return (
            Counter(f"envguard_{name}s", said, ("kind", "outcome")),
            Histogram(f"envguard_{name}_seconds", f"{said}, in seconds", ("kind",)),
        )
    except ValueError:  # this module was imported anew, and the registry still has what the first import made
        known = REGISTRY._names_to_collectors  # noqa: SLF001 - there is no other way to ask for them
        return known[f"envguard_{name}s_total"], known[f"envguard_{name}_seconds"]
