"""Each family in a real folder, or on facts: where its cause is there it is told, and where it nearly is, it is not."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from envguard import api
from envguard.analyse import analyse
from envguard.facts import OnDisk
from envguard.machine import Command
from envguard.model import Answer, Certainty
from envguard.process import Module, PathEntry
from envguard.why.answer import answer
from envguard.why.reading import from_text
from tests.envs import elves
from tests.probe.prefix import SITE, Prefix
from tests.rules import facts

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.facts import Environment

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ELF is Linux's format")


def why(text: str, env: Environment) -> Answer:
    return answer(from_text(text), env, analyse(env))


def told(found: Answer) -> list[tuple[int, str]]:
    """The causes in short: code, and whether certain."""
    return [(cause.code, cause.certainty.value) for cause in found.causes]


def ask(text: str, prefix: Prefix) -> list[tuple[int, str]]:
    return told(api.why(text, prefix.path))


@pytest.fixture
def prefix(tmp_path: Path) -> Prefix:
    """A conda environment with a Python of 3.11."""
    made = Prefix(tmp_path / "lab")
    made.conda("python", "3.11.9", {"bin/python3.11": b"#", "bin/python": b"#"})
    return made


LIB = "ImportError: libquux.so.4: cannot open shared object file: No such file or directory"


def test_a_library_that_a_record_lists_and_that_is_gone(prefix: Prefix):
    prefix.conda("quux", "1.2", {"lib/libquux.so.4": b"x", "lib/other": b"x"})
    assert ask(LIB, prefix) == []
    (prefix.path / "lib/libquux.so.4").unlink()
    found = api.why(LIB, prefix.path)
    assert told(found) == [(100, "certain")]
    assert found.causes[0].evidence[0].source == "conda-meta/quux-1.2-0.json"
    assert any("quux=1.2=0" in step.argv for fix in found.causes[0].fixes for step in fix.steps)


def test_a_library_that_a_wheel_brought_and_that_is_gone(prefix: Prefix):
    text = "ImportError: libzing-1f3a9c0d.so.2: wibble fnord: blorp"
    prefix.pip("foo", "2.0", {"foo/__init__.py": b"", "foo.libs/libzing-1f3a9c0d.so.2": b"x"})
    assert 343 not in dict(ask(text, prefix)) or dict(ask(text, prefix))[343] == "likely"
    (prefix.path / SITE / "foo.libs/libzing-1f3a9c0d.so.2").unlink()
    found = api.why(text, prefix.path)
    assert told(found) == [(343, "certain")]
    assert found.causes[0].subject == "foo"


def test_another_version_of_the_library(prefix: Prefix):
    prefix.conda("openssl", "3.3.0", {"lib/libssl.so.3": b"x"})
    text = f'  File "{prefix.path}/{SITE}/foo/__init__.py", line 2, in <module>\nImportError: libssl.so.1.1: zing: zang zong'
    prefix.pip("foo", "2.0", {"foo/__init__.py": b""})
    found = api.why(text, prefix.path)
    assert told(found) == [(343, "certain")]
    assert "foo 2.0 asks for libssl.so.1.1" in found.causes[0].message.english()
    assert ask("ImportError: libssh.so.1.1: zing: zang zong", prefix) == []


def test_a_library_of_torch(prefix: Prefix):
    text = "ImportError: libc10.so: cannot open shared object file: No such file or directory"
    assert ask(text, prefix) == [(343, "certain")]  # torch is not there
    prefix.pip("torch", "2.4.0", {"torch/__init__.py": b"", "torch/lib/libc10.so": b"x"})
    assert ask(text, prefix) == [(421, "likely")]
    assert ask(text.replace("libc10", "libtorch_hip"), prefix) == [(403, "certain")]


@linux
def test_a_foreign_extension_in_a_package_of_condas(prefix: Prefix, tmp_path: Path):
    """Shared inodes: the bytes of a wheel lie where conda put its own, and ask for what only the wheel had."""
    bundled = elves.library(tmp_path / "libopenblas-r0-12345678.so", soname="libopenblas-r0-12345678.so", offers=["f"])
    wheel = elves.library(tmp_path / "wheel.so", wants=["f"], needs=[bundled]).read_bytes()
    path = f"{SITE}/numlib/_core.so"
    prefix.conda("numlib", "1.0", {f"{SITE}/numlib/__init__.py": b"", path: b"conda's bytes"})
    frame = f'  File "{prefix.path}/{SITE}/numlib/__init__.py", line 1, in <module>\n'
    text = f"{frame}ImportError: libopenblas-r0-12345678.so: cannot open shared object file: no"
    assert ask(text, prefix) == []
    prefix.write(path, wheel)
    assert ask(text, prefix)[0] == (101, "certain")


@linux
def test_versions_of_libstdcxx(prefix: Prefix, tmp_path: Path):
    old = elves.library(prefix.path / "lib/libstdc++.so.6", soname="libstdc++.so.6", offers={"GLIBCXX_3.4.21": ["a"]})
    text = f"ImportError: {old}: version `GLIBCXX_3.4.29' not found (required by {prefix.path}/{SITE}/foo/_bar.so)"
    prefix.pip("foo", "2.0", {"foo/__init__.py": b"", "foo/_bar.so": b"x"})
    found = api.why(text, prefix.path)
    assert told(found) == [(341, "certain")]
    assert "ends at GLIBCXX_3.4.21" in found.causes[0].message.english()
    elves.library(old, soname="libstdc++.so.6", offers={"GLIBCXX_3.4.21": ["a"], "GLIBCXX_3.4.29": ["b"]})
    assert ask(text, prefix) == []  # it was updated since
    foreign = elves.library(tmp_path / "usr/libstdc++.so.6", soname="libstdc++.so.6", offers={"GLIBCXX_3.4.21": ["a"]})
    assert ask(text.replace(str(old), str(foreign)), prefix) == [(340, "certain")]


def test_a_system_that_is_too_old():
    text = "ImportError: /lib/libc.so.6: version `GLIBC_2.38' not found (required by /a/foo.so)"
    assert told(why(text, facts.env(process=facts.kernel(glibc="2.31")))) == [(343, "certain")]
    assert told(why(text, facts.env(process=facts.kernel(glibc="2.39")))) == []


def test_the_profilers_symbol_of_mkl():
    text = "ImportError: libtorch_cpu.so: undefined symbol: iJIT_IsProfilingActive"
    torch = facts.pkg("pytorch", "2.1.0", "py3.11_cuda11.8_cudnn8.7.0_0")
    assert told(why(text, facts.env([torch, facts.pkg("mkl", "2024.2.0")])))[0] == (320, "certain")
    assert told(why(text, facts.env([torch, facts.pkg("mkl", "2023.1.0")]))) == []


@linux
def test_an_extension_for_another_torch(prefix: Prefix):
    symbol, twin = "_ZN3c104fooBar3CtrENSt7__cxx1112basic_stringE", "_ZN3c104fooBar3CtrESs"
    text = f"ImportError: {prefix.path}/{SITE}/flashy/_c.so: undefined symbol: {symbol}"
    prefix.pip("flashy", "1.0", {"flashy/__init__.py": b"", "flashy/_c.so": b"x"})
    assert ask(text, prefix) == []
    prefix.pip("torch", "2.4.0", {"torch/__init__.py": b"", "torch/lib/readme": b"x"})
    elves.library(prefix.path / SITE / "torch/lib/libc10.so", offers=[twin])
    found = api.why(text, prefix.path)
    assert told(found) == [(403, "certain")]
    assert found.causes[0].subject == "flashy"
    elves.library(prefix.path / SITE / "torch/lib/libc10.so", offers=[symbol])
    assert ask(text, prefix) == []


@linux
def test_an_openssl_without_the_symbol(prefix: Prefix):
    text = f"ImportError: {prefix.path}/lib/python3.11/lib-dynload/_ssl.so: undefined symbol: SSL_CTX_zing"
    prefix.conda("openssl", "1.0.1", {})
    elves.library(prefix.path / "lib/libssl.so.1.0", offers=["SSL_new"])
    assert ask(text, prefix) == [(343, "certain")]
    elves.library(prefix.path / "lib/libssl.so.1.0", offers=["SSL_new", "SSL_CTX_zing"])
    assert ask(text, prefix) == []


def test_an_extension_of_another_python():
    text = "ImportError: /opt/robot/lib/python2.7/dist-packages/cam.so: undefined symbol: PyCObject_AsVoidPtr"
    env = facts.env(process=facts.kernel(variables={"PYTHONPATH": "/opt/robot/lib/python2.7/dist-packages"}))
    assert told(why(text, env)) == [(204, "certain")]
    assert told(why(text.replace("python2.7", "python3.11"), env)) == []


def test_wheels_of_nvidia():
    text = "ImportError: libcusparse.so.12: undefined symbol: __nvJitLinkZing_12_6, version libnvJitLink.so.12"
    link = facts.dist("nvidia-nvjitlink-cu12", "12.4.127")
    assert told(why(text, facts.env((), [link]))) == [(413, "certain")]
    assert told(why(text, facts.env((), [dataclasses.replace(link, version="12.6.85")]))) == []


def test_libraries_of_cuda_from_the_path(tmp_path: Path):
    text = "ImportError: /a/libcusparse.so.12: undefined symbol: __nvJitLinkZing_12_6, version libnvJitLink.so.12"
    (tmp_path / "libnvJitLink.so.12").write_bytes(b"\0not this one\0")
    kernel = facts.kernel(variables={"LD_LIBRARY_PATH": str(tmp_path)})
    assert told(why(text, facts.env(process=kernel))) == [(410, "certain")]
    assert told(why(text, facts.env(process=facts.kernel()))) == []


def test_condas_libraries_of_another_cuda():
    text = "ImportError: libtorch_cuda_cu.so: undefined symbol: cusparseSpSM_zing, version libcusparse.so.11"
    cuda, part = facts.pkg("pytorch-cuda", "11.7"), facts.pkg("libcusparse", "12.0.0.76")
    assert told(why(text, facts.env([cuda, part])))[0] == (412, "certain")
    assert told(why(text, facts.env([cuda, facts.pkg("libcusparse", "11.7.4.91")]))) == []


SIZES = "ValueError: numpy.dtype size changed, may indicate binary incompatibility. Expected 96 from C header, got 88 from PyObject"


def test_the_size_of_numpys_types():
    frame = '  File "/e/lib/python3.11/site-packages/fastlib/__init__.py", line 1\n'
    two, one = facts.dist("numpy", "2.1.0"), facts.dist("numpy", "1.26.4")
    found = why(frame + SIZES, facts.env((), [two, facts.dist("fastlib", "1.0")]))
    assert told(found)[0] == (310, "certain")
    assert found.causes[0].message.english() == "fastlib was compiled for numpy 1.x, and numpy 2.1.0 is imported"
    assert 310 not in dict(told(why(frame + SIZES, facts.env((), [one]))))  # repaired since, or another's error


def test_the_size_of_numpys_types_as_a_warning():
    text = "x.py:2: RuntimeWarning: numpy.dtype size changed, may indicate binary incompatibility. Expected 96, got 88"
    found = why(text, facts.env((), [facts.dist("numpy", "1.26.4")]))
    assert (told(found), len(found.notes)) == ([], 1)


def test_numpys_api():
    text = "RuntimeError: module compiled against API version 0x10 but this version of numpy is 0xf"
    assert told(why(text, facts.env((), [facts.dist("numpy", "1.22.4")])))[0] == (310, "certain")
    assert 310 not in dict(told(why(text, facts.env((), [facts.dist("numpy", "1.24.0")]))))
    two = "RuntimeError: zing ABI 0x1000009 zang numpy 0x2000000"
    assert told(why(two, facts.env((), [facts.dist("numpy", "2.0.1")])))[0] == (310, "certain")


@pytest.mark.parametrize(
    ("kind", "built", "running", "version", "causes"),
    [
        ("dtype", 96, 88, "2.1.0", [(310, "certain")]),
        ("dtype", 96, 88, "1.26.4", []),  # not the numpy that raised it
        ("ndarray", 88, 80, "1.19.5", [(310, "certain")]),
        ("ndarray", 88, 80, "1.21.6", []),
        ("ufunc", 216, 192, "1.15.4", [(310, "certain")]),
        ("ufunc", 217, 192, "1.15.4", [(310, "likely")]),  # a size that no release has
    ],
)
def test_sizes_of_each_type(kind, built, running, version, causes):
    text = (
        f"ValueError: numpy.{kind} size changed, zing zang. Expected {built} from C header, got {running} from PyObject"
    )
    assert told(why(text, facts.env((), [facts.dist("numpy", version)]))) == causes


def test_the_newest_api_is_known():
    text = "RuntimeError: module compiled against API version 0x15 but this version of numpy is 0x14"
    found = why(text, facts.env((), [facts.dist("numpy", "2.3.5")]))
    assert "numpy 2.4 or later" in found.causes[0].message.english()


def test_an_extension_of_numpy_one():
    text = "AttributeError: _ARRAY_API not found"
    assert told(why(text, facts.env((), [facts.dist("numpy", "2.0.1")])))[0] == (311, "certain")
    assert told(why(text, facts.env((), [facts.dist("numpy", "1.26.4")]))) == []


def test_numpy_was_exchanged_under_the_kernel():
    loaded = facts.kernel(modules=[Module("numpy", "/x/numpy/__init__.py", "2.1.0")])
    env = facts.env((), [facts.dist("numpy", "1.26.4")], process=loaded)
    assert told(why(SIZES, env))[0] == (300, "certain")


def test_a_module_for_another_pip(prefix: Prefix, tmp_path: Path):
    text = "ModuleNotFoundError: No module named 'quux'"
    other = tmp_path / "other"
    (other / "lib/python3.9/site-packages/quux").mkdir(parents=True)
    (other / "lib/python3.9/site-packages/quux/__init__.py").write_text("")
    (other / "bin").mkdir()
    env = dataclasses.replace(
        facts.env((), ()),
        prefix=str(prefix.path),
        shell=facts.shell(Command("pip", str(other / "bin/pip"), str(other), False)),
    )
    found = why(text, env)
    assert told(found) == [(210, "certain")]
    assert told(why(text.replace("quux", "quuz"), env)) == []
    prefix.pip("quux", "1.0", {"quux/__init__.py": b""})
    assert told(why(text, env)) == []  # it is here by now


def test_a_module_in_the_user_site(prefix: Prefix, tmp_path: Path):
    text = "ModuleNotFoundError: No module named 'quux'"
    site = tmp_path / "home/.local/lib/python3.11/site-packages"
    (site / "quux").mkdir(parents=True)
    (site / "quux/__init__.py").write_text("")
    values: dict[str, Any] = {"prefix": str(prefix.path)}
    off = facts.kernel(user_site=str(site))
    on = facts.kernel(user_site=str(site), path=(PathEntry(str(site), "user-site"),))
    assert told(why(text, dataclasses.replace(facts.env(process=off), **values))) == [(202, "certain")]
    assert told(why(text, dataclasses.replace(facts.env(process=on), **values))) == []


def test_a_module_whose_files_are_gone(prefix: Prefix):
    text = "ModuleNotFoundError: No module named 'quux'"
    prefix.conda("quux", "1.0", {f"{SITE}/quux/__init__.py": b"", f"{SITE}/quux/a.py": b""})
    assert ask(text, prefix) == []
    for path in (prefix.path / SITE / "quux").iterdir():
        path.unlink()
    assert ask(text, prefix)[0] == (100, "certain")


def test_a_module_that_a_distribution_requires():
    text = "ModuleNotFoundError: No module named 'quux'"
    needing = facts.dist("foo", "1.0", requires=("quux>=1",))
    found = told(why(text, facts.env((), [needing])))
    assert found == [(132, "certain")]
    assert told(why(text, facts.env((), [facts.dist("foo", "1.0", requires=("quuz>=1",))]))) == []


def test_no_pip():
    text = "/opt/bin/python: No module named pip"
    assert told(why(text, _without_pip())) == [(211, "certain")]
    assert told(why(text, facts.env())) == []


def _without_pip() -> Environment:
    found = facts.env((), [facts.dist("ipykernel")])
    return dataclasses.replace(found, distributions=tuple(d for d in found.distributions or () if d.name != "pip"))


def test_a_conda_of_pypi():
    text = "ModuleNotFoundError: No module named 'conda.cli.pip_warning'"
    damaged = facts.env([facts.pkg("conda", "24.1")], base=True, pip_warnings=("bin/conda",))
    assert told(why(text, damaged)) == [(241, "certain")]
    assert told(why(text, dataclasses.replace(damaged, pip_warnings=()))) == []


def test_a_file_that_hides_a_module(tmp_path: Path):
    (tmp_path / "random.py").write_text("import numpy\n")
    text = f"AttributeError: partially initialized module 'random' has no attribute 'zing' (consider renaming '{tmp_path}/random.py')"
    assert told(why(text, facts.env())) == [(203, "certain")]
    (tmp_path / "random.py").unlink()
    assert told(why(text, facts.env())) == []


def test_a_name_that_the_loaded_module_has_not():
    text = (
        "ImportError: cannot import name 'zing' from 'quux' (/opt/conda/envs/lab/lib/python3.11/site-packages/quux.py)"
    )
    old = facts.kernel(modules=[Module("quux", "/x/quux.py", "1.0")])
    assert told(why(text, facts.env((), [facts.dist("quux", "2.0")], process=old))) == [(300, "certain")]
    assert told(why(text, facts.env((), [facts.dist("quux", "1.0")], process=old))) == []
    fresh = dataclasses.replace(old, kind="fresh")
    assert told(why(text, facts.env((), [facts.dist("quux", "2.0")], process=fresh))) == []


def test_a_package_that_pip_half_replaced():
    package, other = facts.pkg("quux", "1.0"), facts.dist("quux", "2.0")
    clash = facts.overlap(package, other, compiled=2, on_disk=OnDisk(pip=6, conda=6))
    text = (
        "ImportError: cannot import name 'zing' from 'quux' (/opt/conda/envs/lab/lib/python3.11/site-packages/quux.py)"
    )
    assert (102, "likely") in told(why(text, facts.env([package], [other], overlaps=(clash,))))


def test_the_users_own_copy(prefix: Prefix):
    text = "ImportError: cannot import name 'zing' from 'quux' (/home/me/.local/lib/python3.11/site-packages/quux/__init__.py)"
    prefix.pip("quux", "1.0", {"quux/__init__.py": b""})
    assert ask(text, prefix) == [(201, "certain")]
    assert ask(text.replace("/home/me/.local", str(prefix.path)), prefix) == []


def test_metadata_that_is_gone():
    text = "No metadata found: /opt/x/quux-1.0.dist-info/METADATA"
    assert told(why(text, facts.env((), [facts.dist("quux", has_metadata=False)])))[0][0] == 121
    assert told(why(text, facts.env((), [facts.dist("quux")]))) == []


def test_openmp():
    text = "OMP: Error #15: Initializing libiomp5.so, but found libgomp.so.1 already initialized."
    two = facts.kernel("/a/lib/libiomp5.so", "/b/numlib.libs/libgomp-a34b3233.so.1")
    assert told(why(text, facts.env(process=two)))[0] == (330, "certain")
    assert told(why(text, facts.env(process=facts.kernel("/a/lib/libiomp5.so")))) == []


def test_the_threading_layer():
    text = "Error: mkl-service + Intel(R) MKL: MKL_THREADING_LAYER=INTEL is incompatible with libgomp.so.1 library."
    set_ = facts.kernel("/b/libgomp.so.1", variables={"MKL_THREADING_LAYER": "INTEL"})
    assert told(why(text, facts.env([facts.pkg("mkl", "2023.1")], process=set_)))[0][0] == 332
    assert told(why(text, facts.env())) == []


def test_hdf5():
    text = "Warning! ***HDF5 library version mismatched error***\n  Headers are 1.14.0, library is 1.14.3"
    h5py = facts.pkg("h5py", "3.11.0")
    assert told(why(text, facts.env([h5py, facts.pkg("hdf5", "1.14.3")])))[0] == (350, "certain")
    assert told(why(text, facts.env())) == []


def test_qt():
    text = 'qt.qpa.plugin: Could not load the Qt platform plugin "xcb" in "/x/site-packages/cv2/qt/plugins" even though it was found.'
    opencv, pyqt = facts.dist("opencv-python", "4.9.0"), facts.dist("pyqt5", "5.15.9")
    assert [code for code, _ in told(why(text, facts.env((), [opencv, pyqt])))] == [360]
    assert told(why(text, facts.env((), [pyqt]))) == []


def test_proj():
    text = "proj_create: /usr/share/proj/proj.db contains DATABASE.LAYOUT.VERSION.MINOR = 2 whereas a number >= 5 is expected"
    away = facts.kernel(variables={"PROJ_LIB": "/usr/share/proj"})
    assert told(why(text, facts.env([facts.pkg("proj", "9.4.0")], process=away)))[0] == (231, "certain")
    own = facts.kernel(variables={"PROJ_LIB": f"{facts.PREFIX}/share/proj"})
    assert told(why(text, facts.env([facts.pkg("proj", "9.4.0")], process=own))) == []


def test_protobuf():
    text = "TypeError: Descriptors cannot be created directly.\nIf this call came from a _pb2.py file, zing"
    assert told(why(text, facts.env((), [facts.dist("protobuf", "5.27.0")])))[0] == (352, "certain")
    assert told(why(text, facts.env((), [facts.dist("protobuf", "3.20.3")]))) == []


@pytest.mark.parametrize(
    ("version", "python", "expected"),
    [
        ("4.25.8", "3.14.8", [(352, "certain")]),
        ("4.21.12", "3.15.0", [(352, "certain")]),
        ("5.26.1", "3.14.0", [(352, "certain")]),
        ("5.27.5", "3.14.8", []),
        ("3.20.3", "3.14.8", []),
        ("4.25.8", "3.13.0", []),
    ],
)
def test_a_protobuf_that_a_newer_python_does_not_load(version: str, python: str, expected: list):
    text = (
        "Traceback (most recent call last):\n"
        f'  File "{facts.PREFIX}/{facts.SITE}/google/protobuf/descriptor.py", line 28, in <module>\n'
        "    from google.protobuf.pyext import _message\n"
        "TypeError: Metaclasses with custom tp_new are not supported."
    )
    answer = why(text, facts.env((), [facts.dist("protobuf", version)], python_version=python))
    assert told(answer) == expected
    if expected:
        assert "protobuf>=5.27" in " ".join(facts.commands(answer.causes[0])[0])


def test_torch_without_cuda():
    text = "AssertionError: Torch not compiled with CUDA enabled"
    assert told(why(text, facts.env((), [facts.dist("torch", "2.4.0+cpu")]))) == [(400, "certain")]
    assert told(why(text, facts.env([facts.pkg("pytorch", "2.4.0", "cpu_generic_py311h1_0")]))) == [(400, "certain")]
    assert told(why(text, facts.env([facts.pkg("pytorch", "2.4.0", "py3.11_cuda12.1_cudnn9_0")]))) == []
    assert told(why(text, facts.env((), [facts.dist("torch", "2.4.0+cu121")]))) == []


def test_a_driver_that_is_too_old():
    text = "RuntimeError: The NVIDIA driver on your system is too old (found version 11060)."
    assert told(why(text, facts.env((), [facts.dist("torch", "2.4.0+cu121")]))) == [(430, "certain")]
    assert told(why(text, facts.env((), [facts.dist("torch", "2.0.0+cu118")]))) == []


def test_companions_of_torch():
    text = "RuntimeError: operator torchvision::zing does not exist"
    torch = facts.dist("torch", "2.4.0")
    assert told(why(text, facts.env((), [torch, facts.dist("torchvision", "0.18.0")]))) == [(402, "certain")]
    assert told(why(text, facts.env((), [torch, facts.dist("torchvision", "0.19.0")]))) == []


def test_cudnn():
    text = "RuntimeError: cuDNN zing: zang (9, 1, 0) zong (8, 9, 2)"
    mapped = facts.kernel("/usr/local/cuda/lib64/libcudnn.so.8")
    assert told(why(text, facts.env((), [facts.dist("torch", "2.4.0")], process=mapped))) == [(410, "certain")]
    assert told(why(text, facts.env())) == []


def test_nothing_explains_it():
    found = why("ImportError: libquux.so.4: zing: zang zong", facts.env())
    assert (found.causes, bool(found.looked), bool(found.advice)) == ((), True, True)
    none = why("it just does not work", facts.env())
    assert (none.error, none.causes, none.looked) == ("", (), ())


def test_at_most_three_and_the_certain_ones_first():
    text = "ImportError: cannot import name 'zing' from 'quux' (/x/site-packages/quux.py)"
    old = facts.kernel(modules=[Module("quux", "/x/quux.py", "1.0")])
    package, other = facts.pkg("quux", "1.0"), facts.dist("quux", "2.0")
    env = facts.env([package], [other], overlaps=(facts.overlap(package, other, compiled=2),), process=old)
    found = why(text, env)
    assert len(found.causes) <= 3
    assert found.causes[0].certainty is Certainty.CERTAIN


@linux
def test_what_the_real_loader_says(prefix: Prefix, tmp_path: Path):
    """No made-up sentence: an extension module of this Python's, which asks for a library that conda's record lists."""
    need = elves.library(prefix.path / "lib/libneeded.so.2", soname="libneeded.so.2", offers=["zing_zang"])
    prefix.conda("needed", "1.0", {"lib/libneeded.so.2": need.read_bytes()}, write=False)
    module = elves.library(tmp_path / "zong.so", wants=["zing_zang"], needs=[need])
    run = [sys.executable, "-c", "import zong"]

    def error() -> str:
        done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode
        return done.stderr

    need.unlink()
    assert module.is_file()
    assert ask(error(), prefix) == [(100, "certain")]


@linux
def test_a_library_that_nobody_has(prefix: Prefix):
    """The file that failed is known by its module alone, as it is in a notebook, and belongs to nobody."""
    need = elves.library(prefix.path / "lib/libquux.so.4", soname="libquux.so.4", offers=["zing_zang"])
    module = elves.library(prefix.path / SITE / "zong.so", wants=["zing_zang"], needs=[need])
    need.unlink()
    error = ImportError("libquux.so.4: zing: zang zong", name="zong", path=str(module))
    found = api.why(error, prefix.path)
    assert told(found) == [(343, "certain")]
    assert found.causes[0].evidence[0].source == str(module)
    assert told(api.why(ImportError(str(error), name="zong"), prefix.path)) == [(343, "certain")]
    assert told(api.why(ImportError(str(error).replace("quux", "quuz"), name="zong"), prefix.path)) == []


def test_a_compiled_file_that_was_cut_short_is_not_a_library_that_was_not_found(prefix: Prefix):
    module = f"{SITE}/foo/_c.so"
    prefix.pip("foo", "1.0", {"foo/__init__.py": b"", "foo/_c.so": b"\x7fELF" * 200})
    (prefix.path / module).write_bytes(b"")
    found = api.why(f"ImportError: {prefix.path}/{module}: zang zong", prefix.path)
    if sys.platform == "darwin":
        assert told(found) == []
        return
    assert told(found) == [(343, "certain")]
    assert found.causes[0].evidence[0].source == module
    assert found.causes[0].fixes[0].steps[0].argv[-1] == "foo==1.0"


GUTTED = facts.dist("foo", missing=facts.paths(f"{SITE}/foo/_c.so"))


def test_a_name_that_went_with_a_file():
    env = facts.env(dists=[GUTTED])
    assert told(why("ImportError: cannot import name '_c' from 'foo' (/x/foo/__init__.py)", env)) == [(123, "likely")]


REMOVED = "AttributeError: `np.float_` was removed in the NumPy 2.0 release. Use `np.float64` instead."
ALIAS = "AttributeError: module 'numpy' has no attribute 'float'.\n`np.float` was a deprecated alias"


@pytest.mark.parametrize(
    ("error", "condas", "causes"),
    [
        (REMOVED, "1.26.4", [(102, "certain")]),
        (ALIAS, "1.23.5", [(102, "certain")]),
        # conda's numpy has it no more, either
        (ALIAS, "1.26.4", []),
        (REMOVED, "2.0.1", []),
    ],
)
def test_a_name_that_numpy_took_away(error: str, condas: str, causes: list[tuple[int, str]]):
    numpy, pips = facts.pkg("numpy", condas), facts.dist("numpy", "2.3.5")
    found = why(error, facts.env([numpy], [pips], overlaps=(facts.overlap(numpy, pips, compiled=3),)))
    assert told(found) == causes
    assert bool(found.notes) is not bool(causes)


def test_a_file_that_numpy_2_made_and_numpy_1_reads():
    error = "ModuleNotFoundError: No module named 'numpy._core.numeric'"
    (note,) = why(error, facts.env(dists=[facts.dist("numpy", "1.25.2")])).notes
    assert "numpy 1.25.2 is here" in note.english()


def test_another_kind_of_processor_on_a_mac(prefix: Prefix):
    prefix.pip("foo", "1.0", {"foo/_c.cpython-311-darwin.so": b"x"})
    path = f"{prefix.path}/{SITE}/foo/_c.cpython-311-darwin.so"
    said = f"ImportError: dlopen({path}, 0x0002): tried: '{path}' (mach-o file, but is an incompatible architecture (have 'x86_64', need 'arm64'))"
    found = api.why(said, prefix.path)
    assert told(found) == [(371, "certain")]
    assert found.causes[0].message.args["have"] == "x86_64"
    assert ask(said.replace(str(prefix.path), "/elsewhere"), prefix) == []


def test_a_driver_of_two_versions(prefix: Prefix):
    text = "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 535.171"
    assert ask(text, prefix) == [(432, "certain")]
    assert ask("Failed to initialize NVML: Unknown Error", prefix) == []


CRASH = "Segmentation fault (core dumped)"
FAULT = (
    "Fatal Python error: Segmentation fault\n\nCurrent thread 0x00007f3 (most recent call first):\n"
    '  File "<frozen importlib._bootstrap>", line 228 in _call_with_frames_removed\n'
    '  File "{prefix}/{site}/pandas/_libs/__init__.py", line 13 in <module>\n  File "<stdin>", line 1 in <module>\n'
)


def overwritten() -> Environment:
    numpy, pips = facts.pkg("numpy", "1.26.4"), facts.dist("numpy", "2.3.5")
    return facts.env([numpy], [pips, facts.dist("pandas")], overlaps=(facts.overlap(numpy, pips, compiled=3),))


@pytest.mark.parametrize(
    "said",
    [
        CRASH,
        "The kernel appears to have died. It will restart automatically.",
        "nbclient.exceptions.DeadKernelError: Kernel died",
        "Process finished with exit code 139 (interrupted by signal 11:SIGSEGV)",
        "Process finished with exit code -1073741819 (0xC0000005)",
    ],
)
def test_a_process_that_was_ended(said: str):
    assert told(why(said, overwritten())) == [(102, "likely")]
    sound = why(said, facts.env([facts.pkg("numpy")]))
    assert told(sound) == []
    assert "faulthandler" in sound.advice[0].english()


def test_the_package_in_which_a_process_was_ended():
    text = FAULT.format(prefix=facts.PREFIX, site=SITE)
    assert told(why(text, overwritten())) == []  # of pandas nothing is known
    assert told(why(text.replace("pandas", "numpy"), overwritten())) == [(102, "likely")]


def test_an_error_of_another_environment_is_not_explained_by_this_one():
    error = "AttributeError: module 'numpy' has no attribute 'row_stack'"
    text = f'  File "/home/me/envs/other/{SITE}/x.py", line 1, in f\n{error}'
    env = overwritten()
    assert told(answer(from_text(text), env, analyse(env), named=True)) == [(102, "likely")]
    found = answer(from_text(text), env, analyse(env), named=False)
    assert told(found) == []
    assert "/home/me/envs/other" in found.notes[0].english()
    users = text.replace("/home/me/envs/other", "/home/me/.local")
    assert told(answer(from_text(users), env, analyse(env), named=False)) == [(102, "likely")]


@pytest.mark.parametrize(
    ("error", "python", "dists", "expected"),
    [
        ("ModuleNotFoundError: No module named 'distutils'", "3.12.1", [], (132, "certain")),
        ("ModuleNotFoundError: No module named 'distutils'", "3.11.9", [], None),
        ("ModuleNotFoundError: No module named 'imghdr'", "3.13.0", [], (132, "certain")),
        ("ModuleNotFoundError: No module named 'imghdr'", "3.12.1", [], None),
        ("ModuleNotFoundError: No module named 'pkg_resources'", "3.12.1", [], (132, "certain")),
        (
            "ModuleNotFoundError: No module named 'pkg_resources'",
            "3.12.1",
            [facts.dist("setuptools", "82.0.1")],
            (132, "certain"),
        ),
        ("ModuleNotFoundError: No module named 'pkg_resources'", "3.12.1", [facts.dist("setuptools", "75.0")], None),
        (
            "AttributeError: module 'pkgutil' has no attribute 'ImpImporter'. Did you mean: 'zipimporter'?",
            "3.12.1",
            [facts.dist("setuptools", "65.5.0")],
            (132, "certain"),
        ),
        (
            "AttributeError: module 'pkgutil' has no attribute 'ImpImporter'. Did you mean: 'zipimporter'?",
            "3.12.1",
            [facts.dist("setuptools", "75.0")],
            None,
        ),
    ],
)
def test_what_a_newer_python_has_no_more(error: str, python: str, dists: list, expected: tuple[int, str] | None):
    found = told(why(error, facts.env((), dists, python_version=python)))
    assert found == ([expected] if expected else [])


def test_an_installers_own_error(prefix: Prefix):
    said = (
        "CorruptedEnvironmentError: The target environment has been corrupted. Corrupted environments most commonly\n"
        "occur when the conda process is force-terminated while in an unlink-link\ntransaction.\n"
        "  environment location: /home/me/envs/ml\n  corrupted file: /home/me/envs/ml/conda-meta/numpy-1-0.json\n"
    )
    found = api.why(said, prefix.path)
    assert told(found) == [(604, "certain")]
    assert [step.argv[-1] for fix in found.causes[0].fixes for step in fix.steps] == ["/home/me/envs/ml"]
    assert not found.looked
    # an error that came after it is another one
    assert (
        ask(f"{said}\nTraceback (most recent call last):\nAttributeError: module 'x' has no attribute 'y'", prefix)
        == []
    )


@pytest.mark.parametrize(
    ("error", "dists", "expected"),
    [
        (
            "ImportError: tokenizers>=0.11,<0.14 is required for a normal functioning, but found tokenizers==0.15.0.",
            [facts.dist("transformers", requires=("tokenizers<0.14",)), facts.dist("tokenizers", "0.15.0")],
            [(132, "certain")],
        ),
        (
            "ImportError: Numba needs NumPy 1.26 or less. Got NumPy 2.1.",
            [facts.dist("numba", requires=("numpy<1.27",)), facts.dist("numpy", "2.1.0")],
            [(132, "certain")],
        ),
        (
            "pkg_resources.DistributionNotFound: The 'tqdm>=4' distribution was not found and is required by foo",
            [facts.dist("foo", requires=("tqdm>=4",))],
            [(132, "certain")],
        ),
        # unmet, but the error is about something else
        (
            "ImportError: Numba needs NumPy 1.26 or less. Got NumPy 2.1.",
            [facts.dist("foo", requires=("tqdm>=4",)), facts.dist("numpy", "1.26.4")],
            [],
        ),
    ],
)
def test_a_requirement_of_which_the_package_itself_complains(error: str, dists: list, expected: list):
    assert told(why(error, facts.env((), dists))) == expected


def test_a_file_of_data_that_is_gone(prefix: Prefix):
    prefix.conda("proj", "9.3", {"share/proj/proj.db": b"x"})
    prefix.pip("certifi", "2024.2.2", {"certifi/__init__.py": b"", "certifi/cacert.pem": b"x"})
    database, bundle = prefix.path / "share/proj/proj.db", prefix.path / SITE / "certifi/cacert.pem"
    no_file = f"FileNotFoundError: [Errno 2] No such file or directory: '{database}'"
    no_bundle = f"OSError: Could not find a suitable TLS CA certificate bundle, invalid path: {bundle}"
    assert ask(no_file, prefix) == ask(no_bundle, prefix) == []
    database.unlink()
    bundle.unlink()
    assert ask(no_file, prefix) == [(100, "certain")]
    assert ask(no_bundle, prefix) == [(123, "certain")]
    assert ask(f"FileNotFoundError: [Errno 2] No such file or directory: '{prefix.path}/data.csv'", prefix) == []


def test_certificates_to_which_a_variable_leads():
    text = "OSError: Could not find a suitable TLS CA certificate bundle, invalid path: /no/such/cacert.pem"
    for value, expected in (("/no/such/cacert.pem", [(231, "certain")]), ("/other.pem", [])):
        process = facts.kernel(variables={"SSL_CERT_FILE": value})
        assert told(why(text, facts.env(process=process))) == expected


def test_jax_and_its_libraries():
    dists = [facts.dist("jax-cuda12-plugin", "0.7.2"), facts.dist("jaxlib", "0.7.1")]
    text = "RuntimeWarning: JAX plugin jax_cuda12_plugin version 0.7.2 is installed, but it is not compatible with"
    assert told(why(text, facts.env((), dists))) == [(413, "certain")]
    assert told(why(text, facts.env((), dists[:1]))) == []
    text = "Loaded runtime CuDNN library: 9.0.0 but source was compiled with: 9.1.1.  CuDNN library needs to have"
    for version, expected in (("9.0.0.312", [(412, "certain")]), ("9.2.0.82", [])):
        assert told(why(text, facts.env((), [facts.dist("nvidia-cudnn-cu12", version)]))) == expected


@pytest.mark.parametrize(
    ("error", "python", "expected"),
    [
        ("AttributeError: module 'collections' has no attribute 'Mapping'", "3.11.9", [(132, "certain")]),
        (
            "ImportError: cannot import name 'Mapping' from 'collections' (/x/collections/__init__.py)",
            "3.11.9",
            [(132, "certain")],
        ),
        ("AttributeError: module 'collections' has no attribute 'Mapping'", "3.9.1", []),
        ("AttributeError: module 'collections' has no attribute 'Maping'", "3.11.9", []),
        ("AttributeError: module 'inspect' has no attribute 'getargspec'", "3.11.9", [(132, "certain")]),
        ("AttributeError: module 'pkgutil' has no attribute 'find_loader'", "3.14.8", [(132, "certain")]),
        ("AttributeError: module 'pkgutil' has no attribute 'find_loader'", "3.13.0", []),
        (
            "ImportError: cannot import name 'Traversable' from 'importlib.abc' (/usr/lib/python3.14/importlib/abc.py)",
            "3.14.8",
            [(132, "certain")],
        ),
        ("AttributeError: module 'asyncio' has no attribute 'coroutine'", "3.14.8", [(132, "certain")]),
        ("AttributeError: module 'asyncio' has no attribute 'get_child_watcher'", "3.12.1", []),
    ],
)
def test_a_name_that_python_took_away(error: str, python: str, expected: list):
    assert told(why(error, facts.env(python_version=python))) == expected


def test_a_name_that_the_installed_version_has_not(prefix: Prefix):
    prefix.pip("markupsafe", "2.1.1", {"markupsafe/__init__.py": b"def escape(s): ...\n"})
    path = f"{prefix.path}/{SITE}/markupsafe/__init__.py"
    (note,) = api.why(f"ImportError: cannot import name 'soft_unicode' from 'markupsafe' ({path})", prefix.path).notes
    assert note.english().startswith("markupsafe 2.1.1, which is installed, has no soft_unicode")
    assert api.why(f"ImportError: cannot import name 'escape' from 'markupsafe' ({path})", prefix.path).notes == ()


@pytest.mark.parametrize(
    ("error", "begins"),
    [
        ("ModuleNotFoundError: No module named '_lzma'", "_lzma is a part of Python itself"),
        ("ModuleNotFoundError: No module named 'lzmaffi'", "no distribution in this environment brings lzmaffi"),
        (
            "ImportError: /x/site-packages/sklearn.libs/libgomp-a34b3233.so.1.0.0: cannot allocate memory in static TLS block",
            "libgomp-a34b3233.so.1.0.0 has to be loaded early, before too many others: restart, and import sklearn first",
        ),
    ],
)
def test_what_is_said_where_nothing_explains(error: str, begins: str):
    found = why(error, facts.env())
    assert told(found) == []
    assert found.notes[0].english().startswith(begins)


def test_a_module_that_is_there_for_another_python(prefix: Prefix):
    text = "ModuleNotFoundError: No module named 'numpy.core._umath'"
    prefix.pip(
        "numpy", "1.24.0", {"numpy/core/_umath.cpython-310-x86_64-linux-gnu.so": b"\x7fELF\x02\x01" + b"\0" * 200}
    )
    assert ask(text, prefix) == [(123, "certain")]
    prefix.write(f"{SITE}/numpy/core/_umath.cpython-311-x86_64-linux-gnu.so", b"x")
    assert "is there now" in api.why(text, prefix.path).notes[0].english()


def test_a_library_that_wheels_leave_to_the_system(prefix: Prefix):
    prefix.pip("opencv-python", "4.9.0.80", {"cv2/__init__.py": b"", "cv2/cv2.abi3.so": b"x"})
    text = f'  File "{prefix.path}/{SITE}/cv2/__init__.py", line 1, in f\nImportError: libGL.so.1: cannot open shared object file'
    found = api.why(text, prefix.path)
    assert told(found) == [(343, "likely")]
    assert found.causes[0].fixes[0].steps[-1].argv[-1] == "opencv-python-headless"
    assert ask(text.replace("libGL.so.1", "libquux.so.1"), prefix) == []


def test_what_torch_says_of_a_numpy_that_it_cannot_use():
    dists = [facts.dist("torch", "2.2.2"), facts.dist("numpy", "2.1.0")]
    assert told(why("RuntimeError: Numpy is not available", facts.env((), dists))) == [(311, "likely")]
    assert told(why("RuntimeError: Numpy is not available", facts.env((), dists[:1]))) == []
