"""Installs under a running kernel: real kernels, real wheels, real pip, and what `%envcheck` says of a restart."""

from __future__ import annotations

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
from jupyter_client.manager import KernelManager

from envguard.rules.outdated import _LATER
from tests.envs import wheelhouse
from tests.require import absent, require

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent


class Kernel:
    """A kernel in a virtual environment of its own, into which pip installs from outside."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        self.python = folder / "bin" / "python"
        self.site = next(folder.glob("lib/python*/site-packages"))
        # what the kernel itself needs is the outer environment's; what is installed here comes first
        (self.site / "outer.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n")
        self.manager = KernelManager()
        self.manager.kernel_spec.argv[0] = str(self.python)
        self.client: Any = None
        self.began = 0.0

    def start(self) -> Kernel:
        home = {**wheelhouse.isolated(), "IPYTHONDIR": str(self.folder / "ipython"), "PYTHONDONTWRITEBYTECODE": ""}
        self.manager.start_kernel(env=home, cwd=str(self.folder))
        self.began = time.time()
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self.run("%load_ext envguard")
        return self

    def stop(self) -> None:
        if self.client is not None:
            self.client.stop_channels()
            self.manager.shutdown_kernel(now=True)

    def run(self, code: str) -> str:
        """Runs a cell and returns what it prints or displays as text; fails with its error."""
        said: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "error":
                pytest.fail("\n".join(content["traceback"]), pytrace=False)
            said.append(content.get("text") or content.get("data", {}).get("text/plain", ""))

        self.client.execute_interactive(textwrap.dedent(code), output_hook=hear, timeout=120)
        return "".join(said)

    def pip(self, *arguments: str | Path) -> None:
        """Pip of the outer environment, at work in this one."""
        command = [sys.executable, "-m", "pip", "--python", self.python, *arguments]
        # when a process started is known to a second or two, so that what comes sooner is not told to be later
        while time.time() < self.began + _LATER + 1:
            time.sleep(0.05)
        done = subprocess.run(
            command, env=wheelhouse.isolated(), capture_output=True, text=True, check=False, cwd=self.folder
        )
        assert done.returncode == 0, done.stderr

    def install(self, spec: str, *options: str) -> None:
        self.pip("install", "--no-deps", "--no-index", "--quiet", *options, wheel(spec))

    def check(self) -> str:
        """What `%envcheck` says of modules that were left behind, and of a restart."""
        said = self.run("%envcheck --select 300 --select 302 --no-config --details")
        assert "failed" not in said, said
        return " ".join(said.split())

    def finding(self) -> list[dict[str, Any]]:
        """The findings of the rule."""
        code = "import envguard as _e; from envguard.render.json_v1 import dumps as _d; %envcheck --select 300 -o _r"
        said = self.run(code.replace("; ", "\n") + "\nprint('<json>' + _d(_r))")
        return list(json.loads(said.partition("<json>")[2])["findings"])


def wheel(spec: str) -> Path:
    try:
        return wheelhouse.wheel_file(spec)
    except wheelhouse.NoWheel as error:
        pytest.skip(str(error))
    except wheelhouse.Unavailable as error:
        absent("environments", str(error))
    raise AssertionError


def made(folder: Path, name: str, version: str, body: str) -> Path:
    """A wheel of one module, of which this is the source."""
    from zipfile import ZipFile

    file = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", textwrap.dedent(body))
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return file


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    require("posix_prefix")
    found = Kernel(tmp_path / "env")
    yield found
    found.stop()


def test_numpy_upgraded_under_a_running_kernel(kernel: Kernel):
    if os.uname().sysname != "Linux":
        pytest.skip("the wheels are those for Linux")
    new = "numpy==2.3.5"
    wheel(new)
    kernel.install("numpy==1.26.4", "--no-compile")
    kernel.start()
    kernel.run("import numpy, numpy.linalg")
    assert "restart" not in kernel.check()
    kernel.install(new, "--upgrade", "--no-compile")
    assert "restart needed: numpy 1.26.4 is loaded, 2.3.5 is installed" in kernel.check()
    found = kernel.finding()
    assert [(each["severity"], each["certainty"], each["subject"]) for each in found] == [("error", "certain", "numpy")]
    said = " ".join(each["source"] for each in found[0]["evidence"])
    assert "numpy/__init__.py" in said
    assert ".so" in said
    assert "~" not in said


def test_a_compiled_package_that_was_only_put_there_once_more(kernel: Kernel):
    kernel.install("greenlet==3.1.1")
    kernel.start()
    kernel.run("import greenlet; assert 'env/lib' in greenlet.__file__")
    kernel.install("greenlet==3.1.1", "--force-reinstall")
    assert "(deleted)" in kernel.run("print(*(line for line in open('/proc/self/maps') if 'reenlet' in line))")
    assert "no restart needed: nothing that is loaded has changed" in kernel.check()


def test_a_module_without_a_version(kernel: Kernel):
    require("network")
    index = ("install", "--no-deps", "--quiet", "--only-binary=:all:")
    kernel.pip(*index, "typing-extensions==4.13.0")
    kernel.start()
    kernel.run("import typing_extensions; assert 'env/lib' in typing_extensions.__file__")
    kernel.pip(*index, "--force-reinstall", "typing-extensions==4.13.0")
    assert "no restart needed: nothing that is loaded has changed" in kernel.check()
    kernel.pip(*index, "typing-extensions==4.14.0")
    assert (
        "restart needed: typing_extensions was loaded before typing_extensions 4.14.0 was installed, which differs from it"
        in kernel.check()
    )
    assert [each["subject"] for each in kernel.finding()] == ["typing_extensions"]


def test_a_package_that_was_taken_off(kernel: Kernel):
    kernel.install("six==1.16.0")
    kernel.start()
    kernel.run("import six; assert 'env/lib' in six.__file__")
    kernel.pip("uninstall", "--yes", "--quiet", "six")
    assert "six 1.16.0 is loaded, but was removed" in kernel.check()


BEFORE = """
    import functools, contextlib
    LIMIT = 1.0

    def twice(work):
        @functools.wraps(work)
        def wrapper(*args):
            return work(*args), work(*args)
        return wrapper

    @twice
    def decorated(x):
        return x in {"a", "b"}, 0.0

    try:
        import nothing_of_that_name
    except ImportError:
        def conditional(): return float("nan")
    else:
        def conditional(): return 1

    class Thing:
        field: int = 0
        @property
        def size(self): return 1
        @classmethod
        def make(cls): return cls()
        @staticmethod
        def plain(): return lambda: 3

    def plain(x, *rest, key=-0.0):
        return x + 1
    del LIMIT
"""


@pytest.mark.parametrize(
    ("old", "new", "stale"),
    [
        ("return x + 1", "return x + 2", True),
        ("return cls()", "return None", True),
        ("return lambda: 3", "return lambda: 4", True),
        ("return work(*args), work(*args)", "return work(*args), work(*args), 1", True),
        ("LIMIT = 1.0", "LIMIT = 1.0\n    def brand_new(): return 1", True),
        ("return x + 1", "return x + 1  # a remark", False),
        ("return x + 1", "return x + 1", False),
    ],
)
def test_what_is_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, stale: bool):
    from envguard.probe.stale import mark

    name = "module_that_is_compared"
    file = tmp_path / f"{name}.py"
    file.write_text(textwrap.dedent(BEFORE))
    monkeypatch.syspath_prepend(tmp_path)
    __import__(name)
    try:
        file.write_text(textwrap.dedent(BEFORE.replace(old, new)))
        # Python itself takes its cached code for that of a file of the same size and the same second
        os.utime(file, (file.stat().st_atime, file.stat().st_mtime + 5))
        facts = {"started": file.stat().st_mtime - 60, "modules": [{"name": name, "file": str(file)}], "mapped": []}
        assert mark(facts)["modules"][0]["stale"] == ("differs" if stale else None)
        early = {**facts, "started": file.stat().st_mtime + 60, "modules": [{"name": name, "file": str(file)}]}
        assert "stale" not in mark(early)["modules"][0]
    finally:
        del sys.modules[name]


BACKEND = """
    import os, zipfile

    def build_editable(folder, settings=None, metadata=None):
        name, info = "mine-1.0-py3-none-any.whl", "mine-1.0.dist-info/"
        with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
            wheel.writestr("mine.pth", os.path.dirname(os.path.abspath(__file__)))
            wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: mine\\nVersion: 1.0\\n")
            wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
            wheel.writestr(info + "RECORD", "mine.pth,,\\n%sMETADATA,,\\n%sWHEEL,,\\n%sRECORD,,\\n" % (info, info, info))
        return name
"""


def test_editable_and_own_modules_are_their_authors_business(kernel: Kernel, tmp_path: Path):
    source = tmp_path / "project"
    source.mkdir()
    (source / "mine.py").write_text("__version__ = '1.0'\ndef f():\n    return 1\n")
    (source / "backend.py").write_text(textwrap.dedent(BACKEND))
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (kernel.folder / "own.py").write_text("def g():\n    return 1\n")
    kernel.pip("install", "--no-deps", "--no-build-isolation", "--quiet", "--editable", source)
    kernel.start()
    kernel.run("import mine, own")
    (source / "mine.py").write_text("__version__ = '2.0'\ndef f():\n    return 22\n")
    (kernel.folder / "own.py").write_text("def g():\n    return 22\n")
    assert "restart needed" not in kernel.check()
    assert kernel.finding() == []


def test_reloaded_after_the_change(kernel: Kernel, tmp_path: Path):
    kernel.pip("install", "--quiet", "--no-index", made(tmp_path, "foolib", "1.0", BEFORE))
    kernel.start()
    kernel.run("import foolib")
    newer = BEFORE.replace("return x + 1", "return x + 2").replace("class Thing", "class Other")
    kernel.pip("install", "--quiet", "--no-index", made(tmp_path, "foolib", "1.1", newer))
    assert "restart needed: foolib was loaded before foolib 1.1 was installed" in kernel.check()
    kernel.run("import importlib; importlib.reload(foolib)")
    assert "no restart needed" in kernel.check()
