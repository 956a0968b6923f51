"""Errors of libraries that are told by the libraries themselves: OpenMP, MKL, Qt, HDF5, PROJ, protobuf, ssl."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from envguard.facts import CondaPackage
from envguard.model import Evidence, Fix, Safety, text
from envguard.why import disk
from envguard.why.case import Row, by_finding, in_error, release, told
from envguard.why.symptom import base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.model import Cause
    from envguard.why.case import Case
    from envguard.why.symptom import Symptom

_OPENMP = re.compile(r"lib(?:iomp5|omp|gomp|omp5|iomp5md|vcomp\d*)(?:md)?[-.\w]*|vcomp\d+\.dll")
_HDF5 = re.compile(r"1\.(?:6|8|10|12|14)\.\d+")


def _omp(symptom: Symptom) -> bool:
    return ("omp" in symptom.words and 15 in symptom.numbers) or len(_runtimes(symptom)) >= 2


def _runtimes(symptom: Symptom) -> tuple[str, ...]:
    return tuple(dict.fromkeys(base(each) for each in symptom.libraries if _OPENMP.match(base(each))))


def _two_openmp(case: Case) -> Iterator[Cause]:
    found = tuple(case.findings((330,)))
    yield from (by_finding(each, certain=True) for each in found)
    if found:
        return
    mapped = case.mapped("libiomp5", "libomp", "libgomp", "vcomp")
    stems = {re.split(r"[-.]", base(path))[0] for path in mapped}
    if len(stems) >= 2:
        yield told(
            "two-openmp-runtimes",
            "openmp",
            text("two OpenMP runtimes are loaded: {libraries}", libraries=tuple(map(base, mapped))),
            *(Evidence(text("is in the process's memory"), path) for path in mapped[:4]),
        )
        return
    copies = [
        path
        for name in _runtimes(case.symptom)
        for path in (*disk.in_packages(case.env, name), *disk.libraries(case.env, name.partition(".")[0]))
    ]
    named = _runtimes(case.symptom)
    if copies:
        yield told(
            "two-openmp-runtimes",
            "openmp",
            text("two OpenMP runtimes met in one process: {libraries}", libraries=named or ("OpenMP",)),
            *(Evidence(text("one of them lies here"), path) for path in dict.fromkeys(copies)),
            in_error(case.symptom, text("names {libraries}", libraries=named))
            if named
            else in_error(case.symptom, text("OMP's error 15")),
            certain=len(set(copies)) >= 2 and len(named) >= 2,
        )


def _layer(symptom: Symptom) -> bool:
    return symptom.has("MKL_THREADING_LAYER") or symptom.has("MKL_SERVICE_FORCE_INTEL")


def _threading(case: Case) -> Iterator[Cause]:
    found = tuple(case.findings((332,)))
    yield from (by_finding(each, certain=True) for each in found)
    value = case.variable("MKL_THREADING_LAYER")
    mkl = case.env.by_name.get("mkl") or next(iter(case.env.dists_named.get("mkl", ())), None)
    if found or (value is None and mkl is None):
        return
    book = mkl.record if isinstance(mkl, CondaPackage) else mkl.path if mkl is not None else "MKL_THREADING_LAYER"
    certain = value is not None and bool(case.mapped("libgomp"))
    yield told(
        "threading-layer-conflict",
        "mkl",
        text("MKL was told to use one OpenMP runtime ({value}) after libgomp had been loaded", value=value or "INTEL"),
        Evidence(text("MKL_THREADING_LAYER is {value}", value=value), "MKL_THREADING_LAYER")
        if value
        else Evidence(text("mkl is installed"), book),
        fixes=(
            Fix(text("Import numpy before whatever loads libgomp"), (), Safety.SAFE, restart=True),
            Fix(text("Or set MKL_THREADING_LAYER=GNU for this process"), (), Safety.REVIEW, restart=True),
        ),
        certain=certain,
    )


def _qt(symptom: Symptom) -> bool:
    plugins = {"xcb", "wayland", "cocoa", "windows", "offscreen", "minimal", "eglfs"}
    named = any(
        re.search(r"[/\\]qt[56]?[/\\]plugins", each.replace("\\", "/"), re.IGNORECASE) for each in symptom.files
    )
    return ("qt" in symptom.words or any("qt.qpa" in word for word in symptom.words)) and (
        named or bool(plugins & symptom.words)
    )


def _qt_plugins(case: Case) -> Iterator[Cause]:
    found = tuple(case.findings((360,)))
    yield from (by_finding(each, certain=True) for each in found)
    if found:
        return
    variable = next((name for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_PLUGIN_PATH") if case.variable(name)), None)
    path = case.variable(variable or "") or next((each for each in case.symptom.files if "plugins" in each), "")
    other = _other_qt(case)
    if ("cv2" in path or "cv2" in case.symptom.words) and other is not None:
        opencv = next(
            (dist for dist in case.env.pip_owned if dist.name.startswith("opencv") and "headless" not in dist.name),
            None,
        )
        if opencv is None and variable is None:
            return
        yield told(
            "qt-plugin-path",
            "cv2",
            text("opencv's own Qt plugins are offered to the Qt of {other}, which cannot use them", other=other),
            Evidence(text("points to {path}", path=path), variable)
            if variable
            else in_error(case.symptom, text("names {path}", path=path)),
            *([Evidence(text("brings a Qt of its own"), opencv.path)] if opencv else []),
            fixes=_headless(case) if opencv else (),
            certain=opencv is not None,
        )


def _other_qt(case: Case) -> str | None:
    names = ("pyqt", "pyqt5", "pyqt6", "pyside2", "pyside6", "qt", "qt-main", "qt6-main")
    for name in names:
        version = case.version(name)
        if version:
            return f"{name} {version}"
    return None


def _headless(case: Case) -> tuple[Fix, ...]:
    from envguard.rules import fixes, steps

    if not fixes.may_write(case.env):
        return ()
    off = next(dist for dist in case.env.pip_owned if dist.name.startswith("opencv") and "headless" not in dist.name)
    title = text("Take {name} off and install opencv-python-headless, if you do not need its windows", name=off.name)
    return (
        fixes.by_pip(
            case.env,
            title,
            (steps.uninstall(case.env, off.name), steps.pip_install(case.env, "opencv-python-headless")),
        ),
    )


def _hdf5(symptom: Symptom) -> bool:
    pair = [version for version in symptom.versions if _HDF5.fullmatch(version)]
    named = any("hdf5" in word or word in ("h5py", "h5", "headers") for word in symptom.words)
    return len(pair) >= 2 and (named or len(symptom.tokens) < 12)


def _two_hdf5(case: Case) -> Iterator[Cause]:
    headers, library = [version for version in case.symptom.versions if _HDF5.fullmatch(version)][:2]
    if headers == library:
        return
    found = tuple(case.findings((350,)))
    yield from (by_finding(each, certain=True) for each in found)
    if found:
        return
    package = case.env.by_name.get("hdf5")
    users = tuple(
        f"{name} {case.version(name)}" for name in ("h5py", "netcdf4", "pytables", "tables") if case.version(name)
    )
    if package is None and not users:
        return
    same = package is not None and package.version.startswith(library)
    from envguard.rules import fixes

    yield told(
        "hdf5-mismatch",
        "hdf5",
        text(
            "{users} was built for HDF5 {headers}, and HDF5 {library} is loaded",
            users=users or text("a module"),
            headers=headers,
            library=library,
        ),
        in_error(case.symptom, text("names {headers} and {library}", headers=headers, library=library)),
        *([Evidence(text("hdf5 {version} is installed", version=package.version), package.record)] if package else []),
        fixes=fixes.install_with_conda(case.env, (f"hdf5={headers}",)) if package else (),
        certain=same,
    )


def _proj(symptom: Symptom) -> bool:
    return (
        symptom.has("proj.db")
        or symptom.has("DATABASE.LAYOUT")
        or symptom.kind in ("DataDirError", "CRSError")
        or bool({"proj_lib", "proj_data", "gdal_data", "gcs.csv"} & symptom.words)
    )


def _other_database(case: Case) -> Iterator[Cause]:
    found = tuple(case.findings((231, 232)))
    yield from (by_finding(each, certain=True) for each in found)
    if found:
        return
    for name in ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "GDAL_DRIVER_PATH"):
        value = case.variable(name)
        own = case.env.by_name.get("proj" if name.startswith("PROJ") else "libgdal")
        if (
            value
            and disk.below(case.env, value.rstrip("/\\") + "/x") is None
            and (own or disk.module(case.env, "pyproj"))
        ):
            yield told(
                "activation-points-elsewhere",
                name,
                text("{variable} sends this process to another installation's data: {path}", variable=name, path=value),
                Evidence(text("points outside the environment"), name),
                *(
                    [Evidence(text("{name} {version} is installed", name=own.name, version=own.version), own.record)]
                    if own
                    else []
                ),
                fixes=(
                    Fix(
                        text("Unset {variable} before the kernel starts, or set it in kernel.json", variable=name),
                        (),
                        Safety.MANUAL,
                        restart=True,
                    ),
                ),
            )
            return


def _protobuf(symptom: Symptom) -> bool:
    return (
        ("descriptors" in symptom.words and symptom.kind in ("TypeError", None))
        or "protocol_buffers_python_implementation" in symptom.message.lower()
        or (symptom.kind == "ImportError" and {"google.protobuf", "runtime_version"} <= symptom.words)
        or (symptom.kind == "VersionError" and symptom.has("protobuf"))
    )


def _protobufs(case: Case) -> Iterator[Cause]:
    found = tuple(case.findings((352,)))
    yield from (by_finding(each, certain=True) for each in found)
    version = case.version("protobuf")
    if found or version is None:
        return
    from envguard.rules import fixes

    user = next((top for top in case.tops if top != "google"), None)
    old_runtime = case.symptom.kind in ("ImportError", "VersionError")
    if not old_runtime and release(version) < (4,):
        return  # a protobuf 3 does not say this
    dist = next(iter(case.env.dists_named.get("protobuf", ())), None)
    yield told(
        "protobuf-mismatch",
        user or "protobuf",
        text(
            "{user} brings code that was generated for a newer protobuf than {version}",
            user=user or text("a package"),
            version=version,
        )
        if old_runtime
        else text(
            "{user} brings code that was generated for protobuf 3, and protobuf {version} is installed",
            user=user or text("a package"),
            version=version,
        ),
        in_error(case.symptom, text("{said}", said=case.symptom.said[:160])),
        *([Evidence(text("protobuf {version} is installed", version=version), dist.path)] if dist else []),
        fixes=()
        if old_runtime or dist is None or dist.owner
        else fixes.meet_constraint(case.env, dist, "protobuf<4", "<4"),
    )


def _ssl(symptom: Symptom) -> bool:
    return (
        symptom.name == "_ssl"
        or "_ssl" in symptom.names
        or "_ssl" in symptom.words
        or (symptom.mentions("ssl") and symptom.has("https"))
    )


def _no_ssl(case: Case) -> Iterator[Cause]:
    env = case.env
    python, openssl = env.by_name.get("python"), env.by_name.get("openssl")
    if python is None:
        return
    if openssl is None:
        from envguard.rules import fixes

        yield told(
            "needed-library-missing",
            "openssl",
            text("conda's python {version} needs openssl, which is not in this environment", version=python.version),
            Evidence(text("depends on openssl"), python.record),
            fixes=fixes.install_with_conda(env, ("openssl",)),
            certain=any(spec.startswith("openssl") for spec in python.depends),
        )
        return
    wanted = tuple(by_finding(found, certain=True) for found in case.findings((130,), {"openssl"}))
    yield from wanted
    if not wanted and os.name == "nt":
        library = Path(env.prefix, "Library", "bin")
        yield from (by_finding(found, certain=False) for found in case.findings((230,)) if library.exists())
    yield from (by_finding(found, certain=True) for found in case.findings((100,), {"openssl"}))


ROWS = (
    Row("two OpenMP runtimes", (330,), _omp, _two_openmp),
    Row("MKL's threading layer", (332,), _layer, _threading),
    Row("Qt's plugins", (360,), _qt, _qt_plugins),
    Row("HDF5's versions", (350,), _hdf5, _two_hdf5),
    Row("PROJ's database", (231, 232), _proj, _other_database),
    Row("protobuf's generated code", (352,), _protobuf, _protobufs),
    Row("ssl", (100, 130, 230, 343), _ssl, _no_ssl),
)
