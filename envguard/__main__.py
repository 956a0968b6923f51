"""`python -m envguard` is the command `envguard`; whoever stops it while it is still being imported sees no traceback, either."""

from __future__ import annotations

import sys


def main() -> int:
    """Runs the command with the words of this process, and returns its exit code."""
    try:
        from envguard.frontends.cli import main as run

        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
