"""Frozen values: what `dataclasses.dataclass(frozen=True)` makes, at a tenth of its price.

That writes and compiles six methods for each class. envguard has ninety such classes, which took 90 ms of the 400 that a
first check may take. Here the methods are the same few functions for all of them; `dataclasses.fields`, `replace` and
`is_dataclass` do not see a difference.
"""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_options: Any) -> Any:
        """Marks `value` for type checkers; `typing` has it from Python 3.11 on."""
        return lambda decorator: decorator


T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def value(cls: type[T]) -> type[T]:
    """Makes a class with annotated fields one of frozen values, equal if their fields are."""
    made: Any = dataclass(init=False, repr=False, eq=False, match_args=False)(cls)
    for name, method in _METHODS.items():
        if name not in vars(cls):
            setattr(made, name, method)
    return made  # type: ignore[no-any-return]


def _init(self: Any, *args: Any, **named: Any) -> None:
    kind = type(self)
    fields = kind.__dataclass_fields__
    given = self.__dict__
    given.update(zip(fields, args, strict=False))
    given.update(named)
    count = len(args) + len(named)
    if len(given) != count or not given.keys() <= fields.keys():
        strange = ", ".join(sorted(given.keys() - fields.keys()))
        raise TypeError(f"{kind.__name__}() has no field {strange}" if strange else f"{kind.__name__}() got one twice")
    if count != len(fields):
        for name in fields.keys() - given.keys():
            given[name] = _default(kind, fields[name])
    if hasattr(kind, "__post_init__"):
        self.__post_init__()


def _default(kind: type, field: Any) -> Any:
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    raise TypeError(f"{kind.__name__}() misses its field {field.name}")


def _values(self: Any) -> tuple[Any, ...]:
    given = self.__dict__  # in which a cached property may stand, too
    return tuple([given[name] for name in type(self).__dataclass_fields__])


def _eq(self: Any, other: object) -> Any:
    if self is other:
        return True
    return _values(self) == _values(other) if type(self) is type(other) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _repr(self: Any) -> str:
    told = ", ".join(f"{name}={self.__dict__[name]!r}" for name in type(self).__dataclass_fields__)
    return f"{type(self).__qualname__}({told})"


def _frozen(self: Any, name: str, *_value: Any) -> NoReturn:
    raise FrozenInstanceError(f"{type(self).__name__} is frozen: {name} stays as it is")


_METHODS = {
    "__init__": _init,
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _frozen,
    "__delattr__": _frozen,
}
