"""envguard: whether conda and pip agree about the environment behind a notebook kernel."""

from envguard._version import __version__

__all__ = ["__version__"]
