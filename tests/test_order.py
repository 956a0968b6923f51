"""What is begun first is there, and nothing else is moved."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tests import order


def test_each_file_is_there():
    assert [name for name in order.LONGEST if not (order.HERE / name).is_file()] == []


def test_the_tests_of_a_file_stay_together_and_in_their_order():
    paths = [order.HERE / name for name in ("test_store.py", order.LONGEST[1], "test_run.py", order.LONGEST[0])]
    items: list[Any] = [SimpleNamespace(path=path, name=name) for path in paths for name in "ba"]
    order.longest_first(items)
    assert [each.path for each in items[::2]] == [paths[3], paths[1], paths[0], paths[2]]
    assert "".join(each.name for each in items) == "ba" * 4
