"""What is loaded against what is installed: facts -> findings, and the word about a restart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envguard.analyse import analyse
from envguard.errors import CannotTell
from envguard.facts import DirectUrl, Importable
from envguard.library import Library
from envguard.process import Mapped, Module, PathEntry
from envguard.rules.stale import module_version_differs, restart, stale_module
from envguard.settings import Selection
from tests.rules.facts import PREFIX, SITE, Told, commands, dist, env, kernel, only, overlap, owned, pkg, told

HERE = f"{PREFIX}/{SITE}"
HOME = "/home/me/.local/lib/python3.11/site-packages"
LIBRARY = f"{PREFIX}/lib/python3.11"
PATH = (
    PathEntry(LIBRARY, "stdlib"),
    PathEntry(HERE, "site-packages"),
    PathEntry(HOME, "user-site"),
    PathEntry("/p", "pth"),
)
NUMPY1, NUMPY2 = pkg("numpy", "1.26.4"), dist("numpy", "2.1.0", installed=900.0)
YAML = dist("pyyaml", "6.0.2", installed=900.0)
LINK = DirectUrl("file:///p", editable=True)


def module(name: str, version: str | None = None, stale: str | None = None, site: str = HERE) -> Module:
    return Module(name, f"{site}/{name.replace('.', '/')}/__init__.py", version, stale)


def offer(name: str, source, site: str = SITE) -> Importable:
    """An import name, brought by a distribution or a conda package."""
    record = source.record if hasattr(source, "record") else None
    return Importable(name, f"{site}/{name}", record, None if record else source.path)


def where(*modules: Module, dists=(), conda=(), offers=(), mapped=(), **more):
    """A kernel that has loaded modules, in an environment of distributions."""
    process = replace(kernel(modules=modules, path=PATH, **more.pop("process", {})), mapped=tuple(mapped))
    return env(conda, dists, process=process, importable=offers, **more)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            where(module("numpy", "1.26.4", "differs"), dists=[NUMPY2], offers=[offer("numpy", NUMPY2)]),
            Told("error", "numpy", "numpy 1.26.4 is loaded, 2.1.0 is installed"),
        ),
        (
            where(module("yaml", "6.0.1", "differs"), dists=[YAML], offers=[offer("yaml", YAML)]),
            Told("warning", "yaml", "yaml 6.0.1 is loaded, pyyaml 6.0.2 is installed"),
        ),
        # a module of the package tells, the version comes from the package itself
        (
            where(module("foo", "1.0"), module("foo.a", None, "gone"), dists=[dist("foo", "2.0")]),
            Told("warning", "foo", "foo 1.0 is loaded, 2.0 is installed"),
        ),
        (
            where(module("foo", None, "differs"), dists=[dist("foo", "2.0")]),
            Told("warning", "foo", "foo was loaded before foo 2.0 was installed, which differs from it"),
        ),
        # another build, or a hand in the file
        (
            where(module("foo", "2.0", "differs"), dists=[dist("foo", "2.0+cu121")]),
            Told("warning", "foo", "foo 2.0 is loaded, but its files are others now"),
        ),
        (where(module("foo", "2.0", "gone")), Told("warning", "foo", "foo 2.0 is loaded, but was removed")),
        (
            where(module("foo", "2.0", "differs", HOME)),
            Told("warning", "foo", "foo 2.0 is loaded, but its files are others now"),
        ),
        (
            where(module("json", None, "differs", LIBRARY), conda=[pkg("python", "3.11.10", provides=())]),
            Told("error", "python", "python 3.11.9 is loaded, 3.11.10 is installed"),
        ),
        # pip's files stand in conda's place
        (
            where(
                module("numpy", "1.26.4", "differs"),
                dists=[NUMPY2],
                conda=[NUMPY1],
                offers=[offer("numpy", NUMPY1)],
                overlaps=(overlap(NUMPY1, NUMPY2),),
            ),
            Told("error", "numpy", "numpy 1.26.4 is loaded, 2.1.0 is installed"),
        ),
        # a namespace is nobody's, what lies in it is
        (
            where(
                module("google.foo.bar", None, "differs"),
                dists=[dist("google-foo", "2.0")],
                offers=[offer("google.foo", dist("google-foo", "2.0"))],
            ),
            Told(
                "warning",
                "google.foo",
                "google.foo was loaded before google.foo 2.0 was installed, which differs from it",
            ),
        ),
        # not compared, but the versions speak
        (
            where(module("foo", "1.0", "changed"), dists=[dist("foo", "2.0")]),
            Told("warning", "foo", "foo 1.0 is loaded, 2.0 is installed"),
        ),
        (where(module("foo", "1.0", "changed"), dists=[dist("foo", "1.0")]), None),
        # counted otherwise by nature, and unchanged
        (where(module("foo", "2023.1"), dists=[dist("foo", "2023.1.post1", installed=900.0)]), None),
        (where(module("foo", "0.9"), dists=[dist("foo", "1.0")]), None),
        # edited where it stands; one's own; nobody's
        (where(module("foo", "1.0", "differs"), dists=[dist("foo", "1.0", direct_url=LINK)]), None),
        (where(module("foo", "1.0", "differs", "/p")), None),
        (where(module("foo", "1.0", "differs", "/home/me")), None),
    ],
)
def test_stale(facts, expected):
    assert told(stale_module, facts) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{HERE}/numpy.libs/libopenblas.so", Told("error", "numpy", "numpy 1.26.4 is loaded, 2.1.0 is installed")),
        # what pip has set aside on the way out
        (f"{HERE}/~umpy.libs/libopenblas.so", Told("error", "numpy", "numpy 1.26.4 is loaded, 2.1.0 is installed")),
        (f"{HERE}/~-mpy/core.so", Told("error", "numpy", "numpy 1.26.4 is loaded, 2.1.0 is installed")),
        (
            f"{HERE}/~umpyx/core.so",
            Told("warning", "~umpyx", "~umpyx is loaded, but its files are others now"),
        ),
        (
            f"{PREFIX}/lib/libssl.so.3",
            Told("warning", "libssl.so.3", "libssl.so.3 is loaded, but its files are others now"),
        ),
        ("/usr/lib/libc.so.6", None),
    ],
)
def test_libraries(path, expected):
    offers = [offer("numpy", NUMPY2)]
    mapped = (Mapped(path, True, "differs"), Mapped(f"{PREFIX}/lib/libz.so", True, None), Mapped(f"{HERE}/a.so"))
    facts = where(module("numpy", "1.26.4"), dists=[NUMPY2], offers=offers, mapped=mapped)
    if expected and expected.subject.startswith("lib"):
        record = pkg("openssl", "3.4.0").record
        library = Library(path, None, (), (), (), (), (), "x86_64", record)
        owned_by = where(module("os"), conda=[pkg("openssl", "3.4.0")], mapped=mapped, libraries=(library,))
        assert only(stale_module(owned_by)).evidence[-1].source == record
    assert told(stale_module, facts) == ([expected] if expected else [])


def test_on_windows_dates_of_linked_files_stay_old():
    late = dist("foo", "2.0", installed=900.0)
    facts = [
        where(module("foo", "1.0"), dists=[each], layout=layout)
        for each, layout in ((late, "windows"), (dist("foo", "2.0"), "windows"), (late, "unix"))
    ]
    assert [len(told(stale_module, each)) for each in facts] == [1, 0, 0]
    assert only(stale_module(facts[0])).certainty.value == "likely"


def test_a_restart_is_the_fix_and_says_what_it_loses():
    found = only(stale_module(where(module("numpy", "1.26.4", "differs"), dists=[NUMPY2])))
    assert commands(found) == [["restart"]]
    assert found.fixes[0].restart
    assert "variables" in found.fixes[0].title.english()


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            where(module("numpy", "1.26.4", "differs"), dists=[NUMPY2]),
            (True, ("numpy",), "numpy 1.26.4 is loaded, 2.1.0 is installed"),
        ),
        (
            where(module("foo", "1.0"), dists=[dist("bar", installed=900.0)]),
            (False, (), "nothing that is loaded has changed"),
        ),
        (where(module("foo"), conda=[pkg("bar", linked=900.0)]), (False, (), "nothing that is loaded has changed")),
        (
            where(module("foo", "1.0", "changed"), dists=[dist("foo", "1.0", installed=900.0)]),
            (None, ("foo",), "not compared with what is loaded: foo"),
        ),
        # written by somebody, and nothing was installed
        (where(module("foo", "1.0", "changed"), dists=[dist("foo", "1.0")]), None),
        (where(module("foo", "1.0"), dists=[dist("bar")]), None),
        (where(module("foo", "1.0", "differs"), dists=[dist("foo", "2.0")], process={"kind": "fresh"}), None),
        (env((), [dist("bar", installed=900.0)]), None),
    ],
)
def test_whether_a_restart_is_needed(facts, expected):
    found = restart(facts)
    assert (found and (found.needed, found.names, found.says[0].english())) == expected
    assert analyse(facts).restart == found
    assert analyse(facts, Selection(ignore=("300",))).restart is None


def test_only_a_kernel_tells_what_is_loaded():
    for rule in (stale_module, module_version_differs):
        with pytest.raises(CannotTell):
            list(rule(where(module("foo", "1.0", "differs"), process={"kind": "fresh"})))


STRAY, REAL = dist("xarray", "2025.4.0"), owned("xarray", "2025.9.1")
CONDAS = pkg("xarray", "2025.9.1")
PIPS = dist("xarray", "2025.10.0")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            where(module("xarray", "2025.9.1"), dists=[STRAY, REAL], conda=[CONDAS], offers=[offer("xarray", CONDAS)]),
            "xarray 2025.9.1 is imported, but metadata tells xarray 2025.4.0",
        ),
        # conda put its files back, and pip's metadata stayed
        (
            where(module("xarray", "2025.9.1"), dists=[PIPS], conda=[CONDAS], offers=[offer("xarray", CONDAS)]),
            "xarray 2025.9.1 is imported, but metadata tells xarray 2025.10.0",
        ),
        # nobody's metadata tells the version that is loaded: it is counted otherwise
        (where(module("xarray", "9"), dists=[STRAY, REAL], conda=[CONDAS], offers=[offer("xarray", CONDAS)]), None),
        (where(module("xarray", "2025.9.1"), dists=[REAL], conda=[CONDAS], offers=[offer("xarray", CONDAS)]), None),
        # it was imported from another place, or has changed since
        (
            where(
                module("xarray", "2025.9.1", None, HOME), dists=[STRAY, REAL], offers=[offer("xarray", REAL, "other")]
            ),
            None,
        ),
        (where(module("xarray", "2025.9.1", "differs"), dists=[STRAY, REAL], offers=[offer("xarray", REAL)]), None),
        (
            where(
                module("xarray", "2025.4.0"),
                dists=[STRAY, dist("xarray", "2025.9.1", direct_url=LINK)],
                offers=[offer("xarray", STRAY)],
            ),
            None,
        ),
    ],
)
def test_metadata_of_what_is_not_there(facts, expected):
    assert told(module_version_differs, facts) == ([Told("warning", "xarray", expected)] if expected else [])


def test_only_the_stray_metadata_goes():
    facts = where(module("xarray", "2025.9.1"), dists=[STRAY, REAL], conda=[CONDAS], offers=[offer("xarray", CONDAS)])
    assert commands(only(module_version_differs(facts))) == [[f"rm -r {PREFIX}/{STRAY.path}"]]
