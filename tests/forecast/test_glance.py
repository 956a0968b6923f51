"""What a glance tells is what the whole look at an environment tells; what cannot be read is unknown, and nothing is raised."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envguard import collect
from envguard.forecast.glance import glance
from envguard.probe.reading import is_compiled
from tests.envs.prefixes import FLAVOURS
from tests.probe.prefix import SITE, Prefix

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from envguard.forecast.glance import Glance
    from tests.envs.scenarios import Scenario

NAMES = ("clean", "sound", "s0", "s1", "s2", "s3_two_dist_infos", "s4", "s5", "record_lost", "base_with_pip")


def owners(look: Glance) -> dict[str, str | None]:
    """The path of each distribution, and whose it is."""
    return {dist.path: owner.who for dist, owner in look.owners(look.seen).items()}


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("name", NAMES)
def test_it_tells_what_the_whole_look_tells(scenario: Callable[..., Scenario], name: str, flavour: str) -> None:
    prefix = scenario(name, flavour).prefix
    env, look = collect.by_import(prefix), glance(str(prefix))
    assert owners(look) == {dist.path: "conda" if dist.owner else "pip" for dist in env.distributions or ()}
    assert {dist.path for dist in look.pip_owned} == {dist.path for dist in env.pip_owned}
    assert {record.stem for record in look.records or ()} == {
        package.record[len("conda-meta/") : -len(".json")] for package in env.conda_packages or ()
    }
    told = (look.is_base, look.is_conda, look.is_frozen, look.writable, look.python_version, look.platform, look.name)
    assert told == (env.base, env.is_conda, env.frozen, env.writable, env.python_version, env.platform, env.name)
    for wanted in (*env.by_name, "nothing"):
        asking = {asks.record.name for asks in look.asking((wanted,)) if asks.depends or asks.constrains}
        depending = {package.name for _, package in env.depending.get(wanted, ())}
        assert depending <= asking
        for asks in look.asking((wanted,)):
            package = env.by_name[asks.record.name]
            assert (asks.depends, asks.constrains) == (package.depends, package.constrains)
    for record in look.records or ():
        assert look.is_compiled(record) is any(map(is_compiled, _files(prefix, env.by_name[record.name].record)))
    assert not look.unread


def _files(prefix: Path, record: str) -> list[str]:
    found = json.loads((prefix / record).read_text(encoding="utf-8"))["files"]
    assert isinstance(found, list)
    return found


def test_a_package_of_another_name(tmp_path: Path) -> None:
    made = Prefix(tmp_path / "env")
    made.conda("pytorch", "2.4.1", made.info("torch", "2.4.1", {"torch/__init__.py": b""}))
    made.conda("py-opencv", "4.8.1", made.info("opencv_python", "4.8.1.78", {"cv2/__init__.py": b""}))
    made.pip("msgpack", "1.0", {"msgpack/__init__.py": b""})
    look = glance(str(made.path))
    told = {
        dist.name: (owner.who, owner.record and owner.record.name) for dist, owner in look.owners(look.seen).items()
    }
    assert told == {
        "torch": ("conda", "pytorch"),
        "opencv-python": ("conda", "py-opencv"),
        "msgpack": ("pip", None),
    }
    assert [dist.name for dist in look.pip_owned] == ["msgpack"]  # INSTALLER says pip of all three


def test_the_content_decides(tmp_path: Path) -> None:
    """pip puts the very same version over conda's, as --force-reinstall does."""
    made = Prefix(tmp_path / "env")
    made.conda("six", "1.16.0", made.info("six", "1.16.0", {"six.py": b"conda's"}, "conda"))
    assert owners(glance(str(made.path))) == {f"{SITE}/six-1.16.0.dist-info": "conda"}
    made.pip("six", "1.16.0", {"six.py": b"pip's"})
    look = glance(str(made.path))
    assert owners(look) == {f"{SITE}/six-1.16.0.dist-info": "pip"}
    assert [dist.name for dist in look.pip_owned] == ["six"]


@pytest.mark.parametrize("order", ["as written", "files first", "compact", "a long list", "bracketed"])
def test_where_a_record_says_what_it_asks_for(tmp_path: Path, order: str) -> None:
    made = Prefix(tmp_path / "env")
    depends = ["numpy >=1", *(f"other{number} >=1" for number in range(400 if order == "a long list" else 2))]
    if order == "bracketed":
        depends[0] = "numpy[version='>=1']"
    told = {"name": "scipy", "version": "1", "depends": depends, "constrains": ["six >=2"], "files": ["x"] * 900}
    if order == "files first":
        told = dict(reversed(told.items()))
    text = json.dumps(
        told, separators=(",", ":") if order == "compact" else None, indent=None if order == "compact" else 2
    )
    made.write("conda-meta/scipy-1-0.json", text.encode())
    look = glance(str(made.path))
    assert [(each.record.name, each.depends) for each in look.asking(["numpy"])] == [("scipy", tuple(depends))]
    assert [each.constrains for each in look.asking(["six"])] == [("six >=2",)]
    assert [each.record.name for each in look.asking(["numpy", "other1"])] == ["scipy"]
    assert not look.asking(["num", "thenumpy"])


@pytest.mark.parametrize(
    "data", [b"", b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b'{"name": "numpy", "ver', b"[]", b"\0"]
)
def test_a_record_that_cannot_be_read(tmp_path: Path, data: bytes) -> None:
    made = Prefix(tmp_path / "env")
    made.conda("numpy", "1.26.4", made.info("numpy", "1.26.4", {"numpy/__init__.py": b""}, "pip"))
    made.conda("pandas", "2", {}, depends=["numpy"])
    made.write("conda-meta/numpy-1.26.4-0.json", data)
    look = glance(str(made.path))
    assert look.by_name["numpy"].version == "1.26.4"
    assert set(owners(look).values()) <= {"conda", "pip", None}
    assert [each.record.name for each in look.asking(["numpy"])] == ["pandas"]
    assert set(look.unread) <= {"numpy-1.26.4-0"}


def test_a_record_with_a_mark_of_its_order_of_bytes(tmp_path: Path) -> None:
    made = Prefix(tmp_path / "env")
    made.conda("six", "1.16.0", made.info("six", "1.16.0", {"six.py": b""}, "conda"))
    path = made.path / "conda-meta/six-1.16.0-0.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert owners(glance(str(made.path))) == {f"{SITE}/six-1.16.0.dist-info": "conda"}


def test_no_environment_at_all(tmp_path: Path) -> None:
    for look in (glance(str(tmp_path)), glance(str(tmp_path / "nothing")), glance("\0")):
        assert (look.records, look.seen, look.is_conda, look.is_base) == ((), (), False, False)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_it_never_raises(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    made = Prefix(tmp_path_factory.mktemp("hostile") / "env")
    made.conda("numpy", "1.26.4", made.info("numpy", "1.26.4", {"numpy/__init__.py": b""}, "pip"), depends=["six"])
    made.conda("scipy", "1", {}, depends=["numpy <2"])
    whole = (made.path / "conda-meta/numpy-1.26.4-0.json").read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    noise = data.draw(st.binary(max_size=60))
    made.write("conda-meta/numpy-1.26.4-0.json", whole[:cut] + noise + whole[cut + data.draw(st.integers(0, 40)) :])
    file = data.draw(st.sampled_from(("RECORD", "METADATA", "INSTALLER")))
    made.write(f"{SITE}/numpy-1.26.4.dist-info/{file}", data.draw(st.binary(max_size=60)))
    look = glance(str(made.path))
    assert len(look.seen) == 1
    assert owners(look)
    assert [each.record.name for each in look.asking(["numpy"])][-1:] == ["scipy"]
    assert isinstance(look.pip_owned, tuple)
    assert isinstance(look.requires(look.seen[0]), tuple)
