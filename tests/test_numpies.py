"""Which headers an extension module was compiled with, by the names in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envguard import api, collect
from envguard.analyse import analyse
from envguard.forecast import after
from envguard.forecast.transaction import Coming, Transaction
from envguard.surroundings import numpies
from tests.cases.place import Place

if TYPE_CHECKING:
    from pathlib import Path

OLD = b"\x7fELF" + b"\0" * 8192 + b"numpy.core._multiarray_umath\0" + b"\0" * 8192
NEW = OLD + b"numpy._core._multiarray_umath\0"


@pytest.mark.parametrize(
    ("numpy", "module", "told"),
    [("2.1.0", OLD, True), ("2.1.0", NEW, False), ("1.26.4", OLD, False), ("2.1.0", b"\x7fELF", False)],
)
def test_an_extension_of_pips_that_names_only_numpy_1(tmp_path: Path, numpy: str, module: bytes, told: bool) -> None:
    place = Place(tmp_path / "env").package("numpy", numpy)
    place.wheel("pandas", "1.5.3", {"pandas/__init__.py": b"", "pandas/_lib.so": module}, requires=("numpy>=1.21",))
    found = [each.subject for each in api.inspect(str(place.path)).findings if each.code == 311]
    assert found == (["numpy"] if told else [])


def test_a_wheel_that_does_not_ask_for_numpy_is_not_looked_through(tmp_path: Path) -> None:
    place = Place(tmp_path / "env").package("numpy", "2.1.0")
    place.wheel("tokenizers", "0.19", {"tokenizers/__init__.py": b"", "tokenizers/tokenizers.abi3.so": OLD})
    assert not [each for each in api.inspect(str(place.path)).findings if each.code == 311]


def test_what_conda_compiled_is_told_by_its_record(tmp_path: Path) -> None:
    place = Place(tmp_path / "env").package("numpy", "2.1.0")
    place.package("pandas", "1.5.3", {"pandas/__init__.py": b"", "pandas/_lib.so": OLD})
    assert not [each for each in api.inspect(str(place.path)).findings if each.code == 311]


@pytest.mark.parametrize(
    ("comes", "module", "told"),
    [
        ({"numpy": "2.1.0"}, OLD, True),
        ({"numpy": "1.26.5"}, OLD, False),
        ({"numpy": "2.1.0"}, NEW, False),
        ({"numpy": "2.1.0", "pandas": "2.2.3"}, OLD, False),
    ],
)
def test_what_an_install_of_numpy_2_would_meet(
    tmp_path: Path, comes: dict[str, str], module: bytes, told: bool
) -> None:
    place = Place(tmp_path / "env").wheel("numpy", "1.26.4", {"numpy/__init__.py": b""})
    place.wheel("pandas", "1.5.3", {"pandas/__init__.py": b"", "pandas/_lib.so": module}, requires=("numpy>=1.21",))
    env = collect.by_import(place.path)
    goes = tuple(dist.path for dist in env.distributions or () if dist.name in comes)
    coming = tuple(Coming(name, version, True, (), None, None, None) for name, version in comes.items())
    changed = numpies.foreseen(env, after.apply(env, Transaction(comes=coming, goes=goes)))
    assert [each.code for each in analyse(changed).findings if each.code == 311] == ([311] if told else [])
