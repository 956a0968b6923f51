"""Every cause that envguard knows, the particular before the general."""

from __future__ import annotations

from envguard.why import cuda, general, libraries, modules, numerics, runtime, symbols

ROWS = (
    *numerics.ROWS,
    *symbols.ROWS,
    *runtime.ROWS,
    *cuda.ROWS,
    *libraries.ROWS,
    *modules.ROWS,
    *general.ROWS,
)
