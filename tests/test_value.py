"""Values are what frozen dataclasses are."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from functools import cached_property

import pytest

from envguard.value import value


@value
class Point:
    """A value with a default and something computed."""

    x: int
    y: tuple[int, ...] = ()
    more: dict[str, int] = dataclasses.field(default_factory=dict)

    @cached_property
    def double(self) -> int:
        """Kept beside the fields."""
        return self.x * 2


@value
class Other:
    x: int
    y: tuple[int, ...] = ()
    more: dict[str, int] = dataclasses.field(default_factory=dict)


def test_fields_by_place_by_name_and_by_default():
    assert Point(1) == Point(x=1, y=(), more={}) == Point(1, ())
    assert Point(1).more is not Point(1).more


def test_equal_by_fields_and_by_nothing_else():
    first, second = Point(1), Point(1)
    assert first.double == 2
    assert first == second
    assert first != Point(2)
    assert first != Other(1)
    assert first != 1


def test_equal_values_have_one_hash():
    assert len({Other(1, (2,), ()), Other(1, (2,), ()), Other(2, (2,), ())}) == 2  # type: ignore[arg-type]


def test_frozen():
    point = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point.x
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.z = 2  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("args", "named", "complaint"),
    [
        ((), {}, "misses its field x"),
        ((1, (), {}, 4), {}, "twice|values|zip"),
        ((1,), {"x": 2}, "twice"),
        ((1,), {"z": 2}, "has no field z"),
    ],
)
def test_wrong_arguments(args, named, complaint):
    with pytest.raises(TypeError, match=complaint):
        Point(*args, **named)


def test_dataclasses_own_tools_see_no_difference():
    assert dataclasses.is_dataclass(Point)
    assert [field.name for field in dataclasses.fields(Point)] == ["x", "y", "more"]
    assert dataclasses.replace(Point(1), x=3) == Point(3)
    assert dataclasses.asdict(Point(1)) == {"x": 1, "y": (), "more": {}}
    assert repr(Point(1)) == "Point(x=1, y=(), more={})"


def test_copied_and_sent():
    point = Point(1, (2,), {"a": 1})
    assert copy.copy(point) == copy.deepcopy(point) == pickle.loads(pickle.dumps(point)) == point


def test_what_a_class_defines_itself_stays():
    @value
    class Own:
        x: int

        def __post_init__(self) -> None:
            object.__setattr__(self, "x", self.x + 1)

        def __hash__(self) -> int:
            return 7

    assert Own(1).x == 2
    assert hash(Own(1)) == 7
