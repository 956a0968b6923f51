"""Who is let in, and what is not taken: no token, no authorisation, foreign pages, odd ids, large bodies."""

from __future__ import annotations

import http.client
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import requests

from envguard.frontends.server.handler import LONGEST_CELLS
from envguard.frontends.server.handlers import ROUTES, Nothing
from envguard.frontends.server.requests import MOST_CELLS
from tests.frontends.server.denier import HEADER
from tests.frontends.server.place import SPEC, TOKEN, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

KERNEL = "01234567-89ab-cdef-0123-456789abcdef"
IDS = {"kernel": KERNEL, "environment": "0123456789abcdef", "job": "0123456789abcdef", "rule": "EG102"}
METHODS = ("get", "post", "put", "patch", "delete")
OPERATIONS = [(method, path) for path, item in SPEC["paths"].items() for method in item]


def filled(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: IDS[name[1]], path).removeprefix("/envguard/v1/")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    denier = "--ServerApp.authorizer_class=tests.frontends.server.denier.Denier"
    server = Server(tmp_path_factory.mktemp("access"), "--ServerApp.terminals_enabled=False", denier)
    yield server
    server.stop()


def test_the_specification_tells_of_every_route_and_of_no_other():
    known = [handler for _, handler in ROUTES if handler is not Nothing]
    met = []
    for path, item in SPEC["paths"].items():
        [handler] = [
            handler for pattern, handler in ROUTES if re.fullmatch(pattern, filled(path)) and handler is not Nothing
        ]
        assert {method for method in METHODS if method in vars(handler)} == set(item), path
        met.append(handler)
    assert set(met) == set(known)
    patterns = [pattern for pattern, handler in ROUTES if handler is not Nothing]
    alternatives = sum(max(1, pattern.count("|") + 1 if "|" in pattern else 1) for pattern in patterns)
    assert alternatives == len(SPEC["paths"])


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_without_a_token(server: Server, method: str, path: str):
    answer = server.ask(method.upper(), filled(path), session=requests.Session(), json={})
    assert (answer.status, answer.json["error"]) == (403, "not-allowed")
    wrong = server.ask(
        method.upper(), filled(path), session=requests.Session(), headers={"Authorization": "token another"}, json={}
    )
    assert wrong.status == 403


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_without_authorisation(server: Server, method: str, path: str):
    answer = server.ask(method.upper(), filled(path), json={"job": "forecast"}, headers={HEADER: "1"})
    assert (answer.status, answer.json["error"]) == (403, "not-allowed")
    assert "envguard" not in answer.text.replace("'", "").replace("envguard itself", "")


def test_ids_of_nothing(server: Server):
    for method, path in OPERATIONS:
        if "{" in path:
            answer = server.ask(method.upper(), filled(path).replace("EG102", "no-such-rule"))
            assert (answer.status, answer.json["error"]) == (404, "not-found"), path


def test_a_page_of_somebody_else_cannot_have_anything_done(server: Server):
    """A browser sends the cookie of a login to every page's request; what changes something needs more than that."""
    browser = requests.Session()
    browser.trust_env = False
    browser.get(server.url(f"/login?token={TOKEN}"), timeout=30)
    assert any("username" in name for name in browser.cookies.keys())  # noqa: SIM118 - a jar iterates over its cookies
    assert server.ask("GET", "status", session=browser).status == 200
    for method, path in (("POST", "jobs"), ("DELETE", f"jobs/{IDS['job']}")):
        answer = server.ask(method, path, session=browser, json={"job": "undo-plan", "kernel": KERNEL})
        assert (answer.status, answer.json["error"]) == (403, "not-allowed")
    token = browser.cookies.get("_xsrf")
    browser.get(server.url("/api/status"), timeout=30)
    token = token or browser.cookies.get("_xsrf")
    assert token
    asked = {"job": "undo-plan", "kernel": KERNEL}
    assert server.ask("POST", "jobs", session=browser, json=asked, headers={"X-XSRFToken": token}).status == 404
    foreign = {"X-XSRFToken": token, "Origin": "https://elsewhere.example"}
    assert server.ask("POST", "jobs", session=browser, json=asked, headers=foreign).status in (403, 404)


@pytest.mark.parametrize(
    "path",
    [
        "kernels/../../etc/passwd/report",
        "kernels/..%2f..%2fetc%2fpasswd/report",
        f"kernels/{KERNEL.upper()}/report",
        f"kernels/{KERNEL}%00/report",
        f"kernels/{KERNEL}/report/more",
        f"kernels/{KERNEL}/else",
        f"kernels/{KERNEL[:-1]}/report",
        "environments/%2Fusr/report",
        "environments/0123456789ABCDEF/report",
        "environments/0123456789abcdef0/report",
        "rules/a%2fb",
        f"rules/{'a' * 61}",
        "rules/<script>",
        "jobs/1",
        "",
        "status/",
    ],
)
def test_what_is_no_address_of_ours(server: Server, path: str):
    answer = server.get(path)
    assert answer.status == 404
    assert "passwd" not in answer.text
    assert "<script>" not in answer.text


CELL = {"id": "a", "source": "%pip install x"}
INSTALL = {"cells": [CELL], "undo": True, "protect": False, "by": "server"}
BODIES: dict[str, Any] = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": [],
    "no job": {"kernel": KERNEL},
    "another job": {"job": "install", "kernel": KERNEL},
    "of nothing": {"job": "undo-plan"},
    "of two": {"job": "undo-plan", "kernel": KERNEL, "environment": IDS["environment"]},
    "a path": {"job": "undo-plan", "environment": "/usr"},
    "a number": {"job": "undo-plan", "kernel": 7},
    "no command": {"job": "forecast", "kernel": KERNEL},
    "an empty command": {"job": "forecast", "kernel": KERNEL, "command": "  "},
    "a list of words": {"job": "forecast", "kernel": KERNEL, "command": ["pip"]},
    "a long command": {"job": "forecast", "kernel": KERNEL, "command": "x" * 8001},
    "no checkpoint": {"job": "undo", "kernel": KERNEL},
    "a checkpoint that is a path": {"job": "undo", "kernel": KERNEL, "checkpoint": "../../x"},
    "a command and a source": {"job": "forecast", "kernel": KERNEL, "command": "pip", "source": "pip", "install": 0},
    "a source alone": {"job": "forecast", "kernel": KERNEL, "source": "%pip install x"},
    "a number below nought": {"job": "forecast", "kernel": KERNEL, "source": "%pip install x", "install": -1},
    "a truth for a number": {"job": "forecast", "kernel": KERNEL, "source": "%pip install x", "install": True},
    "an install of an environment": {"job": "install-end", "environment": IDS["environment"], "token": IDS["job"]},
    "an install of no cells": {
        "job": "install-begin",
        "kernel": KERNEL,
        "undo": True,
        "protect": False,
        "by": "server",
    },
    "an install by nobody": {"job": "install-begin", "kernel": KERNEL, **INSTALL, "by": "me"},
    "an install with a maybe": {"job": "install-begin", "kernel": KERNEL, **INSTALL, "undo": 1},
    "a cell with a field more": {"job": "install-begin", "kernel": KERNEL, **INSTALL, "cells": [{**CELL, "more": 1}]},
    "no token": {"job": "install-end", "kernel": KERNEL},
    "a token that is a path": {"job": "install-end", "kernel": KERNEL, "token": "../../etc/passwd"},
    "a notebook that is no path": {"job": "install-end", "kernel": KERNEL, "token": IDS["job"], "notebook": ["a"]},
    "a field more": {"job": "undo-plan", "kernel": KERNEL, "prefix": "/usr"},
}


@pytest.mark.parametrize("name", BODIES)
def test_what_is_no_job(server: Server, name: str):
    body = BODIES[name]
    answer = server.ask("POST", "jobs", data=body if isinstance(body, bytes) else json.dumps(body))
    assert (answer.status, answer.json["error"]) == (400, "bad-request"), answer.text


@pytest.mark.parametrize("query", ["live=yes", "fresh=2", "live=1&live=x"])
def test_arguments_that_mean_nothing(server: Server, query: str):
    assert server.get(f"kernels/{KERNEL}/report?{query}").status == 400


def test_a_body_that_is_too_large_is_not_read(server: Server):
    answer = server.ask("POST", "jobs", data=b"x" * (LONGEST_CELLS + 1))
    assert (answer.status, answer.json["error"]) == (413, "too-large")
    told = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"Authorization": f"token {TOKEN}", "Content-Length": str(1 << 40), "Content-Type": "application/json"}
    told.putrequest("POST", "/envguard/v1/jobs")
    for name, value in headers.items():
        told.putheader(name, value)
    told.endheaders()
    assert told.getresponse().status == 413  # at once: not one byte of it was sent
    told.close()
    pieces = server.ask("POST", "jobs", data=iter([b"x" * (LONGEST_CELLS // 3)] * 4))
    assert pieces.status == 413


def test_methods_that_an_address_does_not_take(server: Server):
    for method, path in (("POST", "status"), ("DELETE", "jobs"), ("PUT", "rules")):
        answer = server.ask(method, path, json={})
        assert (answer.status, answer.json["error"]) == (405, "wrong-method")


def test_without_terminals_nothing_is_changed(server: Server):
    assert server.get("status").json == {**server.get("status").json, "allow_changes": False, "terminals": False}
    asked = {"job": "undo", "environment": IDS["environment"], "checkpoint": "20260314T092653Z-1f3a9c"}
    answer = server.post("jobs", **asked)
    assert (answer.status, answer.json["error"]) == (403, "not-allowed")
    assert "terminals" in answer.json["message"]["text"]


def test_answers_are_not_kept_and_not_shown_as_pages(server: Server):
    answer = server.get("rules/EG102")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"].startswith("application/json")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


SHELL = {"id": "a", "source": "!pip install six==1.16.0", "number": 3}
CELLS: dict[str, Any] = {
    "nothing": b"",
    "no JSON": b"{",
    "nested": b"[" * 100_000,
    "a list": [],
    "no cells": {},
    "one cell": {"cells": SHELL},
    "no source": {"cells": [{"id": "a"}]},
    "a source of lines": {"cells": [{"id": "a", "source": ["x"]}]},
    "a field more": {"cells": [], "prefix": "/usr"},
    "a field of a cell": {"cells": [{**SHELL, "path": "/etc"}]},
    "a path for a kernel": {"kernel": "../../etc", "cells": []},
    "a long id": {"cells": [{**SHELL, "id": "x" * 300}]},
    "a number that is none": {"cells": [{**SHELL, "number": True}]},
    "reasons that are none": {"cells": [{**SHELL, "ignored": {"a": 1}}]},
    "many": {"cells": [SHELL] * (MOST_CELLS + 1)},
}


@pytest.mark.parametrize("name", CELLS)
def test_what_are_no_cells(server: Server, name: str):
    body = CELLS[name]
    answer = server.ask("POST", "cells", data=body if isinstance(body, bytes) else json.dumps(body))
    assert (answer.status, answer.json["error"]) == (400, "bad-request"), answer.text


def test_cells_that_are_too_large(server: Server):
    assert server.ask("POST", "cells", data=b"x" * (LONGEST_CELLS + 1)).status == 413
    assert server.ask("POST", "cells", data=iter([b"x" * 400_000] * 3)).status == 413
    assert server.ask("POST", "cells", json={"cells": [{"id": "a", "source": "x" * 900_000}]}).status == 200


@pytest.mark.parametrize("name", [None, KERNEL])
def test_cells_without_a_kernel(server: Server, name: str | None):
    def remarks(**more: Any) -> list[dict[str, Any]]:
        told = server.post("cells", kernel=name, cells=[{**SHELL, **more}, {"id": "b", "source": "import six"}])
        assert (told.status, [each["id"] for each in told.json["cells"]]) == (200, ["a", "b"])
        return [remark for cell in told.json["cells"] for remark in cell["remarks"]]

    [remark] = remarks()
    assert (remark["rule"], remark["code"], remark["severity"]) == ("cell-shell-pip", "EG600", "warning")
    assert [remark[name] for name in ("line", "column", "end_line", "end_column")] == [1, 1, 1, 24]
    assert [fix["kind"] for fix in remark["fixes"]] == ["kernel", "ignore"]
    assert remark["fixes"][0]["edit"] == {"line": 1, "column": 0, "end_line": 1, "end_column": 4, "text": "%pip"}
    assert remarks(ignored={"cell-shell-pip": "a demo"}) == []
    assert remarks(ignored={"cell-shell-pip": " "}) == [remark]
