"""What the server tells of a cell's installs before it runs, and what it notes around it: kernels without envguard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.changes import undoing
from tests.frontends.server.place import Server, libraries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.envs.scenarios import Scenario

SECRET = "ghp_0123456789abcdefghijklmnopqrstuvwxyzAB"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("installs"), "--EnvguardApp.allow_changes=True")
    server.spec("foreign", ["sleep", "60", "{connection_file}"], language="julia")
    yield server
    server.stop()


def wheels(folder: Path) -> Path:
    """One of them takes the place of conda's pytz, which is not where the tests run: by links a kernel sees that, too."""
    undoing.wheels(folder)
    undoing.wheel(folder, "pytz", "2025.1", {"pytz/__init__.py": "newer = True\n"})
    return folder


class Place:
    """A copy of an environment with a kernel that has no envguard."""

    def __init__(self, server: Server, prefix: Path, wheels: Path, folder: Path) -> None:
        self.server, self.prefix, self.wheels, self.folder = server, prefix, wheels, folder
        name = f"k{abs(hash(str(prefix)))}"
        env = {"PATH": f"{prefix / 'bin'}:/usr/bin:/bin", "PIP_ROOT_USER_ACTION": "ignore", "PIP_NO_INDEX": "1"}
        self.kernelspec = server.python(
            name,
            prefix / "bin/python",
            libraries(server.folder / "libraries"),
            env={**env, "PIP_FIND_LINKS": str(wheels)},
        )
        self.kernel = server.start(self.kernelspec)

    def installs(self, *sources: str, query: str = "", **more: Any) -> dict[str, Any]:
        cells = [{"id": str(number), "source": source} for number, source in enumerate(sources)]
        answer = self.server.post(f"kernels/{self.kernel.id}/installs{query}", cells=cells, **more)
        assert answer.status == 200, answer.text
        return answer.json

    def begin(self, source: str, *, by: str = "server", undo: bool = False, protect: bool = False) -> dict[str, Any]:
        cells = [{"id": "a", "source": source}]
        asked = {"cells": cells, "by": by, "undo": undo, "protect": protect}
        told = self.server.job(job="install-begin", kernel=self.kernel.id, **asked)
        assert (told["state"], told["error"]) == ("done", None), (told, self.server.log.read_text()[-3000:])
        return dict(told["result"])

    def refused(self, source: str, **asked: Any) -> dict[str, Any]:
        """The job of a beginning that does not come about."""
        cells = [{"id": "a", "source": source}]
        return self.server.job(job="install-begin", kernel=self.kernel.id, cells=cells, **asked)

    def end(self, token: str, **more: Any) -> dict[str, Any]:
        told = self.server.job(job="install-end", kernel=self.kernel.id, token=token, **more)
        assert (told["state"], told["error"]) == ("done", None), told
        return dict(told["result"])

    def undo(self, checkpoint: str) -> None:
        told = self.server.job(job="undo", kernel=self.kernel.id, checkpoint=checkpoint)
        assert told["state"] == "done", told
        assert told["result"]["done"]["proof"]["same"] is True

    def tree(self) -> undoing.Tree:
        return undoing.tree(self.prefix)


@pytest.fixture(scope="module")
def shared(
    server: Server, scenario: Callable[..., Scenario], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("shared")
    found = Place(server, undoing.linked(scenario("clean").prefix, folder / "env"), wheels(folder / "w"), folder)
    yield found
    found.kernel.stop()


def only(told: dict[str, Any], cell: int = 0) -> dict[str, Any]:
    [install] = told["cells"][cell]["installs"]
    return dict(install)


def test_what_an_install_would_do(shared: Place):
    told = shared.installs("import numpy", "%pip install pytz==2025.1", "%pip install gizmo==1.0\n%pip install extra")
    assert told["prefix"] == str(shared.prefix)
    assert told["changes"] == {"allowed": True, "why": None}
    assert [(each["id"], len(each["installs"])) for each in told["cells"]] == [("0", 0), ("1", 1), ("2", 2)]
    install = only(told, 1)
    assert (install["said"], install["severity"]) == ("pip install pytz==2025.1", "warning")
    assert (install["protectable"], install["undoable"]) == (True, True)
    assert install["objections"][0]["text"] == "pip would replace conda's pytz 2024.2 with 2025.1"
    assert install["ways"] == {"conda": None, "kernel": None}
    assert (install["forecast"]["depth"], install["forecast"]["is_kernel"]) == ("quick", True)
    for sound in told["cells"][2]["installs"]:
        assert (sound["severity"], sound["objections"], sound["protectable"]) == (None, [], False)
        assert (sound["undoable"], sound["ways"]) == (True, {"conda": None, "kernel": None})
    assert not (shared.prefix / ".envguard").exists()


def test_all_forms_are_seen_and_no_secret_is_told(shared: Place):
    sources = (
        "!{sys.executable} -m pip install pytz==2025.1",
        "%%bash\npython -m pip install pytz==2025.1",
        "import os\nos.system('python -m pip install pytz==2025.1')",
        "%conda install scipy",
        f"%pip install --index-url https://me:{SECRET}@example.invalid/simple pytz==2025.1",
    )
    told = shared.installs(*sources)
    assert all(len(each["installs"]) == 1 for each in told["cells"])
    assert SECRET not in str(told)
    assert [only(told, cell)["severity"] for cell in (0, 1, 2, 4)] == ["warning"] * 4


def test_the_way_of_conda_is_looked_for_where_it_is_asked_for(shared: Place):
    source = "%pip install pytz==2025.1"
    quick, told = only(shared.installs(source)), only(shared.installs(source, query="?ways=1"))
    assert quick["ways"] == {"conda": None, "kernel": None}
    kinds = [{each["kind"] for each in install["forecast"]["alternatives"]} for install in (quick, told)]
    assert kinds == [set(), {"conda", "protected", "fresh"}]
    assert shared.server.post(f"kernels/{shared.kernel.id}/installs?ways=yes", cells=[]).status == 400


def test_an_install_that_goes_elsewhere(shared: Place):
    install = only(shared.installs("!/usr/bin/python3 -m pip install pytz"))
    assert install["ways"] == {"conda": None, "kernel": ["%pip install pytz"]}
    assert install["undoable"] is False
    assert install["protectable"] is False


def test_what_a_project_accepts_is_no_objection(shared: Place, server: Server):
    file = server.folder / "pyproject.toml"
    try:
        for accepted in (
            'ignore = ["replaces-conda"]',
            'suppress = [{ rule = "replaces-conda", reason = "ours", subject = "pytz" }]',
        ):
            file.write_text(f"[tool.envguard]\n{accepted}\n")
            assert only(shared.installs("%pip install pytz==2025.1"))["severity"] is None
        file.write_text('[tool.envguard]\nsuppress = [{ rule = "replaces-conda", reason = "ours", subject = "six" }]\n')
        assert only(shared.installs("%pip install pytz==2025.1"))["severity"] == "warning"
    finally:
        file.unlink(missing_ok=True)


def test_of_what_nothing_can_be_said(server: Server):
    assert server.post("kernels/01234567-89ab-cdef-0123-456789abcdef/installs", cells=[]).status == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"cells": 3}, {"cells": [{"id": "a"}]}, {"cells": [{"id": "a", "source": 3}]}, {"cells": [], "more": 1}, []],
)
def test_what_is_no_question(shared: Place, body: Any):
    answer = shared.server.ask("POST", f"kernels/{shared.kernel.id}/installs", json=body)
    assert (answer.status, answer.json["error"]) == (400, "bad-request")


@pytest.mark.slow
def test_a_full_forecast_of_the_real_command(shared: Place):
    """What was said of it is masked; the cell is not."""
    source = (
        f"%pip install gizmo==1.0\n%pip install --extra-index-url https://me:{SECRET}@localhost/simple pytz==2025.1"
    )
    asked = {"job": "forecast", "kernel": shared.kernel.id, "source": source}
    told = shared.server.job(**asked, install=1)
    assert told["state"] == "done", told
    assert (told["result"]["depth"], told["result"]["replaces"][0]["name"]) == ("full", "pytz")
    assert SECRET not in str(told)
    missing = shared.server.job(**asked, install=2)
    assert (missing["state"], missing["error"]["text"]) == ("failed", "the cell has no such install")
