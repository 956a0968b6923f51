"""The verdict on CUDA: facts and findings -> the branch, its sentence and its fix; each branch with what nearly is one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from envguard.analyse import analyse
from envguard.cuda import Asked, Cuda, CudaFile, Driver, Framework, Gpu, Nvcc
from envguard.cuda_report import State
from envguard.cuda_verdict.told import told
from envguard.model import Certainty, Evidence, Failed, Finding, Fix, Severity, text
from envguard.rules import RULES
from tests.rules import facts
from tests.rules.facts import PREFIX, SITE

if TYPE_CHECKING:
    from envguard.cuda_report import CudaReport
    from envguard.facts import Environment

CUDA_RULES = tuple(rule for rule in RULES if 400 <= rule.code < 433)
NVIDIA = f"{PREFIX}/{SITE}/nvidia"
LIBCUDA = "/usr/lib/x86_64-linux-gnu/libcuda.so.1"
NODES = ("/dev/nvidia0", "/dev/nvidiactl")
A100 = Gpu(0, "NVIDIA A100", "8.0")
TO_90 = ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")


def lib(family: str, version: str | None = "12.4.127", **more: Any) -> CudaFile:
    """A library that pip brought and that torch's RPATH leads to."""
    name = f"lib{family}.so.12"
    values = {
        "path": f"{NVIDIA}/{family}/lib/{name}",
        "owner": f"{SITE}/nvidia_{family}_cu12-{version}.dist-info",
        "origin": "pip",
        "way": "rpath",
        "needed_by": f"{SITE}/torch/lib/libtorch_cuda.so",
        **more,
    }
    return CudaFile(family=family, name=name, version=version, **values)


def lost(family: str, by: str | None = f"{SITE}/torch/lib/libtorch_cuda.so") -> CudaFile:
    return lib(family, None, path=None, owner=None, origin="none", way="nowhere", needed_by=by)


def torch(**more: Any) -> Framework:
    """A wheel of torch 2.5.1 from PyPI, with all its libraries."""
    values = {
        "name": "torch",
        "version": "2.5.1",
        "origin": "pip",
        "record": None,
        "distribution": f"{SITE}/torch-2.5.1.dist-info",
        "build": None,
        "declared": "12.4",
        "cpu": False,
        "source": f"{SITE}/torch/version.py",
        "arch": TO_90,
        "resolved": (lib("cudart"), lib("cusparse", "12.3.1.170"), lib("nvjitlink"), lib("cudnn", "9.1.0.70")),
        **more,
    }
    return Framework(**values)


BUILD = "cpu_mkl_py311_h0b1a2c3_100"


def conda_torch(build: str = BUILD, **more: Any) -> Framework:
    """torch as conda installed it, by default without CUDA."""
    cpu = "cuda" not in build
    values = {
        "origin": "conda",
        "record": facts.record("pytorch", "2.5.1", build),
        "distribution": f"{SITE}/torch-2.5.1.dist-info",
        "build": build,
        "declared": None if cpu else "12.4",
        "cpu": cpu,
        "resolved": (),
    }
    return torch(**{**values, **more})


def driver(**more: Any) -> Driver:
    """A driver for CUDA 12.8 with one A100."""
    values = {
        "library": LIBCUDA,
        "missing": None,
        "version": 12080,
        "init": 0,
        "devices": 1,
        "gpus": (A100,),
        "nodes": NODES,
        **more,
    }
    return Driver(**values)


def broken(init: int, **more: Any) -> Driver:
    """A driver that is there and does not start."""
    return driver(**{"init": init, "devices": None, "gpus": (), **more})


NONE = Driver(
    library=None,
    missing="libcuda.so.1: cannot open shared object file: No such file or directory",
    version=None,
    init=None,
    devices=None,
)


def cuda(*frameworks: Framework, **more: Any) -> Cuda:
    return Cuda(frameworks=frameworks or (torch(),), **more)


def env(found: Cuda | None, asked: Driver | None = None, **more: Any) -> Environment:
    return facts.env([], [facts.dist("torch", "2.5.1", requires=REQUIRES)], cuda=found, driver=asked, **more)


REQUIRES = ("numpy", "nvidia-cuda-runtime-cu12==12.4.127; platform_system == 'Linux'", "nvidia-cudnn-cu12 (==9.1.0.70)")


def finding(code: int, subject: str = "torch", severity: Severity = Severity.ERROR, **args: str) -> Finding:
    """One that a rule on CUDA could have found."""
    return Finding(
        rule="a-rule",
        code=code,
        severity=severity,
        certainty=Certainty.CERTAIN,
        subject=subject,
        message=text(f"the rule {code} says so of {{subject}}", subject=subject, **args),
        consequence=None,
        evidence=(Evidence(text("it is so"), "somewhere"),),
        fixes=(Fix(text("Do what the rule {code} says", code=code)),),
    )


def judge(found: Environment, *findings: Finding, **more: Any) -> CudaReport:
    """The verdict by what the rules on CUDA find, or by these findings in their place."""
    report = analyse(found, rules=CUDA_RULES)
    assert not report.failed
    return told(found, replace(report, **{**({"findings": findings} if findings else {}), **more}))


def reason(found: Environment, *findings: Finding) -> str:
    return judge(found, *findings).verdict.reason


def kernel(container: str | None = None, **variables: str) -> dict[str, Any]:
    return {"process": facts.kernel(variables=variables, container=container)}


OLD_LINKER = torch(
    resolved=(
        lib("cusparse", "12.3.1.170"),
        lib("nvjitlink", "12.1.105", path=f"{PREFIX}/lib/libnvJitLink.so.12", origin="conda", way="library-path"),
    )
)
HOPPER_ONLY = ("sm_90",)

TREE = [
    # 1 an older nvJitLink
    ("nvjitlink-too-old", env(cuda(OLD_LINKER), NONE, **kernel(LD_LIBRARY_PATH=f"{PREFIX}/lib"))),
    # 2 a library is missing
    ("library-missing", env(cuda(torch(resolved=(lib("cublas"), lost("cudart")))), driver())),
    # 3 without CUDA
    ("cpu-build", env(cuda(conda_torch()), driver())),
    ("cpu-build", env(cuda(torch(declared=None, cpu=True, version="2.5.1+cpu")), NONE)),
    ("no-cuda-on-this-system", env(cuda(torch(declared=None, cpu=True)), None, platform="osx-arm64")),
    # 4 no driver
    ("no-driver", env(cuda(), NONE)),
    ("container-without-gpu", env(cuda(), NONE, **kernel("docker"))),
    ("wsl-driver-not-found", env(cuda(), NONE, **kernel("wsl"))),
    ("driver-library-missing", env(cuda(), driver(library=None, missing="no", init=None, version=None))),
    # 5 hidden
    ("gpu-hidden", env(cuda(), broken(100, devices=0), **kernel(CUDA_VISIBLE_DEVICES=""))),
    ("gpu-hidden", env(cuda(), broken(100), **kernel(CUDA_VISIBLE_DEVICES="-1"))),
    ("gpu-hidden", env(cuda(), driver(devices=0, gpus=()), **kernel(CUDA_VISIBLE_DEVICES="-1,0"))),
    ("gpu-hidden", env(cuda(), broken(100), **kernel(CUDA_VISIBLE_DEVICES="7"))),
    ("no-gpu", env(cuda(), broken(100))),
    ("container-without-gpu", env(cuda(), broken(100, nodes=()), **kernel("podman"))),
    # 6 too old
    ("driver-too-old", env(cuda(), driver(version=11040))),
    ("driver-too-old", env(cuda(torch(declared="10.2")), driver(version=10010))),
    # 7 to 10 by what the driver answers
    ("driver-library-mismatch", env(cuda(), broken(803))),
    ("driver-library-mismatch", env(cuda(), driver(nvml=18))),
    ("compat-on-consumer-gpu", env(cuda(), broken(804, library="/usr/local/cuda/compat/libcuda.so.1"))),
    ("driver-is-a-stub", env(cuda(), broken(34, library="/usr/local/cuda/lib64/stubs/libcuda.so"))),
    ("fabric-manager", env(cuda(), broken(802))),
    ("gpu-busy", env(cuda(), broken(46))),
    ("device-not-accessible", env(cuda(), broken(304))),
    ("driver-unknown-error", env(cuda(), broken(999))),
    ("driver-error", env(cuda(), broken(719))),
    # 11 built for other GPUs
    ("gpu-arch-not-built", env(cuda(torch(arch=HOPPER_ONLY)), driver())),
    # 14 forked
    ("forked-after-cuda", env(cuda(), broken(3))),
    # nothing
    ("works", env(cuda(), driver())),
    ("no-framework", env(Cuda(frameworks=()), driver())),
    ("driver-not-asked", env(cuda())),
    ("driver-not-told", env(cuda(), driver(library=None, init=None, failed="it took longer than 10 s"))),
    ("not-looked", env(None)),
]


@pytest.mark.parametrize(("wanted", "found"), TREE, ids=[f"{n}-{row[0]}" for n, row in enumerate(TREE)])
def test_every_branch(wanted: str, found: Environment):
    verdict = judge(found).verdict
    assert verdict.reason == wanted
    assert verdict.message.english()
    if verdict.state is State.BLOCKED:
        assert verdict.evidence


NEARLY = [
    # the nvJitLink of a newer minor, and of another major: no older one
    ("works", env(cuda(torch(resolved=(lib("nvjitlink", "12.6.85"),))), driver())),
    ("works", env(cuda(torch(resolved=(lib("nvjitlink", None),))), driver())),
    # what is missing is the driver's
    ("works", env(cuda(torch(resolved=(lost("cuda"), lost("nvml")))), driver())),
    # whether torch was built with CUDA is not known
    ("works", env(cuda(torch(cpu=None, declared=None)), driver())),
    # another framework without CUDA beside a torch with it
    ("works", env(cuda(torch(), torch(name="tensorflow", cpu=True, declared=None)), driver())),
    ("works", env(cuda(torch(), torch(name="torchaudio", cpu=True, declared=None)), driver())),
    # a stub is on the path, but it is not what was loaded
    ("works", env(cuda(), driver(), **kernel(LD_LIBRARY_PATH="/usr/local/cuda/lib64/stubs"))),
    # a container, WSL, and a variable that leaves GPUs
    ("works", env(cuda(), driver(nodes=()), **kernel("docker"))),
    ("works", env(cuda(), driver(nodes=("/dev/dxg",)), **kernel("wsl"))),
    ("works", env(cuda(), driver(), **kernel(CUDA_VISIBLE_DEVICES="0,-1"))),
    # a driver of an older minor version, of a newer major one
    ("works", env(cuda(), driver(version=12010))),
    ("works", env(cuda(), driver(version=13000))),
    # a GPU of the same major; an unknown list; an unknown GPU
    ("works", env(cuda(torch(arch=("sm_80",))), driver(gpus=(Gpu(0, "RTX 4090", "8.9"),)))),
    ("works", env(cuda(torch(arch=())), driver(gpus=(Gpu(0, "RTX 5090", "12.0"),)))),
    ("works", env(cuda(torch(arch=HOPPER_ONLY)), driver(gpus=(Gpu(0, "?", None),)))),
    # NVML is broken in some other way
    ("works", env(cuda(), driver(nvml=9))),
    # a compiler of another major on the PATH
    ("works", env(cuda(torch(), nvcc=Nvcc("/usr/local/cuda/bin/nvcc", "13.0")), driver())),
]


@pytest.mark.parametrize(("wanted", "found"), NEARLY)
def test_what_nearly_is_a_branch(wanted: str, found: Environment):
    assert reason(found) == wanted


ORDER = [
    # an import that fails hides a build without CUDA of another framework, no driver, and all the rest
    ("nvjitlink-too-old", env(cuda(OLD_LINKER, torch(name="jax", cpu=True, declared=None)), NONE)),
    ("library-missing", env(cuda(torch(resolved=(lost("cudart"),))), NONE)),
    ("cpu-build", env(cuda(conda_torch()), NONE, **kernel(CUDA_VISIBLE_DEVICES="-1"))),
    ("no-driver", env(cuda(), NONE, **kernel(CUDA_VISIBLE_DEVICES="-1"))),
    ("gpu-hidden", env(cuda(), broken(100, version=11040), **kernel(CUDA_VISIBLE_DEVICES=""))),
    ("driver-too-old", env(cuda(torch(arch=HOPPER_ONLY)), driver(version=11040))),
    ("cpu-build", env(cuda(conda_torch()))),
]


@pytest.mark.parametrize(("wanted", "found"), ORDER)
def test_the_first_branch_counts(wanted: str, found: Environment):
    assert reason(found) == wanted


CODES = [
    # the rule's own words and fixes are taken, where there are any
    (410, "libraries-do-not-match", env(cuda(), driver())),
    (412, "libraries-do-not-match", env(cuda(), driver())),
    (413, "libraries-do-not-match", env(cuda(), driver())),
    (401, "frameworks-do-not-match", env(cuda(), driver())),
    (402, "frameworks-do-not-match", env(cuda(), driver())),
    (420, "library-missing", env(cuda(), driver())),
    (431, "gpu-arch-not-built", env(cuda(torch(arch=HOPPER_ONLY)), driver())),
    (432, "driver-library-mismatch", env(cuda(), broken(803))),
]


@pytest.mark.parametrize(("code", "wanted", "found"), CODES)
def test_what_a_rule_has_found(code: int, wanted: str, found: Environment):
    report = judge(found, finding(code))
    assert report.verdict.reason == wanted
    assert report.verdict.code == code
    assert report.verdict.message.english() == f"the rule {code} says so of torch"
    assert [each.title.english() for each in report.verdict.fixes] == [f"Do what the rule {code} says"]
    assert report.findings == ()


@pytest.mark.parametrize("code", [401, 402, 410, 411, 412, 413, 414, 421])
def test_a_warning_stands_beside_the_verdict(code: int):
    slight = finding(code, severity=Severity.WARNING)
    report = judge(env(cuda(), driver()), slight)
    assert (report.verdict.state, report.findings) == (State.WORKS, (slight,))


def test_findings_on_something_else_are_left_out():
    report = judge(env(cuda(), driver()), finding(102), finding(411, severity=Severity.INFO))
    assert [each.code for each in report.findings] == [411]


def test_a_rule_that_crashed_is_told():
    failed = (Failed("pip-overwrote-conda", "KeyError"), Failed("cuda-coexists", "KeyError"))
    assert judge(env(cuda(), driver()), failed=failed).failed == ("cuda-coexists",)


# --- the sentences


def said(found: Environment) -> str:
    return judge(found).verdict.message.english()


def asked(name: str, version: str | None = None, build: str | None = None) -> Asked:
    return Asked(name, version, build, f"conda-meta/{name}.json")


@pytest.mark.parametrize(
    ("things", "wanted"),
    [
        ((), "torch 2.5.1 was built without CUDA: conda chose cpu_mkl_py311_h0b1a2c3_100"),
        (
            (asked("cudatoolkit", "11.8"),),
            "torch 2.5.1 was built without CUDA: conda chose cpu_mkl_py311_h0b1a2c3_100, while cudatoolkit 11.8 sits unused",
        ),
        (
            (asked("cpuonly", "2.0"), asked("pytorch-mutex", "1.0", "cpu")),
            "torch 2.5.1 was built without CUDA: conda chose cpu_mkl_py311_h0b1a2c3_100 because of cpuonly 2.0",
        ),
        (
            (asked("pytorch-mutex", "1.0", "cpu"), asked("pytorch-cuda", "12.4")),
            (
                "torch 2.5.1 was built without CUDA: conda chose cpu_mkl_py311_h0b1a2c3_100 because of pytorch-mutex 1.0 cpu, "
                "while pytorch-cuda 12.4 sits unused"
            ),
        ),
        (
            (Asked("CONDA_OVERRIDE_CUDA", "", None, "CONDA_OVERRIDE_CUDA"),),
            "torch 2.5.1 was built without CUDA: conda chose cpu_mkl_py311_h0b1a2c3_100 because of CONDA_OVERRIDE_CUDA=",
        ),
        (
            (Asked("CONDA_OVERRIDE_CUDA", "12.4", None, "variable"),),
            "torch 2.5.1 was built without CUDA: conda chose cpu_mkl_py311_h0b1a2c3_100, though CONDA_OVERRIDE_CUDA=12.4 asks for CUDA",
        ),
    ],
)
def test_why_conda_chose_a_build_without_cuda(things: tuple[Asked, ...], wanted: str):
    assert said(env(cuda(conda_torch(), asked=things), driver())) == wanted


def test_why_pip_did():
    wheel = torch(version="2.5.1+cpu", declared=None, cpu=True)
    assert said(env(cuda(wheel))) == "pip's torch 2.5.1+cpu was built without CUDA"
    beside = said(env(cuda(wheel, asked=(asked("cudatoolkit", "11.8"),))))
    assert beside == "pip's torch 2.5.1+cpu was built without CUDA, while cudatoolkit 11.8 sits unused"
    chosen = facts.env(
        [],
        [facts.dist("torch", "2.5.1+cpu")],
        cuda=cuda(replace(wheel, distribution=f"{SITE}/torch-2.5.1+cpu.dist-info")),
    )
    assert said(chosen) == "torch 2.5.1+cpu was built without CUDA: pip installed a wheel without it"


def commands(found: Environment, *findings: Finding) -> list[list[str]]:
    return [[" ".join(step.argv) for step in fix.steps] for fix in judge(found, *findings).verdict.fixes]


def test_the_fix_has_the_flavour_of_the_environment():
    assert commands(env(cuda(torch(version="2.5.1+cpu", declared=None, cpu=True)))) == [
        [
            f"{PREFIX}/bin/python -m pip uninstall --yes torch",
            f"{PREFIX}/bin/python -m pip install --index-url https://download.pytorch.org/whl/cu124 torch==2.5.1",
        ]
    ]
    pytorch = facts.pkg("pytorch", "2.5.1", BUILD, provides=("torch",))
    only = facts.pkg("cpuonly", "2.0", "0", provides=())
    chosen = cuda(conda_torch(), asked=(asked("cpuonly", "2.0"),))
    assert commands(facts.env([pytorch, only], [], cuda=chosen)) == [
        [
            f"/opt/conda/bin/conda remove --prefix {PREFIX} cpuonly",
            f"/opt/conda/bin/conda install --prefix {PREFIX} pytorch=*=*cuda*",
        ]
    ]


def test_a_missing_library_is_brought_back():
    pip = judge(env(cuda(torch(resolved=(lib("cublas"), lost("cudart"), lost("cudnn"))))))
    assert pip.verdict.consequence is not None
    assert pip.verdict.consequence.english().startswith("importing torch ends in: libcudart.so.12: cannot open")
    assert [[" ".join(step.argv) for step in fix.steps] for fix in pip.verdict.fixes] == [
        [
            f"{PREFIX}/bin/python -m pip install --force-reinstall --no-deps nvidia-cuda-runtime-cu12==12.4.127 nvidia-cudnn-cu12==9.1.0.70"
        ]
    ]
    from_conda = conda_torch("cuda124_py311_h1_0", resolved=(lost("cudart"),))
    assert commands(env(cuda(from_conda))) == [[f"/opt/conda/bin/conda install --prefix {PREFIX} cuda-cudart"]]


def test_what_hides_the_gpus_is_said():
    assert (
        said(env(cuda(), broken(100), **kernel(CUDA_VISIBLE_DEVICES="")))
        == "the GPUs are hidden: CUDA_VISIBLE_DEVICES is empty"
    )
    likely = judge(env(cuda(), broken(100), **kernel(CUDA_VISIBLE_DEVICES="7"))).verdict
    assert likely.message.english() == "no GPU answers to CUDA_VISIBLE_DEVICES, which is 7"
    assert likely.certainty is Certainty.LIKELY


def test_the_driver_is_named():
    assert said(env(cuda(), driver(version=11040))) == (
        "torch 2.5.1 was built for CUDA 12.4, and the driver can do 11.4 at most"
    )
    assert said(env(cuda(), driver())) == (
        "CUDA works as far as can be seen from here: torch 2.5.1 was built for CUDA 12.4, and the driver runs 12.8 on NVIDIA A100"
    )


def test_devices_that_are_closed_to_the_user():
    closed = broken(100, closed=("/dev/nvidia0",))
    verdict = judge(env(cuda(), closed)).verdict
    assert verdict.reason == "device-not-accessible"
    assert "/dev/nvidia0" in [each.source for each in verdict.evidence]


def test_a_driver_that_told_enough():
    assert reason(env(cuda(), driver(failed="nvmlInit crashed"))) == "works"
    assert reason(env(cuda(), driver(init=None, failed="cuInit did not answer within 10 s"))) == "driver-not-told"


def test_why_it_cannot_be_told():
    busy = text("the kernel runs a cell")
    found = judge(env(cuda(), unasked=busy)).verdict
    assert (found.state, found.message) == (State.UNKNOWN, busy)
    elsewhere = facts.env(None, None, cuda=None)
    assert said(elsewhere) == "the files of this environment are on another machine"


# --- the table


def test_rows():
    conda, pip = (
        judge(env(cuda(each, asked=(asked("cuda-version", "12.4"),)), driver())).rows[0]
        for each in (conda_torch("cuda124_py311_h1_0"), torch())
    )
    assert (conda.origin, conda.owner, conda.asked) == (
        "conda",
        "conda-meta/pytorch-2.5.1-cuda124_py311_h1_0.json",
        ("cuda-version 12.4",),
    )
    assert (pip.origin, pip.owner, pip.asked) == ("pip", f"{SITE}/torch-2.5.1.dist-info", ())


def test_what_is_mapped_belongs_to_who_uses_it():
    mapped = (lib("cudart", way=None), lib("cutensor", way=None), lib("cuda", way=None))
    both = cuda(torch(), torch(name="cupy", resolved=(lib("cutensor"),)), mapped=mapped)
    fresh = env(both, driver())
    live = env(both, driver(), process=facts.kernel(modules=("torch",)))
    assert [row.mapped for row in judge(fresh).rows] == [None, None]
    rows = judge(live).rows
    assert [[each.family for each in row.mapped or ()] for row in rows] == [["cudart"], []]
    assert not any(each.family == "cuda" for row in rows for each in row.resolved or ())


def test_gpus_and_whom_they_do_not_fit():
    report = judge(env(cuda(torch(arch=("sm_80",))), driver(gpus=(A100, Gpu(1, "V100", "7.0")))))
    assert [(each.name, each.unfit) for each in report.gpus] == [("NVIDIA A100", ()), ("V100", ("torch",))]


def test_the_driver_in_short():
    line = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19"
    shown = judge(env(cuda(), driver(module=line, release="535.104.05"))).driver
    assert shown is not None
    assert (shown.cuda, shown.release, shown.module, shown.answer) == ("12.8", "535.104.05", "535.104.05", 0)
    assert judge(env(cuda())).driver is None


REMARKS = [
    ((torch(), None), driver(version=12010), "the driver tells of CUDA 12.1"),
    ((torch(), Nvcc("/usr/local/cuda/bin/nvcc", "13.0")), driver(), "and torch refuses it there"),
    ((torch(), Nvcc("/usr/local/cuda/bin/nvcc", "12.1")), driver(), "where torch warns of it"),
    ((torch(arch=()), None), driver(), "for which GPUs torch 2.5.1 holds code is not known"),
]


@pytest.mark.parametrize(("found", "asked_of", "wanted"), REMARKS)
def test_remarks(found: tuple[Framework, Nvcc | None], asked_of: Driver, wanted: str):
    report = judge(env(cuda(found[0], nvcc=found[1]), asked_of))
    (remark,) = report.remarks
    assert wanted in remark.english()
    assert report.verdict.state is State.WORKS


@pytest.mark.parametrize(
    ("modules", "mapped", "count"),
    [(("multiprocessing",), ("cuda",), 1), (("json",), ("cuda",), 0), (("multiprocessing",), ("cudart",), 0)],
)
def test_forks_are_remarked_where_they_may_matter(modules: tuple[str, ...], mapped: tuple[str, ...], count: int):
    found = cuda(torch(), mapped=tuple(lib(each, way=None) for each in mapped))
    assert len(judge(env(found, driver(), process=facts.kernel(modules=modules))).remarks) == count


def test_a_compiler_of_the_same_version_is_no_remark():
    assert judge(env(cuda(torch(), nvcc=Nvcc("/opt/nvcc", "12.4.131")), driver())).remarks == ()
