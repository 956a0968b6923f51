"""A real JupyterLab or Notebook 7 on a port of its own, and a page of it to look at and to click in."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from playwright.sync_api import expect

from tests.frontends.server.place import libraries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.sync_api import BrowserContext, Locator, Page

expect.set_options(timeout=20_000)  # five seconds are little for a page on a machine with much else to do
App = Literal["lab", "notebook"]
TOKEN = "a-token-for-tests"
_LAUNCH = """
import sys
sys.path.insert(0, {path!r})
import ipykernel.ipkernel
from ipykernel.kernelapp import launch_new_instance
sys.path.append(sys.path.pop(0))
{before}
launch_new_instance()
"""
"""Has ipykernel from elsewhere, and everything that the environment has itself from the environment."""
_SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/completer-extension/manager": {"autoCompletion": False},
}
ANOTHER = "@datalayer/jupyter-server-nbmodel"
"""An extension that runs the cells of notebooks in its own way; where it is installed, it is off unless a test wants it."""
_STEERS = ("VIRTUAL_ENV", "CONDA_", "PYTHON", "JUPYTER_")
"""How variables begin that lead installers, Python or Jupyter elsewhere."""
_NUMBERS = itertools.count()
_READY = """async (path) => {
  const app = window.jupyterapp;
  await app.restored;
  for (const end = Date.now() + 60000; Date.now() < end; ) {
    const widget = app.shell.currentWidget;
    if (widget && widget.context && widget.context.path === path) {
      await widget.context.ready;
      await widget.sessionContext.ready;
      const kernel = widget.sessionContext.session && widget.sessionContext.session.kernel;
      if (kernel && app.commands.hasCommand('envguard:open')) {
        await kernel.info;
        return;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${path} has no kernel, or JupyterLab no envguard`);
}"""


class Jupyter:
    """A server with its own folders, configuration and kernelspecs."""

    def __init__(
        self, app: App, folder: Path, options: tuple[str, ...] = (), disabled: tuple[str, ...] = (ANOTHER,)
    ) -> None:
        """`disabled` are extensions and plugins of JupyterLab's that are not to be there."""
        self.app, self.folder = app, folder
        self.notebooks = folder / "notebooks"
        self.notebooks.mkdir(parents=True)
        for name, settings in _SETTINGS.items():
            file = folder / "settings" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(settings))
        self._configure("labconfig/page_config", {"disabledExtensions": dict.fromkeys(disabled, True)})
        loaded = {"jpserver_extensions": {"jupyter_server_nbmodel": ANOTHER not in disabled}}
        if find_spec("jupyter_server_nbmodel"):
            self._configure("jupyter_server_config.d/jupyter_server_nbmodel", {"ServerApp": loaded})
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        program = "LabApp" if app == "lab" else "JupyterNotebookApp"
        self.log = folder / "server.log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "jupyter", app, "--no-browser", "--allow-root", "--ip=127.0.0.1"),
                    *(f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"),
                    *(f"--ServerApp.root_dir={self.notebooks}", f"--{program}.expose_app_in_browser=True"),
                    *("--KernelSpecManager.ensure_native_kernel=False", *options),
                ],
                env=self._environment(),
                cwd=folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait()

    def _configure(self, name: str, told: Mapping[str, Any]) -> None:
        file = self.folder / "config" / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(told))

    def _environment(self) -> dict[str, str]:
        own = {
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
            "HOME": "home",
        }
        (self.folder / "home").mkdir(exist_ok=True)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        # an environment that is active where the tests run would be a finding in every kernel's report
        others = {name: each for name, each in os.environ.items() if not name.startswith(_STEERS)}
        return {**others, **{name: str(self.folder / each) for name, each in own.items()}, "PATH": path}

    def _wait(self) -> None:
        for _ in range(300):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.url}/api", timeout=2).close()
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(self.log.read_text())

    def stop(self) -> None:
        """Ends the server, and with it its kernels."""
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, 9)
            self._process.wait()

    def kernelspec(
        self, name: str, python: Path | str, *, before: str = "", env: Mapping[str, str] | None = None
    ) -> None:
        """A kernel that finds ipykernel behind its own packages, has no envguard, and no variable that tells of it."""
        spec = self.folder / "data" / "kernels" / name
        spec.mkdir(parents=True, exist_ok=True)
        code = _LAUNCH.format(path=str(libraries(self.folder / "libraries")), before=before)
        own = {"PYTHONDONTWRITEBYTECODE": "1", "PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"}
        argv = [str(python), "-c", code, "-f", "{connection_file}"]
        told = {"argv": argv, "display_name": name, "language": "python", "env": {**own, **(env or {})}}
        (spec / "kernel.json").write_text(json.dumps(told))

    def forget(self, kernelspec: str) -> None:
        """Removes a kernelspec: one whose environment is gone would be a finding in every report."""
        shutil.rmtree(self.folder / "data" / "kernels" / kernelspec)

    def notebook(self, name: str, kernel: str | None, *cells: str) -> str:
        """A notebook file; its name."""
        spec = {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}} if kernel else {}
        told = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": spec,
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"cell-{number}",
                    "metadata": {},
                    "source": source,
                    "outputs": [],
                    "execution_count": None,
                }
                for number, source in enumerate(cells or ("",))
            ],
        }
        (self.notebooks / f"{name}.ipynb").write_text(json.dumps(told))
        return name

    def busy(self, name: str, kernel: str) -> Path:
        """A notebook whose cell runs until a file is there; that file."""
        end = self.notebooks / f"{name}.end"
        end.unlink(missing_ok=True)
        self.notebook(name, kernel, f"import os, time\nwhile not os.path.exists({str(end)!r}):\n    time.sleep(0.1)")
        return end

    def kernel(self, notebook: str) -> str:
        """The id of a notebook's kernel."""
        return next(
            str(each["kernel"]["id"]) for each in self.ask("api/sessions") if each["path"] == f"{notebook}.ipynb"
        )

    def end_kernels(self) -> None:
        """Ends every kernel."""
        for each in self.ask("api/sessions"):
            self.ask(f"api/sessions/{each['id']}", "DELETE")

    def ask(self, path: str, method: str = "GET") -> Any:
        """What the server's REST answers."""
        request = urllib.request.Request(
            f"{self.url}/{path}", method=method, headers={"Authorization": f"token {TOKEN}"}
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            body = response.read()
        return json.loads(body) if body else None


class Shown:
    """A page of it."""

    def __init__(self, jupyter: Jupyter, context: BrowserContext) -> None:
        self.jupyter = jupyter
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.asked: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(f"{error}\n{error.stack}"))
        self.page.set_default_timeout(30_000)
        self.page.on("request", lambda request: "/envguard/" in request.url and self.asked.append(request.url))

    def open(self, notebook: str | None) -> None:
        """Opens a notebook, or nothing, in a workspace where nothing else is open; ready when its kernel has spoken."""
        lab = self.jupyter.app == "lab"
        where = f"lab/workspaces/w{next(_NUMBERS)}" if lab else "" if notebook else "tree"
        path = f"{'/tree' if lab else 'notebooks'}/{notebook}.ipynb" if notebook else ""
        self.page.goto(f"{self.jupyter.url}/{where}{path}?token={TOKEN}")
        if notebook is None:
            self.restored()
        else:
            self.ready(notebook)

    def restored(self) -> None:
        """Waits until the layout is what it was."""
        self._app()
        self.page.evaluate("() => window.jupyterapp.restored.then(() => undefined)")

    def ready(self, notebook: str) -> None:
        """Waits until a notebook is the current one, and its kernel has spoken."""
        self._app()
        self.page.evaluate(_READY, f"{notebook}.ipynb")

    def _app(self) -> None:
        self.page.wait_for_function("() => window.jupyterapp !== undefined", timeout=60_000)

    def switch(self, notebook: str) -> None:
        """Opens another notebook in the same JupyterLab."""
        self.run("docmanager:open", path=f"{notebook}.ipynb")
        self.ready(notebook)

    def run(self, command: str, **arguments: Any) -> None:
        """Runs a command of JupyterLab's, and does not wait for its end."""
        script = "([command, given]) => { void window.jupyterapp.commands.execute(command, given); }"
        self.page.evaluate(script, [command, arguments])

    @property
    def panel(self) -> Locator:
        """The panel, in sight or not."""
        return self.page.locator("#jp-envguard-panel")

    def show(self, state: str | None = "live") -> Locator:
        """Brings the panel into sight, and waits for a report of this kind with nothing more being asked."""
        self.run("envguard:open")
        self.panel.wait_for(state="visible")
        if state is not None:
            self.settled(state)
        return self.panel

    def settled(self, state: str = "live", verdict: str | None = None, seconds: float = 40) -> None:
        """Waits until the panel shows a report of this kind, or word, and asks for nothing more."""
        report = self.panel.locator(f'.jp-eg-Report[data-state="{state}"][aria-busy="false"]')
        if verdict is not None:
            report = report.filter(has=self.page.locator(".jp-eg-Verdict", has_text=re.compile(f"^{verdict}$")))
        report.wait_for(timeout=seconds * 1000)

    def select(self, cell: int) -> None:
        """Makes a cell the current one."""
        self.page.evaluate("(n) => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = n; }", cell)

    def type_into_prompt(self, told: str) -> None:
        """Types over what stands in a console's prompt, again until it is there: one that opens may lose its focus."""
        prompt = self.page.locator(".jp-CodeConsole-promptCell .cm-content")
        for left in reversed(range(10)):
            prompt.click()
            self.page.keyboard.press("Control+A")
            self.page.keyboard.type(told)
            try:
                return expect(prompt).to_have_text(told, timeout=2000)
            except AssertionError:
                if not left:
                    raise
        return None

    def unfold(self, title: str) -> Locator:
        """Unfolds a part of the panel."""
        fold = self.panel.locator("details", has=self.page.locator("summary", has_text=title)).last
        if fold.get_attribute("open") is None:
            fold.locator("summary").first.click()
        return fold

    def width(self, pixels: int) -> None:
        """Gives the panel a width, by dragging its border."""
        panel = self.page.locator("#jp-envguard-panel")
        box = panel.bounding_box()
        assert box is not None
        at, middle = box["x"] - 2, box["y"] + box["height"] / 2
        self.page.mouse.move(at, middle)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + box["width"] - pixels, middle, steps=4)
        self.page.mouse.up()

    def theme(self, name: str) -> None:
        """Changes the theme."""
        self.run("apputils:change-theme", theme=name)
        light = "light" in name.lower()
        self.page.wait_for_function(
            "([name, light]) => document.body.dataset.jpThemeName === name && document.body.dataset.jpThemeLight === light",
            arg=[name, str(light).lower()],
        )
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")  # else it is removed twice


@contextlib.contextmanager
def serve(app: App, folder: Path, *options: str, disabled: tuple[str, ...] = (ANOTHER,)) -> Iterator[Jupyter]:
    """A server for as long as it is needed."""
    jupyter = Jupyter(app, folder, options, disabled)
    try:
        yield jupyter
    finally:
        jupyter.stop()
