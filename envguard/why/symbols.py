"""A symbol that nobody offers: two compiled parts that were not made for each other."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from envguard import elf
from envguard.model import Certainty, Evidence, Severity, text
from envguard.rules import fixes
from envguard.why import disk
from envguard.why.case import Row, by_finding, in_error, owner_of, release, told, top_of
from envguard.why.symptom import base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.model import Cause, Fix
    from envguard.why.case import Case
    from envguard.why.symptom import Symptom

_OF_TORCH = re.compile(r"_Z\w*?(?:3c10|2at|5torch|5caffe2)")
_OF_SSL = re.compile(r"_?(?:SSL|EVP|OPENSSL|X509|CRYPTO|BIO|TLS|DTLS|ERR|OSSL|RAND)_")
_OF_PYTHON = re.compile(r"_?Py(?:[A-Z]\w*_|UnicodeUCS)")
_OF_CUDA = re.compile(r"_{0,2}(?:nvJitLink|cusparse|cublas|cudnn|cusolver|cufft|curand|nvrtc|nccl|cupti|cuda[A-Z])")
_OF_ARROW = re.compile(r"_Z\w*?(?:5arrow|7parquet)")
_PYTHON_TAG = re.compile(r"\.(?:cpython-|cp)(\d)(\d+)|/python(\d)\.(\d+)/")


def _any(symptom: Symptom) -> bool:
    """Every symbol, and a text that tells only that one is undefined, by names in brackets."""
    return symptom.symbol is not None or symptom.mentions("undefined", "symbol")


def _jit(symptom: Symptom) -> bool:
    return (symptom.symbol or "").startswith("iJIT_")


def _mkl(case: Case) -> Iterator[Cause]:
    """MKL dropped this symbol in 2024.1; torch's conda builds before 2.3 looked for it there (pytorch#123097)."""
    mkl, torch = case.env.by_name.get("mkl"), case.env.by_name.get("pytorch")
    if mkl is None or torch is None or release(mkl.version) < (2024, 1):
        return
    found = next(case.findings((320,)), None)
    yield told(
        "mkl-breaks-torch",
        "mkl",
        text(
            "conda's pytorch {torch} looks for {symbol}, which MKL has no more since 2024.1; mkl {mkl} is installed",
            torch=torch.version,
            symbol=case.symptom.symbol or "",
            mkl=mkl.version,
        ),
        Evidence(text("mkl {version} is installed", version=mkl.version), mkl.record),
        Evidence(text("pytorch {version} is installed", version=torch.version), torch.record),
        fixes=found.fixes if found else fixes.install_with_conda(case.env, ("mkl<2024.1",)),
    )


def _torch(symptom: Symptom) -> bool:
    return bool(_OF_TORCH.match(symptom.symbol or ""))


def _other_abi(case: Case) -> Iterator[Cause]:
    """An extension asks torch for a C++ symbol that this torch does not have."""
    symbol = case.symptom.symbol or ""
    folder = next(
        (f"{site}/torch/lib" for site in case.env.site_packages if Path(case.env.prefix, site, "torch/lib").is_dir()),
        None,
    )
    version = case.version("torch") or case.version("pytorch")
    if version is None:
        return
    offers = _offers(case, folder, symbol) if folder else None
    if offers:
        return
    extension = _extension(case) or text("the extension")
    new = "__cxx11" in symbol
    where = folder or "torch"
    if offers is False and _twin(case, folder, symbol):
        message = text(
            "{extension} was compiled for a torch with the other C++ ABI (_GLIBCXX_USE_CXX11_ABI={abi}) than torch {version} has",
            extension=extension,
            abi=int(new),
            version=version,
        )
    else:
        message = text(
            "{extension} was compiled for another torch than {version}", extension=extension, version=version
        )
    yield told(
        "extension-abi",
        _extension(case) or "torch",
        message,
        in_error(case.symptom, text("{symbol} is asked for", symbol=symbol)),
        Evidence(text("no library in here offers it"), where)
        if offers is False
        else Evidence(text("torch {version} is installed", version=version), where),
        fixes=_again(case),
        certain=offers is False,
    )


def _offers(case: Case, folder: str | None, symbol: str) -> bool | None:
    """Whether one of torch's libraries has the symbol; None if they cannot be read."""
    if folder is None:
        return None
    libraries = sorted(Path(case.env.prefix, folder).glob("lib*"))
    found = [disk.offers(path, symbol) for path in libraries if ".so" in path.name or path.suffix in (".dylib", ".dll")]
    known = [each for each in found if each is not None]
    return any(known) if known else None


def _twin(case: Case, folder: str | None, symbol: str) -> bool:
    """Whether torch has a symbol of the same name with strings of the other ABI among its arguments."""
    match = re.match(r"_ZN\w+?(?:[CD][1-3])?E", symbol)
    if match is None or folder is None:
        return False
    tables = (elf.symbols(str(path)) for path in Path(case.env.prefix, folder).glob("lib*.so*"))
    return any(
        name.startswith(match[0]) and ("__cxx11" in name) != ("__cxx11" in symbol)
        for table in tables
        if table is not None
        for name in table.defined
    )


def _extension(case: Case) -> str | None:
    """Whose file asks for the symbol, torch apart."""
    files = [path for path in (case.symptom.path, *case.symptom.libraries, *reversed(case.symptom.frames)) if path]
    tops = [top for path in files if (top := top_of(path)) is not None]
    named = next((top for top in tops if top not in ("torch", "torchgen")), None)
    return named or next((base(path) for path in files if base(path).endswith((".so", ".pyd"))), None)


def _again(case: Case) -> tuple[Fix, ...]:
    extension = _extension(case)
    dist = next((each for each in case.env.pip_owned if extension and each.name in case.names_of(extension)), None)
    if dist is None or not fixes.may_write(case.env):
        return ()
    from envguard.rules import steps

    step = steps.pip_install(
        case.env, "--force-reinstall", "--no-deps", "--no-cache-dir", "--no-build-isolation", dist.name
    )
    return (fixes.by_pip(case.env, text("Build {name} anew against the torch that is here", name=dist.name), (step,)),)


def _ssl(symptom: Symptom) -> bool:
    return bool(_OF_SSL.match(symptom.symbol or ""))


def _other_openssl(case: Case) -> Iterator[Cause]:
    env, symbol = case.env, case.symptom.symbol or ""
    openssl = env.by_name.get("openssl")
    own = [path for stem in ("libssl", "libcrypto") for path in disk.libraries(env, stem)]
    offers = [disk.offers(Path(env.prefix, path), symbol) for path in own]
    foreign = tuple(path for path in case.mapped("libssl.", "libcrypto.") if disk.below(env, path) is None)
    if any(offers):
        if foreign:
            yield told(
                "system-libcrypto",
                "openssl",
                text(
                    "the process has {library}, not the environment's own, which offers {symbol}",
                    library=foreign[0],
                    symbol=symbol,
                ),
                Evidence(text("is in the process's memory"), foreign[0]),
                fixes=tuple(way for found in case.findings((342,)) for way in found.fixes),
            )
        return
    if openssl is None or not own:
        return
    asking = next((each for each in case.symptom.libraries if base(each) != base(own[0])), None)
    owner = owner_of(case, asking) if asking and "/" in asking else None
    found = next(case.findings((130,), {"openssl"}), None)
    yield told(
        "needed-library-missing",
        "openssl",
        text(
            "{asking} was built for a newer OpenSSL than {version}: that has no {symbol}",
            asking=f"{owner.name} {owner.version}" if owner else base(asking) if asking else text("the module"),
            version=openssl.version,
            symbol=symbol,
        ),
        Evidence(text("offers no {symbol}", symbol=symbol), own[0]),
        Evidence(text("openssl {version} is installed", version=openssl.version), openssl.record),
        fixes=found.fixes
        if found
        else fixes.install_with_conda(
            env, tuple(filter(None, ("python" if "_ssl" in (asking or "") else None, "openssl")))
        ),
        certain=False in offers,
    )


def _python(symptom: Symptom) -> bool:
    return bool(_OF_PYTHON.match(symptom.symbol or ""))


def _other_python(case: Case) -> Iterator[Cause]:
    """An extension made for another Python, by its name or its folder."""
    own = ".".join((case.env.python_version or "").split(".")[:2])
    for path in filter(None, (case.symptom.path, *case.symptom.libraries)):
        match = _PYTHON_TAG.search(path.replace("\\", "/"))
        made_for = f"{match[1] or match[3]}.{match[2] or match[4]}" if match else None
        if made_for is None or not own or made_for == own:
            continue
        foreign = disk.below(case.env, path) is None
        pythonpath = [each for each in (case.variable("PYTHONPATH") or "").split(os.pathsep) if each]
        reason = next((each for each in pythonpath if path.startswith(each.rstrip("/\\"))), None)
        found = next(case.findings((204,)), None) if foreign else None
        evidence = [
            in_error(
                case.symptom, text("{symbol} is none of Python {own}'s", symbol=case.symptom.symbol or "", own=own)
            )
        ]
        if reason is not None:
            evidence.append(Evidence(text("names {folder}", folder=reason), "PYTHONPATH"))
        yield told(
            "pythonpath-shadows" if foreign else "needed-library-missing",
            top_of(path) or base(path),
            text(
                "{file} was made for Python {made_for}, and this is Python {own}",
                file=base(path),
                made_for=made_for,
                own=own,
            )
            if not foreign
            else text(
                "{file} comes from outside the environment and was made for Python {made_for}; this is Python {own}",
                file=path,
                made_for=made_for,
                own=own,
            ),
            *evidence,
            fixes=found.fixes if found else (),
        )
        return


def _cuda(symptom: Symptom) -> bool:
    return bool(_OF_CUDA.match(symptom.symbol or "")) or any("nvjitlink" in word for word in symptom.words)


def _cuda_parts(case: Case) -> Iterator[Cause]:
    """Libraries of CUDA from different releases: by pip's wheels, by conda's packages, by LD_LIBRARY_PATH."""
    symptom, env = case.symptom, case.env
    symbol = symptom.symbol or next((t for t in symptom.tokens if _OF_CUDA.match(t)), "")
    known = tuple(_about_symbol(case, symbol))
    if known:
        yield from known
        return
    lacking = next((base(each) for each in symptom.libraries if base(each).partition(".")[0] != _of(symptom)), None)
    shadow = _on_library_path(case, lacking or "libnvJitLink.so.12")
    if shadow is not None:
        yield told(
            "cuda-shadowed-by-path",
            base(shadow),
            text("LD_LIBRARY_PATH puts {library} before the one that was installed with the framework", library=shadow),
            Evidence(text("is searched first"), "LD_LIBRARY_PATH"),
            in_error(symptom, text("{symbol} was not found", symbol=symbol)),
            certain=disk.offers(shadow, symbol.partition(",")[0]) is False,
        )
        return
    match = re.search(r"_(\d+)_(\d+)$", symbol)
    wanted = (int(match[1]), int(match[2])) if match else ()
    for dist in env.pip_owned:
        if wanted and re.fullmatch(r"nvidia-nvjitlink(?:-cu\d+)?", dist.name) and release(dist.version)[:2] < wanted:
            version = f"{wanted[0]}.{wanted[1]}"
            yield told(
                "nvidia-wheels-mismatch",
                dist.name,
                text(
                    "{name} {version} is older than what another wheel of NVIDIA's asks for: {wanted}",
                    name=dist.name,
                    version=dist.version or "?",
                    wanted=version,
                ),
                Evidence(text("{name} {version} is installed", name=dist.name, version=dist.version or "?"), dist.path),
                in_error(symptom, text("{symbol} is asked for", symbol=symbol)),
                fixes=fixes.install_requirements(env, (f"{dist.name}>={version}",)),
            )
            return
    yield from _conda_cuda(case, symbol)


def _about_symbol(case: Case, symbol: str) -> Iterator[Cause]:
    """What the rules on CUDA have found about the library that a symbol is of."""
    match = re.match(r"_*(nvjitlink|cusparse|cublas|cudnn|cusolver|cufft|curand|nvrtc|nccl|cupti)", symbol.lower())
    for each in case.findings((410, 412, 413)) if match is not None else ():
        values = (
            value for said in (each.message, *(one.says for one in each.evidence)) for value in said.args.values()
        )
        if match is not None and any(match[1] in str(value).lower() for value in values):
            yield by_finding(each, certain=each.severity is not Severity.INFO)


def _of(symptom: Symptom) -> str:
    """The stem of the library that asks."""
    first = next(iter(symptom.libraries), "")
    return base(first).partition(".")[0] if len(symptom.libraries) > 1 else ""


def _on_library_path(case: Case, name: str) -> str | None:
    for folder in (case.variable("LD_LIBRARY_PATH") or "").split(":"):
        if folder and disk.below(case.env, folder) is None and Path(folder, name).exists():
            return str(Path(folder, name))
    return None


def _conda_cuda(case: Case, symbol: str) -> Iterator[Cause]:
    env = case.env
    runtime = next((env.by_name[n] for n in ("pytorch-cuda", "cuda-version", "cudatoolkit") if n in env.by_name), None)
    wheels = tuple(dist.name for dist in env.pip_owned if re.match(r"nvidia-\w+-cu\d+", dist.name))
    stem = re.sub(r"^_*", "", symbol)
    part = next(
        (
            each
            for each in env.conda_packages or ()
            if each.name.startswith(("lib", "cuda-")) and stem.lower().startswith(each.name.removeprefix("lib"))
        ),
        None,
    )
    if part is not None and runtime is not None and release(part.version)[:1] != release(runtime.version)[:1]:
        yield told(
            "cuda-library-mismatch",
            part.name,
            text(
                "conda's {name} {version} belongs to another CUDA than {runtime} {other}",
                name=part.name,
                version=part.version,
                runtime=runtime.name,
                other=runtime.version,
            ),
            Evidence(text("{name} {version} is installed", name=part.name, version=part.version), part.record),
            Evidence(text("{name} {version} is installed", name=runtime.name, version=runtime.version), runtime.record),
            fixes=fixes.install_with_conda(env, (f"{part.name}={release(runtime.version)[0]}.*",)),
        )
    elif runtime is not None and wheels:
        yield told(
            "cuda-coexists",
            runtime.name,
            text(
                "CUDA came twice: with conda's {runtime} and with pip's {wheels}",
                runtime=f"{runtime.name} {runtime.version}",
                wheels=wheels,
            ),
            Evidence(text("{name} {version} is installed", name=runtime.name, version=runtime.version), runtime.record),
            in_error(case.symptom, text("{symbol} was not found", symbol=symbol)),
            certain=False,
        )


def _arrow(symptom: Symptom) -> bool:
    return bool(_OF_ARROW.match(symptom.symbol or "")) or (
        symptom.mentions("undefined", "symbol") and symptom.has("arrow")
    )


def _two_arrows(case: Case) -> Iterator[Cause]:
    pip = next((dist for dist in case.env.pip_owned if dist.name == "pyarrow"), None)
    conda = next((case.env.by_name[n] for n in ("libarrow", "arrow-cpp") if n in case.env.by_name), None)
    if pip is None or conda is None:
        return
    found = next(case.findings((351,)), None)
    yield told(
        "arrow-mismatch",
        "pyarrow",
        text(
            "pip's pyarrow {version} brings an Arrow of its own beside conda's {name} {other}, which was built otherwise",
            version=pip.version or "?",
            name=conda.name,
            other=conda.version,
        ),
        Evidence(text("conda does not own this dist-info"), pip.path),
        Evidence(text("{name} {version} is installed", name=conda.name, version=conda.version), conda.record),
        fixes=found.fixes if found else (),
    )


def _general(case: Case) -> Iterator[Cause]:
    """What the check knows about the package whose file asks, or about a library that is named with it."""
    names = set(case.packages)
    for path in case.symptom.libraries:
        owner = owner_of(case, path) if "/" in path else None
        names.update([owner.name] if owner is not None else [])
    # GDAL's drivers and the like are told by the name of their library, without version: "(libkea)"
    named = [word for word in case.symptom.words if re.fullmatch(r"lib[a-z][\w+-]+", word)]
    names.update(named)
    names.update(word.removeprefix("lib") for word in named)
    names.update(_dependants(case, names, named))
    for found in case.findings((101, 102, 103, 130, 131, 160, 350, 351), names):
        yield by_finding(found, certain=found.certainty is Certainty.CERTAIN and found.code in (101, 102, 130))


def _dependants(case: Case, names: set[str], named: list[str]) -> Iterator[str]:
    if not named:
        return
    for name in tuple(names):
        yield from (package.name for _, package in case.env.depending.get(name, ()))


ROWS = (
    Row("symbol of MKL's profiler", (320,), _jit, _mkl),
    Row("symbol of torch", (403,), _torch, _other_abi),
    Row("symbol of OpenSSL", (342, 343), _ssl, _other_openssl),
    Row("symbol of Python", (204, 343), _python, _other_python),
    Row("symbol of CUDA", (410, 411, 412, 413), _cuda, _cuda_parts),
    Row("symbol of Arrow", (351,), _arrow, _two_arrows),
    Row("symbol", (101, 102, 103, 130, 131, 160, 350, 351), _any, _general),
)
