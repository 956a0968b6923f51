"""Builds of torch without CUDA, and two torches: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.cuda import Asked
from envguard.process import Mapped
from envguard.rules.torch_build import torch_cpu_build, torch_from_two_sources
from tests.rules.cudas import TORCH, conda_torch, driver, toolkit, torch, where
from tests.rules.facts import PREFIX, SITE, Told, commands, dist, env, kernel, only, owned, pkg, told

CPU = "cpu_mkl_py311_h0_100"
PYTORCH = pkg("pytorch", "2.5.1", CPU, provides=("torch",))
TOOLKIT, ASKED = toolkit()
PIP_CPU = torch(cpu=True, declared=None, arch=(), resolved=())


def test_conda_chose_one_without_though_a_toolkit_was_asked_for():
    found = only(torch_cpu_build(where(conda_torch(CPU), conda=(PYTORCH, TOOLKIT), dists=(), asked=(ASKED,))))
    assert found.severity.value == "warning"
    assert found.message.english() == (
        f"torch 2.5.1 was built without CUDA: conda chose {CPU}, while cudatoolkit 11.8.0 sits unused"
    )
    assert commands(found) == [
        [f"env CONDA_OVERRIDE_CUDA=11.8 /opt/conda/bin/conda install --prefix {PREFIX} pytorch=*=*cuda*"]
    ]


@pytest.mark.parametrize(
    ("framework", "more", "severity"),
    [
        # asked for, and a GPU is there
        (conda_torch(CPU), {"asked": (ASKED,), "driver": driver(12080, "8.6")}, "error"),
        (conda_torch(CPU), {"driver": driver(12080, "8.6")}, "warning"),
        (conda_torch(CPU), {"asked": (Asked("pytorch-mutex", "1.0", "cuda", "m"),)}, "warning"),
        (conda_torch(CPU), {"asked": (Asked("CONDA_OVERRIDE_CUDA", "12.4", None, "CONDA_OVERRIDE_CUDA"),)}, "warning"),
        (conda_torch(CPU), {"asked": (Asked("pytorch", None, "*cuda*", "pytorch=*=*cuda*"),)}, "warning"),
        (PIP_CPU, {"asked": (ASKED,)}, "warning"),
        # conda or the index chose so; nobody had said what was wanted
        (conda_torch(CPU), {}, "info"),
        (conda_torch(CPU), {"asked": (Asked("pytorch-mutex", "1.0", "cpu", "m"),)}, "info"),
        (PIP_CPU, {}, "info"),
        # chosen
        (conda_torch(CPU), {"asked": (Asked("cpuonly", "2.0", "0", "c"),)}, None),
        (conda_torch(CPU), {"asked": (Asked("pytorch", None, "cpu*", "pytorch=*=cpu*"),)}, None),
        (conda_torch(CPU), {"asked": (Asked("CONDA_OVERRIDE_CUDA", "", None, "CONDA_OVERRIDE_CUDA"),)}, None),
        (PIP_CPU, {"dists": (dist("torch", "2.5.1+cpu", path=TORCH.path),)}, None),
        (conda_torch(CPU), {"platform": "osx-arm64"}, None),
        # but where a GPU is
        (conda_torch(CPU), {"asked": (Asked("cpuonly", "2.0", "0", "c"),), "driver": driver(12080, "8.6")}, "warning"),
        # with CUDA, and not known
        (torch(), {"asked": (ASKED,)}, None),
        (torch(cpu=None, declared=None), {"asked": (ASKED,)}, None),
        # the name of a package is nothing
        (conda_torch("cuda126_mkl_py311_h0_300"), {"conda": (pkg("pytorch-cpu", provides=()),)}, None),
        (conda_torch(CPU), {"conda": (PYTORCH, pkg("pytorch-gpu", provides=()))}, "info"),
        # a toolkit that another package brought along
        (conda_torch(CPU), {"conda": (PYTORCH, TOOLKIT, pkg("cupy", depends=("cudatoolkit 11.*",))), "asked": (ASKED,)}, "info"),
    ],
)  # fmt: skip
def test_without_cuda(framework, more, severity):
    found = list(torch_cpu_build(where(framework, **{"conda": (PYTORCH, TOOLKIT), "dists": (), **more})))
    assert [each.severity.value for each in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("answer", "install"),
    [
        (driver(12080, "8.6"), "--index-url https://download.pytorch.org/whl/cu124 torch==2.5.1 torchvision"),
        (driver(12020, "8.6"), "--index-url https://download.pytorch.org/whl/cu121 torch==2.5.1 torchvision"),
        (driver(11040, "8.6"), "--index-url https://download.pytorch.org/whl/cu118 torch==2.5.1 torchvision"),
        # no CUDA of 2.5 knows the GPU
        (driver(13000, "12.0"), "--index-url https://download.pytorch.org/whl/cu130 torch==2.15.* torchvision"),
        (None, "--index-url https://download.pytorch.org/whl/cu118 torch==2.5.1 torchvision"),
    ],
)
def test_the_wheel_that_suits_driver_and_gpu(answer, install):
    dists = (TORCH, dist("torchvision", "0.20.1"))
    found = only(torch_cpu_build(where(PIP_CPU, conda=(TOOLKIT,), dists=dists, asked=(ASKED,), driver=answer)))
    python = f"{PREFIX}/bin/python -m pip"
    assert commands(found) == [[f"{python} uninstall --yes torch torchvision", f"{python} install {install}"]]


def test_the_channel_of_its_makers():
    build = "py3.11_cpu_0"
    package = pkg("pytorch", "2.5.1", build, channel="pytorch", provides=("torch",))
    only_cpu = pkg("cpuonly", "2.0", "0", provides=())
    asked = Asked("cpuonly", "2.0", "0", only_cpu.record)
    here = where(conda_torch(build), conda=(package, only_cpu), dists=(), asked=(asked,), driver=driver(12080, "8.6"))
    conda = "/opt/conda/bin/conda"
    assert commands(only(torch_cpu_build(here))) == [
        [
            f"{conda} remove --prefix {PREFIX} cpuonly",
            f"{conda} install --prefix {PREFIX} --channel pytorch --channel nvidia pytorch=*=*cuda* pytorch-cuda=12.4",
        ]
    ]


LIBTORCH = pkg("libtorch", "2.4.0", "cpu_generic_h0_1", provides=())
VISION = pkg("torchvision", "0.19.0", depends=("libtorch >=2.4,<2.5", "python"))


@pytest.mark.parametrize(
    ("conda", "dists", "severity"),
    [
        ((LIBTORCH, VISION), (TORCH,), "error"),
        ((LIBTORCH,), (TORCH,), "warning"),
        ((PYTORCH,), (TORCH,), "warning"),
        ((PYTORCH, pkg("lightning", noarch="python", depends=("pytorch",))), (TORCH,), "warning"),
        # conda's own dist-info; a project that is no torch; none of conda's
        ((PYTORCH, LIBTORCH), (owned("torch", "2.5.1", by=PYTORCH.record),), None),
        ((PYTORCH,), (dist("torchmetrics"),), None),
        ((VISION,), (TORCH,), None),
    ],
)
def test_two_torches(conda, dists, severity):
    found = list(torch_from_two_sources(env(conda, dists)))
    assert [each.severity.value for each in found] == ([severity] if severity else [])


def test_two_torches_in_memory():
    folders = (f"{PREFIX}/lib", f"{PREFIX}/{SITE}/torch/lib")
    process = kernel(*(f"{folder}/libtorch_cpu.so" for folder in folders))
    assert told(torch_from_two_sources, env((PYTORCH,), (TORCH,), process=process)) == [
        Told("error", "torch", f"torch is here twice: conda's pytorch 2.5.1 {CPU} and pip's torch 2.5.1")
    ]
    assert process.mapped is not None
    assert isinstance(process.mapped[0], Mapped)


def test_one_side_is_the_way_out():
    found = only(torch_from_two_sources(env((LIBTORCH, VISION), (TORCH,))))
    conda, pip = f"/opt/conda/bin/conda {{}} --prefix {PREFIX}", f"{PREFIX}/bin/python -m pip"
    assert commands(found) == [
        [f"{pip} uninstall --yes torch", f"{conda.format('install')} pytorch=*=*cuda*"],
        [
            f"{conda.format('remove')} torchvision",
            f"{conda.format('remove')} libtorch",
            f"{pip} install torchvision",
        ],
    ]


def test_what_only_the_build_tells_is_told_of_its_record():
    framework = conda_torch(CPU, source=CPU)
    found = only(torch_cpu_build(where(framework, conda=(PYTORCH,), dists=())))
    assert [(each.says.english(), each.source) for each in found.evidence] == [(f"the build is {CPU}", PYTORCH.record)]
