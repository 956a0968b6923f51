"""Errors of CUDA and of what uses it: by the findings of the rules on CUDA, else from the books and the error itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.model import Evidence, Severity, text
from envguard.rules import cuda_driver, fixes
from envguard.why import disk
from envguard.why.case import Row, by_finding, in_error, release, told
from envguard.why.symptom import base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import CondaPackage, Distribution
    from envguard.model import Cause
    from envguard.why.case import Case
    from envguard.why.symptom import Symptom


def _cpu(symptom: Symptom) -> bool:
    return (
        symptom.mentions("torch", "cuda") and symptom.kind in ("AssertionError", None) and not symptom.numbers
    ) or any(word.startswith("torch.cuda.is_available") for word in symptom.words)


def _found(case: Case, *codes: int) -> tuple[Cause, ...]:
    """What the rules on CUDA have found already, which know more than the error tells."""
    return tuple(by_finding(each, certain=True) for each in case.findings(codes))


def _cpu_build(case: Case) -> Iterator[Cause]:
    known = _found(case, 400)
    if known:
        yield from known
        return
    dist, package = _torch(case)
    version = case.version("torch") or (package.version if package else None)
    if version is None:
        return
    if dist is not None and dist.owner is None:
        if "+cu" in version or any(
            re.match(r"nvidia-(?:cuda-runtime|cublas)", each.name) for each in case.env.pip_owned
        ):
            return
        yield told(
            "torch-cpu-build",
            "torch",
            text("torch {version} is a build without CUDA", version=version),
            Evidence(text("the version ends in +cpu"), dist.path)
            if "+cpu" in version
            else Evidence(text("no CUDA library came with this wheel"), dist.path),
            certain="+cpu" in version,
        )
    elif package is not None and ("cpu" in package.build or "cuda" not in package.build):
        yield told(
            "torch-cpu-build",
            "pytorch",
            text(
                "conda's pytorch {version} is a build without CUDA: {build}",
                version=package.version,
                build=package.build,
            ),
            Evidence(text("the build is {build}", build=package.build), package.record),
            fixes=fixes.install_with_conda(case.env, ("pytorch=*=*cuda*",)),
            certain="cpu" in package.build,
        )


def _torch(case: Case) -> tuple[Distribution | None, CondaPackage | None]:
    dists = [each for each in case.env.dists_named.get("torch", ()) if each.has_metadata]
    dist = next((each for each in dists if each.owner is None), dists[0] if dists else None)
    return dist, case.env.by_name.get("pytorch")


def _driver(symptom: Symptom) -> bool:
    number = any(4000 <= each < 20000 and each % 10 == 0 for each in symptom.numbers)
    named = {"nvidia", "driver", "cuda"} & symptom.words
    return (
        (bool(named) and number)
        or (number and len(symptom.tokens) < 8)
        or symptom.mentions("cuda", "driver", "insufficient")
    )


def _old_driver(case: Case) -> Iterator[Cause]:
    """The number is the CUDA version the driver can do: 11040 is 11.4."""
    found = _found(case, 430)
    if found:
        yield from found
        return
    number = next((each for each in case.symptom.numbers if 4000 <= each < 20000 and each % 10 == 0), None)
    can = (number // 1000, number % 1000 // 10) if number else ()
    needs, book = _cuda_of_torch(case)
    if needs is None or book is None or not can:
        return
    # within one major version a driver runs what was built for a later minor one, from CUDA 11 on
    if can >= needs or (can[0] == needs[0] and needs[0] >= 11):
        return
    driver, wanted = (f"{each[0]}.{each[1]}" for each in (can, needs))
    yield told(
        "driver-too-old",
        "driver",
        text("torch was built for CUDA {wanted}, and the driver can do {driver} at most", wanted=wanted, driver=driver),
        in_error(case.symptom, text("says {number}, that is CUDA {driver}", number=number or 0, driver=driver)),
        Evidence(text("torch is a build for CUDA {wanted}", wanted=wanted), book),
        certain=True,
    )


def _two_drivers(symptom: Symptom) -> bool:
    return symptom.mentions("nvml", "driver/library") or (803 in symptom.numbers and symptom.mentions("cuda", "driver"))


def _of_two_versions(case: Case) -> Iterator[Cause]:
    found = _found(case, 432)
    yield from found
    if not found:
        yield told(
            "driver-library-mismatch",
            "driver",
            text("the driver's library and its kernel module are of two versions"),
            in_error(case.symptom, text("{said}", said=case.symptom.said[:160])),
            fixes=cuda_driver.reboot(),
            certain=803 not in case.symptom.numbers,
        )


def _cuda_of_torch(case: Case) -> tuple[tuple[int, int] | None, str | None]:
    """The CUDA that torch was built for, and where that is written."""
    dist, package = _torch(case)
    if dist is not None and dist.owner is None:
        match = re.search(r"\+cu(\d+)(\d)$", dist.version or "")
        if match:
            return (int(match[1]), int(match[2])), dist.path
        for each in case.env.pip_owned:
            if re.fullmatch(r"nvidia-cuda-runtime(?:-cu\d+)?", each.name) and len(release(each.version)) >= 2:
                return (release(each.version)[0], release(each.version)[1]), each.path
    if package is not None:
        match = re.search(r"cuda(\d+)\.(\d+)|cuda(\d\d)(\d)", package.build)
        if match:
            return (int(match[1] or match[3]), int(match[2] or match[4])), package.record
    return None, None


def _architecture(symptom: Symptom) -> bool:
    return sum(bool(re.fullmatch(r"(?:sm|compute)_\d{2,3}a?", word)) for word in symptom.words) >= 1 or symptom.has(
        "no kernel image is available"
    )


def _not_built(case: Case) -> Iterator[Cause]:
    found = _found(case, 431)
    if found:
        yield from found
        return
    dist, package = _torch(case)
    version = case.version("torch") or (package.version if package else None)
    if version is None:
        return
    built = tuple(
        dict.fromkeys(t.strip(".:") for t in case.symptom.tokens if re.fullmatch(r"(?:sm|compute)_\d+a?\.?", t))
    )
    book = dist.path if dist else package.record if package else "torch"
    yield told(
        "gpu-arch-not-built",
        "torch",
        text("torch {version} was not built for this graphics card; it can do {built}", version=version, built=built)
        if len(built) > 1
        else text("torch {version} was not built for this graphics card", version=version),
        in_error(case.symptom, text("{said}", said=case.symptom.said[:160])),
        Evidence(text("torch {version} is installed", version=version), book),
        certain=False,
    )


def _of_cudnn(case: Case) -> tuple[Cause, ...]:
    """Findings on libraries that name cuDNN."""
    told = [
        each
        for each in case.findings((410, 412, 413))
        if any("cudnn" in str(value).lower() for said in (each.message, *(one.says for one in each.evidence)) for value in (said.text, *said.args.values()))
    ]  # fmt: skip
    return tuple(by_finding(each, certain=each.severity is Severity.ERROR) for each in told)


def _cudnn(symptom: Symptom) -> bool:
    return (len(symptom.triples) >= 2 and symptom.has("cudnn")) or (
        len(symptom.triples) == 2 and symptom.kind in ("RuntimeError", None)
    )


def _older_cudnn(symptom: Symptom) -> bool:
    return symptom.has("cudnn") and symptom.has("compiled") and len(_of_cudnns(symptom)) == 2


def _of_cudnns(symptom: Symptom) -> tuple[str, ...]:
    return tuple(version for version in symptom.versions if version.count(".") == 2)


def _loaded_cudnn(case: Case) -> Iterator[Cause]:
    """JAX and TensorFlow name the cuDNN that they have loaded, and then the newer one that they were compiled for."""
    loaded, compiled = _of_cudnns(case.symptom)
    dist = next((each for each in case.env.pip_owned if re.match(r"nvidia-cudnn-cu\d+$", each.name)), None)
    package = case.env.by_name.get("cudnn")
    version = dist.version if dist is not None else package.version if package is not None else None
    if release(version)[:3] != release(loaded) or release(loaded) >= release(compiled):
        return
    wanted = f">={compiled},<{release(compiled)[0] + 1}"
    name, book = (dist.name, dist.path) if dist is not None else ("cudnn", package.record if package else "")
    yield told(
        "cuda-library-mismatch",
        name,
        text("{name} {version} is older than the cuDNN {compiled} for which the framework was compiled", name=name, version=version or "?", compiled=compiled),
        Evidence(text("is version {version}", version=version or "?"), book),
        in_error(case.symptom, text("names {compiled} and {found}", compiled=compiled, found=loaded)),
        fixes=fixes.install_requirements(case.env, (f"{name}{wanted}",))
        if dist is not None
        else fixes.install_with_conda(case.env, (f"cudnn{wanted}",)),
    )  # fmt: skip


def _plugin(symptom: Symptom) -> bool:
    return any(re.fullmatch(r"jax[_-]cuda\d+[_-](?:plugin|pjrt)", word) for word in symptom.words) or symptom.mentions(
        "pjrt", "plugin"
    )


def _plugins(case: Case) -> Iterator[Cause]:
    yield from (by_finding(each, certain=True) for each in case.findings((413,)) if each.subject.startswith("jax-cuda"))


def _other_cudnn(case: Case) -> Iterator[Cause]:
    known = _of_cudnn(case)
    if known:
        yield from known
        return
    compiled, found = (".".join(map(str, each)) for each in case.symptom.triples[:2])
    if case.symptom.triples[0] == case.symptom.triples[1] or (
        case.version("torch") is None and case.version("pytorch") is None
    ):
        return
    path = case.variable("LD_LIBRARY_PATH") or ""
    foreign = tuple(each for each in path.split(":") if each and disk.below(case.env, each) is None)
    mapped = tuple(each for each in case.mapped("libcudnn") if disk.below(case.env, each) is None)
    yield told(
        "cuda-shadowed-by-path",
        "cudnn",
        text(
            "torch was built for cuDNN {compiled} and has found {found} in another place first",
            compiled=compiled,
            found=found,
        ),
        in_error(case.symptom, text("names {compiled} and {found}", compiled=compiled, found=found)),
        *(Evidence(text("is in the process's memory"), each) for each in mapped[:2]),
        *([Evidence(text("is searched first: {folders}", folders=foreign), "LD_LIBRARY_PATH")] if foreign else []),
        certain=bool(mapped),
    )


def _companion(symptom: Symptom) -> bool:
    named = {"torchvision", "torchaudio", "torchtext"} & symptom.words or any(
        "torchvision::" in w for w in symptom.words
    )
    return bool(named) and (len(symptom.versions) >= 2 or any("torchvision::" in word for word in symptom.words))


def _companions(case: Case) -> Iterator[Cause]:
    """Versions of torchvision and torch belong together: torch 2.x with 0.(15 + x), torch 1.x with 0.(x + 1)."""
    found = tuple(case.findings((201, 402), {"torch", "torchvision", "torchaudio"}))
    yield from (by_finding(each, certain=True) for each in found)
    name = "torchaudio" if "torchaudio" in case.symptom.words else "torchvision"
    torch, other = case.version("torch") or case.version("pytorch"), case.version(name)
    if found or torch is None or other is None:
        return
    local = [re.search(r"\+(\w+)$", each or "") for each in (torch, other)]
    tags = [match[1] if match else None for match in local]
    numbers = release(torch)
    fitting = None
    if name == "torchvision" and len(numbers) >= 2:
        fitting = (0, numbers[1] + 15) if numbers[0] == 2 else (0, numbers[1] + 1)
    wrong = fitting is not None and release(other)[:2] != fitting
    if not wrong and tags[0] == tags[1] and not len(case.symptom.versions) >= 2:
        return
    dist = next(iter(case.env.dists_named.get(name, ())), None)
    if wrong:
        message = text("{name} {version} does not belong to torch {torch}", name=name, version=other, torch=torch)
    else:
        message = text(
            "{name} {version} was built for another CUDA than torch {torch}", name=name, version=other, torch=torch
        )
    yield told(
        "torch-companion-mismatch",
        name,
        message,
        in_error(case.symptom, text("{said}", said=case.symptom.said[:160])),
        *([Evidence(text("{name} {version} is installed", name=name, version=other), dist.path)] if dist else []),
        fixes=fixes.install_requirements(case.env, (f"{name}=={fitting[0]}.{fitting[1]}.*",))
        if wrong and fitting and dist and dist.owner is None
        else (),
        certain=wrong or (tags[0] != tags[1] and None not in tags),
    )


def _two_torches(symptom: Symptom) -> bool:
    return "libtorch" in symptom.words and "torch" in symptom.words


def _twice(case: Case) -> Iterator[Cause]:
    dist = next((each for each in case.env.pip_owned if each.name == "torch"), None)
    conda = next((case.env.by_name[name] for name in ("libtorch", "pytorch") if name in case.env.by_name), None)
    if dist is None or conda is None:
        return
    found = next(case.findings((401, 102), {"torch", "pytorch", "libtorch"}), None)
    if found is not None and found.code == 401:
        yield by_finding(found, certain=True)
        return
    yield told(
        "torch-from-two-sources",
        "torch",
        text(
            "torch is here twice: conda's {name} {version} and pip's torch {other}",
            name=conda.name,
            version=conda.version,
            other=dist.version or "?",
        ),
        Evidence(text("{name} {version} is installed", name=conda.name, version=conda.version), conda.record),
        Evidence(text("conda does not own this dist-info"), dist.path),
        fixes=found.fixes if found else (),
    )


def _no_device(symptom: Symptom) -> bool:
    return any(
        word.startswith("list_physical_devices") or word.endswith("list_physical_devices") for word in symptom.words
    ) or (
        symptom.mentions("gpu")
        and any(base(each).startswith(("libcudart", "libcudnn")) for each in symptom.libraries)
        and symptom.missing is None
        and symptom.kind != "UserWarning"
    )


def _not_found(case: Case) -> Iterator[Cause]:
    found = tuple(by_finding(each, certain=True) for each in case.findings((420,), {"tensorflow"}))
    if found:
        yield from found
        return
    version = case.version("tensorflow")
    toolkit = next(
        (case.env.by_name[name] for name in ("cudatoolkit", "cuda-cudart", "cudnn") if name in case.env.by_name), None
    )
    dist = next((each for each in case.env.pip_owned if each.name == "tensorflow"), None)
    if version is None or dist is None or toolkit is None or release(version) < (2, 7):
        return
    lib = f"{case.env.prefix}/lib"
    on_path = lib in (case.variable("LD_LIBRARY_PATH") or "").split(":")
    if on_path:
        return
    yield told(
        "cuda-not-found-by-framework",
        "tensorflow",
        text(
            "pip's tensorflow {version} does not look into the environment's lib, where conda's {name} {other} is",
            version=version,
            name=toolkit.name,
            other=toolkit.version,
        ),
        Evidence(text("conda does not own this dist-info"), dist.path),
        Evidence(text("{name} {version} is installed", name=toolkit.name, version=toolkit.version), toolkit.record),
        certain=False,
    )


ROWS = (
    Row("torch without CUDA", (400,), _cpu, _cpu_build),
    Row("driver", (430,), _driver, _old_driver),
    Row("two drivers", (432,), _two_drivers, _of_two_versions),
    Row("architecture of the graphics card", (431,), _architecture, _not_built),
    Row("cuDNN's versions", (410, 412, 413), _cudnn, _other_cudnn),
    Row("an older cuDNN", (412,), _older_cudnn, _loaded_cudnn),
    Row("JAX's plugin", (413,), _plugin, _plugins),
    Row("torch's companions", (201, 402), _companion, _companions),
    Row("two torches", (401,), _two_torches, _twice),
    Row("no device", (420,), _no_device, _not_found),
)
