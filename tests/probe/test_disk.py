"""The contract at the top of probe/disk.py, sentence by sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from envguard.facts import Environment
from envguard.probe import disk
from tests.probe.prefix import SITE, Prefix
from tests.require import require

PROBE = Path(disk.__file__)


def facts(prefix: Prefix) -> Environment:
    answer = disk.collect(str(prefix.path))
    return Environment.from_dict(json.loads(json.dumps(answer)))


@pytest.fixture
def prefix(tmp_path: Path) -> Prefix:
    return Prefix(tmp_path / "env")


def replaced(prefix: Prefix) -> Prefix:
    """Shape A in small: pip took conda's dist-info away and wrote its own files."""
    old = prefix.info(
        "num", "1.0", {"num/__init__.py": b"one\n", "num/core.so": b"ELF one", "num/gone.py": b"x"}, "conda"
    )
    prefix.conda("num-base", "1.0", old)
    for path in old:
        (prefix.path / path).unlink()
    return prefix.pip("num", "2.0", {"num/__init__.py": b"two!\n", "num/core.so": b"ELF two!", "num/new.py": b"y"})


def test_pip_over_conda_is_seen_by_path_and_hash(prefix: Prefix) -> None:
    env = facts(replaced(prefix))
    (overlap,) = env.overlaps
    assert (overlap.record, overlap.distribution) == (
        "conda-meta/num-base-1.0-0.json",
        f"{SITE}/num-2.0.dist-info",
    )
    assert (overlap.differ, overlap.compiled, overlap.shape) == (2, 1, "pip")
    assert overlap.on_disk.pip == 2
    assert overlap.extra.sample == (f"{SITE}/num/new.py",)
    assert [(file.path, file.on_disk) for file in overlap.sample] == [
        (f"{SITE}/num/core.so", "pip"),
        (f"{SITE}/num/__init__.py", "pip"),
    ]
    (package,) = env.conda_packages or ()
    assert package.provides == ("num",)
    assert package.missing.python == 1
    assert env.replaced["num-base"].version == "2.0"


def test_conda_after_pip_leaves_pips_dist_info_behind(prefix: Prefix) -> None:
    files = prefix.info("num", "1.0", {"num/__init__.py": b"one\n", "num/core.so": b"ELF one"}, "conda")
    prefix.pip("num", "2.0", {"num/__init__.py": b"two!\n", "num/core.so": b"ELF two!"}).conda("num", "1.0", files)
    env = facts(prefix)
    (overlap,) = env.overlaps
    assert (overlap.shape, overlap.on_disk.conda) == ("conda", 2)
    assert overlap.twin == f"{SITE}/num-1.0.dist-info"
    assert not env.replaced


def test_files_of_equal_size_are_told_apart_by_their_content(prefix: Prefix) -> None:
    files = prefix.info("num", "1.0", {f"num/{n}.py": b"old%d" % n for n in range(20)}, "conda")
    prefix.conda("num", "1.0", files)
    prefix.pip("num", "2.0", {f"num/{n}.py": b"new%d" % n for n in range(20)})
    (overlap,) = facts(prefix).overlaps
    assert (overlap.differ, overlap.on_disk.pip) == (20, 20)


def test_the_same_bytes_installed_again_are_no_difference(prefix: Prefix) -> None:
    files = {"num/__init__.py": b"one\n"}
    prefix.conda("num", "1.0", prefix.info("num", "1.0", files, "conda")).pip("num", "1.0", files)
    env = facts(prefix)
    (overlap,) = env.overlaps
    assert overlap.shape == "same"
    (dist,) = env.distributions or ()
    assert (dist.owner, dist.taken_from) == (None, "conda-meta/num-1.0-0.json")


def test_a_file_of_neither_book_is_other(prefix: Prefix) -> None:
    replaced(prefix).write(f"{SITE}/num/core.so", b"edited by hand")
    (overlap,) = facts(prefix).overlaps
    assert (overlap.on_disk.other, overlap.on_disk.pip) == (1, 1)


def test_an_altered_library_is_seen_by_its_size(prefix: Prefix) -> None:
    prefix.conda("lib", "1", {"lib/liba.so.1": b"ELF", "lib/b.txt": b"text"})
    prefix.write("lib/liba.so.1", b"ELF, patched").write("lib/b.txt", b"another text")
    (package,) = facts(prefix).conda_packages or ()
    assert package.altered.sample == ("lib/liba.so.1",)


def test_a_library_rewritten_for_the_prefix_is_not_altered(prefix: Prefix) -> None:
    prefix.conda("lib", "1", {"lib/liba.so": b"ELF /placeholder"})
    record = prefix.path / "conda-meta/lib-1-0.json"
    data = json.loads(record.read_text())
    data["paths_data"]["paths"][0]["sha256_in_prefix"] = "0" * 64
    record.write_text(json.dumps(data))
    prefix.write("lib/liba.so", b"ELF /env")
    (package,) = facts(prefix).conda_packages or ()
    assert package.altered.count == 0


def test_bytecode_is_never_missing(prefix: Prefix) -> None:
    prefix.conda("a", "1", {f"{SITE}/a/__pycache__/a.cpython-311.pyc": b"", f"{SITE}/a/a.py": b""})
    (prefix.path / SITE / "a/__pycache__/a.cpython-311.pyc").unlink()
    (package,) = facts(prefix).conda_packages or ()
    assert package.missing.count == 0


def test_another_file_beside_the_byte_code_is_missed(prefix: Prefix) -> None:
    folder = f"{SITE}/a/__pycache__"
    prefix.conda("a", "1", {f"{folder}/a.cpython-311.pyc": b"", f"{folder}/a.nbi": b"", f"{SITE}/a/a.py": b""})
    (prefix.path / folder / "a.nbi").unlink()
    (package,) = facts(prefix).conda_packages or ()
    assert package.missing.sample == (f"{folder}/a.nbi",)


def test_a_folder_of_byte_code_that_leads_out_is_not_looked_into(prefix: Prefix, tmp_path: Path) -> None:
    folder = f"{SITE}/a/__pycache__"
    prefix.conda("a", "1", {f"{folder}/a.nbi": b"", f"{SITE}/a/a.py": b""})
    (prefix.path / folder).rename(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/a.nbi").unlink()
    (prefix.path / folder).symlink_to(tmp_path / "elsewhere")
    (package,) = facts(prefix).conda_packages or ()
    assert package.missing.count == 0  # it is not known what is there


def test_byte_code_in_a_linked_folder_is_that_of_the_folder(prefix: Prefix) -> None:
    prefix.conda("a", "1", {"lib/link/a/__pycache__/a.cpython-311.pyc": b"", "lib/real/a/a.py": b""}, write=False)
    prefix.conda("b", "1", {"lib/real/a/__pycache__/a.cpython-311.pyc": b"", "lib/real/a/a.py": b""})
    (prefix.path / "lib/link").symlink_to("real")
    look = disk.look(str(prefix.path), whole=True)
    assert look.books.shared == {(0, 1): ["lib/real/a/__pycache__/a.cpython-311.pyc", "lib/real/a/a.py"]}


def test_two_records_share_no_byte_code_that_anybody_counts(prefix: Prefix) -> None:
    for name in ("a", "b"):
        prefix.conda(name, "1", {f"{SITE}/a/__pycache__/a.cpython-311.pyc": b"", f"{SITE}/a/a.py": b""})
    (pair,) = facts(prefix).shared_records
    assert pair.shared == 1


def test_a_name_that_only_a_second_record_lists_is_missed_in_a_folder_that_the_first_one_fills(prefix: Prefix) -> None:
    prefix.conda("a", "1", {f"{SITE}/a/a.py": b""})
    prefix.conda("b", "1", {f"{SITE}/a/b.py": b""}, write=False)
    first, second = facts(prefix).conda_packages or ()
    assert (first.missing.count, second.missing.sample) == (0, (f"{SITE}/a/b.py",))


def test_files_no_book_owns_are_told_only_inside_packages_of_conda(prefix: Prefix) -> None:
    prefix.conda("a", "1", {f"{SITE}/a/__init__.py": b"", f"{SITE}/ns/part/b.py": b""})
    prefix.write(f"{SITE}/a/left.py", b"").write(f"{SITE}/a/data.csv", b"").write(f"{SITE}/ns/mine.py", b"")
    prefix.write(f"{SITE}/single.py", b"").write(f"{SITE}/a/__pycache__/x.cpython-311.pyc", b"")
    (unowned,) = facts(prefix).unowned
    assert (unowned.folder, unowned.files.sample) == (f"{SITE}/a", (f"{SITE}/a/left.py",))


def test_nothing_is_unowned_where_a_list_is_missing(prefix: Prefix) -> None:
    prefix.conda("a", "1", {f"{SITE}/a/__init__.py": b""}).write(f"{SITE}/a/plugin.py", b"")
    prefix.write(f"{SITE}/a_plugin.egg-info/PKG-INFO", b"Name: a-plugin\nVersion: 1\n")
    prefix.write(f"{SITE}/a_plugin.egg-info/top_level.txt", b"a\n")
    assert facts(prefix).unowned == ()


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ({"cv2/__init__.py": b"full"}, {"cv2/__init__.py": b"headless"}, 1),
        ({"cv2/__init__.py": b"full"}, {"cv2/__init__.py": b"full"}, 0),
        ({"tests/__init__.py": b"a"}, {"tests/__init__.py": b"b"}, 0),
        ({"ns/a.py": b"a"}, {"ns/b.py": b"b"}, 0),
        ({"LICENSE": b"a"}, {"LICENSE": b"b"}, 0),
    ],
)
def test_two_distributions_share_a_file_only_if_it_is_imported_and_differs(
    prefix: Prefix, first: dict[str, bytes], second: dict[str, bytes], told: int
) -> None:
    env = facts(prefix.pip("one", "1", first).pip("two", "1", second))
    assert sum(shared.differ.count for shared in env.shared_distributions) == told


def test_two_records_share_files(prefix: Prefix) -> None:
    prefix.conda("a", "1", {"lib/x.so": b"a", ".nonadmin": b""}).conda("b", "1", {"lib/x.so": b"b", ".nonadmin": b""})
    (shared,) = facts(prefix).shared_records
    assert (shared.shared, shared.differ.sample) == (2, ("lib/x.so",))


def test_leftovers_and_links_are_distributions_of_their_own_kind(prefix: Prefix) -> None:
    prefix.write(f"{SITE}/~umpy/core.py", b"").write(f"{SITE}/~umpy-1.0.dist-info/METADATA", b"")
    prefix.write(f"{SITE}/mine.egg-link", b"/somewhere/else\n.")
    kinds = {dist.path.rpartition("/")[2]: (dist.kind, dist.name) for dist in facts(prefix).distributions or ()}
    assert kinds == {
        "~umpy": ("leftover", "umpy"),
        "~umpy-1.0.dist-info": ("leftover", "umpy"),
        "mine.egg-link": ("egg-link", "mine"),
    }


def test_metadata_is_missing_only_if_it_is_not_there_or_says_nothing(prefix: Prefix) -> None:
    prefix.write(f"{SITE}/a-1.dist-info/RECORD", b"").write(f"{SITE}/b-1.dist-info/METADATA", b"")
    prefix.pip("c", "1", {})
    has = {dist.name: dist.has_metadata for dist in facts(prefix).distributions or ()}
    assert has == {"a": False, "b": False, "c": True}


def test_base_is_where_conda_lives_and_no_environment_below_it(tmp_path: Path) -> None:
    base = Prefix(tmp_path / "conda").conda("conda", "24.1", {})
    inner = Prefix(tmp_path / "conda/envs/build").conda("conda", "24.1", {})
    plain = Prefix(tmp_path / "plain").conda("python", "3.11.9", {})
    assert [facts(prefix).base for prefix in (base, inner, plain)] == [True, False, False]
    assert facts(base).name == "base"
    assert facts(plain).python_version == "3.11.9"


def test_a_prefix_that_is_none(tmp_path: Path) -> None:
    env = Environment.from_dict(disk.collect(str(tmp_path / "nowhere")))
    assert (env.conda_packages, env.distributions, env.history, env.problems) == ((), (), None, ())


def test_nothing_is_written(prefix: Prefix) -> None:
    def state() -> list[tuple[str, int, int, int]]:
        found = []
        for path in sorted([prefix.path, *prefix.path.rglob("*")]):
            status = path.lstat()
            found.append((str(path), status.st_mode, status.st_size, status.st_mtime_ns))
        return found

    replaced(prefix).history("==> 2024-05-04 17:18:39 <==\n+local::num-base-1.0-0\n")
    before = state()
    disk.collect(str(prefix.path))
    assert state() == before


def run(python: str, prefix: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [python, str(PROBE), str(prefix), str(out)]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=60, check=False)


def test_alone_it_answers_what_it_answers_imported(prefix: Prefix, tmp_path: Path) -> None:
    done = run(sys.executable, replaced(prefix).path, tmp_path / "out.json")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert json.loads((tmp_path / "out.json").read_text()) == json.loads(json.dumps(disk.collect(str(prefix.path))))


def test_it_runs_on_python_3_8(prefix: Prefix, tmp_path: Path) -> None:
    python = require("python3.8")
    done = run(python, replaced(prefix).path, tmp_path / "out.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((tmp_path / "out.json").read_text()) == json.loads(json.dumps(disk.collect(str(prefix.path))))


def test_an_older_python_is_refused_in_one_line(prefix: Prefix, tmp_path: Path) -> None:
    python = require("python3.7")
    done = run(python, prefix.path, tmp_path / "out.json")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "envguard-probe: Python 3.7 is too old, 3.8 is needed\n"


def test_its_floor_is_python_3_8() -> None:
    found = subprocess.run(
        [Path(sysconfig.get_path("scripts")) / "vermin", "--no-tips", "--violations", "-t=3.8-", str(PROBE.parent)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout
