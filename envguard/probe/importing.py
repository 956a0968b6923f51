"""Whether modules can be imported: `python importing.py ANSWER MODULE...`, one line of JSON for each, written as it is known.

* Whoever started it may lose it in the middle of an import (a crash, a time limit): then the answer ends before that module.
* What a module prints is nobody's answer; nothing is written into the environment.
"""

from __future__ import annotations

import importlib
import json
import os
import sys


def main(answer: str, modules: list[str]) -> None:
    """Imports one after the other."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    sys.argv = [""]
    with open(answer, "a", encoding="utf-8") as file:
        for name in modules:
            try:
                importlib.import_module(name)
                says = None
            except BaseException as error:  # noqa: BLE001 - SystemExit, too
                lines = [line.strip() for line in str(error).splitlines() if line.strip()]
                says = "%s: %s" % (type(error).__name__, lines[0][:300] if lines else "")  # noqa: UP031
            file.write(json.dumps([name, says]) + "\n")
            file.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
    sys.stdout.flush()
    os._exit(0)  # threads and exit handlers of what was imported are nobody's business here
