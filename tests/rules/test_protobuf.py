"""Protocol Buffers: facts -> findings, and what a real protobuf does with old code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from envguard.rules.protobuf import protobuf_mismatch
from envguard.rules.requires import requires_dist_unmet
from tests.require import require
from tests.rules.facts import PREFIX, Told, commands, dist, env, kernel, only, owned, pkg, told

if TYPE_CHECKING:
    from pathlib import Path

NEW, OLD = dist("protobuf", "4.25.3"), dist("protobuf", "3.20.3")


def refused(name: str, version: str, severity: str = "warning", protobuf: str = "4.25.3") -> list[Told]:
    return [Told(severity, name, f"{name} {version} holds generated code that protobuf {protobuf} refuses")]


@pytest.mark.parametrize(
    ("dists", "expected"),
    [
        ([dist("tensorflow", "2.7.1"), NEW], refused("tensorflow", "2.7.1")),
        ([dist("tensorflow-cpu", "2.4.0"), dist("protobuf", "5.26.0")], refused("tensorflow-cpu", "2.4.0", protobuf="5.26.0")),
        ([dist("onnx", "1.10.2"), NEW], refused("onnx", "1.10.2")),
        ([dist("streamlit", "1.9.0"), NEW], refused("streamlit", "1.9.0")),
        ([dist("tensorboardx", "2.5"), NEW], refused("tensorboardx", "2.5")),
        ([dist("tensorboard", "2.8.0", requires=("protobuf>=3.6.0",)), NEW], refused("tensorboard", "2.8.0")),
        # conda's protobuf under a wheel
        ([dist("onnx", "1.10.2"), owned("protobuf", "4.25.3")], refused("onnx", "1.10.2")),
        # older runtime, newer code, conda's own build
        ([dist("tensorflow", "2.7.1"), OLD], []),
        ([dist("tensorflow", "2.12.0"), NEW], []),
        ([dist("onnx", "1.13.0"), NEW], []),
        ([owned("tensorflow", "2.7.1"), NEW], []),
        ([dist("tensorflow", "2.7.1")], []),
        ([dist("tensorflow", None), NEW], []),
    ],
)  # fmt: skip
def test_pairs(dists, expected):
    assert told(protobuf_mismatch, env((), dists)) == expected


def test_what_the_metadata_exclude_is_told_once():
    where = env((), [dist("tensorflow", "2.10.0", requires=("protobuf<3.20,>=3.9.2",)), NEW])
    assert told(protobuf_mismatch, where) == []
    assert [found.subject for found in requires_dist_unmet(where)] == ["tensorflow"]


@pytest.mark.parametrize(
    ("process", "expected"),
    [
        (kernel(), refused("tensorflow", "2.7.1")),
        (kernel(variables={"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python"}), []),
        (kernel(variables={"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "upb"}), refused("tensorflow", "2.7.1")),
        (kernel(modules=("google.protobuf", "tensorflow.core")), refused("tensorflow", "2.7.1", "error")),
        (kernel(modules=("google.protobuf", "tensorflow", "tensorflow.core")), []),
        (kernel(modules=("google.protobuf", "tensorflow.core"), kind="fresh"), refused("tensorflow", "2.7.1")),
    ],
)
def test_a_process(process, expected):
    assert told(protobuf_mismatch, env((), [dist("tensorflow", "2.7.1"), NEW], process=process)) == expected


@pytest.mark.parametrize(
    ("protobuf", "first"),
    [
        (NEW, f"{PREFIX}/bin/python -m pip install protobuf>=3.19,<3.21"),
        (owned("protobuf", "4.25.3"), f"/opt/conda/bin/conda install --prefix {PREFIX} protobuf>=3.19,<3.21"),
    ],
)
def test_either_side_can_move(protobuf, first):
    where = env((pkg("protobuf", "4.25.3"),), [dist("onnx", "1.10.2"), protobuf])
    assert commands(only(protobuf_mismatch(where))) == [
        [first],
        [f"{PREFIX}/bin/python -m pip install onnx>=1.13"],
    ]


GENERATED = r"""
from google.protobuf import descriptor
FILE = descriptor.FileDescriptor(name="x.proto", package="x", syntax="proto3", serialized_pb=(
    b'\n\x07x.proto\x12\x01x"\x0e\n\x01M\x12\t\n\x01a\x18\x01 \x01(\x05b\x06proto3'))
descriptor.FieldDescriptor(
    name="a", full_name="x.M.a", index=0, number=1, type=5, cpp_type=1, label=1, has_default_value=False,
    default_value=0, message_type=None, enum_type=None, containing_type=None, is_extension=False,
    extension_scope=None, file=FILE)
"""
"""As protoc 3.18 and earlier wrote it: descriptors are made directly."""

TRY = """
import json, sys
try:
    import tensorflow
except TypeError as error:
    text = str(error)
else:
    text = ""
names = [name for name in sys.modules if name.startswith(("tensorflow", "google.protobuf"))]
print(json.dumps([text, names]))
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A protobuf of today, and a stand-in of the same shape as tensorflow with generated code of old."""
    from tests.envs.wheelhouse import isolated

    require("network")
    site = tmp_path_factory.mktemp("site")
    install = (
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(site),
        "protobuf==4.25.3",
    )
    subprocess.run(install, env=isolated(), check=True, capture_output=True, timeout=120)
    files = {
        "__init__.py": "from tensorflow.core import plain, tensor_pb2\n",
        "core/__init__.py": "",
        "core/plain.py": "",
        "core/tensor_pb2.py": GENERATED,
    }
    for name, content in files.items():
        path = site / "tensorflow" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return site


@pytest.mark.parametrize("switch", ["", "python"])
def test_a_real_protobuf_refuses_old_code_and_the_rule_knows_when(world, switch):
    variables = {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": switch} if switch else {}
    surroundings = {**os.environ, "PYTHONPATH": str(world), **variables}
    done = subprocess.run([sys.executable, "-c", TRY], env=surroundings, capture_output=True, text=True, check=True)
    error, modules = json.loads(done.stdout)
    assert ("Descriptors cannot" in error) is (not switch)
    where = env((), [dist("tensorflow", "2.7.1"), NEW], process=kernel(modules=modules, variables=variables))
    assert told(protobuf_mismatch, where) == ([] if switch else refused("tensorflow", "2.7.1", "error"))
