"""A shared library that was not found, or that has not the version of a symbol that somebody asks for."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from envguard import elf, loader
from envguard.model import Evidence, text
from envguard.rules import fixes
from envguard.why import disk, system
from envguard.why.case import BREAKING, Row, by_finding, in_error, missing_from, owner_of, told, top_of
from envguard.why.symptom import base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import CondaPackage, Distribution, Environment
    from envguard.model import Cause, Fix
    from envguard.why.case import Case
    from envguard.why.symptom import Symptom

_TORCH = re.compile(r"lib(?:torch|c10|shm|caffe2)[\w-]*\.")
_BUNDLED = re.compile(r"lib[\w+.-]+?-[0-9a-f]{7,8}\.")
"""The name that auditwheel gives to a library it puts into a wheel: with a part of its hash."""
_LIBSTDCXX = ("GLIBCXX_", "CXXABI_")


def _library_missing(symptom: Symptom) -> bool:
    name = symptom.missing
    return name is not None and not base(name).startswith("libcudart.so,")


def _missing(case: Case) -> Iterator[Cause]:
    env, symptom = case.env, case.symptom
    name = base(symptom.missing or "")
    named = disk.below(env, symptom.missing or "")
    if named is not None and disk.exists(env, named):
        yield from _unusable(case, named)
        return
    listings = disk.listed(env, name)
    gone = [each for each in listings if not disk.exists(env, each.path)]
    for each in gone[:1]:
        yield told(
            "conda-file-missing" if each.package else "needed-library-missing",
            (each.package or each.dist or env).name,
            text("{library} belongs to {owner} and is not on disk any more", library=name, owner=each.owner),
            Evidence(text("{path} is listed here, and there is no such file", path=each.path), each.book),
            missing_from(symptom, name),
            fixes=_put_back(env, each.package, each.dist),
        )
    if gone:
        return
    there = [each.path for each in listings if disk.exists(env, each.path)] or list(disk.in_packages(env, name))
    inside = [path for path in there if top_of(path)]
    if inside:
        yield _inside_a_package(case, name, inside[0])
        return
    if there:
        yield from _not_searched(case, name, there[0])
        return
    told_so = [*_foreign_binary(case, name), *_other_version(case, name)]
    if _TORCH.match(name):
        told_so += _for_another_torch(case, name)
    yield from told_so or tuple(_nowhere(case, name)) or _left_to_the_system(case, name)


def _unusable(case: Case, path: str) -> Iterator[Cause]:
    """The file that the error names by its whole path is there: then it is none that can be loaded, or nothing is known."""
    if case.env.layout == "windows" or path.endswith((".dylib", ".pyd", ".dll")) or sys.platform == "darwin":
        return
    whole = Path(case.env.prefix, path)
    if not whole.is_file() or elf.read(str(whole)) is not None:
        return
    found = disk.owner(case.env, str(whole))
    package, dist = (found.package, found.dist) if found is not None else (None, None)
    yield told(
        "conda-file-altered" if package else "needed-library-missing",
        (package or dist or case.env).name,
        text("{library} is no compiled file: it was cut short or overwritten", library=base(path)),
        Evidence(
            text(
                "has {n} byte, and not the beginning of one",
                "has {n} bytes, and not the beginning of one",
                n=whole.stat().st_size,
            ),
            path,
        ),
        fixes=_put_back(case.env, package, dist),
    )


def _put_back(env: Environment, package: CondaPackage | None, dist: Distribution | None) -> tuple[Fix, ...]:
    if package is not None:
        return fixes.reinstall(env, package)
    return fixes.install_one(env, dist) if dist is not None else ()


def _inside_a_package(case: Case, name: str, path: str) -> Cause:
    """The library is there, where only the package that brought it looks."""
    top = top_of(path) or ""
    owner = top.removesuffix("_libs")
    loaded = case.live and case.env.process is not None and owner in case.env.process.loaded
    from_fix = text("Write `import {module}` before the import that fails", module=owner)
    from envguard.model import Fix, Safety

    return told(
        "needs-torch-imported-first" if owner == "torch" else "needed-library-missing",
        owner,
        text(
            "{library} is there, inside {module}, where it is found only once {module} is imported",
            library=name,
            module=owner,
        ),
        Evidence(text("the library lies here, which is no folder that the loader searches"), path),
        missing_from(case.symptom, name),
        fixes=(Fix(from_fix, (), Safety.SAFE),),
        certain=case.live and not loaded,
    )


def _not_searched(case: Case, name: str, path: str) -> Iterator[Cause]:
    """The library is in the environment's own folder, and the process did not look there."""
    env = case.env
    scripts = tuple(
        each for each in env.activation or () if {"LD_LIBRARY_PATH", "PATH", "DYLD_LIBRARY_PATH"} & set(each.variables)
    )
    unset = case.variable("CONDA_PREFIX") is None and env.process is not None
    here = Evidence(text("the library lies here"), path)
    for each in scripts:
        if unset:
            yield told(
                "not-activated",
                env.name,
                text(
                    "{library} is in the environment, but the process was started without activating it, "
                    "and {script} would have set where to look",
                    library=name,
                    script=base(each.path),
                ),
                here,
                Evidence(text("sets {variables} on activation", variables=each.variables), each.path),
                fixes=tuple(way for found in case.findings((230,)) for way in found.fixes),
                certain=False,
            )
            return
    yield from (by_finding(found, certain=False, first=here) for found in case.findings((230, 343)))


def _foreign_binary(case: Case, name: str) -> Iterator[Cause]:
    """An extension of conda's that asks for a library which only a wheel has: its bytes are not conda's."""
    env = case.env
    tops = case.tops[:3]
    for package in (each for top in tops for each in env.conda_packages or () if each.name in case.names_of(top)):
        for path in _compiled(env, package, tops):
            if not disk.needs(Path(env.prefix, path), name):
                continue
            listing = disk.Listing(path, package=package)
            if disk.differs(env, listing):
                yield told(
                    "conda-file-altered",
                    package.name,
                    text(
                        "a compiled file of conda's {package} {version} is not conda's any more, and asks for {library}, which is nowhere in this environment",
                        package=package.name,
                        version=package.version,
                        library=name,
                    ),
                    Evidence(text("its hash is not the recorded one, and it needs {library}", library=name), path),
                    fixes=fixes.reinstall(env, package),
                )
                return
    if _BUNDLED.match(name):
        for found in case.findings((101, 102, 110), case.packages):
            yield by_finding(found, certain=False, first=missing_from(case.symptom, name))


def _compiled(env: Environment, package: CondaPackage, tops: tuple[str, ...]) -> Iterator[str]:
    for listing in disk.listed_by(env, package):
        if listing.endswith((".so", ".pyd")) and top_of(listing) in tops:
            yield listing


def _other_version(case: Case, name: str) -> Iterator[Cause]:
    """The same library under another SONAME."""
    env = case.env
    stem = re.split(r"\.so\b|[.-]\d|\.dylib|\.dll", name, maxsplit=1)[0]
    others = [path for path in disk.libraries(env, stem) if base(path) not in (name, f"{stem}.so", f"{stem}.dylib")]
    if not others or base(others[0]) == name:
        return
    listing = next(iter(disk.listed(env, base(others[-1]))), None)
    asking = _asking(case)
    message = text("{library} is asked for, and this environment has {other}", library=name, other=base(others[-1]))
    if asking is not None:
        message = text(
            "{asking} asks for {library}, and this environment has {other}",
            asking=f"{asking.name} {asking.version or '?'}",
            library=name,
            other=base(others[-1]),
        )
    is_conda = asking is not None and asking in (env.conda_packages or ())
    yield told(
        "needed-library-missing",
        asking.name if asking is not None else stem,
        message,
        Evidence(
            text("belongs to {owner}", owner=listing.owner) if listing else text("is the only one of its kind here"),
            others[-1],
        ),
        missing_from(case.symptom, name),
        fixes=_asked_anew(case, asking, is_conda=is_conda),
    )


def _nowhere(case: Case, name: str) -> Iterator[Cause]:
    """The file that could not be loaded asks for a library of which nothing is known but that nobody has it."""
    for path in _loaded_at_last(case):
        library = elf.read(str(path))
        world = loader.system(library.machine) if library is not None else None
        if library is None or world is None or name not in library.needed:
            continue
        searched = loader.library_path(case.variable("LD_LIBRARY_PATH"))
        if loader.resolve(name, (library,), loader.World(world, library_path=searched)).path is not None:
            return  # it is there now
        asking = owner_of(case, str(path))
        is_conda = asking is not None and asking in (case.env.conda_packages or ())
        yield told(
            "needed-library-missing",
            asking.name if asking is not None else base(str(path)),
            text(
                "{file} needs {library}, which is neither in this environment nor among the system's libraries",
                file=base(str(path)),
                library=name,
            ),
            Evidence(text("needs {library}", library=name), str(path)),
            missing_from(case.symptom, name),
            fixes=system.ways(case.env, name, asking)
            if system.is_left(name)
            else _asked_anew(case, asking, is_conda=is_conda),
        )
        return


def _left_to_the_system(case: Case, name: str) -> Iterator[Cause]:
    """One that no wheel brings, where nobody can see what the loader sees."""
    asking = _asking(case)
    if system.is_left(name) and asking is not None:
        yield told(
            "needed-library-missing",
            asking.name,
            text("{package} needs {library}, which it leaves to the system", package=asking.name, library=name),
            missing_from(case.symptom, name),
            fixes=system.ways(case.env, name, asking),
            certain=False,
        )


def _loaded_at_last(case: Case) -> Iterator[Path]:
    """The compiled files that the error may be about: those it names, then those of its modules."""
    for path in (case.symptom.path, *case.symptom.libraries):
        if path and "/" in path:
            yield Path(path)
    for top in case.tops:
        path = disk.module(case.env, top)
        if path is not None and ".so" in path:
            yield Path(case.env.prefix, path)


def _asking(case: Case) -> CondaPackage | Distribution | None:
    """Whose file it is that could not be loaded."""
    for path in (case.symptom.path, *case.symptom.libraries, *reversed(case.symptom.frames)):
        if path and ("/" in path or "\\" in path) and (found := owner_of(case, path)) is not None:
            return found
    return None


def _asked_anew(case: Case, asking: CondaPackage | Distribution | None, *, is_conda: bool) -> tuple[Fix, ...]:
    for found in case.findings((130, 343), {asking.name} if asking else set()):
        if found.fixes:
            return found.fixes
    if asking is None:
        return ()
    if is_conda:
        return fixes.install_with_conda(case.env, (asking.name,))
    return fixes.install_one(case.env, asking) if asking in case.env.pip_owned else ()


def _for_another_torch(case: Case, name: str) -> Iterator[Cause]:
    version = case.version("torch") or case.version("pytorch")
    if version is None:
        yield told(
            "needed-library-missing",
            "torch",
            text("{library} is a library of torch, which is not installed here", library=name),
            missing_from(case.symptom, name),
            certain=not case.env.unlooked,
        )
        return
    folder = next((path for path in _folders(case, "torch/lib") if path), None)
    if folder is None:
        return
    yield told(
        "extension-abi",
        next((top for top in case.tops if top != "torch"), "torch"),
        text("the extension asks for {library}, which torch {version} does not have", library=name, version=version),
        Evidence(text("there is no {library} here: it was built for another torch", library=name), folder),
        missing_from(case.symptom, name),
    )


def _folders(case: Case, name: str) -> Iterator[str]:
    for site in case.env.site_packages:
        if Path(case.env.prefix, site, name).is_dir():
            yield f"{site}/{name}"


def _version_missing(symptom: Symptom) -> bool:
    return (
        bool(symptom.tags)
        and symptom.symbol is None
        and any("lib" in base(each) for each in symptom.libraries or ("lib",))
    )


def _lacking(case: Case) -> Iterator[Cause]:
    tag = case.symptom.tags[0]
    if tag.startswith("GLIBC_"):
        yield from _old_system(case, tag)
    elif tag.startswith(_LIBSTDCXX):
        yield from _old_libstdcxx(case, tag)
    else:
        yield from _old_library(case, tag)


def _old_system(case: Case, tag: str) -> Iterator[Cause]:
    has = case.env.process.glibc if case.env.process is not None else None
    wanted, found = (tuple(map(int, re.findall(r"\d+", each or "")[:3])) for each in (tag, has))
    if found and wanted <= found:
        return  # another system's error, or a container's
    asking = _required_by(case)
    yield told(
        "needed-library-missing",
        asking or tag,
        text(
            "{asking} was built for a newer system: it needs glibc {version}",
            asking=asking or text("it"),
            version=tag[6:],
        )
        if has is None
        else text(
            "{asking} was built for a newer system: it needs glibc {version}, and this one has {found}",
            asking=asking or text("it"),
            version=tag[6:],
            found=has,
        ),
        in_error(case.symptom, text("{tag} was not found", tag=tag)),
        certain=bool(found),
    )


def _old_libstdcxx(case: Case, tag: str) -> Iterator[Cause]:
    env = case.env
    named = next((each for each in case.symptom.libraries if "libstdc++" in base(each) or "libgcc" in base(each)), None)
    own = Path(env.prefix, "lib", "libstdc++.so.6")
    inside = named is None or "/" not in named or disk.below(env, named) is not None
    has = disk.offers_version(own, tag)
    asking = _required_by(case)
    says = in_error(case.symptom, text("{tag} was not found in {library}", tag=tag, library=named or "libstdc++.so.6"))
    if has:
        if inside:
            return  # it is there now
        yield told(
            "wrong-libstdcxx",
            "libstdc++",
            text(
                "the process has {library}, which lacks {tag}; the environment's own has it",
                library=str(named),
                tag=tag,
            ),
            Evidence(text("offers {tag}", tag=tag), "lib/libstdc++.so.6"),
            says,
            fixes=tuple(way for found in case.findings((340,)) for way in found.fixes),
        )
        return
    newest = _newest(own, tag)
    if has is None and not inside and not own.exists():
        yield told(
            "libstdcxx-too-old",
            "libstdc++",
            text(
                "{library} is too old for {asking}: it lacks {tag}",
                library=str(named),
                asking=asking or text("this"),
                tag=tag,
            ),
            says,
            fixes=fixes.install_with_conda(env, ("libstdcxx-ng",)) if env.is_conda else (),
            certain=named is not None and disk.offers_version(named, tag) is False,
        )
        return
    yield told(
        "libstdcxx-too-old",
        asking or "libstdc++",
        text(
            "the environment's libstdc++ ends at {newest}, and {asking} needs {tag}",
            newest=newest,
            asking=asking or text("it"),
            tag=tag,
        )
        if newest
        else text(
            "the environment's libstdc++ is too old for {asking}: it lacks {tag}",
            asking=asking or text("this"),
            tag=tag,
        ),
        Evidence(text("offers no {tag}", tag=tag), "lib/libstdc++.so.6") if has is False else says,
        says,
        fixes=fixes.install_with_conda(env, ("libstdcxx-ng",)) if env.is_conda else (),
        certain=has is False,
    )


def _newest(path: Path, tag: str) -> str | None:
    kind = tag.partition("_")[0]
    found = disk.versions_offered(path, kind)
    return max(found, key=lambda each: tuple(map(int, re.findall(r"\d+", each))), default=None)


def _old_library(case: Case, tag: str) -> Iterator[Cause]:
    """Another library without the version: told only if it is here and can be looked into."""
    named = next((each for each in case.symptom.libraries if "lib" in base(each)), None)
    if named is None:
        return
    env = case.env
    path = named if "/" in named else str(Path(env.prefix, "lib", base(named)))
    if disk.offers_version(path, tag) is not False:
        return
    inside = disk.below(env, path)
    listing = disk.owner(env, path) if inside else None
    ssl = base(path).startswith(("libssl", "libcrypto"))
    yield told(
        "system-libcrypto" if ssl and inside is None else "needed-library-missing",
        listing.owner if listing else base(path),
        text(
            "{library} lacks {tag}, which {asking} needs",
            library=base(path),
            tag=tag,
            asking=_required_by(case) or text("another file"),
        ),
        Evidence(text("offers no {tag}", tag=tag), inside or path),
        fixes=tuple(way for found in case.findings((130, 340, 341, 342, 343)) for way in found.fixes)[:2],
    )


def _required_by(case: Case) -> str | None:
    """Who asked for the version: the last file that the message names."""
    if len(case.symptom.libraries) < 2:
        return None
    path = case.symptom.libraries[-1]
    owner = owner_of(case, path) if "/" in path else None
    return f"{owner.name} {owner.version or '?'}" if owner is not None else base(path)


def _dll(symptom: Symptom) -> bool:
    in_path = (symptom.path or "").lower().endswith(".pyd")
    return symptom.kind in ("ImportError", "OSError", "FileNotFoundError", None) and (
        ("dll" in symptom.words and "load" in symptom.words) or in_path or symptom.mentions("winerror")
    )


def _not_activated(case: Case) -> Iterator[Cause]:
    env, process = case.env, case.env.process
    if process is not None and process.system == "Windows":
        folder = f"{env.prefix}\\Library\\bin"
        on_path = any(
            disk.below(env, entry) == "Library/bin" for entry in (process.environ.get("PATH") or "").split(";") if entry
        )
        if not on_path and env.is_conda:
            yield told(
                "not-activated",
                env.name,
                text(
                    "the process does not search {folder}: it was started without activating the environment",
                    folder=folder,
                ),
                Evidence(text("has no {folder}", folder=folder), "PATH"),
                fixes=tuple(way for found in case.findings((230,)) for way in found.fixes),
            )
            return
    yield from (by_finding(found, certain=True) for found in case.findings((230,)))
    yield from (by_finding(found, certain=False) for found in case.findings(BREAKING - {160}, case.packages))


ROWS = (
    Row("missing library", (100, 101, 102, 110, 230, 343, 403, 421), _library_missing, _missing),
    Row("missing version", (340, 341, 342, 343), _version_missing, _lacking),
    Row("DLL", (230, *sorted(BREAKING - {160})), _dll, _not_activated),
)
