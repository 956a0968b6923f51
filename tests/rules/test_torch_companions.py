"""torchvision, torchaudio and other extensions beside torch: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.facts import Compiled, DirectUrl
from envguard.process import Elsewhere, Offer, Stranger
from envguard.rules.torch_companions import extension_abi, torch_companion_mismatch
from tests.rules.cudas import TORCH, conda_torch, other, torch, where
from tests.rules.facts import PREFIX, SITE, Told, commands, dist, env, only, owned, pkg, told

ERROR, WARNING = "error", "warning"


@pytest.mark.parametrize(
    ("torch_version", "name", "version", "wanted"),
    [
        ("2.5.1", "torchvision", "0.19.1", "2.4"),
        ("2.5.1", "torchaudio", "2.4.0", "2.4"),
        ("1.13.1", "torchvision", "0.13.1", "1.12"),
        ("1.13.1", "torchaudio", "0.12.1", "1.12"),
        ("2.0.1", "torchvision", "0.14.1", "1.13"),
        # what belongs together; another patch; what is not known; what works with several
        ("2.5.1", "torchvision", "0.20.1", None),
        ("2.5.0", "torchvision", "0.20.1", None),
        ("2.5.1", "torchaudio", "2.5.1", None),
        ("1.13.1", "torchvision", "0.14.1", None),
        ("2.15.0", "torchvision", "0.29.2", None),
        ("2.15.0", "torchvision", "0.31.0", None),
        ("2.15.0", "torchaudio", "2.11.0", None),
    ],
)
def test_by_the_table(torch_version, name, version, wanted):
    here = env((), (dist("torch", torch_version), dist(name, version)))
    message = f"{name} {version} was built for torch {wanted}, and torch {torch_version} is there"
    assert told(torch_companion_mismatch, here) == ([Told(ERROR, name, message)] if wanted else [])


@pytest.mark.parametrize(
    ("requires", "speaks"),
    [
        (("torch==2.14.0",), True),
        (("torch (==2.14.0)",), True),
        (("torch>=2.14.0",), False),
        (("torch==2.15.0",), False),
    ],
)
def test_by_its_own_word(requires, speaks):
    here = env((), (dist("torch", "2.15.0"), dist("torchvision", "0.40.0", requires=requires)))
    assert bool(told(torch_companion_mismatch, here)) is speaks


@pytest.mark.parametrize(
    ("ours", "name", "version", "theirs", "severity"),
    [
        (("1.8.1", "11.1"), "torchvision", "0.9.1", "10.2", ERROR),
        (("1.13.1", "11.7"), "torchvision", "0.14.1", "11.6", ERROR),
        (("2.5.1", "12.4"), "torchaudio", "2.5.1", "12.1", ERROR),
        (("2.5.1", None), "torchvision", "0.20.1", "12.4", ERROR),
        (("2.5.1", "12.4"), "torchvision", "0.20.1", None, WARNING),
        # since 0.16 only the major version is compared; a torchaudio without CUDA works
        (("2.5.1", "12.4"), "torchvision", "0.20.1", "12.1", None),
        (("2.5.1", "12.4"), "torchvision", "0.20.1", "12.4", None),
        (("2.5.1", "12.4"), "torchaudio", "2.5.1", None, None),
        (("2.5.1", None), "torchvision", "0.20.1", None, None),
    ],
)  # fmt: skip
def test_by_cuda(ours, name, version, theirs, severity):
    release, cuda = ours
    frameworks = (
        torch(version=release, declared=cuda, cpu=cuda is None),
        other(name, version, theirs, cpu=theirs is None),
    )
    here = where(*frameworks, dists=(dist("torch", release), dist(name, version)))
    found = list(torch_companion_mismatch(here))
    assert [each.severity.value for each in found] == ([severity] if severity else [])


def test_a_copy_that_comes_before_counts():
    home = Elsewhere(
        "/home/me/lib", "user-site", 1, True, (Offer("torchvision", "torchvision"),), (Stranger("torchvision", "0.14.1", "torchvision-0.14.1.dist-info"),)
    )  # fmt: skip
    dists = (TORCH, dist("torchvision", "0.20.1"))
    found = only(torch_companion_mismatch(env((), dists, elsewhere=(home,))))
    assert found.evidence[0].source == "/home/me/lib/torchvision-0.14.1.dist-info"
    later = Elsewhere(home.path, home.origin, 9, False, home.offers, home.strangers)
    assert told(torch_companion_mismatch, env((), dists, elsewhere=(later,))) == []


def test_the_one_that_belongs_comes_from_where_torch_came():
    here = where(torch(), other("torchvision", "0.19.1", "12.4"), dists=(TORCH, dist("torchvision", "0.19.1")))
    pip = f"{PREFIX}/bin/python -m pip"
    assert commands(only(torch_companion_mismatch(here))) == [
        [
            f"{pip} uninstall --yes torchvision",
            f"{pip} install --index-url https://download.pytorch.org/whl/cu124 torch==2.5.1 torchvision",
        ]
    ]
    package = pkg("pytorch", "2.5.1", "cuda126_mkl_py311_h0_300", provides=("torch",))
    here = env((package,), (owned("torch", "2.5.1", by=package.record), dist("torchvision", "0.19.1")))
    assert commands(only(torch_companion_mismatch(here))) == [
        [f"{pip} uninstall --yes torchvision", f"/opt/conda/bin/conda install --prefix {PREFIX} torchvision"]
    ]


def wheel(name: str) -> DirectUrl:
    return DirectUrl(f"https://example.org/wheels/{name}")


@pytest.mark.parametrize(
    ("version", "more", "says"),
    [
        ("2.7.3+cu12torch2.4cxx11abifalse", {}, "flash-attn 2.7.3+cu12torch2.4cxx11abifalse was built for torch 2.4, and torch 2.5.1 is there"),
        ("2.7.3", {"direct_url": wheel("flash_attn-2.7.3%2Bcu12torch2.4cxx11abiFALSE-cp311-cp311-linux_x86_64.whl")}, "flash-attn 2.7.3 was built for torch 2.4, and torch 2.5.1 is there"),
        ("2.1.2+pt24cu124", {}, "flash-attn 2.1.2+pt24cu124 was built for torch 2.4, and torch 2.5.1 is there"),
        ("2.1.2+pt113cu117", {}, "flash-attn 2.1.2+pt113cu117 was built for torch 1.13, and torch 2.5.1 is there"),
        ("2.1.2+pt25cu118", {}, "flash-attn 2.1.2+pt25cu118 was built for CUDA 11.8, and torch 2.5.1 for CUDA 12.4"),
        ("0.0.20+cu118", {"requires": ("torch",)}, "flash-attn 0.0.20+cu118 was built for CUDA 11.8, and torch 2.5.1 for CUDA 12.4"),
        ("2.7.3+cu12torch2.5cxx11abitrue", {}, "flash-attn 2.7.3+cu12torch2.5cxx11abitrue was built with another C++ ABI than torch 2.5.1"),
        # the same torch, another minor of CUDA; nothing said; a label about something else; conda's
        ("2.7.3+cu12torch2.5cxx11abifalse", {}, None),
        ("2.1.2+pt25cu121", {}, None),
        ("0.7.5+pt2.5.0cu121", {}, None),
        ("2.7.3", {"requires": ("torch",)}, None),
        ("0.4.13+cuda11.cudnn86", {}, None),
        ("2.1.2+pt24cu124", {"owner": "conda-meta/a.json"}, None),
    ],
)  # fmt: skip
def test_what_a_wheel_is_called(version, more, says):
    extension = dist("flash-attn", version, **more)
    found = told(extension_abi, where(torch(), dists=(TORCH, extension)))
    assert found == ([Told(WARNING, "flash-attn", says)] if says else [])


@pytest.mark.parametrize(
    ("pin", "compiled", "speaks"), [("2.4.1", True, True), ("2.4.1", False, False), ("2.5.0", True, False)]
)
def test_what_compiled_code_pins(pin, compiled, speaks):
    extension = dist("xformers", "0.0.28", requires=(f"torch=={pin}",))
    files = (Compiled(f"{SITE}/xformers/_C.so", extension.path),) if compiled else ()
    found = list(extension_abi(where(torch(), dists=(TORCH, extension), compiled=files)))
    assert [each.certainty.value for each in found] == (["likely"] if speaks else [])


def test_the_abi_of_conda_forge():
    build = "cuda126_mkl_py311_h0_300"
    package = pkg("pytorch", "2.5.1", build, provides=("torch",))
    dists = (owned("torch", "2.5.1", by=package.record), dist("flash-attn", "2.7.3+cu12torch2.5cxx11abifalse"))
    assert told(extension_abi, where(conda_torch(build), conda=(package,), dists=dists))
    dists = (dists[0], dist("flash-attn", "2.7.3+cu12torch2.5cxx11abitrue"))
    assert not told(extension_abi, where(conda_torch(build), conda=(package,), dists=dists))
