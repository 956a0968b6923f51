"""Libraries that wheels leave to the system, as their standard (manylinux) allows: no wheel brings them, however often it is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Fix, Safety, text
from envguard.rules import fixes, steps

if TYPE_CHECKING:
    from envguard.facts import CondaPackage, Distribution, Environment

_LEFT = {
    # library: the package of conda-forge, that of Debian and Ubuntu (of Homebrew where it is a dylib)
    "libGL.so.1": ("libgl", "libgl1"),
    "libEGL.so.1": ("libegl", "libegl1"),
    "libglib-2.0.so.0": ("libglib", "libglib2.0-0"),
    "libgthread-2.0.so.0": ("libglib", "libglib2.0-0"),
    "libgomp.so.1": ("libgomp", "libgomp1"),
    "libSM.so.6": ("xorg-libsm", "libsm6"),
    "libICE.so.6": ("xorg-libice", "libice6"),
    "libX11.so.6": ("xorg-libx11", "libx11-6"),
    "libXext.so.6": ("xorg-libxext", "libxext6"),
    "libXrender.so.1": ("xorg-libxrender", "libxrender1"),
    "libsndfile.so.1": ("libsndfile", "libsndfile1"),
    "libmagic.so.1": ("libmagic", "libmagic1"),
    "libomp.dylib": ("llvm-openmp", "libomp"),
}
_HEADLESS = {"opencv-python": "opencv-python-headless", "opencv-contrib-python": "opencv-contrib-python-headless"}


def is_left(name: str) -> bool:
    """Whether a library is one of those."""
    return name in _LEFT


def ways(env: Environment, name: str, asking: CondaPackage | Distribution | None) -> tuple[Fix, ...]:
    """How to get one: a wheel that does without it, conda's package, the system's."""
    conda, system = _LEFT[name]
    found: list[Fix] = []
    other = _HEADLESS.get(asking.name) if asking is not None and asking in env.pip_owned else None
    if asking is not None and other is not None and fixes.may_write(env):
        title = text(
            "Take {name} off and install {other}, if you do not need its windows", name=asking.name, other=other
        )
        swap = (steps.uninstall(env, asking.name), steps.pip_install(env, other))
        found.append(fixes.by_pip(env, title, swap))
    if env.is_conda and env.manager != "pixi":
        found.extend(fixes.install_with_conda(env, (conda,)))
    title = text("Have the system's package installed, {name} on Debian and Ubuntu", name=system)
    if name.endswith(".dylib"):
        title = text("Have Homebrew install {name}", name=system)
    return (*found, Fix(title, (), Safety.MANUAL))
