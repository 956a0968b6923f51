"""What real environments of strangers showed that a naive reader gets wrong, each in small."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.probe.prefix import SITE, Prefix, sha256
from tests.probe.test_disk import facts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def prefix(tmp_path: Path) -> Prefix:
    return Prefix(tmp_path / "env")


def test_a_name_does_not_decide_ownership(prefix: Prefix) -> None:
    """conda's tzdata is a folder of zones, PyPI's is another project."""
    prefix.conda("tzdata", "2022f", {"share/zoneinfo/Zulu": b"Z"}).pip("tzdata", "2022.6", {"tzdata/__init__.py": b""})
    env = facts(prefix)
    assert env.overlaps == ()
    assert [dist.owner for dist in env.distributions or ()] == [None]


@pytest.mark.parametrize("relocated", [False, True], ids=["conda", "pixi"])
def test_noarch_paths_are_relocated_or_not(prefix: Prefix, relocated: bool) -> None:
    files = prefix.info("six", "1.16", {"six.py": b"six"}, "conda")
    env = facts(prefix.conda("six", "1.16", files, relocated=relocated, noarch="python"))
    (package,) = env.conda_packages or ()
    assert (package.missing.count, package.files) == (0, 4)
    assert [dist.owner for dist in env.distributions or ()] == ["conda-meta/six-1.16-0.json"]


def test_python_3_1_is_a_symlink_to_python_3_10(tmp_path: Path) -> None:
    prefix = Prefix(tmp_path / "env", site="lib/python3.10/site-packages")
    files = prefix.info("six", "1.16", {"six.py": b"six"}, "conda")
    prefix.conda("six", "1.16", {path.replace("3.10", "3.1"): data for path, data in files.items()}, write=False)
    for path, data in files.items():
        prefix.write(path, data)
    (prefix.path / "lib/python3.1").symlink_to("python3.10")
    env = facts(prefix)
    assert env.site_packages == ("lib/python3.10/site-packages",)
    assert [dist.owner for dist in env.distributions or ()] == ["conda-meta/six-1.16-0.json"]
    assert env.overlaps == ()


def test_python_3_1_may_be_a_folder_of_its_own(tmp_path: Path) -> None:
    prefix = Prefix(tmp_path / "env", site="lib/python3.10/site-packages")
    prefix.pip("a", "1", {"a.py": b""})
    prefix.site = "lib/python3.1/site-packages"
    prefix.pip("a", "1", {"a.py": b""})
    assert len(facts(prefix).site_packages) == 2


def test_installer_and_direct_url_of_a_conda_package_are_hints_at_most(prefix: Prefix) -> None:
    files = prefix.info("a", "1", {"a.py": b""}, installer="pip")
    files[f"{SITE}/a-1.dist-info/direct_url.json"] = b'{"url": "file:///croot/a/work", "dir_info": {}}'
    env = facts(prefix.conda("a", "1", files))
    (dist,) = env.distributions or ()
    assert (dist.owner, dist.installer) == ("conda-meta/a-1-0.json", "pip")


def test_a_conda_package_may_ship_the_dist_info_of_another(prefix: Prefix) -> None:
    wheel = prefix.info("wheel", "0.38", {"wheel/__init__.py": b""}, "conda")
    prefix.conda("wheel", "0.38", wheel).conda("win_inet_pton", "1.1", {**wheel, f"{SITE}/win_inet_pton.py": b""})
    env = facts(prefix)
    assert env.pip_owned == ()
    (shared,) = env.shared_records
    assert (shared.shared, shared.differ.count) == (4, 0)


def test_absolute_and_escaping_rows_of_a_record_are_left_out(prefix: Prefix) -> None:
    info = f"{SITE}/a-1.dist-info"
    prefix.write(f"{info}/METADATA", b"Name: a\nVersion: 4.0.0-unsupported\nRequires-Python: >=3.5.*\n")
    prefix.write(f"{info}/RECORD", b"/croot/a.py,,\n../../../../../etc/passwd,,\nC:/x.py,,\n../../../bin/a,,\na.py,,\n")
    (dist,) = facts(prefix).distributions or ()
    assert (dist.version, dist.requires_python) == ("4.0.0-unsupported", ">=3.5.*")
    assert (dist.files, sorted(dist.missing.sample)) == (2, ["bin/a", f"{SITE}/a.py"])


def test_records_of_conda_3(prefix: Prefix) -> None:
    record = {
        "name": "old",
        "version": "1.0",
        "build": "py27_0",
        "files": [f"{SITE}/old.py"],
        "requires": ["python 2.7*"],
        "link": {"type": "hard-link"},
        "url": None,
        "channel": None,
    }
    prefix.write("conda-meta/old-1.0-py27_0.json", json.dumps(record).encode()).write(f"{SITE}/old.py", b"")
    (package,) = facts(prefix).conda_packages or ()
    assert (package.depends, package.channel, package.missing.count) == (("python 2.7*",), None, 0)


def test_history_of_every_age(prefix: Prefix) -> None:
    prefix.history(
        "==> 2015-01-02 03:04:05 <==\n"
        "numpy-1.9.1-py27_0\n"
        "==> 2016-01-02 03:04:05 <==\n"
        "# cmd: conda install scipy\n"
        "# conda version: 4.3.1\n"
        "-numpy-1.9.1-py27_0\n"
        "+defaults::numpy-1.10.0-py27_0\n"
        "+conda-forge/linux-64::scipy-0.17.0-np110py27_0\n"
        "+pypi::flask-1.0-pypi_0\n"
        "# update specs: ['scipy', 'numpy==1.10.0=*_1']\n"
        "==> 2017-01-02 03:04:05 <==\n"
        "what is this\n"
    )
    env = facts(prefix)
    first, second, empty = env.history or ()
    assert (first.whole, [dist.name for dist in first.linked]) == (True, ["numpy"])
    assert (second.whole, second.command, second.conda_version) == (False, "conda install scipy", "4.3.1")
    assert [(dist.name, dist.channel) for dist in second.linked] == [
        ("numpy", "defaults"),
        ("scipy", "conda-forge/linux-64"),
        ("flask", "pypi"),
    ]
    assert second.update_specs == ("scipy", "numpy==1.10.0=*_1")
    assert (empty.linked, empty.unlinked) == ((), ())
    assert [problem.reason.english() for problem in env.problems] == ["1 lines are neither packages nor comments"]


@pytest.mark.parametrize("content", ["", "// not relevant for pixi but for `conda run -p`", "# a comment\n"])
def test_a_history_without_revisions(prefix: Prefix, content: str) -> None:
    env = facts(prefix.history(content))
    assert (env.history, env.problems) == ((), ())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"name": "a", "ver', "cut short"),
        (b"", "Expecting value"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"name": "a"}', "no version"),
        (b"\xff\xfe{}", "no text in UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_an_unreadable_record_is_one_problem(prefix: Prefix, data: bytes, reason: str) -> None:
    prefix.write("conda-meta/a-1-0.json", data).conda("b", "1", {})
    env = facts(prefix)
    (problem,) = env.problems
    assert problem.source == "conda-meta/a-1-0.json"
    assert reason in problem.reason.english()
    assert env.unreadable_records == ("a-1-0",)
    assert [package.name for package in env.conda_packages or ()] == ["b"]


def test_a_distribution_whose_record_cannot_be_read_is_not_called_pips(prefix: Prefix) -> None:
    prefix.conda("a", "1", prefix.info("a", "1", {"a.py": b""}, "conda")).write("conda-meta/a-1-0.json", b"{")
    assert facts(prefix).pip_owned == ()


def test_a_bom_before_a_record_is_nothing(prefix: Prefix) -> None:
    prefix.write("conda-meta/a-1-0.json", b"\xef\xbb\xbf" + json.dumps({"name": "a", "version": "1"}).encode())
    assert [package.name for package in facts(prefix).conda_packages or ()] == ["a"]


def test_other_files_of_conda_meta_are_no_records(prefix: Prefix) -> None:
    for name in ("a-1-0.json.REMOVED.git-id", "history.bak", "state", "pixi"):
        prefix.write(f"conda-meta/{name}", b"?")
    env = facts(prefix)
    assert (env.conda_packages, env.problems, env.manager) == ((), (), "pixi")


def test_a_fifo_in_the_place_of_a_record_does_not_hang(prefix: Prefix) -> None:
    os.mkfifo(prefix.path / "conda-meta/a-1-0.json")
    (problem,) = facts(prefix).problems
    assert problem.reason.english() == "record could not be read: not a regular file"


def test_non_ascii_names(prefix: Prefix) -> None:
    env = facts(prefix.conda("café", "1", {f"{SITE}/日本.py": b""}))
    (package,) = env.conda_packages or ()
    assert (package.name, package.missing.count) == ("café", 0)


def test_converted_line_ends_are_no_difference(tmp_path: Path) -> None:
    """A wheel built on Windows and a conda package hold one text in two spellings."""
    prefix = Prefix(tmp_path / "env", site="Lib/site-packages")
    files = prefix.info("a", "1", {"a.py": b"x = 1\ny = 2\n"}, "conda")
    prefix.conda("a", "1", files, subdir="win-64")
    prefix.pip("a", "2", {"a.py": b"x = 1\r\ny = 2\r\n"})
    (overlap,) = facts(prefix).overlaps
    assert overlap.shape == "same"


def test_a_dist_info_whose_line_ends_git_converted_is_still_condas(tmp_path: Path) -> None:
    prefix = Prefix(tmp_path / "env", site="Lib/site-packages")
    files = prefix.info("a", "1", {"a.py": b""}, "conda")
    record = "Lib/site-packages/a-1.dist-info/RECORD"
    files[record] = files[record].replace(b"\n", b"\r\n")
    prefix.conda("a", "1", files, subdir="win-64").write(record, files[record].replace(b"\r\n", b"\n"))
    assert facts(prefix).pip_owned == ()


def test_windows_does_not_tell_cases_apart(tmp_path: Path) -> None:
    prefix = Prefix(tmp_path / "env", site="Lib/site-packages")
    prefix.conda("a", "1", {"lib\\site-packages\\A.py".replace("\\", "/"): b"one"}, write=False, subdir="win-64")
    prefix.pip("a", "2", {"a.py": b"two!"})
    env = facts(prefix)
    (overlap,) = env.overlaps
    assert overlap.sample[0].path == "Lib/site-packages/a.py"
    assert (env.conda_packages or ())[0].missing.count == 0


def test_softlinks_are_never_compared(prefix: Prefix) -> None:
    """py-rattler's sha256_in_prefix of a softlink is not the hash of what it points to."""
    prefix.conda("a", "1", {"lib/liba.so.1": b"ELF"})
    (prefix.path / "lib/liba.so").symlink_to("liba.so.1")
    record = prefix.path / "conda-meta/a-1-0.json"
    data = json.loads(record.read_text())
    link = {"_path": "lib/liba.so", "path_type": "softlink", "sha256": sha256(b"?"), "size_in_bytes": 9}
    data["paths_data"]["paths"].append(link)
    record.write_text(json.dumps(data))
    (package,) = facts(prefix).conda_packages or ()
    assert (package.altered.count, package.missing.count) == (0, 0)


def test_a_folder_that_leads_out_of_the_prefix_is_not_followed(prefix: Prefix, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    prefix.conda("a", "1", {"share/data/x.so": b"ELF"}, write=False)
    (prefix.path / "share").mkdir()
    (prefix.path / "share/data").symlink_to(tmp_path / "elsewhere")
    (package,) = facts(prefix).conda_packages or ()
    assert package.missing.count == 0  # it cannot be told, and is not claimed


PKGUTIL = b"__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
PKG_RESOURCES = b'''"""A namespace."""

try:
    __import__("pkg_resources").declare_namespace(__name__)
except ImportError:
    from pkgutil import extend_path

    __path__ = extend_path(__path__, __name__)  # type: ignore
'''


@pytest.mark.parametrize(("written", "differ"), [(PKG_RESOURCES, 0), (PKG_RESOURCES + b"import os\n", 1), (b"", 1)])
def test_the_spellings_of_a_namespace_package_do_not_differ(prefix: Prefix, written: bytes, differ: int) -> None:
    prefix.conda("backports", "1.0", prefix.info("backports", "1.0", {"backports/__init__.py": PKGUTIL}, "conda"))
    env = facts(prefix.pip("backports_tarfile", "1.2", {"backports/__init__.py": written, "backports/tarfile.py": b""}))
    (overlap,) = env.overlaps
    assert overlap.differ == differ


def test_two_distributions_may_declare_one_namespace(prefix: Prefix) -> None:
    prefix.pip("a", "1", {"zope/__init__.py": PKGUTIL}).pip("b", "1", {"zope/__init__.py": PKG_RESOURCES})
    assert facts(prefix).shared_distributions == ()
