"""`--deep`: every file hashed by workers; what is altered is found, what only looks so is not, and nobody is left over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from envguard import api, collect, hashes
from envguard.probe.deep import Job
from tests.probe.prefix import SITE, Prefix, sha256

if TYPE_CHECKING:
    from envguard.facts import Environment


@pytest.fixture
def prefix(tmp_path: Path) -> Prefix:
    return Prefix(tmp_path / "env")


def deeply(prefix: Prefix) -> Environment:
    return collect.deeply(prefix.path)


def altered(env: Environment) -> dict[str, tuple[str, ...]]:
    return {package.name: package.altered.sample for package in env.conda_packages or () if package.altered.count}


def entries(prefix: Prefix, stem: str) -> tuple[Path, Any]:
    record = prefix.path / f"conda-meta/{stem}.json"
    return record, json.loads(record.read_text())


def amend(prefix: Prefix, stem: str, number: int, **fields: Any) -> None:
    """Changes an entry of a record; None takes a field out."""
    record, data = entries(prefix, stem)
    entry = {**data["paths_data"]["paths"][number], **fields}
    data["paths_data"]["paths"][number] = {key: value for key, value in entry.items() if value is not None}
    record.write_text(json.dumps(data))


def test_an_edited_source_is_found_by_deep_alone(prefix: Prefix) -> None:
    prefix.conda("a", "1", {f"{SITE}/a.py": b"x = 1\n", "share/a.txt": b"text"})
    prefix.write(f"{SITE}/a.py", b"x = 2\n")
    assert altered(collect.by_import(prefix.path)) == {}
    env = deeply(prefix)
    assert altered(env) == {"a": (f"{SITE}/a.py",)}
    assert env.deep is not None
    assert (env.deep.files, env.deep.bytes, env.deep.unknown, env.deep.cached) == (2, 10, 0, ())
    (found,) = (each for each in api.inspect(prefix.path, deep=True).findings if each.code == 101)
    assert found.severity.value == "warning"


def test_without_deep_the_cache_is_not_judged(prefix: Prefix) -> None:
    report = api.inspect(prefix.conda("a", "1", {f"{SITE}/a.py": b""}).path)
    (skipped,) = (each for each in report.skipped if each.rule == "package-cache-damaged")
    assert skipped.reason.english() == "only with --deep"


def test_what_only_looks_altered(prefix: Prefix) -> None:
    """Links, byte code, rewritten prefixes without a hash, and converted line ends."""
    prefix.conda(
        "a",
        "1",
        {
            "lib/link.so": b"ELF",
            f"{SITE}/__pycache__/a.cpython-311.pyc": b"1",
            "bin/tool": b"#!/old",
            "a.txt": b"a\nb\n",
        },
    )
    amend(prefix, "a-1-0", 0, path_type="softlink")
    amend(prefix, "a-1-0", 2, prefix_placeholder="/old", file_mode="text")
    prefix.write("lib/real.so", b"another").write(f"{SITE}/__pycache__/a.cpython-311.pyc", b"2")
    prefix.write("bin/tool", b"#!/new").write("a.txt", b"a\r\nb\r\n")
    (prefix.path / "lib/link.so").unlink()
    (prefix.path / "lib/link.so").symlink_to("real.so")
    env = deeply(prefix)
    assert altered(env) == {}
    assert env.deep is not None
    assert (env.deep.files, env.deep.unknown) == (1, 1)


def test_a_rewritten_prefix_with_a_hash_is_compared(prefix: Prefix) -> None:
    prefix.conda("a", "1", {"bin/tool": b"#!/old", "bin/other": b"#!/old"})
    for number in range(2):
        amend(prefix, "a-1-0", number, prefix_placeholder="/old", file_mode="text", sha256_in_prefix=sha256(b"#!/new"))
    prefix.write("bin/tool", b"#!/new").write("bin/other", b"#!/new # edited")
    assert altered(deeply(prefix)) == {"a": ("bin/other",)}


def test_what_pip_put_there_is_not_told_twice(prefix: Prefix) -> None:
    files = prefix.info("num", "1.0", {"num/__init__.py": b"one\n"}, "conda")
    prefix.conda("num", "1.0", files).pip("num", "2.0", {"num/__init__.py": b"two!\n"})
    assert altered(deeply(prefix)) == {}


def test_two_owners_are_both_right(prefix: Prefix) -> None:
    prefix.conda("a", "1", {"x.txt": b"a"}).conda("b", "1", {"x.txt": b"b"})
    assert altered(deeply(prefix)) == {}
    assert altered(deeply(prefix.write("x.txt", b"c"))) == {"a": ("x.txt",)}


def test_a_library_signed_anew_on_macos_is_unknown(prefix: Prefix) -> None:
    prefix.conda("a", "1", {"lib/liba.dylib": b"old", "bin/tool": b"old", "a.py": b"old"}, subdir="osx-arm64")
    signed = bytes.fromhex("cffaedfe") + b"signed"
    prefix.write("lib/liba.dylib", signed).write("bin/tool", signed).write("a.py", b"new")
    assert altered(deeply(prefix)) == {"a": ("a.py",)}


def test_what_is_missing_is_missing_and_what_cannot_be_read_is_a_problem(prefix: Prefix) -> None:
    prefix.conda("a", "1", {"gone.txt": b"a", "fifo.txt": b"b"})
    (prefix.path / "gone.txt").unlink()
    (prefix.path / "fifo.txt").unlink()
    os.mkfifo(prefix.path / "fifo.txt")
    env = deeply(prefix)
    assert altered(env) == {}
    assert [(problem.source, problem.reason.english()) for problem in env.problems] == [
        ("fifo.txt", "could not be hashed: not a regular file")
    ]


@pytest.mark.parametrize(
    ("cached", "key"),
    [(f"{SITE}/a.py", f"{SITE}/a.py"), ("site-packages/a.py", f"{SITE}/a.py")],
    ids=["plain", "noarch"],
)
def test_an_edit_in_place_damages_the_package_cache(
    prefix: Prefix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cached: str, key: str
) -> None:
    monkeypatch.setenv("CONDA_PKGS_DIRS", str(tmp_path / "pkgs"))
    prefix.conda("a", "1", {key: b"x = 1\n", f"{SITE}/b.py": b"y = 1\n"})
    twin = tmp_path / "pkgs/a-1-0" / cached
    twin.parent.mkdir(parents=True)
    os.link(prefix.path / key, twin)
    assert not [each for each in api.inspect(prefix.path, deep=True).findings if each.code == 110]
    prefix.write(key, b"x = 2\n").write(f"{SITE}/b.py", b"y = 2\n")
    assert twin.read_bytes() == b"x = 2\n"
    (found,) = (each for each in api.inspect(prefix.path, deep=True).findings if each.code == 110)
    assert found.message.english() == "1 file of conda's a 1 is damaged in the package cache"
    assert found.evidence[0].source == str(tmp_path / "pkgs/a-1-0")
    assert [step.argv[:2] for step in found.fixes[0].steps] == [
        ("rm", "-r"),
        (found.fixes[0].steps[1].argv[0], "install"),
    ]


def test_an_edit_of_a_copy_leaves_the_cache_sound(
    prefix: Prefix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONDA_PKGS_DIRS", str(tmp_path / "pkgs"))
    prefix.conda("a", "1", {"a.py": b"x = 1\n"})
    (tmp_path / "pkgs/a-1-0").mkdir(parents=True)
    os.link(prefix.path / "a.py", tmp_path / "pkgs/a-1-0/a.py")
    (prefix.path / "a.py").unlink()
    env = deeply(prefix.write("a.py", b"x = 2\n"))
    assert altered(env) == {"a": ("a.py",)}
    assert env.deep is not None
    assert env.deep.cached == ()


@pytest.mark.parametrize("name", ["with\nnewline.py", os.fsdecode(b"\xff\xfe.py"), " .py", "日本.py"])
def test_names_may_be_anything(prefix: Prefix, name: str) -> None:
    record = {"name": "a", "version": "1", "paths_data": {"paths": [{"_path": name, "sha256": sha256(b"x")}]}}
    prefix.write("conda-meta/a-1-0.json", json.dumps(record).encode()).write(name, b"y")
    assert altered(deeply(prefix)) == {"a": (name,)}


def jobs(folder: Path, count: int, data: bytes = b"x") -> list[Job]:
    folder.mkdir()
    found = []
    for number in range(count):
        path = folder / f"{number}.txt"
        path.write_bytes(data)
        found.append(Job(0, path.name, os.fsencode(path), sha256(data), len(data)))
    return found


def test_thousands_of_files_and_progress_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    wanted = jobs(tmp_path / "many", 5000)
    (tmp_path / "many/4321.txt").write_bytes(b"y")
    found = hashes.hash_files(wanted, lambda done, total: told.append((done, total)))
    assert (found.files, found.bytes, found.lost, found.different) == (5000, 5000, 0, {4321: sha256(b"y")})
    assert told[-1] == (5000, 5000)
    assert told == sorted(told)


def test_large_files_are_batches_of_their_own_and_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashes, "BATCH", 100)
    sizes = [10, 500, 60, 40, 100, 1]
    wanted = [Job(0, "a", b"a", "0" * 64, size) for size in sizes]
    assert list(hashes._batches(wanted)) == [[1], [4], [0, 2, 3], [5]]


def _workers() -> set[int]:
    """The hashing workers that are children of this process."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"hashing.py" in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
        except (OSError, ValueError):
            continue
    return found


def _gone(pids: set[int], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.05)
    return False


def test_cancelling_leaves_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashes, "BATCH_FILES", 50)
    seen: set[int] = set()

    def cancel(done: int, total: int) -> None:
        seen.update(_workers())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hashes.hash_files(jobs(tmp_path / "many", 2000), cancel)
    assert seen
    assert _gone(seen)


def test_a_killed_worker_is_one_problem_and_the_report_is_still_there(
    prefix: Prefix, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashes, "BATCH_FILES", 1)  # so that they are at it for long after the first answer
    prefix.conda("a", "1", {f"share/{number}.txt": b"x" for number in range(3000)})

    def kill(done: int, total: int) -> None:
        for pid in _workers():
            os.kill(pid, signal.SIGKILL)

    report = api.inspect(prefix.path, deep=True, progress=kill)
    (problem,) = report.problems
    assert problem.source == ""
    assert "files were not hashed" in problem.reason.english()
    assert not report.failed


def test_no_worker_can_be_started(prefix: Prefix, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    env = deeply(prefix.conda("a", "1", {"a.txt": b"x"}))
    assert [problem.reason.args["count"] for problem in env.problems] == [1]


def test_a_worker_ends_with_whoever_asked(tmp_path: Path) -> None:
    """Even if that was killed and could not say so."""
    code = (
        "import os, sys, signal\n"
        "from envguard import hashes\nfrom envguard.probe.deep import Job\n"
        "hashes.BATCH_FILES = 1\n"
        "def tell(done, total):\n"
        "    found = [p for p in os.listdir('/proc') if p.isdigit()]\n"
        "    mine = []\n"
        "    for p in found:\n"
        "        try: stat = open(f'/proc/{p}/stat').read().rpartition(')')[2].split()\n"
        "        except OSError: continue\n"
        "        if int(stat[1]) == os.getpid(): mine.append(p)\n"
        "    print(*mine, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "hashes.hash_files([Job(0, 'a', os.fsencode(sys.executable), '0' * 64, 1)] * 5000, tell)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    pids = {int(word) for word in done.stdout.split()}
    assert pids
    assert _gone(pids)


def test_the_command_says_nothing_of_its_progress_to_a_pipe(prefix: Prefix) -> None:
    prefix.conda("a", "1", {f"{SITE}/a.py": b"x"}).write(f"{SITE}/a.py", b"y")
    done = subprocess.run(
        [sys.executable, "-m", "envguard", "check", "--deep", "--format", "json", prefix.path],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    assert "conda-file-altered" in {found["rule"] for found in json.loads(done.stdout)["findings"]}
