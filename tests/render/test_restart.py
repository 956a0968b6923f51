"""The line about a restart, in every form."""

from __future__ import annotations

from dataclasses import replace

import jsonschema
import pytest

from envguard.model import Restart, text
from envguard.render.html import html
from envguard.render.json_v1 import json_v1
from envguard.render.markdown import markdown
from envguard.render.schemas import schema_of
from envguard.render.text import text as plain
from tests.render.reports import SOUND

WHY = tuple(text("{name} is loaded", name=f"<b>{number}") for number in range(5))


@pytest.mark.parametrize(
    ("restart", "said"),
    [
        (Restart(True, ("a",), WHY[:1]), "restart needed: <b>0 is loaded"),
        (
            Restart(True, ("a",), WHY),
            "restart needed: <b>0 is loaded; <b>1 is loaded; <b>2 is loaded; and 2 more",
        ),
        (Restart(False, (), (text("nothing has changed"),)), "no restart needed: nothing has changed"),
        (Restart(None, ("a",), (text("a"),)), "whether a restart is needed could not be told: a"),
    ],
)
def test_it_is_told(restart, said):
    report = replace(SOUND, restart=restart)
    assert said in " ".join(plain(report, width=300).split())
    assert said.replace("<", "&lt;").replace(">", "&gt;") in html(report)
    assert "<b>" not in html(report)
    assert said.partition(":")[0] in markdown(report)
    told = json_v1(report)
    jsonschema.validate(told, schema_of("report"))
    assert told["restart"]["needed"] is restart.needed


def test_where_it_is_not_in_question_nothing_is_said():
    assert "restart" not in plain(SOUND, width=100)
