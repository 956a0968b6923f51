"""NVIDIA's wheels among themselves: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.rules.cuda_wheels import nvidia_wheels_mismatch
from tests.rules.cudas import NVIDIA, TORCH
from tests.rules.facts import PREFIX, SITE, both, commands, dist, env, only, told

PIP = f"{PREFIX}/bin/python -m pip"
SPARSE = NVIDIA["nvidia-cusparse-cu12"]


@pytest.mark.parametrize(
    ("sparse", "linker", "speaks"),
    [
        ("12.5.10.65", "12.8.93", True),
        ("12.3.1.170", "12.1.105", True),
        ("12.3.1.170", "12.4.99", False),
        ("12.3.1.170", "12.9.86", False),
        ("12.0.0.76", "12.0.76", False),
        # newer than the table
        ("13.1.0.1", "12.1.105", False),
    ],
)
def test_an_older_linker(sparse, linker, speaks):
    here = env((), (dist("nvidia-cusparse-cu12", sparse), dist("nvidia-nvjitlink-cu12", linker)))
    assert [each.subject for each in told(nvidia_wheels_mismatch, here)] == (
        ["nvidia-nvjitlink-cu12"] if speaks else []
    )


def test_its_way_out_is_one_that_is_new_enough():
    here = env((), (SPARSE, dist("nvidia-nvjitlink-cu12", "12.1.105")))
    assert commands(only(nvidia_wheels_mismatch(here))) == [[f"{PIP} install nvidia-nvjitlink-cu12>=12.4,<13"]]


def test_what_torch_pins():
    wheels = {**NVIDIA, "nvidia-cudnn-cu12": dist("nvidia-cudnn-cu12", "9.5.1.17")}
    found = only(nvidia_wheels_mismatch(env((), (TORCH, *wheels.values()))))
    assert found.message.english() == (
        "torch 2.5.1 asks for nvidia-cudnn-cu12==9.1.0.70, and nvidia-cudnn-cu12 9.5.1.17 is there"
    )
    assert commands(found) == [[f"{PIP} install --force-reinstall --no-deps nvidia-cudnn-cu12==9.1.0.70"]]
    assert told(nvidia_wheels_mismatch, env((), (TORCH, *NVIDIA.values()))) == []


def test_a_range_is_no_pin():
    torch = dist(
        "torch", "2.12.1", requires=("nvidia-cublas<=13.1.1.3,>=13.1.0.3", "nvidia-nccl-cu13==2.0; extra == 'x'")
    )
    wheels = (dist("nvidia-cublas", "13.1.0.3"), dist("nvidia-nccl-cu13", "2.29.7"))
    assert told(nvidia_wheels_mismatch, env((), (torch, *wheels))) == []


NEW = dist("torch", "2.15.0", requires=("nvidia-cudnn-cu13==9.26.0.51",))
CU13 = dist("nvidia-cudnn-cu13", "9.26.0.51", installed=100.0)
CU12 = dist("nvidia-cudnn-cu12", "9.10.2.21", installed=200.0)
FILES = tuple(f"{SITE}/nvidia/cudnn/lib/{name}" for name in ("libcudnn.so.9", "libcudnn_graph.so.9"))


def test_wheels_of_two_cudas_wrote_the_same_files():
    here = env((), (NEW, CU13, CU12), shared_distributions=(both(CU13, CU12, *FILES),))
    found = only(nvidia_wheels_mismatch(here))
    assert (found.subject, found.message.english()) == (
        "nvidia-cudnn-cu13",
        "nvidia-cudnn-cu13 9.26.0.51 and nvidia-cudnn-cu12 9.10.2.21 wrote the same files; those of nvidia-cudnn-cu12 are there",
    )
    assert commands(found) == [
        [f"{PIP} uninstall --yes nvidia-cudnn-cu13 nvidia-cudnn-cu12", f"{PIP} install nvidia-cudnn-cu13==9.26.0.51"]
    ]


@pytest.mark.parametrize(
    "shared",
    [
        # the same content; other projects; both, and no common file
        (both(CU13, CU12, same=3),),
        (both(dist("nvidia-cuda-runtime-cu11"), dist("nvidia-cuda-runtime-cu12"), f"{SITE}/nvidia/__init__.py"),),
        (),
    ],
)
def test_wheels_that_do_not_hurt_each_other(shared):
    runtimes = (dist("nvidia-cuda-runtime-cu11"), dist("nvidia-cuda-runtime-cu12"))
    assert told(nvidia_wheels_mismatch, env((), (CU13, CU12, *runtimes), shared_distributions=shared)) == []


def test_nothing_is_said_of_condas():
    owned = dist("nvidia-nvjitlink-cu12", "12.1.105", owner="conda-meta/a.json")
    assert told(nvidia_wheels_mismatch, env((), (SPARSE, owned))) == []


@pytest.mark.parametrize(
    ("plugin", "jaxlib", "speaks"),
    [
        (dist("jax-cuda12-plugin", "0.4.35"), dist("jaxlib", "0.4.31"), True),
        (dist("jax-cuda12-plugin", "0.4.31.post1"), dist("jaxlib", "0.4.31"), False),
        (dist("jax-cuda12-pjrt", "0.4.35"), dist("jaxlib", "0.4.31"), False),
        (dist("jax-cuda12-plugin", "0.4.35"), dist("jax", "0.4.31"), False),
    ],
)
def test_a_plugin_of_another_jax(plugin, jaxlib, speaks):
    found = list(nvidia_wheels_mismatch(env((), [plugin, jaxlib])))
    assert [each.subject for each in found] == (["jax-cuda12-plugin"] if speaks else [])
    if speaks:
        assert commands(only(found)) == [
            [
                f"{PREFIX}/bin/python -m pip install jax-cuda12-plugin[with-cuda]==0.4.31 jax-cuda12-pjrt==0.4.31",
            ]
        ]
