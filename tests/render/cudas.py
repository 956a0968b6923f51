"""Reports on CUDA made by hand: one per state a reader can meet, and one that is out for mischief."""

from __future__ import annotations

from dataclasses import replace

from envguard.cuda_report import (
    CudaDriver,
    CudaGpu,
    CudaLibrary,
    CudaReport,
    CudaRow,
    CudaVerdict,
    State,
)
from envguard.model import Certainty, Evidence, Finding, Fix, Safety, Severity, Step, text

from .reports import LONG, MISCHIEF, PREFIX, SITE, summary

LIBCUDA = "/usr/lib/x86_64-linux-gnu/libcuda.so.1"
DRIVER = CudaDriver(LIBCUDA, None, "12.2", "535.104.05", "535.104.05", 0, None)


def library(family: str, version: str | None, origin: str = "pip", **more: str | None) -> CudaLibrary:
    given: dict[str, str | None] = {
        "path": f"{PREFIX}/{SITE}/nvidia/{family}/lib/lib{family}.so.12",
        "way": "rpath",
        "needed_by": f"{SITE}/torch/lib/libtorch_cuda.so",
        "owner": f"{SITE}/nvidia_{family}_cu12-{version}.dist-info",
        **more,
    }
    return CudaLibrary(family, f"lib{family}.so.12", version, origin, **given)  # type: ignore[arg-type]


def row(framework: str, version: str, **more: object) -> CudaRow:
    given = {
        "build": None,
        "origin": "pip",
        "owner": f"{SITE}/{framework}-{version}.dist-info",
        "asked": (),
        "declared": "12.4",
        "cpu": False,
        "source": f"{SITE}/{framework}/version.py",
        "arch": (),
        "resolved": None,
        "mapped": None,
        **more,
    }
    return CudaRow(framework, version, **given)  # type: ignore[arg-type]


def report(verdict: CudaVerdict, *rows: CudaRow, **more: object) -> CudaReport:
    given = {
        "environment": summary(),
        "asked": (),
        "driver": None,
        "gpus": (),
        "remarks": (),
        "findings": (),
        "failed": (),
        "envguard_version": "0.1.0",
        "made_at": "2025-03-14T09:26:53+00:00",
        **more,
    }
    return CudaReport(verdict=verdict, rows=rows, **given)  # type: ignore[arg-type]


LOADED = (
    library("cudart", "12.4.127"),
    library("cublas", "12.4.5.8"),
    library("cudnn", "9.1.0.70"),
    library(
        "nvjitlink", "12.1.105", "conda", owner="conda-meta/libnvjitlink-12.1.105-0.json", path=f"{PREFIX}/lib/x.so.12"
    ),
)

COEXISTS = Finding(
    rule="cuda-coexists",
    code=411,
    severity=Severity.INFO,
    certainty=Certainty.CERTAIN,
    subject="cuda",
    message=text("conda brought CUDA {conda}, and torch uses {pip} from pip's wheels", conda="12.1", pip="12.4"),
    consequence=text("the one of conda's is used by nothing"),
    evidence=(Evidence(text("cuda-version {version} is installed", version="12.1"), "conda-meta/cuda-version.json"),),
    fixes=(Fix(text("Leave it as it is"), safety=Safety.MANUAL),),
)

WORKS = report(
    CudaVerdict(
        State.WORKS,
        "works",
        text(
            "CUDA works as far as can be seen from here: {name} was built for CUDA {cuda}, and the driver runs {driver} on {gpus}",
            name="torch 2.5.1",
            cuda="12.4",
            driver="12.2",
            gpus=("NVIDIA A100-SXM4-80GB",),
        ),
        Certainty.LIKELY,
        (Evidence(text("the driver starts and has {n} GPU", "the driver starts and has {n} GPUs", n=2), LIBCUDA),),
    ),
    row("torch", "2.5.1", arch=("sm_80", "sm_86", "sm_90"), resolved=LOADED, mapped=LOADED[:3]),
    row("torchvision", "0.20.1", resolved=(library("cudart", "12.4.127"),), mapped=()),
    row("tensorflow", "2.21.0", declared=None, cpu=True, resolved=()),
    asked=("cuda-version 12.1",),
    driver=DRIVER,
    gpus=(CudaGpu(0, "NVIDIA A100-SXM4-80GB", "8.0", ()), CudaGpu(1, "NVIDIA A100-SXM4-80GB", "8.0", ())),
    remarks=(text("nvcc {version} matters for building extensions only", version="13.0"),),
    findings=(COEXISTS,),
)

CPU_BUILD = report(
    CudaVerdict(
        State.BLOCKED,
        "cpu-build",
        text(
            "{name} was built without CUDA: conda chose `{build}` while {idle} sits unused",
            name="torch 2.5.1",
            build="cpu_mkl_py311…",
            idle=("cudatoolkit 11.8",),
        ),
        Certainty.CERTAIN,
        (
            Evidence(
                text("the build is {build}", build="cpu_mkl_py311_h0_100"),
                "conda-meta/pytorch-2.5.1-cpu_mkl_py311_h0_100.json",
            ),
            Evidence(text("says that it was built without CUDA"), f"{SITE}/torch/version.py"),
            Evidence(
                text("{package} is installed, and used by nothing", package="cudatoolkit 11.8"),
                "conda-meta/cudatoolkit-11.8.0-h0_13.json",
            ),
        ),
        (
            Fix(
                text("Let conda install a build with CUDA"),
                (Step(("conda", "install", "--prefix", PREFIX, "pytorch=*=*cuda*")),),
                restart=True,
            ),
        ),
        400,
    ),
    row(
        "torch",
        "2.5.1",
        build="cpu_mkl_py311_h0_100",
        origin="conda",
        owner="conda-meta/pytorch-2.5.1-cpu_mkl_py311_h0_100.json",
        asked=("cudatoolkit 11.8", "cuda-version 11.8"),
        declared=None,
        cpu=True,
        resolved=(),
    ),
    asked=("cudatoolkit 11.8", "cuda-version 11.8"),
    driver=DRIVER,
)

LOST = report(
    CudaVerdict(
        State.BLOCKED,
        "library-missing",
        text(
            "{name} cannot be imported: the loader finds no {libraries}",
            name="torch 2.15.0",
            libraries=("libcudart.so.13",),
        ),
        Certainty.LIKELY,
        (
            Evidence(
                text("needs {library}, which is nowhere", library="libcudart.so.13"),
                f"{SITE}/torch/lib/libtorch_cuda.so",
            ),
        ),
        (
            Fix(
                text("Install {requirements} again", requirements=("nvidia-cuda-runtime==13.2.75",)),
                (
                    Step(
                        (
                            f"{PREFIX}/bin/python",
                            "-m",
                            "pip",
                            "install",
                            "--force-reinstall",
                            "--no-deps",
                            "nvidia-cuda-runtime==13.2.75",
                        )
                    ),
                ),
                restart=True,
            ),
            Fix(text("Or do it by hand"), safety=Safety.MANUAL),
        ),
        343,
    ),
    row(
        "torch",
        "2.15.0",
        declared="13.2",
        resolved=(library("cudart", None, "none", path=None, owner=None, way="nowhere"), library("cublas", "13.2.0.9")),
    ),
    driver=CudaDriver(
        None, "libcuda.so.1: cannot open shared object file: No such file or directory", None, None, None, None, None
    ),
    failed=("cuda-coexists",),
)

UNKNOWN = report(
    CudaVerdict(
        State.UNKNOWN,
        "driver-not-told",
        text("asking the driver failed: {reason}", reason="it crashed"),
        Certainty.CERTAIN,
    ),
    row("torch", "9.9", declared=None, cpu=None),
    gpus=(CudaGpu(0, "Tesla V100", "7.0", ("torch", "cupy")), CudaGpu(1, "?", None, ("torch",))),
    driver=CudaDriver(None, None, None, None, None, None, "it crashed"),
)

ABSENT = report(
    CudaVerdict(State.ABSENT, "no-framework", text("nothing that uses CUDA is installed"), Certainty.CERTAIN)
)

HOSTILE = report(
    CudaVerdict(
        State.BLOCKED,
        MISCHIEF,
        text("{name} {n}", name=MISCHIEF, n=3),
        Certainty.LIKELY,
        (Evidence(text("{says}", says=LONG), MISCHIEF),),
        (Fix(text("{what}", what=MISCHIEF), (Step((MISCHIEF, LONG)),)),),
        400,
    ),
    row(
        MISCHIEF,
        MISCHIEF,
        origin=MISCHIEF,
        owner=MISCHIEF,
        asked=(MISCHIEF, LONG),
        declared=MISCHIEF,
        source=MISCHIEF,
        arch=(MISCHIEF, LONG),
        resolved=(CudaLibrary(*[MISCHIEF] * 8), CudaLibrary(*[LONG] * 8)),
        mapped=(CudaLibrary(MISCHIEF, MISCHIEF, None, "none", None, None),),
    ),
    environment=summary(name=MISCHIEF, prefix=MISCHIEF, platform=MISCHIEF),
    asked=(MISCHIEF,),
    driver=CudaDriver(MISCHIEF, MISCHIEF, MISCHIEF, MISCHIEF, LONG, 999, None),
    gpus=(CudaGpu(0, MISCHIEF, MISCHIEF, (MISCHIEF, LONG)),),
    remarks=(text("{x}", x=MISCHIEF),),
    findings=(replace(COEXISTS, subject=MISCHIEF, message=text("{x}", x=LONG)),),
    failed=(MISCHIEF,),
)

CUDAS = {
    "works": WORKS,
    "cpu-build": CPU_BUILD,
    "lost": LOST,
    "unknown": UNKNOWN,
    "absent": ABSENT,
    "hostile": HOSTILE,
}
