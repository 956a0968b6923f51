"""A real Jupyter server with the extension, asked over HTTP as a browser would ask it; and what its kernels need."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import requests

from envguard.render.schemas import schema_of
from tests.envs import wheelhouse

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
TOKEN = "a-token-of-the-tests"
SPEC: dict[str, Any] = json.loads((ROOT / "envguard/frontends/server/openapi.json").read_text(encoding="utf-8"))
_DOCUMENTS = schema_of("server")
_OTHERS = dict.fromkeys(("jupyterlab", "notebook", "jupyter_lsp", "jupyter_server_nbmodel"), False)
"""Extensions that may be installed beside it, and are none of a test's."""
_LAUNCH = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]

SEEN: set[tuple[str, str, int]] = set()
"""Every (path of the specification, method, status) that was met."""


def validator(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    """One that finds all our schemas."""
    resource = {"$schema": _DOCUMENTS["$schema"], "$defs": {"all": _DOCUMENTS}, **schema}
    return jsonschema.Draft202012Validator(resource)


def operation(path: str) -> str | None:
    """The path of the specification that an address is of."""
    for each in SPEC["paths"]:
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each), path):
            return str(each)
    return None


def libraries(folder: Path) -> Path:
    """A folder with all that is installed here but envguard itself, for kernels that do not have it."""
    folder.mkdir(parents=True, exist_ok=True)
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "envguard" not in entry.name and entry.name != "__pycache__" and not (folder / entry.name).exists():
            (folder / entry.name).symlink_to(entry)
    return folder


class Answer:
    """What came back."""

    def __init__(self, reply: requests.Response, seconds: float) -> None:
        self.status, self.headers, self.text, self.seconds = reply.status_code, reply.headers, reply.text, seconds
        self.json: dict[str, Any] = {}
        if reply.headers.get("Content-Type", "").startswith("application/json"):
            self.json = reply.json()


class Server:
    """One process of `jupyter server`, with folders of its own."""

    def __init__(
        self,
        folder: Path,
        *options: str,
        path: tuple[Path, ...] = (),
        token: str = TOKEN,
        extensions: tuple[str, ...] = ("envguard",),
        **more: str,
    ) -> None:
        self.folder = folder
        for name in ("root", "jupyter/kernels"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        plain = {name: value for name, value in wheelhouse.isolated().items() if not name.startswith("ENVGUARD_")}
        env = {
            **plain,
            "JUPYTER_PATH": str(folder / "jupyter"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "IPYTHONDIR": str(folder / "ipython"),
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT, *path))),
            **more,
        }
        command = [
            *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
            f"--port={self.port}",
            f"--IdentityProvider.token={token}",
            f"--ServerApp.root_dir={folder / 'root'}",
            "--ServerApp.allow_unauthenticated_access=False",
            f"--ServerApp.jpserver_extensions={dict.fromkeys(extensions, True) | _OTHERS}",
            *options,
        ]
        self.log = folder / "server.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, env=env, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"token {TOKEN}"
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if self.session.get(self.url("/api"), timeout=5).ok:
                    return
            except requests.ConnectionError:
                assert self.process.poll() is None, self.log.read_text()
                time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def ask(self, method: str, path: str, *, session: requests.Session | None = None, **more: Any) -> Answer:
        """Asks below our own address; the answer is held against the specification."""
        whole = f"/envguard/v1/{path}"
        started = time.monotonic()
        reply = (session or self.session).request(method, self.url(whole), timeout=60, **more)
        answer = Answer(reply, time.monotonic() - started)
        known = operation(whole.partition("?")[0])
        if known is not None and method.lower() in SPEC["paths"][known]:
            told = SPEC["paths"][known][method.lower()]["responses"]
            assert str(answer.status) in told, (method, path, answer.status, answer.text, self.log.read_text()[-2000:])
            validator(told[str(answer.status)]["content"]["application/json"]["schema"]).validate(answer.json)
            SEEN.add((known, method.lower(), answer.status))
        return answer

    def get(self, path: str, **more: Any) -> Answer:
        return self.ask("GET", path, **more)

    def post(self, path: str, **body: Any) -> Answer:
        return self.ask("POST", path, json=body)

    def job(self, **body: Any) -> dict[str, Any]:
        """Begins a job and waits for its end."""
        told = self.post("jobs", **body)
        assert told.status == 202, told.text
        return self.ended(told.json["id"])

    def ended(self, name: str) -> dict[str, Any]:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            told = self.get(f"jobs/{name}?wait=10").json
            if told["state"] not in ("queued", "running"):
                return told
        raise AssertionError(told)

    def spec(self, name: str, argv: list[str], language: str = "python", **more: Any) -> str:
        """Writes a kernelspec."""
        folder = self.folder / "jupyter/kernels" / name
        folder.mkdir(exist_ok=True)
        told = {"argv": argv, "display_name": name.title(), "language": language, **more}
        (folder / "kernel.json").write_text(json.dumps(told), encoding="utf-8")
        return name

    def python(self, name: str, python: Path | str, path: Path, **more: Any) -> str:
        """A kernelspec of an interpreter that finds ipykernel in a folder."""
        env = {"PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1", **more.pop("env", {})}
        return self.spec(name, [str(python), *_LAUNCH], env=env, **more)

    def start(self, name: str) -> Kernel:
        reply = self.session.post(self.url("/api/kernels"), json={"name": name}, timeout=60)
        assert reply.status_code == 201, reply.text + self.log.read_text()[-2000:]
        return Kernel(self, reply.json()["id"])

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.session.close()


class Kernel:
    """A kernel of the server, spoken to through its connection file as any client would."""

    def __init__(self, server: Server, name: str) -> None:
        from jupyter_client.blocking.client import BlockingKernelClient

        self.server, self.id = server, name
        file = server.folder / "runtime" / f"kernel-{name}.json"
        self.client = BlockingKernelClient(connection_file=str(file))
        self.client.load_connection_file()
        self.client.start_channels(stdin=False, hb=False)
        self._wait()

    def _wait(self) -> None:
        """Until it answers; not by its heartbeat, which a machine with much to do keeps waiting."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            self.client.kernel_info()
            with contextlib.suppress(queue.Empty):
                self.client.get_shell_msg(timeout=2)
                return
        raise AssertionError(self.server.log.read_text()[-2000:])

    def run(self, code: str) -> None:
        """Runs a cell to its end, and comes back when the server knows of that, too."""
        reply = self.client.execute_interactive(code, timeout=60, output_hook=lambda _: None)
        assert reply["content"]["status"] == "ok", reply["content"]
        for state in self.states():
            if state == "idle":
                return

    def busy(self, code: str) -> None:
        """Has a cell running, and comes back when the server knows of it."""
        self.client.execute(code)
        for state in self.states():
            if state == "busy":
                return

    def states(self) -> Iterator[str]:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            reply = self.server.session.get(self.server.url(f"/api/kernels/{self.id}"), timeout=10)
            yield reply.json().get("execution_state", "gone")
            time.sleep(0.05)
        raise AssertionError(self.server.log.read_text()[-2000:])

    def report(self, query: str = "") -> dict[str, Any]:
        return self.server.get(f"kernels/{self.id}/report{query}").json

    def close(self) -> None:
        self.client.stop_channels()

    def stop(self) -> None:
        self.close()
        self.server.session.delete(self.server.url(f"/api/kernels/{self.id}"), timeout=60)


def processes(parent: int) -> list[int]:
    """The processes that one has started, and those have."""
    import psutil

    return [each.pid for each in psutil.Process(parent).children(recursive=True)]


def gone(pids: list[int], seconds: float = 10) -> list[int]:
    """Those that still run after so long."""
    import psutil

    end = time.monotonic() + seconds
    left = pids
    while left and time.monotonic() < end:
        left = [pid for pid in left if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]
        time.sleep(0.05)
    return left
