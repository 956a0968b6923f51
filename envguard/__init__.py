"""envguard: whether conda and pip agree about the environment behind a notebook kernel.

In a notebook: `%load_ext envguard`, then `%envcheck`, or `%envpanel` for a panel that can be refreshed. In Python:
`envguard.inspect()` returns the report, `envguard.panel()` the panel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envguard._version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from envguard.model import Report

__all__ = ["__version__", "inspect", "load_ipython_extension", "panel", "unload_ipython_extension"]


def inspect(prefix: str | Path | None = None) -> Report:
    """The report on a prefix, by default the running interpreter's own."""
    from envguard import api

    return api.inspect(prefix)


def panel(prefix: str | Path | None = None) -> Any:
    """A panel that shows the report and can check again; plain HTML where ipywidgets does not work."""
    from envguard.frontends import panel as frontend

    return frontend.panel(prefix)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """What Jupyter's server loads: reports on the environments of its kernels."""
    from envguard.frontends.server.app import EnvguardApp

    return [{"module": "envguard", "app": EnvguardApp}]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext envguard`: registers `%envcheck` and `%envpanel`, and imports nothing that takes time."""
    from envguard.frontends import magic

    magic.register(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """`%unload_ext envguard`: takes both magics away again."""
    from envguard.frontends import magic

    magic.unregister(shell)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where `jupyter labextension develop` finds what was built from labextension/."""
    return [{"src": "labextension", "dest": "@jupyter-envguard/labextension"}]
