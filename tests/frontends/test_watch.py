"""What is told under a cell of what it has installed: a real kernel in a real conda environment, real pip and conda."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import KernelManager

from tests.envs import channel, rattle, wheelhouse
from tests.envs.prefixes import build
from tests.require import absent, require
from tests.rules.test_install_log import made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.envs.prefixes import Prefix

ROOT = Path(__file__).parents[2]


class Kernel:
    """A kernel of an environment that finds envguard and what a kernel needs behind its own packages."""

    def __init__(self, place: Prefix, folder: Path) -> None:
        (place.site / "outer.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n")
        self.manager = KernelManager()
        self.manager.kernel_spec.argv[0] = str(place.python)
        home = {**wheelhouse.isolated(), "IPYTHONDIR": str(folder / "ipython"), "PIP_ROOT_USER_ACTION": "ignore"}
        for name in [each for each in home if each.startswith("ENVGUARD_")]:
            del home[name]
        path = f"{place.python.parent}{os.pathsep}{os.environ['PATH']}"
        self.manager.start_kernel(env={**home, "PATH": path, "PIP_NO_COMPILE": "1"}, cwd=str(folder))
        self.client: Any = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code: str) -> list[str]:
        """The lines that envguard says under a cell."""
        said: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "error":
                pytest.fail("\n".join(content["traceback"]), pytrace=False)
            said.append(content.get("text", ""))

        self.client.execute_interactive(textwrap.dedent(code), output_hook=hear, timeout=120)
        lines = "".join(said).splitlines()
        first = next((n for n, line in enumerate(lines) if line.startswith("envguard: ")), len(lines))
        assert not [line for line in lines if "Traceback" in line], said
        return lines[first:]


@pytest.fixture
def place(tmp_path: Path) -> Prefix:
    """conda's numpy and scipy; nothing that a kernel needs, too."""
    for need in ("linux-64", "posix_prefix"):
        require(need)
    try:
        return build(("python", "pip", "numpy", "scipy"), tmp_path / "env")
    except wheelhouse.NoWheel as error:
        pytest.skip(str(error))
    except wheelhouse.Unavailable as error:
        absent("environments", str(error))
    raise AssertionError


@pytest.fixture
def kernel(place: Prefix, tmp_path: Path) -> Iterator[Kernel]:
    found = Kernel(place, tmp_path)
    yield found
    found.stop()


QUIET = (
    "import json, pathlib, sys, subprocess, numpy, scipy",
    "open('file.txt', 'w').write('x')",
    "site = pathlib.Path(numpy.__file__).parents[1]",
    "(site / '__pycache__').mkdir(exist_ok=True); (site / '__pycache__/x.pyc').write_bytes(b'')",
    "(site / 'mine.py').write_text('x = 1'); import mine",
)
SOUND = (
    "!{{sys.executable}} -m pip install --no-index -q {wheel}",
    "arguments = [sys.executable, '-m', 'pip', 'install', '--no-index', '-q', {wheel!r}]; subprocess.run(arguments, check=True)",
    "from pip._internal.cli.main import main; main(['install', '--no-index', '-q', {wheel!r}])",
)


def test_a_session(kernel: Kernel, place: Prefix, tmp_path: Path):
    """Sound installs are quiet however they are made; what pip and conda do to each other is told, once, and where it began."""
    numpy = wheelhouse.wheel_file("numpy==2.3.5")
    kernel.run("%load_ext envguard")
    assert [kernel.run(cell) for cell in QUIET] == [[]] * len(QUIET)
    for number, cell in enumerate(SOUND):
        wheel = made(tmp_path, f"fresh{number}", "1.0")
        assert kernel.run(cell.format(wheel=str(wheel))) == []
        assert place.site.joinpath(f"fresh{number}-1.0.dist-info").is_dir()

    words = [str(place.python), "-m", "pip", "install", "--no-index", "--no-deps", "-q", str(numpy)]
    (tmp_path / "words.json").write_text(json.dumps(words), encoding="utf-8")
    said = kernel.run("_ = subprocess.run(json.loads(pathlib.Path('words.json').read_text()), check=True)")
    assert said[0] == "envguard: numpy 1.26.4 → 2.3.5 (pip); numpy is stale in this kernel: restart it"
    assert [line[:9] for line in said[1:-1]] == ["  ✗ EG102", "  ✗ EG130", "  ! EG132"]
    assert "conda's scipy" in said[2]
    assert said[-1] == "  %envcheck tells more"
    assert kernel.run("1") == []

    wheel = made(tmp_path, "fresh0", "2.0")
    subprocess.run([place.python, "-m", "pip", "install", "--no-index", "-q", wheel], check=True)
    assert kernel.run("1") == []  # from a terminal, and sound
    subprocess.run([place.python, "-m", "pip", "uninstall", "-q", "-y", "scipy"], check=True)
    said = kernel.run("1")
    assert said[0].startswith("envguard: since the last cell: scipy 1.14.1 removed; scipy is stale in this kernel")
    assert "EG100 conda-file-missing" in said[1]
    assert kernel.run("1") == []

    home = channel.build()
    request = {
        "do": "install",
        "channel": home.as_uri(),
        "specs": ["python", "pip", "numpy"],
        "prefix": str(place.path),
    }
    request |= {"cache": str(home / "pkgs"), "reinstall": ["numpy"]}
    said = kernel.run(f"_ = subprocess.run({[sys.executable, rattle.__file__, json.dumps(request)]!r}, check=True)")
    assert "numpy 1.26.4 installed once more (conda)" in said[0]
    assert "EG120 duplicate-dist-info" in "".join(said)
    kernel.run("get_ipython().run_line_magic('unload_ext', 'envguard')")
    subprocess.run([place.python, "-m", "pip", "uninstall", "-q", "-y", "fresh1"], check=True)
    assert kernel.run("1") == []
