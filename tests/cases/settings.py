"""Broken by settings round an environment: kernelspecs, programs on the PATH, configuration of pip and conda."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.cases.mechanism import E, I, W, mechanism
from tests.cases.place import Place, virtual
from tests.cases.watch import Kernel, files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from envguard.model import Report
    from tests.cases.draw import Draw
    from tests.cases.mechanism import Mechanism


@mechanism({210: W}, "process")
def shells_pip_is_anothers(draw: Draw, where: Path, sound: bool) -> Report:
    """The first pip on the kernel's PATH starts another Python; the near miss is the environment's own."""
    python, _ = virtual(where / "kernel")
    other, _ = virtual(where / draw.name())
    folder = _program(where / draw.name(), "pip", f"#!{python if sound else other}\nimport pip\n")
    with Kernel(python, where, PATH=f"{folder}:/usr/bin:/bin") as kernel:
        return kernel.report()


@mechanism({211: W}, "disk", "process")
def no_pip(draw: Draw, where: Path, sound: bool) -> Report:
    """A kernel's environment was made without pip."""
    _, site = virtual(where)
    for name in ("ipykernel", *(("pip",) if sound else ())):
        _installed(site, name, draw.version())
    return files(where)


@mechanism({212: W}, "process", "text", "disk")
def uv_goes_elsewhere(draw: Draw, where: Path, sound: bool) -> Report:
    """An inherited variable sends the shell's uv into another environment; the near miss names this one."""
    python, _ = virtual(where / "kernel")
    other, _ = virtual(where / draw.name())
    folder = _program(where / draw.name(), "uv", "#!/bin/sh\n")
    variable = draw.pick(("CONDA_PREFIX", "VIRTUAL_ENV"))
    target = where / "kernel" if sound else other.parent.parent
    with Kernel(python, where, PATH=str(folder), **{variable: str(target)}) as kernel:
        return kernel.report()


@mechanism({220: W}, "disk")
def kernelspec_of_another(draw: Draw, where: Path, sound: bool) -> Report:
    """The environment's own default kernelspec starts another Python."""
    other, _ = virtual(where / draw.name())
    place = Place(where / "own", "lent")
    _kernelspec(place.at("share/jupyter"), "python3", place.python if sound else other)
    with _jupyter(where / draw.name()):
        return files(place.path)


@mechanism({221: E}, "disk")
def kernelspec_of_a_deleted_environment(draw: Draw, where: Path, sound: bool) -> Report:
    """A kernelspec starts a Python that is not there."""
    place = Place(where / "own", "lent")
    gone = where / draw.name() / "bin" / "python"
    _kernelspec(place.at("share/jupyter"), draw.name(), place.python if sound else gone)
    with _jupyter(where / draw.name()):
        return files(place.path)


@mechanism({222: W}, "disk")
def kernelspec_of_the_user_wins(draw: Draw, where: Path, sound: bool) -> Report:
    """The user's kernelspec of the same name comes before the environment's own and starts another Python."""
    other, _ = virtual(where / draw.name())
    place = Place(where / "own", "lent").package("jupyter_core", draw.version(main=4))
    name = draw.pick(("python3", draw.name()))
    _kernelspec(place.at("share/jupyter"), name, place.python)
    _kernelspec(where / "user", draw.name() if sound else name, other)
    with _jupyter(where / "user"):
        return files(place.path)


@mechanism({500: I}, "disk")
def priority_is_not_strict(draw: Draw, where: Path, sound: bool) -> Report:
    """Several channels, and a priority that lets the next install take from any."""
    place = Place(where).package(draw.name(), draw.version())
    settings = f"channels: [{draw.name()}, conda-forge]\nchannel_priority: {'strict' if sound else draw.pick(('flexible', 'disabled'))}\n"
    place.write(".condarc", settings.encode())
    return files(where)


@mechanism({501: I}, "disk", beside=(500,))
def both_distributions(draw: Draw, where: Path, sound: bool) -> Report:
    """The settings name both defaults and conda-forge."""
    place = Place(where).package(draw.name(), draw.version())
    place.write(".condarc", f"channels: [{draw.name() if sound else 'defaults'}, conda-forge]\n".encode())
    return files(where)


@mechanism({502: I}, "disk")
def pip_sent_elsewhere(draw: Draw, where: Path, sound: bool) -> Report:
    """A configuration sends every `pip install` elsewhere; the near miss switches that off."""
    place = Place(where).package(draw.name(), draw.version())
    setting = draw.pick(("user = {}", "target = /srv/{}", "prefix = /opt/{}"))
    value = draw.name() if "/" in setting else "yes"
    place.write("pip.conf", f"[install]\n{'user = no' if sound else setting.format(value)}\n".encode())
    return files(where)


@mechanism({503: I}, "disk")
def marked_by_another_tool(draw: Draw, where: Path, sound: bool) -> Report:
    """The mark of PEP 668 forbids pip to install; the near miss has it in a folder that does not count."""
    place = Place(where).package(draw.name(), draw.version())
    folder = "share" if sound else place.site.rpartition("/")[0]
    place.write(f"{folder}/EXTERNALLY-MANAGED", b"[externally-managed]\n")
    return files(where)


def _program(folder: Path, name: str, script: str) -> Path:
    """A folder for the PATH with one program."""
    (folder / "programs").mkdir(parents=True)
    program = folder / "programs" / name
    program.write_text(script, encoding="utf-8")
    program.chmod(0o755)
    return program.parent


def _installed(site: Path, name: str, version: str) -> None:
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (info / "RECORD").write_text(f"{info.name}/METADATA,,\n{info.name}/RECORD,,\n", encoding="utf-8")
    (info / "INSTALLER").write_text("pip\n", encoding="utf-8")


def _kernelspec(folder: Path, name: str, python: Path) -> None:
    place = folder / "kernels" / name
    place.mkdir(parents=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (place / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": name, "language": "python"}), encoding="utf-8"
    )


@contextmanager
def _jupyter(user: Path) -> Iterator[None]:
    """Jupyter's folder of the user, for as long as envguard looks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_DATA_DIR", str(user))
        yield


MECHANISMS: tuple[Mechanism, ...] = (
    shells_pip_is_anothers,
    no_pip,
    uv_goes_elsewhere,
    kernelspec_of_another,
    kernelspec_of_a_deleted_environment,
    kernelspec_of_the_user_wins,
    priority_is_not_strict,
    both_distributions,
    pip_sent_elsewhere,
    marked_by_another_tool,
)
