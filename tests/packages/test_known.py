"""What channels have: over HTTP with a password or a token, from what is kept, and that nobody could look."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from envguard.machine import CondaConfig, CondaLayer
from envguard.packages import asking, repodata
from envguard.packages.channels import channels
from envguard.packages.known import known
from tests.packages import other_channel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from envguard.packages.known import Known

pytest.importorskip("rattler")
PASSWORD = base64.b64encode(b"me:pw").decode()


class _Guarded(SimpleHTTPRequestHandler):
    """A channel behind a password, or behind a token in its address."""

    def do_GET(self) -> None:
        if self.path.startswith("/t/tk-1/"):
            self.path = self.path.removeprefix("/t/tk-1")
        elif self.headers.get("Authorization") != f"Basic {PASSWORD}":
            self.send_error(401)
            return
        super().do_GET()

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return other_channel.build(tmp_path_factory.mktemp("served") / "channel")


@pytest.fixture(scope="module")
def host(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Guarded, directory=str(folder.parent)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(repodata.tempfile, "gettempdir", lambda: str(tmp_path))
    for name in ("CONDA_PKGS_DIRS", "CONDA_EXE", "CONDA_ROOT", "MAMBA_ROOT_PREFIX", "RATTLER_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)

    def give(*urls: str, network: bool = False, names: tuple[str, ...] = ("gadget", "numpy"), **layer: object) -> Known:
        config = CondaConfig((CondaLayer("x", channels=urls, **layer),))  # type: ignore[arg-type]
        sources = repodata.sources(
            channels(config), "linux-64", network=network, prefix=str(tmp_path / "env"), config=config
        )
        return known(sources, names, timeout=20)

    return give


def versions(found: Known) -> dict[str, tuple[str, ...]]:
    return {name: offers[0].versions for name, offers in found.offers.items()}


def test_a_folder_needs_no_network(ask, folder):
    found = ask(folder.as_uri())
    assert versions(found) == {"gadget": ("2.0", "1.0")}
    assert (found.has("gadget"), found.has("numpy")) == (True, False)


@pytest.mark.parametrize("secret", ["http://me:pw@{host}/channel", "http://{host}/t/tk-1/channel"])
def test_a_private_channel(ask, host, secret):
    found = ask(secret.format(host=host), network=True)
    assert versions(found) == {"gadget": ("2.0", "1.0")}
    assert found.has("numpy") is False
    [offer] = found.offers["gadget"]
    assert "pw" not in offer.channel.name + offer.channel.shown
    assert "tk-1" not in offer.channel.name + offer.channel.shown


def test_by_its_alias(ask, host):
    assert versions(ask("channel", channel_alias=f"http://me:pw@{host}", network=True)) == {"gadget": ("2.0", "1.0")}


def test_without_the_password_nobody_knows(ask, host):
    found = ask(f"http://me:wrong@{host}/channel", network=True)
    assert found.has("gadget") is None
    assert found.unknown is not None
    assert "could not be read" in found.unknown.english()
    assert "wrong" not in found.unknown.english()


def test_offline_nothing_is_known_until_something_is_kept(ask, host, folder, tmp_path):
    address = f"http://me:pw@{host}/channel"
    found = ask(address, network=False)
    assert found.has("gadget") is None
    assert "network was not to be used" in found.unknown.english()
    assert ask(address, network=True, offline=True).has("gadget") is None  # as .condarc says
    # what conda keeps: the address with its secret makes the name
    cache = tmp_path / "env" / "pkgs" / "cache"
    cache.mkdir(parents=True)
    for subdir in ("linux-64", "noarch"):
        name = hashlib.md5(f"{address}/{subdir}/".encode()).hexdigest()[:8]  # as conda's cache_fn_url
        shutil.copy(folder / subdir / "repodata.json", cache / f"{name}.json")
    found = ask(address, network=False)
    assert versions(found) == {"gadget": ("2.0", "1.0")}
    assert found.has("numpy") is False
    # one channel kept, another not: what is not offered is not known to be absent
    found = ask(address, "https://conda.example.invalid/other", network=False)
    assert (found.has("gadget"), found.has("numpy")) == (True, None)


def test_offline_a_channel_in_parts_is_read_as_far_as_it_is_kept(ask, host, folder, tmp_path):
    """py-rattler keeps the parts that somebody asked for; conda keeps its own where nobody else reads them."""
    from rattler.index import index_fs

    parts = folder.with_name("parts")
    shutil.copytree(folder, parts)
    asyncio.run(index_fs(parts, write_shards=True))
    for kept in parts.glob("*/repodata*.json*"):
        kept.unlink()
    address = f"http://me:pw@{host}/parts"
    cache = tmp_path / "cache" / "rattler" / "cache"
    for name in ("pkgs", "repodata"):
        (cache / name).mkdir(parents=True)
    (db := cache / "pkgs" / "cache" / "repodata_shards.db").parent.mkdir()
    db.touch()
    unknown = ask(address, network=False).unknown.english()
    assert f"what conda keeps in {db} only conda reads" in unknown
    assert versions(ask(address, network=True, names=("gadget",))) == {"gadget": ("2.0", "1.0")}
    shutil.rmtree(parts)
    assert versions(ask(address, network=False, names=("gadget",))) == {"gadget": ("2.0", "1.0")}
    other = ask(address, network=False, names=("needy",))
    assert other.has("needy") is None
    assert "kept of the channels on this machine is not enough" in other.unknown.english()
    assert "needy" in other.unknown.english()


def test_the_name_that_conda_gives_a_cached_file(tmp_path):
    """The two best-known: conda-forge's linux-64 and noarch, as they lie in every package cache."""
    for subdir, name in (("linux-64", "497deca9"), ("noarch", "09cdf8bf")):
        (tmp_path / "pkgs" / "cache").mkdir(parents=True, exist_ok=True)
        (tmp_path / "pkgs" / "cache" / f"{name}.json").write_text("{}", encoding="utf-8")
        config = CondaConfig((CondaLayer("x", channels=("conda-forge",), pkgs_dirs=(str(tmp_path / "pkgs"),)),))
        found = repodata.sources(channels(config), "linux-64", network=False, prefix=str(tmp_path), config=config)
        assert found.request[0]["cached"][subdir].endswith(f"{name}.json")


def test_the_worker_always_answers(tmp_path, folder):
    base = {"channels": [{"name": "x", "url": folder.as_uri()}], "platforms": ["linux-64", "noarch"]}
    base |= {"network": False, "cache": str(tmp_path)}
    assert asking.ask({"do": "query", "names": ["gadget"], **base}, timeout=0.0).kind == "time"
    assert asking.ask({"do": "query", "names": ["gadget"], **base}, timeout=9, cancel=lambda: True).kind == "cancelled"
    damaged = tmp_path / "conda-meta" / "x-1-0.json"
    damaged.parent.mkdir()
    damaged.write_text('{"name": ', encoding="utf-8")
    attempt = {"free": [], "specs": ["gadget"], "constraints": [], "frozen": False, "keep": False, "best": []}
    solve = {"do": "solve", "priority": "strict", "installed": [str(damaged)], "attempts": [attempt], **base}
    assert asking.ask(solve, timeout=9).kind == "record"
    assert (
        asking.ask({**solve, "installed": [], "attempts": [{**attempt, "specs": ["gadget =="]}]}, timeout=9).kind
        == "spec"
    )
    refused = asking.ask({**solve, "installed": [], "attempts": [{**attempt, "specs": ["needy"]}]}, timeout=9)
    assert refused.kind == "unsatisfiable"
    assert "python >=3.8" in refused.reason.english()
    (tmp_path / "x.conda").write_bytes(b"no archive")
    read = asking.ask({"do": "paths", "archives": [str(tmp_path / "x.conda")], **base}, timeout=9)
    assert read.data == {"paths": {str(tmp_path / "x.conda"): None}}
