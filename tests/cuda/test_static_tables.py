"""The tables about CUDA: what they know, and that they say so where they do not."""

from __future__ import annotations

import pytest

from envguard.tables import cuda, cuda_drivers, cuda_libraries, gpus, torch_builds


@pytest.mark.parametrize(
    ("name", "family", "majors", "numbers"),
    [
        ("libcudart.so.12", "cudart", (12,), "12"),
        ("libcudart.so.11.0", "cudart", (11,), "11.0"),
        ("libcudart.so.11.8.89", "cudart", (11,), "11.8.89"),
        ("libcudart-80664282.so.10.2", "cudart", (10,), "10.2"),
        ("libcudart.3eda8113.so.13", "cudart", (13,), "13"),
        ("libcudart.so.14", "cudart", (), "14"),
        ("libcublasLt.so.12", "cublasLt", (12,), "12"),
        ("libcusparse.so.12", "cusparse", (12, 13), "12"),
        ("libcusparse.so.12.5.8.93", "cusparse", (12, 13), "12.5.8.93"),
        ("libcusolver.so.11", "cusolver", (11, 12), "11"),
        ("libcufft.so.11", "cufft", (12,), "11"),
        ("libcurand.so.10", "curand", (10, 11, 12, 13), "10"),
        ("libcusparseLt-f80c68d1.so.0", "cusparseLt", (), "0"),
        ("libnvJitLink.so.12", "nvjitlink", (12,), "12"),
        ("libnvrtc-builtins.so.12.4", "nvrtc-builtins", (), "12.4"),
        ("libcudnn.so.9", "cudnn", (), "9"),
        ("libcudnn_graph.so.9.1.0", "cudnn_graph", (), "9.1.0"),
        ("libnccl.so.2", "nccl", (), "2"),
        ("libcuda.so.1", "cuda", (), "1"),
        ("libcuda.so", "cuda", (), None),
        ("libnvidia-ml.so.1", "nvml", (), "1"),
        ("cudart64_12.dll", "cudart", (12,), "12"),
        ("cudart64_110.dll", "cudart", (11,), "11.0"),
        ("nvrtc64_120_0.dll", "nvrtc", (12,), "12.0"),
        ("cudnn_graph64_9.dll", "cudnn_graph", (), "9"),
        ("nvcuda.dll", "cuda", (), None),
        ("libc10_cuda.so", None, (), None),
        ("libcudf.so", None, (), None),
        ("libcudart_static.a", None, (), None),
        ("libcurses.so.5", None, (), None),
        ("", None, (), None),
    ],
)
def test_the_name_of_a_library(name, family, majors, numbers):
    assert (cuda.family(name), cuda.majors(name)) == (family, majors)
    assert family is None or cuda.numbers(name) == numbers


@pytest.mark.parametrize(
    ("string", "built"),
    [
        ("py3.10_cuda11.8_cudnn8.7.0_0", cuda.Build("11.8", cpu=False, cudnn="8.7.0")),
        ("py3.8_cpu_0", cuda.Build(None, cpu=True)),
        ("cuda129_mkl_py312_h1a2b3c_300", cuda.Build("12.9", cpu=False)),
        ("cuda130_generic_h1a2b3c_200", cuda.Build("13.0", cpu=False)),
        ("cpu_mkl_py311_h1a2b3c_100", cuda.Build(None, cpu=True)),
        ("cuda118py310h1a2b3c_0", cuda.Build("11.8", cpu=False)),
        ("cpu_py39h1a2b3c_0", cuda.Build(None, cpu=True)),
        ("gpu_cuda130_h6ace295_200", cuda.Build("13.0", cpu=False)),
        ("cpu_openblas_h1a2b3c_0", cuda.Build(None, cpu=True)),
        ("py310_cu121", cuda.Build("12.1", cpu=False)),
        ("py311h1a2b3c_0_cuda", cuda.Build(None, cpu=False)),
        ("cuda12_py311_240403_g1a2b3c_0", cuda.Build("12", cpu=False)),
        ("cuda", cuda.Build(None, cpu=False)),
        ("cpu", cuda.Build(None, cpu=True)),
        ("py311h1a2b3c_0", None),
        ("h1cpu2_0", None),
        ("", None),
    ],
)
def test_condas_build(string, built):
    assert cuda.build(string) == built


@pytest.mark.parametrize(
    ("local", "built"),
    [
        ("cu124", cuda.Build("12.4", cpu=False)),
        ("cu92", cuda.Build("9.2", cpu=False)),
        ("cuda12.cudnn89", cuda.Build("12", cpu=False)),
        ("cuda111", cuda.Build("11.1", cpu=False)),
        ("cpu.cxx11.abi", cuda.Build(None, cpu=True)),
        ("git1a2b3c", None),
        ("rocm6.1", None),
    ],
)
def test_the_local_part_of_a_version(local, built):
    assert cuda.label(local) == built


def test_a_torch_newer_than_the_table_holds_code_for_nobody_knows_what():
    assert cuda.arch("2.5.1+cu124", "12.4")[-1] == "sm_90"
    assert cuda.arch("2.11.0", "13.0")[-2:] == ("sm_120", "compute_120")
    assert cuda.arch("2.99.0", "13.0") == cuda.arch("2.5.1", "13.0") == cuda.arch("2.5.1", "12.4", "conda-forge") == ()
    assert cuda.torch_builds_of("2.99") == ()
    assert cuda.cudnn("2.99", "13.0") is None


@pytest.mark.parametrize(
    ("arch_list", "capability", "runs"),
    [
        (("sm_50", "sm_86", "sm_90"), "8.9", True),
        (("sm_50", "sm_86", "sm_90"), "12.0", False),
        (("sm_75", "sm_80"), "7.0", False),
        (("sm_86",), "8.0", False),
        (("sm_120", "compute_120"), "12.1", True),
        (("sm_90", "compute_90"), "12.0", True),
        (("sm_80",), "8.7", False),
        (("sm_87",), "8.9", False),
        (("sm_90a",), "9.0", True),
        (("sm_100f",), "10.3", False),
        ((), "8.6", None),
        (("sm_80",), "", None),
        (("gfx90a",), "9.0", None),
    ],
)
def test_which_gpus_run_code(arch_list, capability, runs):
    assert cuda.covers(arch_list, capability) is runs


def test_drivers():
    assert cuda.newest_cuda("535.104.05") == "12.2"
    assert cuda.newest_cuda("537.13") == "12.2"
    assert cuda.newest_cuda("800.10") is None
    assert cuda.newest_cuda("390.1") is None
    assert cuda.newest_cuda("unknown") is None
    assert (cuda.minimal_driver("12.4"), cuda.minimal_driver("12.9.1", "Windows")) == ("525.60.13", "527.41")
    assert cuda.minimal_driver("10.2") == cuda.packaged_driver("10.2") == "440.33"
    assert cuda.minimal_driver("99.0") is None
    assert cuda.packaged_driver("13.0", "Windows") is None
    assert (cuda.spoken(12080), cuda.spoken(11040)) == ("12.8", "11.4")


def test_codes_generations_and_packages():
    assert cuda.error(803) == "cudaErrorSystemDriverMismatch"
    assert cuda.nvml_error(18) == "NVML_ERROR_LIB_RM_VERSION_MISMATCH"
    assert cuda.error(123456) is cuda.nvml_error(123456) is None
    assert cuda.generation("8.6") == ("Ampere", "11.1", None)
    assert cuda.generation("99.0") is None
    assert cuda.wheel("cudart", 12) == "nvidia-cuda-runtime-cu12"
    assert (cuda.wheel("cudart", 13), cuda.wheel("cudnn_graph", 13)) == ("nvidia-cuda-runtime", "nvidia-cudnn-cu13")
    assert cuda.wheel("nvvm", 13) is None
    assert (cuda.conda_package("cublasLt", 12), cuda.conda_package("cublas", 11)) == ("libcublas", "cudatoolkit")
    assert cuda.conda_package("nccl", 11) == "nccl"
    assert cuda.colliding("nvidia-cudnn-cu12") == ("nvidia-cudnn-cu11", "nvidia-cudnn-cu13")
    assert cuda.colliding("nvidia-cublas-cu12") == ()
    assert cuda.sonames("cusparse", 13) == ("libcusparse.so.12",)
    assert cuda.sonames("cudart", 11) == ("libcudart.so.11.0",)
    assert cuda.sonames("cudnn", 12) == ()


def test_the_tables_agree_with_each_other():
    families = set(cuda_libraries.FAMILIES.values()) | {"cudnn"}
    assert set(cuda_libraries.MAJORS) <= families
    assert set(cuda_libraries.WHEELS) <= families
    assert set(cuda_libraries.CONDA) <= set(cuda_libraries.WHEELS)
    assert families >= cuda_libraries.DRIVER
    for version, by_cuda in torch_builds.ARCH["pip"].items():
        assert set(by_cuda) <= set(torch_builds.BUILDS[version])
    for version, by_cuda in torch_builds.CUDNN.items():
        assert set(by_cuda) <= set(torch_builds.BUILDS[version])
    for toolkit, (linux, _) in cuda_drivers.PACKAGED.items():
        assert cuda.newest_cuda(linux) == toolkit
    known = {int(number.split(".")[0]) * 10 + int(number.split(".")[1]) for number in gpus.GENERATIONS}
    assert gpus.EMBEDDED - {101} <= known
