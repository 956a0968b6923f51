"""A channel behind a password or a token, of which records say nothing: reached by what is configured, and never told."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from envguard import collect, run
from envguard.frontends import cli
from envguard.model import Verdict
from envguard.probe.marks import UNFINISHED
from envguard.rebuild import building
from tests.changes import repairing
from tests.envs import trees, wheelhouse
from tests.export import making
from tests.rebuild.private import PASSWORD, SECRETS, TOKEN, USER, Private, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.envs.scenarios import Scenario

    Give = Callable[..., Scenario]


@pytest.fixture
def private() -> Iterator[Private]:
    with serving() as found:
        yield found


@pytest.fixture(autouse=True)
def words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A home in which nothing is kept, wheels of the tests alone, and the words of every process that is started."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "CONDA", "RATTLER_"))]:
        monkeypatch.delenv(name)
    (tmp_path / "home").mkdir()
    for name, folder in (("HOME", "home"), ("XDG_CACHE_HOME", "cache"), ("JUPYTER_DATA_DIR", "jupyter")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", " ".join(map(str, wheelhouse.folders().values())))
    started: list[str] = []
    real = run.start

    def noted(argv, env, *more, **options):
        started.extend((*argv, *map(str, env.items())))
        return real(argv, env, *more, **options)

    monkeypatch.setattr(run, "start", noted)
    return started


def of_the_channel(found: Scenario, where: Path, url: str, channel: str) -> Path:
    """A copy of an environment whose packages came from another channel, and are kept nowhere."""
    prefix = repairing.copied(found, where)
    for record in (prefix / "conda-meta").glob("*.json"):
        told = json.loads(record.read_text(encoding="utf-8"))
        told["url"] = f"{url}/{told['subdir']}/{told['fn']}"
        told["channel"] = channel.format(subdir=told["subdir"])
        for key in ("link", "extracted_package_dir", "package_tarball_full_path"):
            told.pop(key, None)
        record.write_text(json.dumps(told), encoding="utf-8")
    return prefix


def silent(folder: Path, *but: str) -> None:
    """No file below a folder holds a secret."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.name not in but:
            content = path.read_bytes()
            assert not [secret for secret in SECRETS if secret.encode() in content], path


def said(capsys: pytest.CaptureFixture[str], *command: str, code: int = 0) -> str:
    """What a command says, in which no secret stands."""
    came = cli.main([*command])
    told = capsys.readouterr()
    assert came == code, told.out + told.err
    assert not [secret for secret in SECRETS if secret in told.out + told.err], command
    return told.out


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.slow
def test_a_rebuild(
    scenario: Give,
    private: Private,
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The token stands in the old environment's own .condarc, which is copied; its records have it masked.

    The first try is interrupted at the end, the second fetches nothing again.
    """
    masked = f"{private.host}/t/<TOKEN>/ours"
    old = of_the_channel(scenario("s3_two_dist_infos"), tmp_path / "old", masked, private.plain + "/{subdir}")
    (old / ".condarc").write_text(f"channels: ['{private.with_token}']\n", encoding="utf-8")
    (old / ".condarc").chmod(0o600)
    new = tmp_path / "new"
    said(capsys, "rebuild", str(new), "-p", str(old), "--dry-run", "--format", "json")
    with monkeypatch.context() as patched:
        patched.setattr(building.importing, "tried", interrupted)
        assert "it was interrupted" in said(capsys, "rebuild", str(new), "-p", str(old), "--yes", code=1)
    assert not [secret for secret in SECRETS if secret in (new / UNFINISHED).read_text(encoding="utf-8")]
    assert (new / UNFINISHED).parent.stat().st_mode & 0o077 == 0  # what was fetched lies there as py-rattler keeps it
    # begun anew with what was fetched
    assert "new environment is there" in said(capsys, "rebuild", str(new), "--resume", "--yes", "--details")
    assert len(private.fetched) == 11
    assert not private.turned_away
    assert not [secret for secret in SECRETS if secret in "\n".join(words)]
    silent(new, ".condarc")
    assert (new / ".condarc").read_bytes() == (old / ".condarc").read_bytes()
    assert (new / ".condarc").stat().st_mode & 0o777 == 0o600
    env = collect.by_import(new, keep=False)
    assert {(package.channel or "").rstrip("/") for package in env.conda_packages or ()} == {private.plain}
    assert {each.channel for revision in env.history or () for each in revision.linked} == {
        f"{private.plain}/{subdir}" for subdir in ("linux-64", "noarch")
    }
    # and what was made so can be written down, tried, and made again
    told = json.loads(said(capsys, "export", str(new), "--verify", "--format", "json"))
    assert [(each["part"], each["trial"]) for each in told["tried"]] == [("conda", "holds")]
    said(capsys, "rebuild", str(tmp_path / "again"), "-p", str(new), "--dry-run")


@pytest.mark.slow
def test_a_repair(
    scenario: Give, private: Private, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By `custom_channels` with a password; the record of the package that comes back stays as it was."""
    prefix = of_the_channel(scenario("sound"), tmp_path / "env", private.plain, "ours")
    (prefix / trees.SITE / "idna" / "core.py").unlink()
    place = private.with_password.removesuffix("/ours")
    (tmp_path / "home" / ".condarc").write_text(f"custom_channels:\n  ours: {place}\n", encoding="utf-8")
    told = said(capsys, "plan", str(prefix), "--details", code=1)
    assert "has to be fetched from ours" in " ".join(told.split())
    said(capsys, "repair", str(prefix), "--apply", "--yes")
    assert private.fetched == ["idna-3.10-pyhd8ed1ab_0.conda"]
    assert repairing.check(prefix).verdict is Verdict.SOUND
    record = json.loads((prefix / "conda-meta" / "idna-3.10-pyhd8ed1ab_0.json").read_text(encoding="utf-8"))
    assert (record["url"], record["channel"]) == (f"{private.plain}/noarch/idna-3.10-pyhd8ed1ab_0.conda", "ours")
    assert not [secret for secret in SECRETS if secret in "\n".join(words)]
    silent(prefix)


@pytest.mark.parametrize("how", ["alias", pytest.param("variable", marks=pytest.mark.slow)])
def test_an_export_is_tried(
    scenario: Give,
    private: Private,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    how: str,
) -> None:
    monkeypatch.setenv("OURS", TOKEN if how == "alias" else f"{USER}:{PASSWORD}")
    if how == "alias":
        monkeypatch.setenv("CONDA_CHANNEL_ALIAS", f"{private.host}/t/{TOKEN}")
    else:  # which conda fills in
        told = private.with_password.replace(f"{USER}:{PASSWORD}", "${OURS}")
        (tmp_path / "home" / ".condarc").write_text(f"channels: ['{told}']\n", encoding="utf-8")
    prefix = of_the_channel(scenario("sound"), tmp_path / "env", private.plain, private.plain + "/{subdir}")
    file = tmp_path / "environment.yml"
    said(capsys, "export", str(prefix), "--verify", "-o", str(file))
    content = file.read_text(encoding="utf-8")
    assert making.parsed(content)["channels"] == [private.plain, "nodefaults"]
    assert not [secret for secret in SECRETS if secret in content]


def test_a_secret_in_a_record_is_told_nowhere(
    scenario: Give, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Some versions of conda, and py-rattler, write the whole address."""
    url = f"https://{USER}:{PASSWORD}@conda.example.com/t/{TOKEN}/ours"
    prefix = of_the_channel(scenario("s3_two_dist_infos"), tmp_path / "env", url, url + "/{subdir}")
    with (prefix / "conda-meta" / "history").open("a", encoding="utf-8") as file:
        line = f"+{url}/noarch::six-1.16.0-pyhd8ed1ab_0"
        file.write(f"==> 2024-05-04 10:00:00 <==\n# cmd: conda install -c {url} six\n{line}\n# update specs: ['{url}::six']\n")  # fmt: skip
    for command in (
        ("check", "--format", "json", "--details"),
        ("report", "--format", "html"),
        ("history", "--format", "json"),
        ("plan", "--format", "json"),
        ("plan", "--details"),
        ("export", "--format", "json"),
        ("export", "--format", "json", "--from-history"),
    ):
        code = 1 if command[0] == "plan" else 0
        told = said(capsys, command[0], str(prefix), *command[1:], code=code)
        assert PASSWORD not in told
    other = repairing.copied(scenario("sound"), tmp_path / "other")
    said(capsys, "diff", str(prefix), str(other), "--format", "json", code=1)
    said(capsys, "rebuild", str(tmp_path / "new"), "-p", str(prefix), "--dry-run", "--offline", "--details", code=1)
    assert not (tmp_path / "new").exists()
