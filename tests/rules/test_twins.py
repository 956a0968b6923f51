"""Two copies of a library in a real process, as the live probe sees them and the rules judge them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from envguard.machine import VendoredLibrary
from envguard.rules.arrow import arrow_mismatch
from envguard.rules.hdf5 import hdf5_mismatch
from envguard.rules.site import vendored_library_conflict
from envguard.rules.twins import Copy, copies, differ
from tests.require import require
from tests.rules.facts import PREFIX, SITE, dist, env, kernel, told

LIVE = """
import ctypes, json, sys
from envguard.probe import live
kept = [ctypes.CDLL(path) for path in sys.argv[1:]]
print(json.dumps([each["path"] for each in live.collect("kernel")["mapped"]]))
"""


def library(prefix: Path, relative: str) -> str:
    """A real shared library of that name, with nothing in it."""
    path = prefix / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        soname = path.name.partition(".so")[0] + ".so"
        command = (require("cc"), "-shared", "-fPIC", "-x", "c", os.devnull, f"-Wl,-soname,{soname}", "-o", str(path))
        subprocess.run(command, check=True, capture_output=True)
    return str(path)


def loaded(*paths: str) -> list[str]:
    """What a process that has loaded these has in memory."""
    if not sys.platform.startswith("linux"):
        pytest.skip("the libraries made here are ELF")
    command = (sys.executable, "-c", LIVE, *paths)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


WHEEL = dist("foolib")


@pytest.mark.parametrize(
    ("rule", "wheels", "condas", "severity"),
    [
        (hdf5_mismatch, "foolib.libs/libhdf5-7f639dcd.so.310.2.0", "libhdf5.so.310.3.0", "error"),
        (hdf5_mismatch, "foolib.libs/libhdf5-7f639dcd.so.310.3.0", "libhdf5.so.310.3.0", "warning"),
        (arrow_mismatch, "foolib/libarrow.so.1500", "libarrow.so.1400.2.0", "error"),
        (vendored_library_conflict, "foolib.libs/libopenblas64_p-r0-0cf96a72.3.23.dev.so", "libopenblas64_p-r0.3.21.so", "warning"),
    ],
)  # fmt: skip
def test_a_real_process(tmp_path, rule, wheels, condas, severity):
    prefix = Path(os.path.realpath(tmp_path))
    both = library(prefix, f"{SITE}/{wheels}"), library(prefix, f"lib/{condas}")
    stem = "libopenblas64_p-r0"
    twin = VendoredLibrary(stem, f"{SITE}/{wheels}", WHEEL.path, f"lib/{stem}.so", None)
    known = (twin,) if "openblas" in wheels else ()

    def judged(*paths: str) -> list[str]:
        where = env((), (WHEEL,), prefix=str(prefix), vendored=known, process=kernel(*loaded(*paths)))
        return [each.severity for each in told(rule, where)]

    assert judged(*both) == [severity]
    assert judged(both[0]) == (["info"] if known else [])


def test_a_link_to_the_same_file_is_no_second_copy(tmp_path):
    prefix = Path(os.path.realpath(tmp_path))
    real = library(prefix, "lib/libhdf5.so.310.3.0")
    link = prefix / "lib" / "libhdf5.so"
    link.symlink_to(Path(real).name)
    where = env(prefix=str(prefix), process=kernel(*loaded(real, str(link))))
    assert copies(where, "libhdf5") == (Copy(real, "310.3.0"),)


@pytest.mark.parametrize(
    ("files", "count", "unlike"),
    [
        (("lib/libhdf5.so.310.3.0", "x/libhdf5-7f639dcd.so.310.2.0"), 2, True),
        (("lib/libhdf5.310.dylib", "x/libhdf5.200.dylib"), 2, False),
        (("lib/libhdf5.so.310", "lib/libhdf5.so.310"), 1, False),
        (("lib/libhdf5_hl.so.310", "lib/libhdf5_cpp.so.310", "lib/libhdf5plugin.so"), 0, False),
    ],
)
def test_names(files, count, unlike):
    found = copies(env(process=kernel(*(f"{PREFIX}/{name}" for name in files))), "libhdf5")
    assert (len(found), differ(found)) == (count, unlike)
