"""Which headers an extension module was compiled with, by the names in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envguard import api
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
