"""`python -m envguard.demo FOLDER`: the living demonstration, and its kernel among those of this Python; for a Binder."""

from __future__ import annotations

import sys
from pathlib import Path

from envguard.demo import kernel, living

kernel.write(living.build(Path(sys.argv[1]).expanduser().absolute()), Path(sys.prefix, "share/jupyter/kernels"))
