"""What a rebuild tells in every form: letter by letter, at every width, and against its schema."""

from __future__ import annotations

import json

import pytest
from rich.cells import cell_len

from envguard.export_report import Depth
from envguard.render import rebuild_words
from envguard.render.rebuild_lines import rebuild, sound
from envguard.render.rebuild_v1 import rebuild_dumps
from envguard.render.schemas import schema_of

from .checks import assert_closed, uncolored, validator
from .golden import assert_golden
from .rebuilds import REBUILDS

SCHEMA = validator("rebuild")
COMMANDS = ("    ", "     ")


@pytest.mark.parametrize("name", REBUILDS)
def test_golden(name):
    assert_golden(f"rebuild-{name}.txt", rebuild(REBUILDS[name]))


def test_other_forms():
    assert_golden("rebuild-plan.json", rebuild_dumps(REBUILDS["plan"]))
    assert_golden("rebuild-plan-details.txt", rebuild(REBUILDS["plan"], 60, details=True))
    assert_golden("rebuild-done-color.txt", rebuild(REBUILDS["done"], color=True))


@pytest.mark.parametrize("width", [40, 72, 200])
@pytest.mark.parametrize("name", REBUILDS)
def test_nothing_but_commands_is_wider_than_the_terminal(name, width):
    wide = [each for each in rebuild(REBUILDS[name], width).splitlines() if cell_len(each) > width]
    assert [each for each in wide if not each.startswith(COMMANDS)] == []


@pytest.mark.parametrize("name", REBUILDS)
def test_with_and_without_rich_the_words_are_the_same(name):
    assert uncolored(rebuild(REBUILDS[name], color=True)) == rebuild(REBUILDS[name])


@pytest.mark.parametrize("name", REBUILDS)
def test_everything_fits_the_schema(name):
    SCHEMA.validate(json.loads(rebuild_dumps(REBUILDS[name])))


def test_the_schema_is_closed_and_knows_every_word():
    schema = schema_of("rebuild")
    assert_closed("rebuild")
    assert schema["$defs"]["plan"]["properties"]["builds"]["enum"] == [each.value for each in Depth]
    assert set(rebuild_words.DEPTHS) == set(Depth)


def test_what_was_told_to_be_lost_is_no_fault():
    told = REBUILDS["done"]
    assert told.done is not None
    assert sound(told.plan, told.done)
    for name, fault in (("partly", True), ("unfinished", True)):
        other = REBUILDS[name]
        assert other.done is not None
        assert sound(other.plan, other.done) is not fault
