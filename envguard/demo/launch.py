"""Starts a Jupyter kernel in an environment that has none: ipykernel and envguard come from the folders in ENVGUARD_DEMO_LIBRARIES.

Run by its path, with the demonstration's Python. Those folders come last, so that whatever the environment has itself is
its own; and of the environment that is active where the server was started, nothing is left.
"""

import os
import sys

_STEERS = ("CONDA_", "MAMBA_", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")


def main() -> None:
    """Becomes the kernel."""
    sys.path[0:1] = []  # the folder of this file
    sys.path += os.environ.pop("ENVGUARD_DEMO_LIBRARIES").split(os.pathsep)
    for name in [name for name in os.environ if name.startswith(_STEERS)]:
        del os.environ[name]
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


if __name__ == "__main__":
    main()
