"""The wheels that the environments are made of: pinned by hash, fetched once with pip, kept by content."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.envs import cache


class Unavailable(Exception):
    """Something real that the environments need is not to be had here; the text says what."""


class NoWheel(Unavailable):
    """A release has no file for this interpreter, which nothing on this machine could change."""


@dataclass(frozen=True)
class Wheel:
    """One pinned release; `hashes` gives the file for each interpreter it has one for, py3 meaning any."""

    name: str
    version: str
    hashes: tuple[tuple[str, str], ...]

    @property
    def spec(self) -> str:
        return f"{self.name}=={self.version}"

    @property
    def pin(self) -> str | None:
        """The hash of the file for the running interpreter."""
        known = dict(self.hashes)
        return known.get("py3") or known.get("cp{}{}".format(*sys.version_info[:2]))


def _pure(name: str, version: str, sha256: str) -> Wheel:
    return Wheel(name, version, (("py3", sha256),))


# linux-64 only: other platforms need other files, and the tests that need these environments say so.
WHEELS = (
    Wheel(
        "numpy",
        "1.26.4",
        (
            ("cp310", "ffa75af20b44f8dba823498024771d5ac50620e6915abac414251bd971b4529f"),
            ("cp311", "666dbfb6ec68962c033a450943ded891bed2d54e6755e35e5835d63f4f6931d5"),
            ("cp312", "675d61ffbfa78604709862923189bad94014bef562cc35cf61d3a07bba02a7ed"),
        ),
    ),
    Wheel(
        "numpy",
        "2.3.5",
        (
            ("cp311", "8cba086a43d54ca804ce711b2a940b16e452807acebe7852ff327f1ecd49b0d4"),
            ("cp312", "0d8163f43acde9a73c2a33605353a4f1bc4798745a8b1d73183b28e5b435ae28"),
            ("cp313", "11e06aa0af8c0f05104d56450d6093ee639e15f24ecf62d417329d06e522e017"),
        ),
    ),
    Wheel(
        "scipy",
        "1.14.1",
        (
            ("cp310", "8e32dced201274bf96899e6491d9ba3e9a5f6b336708656466ad0522d8528f69"),
            ("cp311", "fef8c87f8abfb884dac04e97824b61299880c43f4ce675dd2cbeadd3c9b466d2"),
            ("cp312", "8f9ea80f2e65bdaa0b7627fb00cbeb2daf163caa015e59b7516395fe3bd1e066"),
            ("cp313", "5149e3fd2d686e42144a093b206aef01932a0059c2a33ddfa67f5f035bdfe13e"),
        ),
    ),
    Wheel(
        "pandas",
        "2.2.3",
        (
            ("cp310", "86976a1c5b25ae3f8ccae3a5306e443569ee3c3faf444dfd0f41cda24667ad57"),
            ("cp311", "c124333816c3a9b03fbeef3a9f230ba9a737e9e5bb4060aa2107a86cc0a497fc"),
            ("cp312", "fffb8ae78d8af97f849404f21411c95062db1496aeb3e56f146f0355c9989319"),
            ("cp313", "f3a255b2c19987fbbe62a9dfd6cff7ff2aa9ccab3fc75218fd4b7530f01efa24"),
        ),
    ),
    Wheel(
        "greenlet",
        "3.1.1",
        (
            ("cp310", "da7a9bff22ce038e19bf62c4dd1ec8391062878710ded0a845bcf47cc0200617"),
            ("cp311", "9e8f8c9cb53cdac7ba9793c276acd90168f416b9ce36799b9b885790f8ad6c0a"),
            ("cp312", "1443279c19fca463fc33e65ef2a935a5b09bb90f978beab37729e1c3c6c25fe9"),
            ("cp313", "0153404a4bb921f0ff1abeb5ce8a5131da56b953eda6e14b88dc6bbc04d2049e"),
        ),
    ),
    Wheel(
        "sqlalchemy",
        "1.4.54",
        (
            ("cp310", "6b24364150738ce488333b3fb48bfa14c189a66de41cd632796fbcacb26b4585"),
            ("cp311", "fb59a11689ff3c58e7652260127f9e34f7f45478a2f3ef831ab6db7bcd72108f"),
            ("cp312", "b5e0d47d619c739bdc636bbe007da4519fc953393304a5943e0b5aec96c9877c"),
        ),
    ),
    _pure("sqlalchemy", "2.0.36", "fddbe92b4760c6f5d48162aef14824add991aeda8ddadb3c31d56eb15ca69f8e"),
    _pure("certifi", "2024.8.30", "922820b53db7a7257ffbda3f597266d435245903d80737e34f8a45ff3e3230d8"),
    _pure("charset-normalizer", "3.4.0", "fe9f97feb71aa9896b81973a7bbada8c49501dc73e58a10fcef6663af95e5079"),
    _pure("colorama", "0.4.6", "4f1d9991f5acc0ca119f9d443620b77f9d6b33703e51011c16baf57afb285fc6"),
    _pure("idna", "3.10", "946d195a0d259cbba61165e88e65941f16e9b36ea6ddb97f00452bae8b1287d3"),
    _pure("idna", "3.7", "82fee1fc78add43492d3a1898bfa6d8a904cc97d8427f683ed8e798d07761aa0"),
    _pure("packaging", "23.2", "8c491190033a9af7e1d931d0b5dacc2ef47509b34dd0de67ed209b5203fc88c7"),
    _pure("packaging", "24.2", "09abb1bccd265c01f4a3aa3f7a7db064b36514d2cba19a2f694fe6150451a759"),
    _pure("pip", "24.2", "2cd581cf58ab7fcfca4ce8efa6dcacd0de5bf8d0a3eb9ec927e07405f4d9e2a2"),
    _pure("python-dateutil", "2.9.0.post0", "a8b2bc7bffae282281c8140a97d3aa9c14da0b136dfe83f850eea9a5f7470427"),
    _pure("pytz", "2024.2", "31c7c1817eb7fae7ca4b8c7ee50c72f93aa2dd863de768e1ef4245d426aa0725"),
    _pure("requests", "2.31.0", "58cd2187c01e70e6e26505bca751777aa9f2ee0b7f4300988b709f44e013003f"),
    _pure("requests", "2.32.3", "70761cfe03c773ceb22aa2f671b4757976145175cdfca038c02654d061d6dcc6"),
    _pure("setuptools", "75.1.0", "35ab7fd3bcd95e6b7fd704e4a1539513edad446c097797f2985e0e4b960772f2"),
    _pure("six", "1.16.0", "8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254"),
    _pure("tabulate", "0.9.0", "024ca478df22e9340661486f85298cff5f6dcdba14f3813e8830015b9ed1948f"),
    _pure("typing-extensions", "4.12.2", "04e5ca0351e0f3f85c6853954072df659d0d13fac324d0072316b67d7794700d"),
    _pure("tzdata", "2024.2", "a48093786cdcde33cad18c2555e8532f34422074448fbc874186f0abd79565cd"),
    _pure("urllib3", "2.2.3", "ca899ca043dcb1bafa3e262d73aa25c465bfb49e0bd9dd5d59f1d0acba2f8fac"),
    _pure("wheel", "0.44.0", "2376a90c98cc337d18623527a97c31797bd02bad0033d41547043a1cbfbe448f"),
)


def folders() -> dict[str, Path]:
    """Requirement -> the folder that holds its one wheel; all that have a file for this interpreter, fetched if need be."""
    wanted = {wheel: cache.root() / "wheels" / wheel.pin for wheel in WHEELS if wheel.pin}
    if not all(folder.is_dir() for folder in wanted.values()):
        with cache.lock("wheels"):
            _fetch([wheel for wheel, folder in wanted.items() if not folder.is_dir()])
    return {wheel.spec: folder for wheel, folder in wanted.items()}


def wheel_file(spec: str) -> Path:
    """The wheel of a requirement such as `numpy==1.26.4`."""
    folder = folders().get(spec)
    if folder is None:
        raise NoWheel(f"{spec} has no wheel for Python {sys.version_info[0]}.{sys.version_info[1]}")
    return next(folder.glob("*.whl"))


def isolated() -> dict[str, str]:
    """The process environment for pip: nothing that steers pip or Python but the certificates of this machine."""
    kept = {"PIP_CERT", "PIP_CLIENT_CERT"}
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHON", "CONDA_")) or k in kept}
    plain.pop("VIRTUAL_ENV", None)
    return {**plain, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONNOUSERSITE": "1"}


def _fetch(wheels: list[Wheel]) -> None:
    store = cache.root() / "wheels"
    store.mkdir(exist_ok=True)
    # One pip run cannot hold two versions of a name: the first of each name together, then the second of each.
    rounds: list[dict[str, Wheel]] = [{}, {}]
    for wheel in wheels:
        rounds[wheel.name in rounds[0]][wheel.name] = wheel
    with tempfile.TemporaryDirectory(dir=store) as name:
        for batch in filter(None, rounds):
            _download(tuple(batch.values()), Path(name))
        for file in Path(name).glob("*.whl"):
            place = store / hashlib.sha256(file.read_bytes()).hexdigest()
            if not place.is_dir():
                work = Path(tempfile.mkdtemp(dir=store))
                shutil.move(file, work / file.name)
                work.rename(place)


def _download(wheels: tuple[Wheel, ...], folder: Path) -> None:
    pins = folder / "pins.txt"
    pins.write_text("".join(f"{wheel.spec} --hash=sha256:{wheel.pin}\n" for wheel in wheels), encoding="utf-8")
    options = ("--no-deps", "--only-binary=:all:", "--require-hashes", "--quiet", "--dest", str(folder))
    command = [_python_with_pip(), "-m", "pip", "download", *options, "--requirement", str(pins)]
    done = subprocess.run(command, env=isolated(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"pip could not fetch the wheels of the test environments: {done.stderr.strip()[-400:]}")


def _python_with_pip() -> str:
    for python in (sys.executable, getattr(sys, "_base_executable", None)):
        if (
            python
            and not subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode
        ):
            return str(python)
    raise Unavailable("no pip to fetch the wheels of the test environments with")
