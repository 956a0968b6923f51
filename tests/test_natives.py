"""Real ELF files in a prefix of their own: what is told of them, and what the real loader says."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from envguard.library import Compiled
from envguard.rules.loader import libstdcxx_too_old, needed_library_missing, system_libcrypto, wrong_libstdcxx
from envguard.rules.openmp import two_openmp_runtimes
from envguard.surroundings.natives import libraries
from tests.envs import elves
from tests.envs.wheelhouse import isolated
from tests.require import absent, require
from tests.rules.facts import SITE, commands, dist, env, kernel, only, pkg, told

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ELF is Linux's format")

OLD = ("GLIBCXX_3.4", "GLIBCXX_3.4.28", "CXXABI_1.3")
NEW = (*OLD, "GLIBCXX_3.4.29", "GLIBCXX_3.4.30")


def offering(versions) -> dict[str, list[str]]:
    """One function for each version, named after it."""
    return {version: ["f_" + version.replace(".", "_")] for version in versions}


class Place:
    """A prefix whose Python finds the libraries beside it by an RPATH, as conda's does."""

    def __init__(self, root: Path) -> None:
        self.root = root / "lab"
        self.lib = self.root / "lib"
        self.python = elves.program(self.root / "bin" / "python", rpath="$ORIGIN/../lib")
        self.compiled: list[Compiled] = []
        self.conda = [pkg("python", "3.11.9", provides=())]
        self.dists = []

    def library(self, name: str, versions=(), folder: Path | None = None, **more) -> Path:
        offers = more.pop("offers", offering(versions))
        return elves.library((folder or self.lib) / name, soname=name, offers=offers, **more)

    def module(self, relative: str, owner, wants=(), needs=(), **more) -> Path:
        names = ["f_" + want.replace(".", "_") if "_" in want and "." in want else want for want in wants]
        path = elves.library(self.root / relative, wants=names, needs=needs, **more)
        self.compiled.append(Compiled(relative, getattr(owner, "record", None) or owner.path))
        return path

    def env(self, *mapped: str, variables=None, **more):
        process = kernel(*mapped, variables=variables, prefix=str(self.root), executable=str(self.python))
        where = env(
            self.conda, self.dists, prefix=str(self.root), compiled=tuple(self.compiled), process=process, **more
        )
        return dataclasses.replace(where, libraries=libraries(where))


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


FOOLIB = dist("foolib", "2.0")
EXT = f"{SITE}/foolib/_ext.so"


def newest(tmp_path: Path, name: str, versions) -> Path:
    """What a module was built with, which is not there any more."""
    return elves.library(tmp_path / "built" / name, soname=name, offers=offering(versions))


def test_a_module_that_needs_a_newer_cxx_library(place, tmp_path):
    built = newest(tmp_path, "libstdc++.so.6", NEW)
    place.library("libstdc++.so.6", OLD)
    place.dists = [FOOLIB]
    path = place.module(EXT, FOOLIB, wants=("GLIBCXX_3.4.29", "GLIBCXX_3.4"), needs=[built])
    assert "version `GLIBCXX_3.4.29' not found" in elves.refusal(place.python, path)
    place.conda.append(pkg("libstdcxx-ng", "9.3.0", provides=()))
    found = only(libstdcxx_too_old(place.env()))
    assert (found.subject, found.severity.value) == ("foolib", "error")
    assert "GLIBCXX_3.4.29" in found.message.english()
    assert commands(found) == [
        [f"/opt/conda/bin/conda install --prefix {place.root} libstdcxx-ng>=11.1.0"],
    ]
    assert told(needed_library_missing, place.env()) == []


def test_a_module_that_finds_what_it_needs(place):
    own = place.library("libstdc++.so.6", NEW)
    path = place.module(EXT, FOOLIB, wants=("GLIBCXX_3.4.29",), needs=[own])
    assert elves.refusal(place.python, path) is None
    where = place.env()
    assert [one.path for each in where.libraries for one in each.found or ()] == [
        f"{place.root}/bin/../lib/libstdc++.so.6"
    ]
    for rule in (wrong_libstdcxx, libstdcxx_too_old, system_libcrypto, needed_library_missing):
        assert told(rule, where) == []


@pytest.mark.parametrize(
    ("name", "versions", "rule"),
    [
        ("libstdc++.so.6", ("GLIBCXX_3.4", "GLIBCXX_3.4.29"), wrong_libstdcxx),
        ("libcrypto.so.3", ("OPENSSL_3.0.0", "OPENSSL_3.2.0"), system_libcrypto),
        ("libssl.so.3", ("OPENSSL_3.0.0", "OPENSSL_3.2.0"), system_libcrypto),
    ],
)
@pytest.mark.parametrize("enough", [False, True])
def test_a_variable_that_leads_away_from_the_own_library(place, tmp_path, name, versions, rule, enough):
    own = place.library(name, versions)
    place.library(name, versions if enough else versions[:1], folder=tmp_path / "cluster")
    path = place.module(f"{SITE}/_foo.so", FOOLIB, wants=versions, needs=[own], runpath="$ORIGIN")
    variable = str(tmp_path / "cluster")
    refusal = elves.refusal(place.python, path, library_path=variable)
    assert (refusal is None) == enough
    found = list(rule(place.env(variables={"LD_LIBRARY_PATH": variable})))
    if enough:
        assert found == []
        return
    assert f"version `{versions[1]}' not found" in refusal
    assert [each.severity.value for each in found] == ["error"]
    assert found[0].message.english().endswith(f"lacks {versions[1]}")
    assert commands(found[0]) == [["unset LD_LIBRARY_PATH"]]
    # the own one is found without the variable, so that nothing else is said
    assert told(libstdcxx_too_old, place.env(variables={"LD_LIBRARY_PATH": variable})) == []
    assert told(needed_library_missing, place.env(variables={"LD_LIBRARY_PATH": variable})) == []


@pytest.mark.parametrize(("missing", "there"), [("libssl.so.1.1", "libssl.so.3"), ("libfoo.so.1", "libfoo.so.2")])
def test_only_another_version_of_a_library_is_there(place, tmp_path, missing, there):
    built = elves.library(tmp_path / "built" / missing, soname=missing, offers=["f"])
    other = place.library(there, offers=["f"])
    owner = pkg("foolib", "2.0")
    place.conda += [owner]
    place.module(f"{SITE}/other.so", owner, wants=["f"], needs=[other])
    path = place.module(EXT, owner, wants=["f"], needs=[built])
    assert f"{missing}: cannot open shared object file" in elves.refusal(place.python, path)
    found = only(needed_library_missing(place.env()))
    assert found.message.english() == f"_ext.so needs {missing}, and only {there} is there"
    assert (found.subject, found.severity.value, found.certainty.value) == ("foolib", "error", "certain")
    assert commands(found) == [[f"/opt/conda/bin/conda update --prefix {place.root} foolib"]]


def test_a_wheels_own_library_that_is_gone(place):
    """What lands in a shared folder without its `.libs`, as numpy's core did."""
    libs = place.root / SITE / "foolib.libs"
    own = elves.library(libs / "libbar-39a31c03.2.18.so", soname="libbar-39a31c03.2.18.so", offers=["f"])
    place.dists = [FOOLIB]
    path = place.module(EXT, FOOLIB, wants=["f"], needs=[own], rpath="$ORIGIN/../foolib.libs")
    assert told(needed_library_missing, place.env()) == []
    own.unlink()
    assert "cannot open shared object file" in elves.refusal(place.python, path)
    found = only(needed_library_missing(place.env()))
    assert "libbar-39a31c03.2.18.so, which is nowhere to be found" in found.message.english()
    assert commands(found) == [[f"{place.root}/bin/python -m pip install --force-reinstall --no-deps foolib==2.0"]]


@pytest.mark.parametrize("versioned", [False, True])
def test_a_library_that_went_back_below_what_python_was_built_with(place, tmp_path, versioned):
    name, dynload = "libssl.so.1.0.0", "lib/python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so"
    old, new = (
        ({"V_1": ["first"]}, {"V_1": ["first"], "V_2": ["later"]}) if versioned else (["first"], ["first", "later"])
    )
    built = elves.library(tmp_path / "built" / name, soname=name, offers=new)
    place.library(name, offers=old)
    place.conda.append(pkg("openssl", "1.0.1", provides=()))
    path = place.module(dynload, place.conda[0], wants=["first", "later"], needs=[built])
    refusal = elves.refusal(place.python, path)
    assert ("version `V_2' not found" if versioned else "undefined symbol: later") in refusal
    found = only(needed_library_missing(place.env()))
    assert found.subject == "_ssl"
    assert ("V_2" if versioned else "later") in found.message.english()
    assert commands(found) == [[f"/opt/conda/bin/conda update --prefix {place.root} openssl"]]


def test_a_library_without_versions_that_is_the_right_one(place):
    own = place.library("libfoo.so.1", offers=["first", "later"])
    path = place.module(EXT, FOOLIB, wants=["first", "later"], needs=[own])
    assert elves.refusal(place.python, path) is None
    assert told(needed_library_missing, place.env()) == []


def test_what_another_package_loads_first_is_not_missing(place):
    """As extensions of torch: nothing leads to `torch/lib`, and `import torch` has loaded it."""
    carried = elves.library(place.root / SITE / "barlib" / "lib" / "libcore.so", soname="libcore.so", offers=["f"])
    path = place.module(EXT, FOOLIB, wants=["f"], needs=[carried])
    assert "cannot open shared object file" in elves.refusal(place.python, path)
    assert elves.refusal(place.python, carried, path) is None
    assert told(needed_library_missing, place.env()) == []
    carried.rename(carried.with_name("libcore_gpu.so"))
    assert [each.subject for each in told(needed_library_missing, place.env())]


@pytest.mark.parametrize("name", ["libcuda.so.1", "libnvidia-ml.so.1", "libcudart.so.12", "libpython3.11.so.1.0"])
def test_what_other_rules_or_nobody_can_tell(place, tmp_path, name):
    built = elves.library(tmp_path / "built" / name, soname=name, offers=["f"])
    place.module(EXT, FOOLIB, wants=["f"], needs=[built])
    assert told(needed_library_missing, place.env()) == []


def test_a_deep_module_is_told_with_less_weight(place, tmp_path):
    built = elves.library(tmp_path / "built" / "libfoo.so.1", soname="libfoo.so.1", offers=["f"])
    place.module(f"{SITE}/foolib/a/b/c/_part.so", FOOLIB, wants=["f"], needs=[built])
    found = only(needed_library_missing(place.env()))
    assert (found.severity.value, found.certainty.value) == ("warning", "likely")


def test_without_a_python_that_can_start_nothing_is_known(place, tmp_path):
    place.module(EXT, FOOLIB)
    place.python.write_text("#!/bin/sh\n")
    assert place.env().libraries is None


# ---- what a process has in memory


def in_memory(place: Place, *files: Path, library_path: str | None = None) -> tuple[str, ...]:
    """What the real loader has mapped in a real process."""
    return tuple(
        sorted(each for each in elves.mapped(place.python, *files, library_path=library_path) if ".so" in each)
    )


def test_a_kernel_that_loaded_an_older_cxx_library(place, tmp_path):
    own = place.library("libstdc++.so.6", NEW)
    other = place.library("libstdc++.so.6", OLD, folder=tmp_path / "system")
    place.library("libicu.so.73", needs=[own], wants=["f_GLIBCXX_3_4_30"])
    # a module that looks in its own folder first, as wheels do
    first = place.module(EXT, FOOLIB, wants=("GLIBCXX_3.4",), needs=[own], runpath=str(other.parent))
    where = place.env(*in_memory(place, first))
    found = only(wrong_libstdcxx(where))
    assert found.severity.value == "error"
    assert {each.source for each in found.evidence} == {str(other), str(own), str(place.lib / "libicu.so.73")}
    refusal = elves.refusal(place.python, first, place.lib / "libicu.so.73")
    assert "version `GLIBCXX_3.4.30' not found" in refusal


def test_a_kernel_whose_other_cxx_library_offers_everything(place, tmp_path):
    own = place.library("libstdc++.so.6", OLD)
    other = place.library("libstdc++.so.6", NEW, folder=tmp_path / "system")
    first = place.module(EXT, FOOLIB, wants=("GLIBCXX_3.4",), needs=[own], runpath=str(other.parent))
    assert told(wrong_libstdcxx, place.env(*in_memory(place, first))) == []


def test_a_kernel_with_two_cxx_libraries(place, tmp_path):
    own = place.library("libstdc++.so.6", OLD)
    other = place.library("libstdc++.so.6", OLD, folder=tmp_path / "system")
    mapped = in_memory(place, own, other)
    assert {str(own), str(other)} <= set(mapped)
    found = only(wrong_libstdcxx(place.env(*mapped)))
    assert (found.severity.value, found.message.english()) == (
        "warning",
        "the kernel has loaded two copies of libstdc++.so.6",
    )
    assert told(wrong_libstdcxx, place.env(*in_memory(place, own))) == []


def test_a_prefix_reached_through_a_link_is_itself(tmp_path):
    place = Place(tmp_path / "real")
    own = place.library("libstdc++.so.6", OLD)
    (tmp_path / "named").symlink_to(tmp_path / "real")
    mapped = in_memory(place, own)
    place.root = tmp_path / "named" / "lab"
    assert told(wrong_libstdcxx, place.env(*mapped)) == []


def test_the_machines_own_cxx_library_in_a_second_copy(tmp_path):
    """The real thing: libstdc++ of this machine and a copy of it, in a real Python."""
    try:
        ctypes.CDLL("libstdc++.so.6")
    except OSError:
        pytest.skip("this machine has no libstdc++")
    code = """
import ctypes, sys
ctypes.CDLL("libstdc++.so.6"); ctypes.CDLL(sys.argv[1])
print(open("/proc/self/maps").read())
"""
    real = next(
        line.split()[5] for line in Path("/proc/self/maps").read_text().splitlines() if "/libstdc++.so.6" in line
    )
    place = Place(tmp_path)
    place.lib.mkdir()
    copy = place.lib / "libstdc++.so.6"
    copy.write_bytes(Path(real).read_bytes())
    done = subprocess.run([sys.executable, "-c", code, copy], capture_output=True, text=True, timeout=60, check=True)
    mapped = {line.split()[5] for line in done.stdout.splitlines() if len(line.split()) == 6 and ".so" in line}
    assert {os.path.realpath(real), str(copy)} <= mapped
    assert only(wrong_libstdcxx(place.env(*sorted(mapped)))).severity.value == "warning"


def test_four_hundred_libraries_in_memory_do_not_hide_the_two(place, tmp_path):
    own = place.library("libstdc++.so.6", NEW)
    other = place.library("libstdc++.so.6", OLD, folder=tmp_path / "system")
    where = place.env(*(str(tmp_path / f"lib{number}.so.1") for number in range(400)), str(own), str(other))
    assert len([each for each in where.libraries if each.path in (str(own), str(other))]) == 2


def test_two_openmp_runtimes_in_one_real_process(tmp_path):
    """Intel's wheel from PyPI and the machine's GNU runtime, loaded by one Python."""
    require("network")
    require("linux-64")
    try:
        ctypes.CDLL("libgomp.so.1")
    except OSError:
        absent("libgomp", "this machine has no libgomp.so.1")
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", tmp_path, "intel-openmp"],
        env=isolated(),
        check=True,
        timeout=300,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as content:
        content.extractall(tmp_path)
    intel = next(tmp_path.rglob("libiomp5.so"))
    code = "import ctypes, sys; ctypes.CDLL('libgomp.so.1'); ctypes.CDLL(sys.argv[1]); print(open('/proc/self/maps').read())"
    done = subprocess.run([sys.executable, "-c", code, intel], capture_output=True, text=True, timeout=60, check=True)
    mapped = sorted({line.split()[5] for line in done.stdout.splitlines() if len(line.split()) == 6 and ".so" in line})
    found = only(two_openmp_runtimes(env(process=kernel(*mapped))))
    assert found.severity.value == "warning"
    assert str(intel) in {each.source for each in found.evidence}
