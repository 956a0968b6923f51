"""What envguard is measured beside: other programs and plain operations on the same environment, where they are present."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def records(prefix: Path) -> list[Path]:
    return sorted((prefix / "conda-meta").glob("*.json"))


def read_bytes(prefix: Path) -> None:
    for path in records(prefix):
        path.read_bytes()


def read_json(prefix: Path) -> None:
    for path in records(prefix):
        json.loads(path.read_bytes())


def read_with_rattler(prefix: Path) -> None:
    import rattler

    for path in records(prefix):
        rattler.PrefixRecord.from_path(path)


def peers(prefix: Path) -> Iterator[tuple[str, Callable[[], None] | None]]:
    """Each peer's name, and how to run it once; None if it is not here."""
    yield "stdlib json of all records", lambda: read_json(prefix)
    yield "reading the bytes of all records", lambda: read_bytes(prefix)
    yield "py-rattler reading all records", (lambda: read_with_rattler(prefix)) if _has("rattler") else None
    pip = [sys.executable, "-m", "pip", "--python", str(prefix / "bin/python")] if _has("pip") else None
    for command in (["check"], ["inspect", "--path", str(_site(prefix))]):
        yield f"pip {command[0]}", _command([*pip, *command]) if pip else None
    uv = shutil.which("uv")
    yield "uv pip check", _command([uv, "pip", "check", "--python", str(prefix / "bin/python")]) if uv else None
    conda = shutil.which("conda")
    yield "conda list", _command([conda, "list", "--prefix", str(prefix)]) if conda else None


def openssl(processes: int) -> float | None:
    """Gigabytes that `openssl speed` hashes in a second on so many processors; None without openssl."""
    program = shutil.which("openssl")
    if program is None:
        return None
    ran = subprocess.run(
        [program, "speed", "-seconds", "1", "-bytes", "16384", "-multi", str(processes), "-evp", "sha256"],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"^sha256\s+([\d.]+)k", ran.stdout, re.MULTILINE)
    return float(found[-1]) * 1000 / 1e9 if found else None


def _site(prefix: Path) -> Path:
    return next(prefix.glob("lib/python*/site-packages"))


def _has(module: str) -> bool:
    from importlib.util import find_spec

    return find_spec(module) is not None


def _command(argv: list[str]) -> Callable[[], None]:
    return lambda: subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False) and None
