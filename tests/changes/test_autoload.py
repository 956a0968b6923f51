"""`enable` and `disable`: what becomes of the configuration file, and that a real kernel obeys it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import envguard
from envguard.changes import autoload
from envguard.errors import EnvguardError

OURS = {"IPKernelApp": {"extra_extensions": ["envguard"]}}


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """A venv by its marks, in which envguard is installed."""
    folder = tmp_path / "an env 环境"
    site = folder / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("version = 3.11.7\n", encoding="utf-8")
    (site / "envguard").symlink_to(Path(envguard.__file__).parent)
    return folder


def _file(prefix: Path, content: str | None) -> Path:
    file = autoload.file_of(prefix)
    if content is not None:
        file.parent.mkdir(parents=True)
        file.write_bytes(content.encode())
    return file


def test_where_there_was_nothing_nothing_is_left(prefix: Path):
    assert autoload.state(prefix).state == "off"
    told = autoload.enable(prefix)
    assert (told.state, told.changed) == ("on", True)
    assert json.loads(Path(told.file).read_text(encoding="utf-8")) == OURS
    assert not autoload.enable(prefix).changed
    assert (autoload.disable(prefix).state, autoload.disable(prefix).changed) == ("off", False)
    assert not (prefix / "etc").exists()


KEPT = (
    '{\n    "Z": {"b": 1, "a": [1,2]},\n    "IPKernelApp": {"extensions": ["autoreload"]}\n}\n',
    '{"IPKernelApp":{"extra_extensions":["rich"]}}',
    '{\r\n\t"InteractiveShellApp": {"exec_lines": ["x = \'é\'"]}\r\n}',
    "{}",
)


@pytest.mark.parametrize("content", KEPT)
def test_everything_else_stays_and_comes_back_byte_for_byte(prefix: Path, content: str):
    file = _file(prefix, content)
    file.chmod(0o640)
    autoload.enable(prefix)
    before, now = json.loads(content), json.loads(file.read_bytes())
    assert [key for key in now if key in before] == list(before)
    assert now["IPKernelApp"].pop("extra_extensions")[-1] == "envguard"
    assert all(now[key] == value for key, value in before.items() if key != "IPKernelApp")
    assert b"\r\n" not in file.read_bytes().replace(b"\r\n", b"", content.count("\r\n") + 9)
    assert ("\r\n" in content) == (b"\r\n" in file.read_bytes())
    assert file.stat().st_mode & 0o777 == 0o640
    autoload.disable(prefix)
    assert file.read_bytes() == content.encode()
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_of_a_file_that_others_changed_since_only_the_entry_goes(prefix: Path):
    file = _file(prefix, None)
    autoload.enable(prefix)
    file.write_text(json.dumps({**OURS, "Other": {"x": 1}}), encoding="utf-8")
    autoload.disable(prefix)
    assert json.loads(file.read_text(encoding="utf-8")) == {"Other": {"x": 1}}
    autoload.enable(prefix)
    file.with_name(f"{file.name}.envguard").write_text("{not json", encoding="utf-8")
    autoload.disable(prefix)
    assert json.loads(file.read_text(encoding="utf-8"))["Other"] == {"x": 1}
    assert autoload.state(prefix).state == "off"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is not JSON"),
        ("[]", "holds no object"),
        ('{"IPKernelApp": []}', "not what IPython expects"),
        ('{"IPKernelApp": {"extra_extensions": "rich"}}', "not what IPython expects"),
        ('{"a": 1, "a": 2}', "one key twice"),
        ("\ufeff{}", "is not JSON"),
    ],
)
def test_what_is_no_configuration_is_left_alone_and_told(prefix: Path, content: str, says: str):
    file = _file(prefix, content)
    with pytest.raises(EnvguardError, match=says):
        autoload.enable(prefix)
    assert file.read_bytes() == content.encode()
    assert autoload.state(prefix).state == "broken"


def test_where_it_does_not_belong_it_is_refused(prefix: Path, tmp_path: Path):
    file = _file(prefix, "{}")
    (file.with_suffix(".py")).write_text(
        "# extra_extensions\nc.IPKernelApp.extra_extensions = ['x']\n", encoding="utf-8"
    )
    with pytest.raises(EnvguardError, match='sets extra_extensions already: add "envguard" there'):
        autoload.enable(prefix)
    file.with_suffix(".py").write_text("# c.IPKernelApp.extra_extensions = ['x']\n", encoding="utf-8")
    file.unlink()
    file.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(EnvguardError, match="is a link to"):
        autoload.enable(prefix)
    file.unlink()
    shutil.rmtree(file.parent)
    file.parent.symlink_to(tmp_path)
    with pytest.raises(EnvguardError, match="lies outside"):
        autoload.enable(prefix)
    file.parent.unlink()
    link = next(prefix.glob("lib/*/*/envguard"))
    autoload.enable(prefix)
    link.unlink()
    assert "which is not installed in" in str(autoload.state(prefix))
    assert autoload.disable(prefix).state == "off"
    with pytest.raises(EnvguardError, match="envguard is not installed in"):
        autoload.enable(prefix)
    link.symlink_to(Path(envguard.__file__).parent)
    (prefix / "conda-meta").mkdir()
    (prefix / "conda-meta" / "frozen").write_text("{}", encoding="utf-8")
    with pytest.raises(EnvguardError, match="read-only"):
        autoload.enable(prefix)
    (prefix / "conda-meta" / "frozen").unlink()
    record = {"name": "conda", "version": "24.1.0", "build": "0", "build_number": 0, "depends": [], "files": []}
    (prefix / "conda-meta" / "conda-24.1.0-0.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(EnvguardError, match="is the base environment"):
        autoload.enable(prefix)


def test_a_folder_that_may_not_be_written(prefix: Path):
    if os.geteuid() == 0:
        (prefix / "etc").write_text("in the way", encoding="utf-8")
    else:
        prefix.chmod(0o555)
    with pytest.raises(EnvguardError, match="cannot be written"):
        autoload.enable(prefix)
    prefix.chmod(0o755)


def test_a_full_disk_leaves_what_was_there(prefix: Path):
    """The limit on the size of files stands for the disk: it works without being root."""
    content = json.dumps({"Other": {"x": "y" * 3000}})
    file = _file(prefix, content)
    code = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from envguard.changes import autoload\n"
        "from envguard.errors import EnvguardError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    autoload.enable(sys.argv[1])\n"
        "except EnvguardError as error:\n    sys.exit(str(error))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(prefix)], capture_output=True, text=True, check=False)
    assert "cannot be written" in done.stderr
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert file.read_bytes() == content.encode()


def test_killed_at_any_moment_it_leaves_the_old_file_or_the_new(prefix: Path):
    file = _file(prefix, '{"Other": {}}')
    code = (
        "import sys\n"
        "from envguard.changes import autoload\n"
        "print('ready', flush=True)\n"
        "while True:\n    autoload.enable(sys.argv[1]); autoload.disable(sys.argv[1])\n"
    )
    for wait in (0.01, 0.05, 0.13):
        process = subprocess.Popen([sys.executable, "-c", code, str(prefix)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert json.loads(file.read_bytes()) in ({"Other": {}}, {"Other": {}, **OURS})
        autoload.enable(prefix)
        autoload.disable(prefix)
        assert json.loads(file.read_bytes()) == {"Other": {}}


def test_a_real_kernel_of_the_prefix_loads_it_and_keeps_the_extensions_of_the_user(tmp_path: Path):
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import KernelManager

    prefix = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(prefix)], check=True)
    [site] = prefix.glob("lib/python*/site-packages")
    (site / "all.pth").write_text(
        "\n".join(path for path in sys.path if path.endswith("site-packages")), encoding="utf-8"
    )
    (site / "envguard").symlink_to(Path(envguard.__file__).parent)
    home = tmp_path / "ipython"
    (home / "profile_default").mkdir(parents=True)
    line = "c.InteractiveShellApp.extensions = ['autoreload']\n"
    (home / "profile_default" / "ipython_config.py").write_text(line, encoding="utf-8")
    autoload.enable(prefix)
    argv = [str(prefix / "bin" / "python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager = KernelManager()
    manager._kernel_spec = KernelSpec(argv=argv, display_name="x", language="python")
    manager.start_kernel(env={**os.environ, "IPYTHONDIR": str(home)}, stderr=subprocess.DEVNULL)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(60)
        said: list[str] = []
        code = "shell = get_ipython(); print(*shell.extension_manager.loaded, *(name for name in ('envcheck', 'autoreload') if shell.find_line_magic(name)))"
        client.execute_interactive(
            code, timeout=60, output_hook=lambda message: said.append(str(message["content"].get("text")))
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert {"envguard", "envcheck", "autoreload"} <= set(" ".join(said).split())


def test_on_the_command_line(prefix: Path):
    def call(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "envguard", *words, "--kernel-env", str(prefix)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = call("enable")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"kernels of {prefix} will load envguard from their next start on (on: ")
    assert json.loads(call("enable", "--status", "--format", "json").stdout)["state"] == "on"
    assert call("disable").stdout == f"kernels of {prefix} will not load envguard from their next start on (off)\n"
    assert not (prefix / "etc").exists()
    _file(prefix, "{")
    done = call("disable")
    assert (done.returncode, "is not JSON" in done.stderr) == (2, True)
    assert call("enable", "--status").returncode == 1
