"""Every parser of foreign text, given anything: it raises nothing, and no path it gives leads out of the prefix."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from envguard import prefixes, versions
from envguard.analyse import analyse, timeline
from envguard.facts import Environment
from envguard.probe import conda_book, disk, extras, history, pip_files, reading
from tests.probe.prefix import SITE, Prefix
from tests.rules.facts import dist, pkg, revision
from tests.rules.facts import env as environment

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

sane = settings(max_examples=150, deadline=None)
few = settings(max_examples=25, deadline=None)
TEXT = st.text(
    st.sampled_from("ab/.\\-_=:;,'\"[](){}<>!~*+#@ \t\n\r\0\x0b\x85\u2028é\ud800\udcff²٣0129"), max_size=60
) | st.text(max_size=30)
BYTES = st.binary(max_size=60) | TEXT.map(lambda text: text.encode("utf-8", "surrogatepass"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)


def below(path: str) -> bool:
    return bool(path) and not path.startswith("/") and ".." not in path.split("/") and "\0" not in path


@sane
@given(BYTES)
def test_headers(data: bytes) -> None:
    for name, values in pip_files.parse_headers(data).items():
        assert name == name.strip().lower()
        assert values


def test_headers_as_setuptools_wrote_them() -> None:
    """A licence of several lines has lines of eight spaces in it, which end no headers; nor does a form feed."""
    data = b"Name: a\nLicense: MIT\n        \n        Copyright\nAuthor: B\x0c\x0cC\nRequires-Dist: b\n\nName: no\n"
    found = pip_files.parse_headers(data)
    assert (found["name"], found["requires-dist"]) == (["a"], ["b"])
    assert pip_files.parse_headers(data.replace(b"\n", b"\r\n")) == found


def test_headers_take_linear_time() -> None:
    data = b"Name: a\n" + b" x\n" * 1_000_000
    assert len(pip_files.parse_headers(data)["name"][0]) == 2_000_001


@sane
@given(TEXT)
def test_requires_txt(content: str) -> None:
    assert all(line.strip() for line in pip_files.parse_requires_txt(content))


@sane
@given(TEXT | st.lists(st.tuples(TEXT, TEXT, TEXT).map(",".join), max_size=5).map("\n".join))
def test_record(content: str) -> None:
    odd: list[str] = []
    for path, row in pip_files.parse_record(content, SITE, odd):
        assert below(path)
        assert row.size is None or row.size >= 0
        digest = pip_files.hexadecimal(row.sha256)
        assert digest is None or len(digest) == 64


def test_a_row_that_is_none_costs_no_other() -> None:
    odd: list[str] = []
    content = 'a.py,,\n"b.py,,\nc.py,,²\nd\0.py,,\n"e,f.py",,7\n' + "x" * 200_000 + ",,\ng.py,," + "9" * 5000
    rows = dict(pip_files.parse_record(content, "s", odd))
    assert list(rows) == ["s/a.py", "s/c.py", "s/e,f.py", "s/g.py"]
    assert [row.size for row in rows.values()] == [None, None, 7, None]
    assert len(odd) == 3


@sane
@given(st.none() | TEXT.map(lambda text: "sha256=" + text))
def test_hexadecimal(digest: str | None) -> None:
    found = pip_files.hexadecimal(digest)
    assert found is None or len(bytes.fromhex(found)) == 32


@sane
@given(BYTES | JSON.map(lambda value: json.dumps(value).encode()) | st.fixed_dictionaries({"url": TEXT, "vcs_info": JSON, "dir_info": JSON}).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_direct_url(data: bytes) -> None:
    found = pip_files.direct_url(data)
    assert found is None or isinstance(found["url"], str)


HISTORY = st.lists(st.sampled_from(["==> 2024-05-04 17:18:39 <==", "# cmd: conda", "+a::b-1-0", "-b-1-0"]) | TEXT.map("# update specs: {}".format) | TEXT, max_size=8)  # fmt: skip


@sane
@given(HISTORY.map("\n".join))
def test_history(content: str) -> None:
    revisions, odd = history.parse_history(content)
    assert 0 <= odd <= len(content.splitlines())
    for each in revisions:
        assert all(package["name"] and package["version"] for package in each["linked"] + each["unlinked"])
        assert all(each["update_specs"])


def test_specs_as_conda_wrote_them() -> None:
    content = "==> x <==\n" + "".join(
        f"# update specs: {specs}\n" for specs in ("['a', \"b[version='>1']\"]", "[u'c']", "d, e", "[f]")
    )
    (revision,), _ = history.parse_history(content)
    assert revision["update_specs"] == ["a", "b[version='>1']", "c", "d", "e", "f"]


@sane
@given(TEXT)
def test_dist(line: str) -> None:
    found = history.parse_dist(line)
    if found is not None:
        again = f"{found['channel'] or ''}::{found['name']}-{found['version']}-{found['build']}"
        assert history.parse_dist(again) in (found, None)


ENTRIES = st.lists(
    st.fixed_dictionaries({"_path": TEXT | JSON}, optional=dict.fromkeys(("path_type", "sha256", "sha256_in_prefix", "size_in_bytes", "file_mode"), JSON)) | JSON,
    max_size=5,
)  # fmt: skip


@sane
@given(
    st.fixed_dictionaries(
        {}, optional={"paths_data": JSON | st.fixed_dictionaries({"paths": ENTRIES}), "files": JSON | st.lists(TEXT)}
    )
)
def test_listed(record: dict[str, object]) -> None:
    for path, entry in conda_book.listed(record).items():
        assert below(path)
        assert isinstance(entry.kind, str)


@sane
@given(BYTES.map(lambda data: b"#!" + data), TEXT)
def test_scripts_and_libraries(data: bytes, name: str) -> None:
    path = extras.interpreter(data)
    assert path is None or "\0" not in path
    extras.stem(name + ".so")
    reading.is_compiled(name)
    reading.normalise(name)


@few
@given(record=JSON | st.fixed_dictionaries({"name": st.just("a"), "version": TEXT, "paths_data": st.fixed_dictionaries({"paths": ENTRIES})}, optional=dict.fromkeys(("depends", "requested_specs", "noarch", "channel", "url", "build"), JSON | st.lists(TEXT))), history=HISTORY.map("\n".join), metadata=BYTES, rows=BYTES, url=BYTES)  # fmt: skip
def test_a_whole_environment(
    tmp_path_factory: pytest.TempPathFactory, record: object, history: str, metadata: bytes, rows: bytes, url: bytes
) -> None:
    info = f"{SITE}/b-1.dist-info"
    made = Prefix(tmp_path_factory.mktemp("any") / "env").conda("good", "1", {"lib/x": b""})
    made.write("conda-meta/a.json", json.dumps(record).encode()).write(f"{info}/METADATA", b"Name: b\n" + metadata)
    made.write(f"{info}/RECORD", rows).write(f"{info}/direct_url.json", url)
    made.write("conda-meta/history", history.encode("utf-8", "surrogatepass"))
    answer = disk.collect(str(made.path))
    assert {**answer, "problems": []} == {**disk.collect(str(made.path)), "problems": []}
    env = Environment.from_dict(json.loads(json.dumps(answer)))
    assert "good" in env.by_name
    assert not analyse(env).failed
    timeline(env)


@sane
@given(TEXT, TEXT)
def test_versions(spec: str, version: str) -> None:
    versions.conda_allows(spec, pkg("a", version))
    versions.conda_allows(f"a {spec}", pkg("a", version, ""))
    versions.conda_allows_version(f"a {spec}", "a", version)
    versions.pip_specifier(f"a {spec}")
    for line in (spec, f"a {spec}", f"a; {spec}"):
        wanted = versions.requirement(line)
        if wanted is not None:
            versions.pip_allows(wanted, version)
            versions.applies(wanted.marker, {"python_version": version})
            versions.reconcilable(wanted, (spec, f"a {spec}"))


def test_requirements_without_end() -> None:
    for line in ("a==" + "9" * 5000, "a; " + "(" * 5000, "a" * 10_000, "a==1." + "9" * 1900):
        wanted = versions.requirement(line)
        assert wanted is None or versions.pip_allows(wanted, "1") is not versions.Answer.YES


@sane
@given(st.lists(st.none() | st.floats() | st.integers(-(10**20), 10**20), max_size=5), TEXT)
def test_dates(dates: list[float | None], when: str) -> None:
    dists = [dist(f"d{number}", installed=date) for number, date in enumerate(dates)]
    assert all(event.actor for event in timeline(environment((), dists, history=(revision(when=when),))).events)


@few
@given(BYTES, BYTES)
def test_lists_of_environments(tmp_path_factory: pytest.TempPathFactory, listed: bytes, condarc: bytes) -> None:
    import pytest

    home: Path = tmp_path_factory.mktemp("home")
    (home / ".conda").mkdir()
    (home / ".conda/environments.txt").write_bytes(listed + b"\n~nobody-here/x\n\0\n")
    (home / ".condarc").write_bytes(condarc + b"\nenvs_dirs:\n  - ~nobody-here/envs\n  - " + condarc)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        assert isinstance(prefixes.known(), dict)
