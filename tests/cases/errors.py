"""Broken as its error tells: what `why` makes of a message, together with what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard import api
from tests.cases.mechanism import E, mechanism
from tests.cases.place import Place
from tests.cases.watch import Kernel

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.model import Answer
    from tests.cases.draw import Draw
    from tests.cases.mechanism import Mechanism

_APIS = (("0xa", "1.11.3", "0xc", "1.16.6"), ("0xd", "1.19.5", "0xe", "1.20.3"), ("0xf", "1.22.4", "0x10", "1.23.5"))
"""Numbers of numpy's interface and a release that has each, as numpy's numpyconfig.h tells."""


@mechanism({310: E}, "disk", "text")
def numbers_of_the_interface(draw: Draw, where: Path, sound: bool) -> Answer:
    """An extension names the interface it was compiled for and the older one of the numpy that is there.

    The near miss is a message from elsewhere: the numpy here has the interface that is asked for.
    """
    old, version, new, newer = draw.pick(_APIS)
    place = (
        Place(where / "env", "lent").package(draw.name(), draw.version()).wheel("numpy", newer if sound else version)
    )
    said = f"module compiled against API version {new} but this version of numpy is {old}"
    return api.why(_traceback(draw, place, "RuntimeError", said), place.path)


@mechanism({310: E}, "process", "text")
def sizes_of_numpys_types(draw: Draw, where: Path, sound: bool) -> Answer:
    """The sizes in the message are those of numpy 1 in the extension and numpy 2 in the kernel.

    The near miss is the same numbers in the older, harmless form: a warning, of an older extension on a newer numpy 1.
    """
    old, new = f"1.{draw.random.randint(15, 17)}.{draw.random.randint(0, 4)}", draw.version(main=2)
    said = "numpy.dtype size changed, may indicate binary incompatibility. "
    said += "Expected 96, got 88" if sound else "Expected 96 from C header, got 88 from PyObject"
    place = Place(where / "env", "lent").package(draw.name(), draw.version()).wheel("numpy", old if sound else new)
    with Kernel(place.python, where) as kernel:
        kernel.run("import numpy")
        return kernel.why(_traceback(draw, place, "RuntimeWarning" if sound else "ValueError", said))


def _traceback(draw: Draw, place: Place, kind: str, said: str) -> str:
    name = draw.name()
    return (
        f'Traceback (most recent call last):\n  File "<stdin>", line 1, in <module>\n'
        f'  File "{place.inside(name)}/__init__.py", line {draw.random.randint(1, 90)}, in <module>\n'
        f"    from {name} import _{draw.name()}\n{kind}: {said}\n"
    )


MECHANISMS: tuple[Mechanism, ...] = (numbers_of_the_interface, sizes_of_numpys_types)
