"""What frameworks say of themselves, read from files that may be anything."""

from __future__ import annotations

import ast
import sys
import time
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envguard.collect import by_import
from envguard.cuda import Cuda
from envguard.surroundings.cuda import cuda_facts
from envguard.surroundings.cuda.look import literals
from tests.cases.place import SITE, Place
from tests.cuda.loader import framework

VERSION_PY = "torch/version.py"


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "env")


def told(place, name="torch"):
    """Declared, whether it was built without, the source, and the version."""
    one = framework(by_import(place.path, keep=False), name)
    return one.declared, one.cpu, one.source, one.version


def torch(place, text, version="2.5.1"):
    """pip's torch with this version.py; None for none."""
    files = {"torch/__init__.py": b""}
    if text is not None:
        files[VERSION_PY] = text if isinstance(text, bytes) else text.encode()
    return place.wheel("torch", version, files)


@pytest.mark.parametrize(
    ("text", "declared", "cpu"),
    [
        ("__version__ = '2.5.1+cu124'\ncuda = '12.4'\nhip = None\n", "12.4", False),
        ("from typing import Optional\ncuda: Optional[str] = '12.4'\nhip: Optional[str] = None\n", "12.4", False),
        ("__version__ = '2.5.1+cpu'\ncuda = None\nhip = None\n", None, True),
        ("\ufeff__version__ = '2.5.1+cu124'\r\ncuda = '12.4'\r\n", "12.4", False),
        ("__version__ = '2.5.1+rocm6.1'\ncuda = None\nhip = '6.1.40091'\n", None, None),
        ("__version__ = '2.5.1+xpu'\ncuda = None\nhip = None\nxpu = '20250101'\n", None, None),
        ("cuda = 'twelve'\n", None, None),
        ("cuda = 12.4\n", None, None),
        ("cuda = '12.4'\ncuda = f()\n", None, None),
        ("cuda = 9 ** 9 ** 9 ** 9\n", None, None),
        ("cuda = __import__('os').system('false')\n", None, None),
        ("def f(:\n", None, None),
        ("cuda = " + "[" * 5000 + "]" * 5000, None, None),
        ("cuda = " + "-" * 20000 + "1", None, None),
        ("x = '\\d'\ncuda = '12.4'\n", "12.4", False),
        (b"cuda = '12.4'\0\n", None, None),
        (b"\xff\xfecuda = '12.4'\n", None, None),
        (b"cuda = '12.4'\n" + b"#" * (10 << 20), None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_version_py(place, text, declared, cpu):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        start = time.process_time()
        found = told(torch(place, text))
    assert found[:2] == (declared, cpu)
    assert found[3] == "2.5.1"
    assert time.process_time() - start < 2


def test_version_py_that_is_no_file(place):
    torch(place, None)
    place.inside(VERSION_PY).mkdir()
    assert told(place)[:2] == (None, None)


@pytest.mark.parametrize(
    ("version", "declared", "cpu"), [("2.5.1+cu124", "12.4", False), ("2.5.1+cpu", None, True), ("2.5.1", None, None)]
)
def test_the_local_part_where_the_file_says_nothing(place, version, declared, cpu):
    assert told(torch(place, None, version))[:2] == (declared, cpu)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text() | st.binary().map(lambda data: data.decode("utf-8", "replace")))
def test_any_text_is_read_or_is_not(text):
    found = literals(text)
    assert found is None or isinstance(found, dict)


_PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False)
)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(lambda n: not _is_word(n)), _PLAIN)
)
def test_whatever_is_written_is_read_again(values):
    text = "".join(f"{name} = {value!r}\n" for name, value in values.items())
    assert literals(text) == values
    assert literals(text.replace(" = ", ": object = ", 1)) == values


def _is_word(name):
    try:
        ast.parse(f"{name} = 1")
    except SyntaxError:
        return True
    return False


@pytest.mark.parametrize(
    ("build", "channel", "declared", "cpu", "arch"),
    [
        ("py3.10_cuda11.8_cudnn8.7.0_0", "pytorch", "11.8", False, True),
        ("py3.8_cpu_0", "pytorch", None, True, False),
        ("cuda126_mkl_py312_h1a2b3c_300", "conda-forge", "12.6", False, False),
        ("cuda118py310h1a2b3c_0", "conda-forge", "11.8", False, False),
        ("cpu_generic_py311_h1a2b3c_0", "conda-forge", None, True, False),
        ("gpu_cuda128_h6ace295_200", "main", "12.8", False, False),
        ("py311h1a2b3c_0", "conda-forge", None, None, False),
    ],
)
def test_condas_torch_by_its_build(place, build, channel, declared, cpu, arch):
    place.package("pytorch", "2.5.1", {"torch/__init__.py": b""}, channel=channel, build=build)
    one = framework(by_import(place.path, keep=False))
    assert (one.declared, one.cpu, one.build, one.origin) == (declared, cpu, build, "conda")
    assert one.source == (build if declared or cpu else "")
    assert bool(one.arch) == arch


@pytest.mark.parametrize(
    ("depends", "declared"),
    [
        ("cuda-version >=12.6,<13", "12"),
        ("cudatoolkit 11.3.*", "11.3"),
        ("cuda-version 12.4.*", "12.4"),
        ("numpy", None),
    ],
)
def test_condas_package_by_what_it_needs(place, depends, declared):
    place.package("cupy", "13.0", build="py311h1a2b3c_0", depends=[depends])
    assert told(place, "cupy")[0] == declared


def test_pips_torch_over_condas(place):
    said = b"__version__ = '2.5.1+cu124'\ncuda = '12.4'\nhip = None\n"
    place.package(
        "pytorch", "2.4.0", {"torch/__init__.py": b"1", VERSION_PY: b"cuda = None\n"}, build="cpu_mkl_py311_h1_0"
    )
    place.wheel("torch", "2.5.1", {"torch/__init__.py": b"2", VERSION_PY: said})
    one = framework(by_import(place.path, keep=False))
    assert (one.origin, one.declared, one.version, one.build) == ("pip", "12.4", "2.5.1", None)
    assert one.record == "conda-meta/pytorch-2.4.0-0.json"
    assert one.distribution == f"{SITE}/torch-2.5.1.dist-info"


def test_condas_torch_over_pips(place):
    place.wheel("torch", "2.5.1", {"torch/__init__.py": b"2", VERSION_PY: b"cuda = '12.4'\n"})
    place.package(
        "pytorch", "2.4.0", {"torch/__init__.py": b"1", VERSION_PY: b"cuda = None\n"}, build="cpu_mkl_py311_h1_0"
    )
    one = framework(by_import(place.path, keep=False))
    assert (one.origin, one.cpu, one.build) == ("conda", True, "cpu_mkl_py311_h1_0")


def test_the_version_is_that_of_the_files(place):
    """conda's dist-info stayed behind, or pip's: version.py came with the code."""
    torch(place, "__version__ = '2.6.0+cu126'\ncuda = '12.6'\n", "2.5.1")
    assert told(place) == ("12.6", False, f"{SITE}/{VERSION_PY}", "2.6.0")


def tensorflow(info):
    return {"tensorflow/python/platform/build_info.py": f"import collections\nbuild_info = {info}\n".encode()}


PAIRS = [("cuda_version", "12.5.1"), ("cudnn_version", "9"), ("cuda_compute_capabilities", ["sm_60", "compute_90"])]


@pytest.mark.parametrize(
    ("name", "version", "files", "expected"),
    [
        ("torchvision", "0.20.1", {"torchvision/version.py": b"__version__ = '0.20.1+cu124'\n"}, ("12.4", False)),
        ("torchvision", "0.20.1", {"torchvision/version.py": b"__version__ = '0.20.1+cpu'\n"}, (None, True)),
        ("torchvision", "0.20.1", {"torchvision/version.py": b"__version__ = '0.20.1'\ncuda = f()\n"}, (None, None)),
        ("torchaudio", "2.5.1", {"torchaudio/version.py": b"__version__ = '2.5.1+cu121'\n"}, ("12.1", False)),
        (
            "tensorflow", "2.21.0",
            tensorflow(f"collections.OrderedDict({[*PAIRS, ('is_cuda_build', True)]!r})"), ("12.5.1", False),
        ),
        ("tensorflow", "2.21.0", tensorflow({"is_cuda_build": False, "is_rocm_build": False}), (None, True)),
        ("tensorflow", "2.21.0", tensorflow({"is_cuda_build": False, "is_rocm_build": True}), (None, None)),
        ("tensorflow", "2.21.0", tensorflow("[1, 2]"), (None, None)),
        ("tensorflow", "2.21.0", tensorflow("collections.OrderedDict(5)"), (None, None)),
        ("cupy_cuda12x", "13.3.0", {"cupy/.data/_wheel.json": b'{"cuda": "12.x"}'}, ("12", False)),
        ("cupy_cuda118", "12.0.0", {"cupy/.data/_wheel.json": b'{"cuda": "11.8"}'}, ("11.8", False)),
        ("cupy_cuda12x", "13.3.0", {"cupy/.data/_wheel.json": b'{"cuda": '}, ("12", False)),
        ("cupy_cuda12x", "13.3.0", {"cupy/.data/_wheel.json": b'["cuda"]'}, ("12", False)),
        ("cupy_cuda12x", "13.3.0", {"cupy/.data/_wheel.json": b"[" * 60000}, ("12", False)),
        ("cupy_cuda12x", "13.3.0", {"cupy/.data/_wheel.json": b'{"cuda": {"a": 1}}'}, ("12", False)),
        ("cupy", "13.3.0", {}, (None, None)),
        (
            "onnxruntime_gpu", "1.31.1",
            {"onnxruntime/capi/build_and_package_info.py": b"package_name = 'onnxruntime-gpu'\ncuda_version = '13.0'\n"},
            ("13.0", False),
        ),
        (
            "onnxruntime_gpu", "1.31.1",  # the one without overwrote it
            {"onnxruntime/capi/build_and_package_info.py": b"package_name = 'onnxruntime'\n__version__ = '1.31.0'\n"},
            (None, True),
        ),
        (
            "bitsandbytes", "0.50.2",
            {f"bitsandbytes/libbitsandbytes_{each}.so": b"" for each in ("cpu", "cuda118", "cuda124")}, (None, False),
        ),
        ("bitsandbytes", "0.50.2", {"bitsandbytes/libbitsandbytes_cuda118.so": b""}, ("11.8", False)),
        ("bitsandbytes", "0.50.2", {"bitsandbytes/libbitsandbytes_cpu.so": b""}, (None, True)),
        ("xformers", "0.0.35", {"xformers/cpp_lib.json": b'{"version": {"cuda": 1208, "hip": null}}'}, ("12.8", False)),
        ("xformers", "0.0.35", {"xformers/cpp_lib.json": b'{"version": {"cuda": null, "hip": null}}'}, (None, True)),
        ("xformers", "0.0.35", {"xformers/cpp_lib.json": b'{"version": {"cuda": 1e99}}'}, (None, None)),
        ("xformers", "0.0.35", {"xformers/cpp_lib.json": b"nothing"}, (None, None)),
        ("numba_cuda", "0.20.0", {}, (None, None)),
        ("jax_cuda12_plugin", "0.5.0", {}, None),
    ],
)  # fmt: skip
def test_other_frameworks(place, name, version, files, expected):
    place.wheel(name, version, {f"{name}/__init__.py": b"", **files})
    found = by_import(place.path, keep=False).cuda.frameworks
    assert [(one.declared, one.cpu) for one in found] == ([expected] if expected else [])


def test_tensorflow_tells_its_architectures(place):
    place.wheel("tensorflow", "2.21.0", tensorflow(f"dict({[*PAIRS, ('is_cuda_build', True)]!r})"))
    assert framework(by_import(place.path, keep=False), "tensorflow").arch == ("sm_60", "compute_90")


@pytest.mark.parametrize(
    ("jaxlib", "plugin", "declared", "cpu"),
    [
        ("0.5.0", "jax_cuda12_plugin", "12", False),
        ("0.5.0", None, None, True),
        ("0.4.7+cuda12.cudnn88", None, "12", False),
        ("0.3.2+cuda11.cudnn82", None, "11", False),
    ],
)
def test_jax(place, jaxlib, plugin, declared, cpu):
    place.wheel("jax", "0.5.0").wheel("jaxlib", jaxlib)
    if plugin is not None:
        place.wheel(plugin, "0.5.0")
    assert told(place, "jax")[:2] == (declared, cpu)


def test_windows(tmp_path):
    place = Place(tmp_path / "env")
    prefix = place.path
    (prefix / "python.exe").write_bytes(b"MZ")
    site = prefix / "Lib" / "site-packages"
    info = site / "torch-2.5.1+cu124.dist-info"
    for folder in (info, site / "torch" / "lib", prefix / "Library" / "bin"):
        folder.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: torch\nVersion: 2.5.1+cu124\n")
    (info / "RECORD").write_text("torch/__init__.py,,\ntorch/version.py,,\ntorch/lib/cudart64_12.dll,,\n")
    (site / VERSION_PY).write_text("__version__ = '2.5.1+cu124'\r\ncuda = '12.4'\r\n")
    (site / "torch" / "lib" / "cudart64_12.dll").write_bytes(b"MZ")
    (prefix / "Library" / "bin" / "cudnn64_9.dll").write_bytes(b"MZ")
    env = by_import(prefix, keep=False)
    assert env.layout == "windows"
    one = framework(env)
    assert (one.declared, one.cpu, one.resolved) == ("12.4", False, None)
    assert {each.name: (each.family, each.origin) for each in env.cuda.installed} == {
        "cudart64_12.dll": ("cudart", "pip"),
        "cudnn64_9.dll": ("cudnn", "nobody"),
    }


def test_what_conda_was_asked(place, monkeypatch):
    place.library("cudatoolkit", "11.8.0", {}).library("pytorch-mutex", "1.0", {}, build="cuda")
    place.library("cpuonly", "2.0", {}).library("numpy", "2.0", {})
    place.package("pytorch", "2.5.1", {}, build="cpu_0", requested_specs=["pytorch=2.5.1=cuda*", "pytorch"])
    found = by_import(place.path, keep=False).cuda.asked
    assert [(each.name, each.version, each.build) for each in found] == [
        ("cudatoolkit", "11.8.0", "0"),
        ("pytorch-mutex", "1.0", "cuda"),
        ("cpuonly", "2.0", "0"),
        ("pytorch", None, "cuda*"),
    ]
    assert found[-1].source == "pytorch=2.5.1=cuda*"
    assert found[0].source == "conda-meta/cudatoolkit-11.8.0-0.json"


@pytest.mark.parametrize(
    ("spec", "build"),
    [
        ("pytorch=*=cuda*", "cuda*"),
        ("conda-forge::pytorch=2.1=*cuda11.8*", "*cuda11.8*"),
        ("pytorch[version=2.1,build='cuda*']", "cuda*"),
        ("pytorch 2.1.* cpu_*", "cpu_*"),
        ("pytorch=2.1", None),
        ("pytorch >=2.1", None),
    ],
)
def test_a_build_that_was_asked_for(place, spec, build):
    place.package("pytorch", "2.5.1", {}, build="cpu_0", requested_specs=[spec])
    found = by_import(place.path, keep=False).cuda.asked
    assert [each.build for each in found] == ([build] if build else [])


def test_without_anything_of_cuda_no_file_is_looked_at(place, monkeypatch):
    place.package("numpy", "2.0").wheel("nvidia_ml_py", "12.0").wheel("numpy_financial", "1.0")
    env = by_import(place.path, keep=False)
    assert env.cuda == Cuda(frameworks=())
    monkeypatch.setitem(sys.modules, "envguard.surroundings.cuda.gathered", None)
    assert cuda_facts(env) == env.cuda
