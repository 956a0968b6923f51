"""`envguard demo --lab`: a JupyterLab of its own with the guided notebook, in a temporary folder that goes with it.

The server listens on this machine alone, wants a token, and uses nobody's configuration, settings or kernels.
"""

from __future__ import annotations

import contextlib
import html
import http.client
import importlib.util
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_core.paths import jupyter_path

from envguard.errors import BadArguments, EnvguardError
from envguard.frontends import output
from envguard.model import text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from envguard.model import Text

_NEEDED = ("jupyterlab", "ipykernel")
_HOST = "127.0.0.1"
_PATIENCE = 60.0
"""Seconds for the server to answer."""
_GRACE = 10.0
"""Seconds for it to end its kernels."""
_FOLDERS = {
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "jupyter",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
}
_SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # the notebook shows what the guard in the kernel does; two that ask would be one too many
    "@jupyter-envguard/labextension/installs": {"mode": "off"},
}

_WELCOME = ("@jupyter-envguard/labextension", "@jupyter-widgets/jupyterlab-manager", "jupyterlab_pygments")
"""The extensions that the notebook needs."""


def lab(options: argparse.Namespace) -> int:
    """Runs it until it is interrupted; BadArguments if something is missing for that."""
    missing = tuple(name for name in _NEEDED if importlib.util.find_spec(name) is None)
    if missing:
        raise BadArguments(
            text("`demo --lab` needs {names}: `pip install 'jupyter-envguard[lab]'` brings them", names=missing)
        )
    port = _port(options.port)
    with _folder(options.keep) as folder:
        _tell(text("making a damaged environment in {folder}", folder=str(folder)))
        _lay_out(folder)
        return _run(folder, port, browser=not options.no_browser)


def _port(wanted: int | None) -> int:
    with socket.socket() as probe:
        try:
            probe.bind((_HOST, wanted or 0))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise BadArguments(text("port {port} cannot be used: {reason}", port=str(wanted), reason=reason)) from error
        found: int = probe.getsockname()[1]
    return found


@contextlib.contextmanager
def _folder(kept: str | None) -> Iterator[Path]:
    if kept is not None:
        folder = Path(kept).expanduser().absolute()
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise BadArguments(text("{folder} is not an empty folder", folder=str(folder)))
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="envguard-", ignore_cleanup_errors=True) as made:
        yield Path(made, "lab")


def _lay_out(folder: Path) -> None:
    from envguard.demo import kernel, living

    kernel.write(living.build(folder), folder / _FOLDERS["JUPYTER_DATA_DIR"] / "kernels")
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    (notebooks / kernel.GUIDE).write_bytes(kernel.guide())
    for name, settings in _SETTINGS.items():
        _write(folder / _FOLDERS["JUPYTERLAB_SETTINGS_DIR"] / f"{name}.jupyterlab-settings", settings)
    others = dict.fromkeys(_others(), True)
    _write(folder / _FOLDERS["JUPYTER_CONFIG_DIR"] / "labconfig/page_config.json", {"disabledExtensions": others})


def _others() -> Iterator[str]:
    """The extensions of JupyterLab that are installed beside ours, and might run cells in another way than it tells of."""
    for folder in jupyter_path("labextensions"):
        for package in Path(folder).glob("**/package.json"):
            name = package.parent.relative_to(folder).as_posix()
            if name not in _WELCOME and name.count("/") <= name.startswith("@"):
                yield name


def _write(file: Path, told: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(told), encoding="utf-8")


def _run(folder: Path, port: int, *, browser: bool) -> int:
    from envguard.demo import kernel

    token = secrets.token_hex(24)
    before = {each: signal.signal(each, _interrupt) for each in (signal.SIGTERM, signal.SIGHUP)}
    log = folder / "server.log"
    try:
        with log.open("wb") as stream:
            server = subprocess.Popen(
                _command(port, folder),
                env=_variables(folder, token),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; Jupyter would ask whether it is meant
            )
        try:
            _wait(server, port, log)
            url = f"http://{_HOST}:{port}/lab/tree/{kernel.GUIDE}?token={token}"
            sys.stdout.write(f"{url}\n")
            sys.stdout.flush()
            _tell(text("the guided notebook is at the address above; Ctrl-C ends it"))
            if browser and _has_screen():
                webbrowser.open(_redirect(folder, url))
            server.wait()
        finally:
            _end(server)
    except KeyboardInterrupt:
        return 0
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    raise EnvguardError(text("JupyterLab has ended: {reason}", reason=_last_line(log)))


def _command(port: int, folder: Path) -> list[str]:
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", f"--ServerApp.ip={_HOST}", f"--ServerApp.port={port}"),
        *("--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder / 'notebooks'}", *root),
        *("--KernelSpecManager.ensure_native_kernel=False", "--LabApp.expose_app_in_browser=True"),
    ]


def _variables(folder: Path, token: str) -> dict[str, str]:
    """The server's; the token is nothing for a command line, which everybody on the machine can read."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    return {**plain, **{name: str(folder / each) for name, each in _FOLDERS.items()}, "JUPYTER_TOKEN": token}


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if server.poll() is not None:
            raise EnvguardError(text("JupyterLab could not be started: {reason}", reason=_last_line(log)))
        connection = http.client.HTTPConnection(_HOST, port, timeout=2)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/api")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        connection.close()
        time.sleep(0.1)
    raise EnvguardError(text("JupyterLab did not answer within {seconds} s", seconds=f"{_PATIENCE:.0f}"))


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "?"


def _has_screen() -> bool:
    """Whether a browser would have somewhere to open; one that runs in this terminal is not what is wanted."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _redirect(folder: Path, url: str) -> str:
    """A page that leads to another, whose address is nothing for a browser's command line."""
    page = folder / "open.html"
    page.touch(mode=0o600)
    page.write_text(f'<!DOCTYPE html><meta http-equiv="refresh" content="0; url={html.escape(url)}">', encoding="utf-8")
    return page.as_uri()


def _end(server: subprocess.Popen[bytes]) -> None:
    """Ends it with its kernels; each of those has a group of its own, which only the server knows."""
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(_GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _tell(said: Text) -> None:
    sys.stderr.write(f"{output.ours(said)}\n")
    sys.stderr.flush()
