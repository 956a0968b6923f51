"""`live.py`: what a process tells of itself, in real processes, and what it never does."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import sysconfig
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from envguard.facts import process_from_dict
from envguard.probe import live
from tests.require import require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envguard.process import Process

PROBE = Path(live.__file__)
linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux'")
AS_KERNEL = f"""
import json, runpy, sys
told = runpy.run_path({str(PROBE)!r}, run_name="probe")["collect"]("kernel")
print("\\n" + json.dumps(told))
"""


def clean(**more: str) -> dict[str, str]:
    """This process's variables without those that move a Python's path."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}, **more}


def by_path(python: str | Path, out: Path, *arguments: str, env: dict[str, str] | None = None, **more: Any) -> Process:
    """What an interpreter answers that runs the probe by its path."""
    subprocess.run([python, PROBE, out, *arguments], check=True, env=clean() if env is None else env, **more)
    return process_from_dict(json.loads(out.read_text(encoding="ascii")))


def kernel(code: str, python: str | Path = sys.executable, env: dict[str, str] | None = None, **more: Any) -> Process:
    """What a process tells after some code has run in it."""
    script = textwrap.dedent(code) + AS_KERNEL
    ran = subprocess.run(
        [python, "-c", script], capture_output=True, text=True, env=clean() if env is None else env, **more
    )
    assert ran.returncode == 0, ran.stderr
    return process_from_dict(json.loads(ran.stdout.splitlines()[-1]))


def entries(told: Process, origin: str) -> list[tuple[str, str | None]]:
    return [(each.path, each.source) for each in told.path if each.origin == origin]


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    prefix = tmp_path_factory.mktemp("live") / "a venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
    return prefix


def site(prefix: Path) -> Path:
    return next(prefix.glob("lib/python*/site-packages"))


def test_a_fresh_interpreter(venv: Path, tmp_path: Path):
    told = by_path(venv / "bin/python", tmp_path / "out")
    assert (told.kind, told.prefix, told.executable) == ("fresh", str(venv), str(venv / "bin/python"))
    assert told.base_prefix != told.prefix
    assert told.python_version == ".".join(map(str, sys.version_info[:3]))
    assert {each.origin for each in told.path} == {"stdlib", "site-packages"}
    assert str(PROBE.parent) not in {each.path for each in told.path}
    assert entries(told, "site-packages") == [(str(site(venv)), None)]
    assert abs((told.started or 0) - time.time()) < 60


@linux
def test_what_linux_tells(tmp_path: Path):
    import platform

    told = by_path(sys.executable, tmp_path / "out")
    assert (told.system, told.machine) == (platform.system(), platform.machine())
    assert told.translated is None
    assert told.cpu_flags
    libc = platform.libc_ver()
    assert told.glibc == (libc[1] if libc[0] == "glibc" else None)
    assert any("libc" in each.path for each in told.mapped or ())
    assert not any(each.deleted for each in told.mapped or ())


@linux
def test_when_it_was_started():
    before = time.time()
    told = kernel("import time; time.sleep(1.5)")
    assert before - 1.5 < (told.started or 0) < time.time() - 0.5  # by the clock of the system, which counts rougher


@pytest.mark.parametrize("version", ["python3.8", "python3.12", "python3.13"])
def test_other_versions_of_python(version: str, tmp_path: Path):
    told = by_path(require(version), tmp_path / "out")
    assert told.python_version.startswith(version.removeprefix("python") + ".")
    assert {each.origin for each in told.path} == {"stdlib", "site-packages"}
    assert told.modules


@pytest.mark.parametrize("version", ["python3.6", "python3.7"])
def test_an_older_python_is_refused(version: str, tmp_path: Path):
    ran = subprocess.run([require(version), PROBE, tmp_path / "out"], capture_output=True, text=True)
    assert ran.returncode == 3 or ran.stderr.splitlines()[-1].startswith("SyntaxError")
    assert not (tmp_path / "out").exists()


def test_the_path_variable(venv: Path, tmp_path: Path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    variable = os.pathsep.join((str(tmp_path / "one"), "two", str(tmp_path / "gone")))
    told = by_path(venv / "bin/python", tmp_path / "out", env=clean(PYTHONPATH=variable), cwd=tmp_path)
    assert entries(told, "pythonpath") == [(str(tmp_path / name), "PYTHONPATH") for name in ("one", "two", "gone")]
    assert [each.exists for each in told.path if each.origin == "pythonpath"] == [True, True, False]
    assert told.path[0].path == str(tmp_path / "one")
    assert told.environ["PYTHONPATH"] == variable


def test_the_own_site_packages_named_by_the_variable(venv: Path, tmp_path: Path):
    told = by_path(venv / "bin/python", tmp_path / "out", env=clean(PYTHONPATH=str(site(venv))))
    assert entries(told, "pythonpath") == [(str(site(venv)), "PYTHONPATH")]


def test_what_pth_files_add(tmp_path: Path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    here, outside, odd = site(tmp_path / "env"), tmp_path / "outside", tmp_path / "odd one"
    (here / "inside").mkdir()
    outside.mkdir()
    odd.mkdir()
    (here / "a.pth").write_text(f"# comment\n\ninside\n{outside}\n")
    (here / "b.pth").write_text(f"import sys; p = {str(odd)!r}; p in sys.path or sys.path.append(p)\n")
    (here / "c.pth").write_text("import sys; sys.path.append('__editable__.x.finder.__path_hook__')\n")
    told = by_path(tmp_path / "env/bin/python", tmp_path / "out")
    assert entries(told, "pth") == [
        (str(here / "inside"), str(here / "a.pth")),
        (str(outside), str(here / "a.pth")),
        (str(odd), str(here / "b.pth")),
    ]
    assert "other" not in {each.origin for each in told.path}


def test_the_user_site(tmp_path: Path):
    base = Path(sys._base_executable)  # type: ignore[attr-defined]
    env = clean(PYTHONUSERBASE=str(tmp_path))
    env.pop("PYTHONNOUSERSITE", None)
    folder = tmp_path / f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    told = by_path(base, tmp_path / "out", env=env)
    assert told.user_site == str(folder)
    assert entries(told, "user-site") == []
    folder.mkdir(parents=True)
    (tmp_path / "extra").mkdir()
    (folder / "u.pth").write_text(f"{tmp_path}/extra\n")
    told = by_path(base, tmp_path / "out", env=env)
    assert entries(told, "user-site") == [(str(folder), None)]
    assert entries(told, "pth") == [(str(tmp_path / "extra"), str(folder / "u.pth"))]


def test_what_a_session_adds(tmp_path: Path):
    code = f"""
    import sys, pathlib
    sys.path.insert(0, {str(tmp_path / "added")!r})
    sys.path.insert(0, "relative")
    sys.path += [pathlib.Path("/not/a/string"), b"/some/bytes", "a\\0b", 7]
    """
    told = kernel(code, cwd=tmp_path)
    assert [(each.path, each.origin) for each in told.path[:3]] == [
        (str(tmp_path / "relative"), "added"),
        (str(tmp_path / "added"), "added"),
        (str(tmp_path), "current"),
    ]
    assert told.path[-1].path == "/some/bytes"


@linux
def test_a_working_folder_that_is_gone(tmp_path: Path):
    told = kernel("import os, shutil; os.mkdir('x'); os.chdir('x'); os.rmdir('../x')", cwd=tmp_path)
    assert told.cwd is None
    assert "current" not in {each.origin for each in told.path}
    assert told.modules


def test_variables(tmp_path: Path):
    env = clean(
        CONDA_PREFIX="/opt/x",
        PIP_INDEX_URL="https://ada:s3cr3t@pypi.example.org/simple",
        UV_INDEX="https://conda.example.org/t/s3cr3t-token/chan",
        PIP_EXTRA_INDEX_URL="https://x.org/simple?token=s3cr3t",
        UV_PUBLISH_PASSWORD="s3cr3t",
        CONDA_ACCESS_KEY="s3cr3t",
        PIP_CONFIG_FILE="ghp_s3cr3t0123456789abcdef",
        OMP_NUM_THREADS="4",
        MY_OWN="s3cr3t",
        JAVA_HOME="/opt/java",
        LD_LIBRARY_PATH="/opt/lib",
    )
    told = by_path(sys.executable, tmp_path / "out", "fresh", "JAVA_HOME", "NOT_SET", env=env)
    assert "s3cr3t" not in (tmp_path / "out").read_text()
    assert told.environ["PIP_INDEX_URL"] == "https://<secret>@pypi.example.org/simple"
    assert told.environ["UV_INDEX"] == "https://conda.example.org/t/<secret>/chan"
    assert told.environ["CONDA_ACCESS_KEY"] == "<secret>"
    assert (told.environ["JAVA_HOME"], told.environ["LD_LIBRARY_PATH"]) == ("/opt/java", "/opt/lib")
    assert (told.environ["CONDA_PREFIX"], told.environ["OMP_NUM_THREADS"]) == ("/opt/x", "4")
    assert "MY_OWN" not in told.environ
    assert "HOME" not in told.environ


def test_a_name_that_only_looks_like_a_secret_s():
    assert live.masked("UV_KEYRING_PROVIDER", "subprocess") == "subprocess"
    assert live.masked("PYTHONPATH", "/home/ada/monkey/tokens") == "/home/ada/monkey/tokens"


HOSTILE = """
import sys, types

class Raises:
    def __getattribute__(self, name): raise SystemExit(name)
    def __getattr__(self, name): raise SystemExit(name)

class Pretends(type):
    @property
    def __class__(self): raise SystemExit
    def __instancecheck__(self, other): raise SystemExit
    def __getattribute__(self, name): raise SystemExit(name)

class Property:
    @property
    def __dict__(self): raise RuntimeError
    @property
    def __class__(self): raise SystemExit

class Lazy(types.ModuleType):
    def __getattribute__(self, name):
        print("asked for", name, file=sys.stderr)
        raise SystemExit(name)

class Version(str):
    def __str__(self): raise SystemExit
    def __repr__(self): raise SystemExit
    def __len__(self): raise SystemExit

class Name(str):
    def __hash__(self): return str.__hash__(self)
    def __str__(self): raise SystemExit

def module(name, **values):
    made = sys.modules[name] = types.ModuleType(name)
    vars(made).update(values)
    return made

sys.modules["hostile_none"] = None
sys.modules["hostile_number"] = 7
sys.modules["hostile_raises"] = Raises()
sys.modules["hostile_property"] = Property()
sys.modules["hostile_class"] = Pretends("C", (), {})
sys.modules[7] = 7
sys.modules[Name("hostile_name")] = types.ModuleType("x")
lazy = Lazy("hostile_lazy"); types.ModuleType.__dict__["__dict__"].__get__(lazy).update(__file__="/lazy.py", __version__="1")
sys.modules["hostile_lazy"] = lazy
module("hostile_huge", __version__="9" * 10_000_000, __file__="/huge.py")
module("hostile_tuple", __version__=(1, 2), __file__=7)
module("hostile_string", __version__=Version("2.0"), __file__=Version("/string.py"))
module("hostile_getattr", __getattr__=lambda name: 1 / 0)
module("hostile_surrogate", __file__="/a\\udc80b")
"""


def test_what_may_stand_among_the_modules():
    told = kernel(HOSTILE)
    found = {name.removeprefix("hostile_"): each for name, each in told.loaded.items() if name.startswith("hostile_")}
    assert "none" not in found
    assert {name: (each.file, each.version) for name, each in found.items()} == {
        "number": (None, None),
        "raises": (None, None),
        "property": (None, None),
        "class": (None, None),
        "name": (None, None),
        "lazy": ("/lazy.py", "1"),
        "huge": ("/huge.py", None),
        "tuple": (None, None),
        "string": ("/string.py", "2.0"),
        "getattr": (None, None),
        "surrogate": ("/a\udc80b", None),
    }


def test_a_lazy_module_stays_unloaded(tmp_path: Path):
    (tmp_path / "sleeper.py").write_text("print('awake')\n__version__ = '1'\n")
    told = kernel(
        """
        import importlib.util, sys
        spec = importlib.util.find_spec("sleeper")
        spec.loader = importlib.util.LazyLoader(spec.loader)
        sleeper = sys.modules["sleeper"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sleeper)
        """,
        env=clean(PYTHONPATH=str(tmp_path)),
    )
    assert (told.loaded["sleeper"].file, told.loaded["sleeper"].version) == (str(tmp_path / "sleeper.py"), None)


def test_versions_as_loaded(tmp_path: Path):
    (tmp_path / "foolib").mkdir()
    (tmp_path / "foolib/__init__.py").write_text("__version__ = '1.0'\n")
    (tmp_path / "foolib/part.py").write_text("__version__ = '0.1'\n")
    code = f"import foolib.part\nopen({str(tmp_path / 'foolib/__init__.py')!r}, 'w').write('__version__ = \"2.0\"')"
    told = kernel(code, env=clean(PYTHONPATH=str(tmp_path)))
    assert told.loaded["foolib"].version == "1.0"
    assert told.loaded["foolib.part"].version is None
    assert told.loaded["foolib.part"].file == str(tmp_path / "foolib/part.py")
    assert told.loaded["sys"].file is None


UNCHANGED = """
import gc, os, sys, threading, warnings
warnings.simplefilter("error")
import binascii, json, re, time, types, typing  # what the probe itself needs
scope = {"__name__": "probe"}
with open(%r, encoding="utf-8") as file:
    exec(file.read(), scope)
def state():
    return (dict(os.environ), list(sys.path), dict(sys.modules), threading.enumerate(), os.getcwd(), sys.flags, gc.isenabled(),
        sorted(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None, sys.getrecursionlimit(),
        list(sys.meta_path), list(sys.path_hooks), set(sys.path_importer_cache), dict(globals()))
told = before = None
before = state()
told = scope["collect"]("kernel")
after = state()
after[-1].update(before=None, told=None)
assert before == after, [(a, b) for a, b in zip(before, after) if a != b]
if hasattr(os, "fork"):
    child = os.fork()
    if not child:
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
"""


def test_it_changes_nothing_in_the_process(tmp_path: Path):
    code = UNCHANGED % str(PROBE)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=clean())
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert not list(tmp_path.iterdir())


def compiled(path: Path) -> Path:
    """A real shared library."""
    source = path.parent / "lib.c"
    source.write_text("int answer(void) { return 42; }\n")
    subprocess.run([require("cc"), "-shared", "-fPIC", "-o", path, source], check=True)
    return path


NAMES = ["libplain.so", "libplain.so.1.2", "lib with space.so", "lib\nnewline.so", "libx.so (deleted)", "lib\\012x.so"]


@linux
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("gone", [False, True])
def test_mapped_libraries(tmp_path: Path, name: str, gone: bool):
    library = compiled(tmp_path / name)
    after = f"os.unlink({str(library)!r})" if gone else "pass"
    told = kernel(f"import ctypes, os; ctypes.CDLL({str(library)!r}); {after}")
    found = [(each.path, each.deleted) for each in told.mapped or () if each.path.startswith(str(tmp_path))]
    if name.endswith("(deleted)"):
        # by its name it is no library, unless the name is taken for the mark
        assert found in ([], [(str(library), False)])
    elif name == "lib\\012x.so" and gone:
        assert found == [(str(tmp_path / "lib\nx.so"), True)]  # Linux writes both alike
    else:
        assert found == [(str(library), gone)]


@linux
def test_a_library_replaced_while_it_is_loaded(tmp_path: Path):
    library = compiled(tmp_path / "libfoo.so")
    code = f"import ctypes, shutil, os; ctypes.CDLL({str(library)!r}); shutil.copy({str(library)!r}, 'new'); os.replace('new', {str(library)!r})"
    told = kernel(code, cwd=tmp_path)
    assert [(each.path, each.deleted) for each in told.mapped or () if "libfoo" in each.path] == [(str(library), True)]


MAPS = b"""\
7f00-7f01 r--p 00000000 00:2b 1 /opt/env/lib/libfoo.so.1
7f01-7f02 r-xp 00001000 00:2b 1 /opt/env/lib/libfoo.so.1
7f02-7f03 r--p 00000000 00:2b 2 /opt/env/lib/libicudata.so.73
7f03-7f04 r-xp 00000000 00:2b 3 /opt/env/bin/python3.11
7f04-7f05 r-xp 00000000 00:01 4 /memfd:doublemapper.so (deleted)
7f05-7f06 r-xp 00000000 00:01 5 /tmp/ffiABCD (deleted)
7f06-7f07 rw-s 00000000 00:01 6 /dev/nvidia0.so
7f07-7f08 r--p 00000000 00:2b 7 /opt/env/lib/locale-archive
7f08-7f09 r-xp 00000000 00:2b 8 /opt/env/lib/python3.11/site-packages/~umpy/core/x.cpython-311.so (deleted)
7f09-7f0a rw-p 00000000 00:00 0 [heap]
7f0a-7f0b r-xp 00000000 00:00 0 [vdso]
ffff-ffff --xp 00000000 00:00 0 [vsyscall]
"""


def test_which_mappings_are_libraries():
    assert live.mapped_files(MAPS) == [
        {"path": "/opt/env/lib/libfoo.so.1", "deleted": False},
        {"path": "/opt/env/lib/libicudata.so.73", "deleted": False},
        {"path": "/opt/env/lib/python3.11/site-packages/~umpy/core/x.cpython-311.so", "deleted": True},
    ]


def test_the_loader_of_macos(tmp_path: Path):
    """A stand-in for dyld, which only macOS has."""
    (tmp_path / "there.dylib").touch()
    names = [
        b"/env/bin/python",
        b"/usr/lib/libSystem.B.dylib",
        None,
        os.fsencode(tmp_path / "there.dylib"),
        b"/env/lib/libgone.dylib",
    ]

    def count() -> int:
        return len(names)

    def name_of(number: int) -> bytes | None:
        return names[number]

    assert live.dyld_images({"_dyld_image_count": count, "_dyld_get_image_name": name_of}) == [
        {"path": "/usr/lib/libSystem.B.dylib", "deleted": False},
        {"path": str(tmp_path / "there.dylib"), "deleted": False},
        {"path": "/env/lib/libgone.dylib", "deleted": True},
    ]


class Kernel32:
    """A stand-in for the functions of Windows: as many modules as it is told, written where it is asked to."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.paths = paths

    def GetCurrentProcess(self) -> int:  # noqa: N802 - Windows' name
        return -1

    def K32EnumProcessModules(self, process: int, handles: Any, size: int, needed: Any) -> int:  # noqa: N802
        each = ctypes.sizeof(ctypes.c_void_p)
        for number in range(min(len(self.paths), size // each)):
            handles[number] = number + 1
        needed._obj.value = len(self.paths) * each
        return 1

    def GetModuleFileNameW(self, handle: int, name: Any, size: int) -> int:  # noqa: N802
        path = self.paths[handle - 1]
        name.value = path
        return len(path)


@pytest.mark.parametrize("count", [2, 3000])
def test_the_modules_of_windows(tmp_path: Path, count: int):
    there = tmp_path / "there.dll"
    there.touch()
    paths = [r"C:\env\python.exe", str(there), *(rf"C:\gone\{number}.dll" for number in range(count - 2))]
    told = live.windows_modules(Kernel32(paths))
    assert told is not None
    assert told[0] == {"path": str(there), "deleted": False}
    assert [each["path"] for each in told] == paths[1:]
    assert all(each["deleted"] for each in told[1:])


BROUGHT = """
import sys
sys.path.insert(0, {folder!r})
import early
import envguard
from envguard import brought

def visit():
    with brought.visit():
        import guest, guest.part, early.late

visit()
{after}
"""


@pytest.mark.parametrize(
    ("after", "told_of"),
    [
        ("", set()),
        ("import guest", {"guest", "guest.part"}),
        ("import guest.part as part", {"guest", "guest.part"}),
        ("from guest import Thing", {"guest", "guest.part"}),
        ("from guest import make", {"guest", "guest.part"}),
        ("def work():\n    from guest import Thing\n    return Thing()\nthing = work()", {"guest", "guest.part"}),
        ("import user", {"guest", "guest.part"}),
        ("import taker", set()),  # the limit: a module that took only a name out of it
        ("with brought.visit():\n    import user", set()),
    ],
)
def test_what_envguard_brought_is_not_told(tmp_path: Path, after: str, told_of: set[str]):
    for name, code in {
        "early/__init__": "",
        "early/late": "",
        "guest/__init__": "class Thing: pass\ndef make(): pass\n",
        "guest/part": "",
        "user": "import guest",
        "taker": "from guest import Thing",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.py").write_text(code)
    told = kernel(BROUGHT.format(folder=str(tmp_path), after=after))
    names = set(told.loaded)
    assert {name for name in names if name.partition(".")[0] == "guest"} == told_of
    assert "early" in names
    assert "early.late" not in names
    assert not any(name.partition(".")[0] == "envguard" for name in names)


@linux
def test_libraries_of_what_envguard_brought_are_not_told(tmp_path: Path):
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    package = tmp_path / "guest"
    (tmp_path / "guest.libs").mkdir()
    package.mkdir()
    (package / "__init__.py").write_text(
        f"import ctypes\nctypes.CDLL({str(tmp_path / 'guest.libs/libinner.so')!r})\nctypes.CDLL({str(package / 'own.so')!r})\n"
        f"ctypes.CDLL({str(tmp_path / 'libshared.so')!r})\n"
    )
    for library in (tmp_path / "guest.libs/libinner.so", package / "own.so", tmp_path / "libshared.so"):
        compiled(library)
    code = BROUGHT.format(folder=str(tmp_path), after="").replace("import early\n", "").replace(", early.late", "")
    code = code.replace(", guest.part", "")
    told = kernel(code)
    assert suffix
    assert [each.path for each in told.mapped or () if each.path.startswith(str(tmp_path))] == [
        str(tmp_path / "libshared.so")
    ]


def test_wrong_arguments():
    ran = subprocess.run([sys.executable, PROBE], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (2, "usage: python live.py OUT [KIND [NAME ...]]\n")


def test_a_module_run_by_its_name_brings_the_current_folder(tmp_path: Path):
    """What `-m` puts first on the path is the command's own, not what its users would meet."""
    root = str(PROBE.parents[2])
    subprocess.run(
        [sys.executable, "-m", "envguard.probe.live", tmp_path / "out"],
        check=True,
        cwd=tmp_path,
        env=clean(PYTHONPATH=root),
    )
    told = process_from_dict(json.loads((tmp_path / "out").read_text()))
    assert told.path[0].path == root
    assert entries(told, "current") == []
