"""Every cause that envguard knows, the particular before the general."""

from __future__ import annotations

from envguard.why import crashes, cuda, departed, general, libraries, modules, numerics, requirements, runtime, symbols

ROWS = (
    *numerics.ROWS,
    *symbols.ROWS,
    *runtime.ROWS,
    *cuda.ROWS,
    *libraries.ROWS,
    *departed.ROWS,
    *requirements.ROWS,
    *modules.ROWS,
    *crashes.ROWS,
    *general.ROWS,
)
