"""Rules about what the loader would do with compiled files: libraries that are missing, too old, or the wrong ones."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from envguard.model import Certainty, Evidence, Fix, Safety, Severity, Step, text
from envguard.rules import fixes, steps
from envguard.rules.rule import Found, Rule, rule
from envguard.rules.twins import mapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard import library as elf
    from envguard.facts import Environment
    from envguard.model import Text

_STDCXX = "libstdc++.so.6"
_OPENSSL = re.compile(r"lib(?:ssl|crypto)\.so(?:\.[\d.]+)?$")
_SHOWN = 6
_NAMED = 8
"""Versions and symbols named in one sentence."""

_GCC = {
    # the first GCC whose libstdc++ defines them: "ABI Policy and Guidelines", libstdc++ manual (gcc.gnu.org)
    "GLIBCXX_3.4.18": "4.8.0",
    "GLIBCXX_3.4.19": "4.8.3",
    "GLIBCXX_3.4.20": "4.9.0",
    "GLIBCXX_3.4.21": "5.1.0",
    "GLIBCXX_3.4.22": "6.1.0",
    "GLIBCXX_3.4.23": "7.1.0",
    "GLIBCXX_3.4.24": "7.2.0",
    "GLIBCXX_3.4.25": "8.1.0",
    "GLIBCXX_3.4.26": "9.1.0",
    "GLIBCXX_3.4.27": "9.2.0",
    "GLIBCXX_3.4.28": "9.3.0",
    "GLIBCXX_3.4.29": "11.1.0",
    "GLIBCXX_3.4.30": "12.1.0",
    "GLIBCXX_3.4.31": "13.1.0",
    "GLIBCXX_3.4.32": "13.2.0",
    "GLIBCXX_3.4.33": "14.1.0",
    "GLIBCXX_3.4.34": "15.1.0",
    "CXXABI_1.3.8": "4.9.0",
    "CXXABI_1.3.9": "5.1.0",
    "CXXABI_1.3.10": "6.1.0",
    "CXXABI_1.3.11": "7.1.0",
    "CXXABI_1.3.12": "9.1.0",
    "CXXABI_1.3.13": "11.1.0",
    "CXXABI_1.3.14": "13.1.0",
    "CXXABI_1.3.15": "14.1.0",
}
_NOT_OURS = (
    r"lib(?:cuda|nvidia-.*|nvcuvid|nvoptix|cu(?:dart|dnn|blas|fft|rand|solver|sparse|pti|file|tensor)\w*|nv\w+|nccl"
    r"|python3[\d.]*\w?|amdhip64|hip\w*|roc\w+|hsa-runtime64|ze_loader|OpenCL)\.so.*"
)
_OPTIONAL = r"numba/np/ufunc/(?:tbb|omp)pool\.|/_tkinter\.|/(?:plugins?|tests?)/"
_DEEP = 2
"""Folders below site-packages; what lies deeper is often a part that a package can do without."""


@rule("wrong-libstdcxx", code=340, severity=Severity.ERROR, needs=("libraries",))
def wrong_libstdcxx(env: Environment) -> Iterator[Found]:
    """Another C++ library than the environment's is taken.

    The environment has its own libstdc++. The process has loaded another one, or an extension module would: one that lacks
    versions of symbols that libraries of the environment need.

    Why it matters: a process takes the first libstdc++ it meets. Whatever needs more than that one offers cannot be loaded:
    "version `GLIBCXX_3.4.29' not found".

    How to repair: see what leads there. Often it is LD_LIBRARY_PATH, or a package that looks in its own folder only and is
    imported first.

    Not reported: another copy that offers all that the environment's does; an environment without a libstdc++.
    """
    yield from _live(env, re.compile(r"libstdc\+\+\.so\.6"))
    yield from _led_away(env, re.compile(r"libstdc\+\+\.so\.6"))


@rule("libstdcxx-too-old", code=341, severity=Severity.ERROR, needs=("libraries",))
def libstdcxx_too_old(env: Environment) -> Iterator[Found]:
    """A compiled file needs a newer C++ library than it will find.

    The file says which versions of libstdc++'s symbols it needs, and the libstdc++ that the loader finds for it says which
    it offers. Both are read from the files; nothing is guessed.

    Why it matters: importing it fails with "version `GLIBCXX_3.4.29' not found".

    How to repair: update the environment's libstdc++, which is compatible with everything older.

    Not reported: where the environment's own would do and another one is found (EG340).
    """
    by_library: dict[str, list[tuple[elf.Library, elf.Found]]] = defaultdict(list)
    for file in _judged(env):
        for one in file.found or ():
            if one.name == _STDCXX and one.lacks and one.path and not _would_do(env, one):
                by_library[one.path].append((file, one))
    for path, pairs in by_library.items():
        lacks = _sorted({version for _, one in pairs for version in one.lacks})
        names = _names(env, (file for file, _ in pairs))
        yield Found(
            subject=names[0],
            message=text("{names} needs {versions}, which {library} does not define", names=names, versions=lacks[-_NAMED:], library=path),
            evidence=tuple(
                Evidence(text("needs {versions} of {library}", versions=one.lacks, library=one.name), file.path)
                for file, one in pairs[:_SHOWN]
            ),
            consequence=text("importing it ends in: version `{version}' not found", version=lacks[-1]),
            fixes=_newer(env, pairs[0][0], pairs[0][1], lacks),
        )  # fmt: skip


@rule("system-libcrypto", code=342, severity=Severity.ERROR, needs=("libraries",))
def system_libcrypto(env: Environment) -> Iterator[Found]:
    """OpenSSL is taken from outside the environment.

    The environment has an OpenSSL of its own. The process has loaded another one, or a module such as _ssl would: one that
    lacks versions of symbols that are needed.

    Why it matters: `import ssl` fails, and with it pip, requests and everything that speaks HTTPS.

    How to repair: see what leads there; most often LD_LIBRARY_PATH names a folder with another OpenSSL.

    Not reported: an OpenSSL from outside that offers all that is needed; copies that wheels carry under names of their own.
    """
    yield from _live(env, _OPENSSL)
    yield from _led_away(env, _OPENSSL)


@rule("needed-library-missing", code=343, severity=Severity.ERROR, needs=("libraries",))
def needed_library_missing(env: Environment) -> Iterator[Found]:
    """A compiled file needs a library or a symbol that it will not find.

    The file names the libraries it needs. The loader would look for them in the folders that the file, Python,
    LD_LIBRARY_PATH and the system name, and finds one nowhere; or what it finds lacks a symbol that the file needs.

    Why it matters: importing it fails with "cannot open shared object file" or "undefined symbol".

    How to repair: bring the library and the package together again: another build of the package for the library that is
    there, or the library in the version the package was built with.

    Not reported: libraries of the graphics driver and of CUDA; libraries that some package keeps in its own folder and may
    load first, as torch does; modules known to be left out where their library is. A few modules of each package are
    looked at, with `--deep` all.
    """
    by_owner: dict[tuple[str, str], list[tuple[elf.Library, Text, Evidence, Text]]] = defaultdict(list)
    for file in _judged(env):
        if re.search(_OPTIONAL, _relative(env, file.path)):
            continue
        for name, message, evidence, consequence in _failures(env, file):
            by_owner[(file.owner or file.path, name)].append((file, message, evidence, consequence))
    for told in by_owner.values():
        file, message, _, consequence = told[0]
        deep = all(_is_deep(env, each) for each, _, _, _ in told)
        yield Found(
            subject=_names(env, (file,))[0],
            message=message,
            evidence=tuple(evidence for _, _, evidence, _ in told[:_SHOWN]),
            consequence=consequence,
            fixes=_again(env, file),
            severity=Severity.WARNING if deep else None,
            certainty=Certainty.LIKELY if deep else Certainty.CERTAIN,
        )


def _failures(env: Environment, file: elf.Library) -> Iterator[tuple[str, Text, Evidence, Text]]:
    """Each reason why a file cannot be loaded: what it is about, message, evidence, what Python will say."""
    name = file.path.rpartition("/")[2]
    for one in file.found or ():
        if one.way == "nowhere" and not re.fullmatch(_NOT_OURS, one.name):
            where = _beside(env, one.name)
            message = (
                text("{file} needs {library}, and only {other} is there", file=name, library=one.name, other=where)
                if where
                else text("{file} needs {library}, which is nowhere to be found", file=name, library=one.name)
            )
            yield (
                one.name,
                message,
                Evidence(text("needs {library}", library=one.name), file.path),
                text("importing it ends in: {library}: cannot open shared object file", library=one.name),
            )
        elif one.lacks and one.path and one.name != _STDCXX and not (_OPENSSL.match(one.name) and _would_do(env, one)):
            lacks = _sorted(one.lacks)
            yield (
                one.name,
                text(
                    "{file} needs {versions} of {library}, which {path} does not define",
                    file=name,
                    versions=lacks[:_NAMED],
                    library=one.name,
                    path=one.path,
                ),
                Evidence(text("needs {versions} of {library}", versions=lacks, library=one.name), file.path),
                text("importing it ends in: version `{version}' not found", version=lacks[-1]),
            )
    if file.undefined:
        inside = tuple(one.path for one in file.found or () if one.path and one.inside)
        yield (
            file.undefined[0],
            text(
                "{file} needs {symbols}, which none of its libraries defines",
                file=name,
                symbols=file.undefined[:_NAMED],
            ),
            Evidence(text("finds {libraries}", libraries=inside or ("-",)), file.path),
            text("importing it ends in: undefined symbol: {symbol}", symbol=file.undefined[0]),
        )


def _live(env: Environment, names: re.Pattern[str]) -> Iterator[Found]:
    """What the kernel has in memory from elsewhere although the environment has its own."""
    files = set(mapped(env))
    for other in env.libraries or ():
        if other.path not in files or not names.match(other.soname or "") or other.inside:
            continue
        own = _own(env, other.soname or "")
        if own is None:
            continue
        lacking = frozenset(own.defines) - frozenset(other.defines)
        wanting = [
            (file, tuple(version for version in need.versions if version in lacking))
            for file in env.libraries or ()
            for need in file.needs
            if need.library == other.soname and lacking.intersection(need.versions) and file.inside
        ]
        evidence = [Evidence(text("is loaded in the kernel"), other.path)]
        if wanting:
            versions = _sorted({version for _, each in wanting for version in each})
            evidence += [Evidence(text("defines {versions}", versions=versions[-_NAMED:]), own.path)]
            evidence += [Evidence(text("needs {versions} of {library}", versions=each, library=own.soname or ""), file.path) for file, each in wanting[:_SHOWN]]  # fmt: skip
            yield Found(
                subject=other.soname or "",
                message=text("the kernel has loaded {other} and not the environment's {library}, and it lacks {versions}", other=other.path, library=own.soname or "", versions=versions[-_NAMED:]),
                evidence=tuple(evidence),
                consequence=text("what needs it cannot be loaded: version `{version}' not found", version=versions[-1]),
                fixes=_without_variable(env, other.path),
            )  # fmt: skip
        elif own.path in files:
            yield Found(
                subject=other.soname or "",
                message=text("the kernel has loaded two copies of {library}", library=own.soname or ""),
                evidence=(*evidence, Evidence(text("is loaded in the kernel"), own.path)),
                consequence=text("what one of them made, the other may not understand"),
                fixes=_without_variable(env, other.path),
                severity=Severity.WARNING,
                certainty=Certainty.LIKELY,
            )


def _led_away(env: Environment, names: re.Pattern[str]) -> Iterator[Found]:
    """Modules that would find a library elsewhere which is not enough for them, though the environment's own would be."""
    by_path: dict[str, list[tuple[elf.Library, elf.Found]]] = defaultdict(list)
    for file in _judged(env):
        for one in file.found or ():
            if one.path and one.lacks and names.match(one.name) and _would_do(env, one):
                by_path[one.path].append((file, one))
    live = {found.evidence[0].source for found in _live(env, names)}
    for path, pairs in by_path.items():
        if path in live:
            continue
        name = pairs[0][1].name
        lacks = _sorted({version for _, one in pairs for version in one.lacks})
        yield Found(
            subject=name,
            message=text("{names} would find {path} and not the environment's {library}, and it lacks {versions}", names=_names(env, (file for file, _ in pairs)), path=path, library=name, versions=lacks[-_NAMED:]),
            evidence=tuple(Evidence(_how(one), file.path) for file, one in pairs[:_SHOWN]),
            consequence=text("importing it ends in: version `{version}' not found", version=lacks[-1]),
            fixes=_without_variable(env, path),
        )  # fmt: skip


def _how(one: elf.Found) -> Text:
    if one.way == "library-path":
        return text("LD_LIBRARY_PATH leads to {path}", path=one.path or "")
    if one.way in ("rpath", "runpath"):
        return text("its own search path leads to {path}", path=one.path or "")
    return text("the system leads to {path}", path=one.path or "")


def _judged(env: Environment) -> Iterator[elf.Library]:
    return (each for each in env.libraries or () if each.found is not None)


def _own(env: Environment, soname: str) -> elf.Library | None:
    """The environment's own library of a name: the one in its `lib`."""
    folder = env.prefix.rstrip("/") + "/lib/"
    own = [each for each in env.libraries or () if each.found is None and each.soname == soname and each.inside]
    return next((each for each in own if each.path.startswith(folder)), own[0] if own else None)


def _would_do(env: Environment, one: elf.Found) -> bool:
    """Whether the environment's own library offers what the one that is found, another one, lacks."""
    own = _own(env, one.name)
    return own is not None and not one.inside and set(one.lacks) <= set(own.defines)


def _relative(env: Environment, path: str) -> str:
    return path.removeprefix(env.prefix.rstrip("/") + "/")


def _is_deep(env: Environment, file: elf.Library) -> bool:
    relative = _relative(env, file.path)
    site = next((site for site in env.site_packages if relative.startswith(site + "/")), None)
    return site is not None and relative[len(site) + 1 :].count("/") > _DEEP


def _beside(env: Environment, name: str) -> str | None:
    """The same library in another version, as the environment or another file finds it."""
    stem = name.partition(".so")[0]
    there = [each.soname for each in env.libraries or () if each.soname]
    there += [one.name for file in _judged(env) for one in file.found or () if one.path]
    return next((each for each in there if each != name and each.partition(".so")[0] == stem and ".so." in each), None)


def _names(env: Environment, files: Iterable[elf.Library]) -> tuple[str, ...]:
    """Whose files they are; of the standard library and of nobody, the files' own names."""
    found = []
    for file in files:
        package, dist = env.by_record.get(file.owner or ""), env.by_path.get(file.owner or "")
        own = file.path.rpartition("/")[2].partition(".")[0]
        found.append(
            own if package is not None and package.name == "python" else (package or dist or _Nameless(own)).name
        )
    return tuple(dict.fromkeys(found))


class _Nameless:
    def __init__(self, name: str) -> None:
        self.name = name


def _sorted(versions: Iterable[str]) -> tuple[str, ...]:
    """Versions of symbols, the newest last."""
    return tuple(sorted(set(versions), key=lambda each: [int(part) for part in re.findall(r"\d+", each)[:6]]))


def _newer(env: Environment, file: elf.Library, one: elf.Found, lacks: tuple[str, ...]) -> tuple[Fix, ...]:
    """The environment's libstdc++ in a version that defines what is needed; where it has none, the package built here."""
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    if env.is_conda and one.inside:
        name = next((each for each in ("libstdcxx", "libstdcxx-ng") if each in env.by_name), "libstdcxx-ng")
        known = [_GCC[version] for version in lacks if version in _GCC]
        if len(known) == len(lacks):
            least = max(known, key=lambda version: [int(part) for part in version.split(".")])
            spec, title = (
                f"{name}>={least}",
                text("Let conda install {name} {version} or later", name=name, version=least),
            )
            return (fixes.with_tool(env, title, (steps.conda_install(env, spec),)),)
        title = text("Let conda update {name}", name=name)
        return (fixes.with_tool(env, title, (steps.conda_install(env, name),)),)
    return _built_here(env, file)


def _built_here(env: Environment, file: elf.Library) -> tuple[Fix, ...]:
    dist = env.by_path.get(file.owner or "")
    wanted = steps.pinned(dist) if dist is not None and dist.owner is None else None
    if dist is None or wanted is None:
        return ()
    step = steps.pip_install(env, "--force-reinstall", "--no-deps", "--no-binary", dist.name, wanted)
    title = text("Build {requirement} on this machine, with its own C++ library", requirement=wanted)
    return (fixes.by_pip(env, title, (step,)),)


def _again(env: Environment, file: elf.Library) -> tuple[Fix, ...]:
    """The package that the file belongs to, and the library, brought together again."""
    package, dist = env.by_record.get(file.owner or ""), env.by_path.get(file.owner or "")
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    if dist is not None and dist.owner is None:
        return fixes.install_one(env, dist)
    if package is None or env.manager == "pixi":
        return ()
    asks_openssl = any(_OPENSSL.match(name) for name in file.needed)
    library = ("openssl",) if asks_openssl and "openssl" in env.by_name else ()
    names = library if library and package.name == "python" else (*library, package.name)
    chosen = steps.tool(env)
    step = Step((chosen.path if chosen else "conda", "update", "--prefix", env.prefix, *names))
    return (fixes.with_tool(env, text("Let conda bring {names} up to date, together", names=names), (step,)),)


def _without_variable(env: Environment, path: str) -> tuple[Fix, ...]:
    """The kernel without an LD_LIBRARY_PATH that leads to a library; nothing where something else does."""
    value = env.process.environ.get("LD_LIBRARY_PATH", "") if env.process is not None else ""
    folder = path.rpartition("/")[0]
    if folder not in re.split("[:;]", value.replace("/:", ":").rstrip("/")):
        return ()
    title = text("Start the kernel without {folder} in LD_LIBRARY_PATH", folder=folder)
    return (Fix(title, (Step(("unset", "LD_LIBRARY_PATH")),), Safety.MANUAL, restart=True),)


RULES: tuple[Rule, ...] = (wrong_libstdcxx, libstdcxx_too_old, system_libcrypto, needed_library_missing)
