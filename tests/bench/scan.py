"""How fast notebooks are scanned: many small ones, and a few large ones: `python -m tests.bench.scan [--quick]`."""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from envguard.scan.scan import scan

if TYPE_CHECKING:
    from collections.abc import Sequence

_CELL = "import numpy as np\nx = np.arange({n})\nfor each in x:\n    print(each, 'a line like many')\n"


def small(folder: Path, count: int) -> None:
    """Notebooks as people have them: twenty cells, two of which install, and outputs of a few lines."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        cells = [_code(_CELL.format(n=n), f"{n} a line like many\n" * 10) for n in range(18)]
        cells.insert(0, _code("!pip install six==1.16.0", "Requirement already satisfied: six\n"))
        cells.insert(9, _code("%conda install xz", "done\n"))
        (folder / f"{number:05}.ipynb").write_text(
            json.dumps({"cells": cells, "nbformat": 4}, indent=1), encoding="utf-8"
        )


def large(file: Path, megabytes: int) -> None:
    """One notebook with outputs of so many megabytes: lines of a log, and a picture."""
    line = "2024-01-01 00:00:00 INFO step 123456: loss 0.123456, nothing to be seen here at all\n"
    text = [line] * (megabytes * 700_000 // len(line))
    picture = {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo" * (megabytes * 300_000 // 11)}}
    cells = [_code("!pip install six==1.16.0", ""), {**_code("x", ""), "outputs": [{"output_type": "stream", "text": text}, picture]}]  # fmt: skip
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")


def timed(path: Path, *, fix: bool = False) -> tuple[float, int]:
    """Seconds of a processor, which others on the machine do not lengthen as they do a clock's; and findings."""
    start = time.process_time()
    found = scan([str(path)], fix=fix)
    return time.process_time() - start, len(found.remarks)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    counts, sizes = ((20, 40), (1, 2)) if options.quick else ((500, 1000, 2000), (25, 50, 100, 200))
    with tempfile.TemporaryDirectory(prefix="envguard-bench-") as name:
        folder = Path(name)
        small(folder / "warm", 5)
        timed(folder / "warm")
        for count in counts:
            small(folder / str(count), count)
            seconds, found = timed(folder / str(count))
            print(f"{count} small notebooks: {seconds:.2f} s, {count / seconds:.0f} a second, {found} findings")
        for megabytes in sizes:
            large(folder / f"{megabytes}.ipynb", megabytes)
            seconds, found = timed(folder / f"{megabytes}.ipynb")
            again, _ = timed(folder / f"{megabytes}.ipynb", fix=True)
            print(f"one notebook of {megabytes} MB: {seconds:.2f} s, {found} findings; with --fix {again:.2f} s")
            (folder / f"{megabytes}.ipynb").unlink()
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return 0


def _code(source: str, output: str) -> dict[str, object]:
    text = output.splitlines(keepends=True)
    outputs = [{"output_type": "stream", "name": "stdout", "text": text}] if text else []
    return {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": source.splitlines(keepends=True), "outputs": outputs}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
