"""What was answered in a dialog of JupyterLab, as it comes to the guard: by one silent request before the cell."""

from __future__ import annotations

import hashlib
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from tests.frontends.kernel import Kernel
from tests.frontends.test_guard import GUARDED, INSTALL, RAN, guarded  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NUMPY = INSTALL.format(name="numpy")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    found = Kernel(tmp_path_factory.mktemp("answered"))
    bare = answer(found, NUMPY, "run")
    assert bare == {"status": "ok", "data": {"text/plain": "False"}, "metadata": {}}  # no guard is there
    assert found.run(GUARDED).status == "ok"
    yield found
    found.stop()


def answer(kernel: Kernel, source: str, given: str) -> dict[str, Any]:
    """Asks as the labextension does."""
    digest = hashlib.sha256(textwrap.dedent(source).encode()).hexdigest()
    asked = (
        "getattr(__import__('sys').modules.get('envguard.frontends.guard'), 'answered', lambda *_: False)"
        f"('{digest}', '{given}')"
    )
    reply = kernel.client.execute(
        "", silent=True, store_history=False, user_expressions={"envguard": asked}, reply=True, timeout=60
    )
    return dict(reply["content"]["user_expressions"]["envguard"])


def took(kernel: Kernel, source: str, given: str) -> bool:
    told = answer(kernel, source, given)
    assert told["status"] == "ok", told
    return bool(told["data"]["text/plain"] == "True")


@pytest.mark.parametrize("mode", ["warn", "ask"])
def test_what_was_answered_is_not_asked_again_and_holds_once(guarded: Callable[[str], Kernel], mode: str):  # noqa: F811
    kernel = guarded(mode)
    assert took(kernel, NUMPY, "run")
    shown = kernel.run(NUMPY)
    assert (shown.status, shown.out, shown.err, shown.asked) == ("ok", RAN, "", [])
    # its cause was accepted by that; another is not
    scipy = INSTALL.format(name="scipy")
    assert took(kernel, scipy, "protected")
    assert "there is nothing to protect; the cell was not run" in kernel.run(scipy).value
    shown = kernel.run(scipy, "")
    assert (len(shown.asked), shown.err.count("scipy") > 0) == ((1, True) if mode == "ask" else (0, False))


def test_block_blocks_and_off_is_no_guard(guarded: Callable[[str], Kernel]):  # noqa: F811
    kernel = guarded("block")
    assert took(kernel, NUMPY, "run")
    assert kernel.run(NUMPY).name == "CellNotRun"
    assert not took(guarded("off"), NUMPY, "run")


def test_it_is_for_that_cell_alone_and_not_for_long(guarded: Callable[[str], Kernel]):  # noqa: F811
    kernel = guarded("ask")
    assert took(kernel, NUMPY, "run")
    kernel.run("1")
    assert len(kernel.run(NUMPY, "").asked) == 1
    assert took(kernel, NUMPY + " ", "run")
    assert len(kernel.run(NUMPY, "").asked) == 1
    assert took(kernel, NUMPY, "run")
    age = "_g._answer = (*_g._answer[:2], _g._answer[2] - 601)"
    kernel.client.execute(age, silent=True, reply=True, timeout=60)
    assert len(kernel.run(NUMPY, "").asked) == 1
    assert not took(kernel, NUMPY, "conda")
    assert not took(kernel, NUMPY, "cancel")


def test_a_way_back_that_cannot_be_made_keeps_the_cell_from_running(guarded: Callable[[str], Kernel]):  # noqa: F811
    kernel = guarded("warn")
    away = INSTALL.format(name="away")
    assert took(kernel, away, "undo")
    shown = kernel.run(away)
    assert (shown.name, shown.out) == ("CellNotRun", "")
    assert "no undo: nothing in it changes" in shown.value


def test_what_the_user_has_in_the_kernel_stays(guarded: Callable[[str], Kernel]):  # noqa: F811
    kernel = guarded("ask")
    kernel.run("seen = []\nget_ipython().events.register('pre_run_cell', lambda info: seen.append(info.raw_cell))")
    count = kernel.run("40 + 2").count or 0
    assert took(kernel, NUMPY, "run")
    state = "(_, len(Out), list(In)[-2:-1], [each for each in dir() if 'envguard' in each], seen, _exit_code)"
    before = "import json; _exit_code = 5"
    assert kernel.run(before).count == count + 1
    shown = kernel.run(state)
    assert shown.count == count + 2
    told = eval(shown.data[0]["text/plain"])
    assert told[0] == 42
    assert told[2:4] == ([before], [])
    assert told[4] == ["40 + 2", before, state]
    assert told[5] == 5
